"""The sessions: renamed, pinned, searched, walked through, trashed and taken back."""

import asyncio
from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu

from desktop.hand import Hand, settle
from trackside.domain.session import SessionState
from trackside.sandbox.server import SandboxServer
from trackside.ui.sidebar.rows import RowRole
from ui.support import OpenWindow, choose, rows, until_rows

NO_KEY = Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier


def titles(hand: Hand) -> list[str]:
    return [title for title, _ in rows(hand)]


def headings(hand: Hand) -> list[str]:
    model = hand.window.sidebar.list.model()
    entries = [model.index(n, 0).data(RowRole.ENTRY) for n in range(model.rowCount())]
    return [entry.heading for entry in entries if entry.session is None]


async def until_titles(hand: Hand, expected: list[str]) -> None:
    await hand.until(lambda: titles(hand) == expected, f"{expected}")


async def make_sessions(hand: Hand, *words: str) -> None:
    for word in words:
        await hand.press(Qt.Key.Key_N, CTRL)
        await hand.ask(f"/echo {word}")
        await hand.until_answered()


async def choose_from_menu(hand: Hand, title: str, words: str) -> None:
    """Opens a session's menu and picks an entry."""
    await choose(hand, title)
    view: Any = hand.window.sidebar.list
    place: QPoint = view.visualRect(view.currentIndex()).center()
    around = view.viewport().mapToGlobal(place)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, around, NO_KEY)
    QApplication.sendEvent(view.viewport(), event)
    await settle()
    menu = next(m for m in hand.window.sidebar.findChildren(QMenu) if m.isVisible())
    action = next(a for a in menu.actions() if a.text() == words)
    action.trigger()
    menu.close()
    await settle()


def test_newest_session_comes_first(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await make_sessions(hand, "one", "two", "three")
        await until_titles(hand, ["/echo three", "/echo two", "/echo one"])
        await hand.until(lambda: headings(hand) == ["Today"])

    at_service(work)


def test_new_session_does_not_pile_up_blank_ones(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await make_sessions(hand, "one")
        for _ in range(3):
            await hand.click("New session")
        await until_titles(hand, ["New session", "/echo one"])
        await choose(hand, "/echo one")
        await hand.until(lambda: titles(hand) == ["/echo one"])

    at_service(work)


def test_rename_in_place_and_keep_it(at_service: OpenWindow) -> None:
    async def before(hand: Hand) -> None:
        await make_sessions(hand, "one", "two")
        await choose(hand, "/echo one")
        hand.window.sidebar.list.setFocus()
        await hand.press(Qt.Key.Key_F2)
        editor = hand.find("Session title", QLineEdit)
        assert editor.selectedText() == "/echo one"
        editor.clear()
        await hand.type("Ferry notes", "Session title")
        await hand.press(Qt.Key.Key_Return)
        await hand.until(lambda: "Ferry notes" in titles(hand))
        assert "Ferry notes" in hand.words, "the header has the old title"
        await hand.press(Qt.Key.Key_F2)
        await hand.type("Given up", "Session title")
        await hand.press(Qt.Key.Key_Escape)
        await hand.until(lambda: "Ferry notes" in titles(hand))

    async def after(hand: Hand) -> None:
        await hand.until(lambda: "Ferry notes" in titles(hand))

    at_service(before)
    at_service(after)


def test_pin_and_unpin(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await make_sessions(hand, "one", "two")
        await choose_from_menu(hand, "/echo one", "Pin")
        await hand.until(lambda: headings(hand) == ["Pinned", "Today"])
        await until_titles(hand, ["/echo one", "/echo two"])
        await choose_from_menu(hand, "/echo one", "Unpin")
        await hand.until(lambda: headings(hand) == ["Today"])

    at_service(work)


def test_trash_can_be_undone(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await make_sessions(hand, "one", "two")
        await choose_from_menu(hand, "/echo two", "Move to trash")
        await hand.until(lambda: titles(hand) == ["/echo one"])
        await hand.until(lambda: hand.answers == ["one"], "the next session")
        assert "“/echo two” is in the trash." in hand.words
        await hand.click("Undo")
        await hand.until(lambda: hand.answers == ["two"])
        await hand.until(lambda: sorted(titles(hand)) == ["/echo one", "/echo two"])

    at_service(work)


def test_delete_key_moves_to_the_trash_for_good(at_service: OpenWindow) -> None:
    async def before(hand: Hand) -> None:
        await make_sessions(hand, "one", "two")
        hand.window.sidebar.list.setFocus()
        await hand.press(Qt.Key.Key_Delete)
        await hand.until(lambda: titles(hand) == ["/echo one"])

    async def after(hand: Hand) -> None:
        await until_titles(hand, ["/echo one"])

    at_service(before)
    at_service(after)


def test_trashing_the_only_session_leaves_a_new_one(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        service.set_pace(50)
        await hand.ask("/long 20")
        await hand.until(lambda: bool(hand.answers))
        hand.window.sidebar.list.setFocus()
        await hand.press(Qt.Key.Key_Delete)
        await hand.until(lambda: titles(hand) == ["New session"])
        await hand.until(lambda: service.open_streams == 0, "the stream's end")
        await hand.click("Undo")
        await hand.until(lambda: bool(hand.answers))
        assert "Answer stopped." in hand.words

    at_service(work)


def test_keys_walk_through_the_sessions(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await make_sessions(hand, "one", "two", "three")
        await hand.press(Qt.Key.Key_PageDown, CTRL)
        await hand.until(lambda: hand.answers == ["two"])
        await hand.press(Qt.Key.Key_PageDown, CTRL)
        await hand.until(lambda: hand.answers == ["one"])
        await hand.press(Qt.Key.Key_PageDown, CTRL)
        await asyncio.sleep(0.03)
        assert hand.answers == ["one"]
        await hand.press(Qt.Key.Key_PageUp, CTRL)
        await hand.until(lambda: hand.answers == ["two"])

    at_service(work)


def test_failed_session_has_a_dot_of_its_own(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        service.set_fault("unauthorized")
        await hand.ask("/echo one")
        await hand.until_words("refused the key")
        await until_rows(hand, ("/echo one", SessionState.FAILED))
        index = hand.window.sidebar.list.currentIndex()
        assert "failed" in index.data(Qt.ItemDataRole.AccessibleTextRole)

    at_service(work)
