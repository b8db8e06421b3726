"""“Import sessions…”: asks for the file, has it read, and shows what came of it."""

from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QFileDialog

from trackside.chat.importing import Importer
from trackside.ui.desk import Desk


class SessionImport(QObject):
    """Imports one file at a time; the list and the open session show what is new in them."""

    def __init__(self, desk: Desk, importer: Importer) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._importer = importer
        self._is_busy = False

    def choose(self) -> None:
        """Asks for a file, then imports it."""
        dialog = QFileDialog(self._desk.window, "Import sessions")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters(["Trackside’s JSON (*.json)", "All files (*)"])
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self._desk.tasks.start(self.read(Path(name))))
        dialog.open()

    async def read(self, path: Path) -> None:
        """Imports a file. Raises TracksideError; what came in until then is shown all the same."""
        notices = self._desk.window.notices
        if self._is_busy:
            notices.show_news("Another file is being imported; try again when it is done.")
            return
        library = self._desk.library
        library.flush()
        self._is_busy = True
        try:
            notices.show_news(f"Importing {path.name}…")
            result = await self._importer.read(path)
            await library.reread(result.merged_ids)
            notices.show_news(result.sentence)
        finally:
            self._is_busy = False
            await library.load()
            await library.load_rest()
        opened = self._desk.session
        if opened is not None and opened.session.id in result.merged_ids:
            self._desk.open(opened.session.id)
