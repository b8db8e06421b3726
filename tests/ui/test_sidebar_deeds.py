"""What is done to sessions in the sidebar: tags, archive, trash, several at once, dragged out."""

import asyncio
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDrag
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QMessageBox

from desktop.hand import Hand, settle
from trackside.sandbox.server import SandboxServer
from trackside.ui.sidebar.drag_out import DragOut
from trackside.ui.sidebar.tags import TagBox, TagsDialog
from ui.support import OpenWindow, choose
from ui.test_sidebar import CTRL, choose_from_menu, make_sessions, titles, until_titles

SHIFT = Qt.KeyboardModifier.ShiftModifier


def place_of(hand: Hand, title: str) -> QPoint:
    view = hand.window.sidebar.list
    model = view.model()
    index = next(i for n in range(model.rowCount()) if (i := model.index(n, 0)).data() == title)
    return view.visualRect(index).center()


async def click_with(hand: Hand, title: str, keys: Qt.KeyboardModifier) -> None:
    viewport = hand.window.sidebar.list.viewport()
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, keys, place_of(hand, title))
    await settle()


async def pick(hand: Hand, words: str) -> None:
    """Opens the menu by its key, and picks an entry."""
    hand.window.sidebar.list.setFocus()
    await hand.press(Qt.Key.Key_F10, SHIFT)
    menu = next(m for m in hand.window.sidebar.findChildren(QMenu) if m.isVisible())
    next(a for a in menu.actions() if a.text() == words).trigger()
    menu.close()
    await settle()


async def show_view(hand: Hand, words: str) -> None:
    """Chooses from the menu above the list."""
    bar = hand.window.sidebar.view_bar
    await hand.click_on(bar.button)
    menu = next(m for m in bar.findChildren(QMenu) if m.isVisible())
    next(a for a in menu.actions() if a.text() == words).trigger()
    menu.close()
    await settle()


async def answer(hand: Hand, words: str) -> None:
    """Presses a button of the question that is asked."""
    box = QApplication.activeModalWidget()
    assert isinstance(box, QMessageBox)
    await hand.click_on(next(b for b in box.buttons() if b.text().replace("&", "") == words))


def chosen(hand: Hand) -> list[str]:
    return [s.title for s in hand.window.sidebar.list.chosen]


def test_several_are_chosen_by_click_and_by_key_without_being_opened(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await make_sessions(hand, "one", "two", "three")
        assert chosen(hand) == ["/echo three"]
        await click_with(hand, "/echo one", CTRL)
        assert chosen(hand) == ["/echo three", "/echo one"]
        await choose(hand, "/echo one")
        await hand.until(lambda: hand.answers == ["one"])
        assert chosen(hand) == ["/echo one"]
        await click_with(hand, "/echo three", SHIFT)
        assert chosen(hand) == ["/echo three", "/echo two", "/echo one"]
        assert hand.answers == ["one"]
        hand.window.sidebar.list.setFocus()
        await hand.press(Qt.Key.Key_Escape)
        assert len(chosen(hand)) == 1
        await hand.press(Qt.Key.Key_A, CTRL)
        assert len(chosen(hand)) == 3

    at_service(work)


def test_several_go_into_the_trash_and_come_back_together(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await make_sessions(hand, "one", "two", "three")
        await click_with(hand, "/echo two", CTRL)
        await pick(hand, "Move to trash")
        await until_titles(hand, ["/echo one"])
        await hand.until(lambda: hand.answers == ["one"])
        await hand.until_words("2 sessions are in the trash.")
        await hand.click("Undo")
        await until_titles(hand, ["/echo three", "/echo two", "/echo one"])

    at_service(work)


def test_archived_ones_are_kept_out_of_the_list_and_stay_open(at_service: OpenWindow) -> None:
    async def before(hand: Hand) -> None:
        await make_sessions(hand, "one", "two")
        await choose_from_menu(hand, "/echo two", "Archive")
        await until_titles(hand, ["/echo one"])
        assert hand.answers == ["two"]

    async def after(hand: Hand) -> None:
        await until_titles(hand, ["/echo one"])
        await show_view(hand, "Archive")
        await until_titles(hand, ["/echo two"])
        assert "Archived sessions, kept out of the list." in hand.words
        await choose_from_menu(hand, "/echo two", "Take out of the archive")
        await until_titles(hand, [])
        assert "Nothing is archived." in hand.words
        await hand.click("Back to all sessions")
        await until_titles(hand, ["/echo two", "/echo one"])

    at_service(before)
    at_service(after)


def test_tags_of_several_sessions(at_service: OpenWindow) -> None:
    async def tag(hand: Hand) -> Any:
        dialog = next(d for d in hand.window.findChildren(TagsDialog) if d.isVisible())
        return dialog, {box.tag: box for box in dialog.findChildren(TagBox)}

    async def before(hand: Hand) -> None:
        await make_sessions(hand, "one", "two")
        await choose_from_menu(hand, "/echo one", "Tags…")
        dialog, _ = await tag(hand)
        await hand.type("  crane ", "New tag")
        await hand.press(Qt.Key.Key_Return)
        await hand.type("tide", "New tag")
        await hand.click("Save", within=dialog)
        await hand.until(lambda: "crane" in hand.window.sidebar.view_bar.tags())
        await click_with(hand, "/echo two", CTRL)
        await pick(hand, "Tags…")
        dialog, boxes = await tag(hand)
        assert {name: box.checkState() for name, box in boxes.items()} == {
            "crane": Qt.CheckState.PartiallyChecked,
            "tide": Qt.CheckState.PartiallyChecked,
        }
        await hand.type("CRANE", "New tag")
        await hand.press(Qt.Key.Key_Return)
        await hand.click("Save", within=dialog)

    async def after(hand: Hand) -> None:
        await hand.until(lambda: hand.window.sidebar.view_bar.tags() == ["crane", "tide"])
        await show_view(hand, "tide")
        await until_titles(hand, ["/echo one"])
        assert "Sessions tagged “tide”." in hand.words
        await show_view(hand, "crane")
        await until_titles(hand, ["/echo two", "/echo one"])

    at_service(before)
    at_service(after)


def test_a_duplicate_has_all_turns_and_a_conversation_of_its_own(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await make_sessions(hand, "one")
        await choose_from_menu(hand, "/echo one", "Duplicate")
        await until_titles(hand, ["/echo one (copy)", "/echo one"])
        await hand.until(lambda: hand.window.windowTitle() == "/echo one (copy)")
        await hand.until(lambda: hand.answers == ["one"])

    at_service(work)


def test_unread_by_hand_lasts_until_it_is_looked_at_again(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await make_sessions(hand, "one", "two")
        await choose_from_menu(hand, "/echo two", "Mark as unread")
        index = hand.window.sidebar.list.currentIndex()
        await hand.until(lambda: "unread" in index.data(Qt.ItemDataRole.AccessibleTextRole))
        await choose(hand, "/echo one")
        await hand.until(lambda: hand.answers == ["one"])
        await choose(hand, "/echo two")
        await hand.until(lambda: hand.answers == ["two"])
        index = hand.window.sidebar.list.currentIndex()
        assert "unread" not in index.data(Qt.ItemDataRole.AccessibleTextRole)

    at_service(work)


def test_the_trash_restores_and_deletes_for_good(at_service: OpenWindow) -> None:
    async def before(hand: Hand) -> None:
        await make_sessions(hand, "one", "two", "three", "four")
        for title in ("/echo one", "/echo two", "/echo three"):
            await choose_from_menu(hand, title, "Move to trash")
        await until_titles(hand, ["/echo four"])

    async def after(hand: Hand) -> None:
        await hand.until(lambda: hand.answers == ["four"])
        await show_view(hand, "Trash")
        await until_titles(hand, ["/echo three", "/echo two", "/echo one"])
        await click_with(hand, "/echo two", Qt.KeyboardModifier.NoModifier)
        assert hand.answers == ["four"], "a click in the trash opens nothing"
        await hand.click("Delete now…")
        await answer(hand, "Cancel")
        assert len(titles(hand)) == 3
        hand.window.sidebar.list.setFocus()
        await hand.press(Qt.Key.Key_Delete)
        await answer(hand, "Delete")
        await until_titles(hand, ["/echo three", "/echo one"])
        await click_with(hand, "/echo three", Qt.KeyboardModifier.NoModifier)
        hand.window.sidebar.list.setFocus()
        await hand.press(Qt.Key.Key_Return)
        await hand.until(lambda: hand.answers == ["three"])
        await until_titles(hand, ["/echo four", "/echo three"])
        await show_view(hand, "Trash")
        await until_titles(hand, ["/echo one"])
        await hand.click("Empty trash…")
        await answer(hand, "Delete")
        await hand.until_words("The trash is empty.")

    async def at_last(hand: Hand) -> None:
        await show_view(hand, "Trash")
        await asyncio.sleep(0.05)
        assert titles(hand) == []

    at_service(before)
    at_service(after)
    at_service(at_last)


def test_what_streams_goes_into_the_trash_with_what_came(
    at_service: OpenWindow, service: SandboxServer
) -> None:
    async def work(hand: Hand) -> None:
        await make_sessions(hand, "one")
        service.set_pace(50)
        await hand.press(Qt.Key.Key_N, CTRL)
        await hand.ask("/long 20")
        await hand.until(lambda: bool(hand.answers))
        await pick(hand, "Move to trash")
        await hand.until(lambda: service.open_streams == 0, "the stream's end")
        await hand.until(lambda: hand.answers == ["one"])
        await show_view(hand, "Trash")
        await until_titles(hand, ["/long 20"])
        await click_with(hand, "/long 20", Qt.KeyboardModifier.NoModifier)
        await hand.click("Restore")
        await hand.until_words("“/long 20” is restored.")
        await hand.click("Open")
        await hand.until_words("Answer stopped.")
        assert hand.answers

    at_service(work)


def test_a_row_is_dragged_out_as_a_file(at_service: OpenWindow) -> None:
    dragged: list[tuple[str, bool]] = []
    folders: list[Path] = []

    async def work(hand: Hand) -> None:
        await make_sessions(hand, "one", "two")
        out = hand.window.sidebar.findChild(DragOut)
        assert isinstance(out, DragOut)
        out.is_held = lambda: True

        def note(drag: QDrag) -> None:
            (address,) = drag.mimeData().urls()
            path = Path(address.toLocalFile())
            folders.append(path.parents[1])
            dragged.append((path.stem, "/echo one" in path.read_text()))

        out.drag = note
        viewport, place = hand.window.sidebar.list.viewport(), place_of(hand, "/echo one")
        QTest.mousePress(viewport, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
        for step in (4, 30, 60):
            QTest.mouseMove(viewport, place + QPoint(0, step))
            await settle()
        await hand.until(lambda: dragged == [("_echo one", True)], "the drag")
        QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
        await settle()
        assert hand.answers == ["two"], "a drag opens nothing"
        assert chosen(hand) == ["/echo two"]

    at_service(work)
    assert not folders[0].exists()
