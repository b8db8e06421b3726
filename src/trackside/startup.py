"""The data directory on the way to the window: log, database, and what has to be said of them.

Nothing heavy is imported up here: the newest sessions wait for it.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from trackside.diagnostics import open_log
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.domain.session import Session, new_id
from trackside.storage.database import Database
from trackside.storage.erasing import finish_if_begun
from trackside.storage.listing import SessionPage, newest
from trackside.storage.owners import Owner
from trackside.storage.paths import DataPaths
from trackside.storage.privacy import tighten
from trackside.storage.settings import LoadedSettings
from trackside.ui.main_window import MainWindow

if TYPE_CHECKING:
    import asyncio

    from trackside.instance.answering import Listener
    from trackside.instance.wire import Wish

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OpenedData:
    """What a data directory has given. `problem` is why nothing of this run's sessions is kept."""

    database: Database
    owner: Owner
    close_log: Callable[[], None]
    problem: Failure | None = None
    is_folder_usable: bool = True
    newest: SessionPage | None = None
    """The list's first page; None when it can't be read, which the next read says."""

    def close(self) -> None:
        """Finishes what is to be written. Blocks."""
        self.database.close()
        self.owner.release()
        self.close_log()


class DataOpening(QObject):
    """Opens the data directory on a thread of its own, with little imported, so that the newest sessions are
    listed before all that a chat needs is there."""

    done = Signal()

    def __init__(self, paths: DataPaths) -> None:
        super().__init__()
        self._paths = paths
        self._opened: Future[OpenedData] = Future()

    @property
    def newest(self) -> tuple[Session, ...]:
        """The newest sessions, as far as they have been read by now."""
        page = self._opened.result().newest if self._is_open else None
        return page.sessions if page is not None else ()

    def begin(self) -> None:
        threading.Thread(target=self._open, name="trackside-opening", daemon=True).start()

    def result(self) -> OpenedData:
        """Blocks until it is open."""
        return self._opened.result()

    def close(self) -> None:
        """Closes what has been opened. Blocks, also until it is open."""
        self._opened.result().close()

    @property
    def _is_open(self) -> bool:
        return self._opened.done() and self._opened.exception() is None

    def _open(self) -> None:
        try:
            self._opened.set_result(open_data(self._paths))
        except BaseException as error:  # noqa: BLE001 -- handed to whoever asks for the result
            self._opened.set_exception(error)
        self.done.emit()


def open_data(paths: DataPaths) -> OpenedData:
    """Opens log and database, or a database in memory where nothing can be kept. Blocks."""
    problem = None
    unerased = finish_if_begun(paths)
    try:
        paths.create()
    except TracksideError as error:
        problem = error.failure
    is_folder_usable = problem is None
    close_log = open_log(paths.log if is_folder_usable else None)
    if unerased is not None:
        _log.warning("what was to be deleted is still there: %s", unerased.strerror)
    if is_folder_usable and (wide := tighten(paths)):
        _log.warning("other users may look into %d files of the data folder", len(wide))
    token = new_id()
    if problem is None:
        database = Database(paths.database)
        try:
            database.wait_until_opened()
            owner = Owner(paths.instances, token)
            return OpenedData(database, owner, close_log, newest=_newest(database))
        except TracksideError as error:
            problem = error.failure
        except OSError as error:
            problem = Failure(FailureKind.STORAGE, f"{paths.root} can't be used.", detail=str(error))
        database.close()
    database = Database(None)
    database.wait_until_opened()
    return OpenedData(database, Owner(None, token), close_log, problem, is_folder_usable)


def _newest(database: Database) -> SessionPage | None:
    with contextlib.suppress(TracksideError):
        return database.read(newest).result()
    return None


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
    import asyncio

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
