"""Everything that a shortcut does, and the settings."""

from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication, QPlainTextEdit

from desktop.hand import Hand
from trackside.domain.connection import TWELVELABS
from trackside.domain.settings import Settings, ThemeChoice
from trackside.sandbox.server import SandboxServer
from trackside.storage.paths import DataPaths
from trackside.storage.settings import load_settings
from trackside.ui.actions import COMMANDS
from trackside.ui.settings.dialog import SettingsDialog
from trackside.ui.settings.opening import CONNECTIONS
from trackside.ui.shortcuts import Shortcuts
from trackside.ui.tokens import DARK, LIGHT
from ui.support import KEY, OpenWindow, asked, copied

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


def test_each_command_has_keys_of_its_own() -> None:
    keys = [QKeySequence(k).toString() for command in COMMANDS for k in command.keys]
    assert len(keys) == len(set(keys))
    assert all(keys)


def test_f1_lists_every_shortcut(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await hand.press(Qt.Key.Key_F1)
        for command in (command for command in COMMANDS if command.keys):
            assert command.words in hand.words
            assert Shortcuts({}).words_of(command.name) in hand.words
        await hand.press(Qt.Key.Key_Escape)
        assert "All shortcuts" not in hand.words

    at_service(work)


def test_tabs_of_the_inspector(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        names = ("Instructions", "Schema", "Sources", "Request")
        await hand.ask("/echo hello")
        await hand.until_answered()
        for key, name in zip((Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3, Qt.Key.Key_4), names, strict=True):
            await hand.press(key, ALT)
            assert hand.has(name)
            assert not [other for other in names if other != name and hand.find_all(other)]
        assert "/echo hello" in hand.find("Request", QPlainTextEdit).toPlainText()
        assert KEY not in hand.words
        await hand.press(Qt.Key.Key_I, CTRL)
        assert not hand.has("Request")
        await hand.press(Qt.Key.Key_3, ALT)
        await hand.until_words("Sample footage: 5 items")
        await hand.press(Qt.Key.Key_B, CTRL)
        assert not hand.has("Sessions")
        await hand.click("Show sidebar")
        assert hand.has("Sessions")

    at_service(work)


def test_layout_is_as_it_was_left(at_service: OpenWindow) -> None:
    async def before(hand: Hand) -> None:
        await hand.press(Qt.Key.Key_2, ALT)
        await hand.press(Qt.Key.Key_B, CTRL)
        hand.window.resize(1200, 700)

    async def after(hand: Hand) -> None:
        assert hand.has("Schema")
        assert not hand.has("Sessions")
        assert (hand.window.width(), hand.window.height()) == (1200, 700)

    at_service(before)
    at_service(after)


def test_copies(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await hand.ask("/echo hello")
        await hand.until_answered()
        await hand.press(Qt.Key.Key_C, CTRL | SHIFT)
        assert copied() == "hello"
        assert "Copied the answer." in hand.words
        await hand.press(Qt.Key.Key_I, CTRL)
        await hand.click("Server session")
        assert copied().startswith("sess_")

    at_service(work)


def test_zoom_keys(at_service: OpenWindow, data_paths: DataPaths) -> None:
    async def work(hand: Hand) -> None:
        message = hand.find("Message")
        base = message.font().pixelSize()
        await hand.press(Qt.Key.Key_Equal, CTRL)
        await hand.press(Qt.Key.Key_Plus, CTRL)
        assert message.font().pixelSize() > base
        for _ in range(10):
            await hand.press(Qt.Key.Key_Minus, CTRL)
        assert message.font().pixelSize() == round(base * 0.8)
        await hand.press(Qt.Key.Key_0, CTRL)
        assert message.font().pixelSize() == base
        for _ in range(10):
            await hand.press(Qt.Key.Key_Equal, CTRL)
        assert message.font().pixelSize() == base * 2

    at_service(work)
    assert load_settings(data_paths.settings).settings.zoom == 200


def test_theme_is_switched_live(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await hand.ask("harbour")
        await hand.until_answered()
        await hand.click("Settings")
        for words, tokens in (("Theme: Dark", DARK), ("Theme: Light", LIGHT)):
            await hand.click(words)
            image = hand.window.grab().toImage()
            transcript = hand.find("Transcript")
            place = transcript.mapTo(hand.window, transcript.rect().bottomLeft())
            assert image.pixelColor(place.x() + 4, place.y() - 4).name() == tokens.background
            panel = hand.window.composer
            place = panel.mapTo(hand.window, panel.rect().bottomLeft())
            assert image.pixelColor(place.x() + 4, place.y() - 4).name() == tokens.panel
            assert QApplication.palette().text().color().name() == tokens.text

    at_service(work, settings=Settings(theme=ThemeChoice.LIGHT))


def test_changed_address_is_used_at_once(
    at_service: OpenWindow, service: SandboxServer, sandbox: SandboxServer
) -> None:
    async def work(hand: Hand) -> None:
        await hand.ask("/echo one")
        await hand.until_answered()
        await hand.press(Qt.Key.Key_Comma, CTRL)
        hand.find("Settings", SettingsDialog).show_page(CONNECTIONS)
        await hand.fill("Service address", sandbox.base_url)
        await hand.press(Qt.Key.Key_Return)
        await hand.click("Close")
        await hand.until(lambda: any("knowledge-stores" in r.path for r in sandbox.requests), "a look there")
        await hand.press(Qt.Key.Key_N, CTRL)
        await hand.ask("/echo two")
        await hand.until(lambda: len(asked(sandbox)) == 1, "a question there")
        await hand.until_answered()

    at_service(
        work, base_url=None, settings=Settings(connections=(replace(TWELVELABS, base_url=service.base_url),))
    )


def test_quit_by_key(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        closed: list[Any] = []
        hand.window.close_wanted.connect(lambda: closed.append(1))
        await hand.press(Qt.Key.Key_Q, CTRL)
        assert closed

    at_service(work)
