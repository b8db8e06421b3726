"""The task that takes signed addresses out of what earlier versions have kept."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from storage.support import opened
from storage.test_unsigning import a_backup, an_earlier, kept
from trackside.chat.search import SessionSearch
from trackside.chat.unsigning import Unsigning
from trackside.storage.backup_folder import BackupFolder
from trackside.storage.unsigning import has_work


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110 -- what it waits for happens on the disk
            await asyncio.sleep(0.01)


async def test_database_and_backups_are_clean_in_the_end(tmp_path: Path) -> None:
    path, folder = tmp_path / "sessions.db", BackupFolder(tmp_path / "backups")
    async with opened(path) as database:
        await a_backup(database, folder, path)
        search, unsigning = SessionSearch(database), Unsigning(database, folder.path, first_s=0)
        search.begin()
        unsigning.begin()
        try:
            await until(lambda: kept(tmp_path) == [])
            assert not await database.fetch(has_work)
        finally:
            await unsigning.aclose()
            await search.aclose()


async def test_a_database_that_is_held_is_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "sessions.db"
    async with opened(path, busy_timeout_s=0.01) as database:
        await database.store(an_earlier)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            unsigning = Unsigning(database, None, first_s=0)
            unsigning.begin()
            await until(lambda: "can't be taken out yet" in caplog.text)
            other.execute("ROLLBACK")
        await unsigning.aclose()
        assert await database.fetch(has_work)


async def test_it_can_be_ended_at_any_moment(tmp_path: Path) -> None:
    path, folder = tmp_path / "sessions.db", BackupFolder(tmp_path / "backups")
    async with opened(path) as database:
        made = await a_backup(database, folder, path)
        unsigning = Unsigning(database, folder.path, first_s=0)
        unsigning.begin()
        await asyncio.sleep(0)
        await unsigning.aclose()
        assert made.exists()
