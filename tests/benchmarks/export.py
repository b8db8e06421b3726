"""Exporting 1,000 turns to each format from a running window: how long it takes, and what the window feels.

The yardstick of the stalls is the same loop while nothing is exported: on a busy computer it is late, too.
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from benchmarks.figures import Figure, at_most
from benchmarks.kept_turns import keep_sessions
from benchmarks.ticker import Ticker, at_share
from trackside.chat.export_formats import FORMATS
from trackside.chat.export_writing import ExportJob
from trackside.chat.exporting import Exporter
from trackside.loop import run as run_loop
from trackside.storage.database import Database

_TURNS = 1_000
_LIMIT_S = 2.0
_PDF_LIMIT_S = 20.0
_STALL_MS = 16.0
_REPETITIONS = 3


def run() -> list[Figure]:
    application = QCoreApplication.instance() or QCoreApplication([])
    figures: list[Figure] = []

    async def measure() -> None:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            await asyncio.to_thread(keep_sessions, root / "sessions.db", _TURNS, 1)
            database = Database(root / "sessions.db")
            try:
                await database.opened()
                figures.extend(await _figures(Exporter(database), root))
            finally:
                await asyncio.to_thread(database.close)

    run_loop(measure(), application)
    return figures


async def _figures(exporter: Exporter, root: Path) -> list[Figure]:
    figures = []
    worst, shares = 0.0, []
    for name, each in FORMATS.items():
        path = root / f"export.{each.suffix}"

        async def export(name: str = name, path: Path = path) -> None:
            await exporter.export(ExportJob(name), path)

        seconds = []
        for _ in range(_REPETITIONS if name != "pdf" else 1):
            start = time.perf_counter()
            late = await _latenesses_ms(export)
            seconds.append(time.perf_counter() - start)
            worst = max(worst, late[-1])
            shares.append(at_share(late, 0.99))
        limit = _PDF_LIMIT_S if name == "pdf" else _LIMIT_S
        size = path.stat().st_size / 1e6
        figures.append(at_most(f"{_TURNS:,} turns, {name}", min(seconds), limit, "s", f"{size:.1f} MB"))
    idle = await _latenesses_ms(lambda: asyncio.sleep(5.0))
    yardstick = f"{idle[-1]:.1f} ms without an export"
    figures.append(at_most("longest stall of the window", worst, _STALL_MS, "ms", yardstick))
    figures.append(
        Figure("stalls, 99 %", max(shares), "ms", yardstick=f"{at_share(idle, 0.99):.1f} ms without")
    )
    figures.append(await _cancelling(exporter, root))
    return figures


async def _latenesses_ms(work: Callable[[], Awaitable[None]]) -> list[float]:
    ticker = Ticker()
    try:
        await work()
    finally:
        ticker.stop()
    return ticker.latenesses_ms()


async def _cancelling(exporter: Exporter, root: Path) -> Figure:
    """From Cancel in the midst of a PDF to nothing of it being left."""
    path = root / "cancelled.pdf"
    begun = asyncio.Event()

    def note(done: int, _of: int) -> None:
        if done:
            begun.set()

    task = asyncio.ensure_future(exporter.export(ExportJob("pdf"), path, note))
    await begun.wait()
    start = time.perf_counter()
    task.cancel()
    await asyncio.wait({task})
    took_ms = (time.perf_counter() - start) * 1000
    return at_most("cancelling a PDF", took_ms, 500, "ms", f"{_left(root)} files left")


def _left(root: Path) -> int:
    return sum("cancelled" in entry.name for entry in root.iterdir())
