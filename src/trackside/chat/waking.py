"""After the computer slept: answers whose connection did not survive it are given up soon.

A connection that died meanwhile says nothing, and a silence limit counts minutes. Whether the computer slept
is read from two clocks of which one stands still then. Neither is the wall clock, which jumps for other
reasons; and a program that was merely held up (a debugger, a busy computer) holds both up alike.
"""

import asyncio
import sys
import time
from collections.abc import Callable

from trackside.chat.run import Run
from trackside.domain.failure import Failure, FailureKind
from trackside.domain.turn import AttemptState

TICK_S = 1.0
ASLEEP_S = 5.0
"""A shorter sleep breaks no connection."""
SETTLE_S = 1.0
"""What is heard so soon after waking may have come before the sleep and not been read."""
GRACE_S = 8.0
"""How long a stream may take after waking to give a sign of life."""
HASTE_S = 6.0
"""When a retry that was waited for comes at the latest: a network takes some seconds to be back, and an idle
connection, by now a dead one, is kept for five."""

_HEADLINE = "The computer slept, and the connection did not survive it."
SLEPT = Failure(
    FailureKind.INTERRUPTED, _HEADLINE, "The service does not resume a stream, so a retry asks again."
)
SLEPT_UNANSWERED = Failure(FailureKind.CONNECTION, _HEADLINE, "Check the network, then try again.")
"""The same before anything came: that is tried again without being asked."""


class Waking:
    """Looks at the clocks once a second while anything runs; one timer for all."""

    def __init__(
        self,
        runs: Callable[[], list[Run]],
        give_up: Callable[[Run], None],
        slept_s: Callable[[], float] | None = None,
    ) -> None:
        """`give_up` is told of each run that is silent after a sleep. `slept_s` tells for how long the
        computer has slept since some moment in the past; None for this computer's own clocks."""
        self._runs = runs
        self._give_up = give_up
        self._slept_s = slept_s or computer_slept_s
        self._known_s = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Something runs from now on."""
        if self._timer is None:
            self._known_s = self._slept_s()
            self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)

    def rest(self) -> None:
        """Stops looking, unless something still runs."""
        if self._timer is not None and not self._runs():
            self._timer.cancel()
            self._timer = None

    def _tick(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)
        slept_s, now_s = self._slept_s(), time.monotonic()
        has_slept, self._known_s = slept_s - self._known_s >= ASLEEP_S, slept_s
        for run in self._runs():
            if has_slept:
                _doubt(run, now_s)
            if run.doubted_at is None:
                continue
            if run.heard_at > run.doubted_at + SETTLE_S:
                run.doubted_at = None
            elif now_s >= run.doubted_at + GRACE_S:
                run.doubted_at = None
                self._give_up(run)


def _doubt(run: Run, now_s: float) -> None:
    if run.retry_at is not None:
        run.retry_at = min(run.retry_at, now_s + HASTE_S)
    elif run.attempt.state in (AttemptState.CONNECTING, AttemptState.STREAMING):
        run.doubted_at = now_s


def computer_slept_s() -> float:
    """For how long the computer has slept since it was started, in seconds; always 0 where no clock tells."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)
    if sys.platform == "darwin":
        return time.clock_gettime(time.CLOCK_MONOTONIC_RAW) - time.clock_gettime(time.CLOCK_UPTIME_RAW)
    if sys.platform == "win32":
        import ctypes

        kernel = ctypes.windll.kernel32
        kernel.GetTickCount64.restype = ctypes.c_ulonglong
        awake = ctypes.c_ulonglong()  # in units of 100 ns
        kernel.QueryUnbiasedInterruptTime(ctypes.byref(awake))
        return float(kernel.GetTickCount64()) / 1e3 - float(awake.value) / 1e7
    return 0.0
