"""Which ends of answers are worth a notification, and what it says."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QWidget

from trackside.chat.endings import CLOSED, UNSENT
from trackside.chat.preferences import Preferences
from trackside.chat.tasks import OwnedTasks
from trackside.domain.failure import Failure
from trackside.domain.session import Session
from trackside.domain.settings import Settings
from trackside.domain.turn import Attempt, AttemptState
from trackside.storage.settings import LoadedSettings
from trackside.ui.notifications.finished import FinishedAnswers, seconds_taken
from trackside.ui.notifications.note import Note

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SESSION = Session("s1", "twelvelabs", NOW, NOW, title="Goals", snippet="the whole answer")


class FakeLibrary(QObject):
    answer_ended = Signal(Session, Attempt)


@dataclass
class FakeNotifier:
    shown: list[Note] = field(default_factory=list)
    withdrawn: int = 0
    on_clicked: object = None

    async def show(self, note: Note) -> str:
        self.shown.append(note)
        return ""

    async def withdraw(self) -> None:
        self.withdrawn += 1

    async def aclose(self) -> None:
        pass


@dataclass
class Stage:
    """Answers end here, before or behind a window."""

    library: FakeLibrary
    notifier: FakeNotifier
    preferences: Preferences
    finished: FinishedAnswers
    is_in_front: bool = False

    async def end(self, state: AttemptState, taken_s: float, failure: Failure | None = None) -> list[str]:
        """Ends an answer; returns the headlines of what was told of it."""
        self.notifier.shown.clear()
        started = datetime.now(UTC) - timedelta(seconds=taken_s)
        attempt = Attempt("a", "t", 1, state=state, started_at=started, failure=failure)
        self.library.answer_ended.emit(SESSION, attempt)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return [note.headline for note in self.notifier.shown]


@pytest.fixture
async def stage(qapp: QApplication) -> AsyncIterator[Stage]:
    window = QWidget()
    tasks = OwnedTasks()
    library, notifier, preferences = FakeLibrary(), FakeNotifier(), Preferences(LoadedSettings())
    made: Stage
    finished = FinishedAnswers(
        window,
        preferences,
        library,  # type: ignore[arg-type]
        notifier,  # type: ignore[arg-type]
        tasks,
        lambda session_id, token: None,
        is_in_front=lambda: made.is_in_front,
    )
    made = Stage(library, notifier, preferences, finished)
    yield made
    await tasks.aclose()
    window.deleteLater()


async def test_a_long_answer_that_ends_behind_other_windows_is_told(stage: Stage) -> None:
    assert await stage.end(AttemptState.COMPLETED, 21) == ["Answer finished"]
    assert stage.notifier.shown[0] == Note("s1", "Answer finished", "Goals")


async def test_nothing_of_the_answer_is_told(stage: Stage) -> None:
    await stage.end(AttemptState.FAILED, 60)
    assert SESSION.snippet not in repr(stage.notifier.shown)


@pytest.mark.parametrize("state", [AttemptState.FAILED, AttemptState.INTERRUPTED])
async def test_a_bad_end_is_told_as_one(stage: Stage, state: AttemptState) -> None:
    assert await stage.end(state, 60)
    assert stage.notifier.shown[0].is_bad


async def test_short_ones_stopped_ones_and_those_in_front_are_not_told(stage: Stage) -> None:
    assert await stage.end(AttemptState.COMPLETED, 19) == []
    assert await stage.end(AttemptState.STOPPED, 60) == []
    stage.is_in_front = True
    assert await stage.end(AttemptState.COMPLETED, 60) == []


@pytest.mark.parametrize("failure", [CLOSED, UNSENT])
async def test_whoever_closes_the_window_is_not_told_of_it(stage: Stage, failure: Failure) -> None:
    assert await stage.end(AttemptState.INTERRUPTED, 60, failure) == []


async def test_the_settings_say_whether_and_from_when(stage: Stage) -> None:
    stage.preferences.apply(replace(Settings(), notify_after_s=5.0))
    assert await stage.end(AttemptState.COMPLETED, 6) == ["Answer finished"]
    stage.preferences.apply(replace(Settings(), notify_long_answers=False))
    assert await stage.end(AttemptState.COMPLETED, 60) == []


async def test_one_can_be_tried_out(stage: Stage) -> None:
    assert await stage.finished.try_out() == ""
    assert stage.notifier.shown[0].about == ""


def test_the_time_counts_from_the_question() -> None:
    attempt = Attempt("a", "t", 1, started_at=NOW)
    assert seconds_taken(attempt, NOW + timedelta(minutes=2)) == 120
    assert seconds_taken(Attempt("a", "t", 1), NOW) == 0
