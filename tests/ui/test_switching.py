"""Which connection is in use: at the sidebar's foot, by the session that is opened, and when one is gone."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QMenu

from desktop.hand import Hand, settle
from trackside.chat.library import SessionLibrary
from trackside.domain.connection import Connection
from trackside.domain.session import SessionState
from trackside.domain.settings import Settings
from trackside.sandbox.server import SandboxServer
from trackside.storage.key_vault import KeyVault
from trackside.storage.paths import DataPaths
from trackside.ui.desk import Desk
from ui.support import OpenWindow, Work, choose, rows
from ui.two_services import PRIVATE_KEY, WORK_KEY, Wiretap, tapped, two_connections, two_keys

QUESTION = "/long 4"


@dataclass
class Two:
    """A window with the connections “Work”, in use, and “Private”, each with a service of its own."""

    open_window: OpenWindow
    keyring: Any
    work: Wiretap
    private: Wiretap
    servers: tuple[SandboxServer, SandboxServer]

    def __call__(self, work: Work, **how: Any) -> None:
        async def ready(hand: Hand) -> None:
            await hand.until_connected()
            await work(hand)

        vault = KeyVault(lambda: self.keyring, limit_s=0.5)
        settings = two_connections(self.work.url, self.private.url)
        self.open_window(ready, **({"settings": settings, "vault": vault} | how))


@pytest.fixture
def two(
    open_window: OpenWindow, fake_keyring: Any, sandbox: SandboxServer, service: SandboxServer
) -> Iterator[Two]:
    fake_keyring.keys |= two_keys()
    with tapped(service.base_url) as work, tapped(sandbox.base_url) as private:
        yield Two(open_window, fake_keyring, work, private, (service, sandbox))


async def switch(hand: Hand, name: str) -> None:
    """Chooses a connection in the menu at the sidebar's foot."""
    await hand.click("Connection in use")
    menu = open_menu(hand)
    menu.setActiveAction(next(a for a in menu.actions() if a.text().split("\t")[0] == name))
    await press_in(menu, Qt.Key.Key_Return)


def open_menu(hand: Hand) -> QMenu:
    return next(m for m in hand.window.findChildren(QMenu) if m.isVisible())


async def press_in(menu: QMenu, key: Qt.Key) -> None:
    """An open menu has the keyboard to itself."""
    QTest.keyClick(menu, key)
    await settle()


def foot(hand: Hand) -> str:
    return hand.window.sidebar.foot.button.text()


def test_menu_lists_every_connection_and_switches(two: Two) -> None:
    async def work(hand: Hand) -> None:
        assert foot(hand) == "Work · system keyring: Fake"
        await hand.click("Connection in use")
        menu = open_menu(hand)
        names = [a.text().split("\t")[0] for a in menu.actions() if not a.isSeparator()]
        assert names == ["Work", "Private", "Sandbox", "Connection settings…", "Settings…"]
        assert [a.text().split("\t")[0] for a in menu.actions() if a.isChecked()] == ["Work"]
        await press_in(menu, Qt.Key.Key_Escape)
        await hand.ask("/echo at work")
        await hand.until_answered()
        await switch(hand, "Private")
        await hand.until(lambda: foot(hand) == "Private · system keyring: Fake", "the foot")
        await hand.until_words("Now on “Private”.")
        await hand.until_words("a question on “Private”.")
        assert hand.answers == []
        assert QApplication.focusWidget() is hand.find("Message")

    two(work)


def test_two_answers_stream_from_two_services_each_with_its_own_key(two: Two) -> None:
    async def work(hand: Hand) -> None:
        for server in two.servers:
            server.set_pace(40)
        await hand.ask(QUESTION)
        await hand.until(lambda: two.servers[0].open_streams == 1, "the first stream")
        await switch(hand, "Private")
        await hand.until_connected()
        await hand.ask(QUESTION)
        await hand.until(lambda: two.servers[1].open_streams == 1, "the second stream")
        assert two.servers[0].open_streams == 1, "switching broke the first answer off"
        for server in two.servers:
            server.set_pace(0)
        expected = [(QUESTION, SessionState.IDLE), (QUESTION, SessionState.UNREAD)]
        await hand.until(lambda: sorted(rows(hand)) == expected, "both answers' ends")

    two(work)
    assert WORK_KEY.encode() in two.work.heard
    assert PRIVATE_KEY.encode() in two.private.heard
    assert PRIVATE_KEY.encode() not in two.work.heard
    assert WORK_KEY.encode() not in two.private.heard


def test_opening_a_session_brings_its_connection_into_use(two: Two) -> None:
    async def work(hand: Hand) -> None:
        await hand.ask("/echo at work")
        await hand.until_answered()
        await switch(hand, "Private")
        await hand.until_connected()
        await hand.ask("/echo at home")
        await hand.until_answered()
        await choose(hand, "/echo at work")
        await hand.until(lambda: foot(hand).startswith("Work · "), "the foot")
        await hand.until_words("Now on “Work”.")
        assert hand.answers == ["at work"]
        # Back by the foot: the latest session there, none is made anew.
        await switch(hand, "Private")
        await hand.until(lambda: hand.answers == ["at home"], "Private's session")
        assert len(rows(hand)) == 2

    two(work)


def test_switching_does_not_wait_for_the_keyring(two: Two, expected_log: Callable[[str], None]) -> None:
    import threading

    expected_log("keyring")

    async def work(hand: Hand) -> None:
        two.keyring.hold = threading.Event()
        await switch(hand, "Private")
        await hand.until(lambda: foot(hand).startswith("Private · "), "the foot")
        assert "key" in foot(hand)
        assert hand.window.composer.message.hasFocus()
        two.keyring.hold.set()
        await hand.until(lambda: foot(hand) == "Private · system keyring: Fake", "the key")

    two(work)


def test_connection_in_use_is_kept_for_the_next_start(two: Two) -> None:
    async def first(hand: Hand) -> None:
        await switch(hand, "Private")
        await hand.until_connected()

    async def second(hand: Hand) -> None:
        assert foot(hand) == "Private · system keyring: Fake"

    two(first)
    two(second, settings=None)


def test_the_connection_that_was_chosen_last_is_shown(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(hand: Hand) -> None:
        held, reading = asyncio.Event(), asyncio.Event()
        read = SessionLibrary.open

        async def slow(library: SessionLibrary, session_id: str) -> Any:
            reading.set()
            await held.wait()
            return await read(library, session_id)

        await hand.ask("/echo at work")
        await hand.until_answered()
        await switch(hand, "Private")
        await hand.until(lambda: foot(hand).startswith("Private · "), "the foot")
        monkeypatch.setattr(SessionLibrary, "open", slow)
        await switch(hand, "Work")
        await asyncio.wait_for(reading.wait(), 5)
        monkeypatch.setattr(SessionLibrary, "open", read)
        await hand.press(Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
        held.set()
        await settle()
        assert hand.answers == []
        assert foot(hand).startswith("Private · ")

    two(work)


# -- a connection that is gone ----------------------------------------------------------------------


@pytest.fixture
def after_removal(two: Two) -> Callable[[Work], None]:
    """A window with a session of “Work”, which was removed since; “Private” is in use."""

    async def ask(hand: Hand) -> None:
        await hand.ask("/echo at work")
        await hand.until_answered()

    two(ask)
    home = Connection("private", "Private", two.private.url)
    settings = Settings(connections=(home,), connection_id="private")
    return lambda work: two(work, settings=settings)


def test_session_of_a_removed_connection_stays_readable(after_removal: Callable[[Work], None]) -> None:
    async def work(hand: Hand) -> None:
        await choose(hand, "/echo at work")
        await hand.until(lambda: hand.answers == ["at work"], "the answer")
        await hand.until_words("This session's connection was removed.")
        assert foot(hand).startswith("Private · ")
        await hand.press(Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
        await hand.until(lambda: not hand.has("Move to another connection…"), "the banner's end")

    after_removal(work)


def test_what_streams_and_what_waits_ends_with_its_connection(two: Two) -> None:
    async def work(hand: Hand) -> None:
        two.servers[0].set_pace(30)
        await hand.ask(QUESTION)
        await hand.until(lambda: two.servers[0].open_streams == 1, "the stream")
        desk = hand.window.findChild(Desk)
        assert desk is not None
        desk.runner.limits.block("work", 300)
        await hand.press(Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
        await hand.ask("/echo in line")
        await hand.until(lambda: [run.place for run in desk.runner.running][1:] != [None], "the line")
        await desk.connections.remove("work")
        await hand.until(lambda: not desk.runner.running, "both ends")
        await hand.until_words("This session's connection is no longer there.")
        assert hand.has("Move to another connection…")

    two(work)
    two.servers[0].set_pace(0)
    assert b"in line" not in two.work.heard


def test_asking_there_offers_the_others_and_moves_when_confirmed(
    after_removal: Callable[[Work], None], two: Two
) -> None:
    async def work(hand: Hand) -> None:
        await choose(hand, "/echo at work")
        await hand.until_words("This session's connection was removed.")
        heard = len(two.private.heard)
        await hand.ask("/echo and now?")
        await hand.until(lambda: hand.has("Move"), "the offer")
        assert b"and now?" not in two.private.heard[heard:]
        await hand.press(Qt.Key.Key_Escape)
        await hand.until(lambda: not hand.has("Move"), "the offer's end")
        assert hand.window.composer.message.toPlainText() == "/echo and now?"
        await hand.press(Qt.Key.Key_Return)
        await hand.until(lambda: hand.has("Move"), "the offer")
        assert "It can carry a recap of the turns so far" in hand.words
        choice = hand.find("Connection", QComboBox)
        assert choice.itemText(0).startswith("Private · ")
        await hand.click("Move")
        await hand.until(lambda: not hand.has("Move to another connection…"), "the banner's end")
        await hand.until_connected()
        await settle()
        await hand.press(Qt.Key.Key_Return)
        await hand.until_answered()
        assert hand.answers[0] == "at work"
        assert len(hand.answers) == 2

    after_removal(work)
    assert b"Earlier" in two.private.heard
    assert WORK_KEY.encode() not in two.private.heard


def test_retrying_there_offers_the_others_too(after_removal: Callable[[Work], None]) -> None:
    async def work(hand: Hand) -> None:
        await choose(hand, "/echo at work")
        await hand.until_words("This session's connection was removed.")
        await hand.press(Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
        await hand.until(lambda: hand.has("Move"), "the offer")
        await hand.press(Qt.Key.Key_Escape)

    after_removal(work)


# -- without encryption ------------------------------------------------------------------------------


def test_connection_without_encryption_is_warned_of_as_long_as_it_is_used(two: Two, tmp_path: Path) -> None:
    """The host is one that no name server knows, so that nothing is asked anywhere."""
    plain = Connection("plain", "Plain", "http://archive.invalid/v1.3", allow_plain_http=True)
    warning = "Unprotected: questions and the key travel unencrypted to archive.invalid."

    async def work(hand: Hand) -> None:
        assert warning not in hand.words
        await switch(hand, "Plain")
        await hand.until_words(warning)
        await switch(hand, "Work")
        await hand.until(lambda: warning not in hand.words, "the warning's end")

    settings = two_connections(two.work.url, two.private.url).with_connection(plain)
    two(work, settings=settings)


def test_switching_by_keyboard_alone(two: Two, data_paths: DataPaths) -> None:
    async def work(hand: Hand) -> None:
        button = hand.window.sidebar.foot.button
        for _ in range(40):
            if QApplication.focusWidget() is button:
                break
            await hand.press(Qt.Key.Key_Tab)
        assert QApplication.focusWidget() is button
        await hand.press(Qt.Key.Key_Space)
        await press_in(open_menu(hand), Qt.Key.Key_Down)
        await press_in(open_menu(hand), Qt.Key.Key_Return)
        await hand.until(lambda: foot(hand).startswith("Private · "), "the foot")

    two(work)
