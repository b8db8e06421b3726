"""The session database: serial, whole or not at all, and never overwritten."""

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from storage.support import opened
from trackside.domain.failure import FailureKind, TracksideError
from trackside.storage.database import Database
from trackside.storage.migrations import MIGRATIONS

NOTE = "CREATE TABLE IF NOT EXISTS notes (text TEXT)"


def add(text: str) -> Callable[[sqlite3.Connection], None]:
    def work(db: sqlite3.Connection) -> None:
        db.execute(NOTE)
        db.execute("INSERT INTO notes VALUES (?)", (text,))

    return work


def notes(db: sqlite3.Connection) -> list[str]:
    return [text for (text,) in db.execute("SELECT text FROM notes ORDER BY rowid")]


def modes(folder: Path) -> dict[str, int]:
    return {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}


async def refused(path: Path, **options: float) -> str:
    """The sentence that opening fails with."""
    database = Database(path, **options)
    try:
        with pytest.raises(TracksideError) as raised:
            await database.opened()
        with pytest.raises(TracksideError, match="not open"):
            await database.fetch(notes)
    finally:
        database.close()
    assert raised.value.failure.kind is FailureKind.STORAGE
    return raised.value.failure.sentence


# -- opening ----------------------------------------------------------------------------------------


async def test_an_empty_place_gets_the_newest_version(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    async with opened(path) as database:
        assert await database.fetch(lambda db: db.execute("PRAGMA user_version").fetchone()) == (
            len(MIGRATIONS),
        )
        assert await database.fetch(lambda db: db.execute("PRAGMA journal_mode").fetchone()) == ("wal",)
        await database.store(add("x"))
        if sys.platform != "win32":
            files = ["sessions.db", "sessions.db-wal", "sessions.db-shm"]
            assert modes(tmp_path) == dict.fromkeys(files, 0o600)
    async with opened(path) as database:
        assert await database.fetch(notes) == ["x"]
        assert database.set_aside is None


@pytest.mark.parametrize("_round", range(10))
async def test_many_that_open_at_once_migrate_once(_round: int, tmp_path: Path) -> None:
    databases = [Database(tmp_path / "sessions.db") for _ in range(6)]
    try:
        await asyncio.gather(*(database.opened() for database in databases))
        assert not any(database.set_aside for database in databases)
        await asyncio.gather(*(database.store(add("x")) for database in databases))
        assert await databases[0].fetch(notes) == ["x"] * 6
    finally:
        for database in databases:
            database.close()


@pytest.mark.parametrize("journal_mode", ["DELETE", "WAL"])
async def test_a_newer_version_is_refused_and_left_as_it_is(journal_mode: str, tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA journal_mode = {journal_mode}")
    db.executescript(f"CREATE TABLE future (x); PRAGMA user_version = {len(MIGRATIONS) + 1};")
    db.close()
    before = path.read_bytes()
    assert "newer version" in await refused(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"no database, but a letter. " * 999, b"short", b""])
async def test_a_corrupt_file_is_set_aside_with_its_side_files(
    content: bytes, tmp_path: Path, expected_log: Callable[[str], None]
) -> None:
    expected_log("set aside")
    path = tmp_path / "sessions.db"
    sides = {"": content, "-wal": b"what was in the log", "-shm": b"shared"}
    for ending, bytes_ in sides.items():
        path.with_name(path.name + ending).write_bytes(bytes_)
    async with opened(path) as database:
        aside = database.set_aside
        assert aside is not None
        await database.store(add("new"))
        assert await database.fetch(notes) == ["new"]
    for ending, bytes_ in sides.items():
        assert aside.with_name(aside.name + ending).read_bytes() == bytes_
    async with opened(path) as database:
        assert database.set_aside is None
        assert await database.fetch(notes) == ["new"]


async def test_a_second_corrupt_file_does_not_overwrite_the_first(
    tmp_path: Path, expected_log: Callable[[str], None]
) -> None:
    expected_log("set aside")
    path = tmp_path / "sessions.db"
    kept: dict[Path, bytes] = {}
    for number in range(3):
        content = b"no database number %d " % number * 9
        path.write_bytes(content)
        async with opened(path) as database:
            assert database.set_aside is not None
            kept[database.set_aside] = content
        path.unlink()
    assert len(kept) == 3
    assert all(aside.read_bytes() == content for aside, content in kept.items())


async def test_damage_met_while_reading_is_set_aside_at_the_next_start(
    tmp_path: Path, expected_log: Callable[[str], None]
) -> None:
    expected_log("set aside")
    path = tmp_path / "sessions.db"
    async with opened(path) as database:
        for number in range(40):
            await database.store(add(f"{number} " * 2_000))
    with path.open("r+b") as file:
        file.seek(-50 * 4096, os.SEEK_END)  # behind the schema
        file.write(os.urandom(50 * 4096))
    async with opened(path) as database:
        assert database.set_aside is None  # it isn't worth reading all of it at every start
        with pytest.raises(TracksideError, match="damaged"):
            await database.fetch(notes)
    async with opened(path) as database:
        assert database.set_aside is not None
    async with opened(path) as database:
        assert database.set_aside is None


async def test_an_alarm_about_damage_that_is_none_sets_nothing_aside(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    async with opened(path) as database:
        await database.store(add("x"))
    path.with_name("sessions.db.damaged").touch()
    async with opened(path) as database:
        assert database.set_aside is None
        assert await database.fetch(notes) == ["x"]
    assert not path.with_name("sessions.db.damaged").exists()


async def test_a_folder_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert "can't be written" in await refused(tmp_path / "file" / "sessions.db")
    (tmp_path / "sessions.db").mkdir()
    assert "can't be written" in await refused(tmp_path / "sessions.db")


LOCKER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Path]:
    """A database that another process holds."""
    path = tmp_path / "sessions.db"
    process = subprocess.Popen(
        [sys.executable, "-c", LOCKER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        yield path


async def test_a_database_that_another_process_holds_is_told(locked: Path) -> None:
    assert (await refused(locked, busy_timeout_s=0.05)).startswith(
        "Another program holds the session database. Mend"
    )


async def test_without_a_path_everything_is_in_memory() -> None:
    async with opened(None) as database:
        await database.store(add("x"))
        assert await database.fetch(notes) == ["x"]


# -- working ----------------------------------------------------------------------------------------


async def test_work_is_done_in_the_order_it_was_given(tmp_path: Path) -> None:
    async with opened(tmp_path / "sessions.db") as database:
        for number in range(100):
            database.write(add(str(number)))
        assert await database.fetch(notes) == [str(number) for number in range(100)]


async def test_a_write_that_fails_leaves_nothing_behind(expected_log: Callable[[str], None]) -> None:
    expected_log("refused some work")
    async with opened(None) as database:
        await database.store(add("before"))

        def work(db: sqlite3.Connection) -> None:
            db.execute("INSERT INTO notes VALUES ('half')")
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await database.store(work)
        with pytest.raises(TracksideError, match="Saving the session failed"):
            await database.store(lambda db: db.execute("INSERT INTO nowhere VALUES (1)"))
        await database.store(add("after"))
        assert await database.fetch(notes) == ["before", "after"]


async def test_a_caller_that_gives_up_does_not_undo_its_write() -> None:
    async with opened(None) as database:
        waiting = asyncio.ensure_future(database.store(add("x")))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait({waiting})
        assert await database.fetch(notes) == ["x"]


async def test_closing_finishes_what_was_given(tmp_path: Path) -> None:
    database = Database(tmp_path / "sessions.db")
    for number in range(50):
        database.write(add(str(number)))
    database.close()
    database.close()
    with pytest.raises(RuntimeError, match="closed"):
        await database.fetch(notes)
    async with opened(tmp_path / "sessions.db") as again:
        assert len(await again.fetch(notes)) == 50


async def test_a_full_disk_is_told_and_later_writes_work(tmp_path: Path) -> None:
    async with opened(tmp_path / "sessions.db") as database:
        await database.store(add("before"))
        pages = await database.fetch(lambda db: db.execute("PRAGMA page_count").fetchone()[0])
        await database.fetch(lambda db: db.execute(f"PRAGMA max_page_count = {pages + 2}").fetchone())
        with pytest.raises(TracksideError, match="disk is full"):
            await database.store(add("x" * 100_000))
        await database.fetch(lambda db: db.execute("PRAGMA max_page_count = 100000").fetchone())
        await database.store(add("after"))
        assert await database.fetch(notes) == ["before", "after"]


async def test_a_read_only_database_is_told(tmp_path: Path) -> None:
    async with opened(tmp_path / "sessions.db") as database:
        await database.store(add("before"))
        await database.fetch(lambda db: db.execute("PRAGMA query_only = ON").fetchone())
        with pytest.raises(TracksideError, match="can't be written"):
            await database.store(add("x"))
        assert await database.fetch(notes) == ["before"]
