"""Back from a backup: all of it or nothing, in today's version, and seen by whoever else has it open."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from storage.support import opened
from storage.test_backup import add, made, titles
from trackside.domain.failure import TracksideError
from trackside.storage import backup as backup_module
from trackside.storage import restoring as restoring_module
from trackside.storage.backup import GivenUp
from trackside.storage.backup_folder import BackupFolder
from trackside.storage.database import Database
from trackside.storage.migrations import MIGRATIONS
from trackside.storage.restoring import prepared, restored, session_count

VERSION_1 = Path(__file__).parents[1] / "fixtures" / "sessions-version-1.sql"


@pytest.fixture
async def database(tmp_path: Path) -> Any:
    async with opened(tmp_path / "sessions.db", busy_timeout_s=0.1) as database:
        yield database


@pytest.fixture
def folder(tmp_path: Path) -> BackupFolder:
    return BackupFolder(tmp_path / "backups")


def restore(database: Database, backup: Path) -> None:
    with prepared(backup) as content:
        database.bare(lambda db: restored(content, db)).result()


async def now_listed(database: Database) -> list[str]:
    return await database.fetch(
        lambda db: [title for (title,) in db.execute("SELECT title FROM sessions ORDER BY rowid")]
    )


@pytest.fixture
def version_1(folder: BackupFolder) -> Path:
    """A backup that the first version left."""
    folder.path.mkdir(exist_ok=True)
    path = folder.path / "sessions-2026-07-20.db"
    with closing(sqlite3.connect(path)) as db:
        db.executescript(VERSION_1.read_text(encoding="utf-8"))
    return path


async def test_what_was_there_is_there_again_and_nothing_else(
    database: Database, folder: BackupFolder
) -> None:
    await add(database, "Then")
    backup = made(database, folder)
    await add(database, "Later")
    restore(database, backup.path)
    assert await now_listed(database) == ["Then"]
    await add(database, "And on")
    assert await now_listed(database) == ["Then", "And on"]
    assert await database.fetch(lambda db: db.execute("PRAGMA journal_mode").fetchone()) == ("wal",)
    assert titles(backup.path) == ["Then"]


async def test_another_process_sees_it_and_goes_on(database: Database, folder: BackupFolder) -> None:
    await add(database, "Then")
    backup = made(database, folder)
    await add(database, "Later")
    assert database.path is not None
    with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
        assert other.execute("SELECT count(*) FROM sessions").fetchone() == (2,)
        restore(database, backup.path)
        assert other.execute("SELECT count(*) FROM sessions").fetchone() == (1,)
        other.execute("UPDATE sessions SET title = 'By another'")
    assert await now_listed(database) == ["By another"]


async def test_a_reader_in_the_middle_keeps_what_it_reads(database: Database, folder: BackupFolder) -> None:
    await add(database, "Then")
    backup = made(database, folder)
    await add(database, "Later")
    assert database.path is not None
    with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
        other.execute("BEGIN")
        assert other.execute("SELECT count(*) FROM sessions").fetchone() == (2,)
        restore(database, backup.path)
        assert other.execute("SELECT count(*) FROM sessions").fetchone() == (2,)
        other.execute("ROLLBACK")
        assert other.execute("SELECT count(*) FROM sessions").fetchone() == (1,)


async def test_a_writer_elsewhere_holds_it_up_and_nothing_changes(
    database: Database, folder: BackupFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup_module, "_HELD_UP_S", 0.1)
    await add(database, "Then")
    backup = made(database, folder)
    await add(database, "Later")
    assert database.path is not None
    with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(TracksideError, match=r"Another program holds .* Nothing was changed\."):
            restore(database, backup.path)
        other.execute("ROLLBACK")
    assert await now_listed(database) == ["Then", "Later"]


async def test_a_full_disk_changes_nothing(database: Database, folder: BackupFolder) -> None:
    for number in range(100):
        await add(database, f"{number} " * 1_000)
    backup = made(database, folder)
    await database.store(lambda db: db.execute("DELETE FROM sessions"))
    database.bare(lambda db: db.execute("VACUUM")).result()
    await add(database, "Later")
    await database.fetch(lambda db: db.execute("PRAGMA max_page_count = 1").fetchone())
    with pytest.raises(TracksideError, match=r"no room to restore this backup\. Nothing was changed\."):
        restore(database, backup.path)
    await database.fetch(lambda db: db.execute("PRAGMA max_page_count = 1000000").fetchone())
    assert await now_listed(database) == ["Later"]


async def test_an_older_one_comes_in_todays_version(database: Database, version_1: Path) -> None:
    before = content_of(version_1)
    restore(database, version_1)
    (version,) = await database.fetch(lambda db: db.execute("PRAGMA user_version").fetchone())
    assert version == len(MIGRATIONS)
    assert await now_listed(database) == ["What does the crane load?", "مرحبا & <b>", "In the trash"]
    assert content_of(version_1) == before
    assert [entry.name for entry in version_1.parent.iterdir()] == [version_1.name]


def content_of(path: Path) -> bytes:
    return path.read_bytes()


def damage_header(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(os.urandom(100))


def damage_middle(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(20 * 4096)
        file.write(os.urandom(20 * 4096))


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def replace(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE recipes (name)")


def remove(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("harm", [damage_header, damage_middle, cut, empty, replace, remove])
async def test_a_damaged_one_is_refused_and_nothing_changes(
    harm: Any, database: Database, folder: BackupFolder
) -> None:
    for number in range(40):
        await add(database, f"{number} " * 2_000)
    backup = made(database, folder)
    before = await now_listed(database)
    harm(backup.path)
    content = backup.path.read_bytes() if backup.path.exists() else None
    with pytest.raises(TracksideError, match=r"This backup .* not restored\. Nothing was changed\."):
        restore(database, backup.path)
    assert await now_listed(database) == before
    assert content is None or backup.path.read_bytes() == content
    assert len(list(folder.path.glob("*.db*"))) == (content is not None)


async def test_one_of_a_newer_version_is_refused(database: Database, folder: BackupFolder) -> None:
    await add(database)
    backup = made(database, folder)
    with closing(sqlite3.connect(backup.path)) as db:
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises(TracksideError, match="newer version"):
        restore(database, backup.path)


async def test_the_check_can_be_given_up(
    database: Database, folder: BackupFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restoring_module, "_CHECK_STEPS", 10)
    await add(database)
    backup = made(database, folder)
    with pytest.raises(GivenUp), prepared(backup.path, lambda: True):
        pass


async def test_sessions_are_counted_without_those_in_the_trash(version_1: Path, tmp_path: Path) -> None:
    assert session_count(version_1) == 2
    assert session_count(tmp_path / "none.db") is None
    damage_header(version_1)
    assert session_count(version_1) is None
