"""A database of the first version under today's program: backed up, brought along, and nothing lost."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from storage.support import opened
from storage.test_backup import titles
from storage.test_database import refused
from storage.test_restoring import VERSION_1
from trackside.domain.backup import BackupKind
from trackside.domain.turn import AttemptState
from trackside.storage import backup as backup_module
from trackside.storage.backup_folder import BackupFolder
from trackside.storage.database import Database
from trackside.storage.migrations import MIGRATIONS
from trackside.storage.sessions import SessionStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "sessions.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(VERSION_1.read_text(encoding="utf-8"))
    return path


def version_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


async def test_all_of_it_is_there(path: Path) -> None:
    async with opened(path) as database:
        store = SessionStore(database, "me")
        assert await store.recover(lambda _: False) == 1
        detail = await store.session("session1")
        assert detail is not None
        session = detail.session
        assert (session.title, session.pinned, session.tags) == ("What does the crane load?", True, ())
        assert (session.draft, session.server_session_id) == ("and then 資料", "sess_1")
        (turn,) = detail.turns
        stopped, unfinished = turn.attempts
        assert (stopped.state, stopped.answer.text) == (AttemptState.STOPPED, "Containers and grain.")
        assert (unfinished.state, unfinished.answer.text) == (AttemptState.INTERRUPTED, "Half of an answer")
        other = await store.session("session2")
        assert other is not None
        assert other.turns[0].attempts[0].state is AttemptState.FAILED
        assert [session.title for session in await store.trashed()] == ["In the trash"]


async def test_it_is_backed_up_as_it_was_before(path: Path, tmp_path: Path) -> None:
    async with opened(path):
        pass
    (backup,) = BackupFolder(tmp_path / "backups").backups()
    assert (backup.kind, backup.version) == (BackupKind.BEFORE_VERSION, len(MIGRATIONS))
    assert version_of(backup.path) == 1
    assert titles(backup.path) == ["What does the crane load?", "مرحبا & <b>", "In the trash"]
    async with opened(path):
        pass
    assert len(BackupFolder(tmp_path / "backups").backups()) == 1


async def test_a_database_without_sessions_needs_no_backup(path: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("DELETE FROM sessions")
    async with opened(path):
        pass
    assert not (tmp_path / "backups").exists()
    assert version_of(path) == len(MIGRATIONS)


async def test_without_room_for_a_backup_it_stays_as_it_is(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        backup_module.shutil, "disk_usage", lambda _: backup_module.shutil._ntuple_diskusage(1, 1, 0)
    )
    said = await refused(path)
    assert said.startswith(
        "The sessions have to be backed up before this version can use them, but the disk is full."
    )
    assert f"Free 32.0 MB on the disk of {tmp_path}" in said
    assert version_of(path) == 1


async def test_a_folder_that_can_not_be_used_is_named(path: Path, tmp_path: Path) -> None:
    (tmp_path / "backups").write_text("in the way")
    said = await refused(path)
    assert str(tmp_path / "backups") in said
    assert version_of(path) == 1
    (tmp_path / "backups").unlink()
    async with opened(path):
        pass
    assert version_of(path) == len(MIGRATIONS)


async def test_a_damaged_one_is_set_aside_rather_than_backed_up(
    path: Path, tmp_path: Path, expected_log: Callable[[str], None]
) -> None:
    expected_log("set aside")
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE sqlite_master SET rootpage = 9999 WHERE name = 'turns'")
    async with opened(path) as database:
        assert database.set_aside is not None
    assert BackupFolder(tmp_path / "backups").backups() == []


async def test_several_at_once_back_up_what_was_there_and_migrate_once(path: Path, tmp_path: Path) -> None:
    databases = [Database(path) for _ in range(4)]
    try:
        await asyncio.gather(*(database.opened() for database in databases))
        assert version_of(path) == len(MIGRATIONS)
        backups = BackupFolder(tmp_path / "backups").backups()
        versions = [version_of(backup.path) for backup in backups]
        assert 1 in versions
        assert max(versions) < len(MIGRATIONS), "what one had migrated, another backed up"
    finally:
        for database in databases:
            database.close()
