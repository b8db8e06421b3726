"""A connection and a thread of the search's own: it never waits for a save, nor a save for it."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from trackside.storage.errors import storage_error

T = TypeVar("T")
_CACHE_KB = 16_000
"""What one search after the other reads: the words of the newest texts, mostly."""


class SearchReader:
    """Reads a database file that somebody else has opened and keeps open. One reading at a time; thread and
    connection come with the first."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="trackside-search")
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.Lock()
        self._current = 0
        """The reading that counts: an older one is over, whether it has begun or not."""

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        """What `work` reads of one state of the database; None when `leave` or another `read` came before it
        was done. Raises TracksideError."""
        number = self.leave()
        reading = asyncio.wrap_future(self._executor.submit(self._read, work, number))
        try:
            return await reading
        except asyncio.CancelledError:
            if number == self._current:
                self.leave()
            raise

    def leave(self) -> int:
        """Ends what is being read, as soon as it notices."""
        with self._lock:
            self._current += 1
            if self._connection is not None:
                self._connection.interrupt()
            return self._current

    def close(self) -> None:
        """Blocks until nothing is read any more; call it off the loop."""
        self.leave()
        self._executor.submit(self._close)
        self._executor.shutdown()

    def _read(self, work: Callable[[sqlite3.Connection], T], number: int) -> T | None:
        try:
            connection = self._opened()
            # An interrupt reaches a running statement only; between two, this is asked every 1,000 steps.
            connection.set_progress_handler(lambda: number != self._current, 1_000)
            connection.execute("BEGIN")
            try:
                return work(connection)
            finally:
                connection.set_progress_handler(None, 0)
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            if number != self._current:
                return None
            raise storage_error(error, self.path) from error

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            connection = sqlite3.connect(
                f"{self.path.absolute().as_uri()}?mode=ro",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
            )
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
            with self._lock:
                self._connection = connection
        return self._connection

    def _close(self) -> None:
        with self._lock:
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
