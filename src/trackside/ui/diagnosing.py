"""Opens the diagnostics and does what is wanted there."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QLocale, QObject, QStandardPaths, Qt, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog

from trackside.chat.diagnosis import Diagnosis, now_in_words, save_report
from trackside.domain.diagnosis import Fact
from trackside.domain.failure import TracksideError
from trackside.ui.desk import Desk
from trackside.ui.dialogs.diagnostics import DiagnosticsDialog
from trackside.ui.theme import Theme

_FILE_NAME = "trackside-diagnostics.txt"


class Diagnosing(QObject):
    """One dialog at a time. What it shows is gathered off this thread, part by part."""

    def __init__(self, desk: Desk, theme: Theme, diagnosis: Callable[[Sequence[Fact]], Diagnosis]) -> None:
        """`diagnosis` makes one out of what the window knows of the desktop."""
        super().__init__(desk.window)
        self._desk = desk
        self._theme = theme
        self._diagnosis = diagnosis
        self._dialog: DiagnosticsDialog | None = None
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        if self._dialog is not None:
            self._dialog.raise_()
            return
        # From the settings' dialog, too: what is opened last has to lie on top.
        parent = QApplication.activeModalWidget() or self._desk.window
        dialog = DiagnosticsDialog(self._theme, parent, now_in_words)
        self._dialog = dialog
        dialog.test_wanted.connect(lambda: self._begin(with_test=True))
        dialog.copy_wanted.connect(self._copy)
        dialog.save_wanted.connect(self._choose_place)
        dialog.finished.connect(self._forget)
        self._begin(with_test=False)
        dialog.open()

    def _begin(self, *, with_test: bool) -> None:
        if self._dialog is None:
            return
        self._dialog.begin(with_test=with_test)
        self._task = self._desk.tasks.start(self._gather(self._dialog, with_test=with_test))

    async def _gather(self, dialog: DiagnosticsDialog, *, with_test: bool) -> None:
        parts = self._diagnosis(desktop_facts()).gather(self._desk.connections.active_id, with_test=with_test)
        try:
            async for part in parts:
                if self._dialog is not dialog:
                    return
                dialog.show_part(part)
        finally:
            await parts.aclose()
        if self._dialog is dialog:
            dialog.end()

    def _forget(self) -> None:
        self._dialog = None
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _copy(self, text: str) -> None:
        QApplication.clipboard().setText(text)
        self._desk.window.notices.show_news("Copied the diagnostics.")

    def _choose_place(self, text: str) -> None:
        place = QFileDialog(self._dialog, "Save the diagnostics")
        place.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        place.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        place.setNameFilter("Text (*.txt)")
        place.setDefaultSuffix("txt")
        place.setDirectory(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation))
        place.selectFile(_FILE_NAME)
        place.fileSelected.connect(lambda name: self._desk.tasks.start(self._save(Path(name), text)))
        place.open()

    async def _save(self, path: Path, text: str) -> None:
        try:
            await save_report(path, text)
        except TracksideError as error:
            self._desk.window.notices.show_failure(error.failure)
        else:
            self._desk.window.notices.show_news(f"Saved {path.name}.")


def desktop_facts() -> tuple[Fact, ...]:
    """What Qt has found here. Called on the window's thread."""
    facts = [
        Fact("Qt", qVersion()),
        Fact("Platform plugin", QGuiApplication.platformName()),
        Fact("Locale", QLocale.system().name()),
        Fact("Colours", QGuiApplication.styleHints().colorScheme().name.lower()),
    ]
    for number, screen in enumerate(QGuiApplication.screens(), start=1):
        size = screen.size()
        scale = screen.devicePixelRatio()
        words = f"{size.width()} × {size.height()}, scale {scale:g}, {screen.refreshRate():.0f} Hz"
        facts.append(Fact(f"Screen {number}", words))
    with suppress(AttributeError):
        from PySide6.QtGui import QAccessible

        facts.append(Fact("Assistive technology", "in use" if QAccessible.isActive() else "not in use"))
    return tuple(facts)
