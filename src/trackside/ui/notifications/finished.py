"""Tells of an answer that took long and ended while the window was in the background."""

from collections.abc import Callable
from datetime import UTC, datetime

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from trackside.chat.endings import CLOSED, UNSENT
from trackside.chat.library import SessionLibrary
from trackside.chat.preferences import Preferences
from trackside.chat.tasks import OwnedTasks
from trackside.domain.session import Session
from trackside.domain.turn import Attempt, AttemptState
from trackside.ui.notifications.note import Note, Notifier

_WORDS = {
    AttemptState.COMPLETED: "Answer finished",
    AttemptState.INCOMPLETE: "Answer cut off at the length limit",
    AttemptState.FAILED: "The question could not be answered",
    AttemptState.INTERRUPTED: "Answer interrupted",
}
"""Of ends that the user did not bring about."""
TRIAL = Note("", "Answer finished", "This is how Trackside tells of an answer that took long.")


class FinishedAnswers(QObject):
    """Quiet otherwise: nothing is told of short answers, of stopped ones, or while the window is in front.

    A notification names the session, never what was asked or answered: it may stand on a locked screen.
    """

    def __init__(
        self,
        window: QWidget,
        preferences: Preferences,
        library: SessionLibrary,
        notifier: Notifier,
        tasks: OwnedTasks,
        show_session: Callable[[str, str], None],
        *,
        is_in_front: Callable[[], bool] | None = None,
    ) -> None:
        """`show_session` brings the window forward with a session, which may be none (an empty id), given the
        desktop's leave for it."""
        super().__init__(window)
        self._window = window
        self._preferences = preferences
        self._notifier = notifier
        self._tasks = tasks
        self._is_in_front = is_in_front or _is_in_front
        self._has_told = False
        notifier.on_clicked = show_session
        library.answer_ended.connect(self._on_ended)
        application = QApplication.instance()
        assert isinstance(application, QGuiApplication)
        application.applicationStateChanged.connect(self._on_state)

    async def try_out(self) -> str:
        """Shows one now. Returns why it can't be shown, empty when it is."""
        self._has_told = True
        return await self._notifier.show(TRIAL)

    def _on_ended(self, session: Session, attempt: Attempt) -> None:
        settings = self._preferences.settings
        headline = _WORDS.get(attempt.state)
        if not settings.notify_long_answers or headline is None or self._is_in_front():
            return
        if attempt.failure in (CLOSED, UNSENT):
            return  # the window closes, and whoever closed it knows
        if seconds_taken(attempt) < settings.notify_after_s:
            return
        self._has_told = True
        QApplication.alert(self._window)
        is_bad = attempt.state in (AttemptState.FAILED, AttemptState.INTERRUPTED)
        self._tasks.start(self._tell(Note(session.id, headline, session.shown_title, is_bad)))

    async def _tell(self, note: Note) -> None:
        await self._notifier.show(note)  # where it can't be shown, the taskbar has it

    def _on_state(self, state: Qt.ApplicationState) -> None:
        if state is Qt.ApplicationState.ApplicationActive and self._has_told:
            self._has_told = False
            self._tasks.start(self._notifier.withdraw())


def seconds_taken(attempt: Attempt, present: datetime | None = None) -> float:
    """How long a question has been under way since it was asked, waits for retries included, in seconds."""
    if attempt.started_at is None:
        return 0.0
    return ((present or datetime.now(UTC)) - attempt.started_at).total_seconds()


def _is_in_front() -> bool:
    return QGuiApplication.applicationState() is Qt.ApplicationState.ApplicationActive
