"""Who may ask now: questions of a connection that is limited wait in line and go one by one."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

from trackside.chat.rate_limits import RateLimits
from trackside.chat.run import Patience, Run
from trackside.domain.failure import Failure, FailureKind
from trackside.domain.rate_limit import LimitHints, Place
from trackside.domain.turn import AttemptState

LEADER_S = 10.0
"""How long the next in line waits for what becomes of the one before: a refusal comes sooner, while an
answer's first sign of life may take minutes."""
_WINDOW_S = 60.0


@dataclass(slots=True)
class _Lane:
    """One connection's: who waits, in the order in which they were asked; who was let go last and has not
    been answered yet; and whoever has not been answered, asked past the line or before there was one."""

    waiting: list[Run] = field(default_factory=list)
    leader: Run | None = None
    unanswered: set[Run] = field(default_factory=set)
    timer: asyncio.TimerHandle | None = None

    @property
    def is_empty(self) -> bool:
        return not self.waiting and self.leader is None and not self.unanswered


class QuestionQueue:
    """Lets questions through as the limits allow. Connections don't wait for one another. It has no timer but
    one for a leader that isn't answered; the limits' own tells when a wait is over."""

    def __init__(self, limits: RateLimits, tell: Callable[[Run], None]) -> None:
        """`tell` is called when a run's place has changed, which is once a second at least."""
        self._limits = limits
        self._tell = tell
        self._lanes: dict[str, _Lane] = {}
        self._hopeless: set[str] = set()
        """Connections whose line is about to be ended."""
        self._tickets: Iterator[int] = count(1)
        limits.changed.connect(self._on_limits)

    async def admit(self, run: Run) -> None:
        """Returns when the run may be sent. One that is refused comes back to the place that it had."""
        run.ticket = run.ticket or next(self._tickets)
        lane = self._lanes.setdefault(run.connection_id, _Lane())
        if lane.waiting or lane.leader is not None or not self._is_open(run.connection_id, lane):
            run.try_now.clear()
            lane.waiting.append(run)
            lane.waiting.sort(key=lambda one: one.ticket)
            self._move_up(run.connection_id)
            await run.try_now.wait()
        lane.unanswered.add(run)
        run.refusals_then = self._limits.refusals_of(run.connection_id)

    def ask_now(self, run: Run) -> bool:
        """Sends one that waits in line at once, at the user's risk; False for one that doesn't."""
        lane = self._lanes.get(run.connection_id)
        if lane is None or run not in lane.waiting:
            return False
        self._let_go(lane, run)
        self._move_up(run.connection_id)
        return True

    def told(self, run: Run, hints: LimitHints) -> None:
        """What a response to it says."""
        self._limits.note(run.connection_id, hints, run.refusals_then)
        if hints.is_accepted:
            self._answered(run)

    def accepted(self, run: Run) -> None:
        """The service has taken it."""
        self.told(run, LimitHints(is_accepted=True))

    def delay_after(self, run: Run, failure: Failure, patience: Patience) -> float | None:
        """Learns from a try that failed: the delay before the next one in seconds, or None for no other."""
        delay_s = None
        if not run.has_event:
            match failure.kind:
                case FailureKind.PLAN_LIMIT:
                    self._hopeless.add(run.connection_id)
                    self._limits.use_up_plan(run.connection_id, failure.retry_after_s)
                case FailureKind.RATE_LIMIT:
                    run.refusals += 1
                    for_s = limited_s = patience.limited_s(failure)
                    if limited_s is None:
                        self._hopeless.add(run.connection_id)
                        for_s = failure.retry_after_s
                    else:
                        delay_s = patience.delay_s(failure, run.refusals)
                    self._limits.block(run.connection_id, for_s or 0.0)
                case _:
                    run.failures += 1
                    delay_s = patience.delay_s(failure, run.failures)
        self._answered(run)
        return None if self._limits.is_plan_over(run.connection_id) else delay_s

    def ended_with(self, run: Run, running: list[Run]) -> list[Run]:
        """What waits for the same connection where that takes nothing for long, as it has just told `run`."""
        if run.connection_id not in self._hopeless:
            return []
        self._hopeless.remove(run.connection_id)
        return [
            other
            for other in running
            if other.connection_id == run.connection_id
            and (other.place is not None or other.attempt.state is AttemptState.WAITING)
        ]

    def leave(self, run: Run) -> None:
        """It is over, or has been given up; those behind it move up."""
        lane = self._lanes.get(run.connection_id)
        if lane is None:
            return
        if run in lane.waiting:
            lane.waiting.remove(run)
            run.place = None
        self._answered(run)

    # -- inside ----------------------------------------------------------------------------------

    def _is_open(self, connection_id: str, lane: _Lane) -> bool:
        if connection_id in self._hopeless or self._limits.wait_s(connection_id) > 0.0:
            return False
        left = self._limits.left(connection_id)
        return left is None or len(lane.unanswered) < left

    def _answered(self, run: Run) -> None:
        lane = self._lanes.get(run.connection_id)
        if lane is None:
            return
        lane.unanswered.discard(run)
        if lane.leader is run:
            _calm(lane)
        self._move_up(run.connection_id)

    def _on_limits(self, connection_id: str) -> None:
        if connection_id in self._lanes:
            self._move_up(connection_id)

    def _move_up(self, connection_id: str) -> None:
        """Lets the first go if it may, and tells the others where they stand."""
        lane = self._lanes[connection_id]
        if lane.waiting and lane.leader is None and self._is_open(connection_id, lane):
            run = lane.waiting[0]
            lane.leader = run
            lane.timer = asyncio.get_running_loop().call_later(LEADER_S, self._pass_over, connection_id, run)
            self._let_go(lane, run)
        if lane.is_empty:
            del self._lanes[connection_id]
            return
        limit, wait_s = self._limits.of(connection_id), self._limits.wait_s(connection_id)
        in_window = limit.limit if limit is not None else None
        window_s = limit.window_s if limit is not None else None
        waiting = list(lane.waiting)
        for number, run in enumerate(waiting, start=1):
            # Of those for whom the next window has no room it is known that they wait for another.
            windows = (number - 1) // in_window if in_window and wait_s else 0
            in_s = wait_s + windows * (window_s or _WINDOW_S)
            run.place = Place(number, in_s, len(waiting), is_estimated=windows > 0)
        for run in waiting:
            if run.place is not None:  # still, after what the others were told
                self._tell(run)

    def _let_go(self, lane: _Lane, run: Run) -> None:
        lane.waiting.remove(run)
        lane.unanswered.add(run)
        run.place = None
        run.try_now.set()

    def _pass_over(self, connection_id: str, run: Run) -> None:
        """The next one need not wait for an answer that takes its time."""
        lane = self._lanes.get(connection_id)
        if lane is not None and lane.leader is run:
            _calm(lane)
            self._move_up(connection_id)


def _calm(lane: _Lane) -> None:
    lane.leader = None
    if lane.timer is not None:
        lane.timer.cancel()
        lane.timer = None
