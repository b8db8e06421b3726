"""What is known of the connections' rate limits: gathered from every answer, counted down, kept.

Times are told by the wall clock, which may jump; while the program runs, one that can't jump measures them.
"""

import asyncio
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from trackside.domain.rate_limit import LimitHints, RateLimit
from trackside.domain.session import now

_TICK_S = 1.0
_LONG_TICK_S = 60.0
"""How often a limit that is not counted down is looked at; the computer may have slept meanwhile."""
_LATE_S = 0.01
"""So that what has been waited for is over when it is looked at."""


class Kept(Protocol):
    """Where it is kept; see trackside.storage.rate_limits. `save` returns at once."""

    async def load(self) -> Mapping[str, RateLimit]: ...
    def save(self, connection_id: str, limit: RateLimit | None) -> None: ...


@dataclass(frozen=True, slots=True)
class _Known:
    """A limit, the wall clock's time that its own times are meant by, and the steady clock's then."""

    limit: RateLimit
    present: datetime
    steady_s: float


class RateLimits(QObject):
    """One for all connections, by their ids. One timer for all of them, while anything is counted down."""

    changed = Signal(str)
    """A connection's id: something was learnt of it or is over by now, or its words count down."""

    def __init__(
        self,
        kept: Kept | None = None,
        parent: QObject | None = None,
        *,
        wall: Callable[[], datetime] = now,
        steady: Callable[[], float] | None = None,
    ) -> None:
        """`wall` tells the time in UTC, `steady` seconds that neither jump nor stand still in a sleep."""
        super().__init__(parent)
        self._kept = kept
        self._wall = wall
        self._steady = steady or steady_s
        self._known: dict[str, _Known] = {}
        self._refusals: dict[str, int] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._is_closed = False

    async def load(self) -> None:
        """Takes over what an earlier run has learnt. Raises TracksideError."""
        if self._kept is None:
            return
        for connection_id, limit in (await self._kept.load()).items():
            if connection_id in self._known:
                continue  # learnt meanwhile
            # A clock that shows an earlier time than when it was learnt has been set back since.
            present = max(self._wall(), limit.learnt_at)
            if limit.is_idle(present):
                self._kept.save(connection_id, None)
                continue
            self._known[connection_id] = _Known(limit, present, self._steady())
            self.changed.emit(connection_id)
        self._count_down()

    def close(self) -> None:
        """Counts down no longer."""
        self._is_closed = True
        self._rest()

    # -- what is known ---------------------------------------------------------------------------

    def of(self, connection_id: str) -> RateLimit | None:
        """What is known, in times of today's wall clock; None for nothing."""
        known = self._known.get(connection_id)
        if known is None:
            return None
        passed = timedelta(seconds=self._steady() - known.steady_s)
        return known.limit.moved(self._wall() - (known.present + passed))

    def words_of(self, connection_id: str) -> str:
        """What holds now, as a phrase in local time without a full stop: “2 of 2 questions used this minute,
        next in 34 s”. Empty when nothing is known to."""
        limit = self.of(connection_id)
        return "" if limit is None else limit.words(self._wall().astimezone())

    def wait_s(self, connection_id: str) -> float:
        """How long its questions have to wait, in seconds."""
        limit = self.of(connection_id)
        return 0.0 if limit is None else limit.wait_s(self._wall())

    def left(self, connection_id: str) -> int | None:
        """How many questions the service still takes in the window that lasts, as far as that is known."""
        limit = self.of(connection_id)
        return None if limit is None else limit.left(self._wall())

    def is_plan_over(self, connection_id: str) -> bool:
        """Whether its plan is used up: then nothing is sent unasked."""
        limit = self.of(connection_id)
        return limit is not None and limit.is_plan_over(self._wall())

    def is_blocked(self, connection_id: str) -> bool:
        """Whether it was refused for longer than by now, be it waited for or not."""
        limit = self.of(connection_id)
        return limit is not None and limit.blocked_s(self._wall()) > 0.0

    def refusals_of(self, connection_id: str) -> int:
        """How often it was refused so far: a question that was sent before the last of them says nothing
        against it."""
        return self._refusals.get(connection_id, 0)

    # -- what is learnt --------------------------------------------------------------------------

    def note(self, connection_id: str, hints: LimitHints, refusals_then: int = 0) -> None:
        """After a response. `refusals_then`: `refusals_of` when its question was sent."""
        before = self.of(connection_id) or RateLimit(self._wall())
        limit = before
        if hints.is_accepted and refusals_then == self.refusals_of(connection_id):
            limit = limit.accepted(self._wall())
        limit = limit.noted(hints, self._wall())
        if limit is not before:
            self._learn(connection_id, limit)

    def block(self, connection_id: str, for_s: float) -> None:
        """After a refusal for the rate, in seconds."""
        self._refuse(connection_id, lambda limit: limit.blocked(for_s, self._wall()))

    def use_up_plan(self, connection_id: str, resets_in_s: float | None) -> None:
        """After the refusal that the plan's limit is reached."""
        self._refuse(connection_id, lambda limit: limit.with_plan_used_up(resets_in_s, self._wall()))

    def forget(self, connection_id: str) -> None:
        """Of a connection that is removed, or has another key, nothing is known any more."""
        if self._known.pop(connection_id, None) is not None:
            if self._kept is not None:
                self._kept.save(connection_id, None)
            self.changed.emit(connection_id)

    # -- inside ----------------------------------------------------------------------------------

    def _refuse(self, connection_id: str, change: Callable[[RateLimit], RateLimit]) -> None:
        self._refusals[connection_id] = self.refusals_of(connection_id) + 1
        self._learn(connection_id, change(self.of(connection_id) or RateLimit(self._wall())))

    def _learn(self, connection_id: str, limit: RateLimit) -> None:
        self._known[connection_id] = _Known(limit, self._wall(), self._steady())
        if self._kept is not None:
            self._kept.save(connection_id, limit)
        self.changed.emit(connection_id)
        self._count_down()

    def _count_down(self) -> None:
        self._rest()
        waits = [wait_s for connection_id in self._known if (wait_s := self._due_s(connection_id)) > 0.0]
        if waits and not self._is_closed:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(min(waits) + _LATE_S, self._tick)

    def _due_s(self, connection_id: str) -> float:
        """When its words change by themselves, in seconds; 0 for never."""
        limit, present = self.of(connection_id), self._wall()
        if limit is None or limit.is_idle(present):
            return 0.0
        if (wait_s := limit.wait_s(present)) > 0.0:
            # In step with the wait's end, so that each tick shows another number.
            return min(wait_s, wait_s % _TICK_S or _TICK_S)
        return min(_LONG_TICK_S, limit.window_left_s(present) or _LONG_TICK_S)

    def _tick(self) -> None:
        self._timer = None
        for connection_id in list(self._known):
            limit = self.of(connection_id)
            if limit is not None and limit.is_idle(self._wall()):
                del self._known[connection_id]
                if self._kept is not None:
                    self._kept.save(connection_id, None)
            self.changed.emit(connection_id)
        if self._timer is None:
            self._count_down()

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def steady_s() -> float:
    """Seconds since some moment, the computer's sleep included; they never jump."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    if sys.platform == "darwin":
        return time.clock_gettime(time.CLOCK_MONOTONIC_RAW)
    return time.monotonic()
