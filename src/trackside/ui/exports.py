"""Exports: asks what and where to, has it written, and says what came of it."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog

from trackside.chat.export_formats import ExportOptions, all_losses, frame_rates
from trackside.chat.export_writing import ExportJob
from trackside.chat.exporting import Exporter
from trackside.domain.failure import TracksideError
from trackside.domain.session import Session, file_name_from_title
from trackside.ui.desk import Desk
from trackside.ui.dialogs.export import ExportDialog, ExportScope
from trackside.ui.theme import Theme

_TITLE_LENGTH = 30
_ALL = ExportScope("All sessions")


class Exports(QObject):
    """One dialog at a time, and one export at a time."""

    def __init__(self, desk: Desk, theme: Theme, exporter: Exporter) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._window = desk.window
        self._theme = theme
        self._exporter = exporter
        self._dialog: ExportDialog | None = None
        self._folder = ""
        """Where the last one went."""

    def open_for_shown(self) -> None:
        """For the open session; for all, if there is nothing in that one but there are others."""
        opened = self._desk.session
        if opened is not None and opened.turns:
            self.open_for([opened.session])
        elif any(opened is None or s.id != opened.session.id for s in self._sessions()):
            self._open([_ALL])

    def open_for(self, sessions: Sequence[Session]) -> None:
        """For these sessions; all can be chosen instead."""
        if sessions:
            self._open([ExportScope(self._words(sessions), tuple(s.id for s in sessions)), _ALL])

    def open_for_all(self) -> None:
        """For all sessions of the connection in use."""
        if self._sessions():
            self._open([_ALL])

    def _sessions(self) -> list[Session]:
        connection_id = self._desk.connections.active_id
        return [s for s in self._desk.library.sessions if s.connection_id == connection_id]

    def _words(self, sessions: Sequence[Session]) -> str:
        if len(sessions) > 1:
            return f"{len(sessions):,} selected"
        opened = self._desk.session
        if opened is not None and opened.session.id == sessions[0].id:
            return "This session"
        title = sessions[0].shown_title
        return f"“{title if len(title) <= _TITLE_LENGTH else f'{title[:_TITLE_LENGTH].rstrip()}…'}”"

    # -- asking ----------------------------------------------------------------------------------

    def _open(self, scopes: Sequence[ExportScope]) -> None:
        if self._dialog is not None:
            self._dialog.raise_()
            return
        settings = self._desk.preferences.settings
        chosen = (settings.export_format, settings.export_frame_rate)
        dialog = ExportDialog(self._theme, scopes, frame_rates(), chosen, self._window)
        self._dialog = dialog
        dialog.finished.connect(self._forget)
        dialog.save_wanted.connect(self._ask_where)
        dialog.open()
        self._desk.tasks.start(self._tell_losses())

    def _forget(self) -> None:
        self._dialog = None

    async def _tell_losses(self) -> None:
        losses = await asyncio.to_thread(all_losses)  # imports all formats
        if self._dialog is not None:
            self._dialog.show_losses(losses)

    def _ask_where(self) -> None:
        if self._dialog is None:
            return
        chosen, scope = self._dialog.format, self._dialog.scope
        rate = self._dialog.frame_rate
        self._desk.preferences.change(export_format=chosen.name, export_frame_rate=rate)
        options = ExportOptions(rate, self._names())
        connection_id = "" if scope.session_ids else self._desk.connections.active_id
        job = ExportJob(chosen.name, scope.session_ids, connection_id, options)
        place = QFileDialog(self._dialog, "Export")
        place.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        place.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        place.setNameFilter(f"{chosen.title} (*.{chosen.suffix})")
        place.setDefaultSuffix(chosen.suffix)
        documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        place.setDirectory(self._folder or documents)
        place.selectFile(f"{self._file_name(scope)}.{chosen.suffix}")
        place.fileSelected.connect(lambda name: self._begin(job, Path(name)))
        place.open()

    def _file_name(self, scope: ExportScope) -> str:
        if len(scope.session_ids) == 1:
            listed = self._desk.library.listed(scope.session_ids[0])
            return file_name_from_title(listed.shown_title if listed else "")
        return f"Trackside sessions {datetime.now().astimezone():%Y-%m-%d}"

    def _names(self) -> dict[str, str]:
        """What is known of the items' names, by their ids and by their assets'."""
        names: dict[str, str] = {}
        for store in self._desk.sources.stores:
            for entry in self._desk.sources.items(store.id) or ():
                names[entry.item.id] = entry.name
                names.setdefault(entry.item.asset_id, entry.name)
        return names

    # -- writing ---------------------------------------------------------------------------------

    def _begin(self, job: ExportJob, path: Path) -> None:
        if self._dialog is None:
            return
        self._folder = str(path.parent)
        self._dialog.show_progress(0, 0)
        task = self._desk.tasks.start(self._export(job, path))
        # However it ends: one that is cancelled before its first step can't say so itself.
        task.add_done_callback(lambda _: self._end())
        self._dialog.cancel_wanted.connect(lambda: task.cancel())

    def _end(self) -> None:
        if self._dialog is not None and self._dialog.is_running:
            self._dialog.show_end()

    async def _export(self, job: ExportJob, path: Path) -> None:
        self._desk.library.flush()
        try:
            await self._exporter.export(job, path, self._show_progress)
        except TracksideError as error:
            if self._dialog is None:
                raise
            self._dialog.show_end(error.failure)
            return
        if self._dialog is not None:
            self._dialog.show_end()
            self._dialog.accept()
        self._window.notices.show_choice(
            f"Exported to {path}.", "Show in folder", partial(_show_folder, path.parent)
        )

    def _show_progress(self, done: int, of: int) -> None:
        if self._dialog is not None and self._dialog.is_running:
            self._dialog.show_progress(done, of)


def _show_folder(folder: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
