"""Backups as a person meets them: in the settings, after damage, and the way back from one."""

from functools import partial

from PySide6.QtCore import QObject, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QMessageBox, QWidget

from trackside.chat.backups import Backups
from trackside.chat.library import SessionLibrary
from trackside.chat.preferences import Preferences
from trackside.chat.retention import Retention
from trackside.domain.backup import Backup
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.domain.settings import Settings
from trackside.ui.desk import Desk
from trackside.ui.settings.data_page import DataPage, in_a_sentence
from trackside.ui.sidebar.sidebar import Sidebar

_RUNNING = Failure(
    FailureKind.INPUT,
    "An answer is still coming.",
    "Stop it first, or wait for its end, then restore the backup.",
)


def keep_for_days(
    preferences: Preferences, library: SessionLibrary, backups: Backups, sidebar: Sidebar
) -> None:
    """Lets the trash and the backups follow the settings."""

    def follow(settings: Settings) -> None:
        library.trashed.kept_days = settings.trash_days
        sidebar.keep_trash_for(settings.trash_days)
        backups.keep_daily(settings.backups_kept)

    preferences.changed.connect(follow)
    follow(preferences.settings)


class Safekeeping(QObject):
    """Joins the backups to the window and to the settings' page, while that is open."""

    erasing_wanted = Signal()

    def __init__(self, desk: Desk, backups: Backups, folder: str, retention: Retention) -> None:
        super().__init__(desk.window)
        self._retention = retention
        self._desk = desk
        self._window = desk.window
        self._backups = backups
        self._folder = folder
        self._page: DataPage | None = None
        self._dialog: QDialog | None = None
        self._busy = ""
        backups.failed.connect(self._window.notices.show_failure)
        backups.changed.connect(self._refresh)
        retention.moved.connect(self._tell_moved)

    # -- the settings' page ----------------------------------------------------------------------

    def follow(self, page: DataPage, dialog: QDialog) -> None:
        """Keeps a page up to date until its dialog ends, which a restore does, too."""
        self._page, self._dialog = page, dialog
        page.folder_wanted.connect(self._show_folder)
        page.backup_wanted.connect(lambda: self._desk.tasks.start(self._back_up()))
        page.restore_wanted.connect(self._ask)
        dialog.finished.connect(self._forget_page)
        page.retention.asked.connect(self._ask_retention)
        page.erasing_wanted.connect(self.erasing_wanted)
        page.show_busy(self._busy)
        if self._backups.is_possible:
            self._refresh()
        else:
            page.show_unavailable()

    def dialog(self) -> QDialog | None:
        """The settings, while the page is looked at."""
        return self._dialog

    def _forget_page(self) -> None:
        self._page = self._dialog = None

    def _refresh(self) -> None:
        if self._page is not None:
            self._desk.tasks.start(self._show_kept())

    async def _show_kept(self) -> None:
        try:
            kept = await self._backups.kept()
        except TracksideError as error:
            self._tell(error.failure)
            return
        if self._page is not None:
            self._page.show_kept(kept)
            self._page.show_busy(self._busy)

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
        if self._page is not None:
            self._page.show_busy(words)
            if words:
                self._page.show_failure(None)

    def _tell(self, failure: Failure) -> None:
        """Where it was asked for, if that is still there."""
        if self._page is not None:
            self._page.show_failure(failure)
        else:
            self._window.notices.show_failure(failure)

    # -- sessions that are not used --------------------------------------------------------------

    def _ask_retention(self, days: int) -> None:
        page = self._page

        async def count() -> None:
            found = await self._retention.count(days)
            if page is not None and page is self._page:
                page.retention.offer(days, found)

        self._desk.tasks.start(count())

    def _tell_moved(self, session_ids: list[str]) -> None:
        days = self._desk.preferences.settings.retention_days
        count = len(session_ids)
        who = "1 session that was" if count == 1 else f"{count:,} sessions that were".replace(",", "\u202f")
        verb = "is" if count == 1 else "are"
        self._desk.deeds.offer_undo(f"{who} not used for {days} days {verb} in the trash now.", session_ids)
        self._desk.leave(session_ids)

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
