"""Calls to the keyring, one after the other on a thread of their own, each given up after a while.

A call can block for minutes behind a prompt, or for ever when a daemon hangs, and nothing can end it from
outside. Its thread is then left behind and another one takes over, but only so often: where several hang, no
more are made, and whoever calls is told at once.
"""

import asyncio
import contextlib
import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.storage.keyring_backends import ReluctantKeyringError

MOST_LEFT_BEHIND = 2
"""How many threads may hang before no more are made."""
_log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(eq=False, slots=True)
class _Call:
    work: Callable[[], Any]
    group: str
    outcome: Future[Any] = field(default_factory=Future)


class _Line:
    """A thread and what stands in line for it."""

    def __init__(self) -> None:
        self.calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self.waiting: dict[_Call, asyncio.Future[str]] = {}
        """Who still waits, each with what ends the waiting: why."""
        self.thread = threading.Thread(
            target=_serve, args=(self.calls,), name="trackside-keyring", daemon=True
        )
        self.thread.start()


class KeyringCalls:
    """Runs calls; made and used on the loop's thread. `worded` makes a TracksideError of whatever a call
    raises; it never sees the light of day itself, since some back ends put the entry into it."""

    def __init__(self, worded: Callable[[BaseException], TracksideError], limit_s: float) -> None:
        self._worded = worded
        self._limit_s = limit_s
        self._line: _Line | None = None
        self._left: list[_Line] = []
        self._late: set[asyncio.Future[Any]] = set()

    @property
    def left_behind(self) -> int:
        """How many threads hang in the keyring just now."""
        self._left = [line for line in self._left if line.thread.is_alive()]
        return len(self._left)

    async def run(
        self,
        work: Callable[[], T],
        *,
        group: str = "",
        advice: str = "",
        late: Callable[[T], None] | None = None,
        is_wanted_late: bool = False,
    ) -> T:
        """What `work` returns. Raises TracksideError for what it raises, and when it takes too long.

        What comes after that goes to `late`, on the loop; `advice` says what then becomes of it. A call that
        was not begun by then is dropped unless it is wanted late. `group` is what `give_up` ends it by.
        """
        line = self._line_now()
        call = _Call(self._guarded(work), group)
        outcome: asyncio.Future[T] = asyncio.wrap_future(call.outcome)
        # A caller that is cancelled leaves the outcome to nobody, which asyncio would log.
        outcome.add_done_callback(_note_outcome)
        end: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        line.waiting[call] = end
        line.calls.put(call)
        try:
            either: tuple[asyncio.Future[Any], ...] = (outcome, end)
            await asyncio.wait(either, timeout=self._limit_s, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            if not is_wanted_late:
                outcome.cancel()
            raise
        finally:
            del line.waiting[call]
        if outcome.done():
            return outcome.result()
        if not end.done() and line is self._line:
            self._leave(line)
        if late is not None or is_wanted_late:
            self._late.add(outcome)
            outcome.add_done_callback(lambda done: self._hand_late(done, late))
        else:
            outcome.cancel()
        headline = end.result() if end.done() else self._silence()
        raise ReluctantKeyringError(Failure(FailureKind.KEYRING, headline, advice))

    def give_up(self, group: str) -> bool:
        """Ends the waiting for this group's calls, as if they had taken too long; says whether there were
        any. The calls themselves can't be ended."""
        lines = [self._line] if self._line is not None else []
        ends = [end for line in lines for call, end in line.waiting.items() if call.group == group]
        for end in ends:
            if not end.done():
                end.set_result("The keyring was not waited for.")
        return bool(ends)

    def drop_late(self) -> None:
        """Nobody waits any more for what a slow keyring may yet answer."""
        for outcome in self._late:
            outcome.cancel()
        self._late.clear()

    def close(self, wait_s: float = 0.5) -> None:
        """Lets the thread end after what is still in line; doesn't wait longer for it."""
        line, self._line = self._line, None
        if line is not None:
            line.calls.put(None)
            line.thread.join(wait_s)

    # -- inside ----------------------------------------------------------------------------------

    def _line_now(self) -> _Line:
        if self._line is None:
            if self.left_behind >= MOST_LEFT_BEHIND:
                raise TracksideError(
                    Failure(
                        FailureKind.KEYRING,
                        "The keyring still does not answer.",
                        "Try again when it does. Until then the key can be used for this run only.",
                        f"{self.left_behind} calls hang in it.",
                    )
                )
            self._line = _Line()
        return self._line

    def _leave(self, line: _Line) -> None:
        """Whoever stands behind a call that hangs is told at once, too."""
        _log.warning("the keyring hangs; its thread is left behind")
        self._line = None
        self._left.append(line)
        line.calls.put(None)
        for end in line.waiting.values():
            if not end.done():
                end.set_result(self._silence())

    def _silence(self) -> str:
        return f"The keyring has not answered for {self._limit_s:g} s."

    def _hand_late(self, outcome: "asyncio.Future[T]", late: Callable[[T], None] | None) -> None:
        self._late.discard(outcome)
        if late is not None and not outcome.cancelled() and outcome.exception() is None:
            late(outcome.result())

    def _guarded(self, work: Callable[[], T]) -> Callable[[], T]:
        def guarded() -> T:
            try:
                return work()
            except TracksideError:
                raise
            except BaseException as error:  # noqa: BLE001 -- back ends raise whatever their bus raises
                worded = self._worded(error)
            raise worded

        return guarded


def _serve(calls: "queue.SimpleQueue[_Call | None]") -> None:
    while (call := calls.get()) is not None:
        if call.outcome.cancelled():
            continue
        try:
            result = call.work()
        except BaseException as error:  # noqa: BLE001 -- for whoever waits; it is a TracksideError
            # Cancelled meanwhile, or its loop is closed: nobody waits any more.
            with contextlib.suppress(Exception):
                call.outcome.set_exception(error)
        else:
            with contextlib.suppress(Exception):
                call.outcome.set_result(result)
        del call


def _note_outcome(outcome: "asyncio.Future[T]") -> None:
    if not outcome.cancelled():
        outcome.exception()
