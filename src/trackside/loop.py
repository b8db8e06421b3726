"""asyncio on Qt's event loop: qasync, with what it leaves out mended.

Two things, both measured on qasync 0.28:

- It installs no async-generator hooks, so a stream left by break or an exception never closes its socket.
- Every callback gets a Qt timer of its own, and a cancelled one lives until it is due: minutes of
  streaming leave hundreds of them. Here callbacks that are ready run from one queue, and those that
  are not wait in one heap behind one precise timer.
"""

import asyncio
import heapq
import queue
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from contextvars import Context
from typing import Any, TypeVar

import qasync
from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimerEvent

T = TypeVar("T")

_WORKERS = 16
_WORKER_END_S = 0.5
_PURGE_AT = 50
"""Cancelled timers that may lie in the heap before it is cleaned; asyncio's own loop uses 100."""
_LONGEST_ALARM_S = 86_400.0
"""Qt counts milliseconds in 32 bits; what is due later than this is looked at again on the way."""


class TracksideEventLoop(qasync.QEventLoop):  # type: ignore[misc]  # qasync has no types
    """The window's loop. Made by `run` on the thread of the QApplication."""

    def __init__(self, application: QCoreApplication) -> None:
        self._due: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._soon: deque[asyncio.Handle] = deque()
        self._count = 0
        self._cancelled_count = 0
        self._alarm = _Alarm(self._run_soon, self._run_due)
        super().__init__(application)
        self.set_default_executor(_Workers(_WORKERS, "trackside-worker"))

    @property
    def pending_timers(self) -> int:
        """Timers that still wait to be run; what is left over at the end of a test is a leak."""
        return sum(not handle.cancelled() for _, _, handle in self._due)

    def run_forever(self) -> Any:
        hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(
            firstiter=self._asyncgen_firstiter_hook, finalizer=self._asyncgen_finalizer_hook
        )
        # What was due while the loop stood still has let its alarm pass.
        if self._soon:
            self._alarm.ring_soon()
        if self._due:
            self._alarm.ring_at(self._due[0][0], self.time())
        try:
            return super().run_forever()
        finally:
            sys.set_asyncgen_hooks(*hooks)

    def close(self) -> None:
        self._alarm.stop()
        super().close()

    def call_soon(
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        self._check_closed()
        handle = asyncio.Handle(callback, args, self, context)
        self._soon.append(handle)
        self._alarm.ring_soon()
        return handle

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        if delay <= 0:
            return self.call_soon(callback, *args, context=context)
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        self._check_closed()
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        self._count += 1
        heapq.heappush(self._due, (when, self._count, handle))
        handle._scheduled = True  # type: ignore[attr-defined]  # asks cancel() to tell the loop
        if self._due[0][2] is handle:
            self._alarm.ring_at(when, self.time())
        return handle

    def _timer_handle_cancelled(self, _handle: asyncio.TimerHandle) -> None:
        """asyncio's hook: a scheduled timer was cancelled."""
        self._cancelled_count += 1
        if self._cancelled_count > _PURGE_AT and self._cancelled_count * 2 > len(self._due):
            self._due = [entry for entry in self._due if not entry[2].cancelled()]
            heapq.heapify(self._due)
            self._cancelled_count = 0
        while self._due and self._due[0][2].cancelled():
            heapq.heappop(self._due)
            self._cancelled_count = max(0, self._cancelled_count - 1)
        if self._due:
            self._alarm.ring_at(self._due[0][0], self.time())
        else:
            self._alarm.cancel()

    @property
    def _is_standing(self) -> bool:
        """Whether Qt runs without us: between two runs, as qasync does after each, tasks must not step."""
        return asyncio._get_running_loop() is not self

    def _run_soon(self) -> None:
        if self._is_standing:
            return
        try:
            # Only what was there at the start: what these add waits until Qt has had its turn. A nested
            # Qt loop may have emptied the queue meanwhile.
            for _ in range(len(self._soon)):
                if not self._soon:
                    break
                handle = self._soon.popleft()
                if not handle.cancelled():
                    handle._run()
        finally:
            if self._soon:
                self._alarm.ring_soon()

    def _run_due(self) -> None:
        if self._is_standing:
            return
        now = self.time()
        while self._due and (self._due[0][0] <= now or self._due[0][2].cancelled()):
            _, _, handle = heapq.heappop(self._due)
            handle._scheduled = False  # type: ignore[attr-defined]
            if handle.cancelled():
                self._cancelled_count = max(0, self._cancelled_count - 1)
            else:
                self._soon.append(handle)
        if self._due:
            self._alarm.ring_at(self._due[0][0], now)
        if self._soon:
            self._run_soon()


class _Workers(Executor):
    """Daemon threads for what blocks. The standard pool's are waited for at the end of the process: a
    dead name server would hold up a window that is closed already."""

    def __init__(self, most: int, name: str) -> None:
        self._most = most
        self._name = name
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._idle = threading.Semaphore(0)

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        future: Future[T] = Future()

        def job() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001 -- handed to whoever asked, not swallowed
                future.set_exception(error)
            else:
                future.set_result(result)

        self._jobs.put(job)
        if not self._idle.acquire(blocking=False) and len(self._threads) < self._most:
            name = f"{self._name}_{len(self._threads)}"
            thread = threading.Thread(target=self._serve, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Ends the threads; those that hang are not waited for, whatever `wait` says."""
        del wait, cancel_futures
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join(_WORKER_END_S / len(self._threads))

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
            self._idle.release()


class _Alarm(QObject):
    """Two Qt timers: one for callbacks that are ready, one for the next that will be."""

    def __init__(self, run_soon: Callable[[], None], run_due: Callable[[], None]) -> None:
        super().__init__()
        self._run_soon = run_soon
        self._run_due = run_due
        self._soon_id = 0
        self._due_id = 0
        self._due_at = 0.0
        self._is_stopped = False

    def ring_soon(self) -> None:
        if not self._soon_id and not self._is_stopped:
            self._soon_id = self.startTimer(0)

    def ring_at(self, when: float, now: float) -> None:
        if self._is_stopped or (self._due_id and self._due_at == when):
            return
        self.cancel()
        self._due_at = when
        # Rounded up, so that the alarm never rings before its time and finds nothing to do.
        delay_s = min(max(0.0, when - now), _LONGEST_ALARM_S)
        self._due_id = self.startTimer(int(delay_s * 1000) + 1, Qt.TimerType.PreciseTimer)

    def cancel(self) -> None:
        if self._due_id:
            self.killTimer(self._due_id)
            self._due_id = 0

    def stop(self) -> None:
        self.cancel()
        if self._soon_id:
            self.killTimer(self._soon_id)
            self._soon_id = 0
        self._is_stopped = True

    def timerEvent(self, event: QTimerEvent) -> None:
        timer_id = event.timerId()
        self.killTimer(timer_id)
        if timer_id == self._soon_id:
            self._soon_id = 0
            self._run_soon()
        elif timer_id == self._due_id:
            self._due_id = 0
            self._run_due()


def run(main: Coroutine[Any, Any, T], application: QCoreApplication) -> T:
    """Runs `main` on the application's loop to its end; what is left over is cancelled and awaited.

    Ctrl+C cancels `main` and then raises KeyboardInterrupt, as asyncio.run does.
    """
    with (
        asyncio.Runner(loop_factory=lambda: TracksideEventLoop(application)) as runner,
        _woken_by_signals(runner.get_loop()),
    ):
        return runner.run(main)


@contextmanager
def _woken_by_signals(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Lets a signal wake Qt, which else sleeps on in C++ while Python waits to run the handler. On Windows
    asyncio does the same by itself."""
    wakeup = getattr(loop, "_csock", None)
    if sys.platform == "win32" or not wakeup or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.set_wakeup_fd(wakeup.fileno(), warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
