"""asyncio on Qt's loop: what qasync leaves out, and what asyncio promises."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from PySide6.QtCore import QEventLoop, QTimer

from trackside.loop import TracksideEventLoop

Leave = Callable[[AsyncIterator[bytes]], Awaitable[None]]
RunInLoop = Callable[[Callable[[], Awaitable[Any]]], Any]


def this_loop() -> TracksideEventLoop:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, TracksideEventLoop)
    return loop


# -- callbacks and timers ---------------------------------------------------------------------------


def test_callbacks_run_in_the_order_they_were_given(run_in_loop: RunInLoop) -> None:
    async def main() -> None:
        loop, seen = this_loop(), []
        for number in range(200):
            if number % 2:
                loop.call_soon(seen.append, number)
            else:
                loop.call_later(0, seen.append, number)
        loop.call_soon(seen.append, "cancelled").cancel()
        done = asyncio.Event()
        loop.call_soon(done.set)
        await done.wait()
        assert seen == list(range(200))

    run_in_loop(main)


def test_a_callback_added_by_a_callback_lets_qt_have_its_turn_first(run_in_loop: RunInLoop) -> None:
    async def main() -> None:
        loop, qt_ran = this_loop(), asyncio.Event()

        def again() -> None:
            if not qt_ran.is_set():
                loop.call_soon(again)

        QTimer.singleShot(0, qt_ran.set)
        again()
        async with asyncio.timeout(2):
            await qt_ran.wait()

    run_in_loop(main)


def test_timers_run_by_their_time_and_never_before_it(run_in_loop: RunInLoop) -> None:
    async def main() -> None:
        loop = this_loop()
        early: list[float] = []
        order: list[int] = []
        done = asyncio.Event()
        for number, delay_ms in enumerate((40, 3, 17, 1, 25, 0.3, 3)):
            due = loop.time() + delay_ms / 1000

            def ring(number: int = number, due: float = due) -> None:
                order.append(number)
                if loop.time() < due:
                    early.append(due)
                if len(order) == 7:
                    done.set()

            loop.call_at(due, ring)
        await done.wait()
        assert order == [5, 3, 1, 6, 2, 4, 0]
        assert early == []

    run_in_loop(main)


def test_cancelled_timers_do_not_pile_up(run_in_loop: RunInLoop) -> None:
    async def main() -> None:
        loop = this_loop()
        for _ in range(1_000):
            async with asyncio.timeout(300):
                await asyncio.sleep(0)
        assert loop.pending_timers <= 1  # the fixture's own limit
        assert len(loop._due) < 120
        handles = [loop.call_later(300, print) for _ in range(1_000)]
        for handle in handles:
            handle.cancel()
        assert loop.pending_timers <= 1
        assert len(loop._due) < 120

    run_in_loop(main)


def test_a_timer_behind_cancelled_ones_still_rings(run_in_loop: RunInLoop) -> None:
    async def main() -> None:
        loop = this_loop()
        rung = asyncio.Event()
        first = loop.call_later(0.001, print)
        loop.call_later(0.02, rung.set)
        first.cancel()
        async with asyncio.timeout(2):
            await rung.wait()

    run_in_loop(main)


@pytest.mark.parametrize("delay_s", [3e6, 1e12, float("inf")])
def test_a_timer_may_be_further_off_than_qt_can_count(delay_s: float, run_in_loop: RunInLoop) -> None:
    async def main() -> None:
        handle = this_loop().call_later(delay_s, print)
        await asyncio.sleep(0.001)
        handle.cancel()

    run_in_loop(main)


def test_what_a_callback_raises_reaches_the_handler(run_in_loop: RunInLoop) -> None:
    async def main() -> None:
        loop = this_loop()
        told: list[dict[str, Any]] = []
        loop.set_exception_handler(lambda _, context: told.append(context))
        after = asyncio.Event()
        loop.call_soon(lambda: 1 / 0)
        loop.call_later(0.001, lambda: 1 / 0)
        loop.call_later(0.002, after.set)
        await after.wait()
        assert [type(context["exception"]) for context in told] == [ZeroDivisionError, ZeroDivisionError]

    run_in_loop(main)


def test_a_nested_qt_loop_does_not_break_the_queue(run_in_loop: RunInLoop) -> None:
    async def main() -> None:
        loop, seen, came_back = this_loop(), [], asyncio.Event()

        def nest() -> None:
            inner = QEventLoop()
            loop.call_soon(inner.quit)  # runs inside, and with it all that waited behind us
            inner.exec()
            came_back.set()

        loop.call_soon(nest)
        for number in range(5):
            loop.call_soon(seen.append, number)
        async with asyncio.timeout(2):
            await came_back.wait()
        await asyncio.sleep(0.001)
        assert seen == [0, 1, 2, 3, 4]

    run_in_loop(main)


# -- threads ----------------------------------------------------------------------------------------


def test_other_threads_hand_work_to_the_loop(run_in_loop: RunInLoop) -> None:
    async def main() -> None:
        loop = this_loop()
        seen: list[tuple[int, bool]] = []
        done = asyncio.Event()

        def note(number: int) -> None:
            seen.append((number, threading.current_thread() is threading.main_thread()))

        def work() -> None:
            for number in range(500):
                loop.call_soon_threadsafe(note, number)
            loop.call_soon_threadsafe(done.set)

        thread = threading.Thread(target=work)
        thread.start()
        await done.wait()
        thread.join()
        assert seen == [(number, True) for number in range(500)]
        assert await asyncio.to_thread(threading.current_thread) is not threading.main_thread()
        with pytest.raises(ZeroDivisionError):
            await asyncio.to_thread(lambda: 1 / 0)

    run_in_loop(main)
