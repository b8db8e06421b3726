"""200 KB at 1,000 deltas a second in real time: how late the window's loop is, and what it costs.

Deltas come every few milliseconds and are told of once a frame, as from the wire; ticker and feeding are
in the cost. What they take without a view is shown beside it, and so is how late the loop is then.
"""

import asyncio
import time

from benchmarks.figures import Figure, at_most
from benchmarks.technical import KILOBYTE, deltas, technical
from benchmarks.ticker import Ticker, at_share
from benchmarks.transcript_stage import Growing, Stage, stage
from trackside.chat.turn_runner import FRAME_S
from trackside.loop import run as run_on_window_loop

DELTAS_S = 1_000
ARRIVAL_S = 0.004
SIZE = 200 * KILOBYTE
UNSEEN = 5 * DELTAS_S
"""Deltas that are fed without a view."""


async def feed(growing: Growing, pieces: list[str]) -> None:
    loop = asyncio.get_running_loop()
    telling: asyncio.TimerHandle | None = None

    def tell() -> None:
        nonlocal telling
        telling = None
        growing.tell()

    began, sent = time.monotonic(), 0
    while sent < len(pieces):
        await asyncio.sleep(ARRIVAL_S)
        due = round((time.monotonic() - began) * DELTAS_S)
        growing.fold(pieces[sent:due])
        sent = due
        if telling is None:
            telling = loop.call_later(FRAME_S, tell)
    await asyncio.sleep(2 * FRAME_S)
    growing.end()


async def watched(staged: Stage, pieces: list[str]) -> tuple[Ticker, float]:
    """The ticks while an answer streams, and the share of a processor that it takes, in percent."""
    await asyncio.sleep(0.5)
    ticker = Ticker()
    cpu, began = time.process_time(), time.monotonic()
    await feed(Growing(staged), pieces)
    await asyncio.sleep(0.3)  # what the answer's end has left to do
    share = (time.process_time() - cpu) / (time.monotonic() - began) * 100
    ticker.stop()
    return ticker, share


async def measured(staged: Stage) -> list[Figure]:
    pieces = list(deltas(technical(SIZE)))
    first, _ = await watched(staged, list(deltas(technical(20 * KILOBYTE, seed=2))))
    staged.show()
    before, began = staged.window.paints, time.monotonic()
    ticker, share = await watched(staged, pieces)
    paints_s = (staged.window.paints - before) / (time.monotonic() - began)
    staged.view.show_session(None)
    staged.session = staged.session_of([])
    await asyncio.sleep(0.5)
    unseen, unseen_share = await watched(staged, pieces[:UNSEEN])
    late, unseen_late = ticker.latenesses_ms(), unseen.latenesses_ms()
    return [
        at_most("stall, p99", at_share(late, 0.99), 8, "ms"),
        at_most("stall, p99.9", at_share(late, 0.999), 16, "ms"),
        at_most("stall, longest", late[-1], 50, "ms"),
        at_most("processor time", share, 30, "% of one processor"),
        Figure("stall, longest, in the process's first answer", first.latenesses_ms()[-1], "ms"),
        Figure("window painted", paints_s, "times a second"),
        Figure("processor time without the view", unseen_share, "% of one processor"),
        Figure("stall without the view, p99", at_share(unseen_late, 0.99), "ms"),
        Figure("stall without the view, longest", unseen_late[-1], "ms"),
    ]


def run() -> list[Figure]:
    with stage() as staged:
        return run_on_window_loop(measured(staged), staged.application)
