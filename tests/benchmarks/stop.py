"""Stop → the server sees the socket closed, over stops at random moments and in three ways.

All on the window's own loop, against a server in another process; time.monotonic is the same in both. What
must be left afterwards: no pool slot, no task, no timer.
"""

import asyncio
import contextlib
import random
import statistics
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from subprocess import Popen

from PySide6.QtCore import QCoreApplication

from benchmarks.figures import Figure, at_most
from benchmarks.processes import line_of, started
from trackside.chat.turn_runner import TurnRunner
from trackside.domain.connection import Connection
from trackside.domain.session import new_id, now
from trackside.domain.turn import Ask, Attempt, AttemptState, Turn
from trackside.loop import TracksideEventLoop
from trackside.loop import run as run_on_window_loop
from trackside.protocol.client import ServiceClient
from trackside.protocol.retry import RetryPolicy
from trackside.storage.journal import Journal

STOPS = 200
"""For each way."""
LATEST_S = 0.12
ASK = Ask("When does the car leave?", "ks_1")


class Unkept:
    """Keeps nothing: what saving costs is not measured here."""

    def save_attempt(self, *_: object) -> None: ...
    def append_journal(self, *_: object) -> None: ...
    def save_server_session(self, *_: object) -> None: ...


class EnoughError(Exception):
    """Leaves a stream the hard way."""


@dataclass
class Observer:
    """What the server says, as it says it."""

    server: Popen[str]
    words: asyncio.Queue[str] = field(default_factory=asyncio.Queue)

    def listen(self) -> None:
        loop = asyncio.get_running_loop()

        def read() -> None:
            with contextlib.suppress(RuntimeError):  # the end of either of the two
                while True:
                    loop.call_soon_threadsafe(self.words.put_nowait, line_of(self.server))

        threading.Thread(target=read, daemon=True).start()

    async def accepted(self) -> None:
        assert await self.words.get() == "accepted"

    async def closed(self) -> float:
        word, at = (await self.words.get()).split()
        assert word == "closed"
        return float(at)


async def by_runner(client: ServiceClient, observer: Observer) -> float:
    """What Esc does. Returns when it was asked for."""

    async def source() -> ServiceClient:
        return client

    runner = TurnRunner(Unkept(), RetryPolicy, Journal)
    turn = Turn(new_id(), new_id(), 0, ASK, now())
    attempt = Attempt(new_id(), turn.id, 1)
    turn.attempts.append(attempt)
    runner.start(turn, attempt, source, None)
    await observer.accepted()
    await asyncio.sleep(random.uniform(0, LATEST_S))
    stopped_at = time.monotonic()
    runner.stop(attempt)
    assert attempt.state is AttemptState.STOPPED
    await runner.aclose()
    return stopped_at


async def by_break(client: ServiceClient, observer: Observer) -> float:
    left = random.randrange(1, 30)
    stopped_at = 0.0
    async for _ in client.stream_answer(ASK):
        left -= 1
        if not left:
            stopped_at = time.monotonic()
            break
    await observer.accepted()
    return stopped_at


async def by_exception(client: ServiceClient, observer: Observer) -> float:
    left = random.randrange(1, 30)
    stopped_at = 0.0
    try:
        async for _ in client.stream_answer(ASK):
            left -= 1
            if not left:
                stopped_at = time.monotonic()
                raise EnoughError
    except EnoughError:
        pass
    await observer.accepted()
    return stopped_at


WAYS: dict[str, Callable[[ServiceClient, Observer], Awaitable[float]]] = {
    "stop": by_runner,
    "break": by_break,
    "exception": by_exception,
}


async def measured(server: Popen[str]) -> list[Figure]:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, TracksideEventLoop)
    client = ServiceClient(
        Connection("c", "Bench", f"http://127.0.0.1:{line_of(server)}/v1.3"), "nobodys_key"
    )
    observer = Observer(server)
    observer.listen()
    tasks_before = len(asyncio.all_tasks())
    latencies: dict[str, list[float]] = {way: [] for way in WAYS}
    for number in range(STOPS + 1):
        for way, leave in WAYS.items():
            async with asyncio.timeout(10):
                stopped_at = await leave(client, observer)
                closed_at = await observer.closed()
            if number:  # the first of each imports what it needs
                latencies[way].append((closed_at - stopped_at) * 1000)
    await asyncio.sleep(0.05)
    transport = client._http.usable()._transport
    slots = len(transport._pool.connections)  # type: ignore[attr-defined]  # httpx shows its pool nowhere else
    tasks = len(asyncio.all_tasks()) - tasks_before
    timers = loop.pending_timers
    await client.aclose()
    figures = []
    for way, found in latencies.items():
        figures.append(at_most(f"{way}, p99", statistics.quantiles(found, n=100)[98], 10, "ms"))
        figures.append(Figure(f"{way}, median", statistics.median(found), "ms"))
        figures.append(Figure(f"{way}, longest of {len(found)}", max(found), "ms"))
    return [
        *figures,
        at_most("pool slots left", slots, 0, ""),
        at_most("tasks left", tasks, 0, ""),
        at_most("timers left", timers, 0, ""),
    ]


def run() -> list[Figure]:
    application = QCoreApplication([])
    with started("-m", "benchmarks.closing_server") as server:
        return run_on_window_loop(measured(server), application)
