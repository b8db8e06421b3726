"""The read-silence guard: gives up on a stream when nothing has come for too long.

httpx's own read timeout arms a timer for every read, and qasync keeps cancelled timers alive until they
are due: minutes of stream leave hundreds of them. This guard has one timer and moves it at most once a
second, however many chunks arrive.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from types import TracebackType
from typing import TypeVar

T = TypeVar("T")

_LONGEST_STEP_S = 1.0


class StreamSilentError(Exception):
    """Nothing arrived for `limit_s` seconds."""

    def __init__(self, limit_s: float) -> None:
        super().__init__(f"nothing arrived for {limit_s:g} s")
        self.limit_s = limit_s


class SilenceGuard:
    """Bounds each wait for the next chunk. Used by one task at a time, as an async context."""

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s
        self._deadline = 0.0
        self._end: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[object] | None = None
        self._is_expired = False

    async def __aenter__(self) -> "SilenceGuard":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def next(self, chunks: AsyncIterator[bytes]) -> bytes | None:
        """The next chunk, None at the end, StreamSilentError after `limit_s` seconds without one."""
        return await self.wait(anext(chunks, None))

    async def wait(self, work: Awaitable[T]) -> T:
        """The result of `work`, or StreamSilentError when it takes longer than `limit_s` seconds."""
        loop = asyncio.get_running_loop()
        self._deadline = loop.time() + self.limit_s
        if self._end is not None:
            self._deadline = min(self._deadline, self._end)
        if self._timer is None:
            self._timer = loop.call_at(self._deadline, self._check, loop)
        task = self._task = asyncio.current_task()
        cancelling = task.cancelling() if task else 0
        try:
            return await work
        except asyncio.CancelledError:
            # The same bookkeeping as asyncio.timeout: a cancel from outside wins over our own.
            if self._is_expired and task is not None and task.uncancel() <= cancelling:
                raise StreamSilentError(self.limit_s) from None
            raise
        finally:
            self._task = None

    def finish_within(self, limit_s: float) -> None:
        """Waits `limit_s` from now on and no longer in all, whatever arrives: the answer is complete, and
        a server that goes on sending keep-alives must not hold it open."""
        self._end = asyncio.get_running_loop().time() + limit_s
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _check(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        if self._task is not None and now >= self._deadline:
            self._timer = None
            self._is_expired = True
            self._task.cancel()
            return
        # While nobody reads, the deadline is past: look again a little later, at most a second.
        step_s = min(_LONGEST_STEP_S, self.limit_s / 4)
        self._timer = loop.call_at(max(self._deadline, now + step_s), self._check, loop)
