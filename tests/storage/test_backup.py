"""Backups: whole or not there, private, one a day, and none too many gone."""

import errno
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from storage.support import a_session, a_turn, opened
from trackside.domain.backup import Backup, BackupKind, size_words
from trackside.storage import backup as backup_module
from trackside.storage.backup import GivenUp, NoRoomError, back_up, back_up_daily, reader
from trackside.storage.backup_folder import BackupFolder, BackupUnderWay
from trackside.storage.database import Database
from trackside.storage.sessions import SessionStore

FIRST = date(2026, 11, 1)


@pytest.fixture
async def database(tmp_path: Path) -> Any:
    async with opened(tmp_path / "sessions.db") as database:
        yield database


@pytest.fixture
def folder(tmp_path: Path) -> BackupFolder:
    return BackupFolder(tmp_path / "backups")


async def add(database: Database, title: str = "One") -> None:
    store = SessionStore(database, "me")
    session = a_session(title=title)
    store.add_turn(session, {}, a_turn(session))
    await store.sessions()


def path_of(database: Database) -> Path:
    assert database.path is not None
    return database.path


def made(
    database: Database, folder: BackupFolder, kind: BackupKind = BackupKind.BY_HAND, **how: Any
) -> Backup:
    with closing(reader(path_of(database))) as connection:
        return back_up(connection, folder, kind, **how)


def daily(database: Database, folder: BackupFolder, day: int = 0, **how: Any) -> str | None:
    backup = back_up_daily(path_of(database), folder, today=FIRST + timedelta(days=day), **how)
    return backup.path.name if backup else None


def titles(path: Path) -> list[str]:
    with closing(reader(path)) as connection:
        return [title for (title,) in connection.execute("SELECT title FROM sessions ORDER BY rowid")]


def names(folder: BackupFolder) -> list[str]:
    return [backup.path.name for backup in folder.backups()]


def files(folder: BackupFolder) -> set[str]:
    """All that lies there, but for what is no backup at any time."""
    return {path.name for path in folder.path.iterdir()} - {".lock", ".unchanged"}


# -- one backup -------------------------------------------------------------------------------------


async def test_it_holds_all_sessions_in_one_private_file(database: Database, folder: BackupFolder) -> None:
    await add(database)
    backup = made(database, folder, today=FIRST)
    assert titles(backup.path) == ["One"]
    assert files(folder) == {"sessions-2026-11-01-by-hand.db"}
    assert backup.path.read_bytes()[18:20] == b"\x01\x01", "it would need a log beside it"
    if sys.platform != "win32":
        assert stat.S_IMODE(backup.path.stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700


async def test_it_is_one_state_of_a_database_that_is_written_to(
    database: Database, folder: BackupFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each commit writes two rows, at both ends of the file; a copy must not have one without the other."""
    monkeypatch.setattr(backup_module, "_STEP_PAGES", 8)
    for table in ("first", "last"):
        await database.store(lambda db, table=table: db.execute(f"CREATE TABLE {table} (n)"))
    for _ in range(50):
        await database.store(lambda db: db.execute("INSERT INTO first VALUES (randomblob(20000))"))
    await database.store(lambda db: db.execute("DELETE FROM first"))
    is_over = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(path_of(database), isolation_level=None)) as other:
            number = 0
            while not is_over.is_set():
                number += 1
                other.execute("BEGIN IMMEDIATE")
                other.execute("INSERT INTO first VALUES (?)", (number,))
                other.execute("INSERT INTO last VALUES (?)", (number,))
                other.execute("COMMIT")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(5):
            backup = made(database, folder)
            with closing(reader(backup.path)) as copy:
                first, last = (
                    copy.execute(f"SELECT count(*), max(n) FROM {table}").fetchone()
                    for table in ("first", "last")
                )
                assert first == last
                assert copy.execute("PRAGMA quick_check").fetchone() == ("ok",)
    finally:
        is_over.set()
        writer.join()


async def test_a_disk_without_room_is_said_before_anything_is_written(
    database: Database, folder: BackupFolder
) -> None:
    await add(database)
    made(database, folder, today=FIRST)
    before = files(folder)
    with pytest.raises(NoRoomError) as raised:
        made(database, folder, room=lambda _: 1_000_000)
    assert raised.value.needed_bytes > path_of(database).stat().st_size
    assert files(folder) == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 256 kB, where the system lets us have one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
    if sys.platform != "linux" or os.geteuid() or subprocess.run(mount, check=False).returncode:
        pytest.skip("needs the right to mount")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


async def test_a_disk_that_fills_up_leaves_the_earlier_backups(database: Database, small_disk: Path) -> None:
    await add(database)
    folder = BackupFolder(small_disk / "backups")
    backup = made(database, folder, today=FIRST, room=lambda _: 1 << 40)
    await database.store(lambda db: db.execute("UPDATE sessions SET draft = ?", ("x" * 200_000,)))
    with pytest.raises((sqlite3.OperationalError, OSError)) as raised:
        made(database, folder, room=lambda _: 1 << 40)
    assert getattr(raised.value, "sqlite_errorname", "SQLITE_FULL") == "SQLITE_FULL"
    assert getattr(raised.value, "errno", errno.ENOSPC) == errno.ENOSPC
    assert files(folder) == {backup.path.name}
    assert titles(backup.path) == ["One"]


async def test_damage_is_not_copied_into_a_backup(database: Database, folder: BackupFolder) -> None:
    for number in range(40):
        await add(database, f"{number} " * 2_000)
    database.close()
    with path_of(database).open("r+b") as file:
        file.seek(20 * 4096)
        file.write(os.urandom(20 * 4096))
    with pytest.raises(sqlite3.DatabaseError) as raised:
        made(database, folder)
    assert raised.value.sqlite_errorname == "SQLITE_CORRUPT"
    assert files(folder) == set()


async def test_it_can_be_given_up_and_leaves_nothing(database: Database, folder: BackupFolder) -> None:
    await add(database)
    with pytest.raises(GivenUp):
        made(database, folder, is_given_up=lambda: True)
    assert files(folder) == set()


async def test_two_make_none_at_once(database: Database, folder: BackupFolder) -> None:
    await add(database)
    with folder.held(), pytest.raises(BackupUnderWay):
        made(database, folder)
    made(database, folder)


async def test_what_one_that_died_has_left_is_cleared_away(database: Database, folder: BackupFolder) -> None:
    await add(database)
    folder.path.mkdir()
    (folder.path / ".sessions-dead").write_bytes(b"half")
    backup = made(database, folder)
    assert files(folder) == {backup.path.name}


# -- one a day --------------------------------------------------------------------------------------


async def test_a_day_has_one(database: Database, folder: BackupFolder) -> None:
    await add(database)
    assert daily(database, folder) == "sessions-2026-11-01.db"
    await add(database, "Two")
    assert daily(database, folder) is None
    assert daily(database, folder, 1) == "sessions-2026-11-02.db"
    assert titles(folder.backups()[0].path) == ["One", "Two"]


async def test_a_day_on_which_nothing_changed_has_none(database: Database, folder: BackupFolder) -> None:
    await add(database)
    assert daily(database, folder) is not None
    assert daily(database, folder, 1) is None
    await database.store(lambda db: db.execute("UPDATE sessions SET draft = 'typed'"))
    assert daily(database, folder, 2) is not None


async def test_a_restart_alone_is_no_change(tmp_path: Path, folder: BackupFolder) -> None:
    """On closing, SQLite rewrites the file: the copy is made, found to be the same, and thrown away."""
    async with opened(tmp_path / "sessions.db") as database:
        await add(database)
        assert daily(database, folder) is not None
    for day in (1, 2):
        async with opened(tmp_path / "sessions.db") as database:
            assert daily(database, folder, day) is None
    assert files(folder) == {"sessions-2026-11-01.db"}


async def test_nothing_is_backed_up_while_there_is_nothing(database: Database, folder: BackupFolder) -> None:
    """A database that was begun anew after damage must not push the good backups out."""
    assert daily(database, folder) is None
    assert folder.backups() == []


async def test_a_second_of_the_same_day_does_not_overwrite_the_first(
    database: Database, folder: BackupFolder
) -> None:
    await add(database)
    await add(database, "Two")
    first = made(database, folder, today=FIRST)
    await database.store(lambda db: db.execute("DELETE FROM sessions WHERE title = 'Two'"))
    second = made(database, folder, today=FIRST)
    assert (titles(first.path), titles(second.path)) == (["One", "Two"], ["One"])
    assert names(folder) == ["sessions-2026-11-01-by-hand-2.db", "sessions-2026-11-01-by-hand.db"]


# -- which are kept ---------------------------------------------------------------------------------


async def change(database: Database, number: int) -> None:
    await database.store(lambda db: db.execute("UPDATE sessions SET draft = ?", (str(number),)))


async def test_the_last_seven_days_are_kept(database: Database, folder: BackupFolder) -> None:
    await add(database)
    for day in range(10):
        await change(database, day)
        daily(database, folder, day)
    assert names(folder) == [f"sessions-2026-11-{day:02}.db" for day in range(10, 3, -1)]


async def test_other_kinds_are_counted_apart(database: Database, folder: BackupFolder) -> None:
    await add(database)
    daily(database, folder)
    for kind in (BackupKind.BY_HAND, BackupKind.BEFORE_RESTORE, BackupKind.BEFORE_VERSION):
        for _ in range(5):
            made(database, folder, kind, today=FIRST, version=3 * (kind is BackupKind.BEFORE_VERSION))
    kinds = [backup.kind for backup in folder.backups()]
    assert {kind: kinds.count(kind) for kind in BackupKind} == {
        BackupKind.DAILY: 1,
        BackupKind.BY_HAND: 3,
        BackupKind.BEFORE_RESTORE: 3,
        BackupKind.BEFORE_VERSION: 3,
    }
    assert "sessions-2026-11-01-before-version-3.db" in names(folder)


async def test_the_one_that_is_being_restored_is_spared(database: Database, folder: BackupFolder) -> None:
    await add(database)
    first, *_ = [made(database, folder, BackupKind.BEFORE_RESTORE) for _ in range(3)]
    made(database, folder, BackupKind.BEFORE_RESTORE, spared=first.path)
    assert first.path.exists()


async def test_a_clock_that_was_a_year_ahead_costs_no_good_backup(
    database: Database, folder: BackupFolder
) -> None:
    """Seven days in the wrong year, then back: the new ones must not be taken for the oldest."""
    await add(database)
    year = 365
    for day in range(year, year + 8):
        await change(database, day)
        daily(database, folder, day)
    for backup in folder.backups():  # as if the clock had been wrong when they were written, too
        moment = datetime(2027, 11, 1, tzinfo=UTC).timestamp() + backup.day.toordinal() % 10
        os.utime(backup.path, (moment, moment))
    for day in range(3):
        await change(database, day)
        assert daily(database, folder, day) is not None
    assert names(folder)[:3] == [f"sessions-2026-11-{day:02}.db" for day in (3, 2, 1)]
    assert len(names(folder)) == 7
    # Back on a day that has one already: nothing is overwritten.
    await change(database, 99)
    assert daily(database, folder, 1) == "sessions-2026-11-02-2.db"
    assert names(folder)[0] == "sessions-2026-11-02-2.db"
    assert titles(folder.path / "sessions-2026-11-02.db") == ["One"]


async def test_other_files_in_the_folder_are_nobodys_backup(database: Database, folder: BackupFolder) -> None:
    await add(database)
    folder.path.mkdir()
    own = ("sessions.db", "sessions-2026-13-99.db", "sessions-2026-11-01.db.old", "mine.txt")
    for name in own:
        (folder.path / name).write_bytes(b"mine")
    (folder.path / "sessions-2026-10-01.db").mkdir()
    for day in range(9):
        await change(database, day)
        daily(database, folder, day)
    assert len(folder.backups()) == 7
    assert set(own) < files(folder)


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 kB"), (812_345, "812 kB"), (1_000_000, "1.0 MB"), (345_600_000, "346 MB"), (2.5e12, "2.5 TB")],
)
def test_sizes_are_said_in_words(size: float, words: str) -> None:
    assert size_words(int(size)) == words
