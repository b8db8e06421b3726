"""Backups while the program runs: one a day, one whenever it is wanted, and back from one of them."""

import asyncio
import contextlib
import logging
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from trackside.chat.tasks import OwnedTasks, seen_through
from trackside.domain.backup import Backup, BackupKind, size_words
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.storage.backup import GivenUp, NoRoomError, back_up, back_up_daily, has_sessions, reader
from trackside.storage.backup_folder import BackupFolder, BackupUnderWay
from trackside.storage.database import Database
from trackside.storage.errors import is_corrupt
from trackside.storage.opening import damage_mark
from trackside.storage.owners import Owner
from trackside.storage.recovery import recover
from trackside.storage.restoring import prepared, restored, session_count

T = TypeVar("T")
_log = logging.getLogger(__name__)

_FIRST_S = 30.0
_EVERY_S = 600.0
"""How often it is asked whether a new day has come: a suspended machine knows no longer waits."""
_KEPT = "The earlier backups are kept."


@dataclass(frozen=True, slots=True)
class ListedBackup:
    """A backup, and how many sessions are in it; None when it can't be read."""

    backup: Backup
    session_count: int | None


@dataclass(frozen=True, slots=True)
class KeptData:
    """What lies in the data directory: the sizes in bytes, and the backups, the last one first."""

    database_bytes: int
    backups: tuple[ListedBackup, ...]
    log_bytes: int = 0

    @property
    def backup_bytes(self) -> int:
        return sum(entry.backup.size_bytes for entry in self.backups)


class Backups(QObject):
    """Makes them off the loop, one at a time. Without a folder (nothing can be kept) there are none."""

    changed = Signal()
    """A backup was made or went."""
    failed = Signal(Failure)
    """A day's backup could not be made: told once, until one has been made again."""

    def __init__(
        self, database: Database, owner: Owner, folder: Path | None, log_folder: Path | None = None
    ) -> None:
        """`log_folder` is only looked at for its size."""
        super().__init__()
        self._log_folder = log_folder
        self._database = database
        self._owner = owner
        self._folder = BackupFolder(folder) if folder is not None and database.path is not None else None
        self._tasks = OwnedTasks(self.failed.emit)
        self._one_at_a_time = asyncio.Lock()
        self._is_ending = threading.Event()
        self._has_failed = False

    @property
    def is_possible(self) -> bool:
        return self._folder is not None

    def keep_daily(self, count: int) -> None:
        """Keeps so many daily backups from the next one on."""
        if self._folder is not None:
            self._folder.kept_daily = count

    def begin(self) -> None:
        """Makes a backup each day from now on, if the sessions have changed since the last."""
        if self._folder is not None:
            self._tasks.start(self._daily())

    @contextlib.asynccontextmanager
    async def standing_still(self) -> AsyncIterator[None]:
        """Waits for the end of what is under way; nothing of it is begun meanwhile."""
        async with self._one_at_a_time:
            yield

    async def aclose(self) -> None:
        """Gives up what is under way; waits for its end, a moment."""
        self._is_ending.set()
        await self._tasks.aclose()
        async with self._one_at_a_time:
            pass

    # -- what there is ---------------------------------------------------------------------------

    async def kept(self) -> KeptData:
        """Raises TracksideError when the folder can't be read."""
        folder, path = self._parts()

        def look() -> KeptData:
            size = sum(_size(path.with_name(path.name + ending)) for ending in ("", "-wal"))
            listed = [ListedBackup(backup, session_count(backup.path)) for backup in folder.backups()]
            logs = self._log_folder.iterdir() if self._log_folder and self._log_folder.is_dir() else ()
            return KeptData(size, tuple(listed), sum(map(_size, logs)))

        return await self._off_the_loop(look)

    async def latest(self) -> Backup | None:
        """The last one that has sessions in it and can be read."""
        kept = await self.kept() if self._folder is not None else KeptData(0, ())
        return next((entry.backup for entry in kept.backups if entry.session_count), None)

    # -- making one ------------------------------------------------------------------------------

    async def back_up_now(self) -> Backup:
        """A backup because the user wants one. Raises TracksideError."""
        folder, path = self._parts()
        await asyncio.to_thread(self._database.settle)
        async with self._one_at_a_time:
            backup = await self._as_wanted(lambda: self._made(path, folder, BackupKind.BY_HAND))
        self.changed.emit()
        return backup

    async def look_at_the_day(self) -> None:
        """Makes the day's backup if it is due. A failure is told once."""
        folder, path = self._parts()
        try:
            async with self._one_at_a_time:
                backup = await self._off_the_loop(
                    lambda: back_up_daily(path, folder, is_given_up=self._is_ending.is_set)
                )
        except TracksideError as error:
            if not self._has_failed:
                self._has_failed = True
                self.failed.emit(error.failure)
            return
        except BackupUnderWay:
            return  # the other window's will do
        self._has_failed = False
        if backup is not None:
            self.changed.emit()

    async def _daily(self) -> None:
        with contextlib.suppress(GivenUp):
            await asyncio.sleep(_FIRST_S)
            while True:
                await self.look_at_the_day()
                await asyncio.sleep(_EVERY_S)

    # -- back from one ---------------------------------------------------------------------------

    async def restore(self, backup: Backup) -> Backup | None:
        """Puts a backup's sessions in the place of today's, which are backed up first; returns that backup,
        or None when there was nothing to back up. Nothing may run in any session, and what was opened of
        them has to be forgotten afterwards.

        Raises TracksideError; nothing has changed then.
        """
        folder, path = self._parts()
        if await asyncio.to_thread(self._owner.has_company):
            raise TracksideError(
                Failure(
                    FailureKind.INPUT,
                    "Another Trackside uses these sessions just now.",
                    "Close it, then restore the backup.",
                )
            )
        await asyncio.to_thread(self._database.settle)
        async with self._one_at_a_time:
            before = await self._as_wanted(lambda: self._exchanged(path, folder, backup.path))
        self.changed.emit()
        return before

    def _exchanged(self, path: Path, folder: BackupFolder, backup: Path) -> Backup | None:
        before = None
        with prepared(backup, self._is_ending.is_set) as content:
            with contextlib.closing(reader(path)) as connection:
                is_worth_it = has_sessions(connection)
            if is_worth_it:
                before = self._made(path, folder, BackupKind.BEFORE_RESTORE, kept=backup)
            # The content's connection is used on the database's thread while this one waits for it.
            _outcome(self._database.bare(lambda db: restored(content, db)))
        # What was under way in it belongs to the past, even if it was this very process that ran it.
        others = self._owner.is_alive
        own = self._owner.token
        _outcome(self._database.write(lambda db: recover(db, lambda token: token != own and others(token))))
        return before

    # -- inside ----------------------------------------------------------------------------------

    def _parts(self) -> tuple[BackupFolder, Path]:
        if self._folder is None or self._database.path is None:
            raise TracksideError(
                Failure(FailureKind.STORAGE, "Nothing of this run is kept, so there are no backups of it.")
            )
        return self._folder, self._database.path

    def _made(
        self, path: Path, folder: BackupFolder, kind: BackupKind, *, kept: Path | None = None
    ) -> Backup:
        with contextlib.closing(reader(path)) as connection:
            return back_up(connection, folder, kind, is_given_up=self._is_ending.is_set, spared=kept)

    async def _as_wanted(self, work: Callable[[], T]) -> T:
        """What the user has asked for and waits for."""
        try:
            return await self._off_the_loop(work)
        except BackupUnderWay as error:
            raise TracksideError(
                Failure(
                    FailureKind.STORAGE,
                    "Another Trackside makes a backup of these sessions just now.",
                    "Try again in a moment.",
                )
            ) from error
        except GivenUp as error:
            raise asyncio.CancelledError from error  # the program ends

    async def _off_the_loop(self, work: Callable[[], T]) -> T:
        """Sees it through on another thread, and says in the user's words what went wrong."""
        try:
            return await seen_through(work, self._is_ending.set)
        except NoRoomError as error:
            raise TracksideError(_no_room(error.needed_bytes)) from error
        except OSError as error:
            raise TracksideError(_not_made(error.strerror or str(error), str(error))) from error
        except sqlite3.Error as error:
            raise TracksideError(self._not_copied(error)) from error

    def _not_copied(self, error: sqlite3.Error) -> Failure:
        name = getattr(error, "sqlite_errorname", "SQLite")
        detail = f"{name}: {error}"
        if is_corrupt(error) and self._database.path is not None:
            with contextlib.suppress(OSError):
                damage_mark(self._database.path).touch(mode=0o600)
            return Failure(
                FailureKind.STORAGE,
                "The session database is damaged, so no backup was made of it.",
                f"Restart Trackside: it sets it aside and offers the latest backup. {_KEPT}",
                detail,
            )
        if name.startswith("SQLITE_FULL"):
            return replace(_no_room(0), detail=detail)
        return _not_made(str(error), detail)


def _no_room(needed_bytes: int) -> Failure:
    need = f" It needs {size_words(needed_bytes)}." if needed_bytes else ""
    return Failure(
        FailureKind.STORAGE,
        f"The disk has no room for a backup of the sessions.{need}",
        f"{_KEPT} Trackside tries again as long as it runs.",
    )


def _not_made(reason: str, detail: str) -> Failure:
    return Failure(FailureKind.STORAGE, f"The sessions could not be backed up: {reason}.", _KEPT, detail)


def _outcome(future: Future[T]) -> T:
    return future.result()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
