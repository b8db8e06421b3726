"""Small promises: a key, a click or an answer does what it says and nothing beside."""

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QMenu

from desktop.hand import Hand, settle
from trackside.chat.connections import KEY_VARIABLE
from trackside.domain.connection import TWELVELABS
from trackside.domain.failure import Failure, FailureKind
from trackside.domain.session import now
from trackside.domain.settings import Settings
from trackside.domain.turn import Attempt, AttemptState
from trackside.sandbox.server import SandboxServer
from trackside.ui.settings.dialog import SettingsDialog
from trackside.ui.settings.opening import CONNECTIONS
from trackside.ui.transcript.words import status_line
from ui.support import KEY, OpenWindow, choose, rows

CTRL = Qt.KeyboardModifier.ControlModifier


async def make_sessions(hand: Hand, *words: str) -> None:
    for word in words:
        await hand.press(Qt.Key.Key_N, CTRL)
        await hand.ask(f"/echo {word}")
        await hand.until_answered()


def list_place(hand: Hand, title: str) -> QPoint:
    view = hand.window.sidebar.list
    model = view.model()
    index = next(i for n in range(model.rowCount()) if (i := model.index(n, 0)).data() == title)
    return view.visualRect(index).center()


def test_esc_in_the_search_does_not_stop_an_answer(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        service.set_pace(40)
        await hand.ask("/long 40")
        await hand.until(lambda: bool(hand.answers))
        await hand.press(Qt.Key.Key_K, CTRL)
        await hand.type("long", "Search sessions")
        assert hand.has("Results")
        await hand.press(Qt.Key.Key_Escape)
        assert not hand.has("Results")
        assert hand.window.composer.message.hasFocus()
        assert hand.has("Stop")
        await hand.press(Qt.Key.Key_Escape)
        assert "Answer stopped." in hand.words

    at_service(work)


def test_click_leads_to_the_message_and_arrows_stay_in_the_list(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await make_sessions(hand, "one", "two", "three")
        await choose(hand, "/echo two")
        await hand.until(lambda: hand.answers == ["two"])
        assert hand.window.composer.message.hasFocus()
        hand.window.sidebar.list.setFocus()
        await hand.press(Qt.Key.Key_Down)
        await hand.until(lambda: hand.answers == ["one"])
        assert hand.window.sidebar.list.hasFocus()
        for letter in "/echo three":
            QTest.keyClick(hand.window.sidebar.list, letter)
        await settle()
        assert hand.answers == ["one"]

    at_service(work)


def test_right_click_opens_no_session(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await make_sessions(hand, "one", "two")
        view: Any = hand.window.sidebar.list
        place = list_place(hand, "/echo one")
        QTest.mouseClick(view.viewport(), Qt.MouseButton.RightButton, Qt.KeyboardModifier.NoModifier, place)
        view.menu_wanted.emit(place)
        await settle()
        menu = next(m for m in hand.window.sidebar.findChildren(QMenu) if m.isVisible())
        next(a for a in menu.actions() if a.text() == "Rename").trigger()
        menu.close()
        await settle()
        assert hand.answers == ["two"]
        await hand.type("Ferry", "Session title")
        await hand.press(Qt.Key.Key_Return)
        await hand.until(lambda: sorted(title for title, _ in rows(hand)) == ["/echo two", "Ferry"])
        assert hand.answers == ["two"]

    at_service(work)


def test_title_being_typed_outlives_the_end_of_an_answer(
    at_service: OpenWindow, service: SandboxServer
) -> None:
    async def work(hand: Hand) -> None:
        await make_sessions(hand, "one")
        service.set_pace(250)
        await hand.press(Qt.Key.Key_N, CTRL)
        await hand.ask("/long 1")
        await hand.until(lambda: bool(hand.answers))
        hand.window.sidebar.list.setFocus()
        await hand.press(Qt.Key.Key_F2)
        await hand.type("Ferry", "Session title")
        await hand.until_answered()
        await settle()
        assert hand.find("Session title", QLineEdit).text() == "Ferry"
        await hand.press(Qt.Key.Key_Return)
        await hand.until(lambda: "Ferry" in [title for title, _ in rows(hand)])

    at_service(work)


def test_news_make_no_room_at_the_cost_of_others(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        notices = hand.window.notices
        notices.show_failure(Failure(FailureKind.STORAGE, "The disk <b>is</b> full."))
        notices.show_choice("“One” is in the trash.", "Undo", lambda: None)
        notices.show_choice("“One” is in the trash.", "Undo", lambda: None)
        for number in range(5):
            notices.show_news(f"News {number}.")
        await settle()
        assert "The disk <b>is</b> full." in hand.words
        labels = [w for w in notices.findChildren(QLabel) if w.isVisible()]
        assert all(label.textFormat() is Qt.TextFormat.PlainText for label in labels)
        assert len(hand.find_all("Undo")) == 2
        assert "News 1." not in hand.words
        assert "News 4." in hand.words

    at_service(work)


def test_same_store_again_changes_nothing(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await hand.ask("harbour")
        await hand.until_answered()
        header = hand.window.header
        header.store_chosen.emit(next(s for s in [*header._stores[0]] if s.id == header._stores[1]))
        await settle()
        assert "starts a new conversation" not in hand.words

    at_service(work)


def test_stores_are_fetched_again_on_request_and_at_another_address(
    open_window: OpenWindow, service: SandboxServer
) -> None:
    async def work(hand: Hand) -> None:
        await hand.until_words("The knowledge stores could not be fetched.")
        await hand.click("Try again")
        await hand.until(lambda: hand.has("Try again"), "the failure once more")
        await hand.press(Qt.Key.Key_Comma, CTRL)
        hand.find("Settings", SettingsDialog).show_page(CONNECTIONS)
        await hand.fill("Service address", service.base_url)
        await hand.press(Qt.Key.Key_Return)
        await hand.until_connected()
        assert "Ask Sample footage a question." in hand.words

    settings = Settings(connections=(replace(TWELVELABS, base_url="http://127.0.0.1:9/v1.3"),))
    open_window(work, settings=settings, environment={KEY_VARIABLE: KEY})


@pytest.mark.parametrize("state", [AttemptState.CONNECTING, AttemptState.STREAMING])
def test_attempt_of_another_window_is_said(state: AttemptState) -> None:
    attempt = Attempt("a", "t", 1, state, started_at=now())
    assert status_line(attempt, None) == "Under way in another window."
