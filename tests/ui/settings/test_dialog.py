"""The settings as a whole: its pages, the keyboard, what applies at once and what is kept."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLineEdit,
    QListWidget,
    QPushButton,
    QScrollArea,
    QWidget,
)

from desktop.hand import Hand
from trackside.domain.settings import Density, Settings, ThemeChoice
from trackside.sandbox.server import SandboxServer
from trackside.storage.paths import DataPaths
from trackside.storage.settings import load_settings
from trackside.ui.settings.dialog import SettingsDialog
from trackside.ui.settings.opening import (
    APPEARANCE,
    COMPOSING,
    CONNECTIONS,
    DATA,
    LANGUAGE,
    NOTIFICATIONS,
    SHORTCUTS,
    STREAMING,
)
from trackside.ui.tokens import DARK
from ui.support import OpenWindow, asked

CTRL = Qt.KeyboardModifier.ControlModifier
PAGES = (APPEARANCE, COMPOSING, STREAMING, CONNECTIONS, DATA, SHORTCUTS, NOTIFICATIONS, LANGUAGE)


async def opened(hand: Hand, page: str = "") -> SettingsDialog:
    await hand.press(Qt.Key.Key_Comma, CTRL)
    dialog = hand.find("Settings", SettingsDialog)
    if page:
        dialog.show_page(page)
        await hand.until_drawn()
    return dialog


def test_all_pages_are_reached_by_keyboard(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        dialog = await opened(hand)
        pages = hand.find("Pages of the settings", QListWidget)
        assert QApplication.focusWidget() is pages
        seen = [dialog.current]
        for _ in PAGES[1:]:
            await hand.press(Qt.Key.Key_Down)
            seen.append(dialog.current)
        assert tuple(seen) == PAGES
        await hand.press(Qt.Key.Key_PageDown, CTRL)
        assert dialog.current == APPEARANCE
        await hand.press(Qt.Key.Key_PageUp, CTRL)
        assert dialog.current == LANGUAGE
        await hand.press(Qt.Key.Key_S)  # to the first that begins so
        assert dialog.current in (STREAMING, SHORTCUTS)
        await hand.press(Qt.Key.Key_Escape)
        assert not hand.has("Pages of the settings")

    at_service(work)


def test_tab_goes_from_the_pages_through_the_page_to_the_foot(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await opened(hand, APPEARANCE)
        await opened(hand, COMPOSING)
        hand.find("Pages of the settings").setFocus()
        stops = []
        for _ in range(5):
            await hand.press(Qt.Key.Key_Tab)
            focused = QApplication.focusWidget()
            assert isinstance(focused, QAbstractButton)
            stops.append(focused.text())
        assert stops == ["Ctrl+Enter", "Underline words that are misspelt", "Diagnostics…", *stops[3:]]
        assert stops[3:] == ["Restore defaults", "Close"]
        await hand.press(Qt.Key.Key_Escape)

    at_service(work, settings=Settings(enter_sends=False))


def test_arrows_choose_among_a_few(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await opened(hand)
        hand.find("Theme: Light").setFocus()
        await hand.press(Qt.Key.Key_Right)
        assert hand.theme.tokens is DARK
        focused = QApplication.focusWidget()
        assert focused is not None
        assert focused.accessibleName() == "Theme: Dark"
        await hand.press(Qt.Key.Key_Escape)

    at_service(work, settings=Settings(theme=ThemeChoice.LIGHT))


def test_a_setting_is_found_by_its_words(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        dialog = await opened(hand)
        await hand.press(Qt.Key.Key_F, CTRL)
        await hand.type("prox", "Find a setting")
        assert dialog.current == CONNECTIONS
        pages = hand.find("Pages of the settings", QListWidget)
        shown = [pages.item(row).text() for row in range(pages.count()) if not pages.item(row).isHidden()]
        assert shown == [CONNECTIONS]
        await hand.type("zzz", "Find a setting")
        assert "No setting is found" in hand.words
        assert dialog.current == CONNECTIONS
        await hand.press(Qt.Key.Key_Escape)
        assert not any(pages.item(row).isHidden() for row in range(pages.count()))
        await hand.press(Qt.Key.Key_Down)
        assert QApplication.focusWidget() is pages
        await hand.press(Qt.Key.Key_Escape)
        assert not hand.has("Pages of the settings")

    at_service(work)


def test_it_opens_once_and_where_it_was_left(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await opened(hand, NOTIFICATIONS)
        await hand.press(Qt.Key.Key_Comma, CTRL)
        assert len(hand.find_all("Settings", SettingsDialog)) == 1
        await hand.press(Qt.Key.Key_Escape)
        assert (await opened(hand)).current == NOTIFICATIONS
        await hand.press(Qt.Key.Key_Escape)

    at_service(work)


def test_settings_apply_at_once_and_are_kept(at_service: OpenWindow, data_paths: DataPaths) -> None:
    async def work(hand: Hand) -> None:
        await opened(hand)
        await hand.click("Zoom in")
        assert "110 %" in hand.words
        await hand.click("Density: Compact")
        await hand.click("Let nothing blink, fade or turn")
        assert QApplication.cursorFlashTime() == 0
        await opened(hand, COMPOSING)
        await hand.click("Sends: Ctrl+Enter")
        assert not hand.window.composer.message.enter_sends
        await opened(hand, STREAMING)
        await hand.fill("Give up after, in seconds", "120")
        await hand.fill("Automatic retries", "0")
        await hand.click("Stay at the end while an answer comes in")
        assert not hand.transcript.viewpoint.may_follow
        await hand.click("Ask for the steps in new sessions")
        await opened(hand, NOTIFICATIONS)
        await hand.click("When a long answer ends in the background")
        await hand.press(Qt.Key.Key_Escape)

    flash_ms = QApplication.cursorFlashTime()
    at_service(work)
    QApplication.setCursorFlashTime(flash_ms)
    kept = load_settings(data_paths.settings).settings
    assert (kept.zoom, kept.density, kept.reduced_motion) == (110, Density.COMPACT, True)
    assert (kept.enter_sends, kept.silence_limit_s, kept.automatic_retries) == (False, 120.0, 0)
    assert (kept.follow_answers, kept.steps_by_default, kept.notify_long_answers) == (False, True, False)


@pytest.mark.parametrize("text", ["9999", ""])
def test_a_number_out_of_bounds_is_refused_in_words(
    at_service: OpenWindow, data_paths: DataPaths, text: str
) -> None:
    async def work(hand: Hand) -> None:
        await opened(hand, STREAMING)
        field = hand.find("Give up after, in seconds", QLineEdit)
        await hand.fill("Give up after, in seconds", text)
        await hand.press(Qt.Key.Key_Tab)
        assert "This has to be 5 to 3,600. It is still 300." in hand.words
        assert field.text() == text
        assert field.accessibleDescription()
        await hand.fill("Give up after, in seconds", "60")
        await hand.press(Qt.Key.Key_Return)
        assert "This has to be" not in hand.words
        await hand.fill("Give up after, in seconds", text)
        await hand.press(Qt.Key.Key_Escape)

    at_service(work)
    assert load_settings(data_paths.settings).settings.silence_limit_s == 60.0


def test_a_number_that_was_typed_is_taken_when_the_settings_close(
    at_service: OpenWindow, data_paths: DataPaths
) -> None:
    async def work(hand: Hand) -> None:
        await opened(hand, STREAMING)
        await hand.fill("Automatic retries", "7")
        await hand.press(Qt.Key.Key_Escape)

    at_service(work)
    assert load_settings(data_paths.settings).settings.automatic_retries == 7


def test_defaults_are_restored_of_the_page_alone(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await opened(hand, COMPOSING)
        await hand.click("Restore defaults")
        assert hand.window.composer.message.enter_sends
        assert not hand.find("Restore defaults").isEnabled()
        await opened(hand, STREAMING)
        assert hand.find("Automatic retries", QLineEdit).text() == "5"
        assert hand.find("Restore defaults").isEnabled()
        await opened(hand, LANGUAGE)
        assert not hand.has("Restore defaults")
        await hand.press(Qt.Key.Key_Escape)

    at_service(work, settings=Settings(enter_sends=False, automatic_retries=5))


def test_another_theme_leaves_the_reader_where_he_was(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        dialog = await opened(hand, SHORTCUTS)
        scroll = place_of(dialog)
        scroll.verticalScrollBar().setValue(120)
        other = hand.find("Keys of Quit: Ctrl+Q")
        other.setFocus()
        top = scroll.verticalScrollBar().value()
        settings = Settings(theme=ThemeChoice.DARK)
        hand.theme.use(settings)
        await hand.until(lambda: place_of(dialog) is not scroll, "another page")
        assert dialog.current == SHORTCUTS
        assert place_of(dialog).verticalScrollBar().value() == top
        focused = QApplication.focusWidget()
        assert focused is not None
        assert focused.accessibleName() == "Keys of Quit: Ctrl+Q"
        await hand.press(Qt.Key.Key_Escape)

    at_service(work, settings=Settings(theme=ThemeChoice.LIGHT))


@pytest.mark.parametrize("is_resized", [False, True])
def test_what_is_being_typed_outlives_the_making_anew(
    at_service: OpenWindow, data_paths: DataPaths, is_resized: bool
) -> None:
    async def work(hand: Hand) -> None:
        dialog = await opened(hand, STREAMING)
        page = dialog.page
        await hand.fill("Give up after, in seconds", "12")
        if is_resized:
            dialog.resize(dialog.width() - 300, dialog.height())
        else:
            hand.theme.use(Settings(theme=ThemeChoice.DARK))
        await hand.until(lambda: dialog.page is not page, "another page")
        assert load_settings(data_paths.settings).settings.silence_limit_s == 300
        await hand.type("0", "Give up after, in seconds")
        assert hand.find("Give up after, in seconds", QLineEdit).text() == "120"
        await hand.press(Qt.Key.Key_Escape)

    at_service(work, settings=Settings(theme=ThemeChoice.LIGHT))
    assert load_settings(data_paths.settings).settings.silence_limit_s == 120


def place_of(dialog: SettingsDialog) -> QScrollArea:
    parent = dialog.page.parentWidget()
    while not isinstance(parent, QScrollArea):
        assert parent is not None
        parent = parent.parentWidget()
    return parent


def test_enter_closes_nothing(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await opened(hand, STREAMING)
        await hand.fill("Give up after, in seconds", "60")
        await hand.press(Qt.Key.Key_Return)
        assert hand.has("Give up after, in seconds")
        await hand.press(Qt.Key.Key_Escape)

    at_service(work)


@pytest.mark.parametrize("page", PAGES)
def test_no_page_is_wider_than_its_room_in_a_low_window_at_200_percent(
    at_service: OpenWindow, page: str
) -> None:
    async def work(hand: Hand) -> None:
        dialog = await opened(hand, page)
        assert not hand.has("Pages of the settings")
        assert hand.has("Page of the settings")
        room = place_of(dialog).viewport().width()
        assert dialog.page.width() <= room
        too_wide = [
            part.accessibleName() or getattr(part, "text", lambda: "")()
            for part in dialog.page.findChildren(QWidget)
            if part.isVisible() and part.mapTo(dialog.page, part.rect().topRight()).x() >= room
        ]
        assert too_wide == []
        await hand.press(Qt.Key.Key_Escape)

    at_service(work, settings=Settings(window_width=900, window_height=600, zoom=200))


def test_new_sessions_ask_for_the_steps_when_that_is_set(
    at_service: OpenWindow, service: SandboxServer
) -> None:
    async def work(hand: Hand) -> None:
        await hand.ask("/echo one")
        await hand.until_answered()

    at_service(work, settings=Settings(steps_by_default=True))
    assert asked(service)[0]["include"] == ["intermediate_outputs"]


def test_without_following_the_view_stays_where_it_is(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        service.set_pace(400)
        await hand.ask("/long 6000")
        await hand.until(lambda: hand.transcript.viewpoint.limit > 40, "more than a screen")
        y = hand.transcript.viewpoint.y
        before = hand.transcript.viewpoint.limit
        await hand.until(lambda: hand.transcript.viewpoint.limit > before + 100, "more of it")
        assert hand.transcript.viewpoint.y == y
        await hand.press(Qt.Key.Key_Escape)
        await hand.until_answered()

    at_service(work, settings=Settings(follow_answers=False))


def test_keys_can_be_changed_and_are_told_everywhere(at_service: OpenWindow, data_paths: DataPaths) -> None:
    async def work(hand: Hand) -> None:
        await opened(hand, SHORTCUTS)
        field = hand.find("Keys of Export this session: Ctrl+E", QPushButton)
        field.setFocus()
        await hand.press(Qt.Key.Key_Space)
        await hand.press(Qt.Key.Key_J, CTRL)
        await hand.press(Qt.Key.Key_Escape)
        assert "Ctrl+J" in hand.find("Export").toolTip()
        await hand.ask("/echo one")
        await hand.until_answered()
        await hand.press(Qt.Key.Key_E, CTRL)
        assert not hand.has("Format")
        await hand.press(Qt.Key.Key_J, CTRL)
        await hand.until(lambda: hand.has("Format"), "the export dialog")
        await hand.press(Qt.Key.Key_Escape)

    at_service(work)
    assert load_settings(data_paths.settings).settings.shortcuts == {"export": "Ctrl+J"}


def test_f1_leads_to_the_page_of_the_shortcuts(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await hand.press(Qt.Key.Key_F1)
        await hand.click("Change…")
        assert hand.find("Settings", SettingsDialog).current == SHORTCUTS
        await hand.press(Qt.Key.Key_Escape)

    at_service(work)
