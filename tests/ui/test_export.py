"""Exporting by hand: what, as what, where to; progress, cancelling, and what comes of it."""

import json
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QLineEdit, QListWidget

from desktop.hand import Hand
from trackside.storage.paths import DataPaths
from trackside.storage.settings import load_settings
from trackside.ui.dialogs.export import ExportDialog
from ui.support import KEY, OpenWindow

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


async def opened(hand: Hand) -> ExportDialog:
    """The dialog, once it says what is lost."""
    (dialog,) = hand.window.findChildren(ExportDialog)
    await hand.until(lambda: "Not carried" in hand.words or "Carries everything" in hand.words)
    return dialog


async def choose(hand: Hand, title: str) -> None:
    """Goes to a format with the arrow keys."""
    formats = hand.find("Format", QListWidget)
    await hand.press(Qt.Key.Key_Home)
    while formats.currentItem().text() != title:
        await hand.press(Qt.Key.Key_Down)


async def save_to(hand: Hand, path: Path) -> None:
    """Answers the file dialog."""
    await hand.until(lambda: hand.window.findChildren(QFileDialog), "the file dialog")
    (place,) = hand.window.findChildren(QFileDialog)
    place.setDirectory(str(path.parent))
    name = place.findChild(QLineEdit)
    assert isinstance(name, QLineEdit)
    name.setText(path.name)
    await hand.press(Qt.Key.Key_Return)


def test_a_session_is_exported_by_keyboard_alone(at_service: OpenWindow, tmp_path: Path) -> None:
    async def work(hand: Hand) -> None:
        await hand.press(Qt.Key.Key_E, CTRL)
        assert not hand.window.findChildren(ExportDialog), "there is nothing to export"
        assert not hand.find("Export").isEnabled()
        await hand.ask("/echo hello: a/b?")
        await hand.until_answered()
        await hand.press(Qt.Key.Key_E, CTRL)
        await opened(hand)
        await choose(hand, "JSON")
        await hand.press(Qt.Key.Key_Return)
        (place,) = hand.window.findChildren(QFileDialog)
        assert place.selectedFiles()[0].endswith("_echo hello_ a_b_.json")
        target = tmp_path / "ex port é.json"
        await save_to(hand, target)
        await hand.until_words(f"Exported to {target}.")
        assert not [d for d in hand.window.findChildren(ExportDialog) if d.isVisible()]
        text = target.read_text(encoding="utf-8")
        assert "hello: a/b?" in json.dumps(json.loads(text))
        assert KEY not in text
        assert hand.has("Show in folder")

    at_service(work)


def test_format_and_frame_rate_are_remembered(
    at_service: OpenWindow, data_paths: DataPaths, tmp_path: Path
) -> None:
    async def first(hand: Hand) -> None:
        await hand.ask("/echo At [00:10-00:12].")
        await hand.until_answered()
        await hand.click("Export")
        await opened(hand)
        assert not hand.has("Frames a second")
        await choose(hand, "Clip list, EDL")
        assert "citations without times" in hand.words
        rates = hand.find("Frames a second", QComboBox)
        rates.setFocus()
        while rates.currentText() != "29.97 drop-frame":
            await hand.press(Qt.Key.Key_Down)
        await hand.click("Save…")
        await save_to(hand, tmp_path / "clips.edl")
        await hand.until_words("Exported to")
        assert "FCM: DROP FRAME" in (tmp_path / "clips.edl").read_text(encoding="utf-8")

    async def second(hand: Hand) -> None:
        await hand.until(lambda: hand.find("Export").isEnabled())
        await hand.press(Qt.Key.Key_E, CTRL)
        dialog = await opened(hand)
        assert (dialog.format.name, dialog.frame_rate) == ("edl", "29.97df")
        await hand.press(Qt.Key.Key_Escape)
        assert QApplication.activeModalWidget() is None

    at_service(first)
    saved = load_settings(data_paths.settings).settings
    assert (saved.export_format, saved.export_frame_rate) == ("edl", "29.97df")
    at_service(second)


def test_all_sessions_go_into_one_file(at_service: OpenWindow, tmp_path: Path) -> None:
    async def work(hand: Hand) -> None:
        for question in ("/echo one", "/echo two"):
            await hand.press(Qt.Key.Key_N, CTRL)
            await hand.ask(question)
            await hand.until_answered()
        await hand.press(Qt.Key.Key_E, CTRL | SHIFT)
        dialog = await opened(hand)
        assert [scope.words for scope in dialog._scopes] == ["All sessions"]
        await choose(hand, "JSON")
        await hand.press(Qt.Key.Key_Return)
        await save_to(hand, tmp_path / "all.json")
        await hand.until_words("Exported to")
        document = json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))
        assert {s["title"] for s in document["sessions"]} == {"/echo one", "/echo two"}

    at_service(work)


def test_a_place_that_takes_nothing_is_said_and_another_can_be_chosen(
    at_service: OpenWindow, tmp_path: Path
) -> None:
    async def work(hand: Hand) -> None:
        await hand.ask("/echo hello")
        await hand.until_answered()
        await hand.click("Export")
        dialog = await opened(hand)
        await hand.click("Save…")
        (place,) = hand.window.findChildren(QFileDialog)
        place.fileSelected.emit(str(tmp_path / "nowhere" / "x.md"))
        place.reject()
        await hand.until_words("can't be written")
        assert dialog.isVisible()
        assert hand.find("Save…").isEnabled()

    at_service(work)


def test_cancel_gives_up_what_is_being_written_and_then_the_dialog(
    at_service: OpenWindow, tmp_path: Path
) -> None:
    async def work(hand: Hand) -> None:
        await hand.ask("/echo hello")
        await hand.until_answered()
        await hand.click("Export")
        dialog = await opened(hand)
        await hand.click("Save…")
        (place,) = hand.window.findChildren(QFileDialog)
        place.fileSelected.emit(str(tmp_path / "x.md"))
        place.reject()
        assert dialog.is_running
        assert not hand.find("Save…").isEnabled()
        await hand.click("Cancel", within=dialog)
        await hand.until(lambda: not dialog.is_running)
        assert dialog.isVisible()
        assert not (tmp_path / "x.md").exists()
        assert "Exported" not in hand.words
        await hand.click("Cancel", within=dialog)
        assert QApplication.activeModalWidget() is None

    at_service(work)


def test_a_window_that_closes_leaves_no_export_behind(at_service: OpenWindow, tmp_path: Path) -> None:
    async def work(hand: Hand) -> None:
        await hand.ask("/echo hello")
        await hand.until_answered()
        await hand.click("Export")
        await opened(hand)
        await hand.click("Save…")
        (place,) = hand.window.findChildren(QFileDialog)
        place.fileSelected.emit(str(tmp_path / "x.md"))
        place.reject()

    at_service(work)
    assert [entry for entry in tmp_path.iterdir() if entry.name.startswith(".x")] == []


def test_every_control_of_the_dialog_has_a_name(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await hand.ask("/echo hello")
        await hand.until_answered()
        await hand.click("Export")
        dialog = await opened(hand)
        assert dialog.accessibleName() == "Export"
        for name in ("Sessions: This session", "Sessions: All sessions", "Format", "Save…", "Cancel"):
            assert hand.find(name, within=dialog)
        formats = hand.find("Format", QListWidget)
        read = [formats.item(n).data(Qt.ItemDataRole.AccessibleTextRole) for n in range(formats.count())]
        assert "PDF: Pages to print or send" in read
        dialog.reject()

    at_service(work)
