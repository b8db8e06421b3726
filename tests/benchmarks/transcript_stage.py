"""A window with the transcript alone in it, and an answer that grows there: what its benchmarks drive.

The session is a real one that keeps nothing and asks nobody. The window is offscreen unless
QT_QPA_PLATFORM says otherwise; on an X screen the server's own work isn't counted.
"""

import gc
import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from itertools import pairwise

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from benchmarks.technical import KILOBYTE, deltas, in_frames, technical
from trackside.chat.run import Run
from trackside.chat.session import ChatSession
from trackside.chat.turn_runner import FRAME_S
from trackside.collecting import QuietCollection
from trackside.domain.citation import Citation
from trackside.domain.session import Session, new_id, now
from trackside.domain.settings import Settings, ThemeChoice
from trackside.domain.stream import StreamDone, TextDelta
from trackside.domain.turn import Ask, Attempt, AttemptState, Turn
from trackside.storage.journal import Journal
from trackside.ui.theme import Theme
from trackside.ui.transcript.view import TranscriptView

WIDTH, HEIGHT = 1095, 675
"""What the side bar and the inspector leave of Trackside's window."""
DELTAS_A_FRAME = 16
UNPAINTED_MS = 250
"""How long a frame is waited for. Text that is held back altogether changes nothing on the screen."""
_STILL_S = 0.2
_STILL_CPU_S = 0.004


class Window(QWidget):
    """Says when it has been painted."""

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self.paints = 0
        self.on_paint: Callable[[], None] | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(content)
        self.resize(WIDTH, HEIGHT)
        self._loop = QEventLoop()
        self._limit = QTimer(self, singleShot=True)
        self._limit.timeout.connect(self._loop.quit)
        # Kept, as making them for each frame would cost more than an idle frame.
        self._resting = QEventLoop()
        self._rested = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._rested.timeout.connect(self._resting.quit)

    def event(self, event: QEvent) -> bool:
        is_taken = super().event(event)
        if event.type() is QEvent.Type.UpdateRequest:  # the whole window's painting is in it
            self.paints += 1
            if self.on_paint is not None:
                self.on_paint()
            self._loop.quit()
        return is_taken

    def step(self, act: Callable[[], object]) -> bool:
        """Does something and runs Qt until it has been painted; False when nothing was."""
        before = self.paints
        act()
        if self.paints == before:
            self._limit.start(UNPAINTED_MS)
            self._loop.exec()
            self._limit.stop()
        return self.paints > before

    def rest(self, seconds: float) -> None:
        """Runs Qt for so long, whatever it paints."""
        if seconds > 0:
            self._rested.start(round(seconds * 1000) or 1)
            self._resting.exec()

    def frame(self, act: Callable[[], object]) -> bool:
        """A step in the rhythm of a session, which tells of a growing answer no more often than that."""
        end = time.monotonic() + FRAME_S
        is_painted = self.step(act)
        self.rest(end - time.monotonic())
        return is_painted

    def costs_ms(self, acts: Iterable[Callable[[], object]]) -> list[float]:
        """Processor time of each step, with all that it left to be done until the next one."""
        at = [time.process_time()]
        for act in acts:
            self.step(act)
            at.append(time.process_time())
        return [(end - start) * 1000 for start, end in pairwise(at)]

    def settle(self, limit_s: float = 20.0) -> float:
        """Runs Qt until it has next to nothing to do any more. Returns the seconds until then."""
        began = time.monotonic()
        while time.monotonic() < began + limit_s:
            started, cpu = time.monotonic(), time.process_time()
            self.rest(_STILL_S)
            if time.process_time() - cpu < _STILL_CPU_S:
                return started - began
        return limit_s


class _Unkept:
    """Stands in for the store: all saves are done at once, and nothing is kept."""

    def __getattr__(self, _name: str) -> Callable[..., Future[None]]:
        return _done


def _done(*_: object) -> Future[None]:
    done: Future[None] = Future()
    done.set_result(None)
    return done


class _Runs:
    """Stands in for the runner: knows what runs, runs nothing."""

    def __init__(self) -> None:
        self.run: Run | None = None

    def run_of(self, attempt: Attempt) -> Run | None:
        return self.run if self.run is not None and self.run.attempt is attempt else None

    def stop(self, _attempt: Attempt) -> None: ...
    def try_now(self, _attempt: Attempt) -> None: ...


async def _nobody(_connection_id: str) -> object:
    raise AssertionError("nobody is asked")


class Stage:
    """The window, the view in it and the session that it shows."""

    def __init__(self, application: QApplication) -> None:
        self.application = application
        self.theme = Theme(application, Settings(theme=ThemeChoice.LIGHT))
        self.runs = _Runs()
        self.view = TranscriptView(self.theme, _title_of, self.runs.run_of)
        self.window = Window(self.view)
        self.session = self.session_of([])

    def session_of(self, turns: list[Turn]) -> ChatSession:
        session_id = turns[0].session_id if turns else new_id()
        session = Session(session_id, "sandbox", now(), now(), store_id="ks_1", turn_count=len(turns))
        return ChatSession(session, turns, _Unkept(), self.runs, _nobody)

    def show(self, session: ChatSession | None = None) -> ChatSession:
        """Shows a session, by default one without a turn; doesn't wait until it is painted."""
        self.session = session or self.session_of([])
        self.view.show_session(self.session, "Ask something.")
        return self.session

    def warm_up(self) -> None:
        """Streams and ends an answer with everything in it, so that libraries and fonts are loaded."""
        self.show()
        self.stream(technical(12 * KILOBYTE, seed=99))
        self.window.settle()

    def stream(self, text: str, each: int = DELTAS_A_FRAME, seed: int = 1) -> "Streamed":
        """Streams a whole answer as the last turn, a frame after the other, and ends it."""
        growing = Growing(self)
        streamed = Streamed()
        bar = self.view.verticalScrollBar()

        def feed(pieces: list[str]) -> None:
            growing.fold(pieces)
            growing.tell()

        at = began = time.process_time()
        for pieces in in_frames(deltas(text, seed), each):
            streamed.unpainted += not self.window.frame(lambda pieces=pieces: feed(pieces))
            spent, at = time.process_time() - at, time.process_time()
            streamed.frames_ms.append(spent * 1000)
            if not streamed.full_from and bar.maximum() > 0:
                streamed.full_from = len(streamed.frames_ms)
        growing.end()
        self.window.settle(5.0)
        streamed.cpu_s = time.process_time() - began
        return streamed


class Streamed:
    """What an answer has cost, frame by frame."""

    def __init__(self) -> None:
        self.frames_ms: list[float] = []
        self.full_from = 0
        """The first frame that began with a full viewport: what comes before is cheaper, as it shows less."""
        self.unpainted = 0
        self.cpu_s = 0.0
        """From the first frame until all was quiet after the last."""

    @property
    def count(self) -> int:
        return len(self.frames_ms)

    @property
    def mean_ms(self) -> float:
        """Of a frame, with its share of what the answer's end has cost."""
        return self.cpu_s * 1000 / self.count

    @property
    def tenths_ms(self) -> tuple[list[float], list[float]]:
        """The first and the last tenth of the frames that a full viewport has seen."""
        full = self.frames_ms[self.full_from :]
        length = max(len(full) // 10, 1)
        return full[:length], full[-length:]


class Growing:
    """A question that was just asked in the shown session, and its answer on the way."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._session = session = stage.session
        ask = Ask("How are the scenes of a film found, and what does each step cost?", "ks_1")
        turn = Turn(new_id(), session.session.id, len(session.turns), ask, now())
        self.attempt = Attempt(new_id(), turn.id, 1, started_at=now(), tries=1)
        turn.attempts.append(self.attempt)
        session.turns.append(turn)
        stage.runs.run = Run(turn, self.attempt, Journal())
        session.turn_added.emit(turn)
        self.attempt.move_to(AttemptState.CONNECTING)
        session.on_attempt_changed(self.attempt)
        self.attempt.move_to(AttemptState.STREAMING)
        self.attempt.first_token_s = 0.3
        session.on_attempt_changed(self.attempt)

    def fold(self, pieces: list[str]) -> None:
        fold = self.attempt.answer.fold
        for piece in pieces:
            fold(TextDelta(0, "msg_1", 0, piece))

    def tell(self) -> None:
        self._session.on_attempt_changed(self.attempt)

    def end(self) -> None:
        self.attempt.answer.fold(StreamDone())
        self.attempt.duration_s = 10.0
        self.attempt.move_to(AttemptState.COMPLETED)
        self._stage.runs.run = None
        self._session.on_attempt_ended(self.attempt)


def _title_of(citation: Citation) -> str:
    return f"Race, lap {int(citation.item_id[4:], 16) % 70}" if citation.item_id else ""


@contextmanager
def stage() -> Iterator[Stage]:
    """A painted window in this process's only application."""
    gc.disable()
    application = QApplication([])
    application.setStyle("fusion")
    application.setQuitOnLastWindowClosed(False)
    staged = Stage(application)
    staged.show()
    staged.window.step(staged.window.show)
    staged.window.settle()
    gc.collect()
    QuietCollection(application).begin()  # as the program does once its window is there
    try:
        yield staged
    finally:
        staged.view.show_session(None)
        staged.window.close()
        staged.theme.dismiss()
