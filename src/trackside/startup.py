"""The data directory on the way to the window: folders, database, and what has to be said of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.domain.session import new_id
from trackside.storage.database import Database
from trackside.storage.owners import Owner
from trackside.storage.paths import DataPaths
from trackside.storage.settings import LoadedSettings
from trackside.ui.main_window import MainWindow

if TYPE_CHECKING:
    from trackside.instance.answering import Listener
    from trackside.instance.wire import Wish

_log = logging.getLogger(__name__)


def prepare_folders(paths: DataPaths) -> Failure | None:
    """Makes the data directory, or says why that can't be done."""
    try:
        paths.create()
    except TracksideError as error:
        return error.failure
    return None


async def open_database(paths: DataPaths, problem: Failure | None) -> tuple[Database, Owner, Failure | None]:
    """The session database, or one in memory with the reason why nothing is kept."""
    token = new_id()
    if problem is None:
        database = Database(paths.database)
        try:
            await database.opened()
            return database, await asyncio.to_thread(Owner, paths.instances, token), None
        except TracksideError as error:
            problem = error.failure
        except OSError as error:
            problem = Failure(FailureKind.STORAGE, f"{paths.root} can't be used.", detail=str(error))
        await asyncio.to_thread(database.close)
    database = Database(None)
    await database.opened()
    return database, Owner(None, token), problem


def start_problems(problem: Failure | None, loaded: LoadedSettings) -> list[Failure]:
    """What has to be said of the data directory before anything is asked."""
    found = []
    if problem is not None:
        advice = f"{problem.advice} Until then, nothing of this run is kept.".strip()
        found.append(replace(problem, advice=advice))
    if loaded.problem:
        found.append(Failure(FailureKind.STORAGE, loaded.problem))
    return found


def damage_found(database: Database) -> Failure | None:
    """What has to be said of a database that was damaged; a backup can take its place."""
    if database.set_aside is None:
        return None
    return Failure(
        FailureKind.STORAGE,
        "The session database was damaged, so a new one was begun.",
        f"The damaged one is kept as {database.set_aside.name}.",
        str(database.set_aside),
    )


UNANSWERED = Failure(
    FailureKind.INPUT,
    "Another window has these sessions open, but it doesn't answer.",
    "This is a second one on the same sessions. Whatever is asked in either is kept.",
)


async def answer_later_starts(paths: DataPaths, come_forward: Callable[[Wish], None]) -> Listener | None:
    """Listens for windows that are started later; None when that can't be done, and each has its own then."""
    from trackside.instance.answering import Listener

    listener = Listener(paths)
    listener.wanted.connect(come_forward)
    try:
        if listener.listen():
            await asyncio.to_thread(listener.publish)
            return listener
        _log.warning("later starts can't be listened for")
    except OSError as error:
        _log.warning("later starts can't be listened for: %s", error.strerror)
    listener.close()
    return None


class SandboxFolder:
    """Where the sandbox remembers its sessions; used by one window at a time."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._lock: Owner | None = None

    def take(self) -> Path | None:
        """The folder, or None while another window's sandbox uses it, or nothing can be kept."""

        if self._folder is None:
            return None
        try:
            self._lock = self._lock or Owner(self._folder, "in-use")
        except OSError:
            return None
        return self._folder

    def release(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def tell_in_loop(loop: asyncio.AbstractEventLoop, window: MainWindow, error: BaseException) -> None:
    """A failed save is reported on the database's thread; widgets live on this one."""
    if isinstance(error, TracksideError):
        loop.call_soon_threadsafe(window.notices.show_failure, error.failure)
    else:
        _log.error("saving failed unexpectedly", exc_info=error)
