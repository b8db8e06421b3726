"""A run on Qt's loop: streams are closed, leftovers cancelled, and Ctrl+C heard."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from PySide6.QtWidgets import QApplication

from protocol.raw_server import Exchange, raw_server
from trackside.loop import TracksideEventLoop, run

Leave = Callable[[AsyncIterator[bytes]], Awaitable[None]]
RunInLoop = Callable[[Callable[[], Awaitable[Any]]], Any]


def this_loop() -> TracksideEventLoop:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, TracksideEventLoop)
    return loop


# -- streams are closed, however they are left ------------------------------------------------------


async def _break(chunks: AsyncIterator[bytes]) -> None:
    async for _ in chunks:
        break


async def _return(chunks: AsyncIterator[bytes]) -> None:
    async for _ in chunks:
        return


async def _raise(chunks: AsyncIterator[bytes]) -> None:
    with contextlib.suppress(ZeroDivisionError):
        async for _ in chunks:
            raise ZeroDivisionError


async def _cancel(chunks: AsyncIterator[bytes]) -> None:
    started = asyncio.Event()

    async def read() -> None:
        async for _ in chunks:
            started.set()

    task = asyncio.create_task(read())
    await started.wait()
    task.cancel()
    await asyncio.wait({task})


@pytest.mark.parametrize("leave", [_break, _return, _raise, _cancel])
def test_leaving_a_stream_closes_its_socket(leave: Leave, run_in_loop: RunInLoop) -> None:
    async def main() -> None:
        closed = asyncio.Event()

        async def handle(exchange: Exchange) -> None:
            await exchange.start_stream()
            await exchange.chunk(b"data: 1\n\n")
            await exchange.client_closed()
            closed.set()

        async with raw_server(handle) as server, httpx.AsyncClient(trust_env=False) as client:

            async def chunks() -> AsyncIterator[bytes]:
                async with client.stream("GET", server.url) as response:
                    async for chunk in response.aiter_raw():
                        yield chunk

            await leave(chunks())
            async with asyncio.timeout(2):
                await closed.wait()

    run_in_loop(main)


def test_a_generator_left_open_at_the_end_is_closed(qapp: QApplication) -> None:
    told: list[str] = []

    async def numbers() -> AsyncIterator[int]:
        try:
            yield 1
            yield 2
        finally:
            await asyncio.sleep(0)
            told.append("closed")

    left = numbers()

    async def main() -> int:
        return await anext(left)

    assert run(main(), qapp) == 1
    assert told == ["closed"]


# -- the run ----------------------------------------------------------------------------------------


def test_what_is_left_over_is_cancelled_and_awaited(qapp: QApplication) -> None:
    ended: list[str] = []

    async def leftover(name: str, *, is_busy: bool) -> None:
        try:
            while True:
                await asyncio.sleep(0 if is_busy else 300)
                asyncio.get_running_loop()  # it must never step while no loop runs
        except asyncio.CancelledError:
            await asyncio.sleep(0.001)
            ended.append(name)
            raise

    async def main() -> str:
        for number in range(5):
            asyncio.create_task(leftover(f"busy {number}", is_busy=True))  # noqa: RUF006 -- that's the point
            asyncio.create_task(leftover(f"idle {number}", is_busy=False))  # noqa: RUF006
        await asyncio.sleep(0.005)
        return "result"

    assert run(main(), qapp) == "result"
    assert len(ended) == 10


def test_what_main_raises_comes_out(qapp: QApplication) -> None:
    async def main() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(main(), qapp)


def test_nothing_can_be_given_to_a_loop_that_is_closed(qapp: QApplication) -> None:
    async def main() -> TracksideEventLoop:
        return this_loop()

    loop = run(main(), qapp)
    assert loop.is_closed()
    for give in (loop.call_soon, lambda f: loop.call_later(1, f), lambda f: loop.call_at(1, f)):
        with pytest.raises(RuntimeError, match="closed"):
            give(print)


def test_one_application_carries_one_loop_after_another(qapp: QApplication) -> None:
    async def main(number: int) -> int:
        await asyncio.sleep(0.001)
        return number

    assert [run(main(number), qapp) for number in range(3)] == [0, 1, 2]


IDLE = """
import asyncio, sys
from PySide6.QtCore import QCoreApplication
from trackside.loop import run

async def main():
    print("idle", flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        print("cleaned up", flush=True)

try:
    run(main(), QCoreApplication([]))
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_ctrl_c_wakes_an_idle_window() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", IDLE], stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    assert process.stdout is not None
    with process, process.stdout:
        assert process.stdout.readline() == "idle\n"
        time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        try:
            said, _ = process.communicate(timeout=10)
        finally:
            process.kill()
    assert said.split() == ["cleaned", "up", "interrupted"]
