"""Deleting everything as a person meets it: asked for in the settings, and the first run's page after it."""

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from trackside.chat.erasing import Erasing
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.ui.desk import Desk
from trackside.ui.dialogs.delete_everything import DeleteEverythingDialog
from trackside.ui.theme import Theme

_RUNNING = Failure(
    FailureKind.INPUT,
    "An answer is still coming.",
    "Stop it first, or wait for its end, then delete everything.",
)
_WHAT = (
    "All sessions, those in the trash included, and all backups of them.",
    "The settings, and every connection.",
    "The keys and proxy passwords in the keyring.",
    "The log, and what the sandbox remembers.",
)


class EverythingDeletion(QObject):
    """Takes the window to the state of its first start."""

    def __init__(
        self,
        desk: Desk,
        theme: Theme,
        erasing: Erasing,
        close_settings: Callable[[], None],
        dialog: Callable[[], QWidget | None],
    ) -> None:
        """`dialog` is what it is asked over, if that is open."""
        super().__init__(desk)
        self._desk = desk
        self._theme = theme
        self._erasing = erasing
        self._close_settings = close_settings
        self._dialog = dialog
        self._is_busy = False

    def ask(self) -> None:
        """Deletes everything once that is confirmed."""
        if self._desk.runner.running:
            self._desk.window.notices.show_failure(_RUNNING)
            self._close_settings()
            return
        dialog = DeleteEverythingDialog(self._theme, _WHAT, self._dialog() or self._desk.window)
        dialog.decided.connect(lambda: self._desk.tasks.start(self._delete()))
        dialog.open()

    async def _delete(self) -> None:
        desk, window = self._desk, self._desk.window
        if self._is_busy:
            return
        self._is_busy = True
        self._close_settings()
        # What is typed or begun meanwhile would go into sessions that are about to be none.
        parts = window.centralWidget()
        assert parts is not None
        parts.setEnabled(False)
        try:
            if desk.runner.running:
                raise TracksideError(_RUNNING)
            desk.show(None)
            desk.library.flush()
            window.composer.message.clear()
            kept_keys = await self._erasing.everything()
        except TracksideError as error:
            window.notices.show_failure(error.failure)
        else:
            window.notices.show_news("Everything was deleted.")
            if kept_keys is not None:
                window.notices.show_failure(kept_keys)
        finally:
            self._is_busy = False
            parts.setEnabled(True)
        await self._show_what_is_left()

    async def _show_what_is_left(self) -> None:
        """Nothing, as a rule."""
        desk = self._desk
        desk.library.forget_all()
        await desk.library.load()
        desk.connections.changed.emit()
        if not desk.connections.active_id:
            desk.window.show_first_run()
        elif rest := desk.library.sessions:
            desk.open(rest[0].id)
        else:
            desk.new_session()
        desk.tasks.start(desk.library.load_rest())
