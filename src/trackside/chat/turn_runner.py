"""Owns every running attempt: start, stop, retry, shut down. One function ends them all."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing

from PySide6.QtCore import QObject, Signal

from trackside.chat.endings import ANSWERED, BROKEN_OFF, BUG, CLOSED, UNSENT, ending_of, state_after
from trackside.chat.journaling import Journaling
from trackside.chat.question_queue import QuestionQueue
from trackside.chat.rate_limits import RateLimits
from trackside.chat.run import AnswerSource, JournalBuffer, Keeper, Observer, Patience, Run
from trackside.chat.waking import SLEPT, SLEPT_UNANSWERED, Waking
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.domain.session import now
from trackside.domain.stream import StreamDone, StreamEvent
from trackside.domain.turn import Attempt, AttemptState, Turn

FRAME_S = 0.016
_SLICE_S = 1.0
_log = logging.getLogger(__name__)


class TurnRunner(QObject):
    """Runs attempts, any number at once.

    Events belong to the attempt object that their task was started with, so late ones can't reach
    another. `attempt_changed` comes at most once a frame for each attempt, `attempt_ended` exactly once.
    """

    attempt_changed = Signal(Attempt)
    attempt_ended = Signal(Attempt)
    server_session_known = Signal(str, str)
    """Local session id, server session id: as soon as the service has named it."""

    def __init__(
        self,
        keeper: Keeper,
        patience: Callable[[], Patience],
        new_journal: Callable[[], JournalBuffer],
        parent: QObject | None = None,
        *,
        limits: RateLimits | None = None,
        slept_s: Callable[[], float] | None = None,
    ) -> None:
        """`limits`: what is known of the connections' limits, which it closes; None for nothing before the
        first answer. `slept_s`: for how long the computer has slept so far; None for what its clocks say."""
        super().__init__(parent)
        self._keeper = keeper
        self._journaling = Journaling(keeper)
        self._patience = patience
        self._new_journal = new_journal
        self._runs: dict[str, Run] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.limits = limits or RateLimits()
        self._queue = QuestionQueue(self.limits, self._tell)
        self._waking = Waking(lambda: self.running, self._give_up, slept_s)

    @property
    def running(self) -> list[Run]:
        return list(self._runs.values())

    def run_of(self, attempt: Attempt) -> Run | None:
        return self._runs.get(attempt.id)

    def start(
        self,
        turn: Turn,
        attempt: Attempt,
        source: Callable[[], Awaitable[AnswerSource]],
        server_session_id: str | None,
        observer: Observer | None = None,
        *,
        connection_id: str = "",
    ) -> None:
        """Starts the attempt; returns at once. `source` is asked for the client when it is needed. While the
        connection is limited it waits in line.

        The server session that the service names is saved with the turn's session, unless an observer
        decides on that.
        """
        run = Run(turn, attempt, self._new_journal(), observer, connection_id)
        self._runs[attempt.id] = run
        self._waking.begin()
        attempt.started_at = now()
        attempt.sent_session_id = server_session_id
        run.task = asyncio.get_running_loop().create_task(
            self._run(run, source), name=f"attempt {attempt.id}"
        )
        self._tasks.add(run.task)
        run.task.add_done_callback(self._tasks.discard)

    def stop(self, attempt: Attempt) -> None:
        """Ends a running attempt at once; what came stays. Nothing happens to one that has ended."""
        run = self._runs.get(attempt.id)
        if run is None or run.task is None:
            return
        # The state changes now, not when the socket has closed: nothing later may slip in.
        self._end_early(run, AttemptState.STOPPED)
        run.task.cancel()

    def try_now(self, attempt: Attempt) -> None:
        """Cuts a wait short, be it before a retry or in line."""
        if (run := self._runs.get(attempt.id)) and not self._queue.ask_now(run):
            run.try_now.set()

    async def aclose(self) -> None:
        """Interrupts what runs, saves it, and waits until every task is gone."""
        for run in self.running:
            self._end_early(run, AttemptState.INTERRUPTED, CLOSED if run.attempt.tries else UNSENT)
        self.limits.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # -- a run -----------------------------------------------------------------------------------

    async def _run(self, run: Run, source: Callable[[], Awaitable[AnswerSource]]) -> None:
        try:
            await self._queue.admit(run)
            while (failure := await self._try(run, source)) is not None:
                patience = self._patience()
                delay_s = self._queue.delay_after(run, failure, patience)
                if delay_s is None:
                    self._end(run, state_after(failure, has_event=run.has_event), failure)
                    for other in self._queue.ended_with(run, self.running):
                        self._end(other, AttemptState.FAILED, failure)
                        if other.task is not None:
                            other.task.cancel()
                    return
                run.most_failures = patience.max_tries
                await self._wait(run, failure, delay_s)
        except asyncio.CancelledError:
            self._end_early(run, run.wanted)
            raise
        except Exception:  # noqa: BLE001 -- the top of the task
            _log.exception("an attempt failed unexpectedly")
            self._end(run, AttemptState.FAILED, BUG)
        finally:
            self._forget(run)

    async def _try(self, run: Run, source: Callable[[], Awaitable[AnswerSource]]) -> Failure | None:
        """One request. Returns why it has to be judged further, or None when the attempt has ended."""
        attempt = run.attempt
        run.began = run.heard_at = time.monotonic()
        run.doubted_at = None
        self._move(run, AttemptState.CONNECTING)
        attempt.tries += 1
        try:
            client = await source()
            events = client.stream_answer(
                run.turn.ask,
                server_session_id=attempt.sent_session_id,
                recap=attempt.recap,
                heard=run.note_life,
                told=lambda hints: self._queue.told(run, hints),
            )
            async with aclosing(events):
                async for event in events:
                    if run.is_ended:
                        return None
                    self._take(run, event)
        except TracksideError as error:
            if run.is_ended:
                return None
            if attempt.answer.is_over:
                self._end_as_answered(run)
                return None
            return error.failure
        except asyncio.CancelledError:
            if not run.is_cut or run.is_ended or run.task is None:
                raise
            run.is_cut = False
            run.task.uncancel()
            return SLEPT_UNANSWERED
        if run.is_ended:
            return None
        if not run.has_event or not attempt.answer.is_over:
            return BROKEN_OFF
        self._end_as_answered(run)
        return None

    def _take(self, run: Run, event: StreamEvent) -> None:
        """Folds an event in, journals it and tells whoever looks on, the last two in their own time."""
        attempt = run.attempt
        answer = attempt.answer
        run.has_event = True
        if attempt.state is AttemptState.CONNECTING:
            self._queue.accepted(run)
            self._move(run, AttemptState.STREAMING)
            if run.is_ended:
                return  # whoever was told has stopped it
        had_session = answer.server_session_id
        run.journal.add(event, answer)
        answer.fold(event)
        if answer.server_session_id and answer.server_session_id != had_session:
            if run.observer is not None:
                run.observer.on_server_session(run, answer.server_session_id)
            else:
                self._keeper.save_server_session(run.turn.session_id, answer.server_session_id)
            self.server_session_known.emit(run.turn.session_id, answer.server_session_id)
        if attempt.first_token_s is None and answer.has_text:
            attempt.first_token_s = run.working_s
        if type(event) is StreamDone:
            # What follows is only the wait for the body's end.
            self._end_as_answered(run)
            return
        if not run.is_ended:
            self._journaling.soon(run)
            self._notify_soon(run)

    async def _wait(self, run: Run, failure: Failure, delay_s: float) -> None:
        """Until it may be sent again: what closes the connection to all is waited for in line."""
        run.attempt.failure = failure
        run.doubted_at = None
        is_limit = failure.kind is FailureKind.RATE_LIMIT
        run.retry_at = None if is_limit else time.monotonic() + delay_s
        run.try_now.clear()
        self._move(run, AttemptState.WAITING)
        while not is_limit and (left_s := run.retry_in_s) and not run.try_now.is_set():
            try:
                async with asyncio.timeout(min(left_s, _SLICE_S)):
                    await run.try_now.wait()
            except TimeoutError:
                self._tell(run)
        run.retry_at = None
        await self._queue.admit(run)
        run.attempt.failure = None

    def _give_up(self, run: Run) -> None:
        """Of one that says nothing after a sleep: what came stays; if nothing came it is tried again."""
        assert run.task is not None
        if run.has_event:
            self._end_early(run, AttemptState.INTERRUPTED, SLEPT)
        else:
            run.is_cut = True
        run.task.cancel()

    def _forget(self, run: Run) -> None:
        self._runs.pop(run.attempt.id, None)
        self._queue.leave(run)
        self._waking.rest()

    # -- every end -------------------------------------------------------------------------------

    def _end_early(self, run: Run, state: AttemptState, failure: Failure | None = None) -> None:
        """Ends it because the user or the program wants to; one whose answer is whole is simply over."""
        run.wanted = state
        if run.attempt.answer.is_over:
            self._end_as_answered(run)
        else:
            self._end(run, state, failure)

    def _end_as_answered(self, run: Run) -> None:
        self._end(run, *ending_of(run.attempt.answer))

    def _end(self, run: Run, state: AttemptState, failure: Failure | None = None) -> None:
        """The one way an attempt ends. The save is submitted, not awaited, so no cancel can lose it."""
        if run.is_ended:
            return
        run.is_ended = True
        attempt = run.attempt
        attempt.failure = failure
        attempt.duration_s = run.working_s if attempt.tries else None
        if attempt.state is AttemptState.CONNECTING and state in ANSWERED:
            attempt.move_to(AttemptState.STREAMING)
        attempt.move_to(state)
        for handle in (run.notify_handle, run.journal_handle):
            if handle is not None:
                handle.cancel()
        self._keeper.save_attempt(attempt)
        self._forget(run)
        if run.observer is not None:
            run.observer.on_attempt_ended(attempt)
        self.attempt_ended.emit(attempt)

    def _move(self, run: Run, state: AttemptState) -> None:
        run.attempt.move_to(state)
        self._keeper.save_attempt(run.attempt)
        self._tell(run)

    def _notify_soon(self, run: Run) -> None:
        if run.notify_handle is None:
            loop = asyncio.get_running_loop()
            run.notify_handle = loop.call_later(FRAME_S, self._notify, run)

    def _notify(self, run: Run) -> None:
        run.notify_handle = None
        if not run.is_ended:
            self._tell(run)

    def _tell(self, run: Run) -> None:
        if run.observer is not None:
            run.observer.on_attempt_changed(run.attempt)
        self.attempt_changed.emit(run.attempt)
