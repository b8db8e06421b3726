"""One SQLite connection on one thread; everybody else hands it work and gets a future."""

import asyncio
import contextlib
import logging
import os
import queue
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.storage.migrations import MIGRATIONS
from trackside.storage.paths import unwritable

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

_BUSY_TIMEOUT_S = 5.0
_AGAIN_S = 3.0
_SHORT_S = 0.01
_SIDE_FILES = ("", "-wal", "-shm")
_SMALLEST_BYTES = 512
_DAMAGE_MARK = ".damaged"
"""Ending of an empty file beside a database in which damage was met: only then is it worth its time to
check the whole of it on opening."""
_log = logging.getLogger(__name__)


class Database:
    """Serial access to the session database.

    `write` runs its work in one transaction and returns at once; the future is for those who must know.
    Work submitted first is done first, so a save can't overtake an earlier one. WAL with synchronous
    FULL: a commit survives a power cut and still costs about a millisecond, off the UI thread.
    """

    def __init__(self, path: Path | None, *, busy_timeout_s: float = _BUSY_TIMEOUT_S) -> None:
        """`path` None keeps everything in memory, for when nothing can be written. `busy_timeout_s` is how
        long to wait for another process that writes."""
        self.path = path
        self._busy_timeout_s = busy_timeout_s
        self.set_aside: Path | None = None
        """Where a corrupt database was put, if one was found on opening."""
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._connection: sqlite3.Connection | None = None
        self._waiting: deque[Work[None]] = deque()
        self._next_try = 0.0
        self._is_closed = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._serve, name="trackside-database", daemon=True)
        self._thread.start()
        self._opened = self._submit(self._open)

    async def opened(self) -> None:
        """Waits until the database is usable; raises TracksideError when it can't be."""
        await asyncio.shield(asyncio.wrap_future(self._opened))

    def write(self, work: Work[T]) -> Future[T]:
        """Runs `work` in a transaction; its changes are kept as a whole or not at all."""
        return self._submit(lambda: self._in_transaction("BEGIN IMMEDIATE", work))

    def keep(self, work: Work[None]) -> Future[None]:
        """A write that is not given up: when the disk is full or another program holds the database, it
        waits in its place before all later ones and is tried again. Its future fails at the first try."""
        return self._submit(lambda: self._keep(work))

    @property
    def unsaved(self) -> int:
        """How many kept writes still wait to be done."""
        return len(self._waiting)

    def read(self, work: Work[T]) -> Future[T]:
        """Runs `work` on one consistent state of the database."""
        return self._submit(lambda: self._in_transaction("BEGIN", work))

    async def fetch(self, work: Work[T]) -> T:
        """Awaits a read."""
        return await asyncio.shield(asyncio.wrap_future(self.read(work)))

    async def store(self, work: Work[T]) -> T:
        """Awaits a write. A cancelled caller does not cancel the write."""
        return await asyncio.shield(asyncio.wrap_future(self.write(work)))

    def settle(self) -> None:
        """Tries at once what waits; raises TracksideError when it can't be done. Blocks."""
        self._next_try = 0.0
        self._submit(self._settle).result()

    def close(self) -> None:
        """Finishes all submitted work, then closes. Blocks: call it off the loop."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            self._work.put(self._shut)
            self._work.put(None)
        self._thread.join()

    # -- on the database's thread ----------------------------------------------------------------

    def _submit(self, job: Callable[[], T]) -> Future[T]:
        future: Future[T] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(job())
            except sqlite3.Error as error:
                if _is_corrupt(error):
                    self._mark_damage()
                told = storage_error(error, self.path)
                if told.failure.headline == _UNEXPECTED[0]:
                    _log.error("the session database refused some work", exc_info=error)
                future.set_exception(told)
            except BaseException as error:  # noqa: BLE001 -- handed to whoever asked, not swallowed
                future.set_exception(error)

        with self._lock:
            if self._is_closed:
                future.set_exception(RuntimeError("the database is closed"))
            else:
                self._work.put(run)
        return future

    def _serve(self) -> None:
        while True:
            try:
                job = self._work.get(timeout=_AGAIN_S if self._waiting else None)
            except queue.Empty:
                self._settle_quietly()
                continue
            if job is None:
                return
            job()

    def _keep(self, work: Work[None]) -> None:
        if self._waiting and time.monotonic() < self._next_try:
            # It was tried a moment ago. Trying for each would make reads wait behind every one of them.
            self._waiting.append(work)
            return
        self._waiting.append(work)
        self._settle()

    def _settle_quietly(self) -> None:
        """Of a passing trouble its first try has told; this thread must outlive any other."""
        try:
            self._settle()
        except sqlite3.Error as error:
            if not _is_passing(error):
                _log.error("a save that had to wait was refused", exc_info=error)
        except Exception:  # noqa: BLE001 -- the top of the thread
            _log.exception("a save that had to wait failed")

    def _settle(self) -> None:
        """Does what waits, in order. What fails for a passing reason stays, and all behind it; anything else
        is dropped, so that it holds nothing up, and raised when the rest is done."""
        refused: BaseException | None = None
        while self._waiting:
            try:
                self._in_transaction("BEGIN IMMEDIATE", self._waiting[0])
            except BaseException as error:
                if isinstance(error, sqlite3.Error) and _is_passing(error):
                    self._next_try = time.monotonic() + _AGAIN_S
                    raise
                refused = refused or error
            self._waiting.popleft()
        if refused is not None:
            raise refused

    def _in_transaction(self, begin: str, work: Work[T]) -> T:
        connection = self._connection
        if connection is None:
            raise TracksideError(
                Failure(FailureKind.STORAGE, "The session database is not open.", "Restart Trackside.")
            )
        connection.execute(begin)
        try:
            result = work(connection)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return result

    def _open(self) -> None:
        try:
            self._open_or_begin_anew()
        except sqlite3.Error as error:
            raise storage_error(error, self.path, is_opening=True) from error

    def _open_or_begin_anew(self) -> None:
        try:
            self._connection = self._connected()
        except sqlite3.DatabaseError as error:
            if not _is_corrupt(error) or self.path is None:
                raise
            try:
                self.set_aside = _moved_aside(self.path)
            except OSError as reason:
                raise unwritable(self.path.parent, reason) from error
            _log.warning("the session database was corrupt and has been set aside")
            self._connection = self._connected()
        if self.path is not None:
            with contextlib.suppress(OSError):
                _damage_mark(self.path).unlink(missing_ok=True)

    def _mark_damage(self) -> None:
        if self.path is not None and self._connection is not None:
            with contextlib.suppress(OSError):
                _damage_mark(self.path).touch(mode=0o600)

    def _connected(self) -> sqlite3.Connection:
        if self.path is not None and not self.path.exists():
            # Created here with its permissions, so that it is private from its first byte on.
            with contextlib.suppress(OSError):
                os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        if self.path is not None and _is_no_database(self.path):
            # Found before SQLite is let at it, which would clear the write-ahead log away.
            raise _corrupt("its header is no database's")
        connection = sqlite3.connect(
            self.path or ":memory:",
            timeout=self._busy_timeout_s,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            # Before anything that writes: a newer version's file is left as it is.
            _refuse_newer(connection)
            if self.path is not None and _damage_mark(self.path).exists():
                _refuse_damaged(connection)
            self._use_write_ahead_log(connection)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            _migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _use_write_ahead_log(self, connection: sqlite3.Connection) -> None:
        """Two that begin a new database at once meet here, and SQLite refuses one of them without waiting."""
        end_s = time.monotonic() + self._busy_timeout_s
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL").fetchone()
            except sqlite3.OperationalError as error:
                if not _is_busy(error) or time.monotonic() >= end_s:
                    raise
                time.sleep(_SHORT_S)
            else:
                return

    def _shut(self) -> None:
        if self._waiting:
            self._settle_quietly()
            if self._waiting:
                _log.error("%d saves could not be done before the end", len(self._waiting))
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _damage_mark(path: Path) -> Path:
    return path.with_name(path.name + _DAMAGE_MARK)


def _refuse_damaged(connection: sqlite3.Connection) -> None:
    """Raises an error of kind SQLITE_CORRUPT when the check finds something."""
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise _corrupt(str(found))


def _is_no_database(path: Path) -> bool:
    """Whether a file can't be a database; an empty one can, but not beside a log that has something.

    The log is looked at first: a database that another process begins just now has its first page before
    its log. And SQLite looks into the file, since closing it ourselves would drop this process's locks.
    """
    try:
        log_size = _size(path.with_name(path.name + "-wal"))
        size = _size(path)
        if size < _SMALLEST_BYTES:
            return size > 0 or log_size > 0
        probe = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    except (OSError, sqlite3.Error):
        return False  # what is wrong with it, will be said when it is opened
    try:
        probe.execute("PRAGMA schema_version").fetchone()
    except sqlite3.DatabaseError as error:
        return error.sqlite_errorname == "SQLITE_NOTADB"
    finally:
        probe.close()
    return False


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _corrupt(why: str) -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError(why)
    error.sqlite_errorname = "SQLITE_CORRUPT"
    return error


def _refuse_newer(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        raise TracksideError(
            Failure(
                FailureKind.STORAGE,
                "The sessions were last used by a newer version of Trackside.",
                "Update Trackside, or choose another folder with --data-dir. Nothing was changed.",
                f"database version {version}, this program knows {len(MIGRATIONS)}",
            )
        )


def _migrate(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
        try:
            connection.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {number}; COMMIT;")
        except sqlite3.OperationalError:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            # A second process may have migrated between our look and our script.
            (now_at,) = connection.execute("PRAGMA user_version").fetchone()
            if now_at < number:
                raise


_PASSING = ("BUSY", "LOCKED", "FULL", "IOERR", "READONLY", "CANTOPEN", "PERM", "NOMEM")


def _is_passing(error: sqlite3.Error) -> bool:
    """Whether the same write can succeed later: the trouble lies with the disk or another program."""
    name: str = getattr(error, "sqlite_errorname", "")
    return name.removeprefix("SQLITE_").startswith(_PASSING)


def _is_busy(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def _is_corrupt(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))


def _moved_aside(path: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    target = path.with_name(f"{path.name}.broken-{stamp}")
    number = 1
    while target.exists():
        number += 1
        target = path.with_name(f"{path.name}.broken-{stamp}-{number}")
    for ending in _SIDE_FILES:
        source = path.with_name(path.name + ending)
        if source.exists():
            source.rename(target.with_name(target.name + ending))
    return target


_AGAIN = "They are kept in memory and saved as soon as that is possible."
_UNEXPECTED = ("Saving the session failed.", "The log has the details.")


def storage_error(error: sqlite3.Error, path: Path | None, *, is_opening: bool = False) -> TracksideError:
    """What an SQLite error means to the user. On opening there is nothing yet that could be saved later."""
    unsaved, advice = (
        ("", "Mend that, then start Trackside again.")
        if is_opening
        else (", so the latest changes are not saved yet", _AGAIN)
    )
    name = getattr(error, "sqlite_errorname", "")
    where = str(path) if path else "memory"
    if name.startswith("SQLITE_FULL"):
        words = (f"The disk is full{unsaved}.", advice)
    elif name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        words = (f"The sessions in {where} can't be written.", "Mend its permissions, or use --data-dir.")
    elif _is_busy(error):
        words = (f"Another program holds the session database{unsaved}.", advice)
    elif _is_corrupt(error):
        words = ("The session database is damaged.", "Restart Trackside: it sets it aside and goes on.")
    elif name.startswith("SQLITE_IOERR"):
        words = (f"Reading or writing {where} failed.", "Check the disk.")
    else:
        words = _UNEXPECTED
    return TracksideError(Failure(FailureKind.STORAGE, *words, detail=f"{name or 'SQLite'}: {error}"))
