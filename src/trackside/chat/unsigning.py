"""The task that takes signed addresses out of what earlier versions have kept, while the program runs."""

import asyncio
import logging
import sqlite3
import threading
import time
from contextlib import suppress
from pathlib import Path

from trackside.chat.tasks import OwnedTasks, seen_through
from trackside.domain.failure import TracksideError
from trackside.storage.backup import GivenUp, NoRoomError
from trackside.storage.backup_folder import BackupFolder, BackupUnderWay
from trackside.storage.database import Database
from trackside.storage.unsigned_backups import clean_backups
from trackside.storage.unsigning import Progress, has_work, unsign_slice, vacuumed, without_log

_FIRST_S = 5.0
_REST = 2.0
"""Rest between two slices, in times of what the last one took: the window comes first."""
_INDEX_S = 1.0
_AGAIN_S = 300.0
"""When to try again what could not be done: the disk is full, another program holds the database."""
_log = logging.getLogger(__name__)


class Unsigning:
    """Cleans the database first, then the backups; after that it costs nothing. Without a folder there are
    no backups."""

    def __init__(self, database: Database, backups: Path | None, *, first_s: float = _FIRST_S) -> None:
        """`first_s` is how long after `begin` it begins."""
        self._database = database
        self._folder = BackupFolder(backups) if backups is not None else None
        self._first_s = first_s
        self._tasks = OwnedTasks()
        self._wanted = asyncio.Event()
        self._is_ending = threading.Event()

    def begin(self) -> None:
        """Call it in the loop."""
        self._wanted.set()
        self._tasks.start(self._follow())

    def look_again(self) -> None:
        """A backup was made or restored, and may have what was clean here already."""
        self._wanted.set()

    def end_soon(self) -> None:
        """Gives up what takes long: whatever is saved last must not wait for it."""
        self._is_ending.set()

    async def aclose(self) -> None:
        """Ends it; the rest is done after the next start. Waits until a backup is given up."""
        self.end_soon()
        await self._tasks.aclose()

    async def _follow(self) -> None:
        await asyncio.sleep(self._first_s)
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                await self._clean_database()
                await self._clean_backups()
            except (TracksideError, NoRoomError, BackupUnderWay, OSError, sqlite3.Error) as error:
                # Nobody has asked for it, and whoever saves or backs up tells what is wrong with the disk.
                _log.warning("addresses of media can't be taken out yet: %s", type(error).__name__)
                await asyncio.sleep(_AGAIN_S)
                self._wanted.set()

    async def _clean_database(self) -> None:
        if not await self._database.fetch(has_work):
            return
        while True:
            began = time.monotonic()
            progress = await self._database.store(unsign_slice)
            if progress is Progress.DONE:
                break
            if progress is Progress.TO_VACUUM:
                work = self._database.bare(lambda db: vacuumed(db, self._is_ending.is_set))
                if not await asyncio.shield(asyncio.wrap_future(work)):
                    return
                break
            is_waiting = progress is Progress.WAITS
            await asyncio.sleep(_INDEX_S if is_waiting else (time.monotonic() - began) * _REST)
        await asyncio.shield(asyncio.wrap_future(self._database.bare(without_log)))

    async def _clean_backups(self) -> None:
        """On another thread, and waited for, so that none works on in a folder that is somebody else's."""
        folder = self._folder
        if folder is None:
            return
        with suppress(GivenUp):
            await seen_through(lambda: clean_backups(folder, self._is_ending.is_set), self._is_ending.set)
