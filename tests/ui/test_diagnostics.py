"""The diagnostics' dialog: it fills by itself, and is used by keyboard alone."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QPlainTextEdit, QPushButton

from desktop.hand import Hand
from trackside.ui.commands import WindowCommands
from trackside.ui.dialogs.diagnostics import DiagnosticsDialog
from ui.support import KEY, OpenWindow, copied


async def opened(hand: Hand) -> DiagnosticsDialog:
    commands = hand.window.findChild(WindowCommands)
    assert commands is not None
    commands.diagnosing.open()
    await hand.until(lambda: hand.has("Report"), "the diagnostics")
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, DiagnosticsDialog)
    await hand.until(lambda: hand.find("Copy", QPushButton, dialog).isEnabled(), "the report")
    return dialog


async def press_by_keyboard(hand: Hand, dialog: DiagnosticsDialog, name: str) -> None:
    button = hand.find(name, QPushButton, dialog)
    for _ in range(8):
        if button.hasFocus():
            break
        await hand.press(Qt.Key.Key_Tab)
    assert button.hasFocus()
    await hand.press(Qt.Key.Key_Space)


def test_a_report_is_gathered_and_copied_by_keyboard(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        dialog = await opened(hand)
        assert "Platform plugin" in dialog.report
        assert "Connection test" not in dialog.report
        assert hand.find("Report", QPlainTextEdit, dialog).hasFocus(), "it can't be read by keyboard"
        await press_by_keyboard(hand, dialog, "Copy")
        assert copied().startswith("Trackside diagnostics")
        await press_by_keyboard(hand, dialog, "Test the connection")
        await hand.until(lambda: "Connection test" in dialog.report, "the test")
        await hand.until(lambda: hand.find("Copy", QPushButton, dialog).isEnabled(), "the end")
        assert hand.find("Test the connection", QPushButton, dialog).hasFocus()
        assert "stores" in hand.find("Report", QPlainTextEdit, dialog).toPlainText()
        assert KEY not in dialog.report
        await hand.press(Qt.Key.Key_Escape)
        assert not hand.has("Report")
        again = await opened(hand)
        again.reject()

    at_service(work)


def test_a_report_is_saved(at_service: OpenWindow, tmp_path: Path) -> None:
    async def work(hand: Hand) -> None:
        dialog = await opened(hand)
        await hand.click("Save…", dialog)
        (place,) = dialog.findChildren(QFileDialog)
        place.fileSelected.emit(str(tmp_path / "report.txt"))
        place.reject()
        await hand.until(lambda: (tmp_path / "report.txt").exists(), "the file")
        assert (tmp_path / "report.txt").read_text(encoding="utf-8").startswith("Trackside diagnostics")
        dialog.reject()

    at_service(work)


def test_it_is_closed_while_it_gathers(open_window: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        commands = hand.window.findChild(WindowCommands)
        assert commands is not None
        commands.diagnosing.open()
        await hand.until(lambda: hand.has("Report"), "the diagnostics")
        await hand.press(Qt.Key.Key_Escape)

    open_window(work)
