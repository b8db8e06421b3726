"""Backups as a person meets them: in the settings, after damage, and the way back from one."""

from functools import partial

from PySide6.QtCore import QObject, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QMessageBox, QWidget

from trackside.chat.backups import Backups
from trackside.domain.backup import Backup
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.ui.desk import Desk
from trackside.ui.dialogs.data_section import DataSection, in_a_sentence

_RUNNING = Failure(
    FailureKind.INPUT,
    "An answer is still coming.",
    "Stop it first, or wait for its end, then restore the backup.",
)


class Safekeeping(QObject):
    """Joins the backups to the window and to the settings' section, while that is open."""

    def __init__(self, desk: Desk, backups: Backups, folder: str) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._window = desk.window
        self._backups = backups
        self._folder = folder
        self._section: DataSection | None = None
        self._dialog: QDialog | None = None
        self._busy = ""
        backups.failed.connect(self._window.notices.show_failure)
        backups.changed.connect(self._refresh)

    # -- the settings' section -------------------------------------------------------------------

    def follow(self, section: DataSection, dialog: QDialog) -> None:
        """Keeps a section up to date until its dialog ends, which a restore does, too."""
        self._section, self._dialog = section, dialog
        section.folder_wanted.connect(self._show_folder)
        section.backup_wanted.connect(lambda: self._desk.tasks.start(self._back_up()))
        section.restore_wanted.connect(self._ask)
        dialog.finished.connect(self._forget_section)
        section.show_busy(self._busy)
        if self._backups.is_possible:
            self._refresh()
        else:
            section.show_unavailable()

    def _forget_section(self) -> None:
        self._section = self._dialog = None

    def _refresh(self) -> None:
        if self._section is not None:
            self._desk.tasks.start(self._show_kept())

    async def _show_kept(self) -> None:
        try:
            kept = await self._backups.kept()
        except TracksideError as error:
            self._tell(error.failure)
            return
        if self._section is not None:
            self._section.show_kept(kept)
            self._section.show_busy(self._busy)

    def _show_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(self._folder))

    async def _back_up(self) -> None:
        self._show_busy("Backing up…")
        try:
            await self._backups.back_up_now()
        except TracksideError as error:
            self._tell(error.failure)
        finally:
            self._show_busy("")

    def _show_busy(self, words: str) -> None:
        self._busy = words
        if self._section is not None:
            self._section.show_busy(words)
            if words:
                self._section.show_failure(None)

    def _tell(self, failure: Failure) -> None:
        """Where it was asked for, if that is still there."""
        if self._section is not None:
            self._section.show_failure(failure)
        else:
            self._window.notices.show_failure(failure)

    # -- after damage ----------------------------------------------------------------------------

    async def offer_latest(self, failure: Failure) -> None:
        """Tells that the database was damaged, with the way back if there is one."""
        try:
            latest = await self._backups.latest()
        except TracksideError:
            latest = None  # a folder that can't be read offers nothing; the failure itself is told
        if latest is None:
            self._window.notices.show_failure(failure)
            return
        words = f"Restore the backup of {in_a_sentence(latest)}"
        self._window.notices.show_failure(failure, choice=(words, partial(self._ask, latest)))

    # -- the way back ----------------------------------------------------------------------------

    def _ask(self, backup: Backup) -> None:
        """Restores a backup once that is confirmed."""
        parent: QWidget = self._dialog or self._window
        box = QMessageBox(parent)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle("Restore a backup")
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(f"Restore the sessions of {in_a_sentence(backup)}?")
        box.setInformativeText(
            "They take the place of all sessions that are here now. A backup of those is made first, so that "
            "you can come back to them."
        )
        restore = box.addButton("Restore", QMessageBox.ButtonRole.AcceptRole)
        restore.setAutoDefault(False)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
        box.setEscapeButton(QMessageBox.StandardButton.Cancel)
        restore.clicked.connect(lambda: self._desk.tasks.start(self._restore(backup)))
        box.open()

    async def _restore(self, backup: Backup) -> None:
        if self._busy:
            return
        desk = self._desk
        if desk.runner.running:
            self._tell(_RUNNING)
            return
        self._show_busy("Restoring…")
        # What is typed or begun meanwhile would go into sessions that are about to be others.
        parts = self._window.centralWidget()
        assert parts is not None
        parts.setEnabled(False)
        shown = desk.session
        try:
            desk.show(None)
            desk.library.flush()
            await self._backups.restore(backup)
            desk.library.forget_all()
            shown = None
            await desk.library.load()
        except TracksideError as error:
            self._tell(error.failure)
            return
        finally:
            parts.setEnabled(True)
            self._window.composer.message.setFocus()  # a disabled window has lost it
            self._show_busy("")
            if shown is not None:
                desk.show(shown)
        if self._dialog is not None:
            self._dialog.accept()
        desk.tasks.start(desk.library.load_rest())
        self._show_latest()
        self._window.notices.show_news(f"Restored the sessions of {in_a_sentence(backup)}.")

    def _show_latest(self) -> None:
        """The latest session of the connection in use, as after a session went into the trash."""
        active_id = self._desk.connections.active_id
        rest = [s for s in self._desk.library.sessions if s.connection_id == active_id and not s.archived]
        if rest:
            self._desk.open(rest[0].id)
        elif active_id:
            self._desk.new_session()
