"""Saves that have to wait: in order, not held up by one that can't be done, and done before the end."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from storage.support import opened
from trackside.domain.failure import TracksideError
from trackside.storage import database as database_module
from trackside.storage.database import Database

Work = Callable[[sqlite3.Connection], None]


@pytest.fixture
def other(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Another program that may hold the database."""
    connection = sqlite3.connect(tmp_path / "sessions.db", isolation_level=None)
    connection.execute("CREATE TABLE notes (text TEXT NOT NULL)")
    yield connection
    connection.close()


def add(text: str | None) -> Work:
    def work(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO notes VALUES (?)", (text,))

    return work


def broken(_: sqlite3.Connection) -> None:
    raise ZeroDivisionError


def notes(db: sqlite3.Connection) -> list[str]:
    return [text for (text,) in db.execute("SELECT text FROM notes ORDER BY rowid")]


async def held_up(database: Database, other: sqlite3.Connection, *works: Work) -> None:
    """Gives the works while the other program holds the database."""
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(TracksideError, match="Another program"):
        await asyncio.wrap_future(database.keep(works[0]))
    for work in works[1:]:
        await asyncio.wrap_future(database.keep(work))
    assert database.unsaved == len(works)
    other.execute("ROLLBACK")


@pytest.mark.parametrize("bad", [add(None), broken])
async def test_one_that_can_not_be_done_holds_up_no_other(
    bad: Work, tmp_path: Path, other: sqlite3.Connection, expected_log: Callable[[str], None]
) -> None:
    expected_log("refused some work")
    async with opened(tmp_path / "sessions.db", busy_timeout_s=0.01) as database:
        await held_up(database, other, add("1"), bad, add("2"))
        with pytest.raises((TracksideError, ZeroDivisionError)):
            await asyncio.to_thread(database.settle)
        assert (await database.fetch(notes), database.unsaved) == (["1", "2"], 0)


@pytest.mark.parametrize("bad", [add(None), broken])
async def test_the_database_outlives_whatever_a_waiting_save_raises(
    bad: Work,
    tmp_path: Path,
    other: sqlite3.Connection,
    monkeypatch: pytest.MonkeyPatch,
    expected_log: Callable[[str], None],
) -> None:
    expected_log("a save that had to wait")
    monkeypatch.setattr(database_module, "_AGAIN_S", 0.02)
    async with opened(tmp_path / "sessions.db", busy_timeout_s=0.01) as database:
        await held_up(database, other, add("1"), bad, add("2"))
        await asyncio.sleep(0.1)
        async with asyncio.timeout(2):
            assert await database.fetch(notes) == ["1", "2"]


async def test_what_waits_is_done_before_the_database_closes(
    tmp_path: Path, other: sqlite3.Connection, expected_log: Callable[[str], None]
) -> None:
    expected_log("a save that had to wait")
    async with opened(tmp_path / "sessions.db", busy_timeout_s=0.01) as database:
        await held_up(database, other, broken, add("1"), add("2"))
    assert notes(other) == ["1", "2"]


async def test_what_can_not_be_done_before_the_end_is_logged(
    tmp_path: Path, other: sqlite3.Connection, expected_log: Callable[[str], None]
) -> None:
    expected_log("2 saves could not be done")
    async with opened(tmp_path / "sessions.db", busy_timeout_s=0.01) as database:
        await held_up(database, other, add("1"), add("2"))
        other.execute("BEGIN IMMEDIATE")
    other.execute("ROLLBACK")


async def test_reads_do_not_wait_behind_saves_that_do(tmp_path: Path, other: sqlite3.Connection) -> None:
    async with opened(tmp_path / "sessions.db", busy_timeout_s=0.05) as database:
        other.execute("BEGIN IMMEDIATE")
        for number in range(100):
            database.keep(add(str(number))).add_done_callback(lambda f: f.exception())
        async with asyncio.timeout(2):  # not 100 times the time-out
            assert await database.fetch(notes) == []
        other.execute("ROLLBACK")
        await asyncio.to_thread(database.settle)
        assert await database.fetch(notes) == [str(number) for number in range(100)]
