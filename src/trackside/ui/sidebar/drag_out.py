"""Sessions dragged out of the sidebar become a file wherever they are dropped."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from PySide6.QtCore import QMimeData, QObject, QPoint, Qt, QTimer, QUrl
from PySide6.QtGui import QDrag
from PySide6.QtWidgets import QApplication

from trackside.chat.export_formats import FORMATS
from trackside.chat.export_writing import ExportJob
from trackside.chat.exporting import Exporter
from trackside.domain.session import Session, file_name_from_title
from trackside.ui.sidebar.sidebar import Sidebar

_PREFERRED = "markdown"


class DragOut(QObject):
    """Writes what is dragged into a folder of its own, then drags the file.

    A file manager copies the file when it is dropped or a while after, so the folder stays until the end.
    Nothing waits for the writing: the drag begins once the file is there, if the button is still held.
    """

    def __init__(
        self, sidebar: Sidebar, exporter: Exporter, start: Callable[[Coroutine[Any, Any, None]], object]
    ):
        """`start` begins a task and sees it through."""
        super().__init__(sidebar)
        self._sidebar = sidebar
        self._exporter = exporter
        self._start = start
        self._folder: Path | None = None
        self._count = 0
        self._written: tuple[tuple[Session, ...], Path] | None = None
        """What was written last, for whoever let go too early and drags again."""
        self.drag: Callable[[QDrag], object] = lambda drag: drag.exec(Qt.DropAction.CopyAction)
        """Runs a loop of its own until the drop."""
        self.is_held: Callable[[], bool] = _is_button_held
        sidebar.drag_wanted.connect(self._begin)

    async def aclose(self) -> None:
        """Removes what was written."""
        folder, self._folder = self._folder, None
        if folder is not None:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    def _begin(self, sessions: list[Session]) -> None:
        if sessions:
            self._start(self._write(tuple(sessions)))

    async def _write(self, sessions: tuple[Session, ...]) -> None:
        self._sidebar.list.viewport().setCursor(Qt.CursorShape.BusyCursor)
        try:
            path = await self._file_of(sessions)
        finally:
            self._sidebar.list.viewport().unsetCursor()
        # Not from here: the drag runs a loop, and this task would stand still in it with all others.
        QTimer.singleShot(0, self, lambda: self._drag(path))

    async def _file_of(self, sessions: tuple[Session, ...]) -> Path:
        if self._written is not None and self._written[0] == sessions and self._written[1].exists():
            return self._written[1]
        chosen = FORMATS.get(_PREFERRED) or next(iter(FORMATS.values()))
        if self._folder is None:
            self._folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="trackside-"))
        self._count += 1
        folder = self._folder / str(self._count)
        await asyncio.to_thread(folder.mkdir)
        path = folder / f"{_file_name(sessions)}{_dotted(chosen.suffix)}"
        await self._exporter.export(ExportJob(chosen.name, tuple(s.id for s in sessions)), path)
        self._written = sessions, path
        return path

    def _drag(self, path: Path) -> None:
        if not self.is_held():
            return
        drag = QDrag(self._sidebar.list)
        content = QMimeData()
        content.setUrls([QUrl.fromLocalFile(str(path))])
        drag.setMimeData(content)
        drag.setPixmap(self._sidebar.picture_of_current())
        drag.setHotSpot(QPoint(self._sidebar.theme.px(16), self._sidebar.theme.px(16)))
        self.drag(drag)
        self._sidebar.refresh_selection()


def _is_button_held() -> bool:
    return bool(QApplication.mouseButtons() & Qt.MouseButton.LeftButton)


def _dotted(suffix: str) -> str:
    return suffix if suffix.startswith(".") else f".{suffix}"


def _file_name(sessions: tuple[Session, ...]) -> str:
    """A name that every system takes: one session's title, or how many there are."""
    if len(sessions) > 1:
        return f"{len(sessions)} sessions"
    return file_name_from_title(sessions[0].shown_title)
