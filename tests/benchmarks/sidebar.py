"""The sidebar with 20,000 sessions: reading them, a step of scrolling, a change among them, memory."""

import asyncio
import gc
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import psutil
from PySide6.QtWidgets import QApplication

from benchmarks.figures import Figure, at_most
from benchmarks.processes import ROOT, environment
from benchmarks.ticker import Ticker, at_share
from trackside.chat.library import SessionLibrary
from trackside.chat.turn_runner import TurnRunner
from trackside.domain.session import new_id, now
from trackside.domain.settings import Settings
from trackside.loop import run as run_loop
from trackside.protocol.retry import RetryPolicy
from trackside.storage.database import Database
from trackside.storage.journal import Journal
from trackside.storage.sessions import SessionStore
from trackside.ui.sidebar.listing import SessionListing
from trackside.ui.sidebar.sidebar import Sidebar
from trackside.ui.sidebar.views import ALL_SESSIONS, ARCHIVE
from trackside.ui.theme import Theme

SESSIONS = 20_000
STEPS = 400
CHANGES = 400
MEGABYTE = 1 << 20
HEIGHT = 860
_COLUMNS = (
    "id, connection_id, created_at, updated_at, title, store_id, store_name, server_session_id, snippet, "
    "instructions, pinned, archived, tags"
)


def fill(path: Path, count: int) -> None:
    """Sessions of three years, with instructions and tags, some pinned, some archived."""
    database = Database(path)
    chance = random.Random(7)
    present = datetime.now(UTC)
    rows = []
    for number in range(count):
        then = (present - timedelta(minutes=79 * number)).isoformat()
        title = f"What does the crane load in harbour {chance.randrange(1000)}"
        tags = "\n".join(chance.sample(["crane", "harbour", "night", "tide"], chance.choice([0, 0, 1, 2])))
        facts = (f"ks_{number % 5}", "Game footage 2026", f"sess_{number:032x}", f"{title}. It waits. " * 3)
        flags = (int(number % 600 == 599), int(number % 10 == 9))
        rows.append((new_id(), "sandbox", then, then, title, *facts, "Be brief. " * 60, *flags, tags))

    def work(db: sqlite3.Connection) -> None:
        marks = ", ".join("?" * 13)
        db.executemany(f"INSERT INTO sessions ({_COLUMNS}) VALUES ({marks})", rows)

    database.write(work).result()
    database.close()


def resident() -> float:
    gc.collect()
    return float(psutil.Process().memory_info().rss) / MEGABYTE


def timed_ms(work: Callable[[], object]) -> float:
    """Processor time of the window's thread, painting included: other processes' load doesn't count."""
    began = time.thread_time()
    work()
    QApplication.sendPostedEvents()
    QApplication.processEvents()
    return (time.thread_time() - began) * 1000


async def measure(application: QApplication, path: Path, found: dict[str, list[float]]) -> None:
    theme = Theme(application, Settings())
    sidebar = Sidebar(theme)
    sidebar.resize(sidebar.width(), HEIGHT)
    sidebar.show()
    database = Database(path)
    await database.opened()
    store = SessionStore(database, "nobody")
    library = SessionLibrary(store, TurnRunner(store, RetryPolicy, Journal), _nobody)
    listing = SessionListing(sidebar, library)
    gc.collect()
    gc.disable()
    ticker = Ticker()
    await asyncio.sleep(1.0)
    ticker.stop()
    found["idle"] = ticker.latenesses_ms()
    before = resident()
    began = time.perf_counter()
    await library.load()
    sidebar.repaint()
    found["first"] = [(time.perf_counter() - began) * 1000]
    ticker = Ticker()
    await library.load_rest()
    ticker.stop()
    found["all"] = [(time.perf_counter() - began) * 1000]
    found["late"] = ticker.latenesses_ms()
    found["memory"] = [resident() - before]
    found["rows"] = [float(sidebar.rows.session_count)]

    bar = sidebar.list.verticalScrollBar()
    viewport = sidebar.list.viewport()

    def scroll(value: int) -> None:
        bar.setValue(value)
        viewport.repaint()  # all of it: no more than what comes into view is painted otherwise

    steps = [timed_ms(lambda: scroll(bar.value() + bar.singleStep() * 3)) for _ in range(STEPS)]
    found["wheel"] = sorted(steps)
    found["jump"] = sorted(
        timed_ms(lambda n=n: scroll(bar.maximum() * (n * 37 % STEPS) // STEPS)) for n in range(STEPS)
    )
    found["memory scrolled"] = [resident() - before]
    bar.setValue(0)

    sessions = library.sessions
    chance = random.Random(3)

    def change(number: int) -> None:
        session = chance.choice(sessions)
        facts = {"snippet": f"Streams {number}"} | ({"updated_at": now()} if number % 2 else {})
        library._on_changed(replace(library.listed(session.id) or session, **facts))

    found["change"] = sorted(timed_ms(lambda n=n: change(n)) for n in range(CHANGES))
    views = [ARCHIVE, ALL_SESSIONS] * 5
    found["view"] = sorted(timed_ms(lambda view=view: listing.show_view(view)) for view in views)
    found["all selected"] = [timed_ms(sidebar.list.selectAll)]
    listing.close()
    sidebar.close()
    await asyncio.to_thread(database.close)


async def _nobody(_connection_id: str) -> None:
    raise AssertionError("nobody is asked")


def run() -> list[Figure]:
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    application.setStyle("fusion")
    application.setQuitOnLastWindowClosed(False)
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "sessions.db"
        # In a process of its own: what it leaves free here would be filled before memory is asked for.
        program = [sys.executable, "-P", "-m", "benchmarks.sidebar", str(path)]
        subprocess.run(program, env=environment(), cwd=ROOT, check=True)
        run_loop(measure(application, path, found), application)
    listed = f"{found['rows'][0]:,.0f} rows"
    idle = f"{at_share(found['idle'], 0.99):.1f} ms of an idle window"
    return [
        Figure("the newest are listed", found["first"][0], "ms"),
        Figure("all are listed", found["all"][0], "ms", yardstick=listed),
        at_most("lateness while all are read, p99", at_share(found["late"], 0.99), 8, "ms", yardstick=idle),
        Figure("the same, worst", found["late"][-1], "ms"),
        at_most("memory", found["memory"][0], 30, "MB", yardstick=listed),
        at_most("memory, scrolled through", found["memory scrolled"][0], 30, "MB", yardstick=listed),
        at_most("a step of the wheel, p95", at_share(found["wheel"], 0.95), 8, "ms"),
        Figure("a step of the wheel, median", statistics.median(found["wheel"]), "ms"),
        at_most("a jump of the scroll bar, p95", at_share(found["jump"], 0.95), 8, "ms"),
        at_most("a session changes, p95", at_share(found["change"], 0.95), 8, "ms"),
        Figure("another view, median", statistics.median(found["view"]), "ms"),
        Figure("all selected", found["all selected"][0], "ms"),
    ]


if __name__ == "__main__":
    fill(Path(sys.argv[1]), SESSIONS)
