"""Searching a million messages as one types, and what saving and the window notice of it."""

import asyncio
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QApplication

from benchmarks import big_database
from benchmarks.figures import Figure, at_most
from benchmarks.ticker import Ticker, at_share
from trackside.chat.search import SHOWN_HITS, SessionSearch
from trackside.domain.search import SearchQuery, StateFilter
from trackside.domain.session import Session, new_id, now
from trackside.domain.turn import Ask, Attempt, Turn
from trackside.loop import run as run_in_loop
from trackside.storage.database import Database
from trackside.storage.search import search as find
from trackside.storage.sessions import SessionStore

os.environ["QT_QPA_PLATFORM"] = "offscreen"

TYPED = (
    "the camera",
    "overtake in the rain",
    "search result score",
    "throughput",
    "naive größe",
    big_database.RARE,
    "take 4711",
    "item3f",
    "夜景",
    "東京の夜景",
    "球员得分",
    "goal 観客",
    '"river boat',
    "zzyzx",
)
ROUNDS = 3
BETWEEN_S = 0.03
"""Between two keys: faster than anybody types."""
FILTERED = (
    SearchQuery("camera", store_id="ks_3"),
    SearchQuery("camera", tag="special"),
    SearchQuery("camera", state=StateFilter.BROKEN),
    SearchQuery("camera", with_citations=True),
    SearchQuery("", tag="sport"),
)


def keys() -> list[str]:
    """What stands in the field after each key."""
    return [text[:length] for text in TYPED for length in range(1, len(text) + 1) if text[length - 1] != " "]


async def timed_ms(work: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await work()
    return (time.perf_counter() - began) * 1000


def cpu_ms(db: sqlite3.Connection, query: SearchQuery) -> float:
    """What a search takes of a processor, whatever else the computer does."""
    began = time.thread_time()
    find(db, query, SHOWN_HITS)
    return (time.thread_time() - began) * 1000


async def saves(store: SessionStore, until: asyncio.Event) -> list[float]:
    """Milliseconds that saving a question took, again and again."""
    session = Session(new_id(), "twelvelabs", now(), now(), title="Saved meanwhile", store_id="ks_1")
    took = []
    while not until.is_set():
        turn = Turn(new_id(), session.id, 0, Ask("What is saved meanwhile?", "ks_1"), now())
        turn.attempts.append(Attempt(new_id(), turn.id, 1))
        took.append(await timed_ms(lambda turn=turn: asyncio.wrap_future(store.add_turn(session, {}, turn))))
        await asyncio.sleep(0.02)
    return took


async def measure(path: Path) -> list[Figure]:
    database = Database(path)
    await database.opened()
    store = SessionStore(database, "bench")
    search = SessionSearch(database)
    for query in FILTERED:  # tables opened, pages read: as after the window's first seconds
        await search.find(query)
    typed = keys()
    for text in typed:
        await search.find(SearchQuery(text))
    found: list[float] = []
    alone_done, done = asyncio.Event(), asyncio.Event()
    alone = asyncio.ensure_future(saves(store, alone_done))
    await asyncio.sleep(3)
    alone_done.set()
    alone_ms = sorted(await alone)
    search.begin()
    meanwhile = asyncio.ensure_future(saves(store, done))
    ticker = Ticker()
    for _ in range(ROUNDS):
        for text in typed:
            found.append(await timed_ms(lambda text=text: search.find(SearchQuery(text))))
            await asyncio.sleep(BETWEEN_S)
    ticker.stop()
    done.set()
    meanwhile_ms = sorted(await meanwhile)
    filtered = [
        await timed_ms(lambda query=query: search.find(query)) for query in FILTERED for _ in range(5)
    ]
    reader = search._reader
    assert reader is not None
    cpu = [await reader.read(partial(cpu_ms, query=SearchQuery(text))) or 0.0 for text in typed]
    await search.aclose()
    await asyncio.to_thread(database.close)
    found.sort()
    late = ticker.latenesses_ms()
    return [
        at_most("results of a key, p95", at_share(found, 0.95), 50, "ms", f"{len(found)} keys"),
        Figure("results of a key, median", statistics.median(found), "ms"),
        Figure("results of a key, longest", found[-1], "ms"),
        Figure(
            "processor time of a key, p95", at_share(sorted(cpu), 0.95), "ms", yardstick="the search's thread"
        ),
        Figure("results with a filter, longest", max(filtered), "ms"),
        at_most(
            "saving a question while searching, p95",
            at_share(meanwhile_ms, 0.95),
            20,
            "ms",
            f"{at_share(alone_ms, 0.95):.1f} ms without",
        ),
        at_most("the loop comes late while searching, p99", at_share(late, 0.99), 16, "ms"),
    ]


def run() -> list[Figure]:
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "sessions.db"
        big_database.copy(path)
        return run_in_loop(measure(path), QApplication([]))
