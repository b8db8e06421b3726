"""One SQLite connection on one thread; everybody else hands it work and gets a future."""

import contextlib
import logging
import queue
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.storage.errors import UNEXPECTED, is_corrupt, is_passing, storage_error
from trackside.storage.opening import connected, damage_mark, moved_aside
from trackside.storage.paths import unwritable

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

_BUSY_TIMEOUT_S = 5.0
_AGAIN_S = 3.0
_log = logging.getLogger(__name__)


class Database:
    """Serial access to the session database.

    `write` runs its work in one transaction and returns at once; the future is for those who must know.
    Work submitted first is done first, so a save can't overtake an earlier one.

    A write-ahead log, since readers (another window, a backup) must not wait for a writer nor it for them.
    synchronous FULL: the log is synced at every commit, so that one survives a power cut; with NORMAL it is
    synced at checkpoints alone, and a power cut takes the last minutes of a conversation. It costs 0.2 ms
    (p99 1.1), off the UI thread. Checkpoints come at SQLite's own 1,000 pages (4 MB): about what the journal
    and the fold of a 1 MB answer write, so that most of its pages reach the file once. At 250 pages a tenth
    more is written (7.6 MB instead of 6.9), at 4,000 nothing less.
    """

    def __init__(self, path: Path | None, *, busy_timeout_s: float = _BUSY_TIMEOUT_S) -> None:
        """`path` None keeps everything in memory, for when nothing can be written. `busy_timeout_s` is how
        long to wait for another process that writes."""
        self.path = path
        self._busy_timeout_s = busy_timeout_s
        self.set_aside: Path | None = None
        """Where a corrupt database was put, if one was found on opening."""
        self.on_change: Callable[[], None] = _nothing
        """Called on the database's thread after every write that was kept. It must not raise."""
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
        await _awaited(self._opened)

    def wait_until_opened(self) -> None:
        """As `opened`, for who has a thread to wait on. Blocks."""
        self._opened.result()

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
        return await _awaited(self.read(work))

    async def store(self, work: Work[T]) -> T:
        """Awaits a write. A cancelled caller does not cancel the write."""
        return await _awaited(self.write(work))

    def bare(self, work: Work[T]) -> Future[T]:
        """Runs `work` with no transaction around it, for what SQLite refuses inside of one. It has to leave
        the database whole by itself, also when it raises."""
        return self._submit(lambda: work(self._open_connection()))

    def begun_anew(self, clear: Callable[[], None]) -> Future[None]:
        """Closes the database, calls `clear`, which may delete its files, and opens it again: a new one where
        there is none. What waited to be kept is given up. When `clear` raises, what is left is opened."""

        def work() -> None:
            self._waiting.clear()
            if self._connection is not None:
                self._connection.close()
                self._connection = None
            try:
                clear()
            finally:
                self._open()

        return self._submit(work)

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
                if is_corrupt(error):
                    self._mark_damage()
                told = storage_error(error, self.path)
                told.__cause__ = error
                if told.failure.headline == UNEXPECTED[0]:
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
            if not is_passing(error):
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
                if isinstance(error, sqlite3.Error) and is_passing(error):
                    self._next_try = time.monotonic() + _AGAIN_S
                    raise
                refused = refused or error
            self._waiting.popleft()
        if refused is not None:
            raise refused

    def _in_transaction(self, begin: str, work: Work[T]) -> T:
        connection = self._open_connection()
        connection.execute(begin)
        try:
            result = work(connection)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        if begin != "BEGIN":
            self.on_change()
        return result

    def _open_connection(self) -> sqlite3.Connection:
        if self._connection is None:
            raise TracksideError(
                Failure(FailureKind.STORAGE, "The session database is not open.", "Restart Trackside.")
            )
        return self._connection

    def _open(self) -> None:
        try:
            self._open_or_begin_anew()
        except sqlite3.Error as error:
            raise storage_error(error, self.path, is_opening=True) from error

    def _open_or_begin_anew(self) -> None:
        try:
            self._connection = connected(self.path, self._busy_timeout_s)
        except sqlite3.DatabaseError as error:
            if not is_corrupt(error) or self.path is None:
                raise
            try:
                self.set_aside = moved_aside(self.path)
            except OSError as reason:
                raise unwritable(self.path.parent, reason) from error
            _log.warning("the session database was corrupt and has been set aside")
            self._connection = connected(self.path, self._busy_timeout_s)
        if self.path is not None:
            with contextlib.suppress(OSError):
                damage_mark(self.path).unlink(missing_ok=True)

    def _mark_damage(self) -> None:
        if self.path is not None and self._connection is not None:
            with contextlib.suppress(OSError):
                damage_mark(self.path).touch(mode=0o600)

    def _shut(self) -> None:
        if self._waiting:
            self._settle_quietly()
            if self._waiting:
                _log.error("%d saves could not be done before the end", len(self._waiting))
        if self._connection is not None:
            self._connection.close()
            self._connection = None


async def _awaited(future: Future[T]) -> T:
    """Waits without cancelling the work along with whoever waits for it."""
    import asyncio  # the first sessions are read before there is a loop

    return await asyncio.shield(asyncio.wrap_future(future))


def _nothing() -> None:
    return None
