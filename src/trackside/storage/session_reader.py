"""Sessions read one after another by whoever may wait for them: a thread or a process of its own."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from trackside.storage import rows
from trackside.storage.database import Database
from trackside.storage.errors import storage_error
from trackside.storage.listing import turn_count
from trackside.storage.rows import SessionDetail

T = TypeVar("T")
_BUSY_TIMEOUT_S = 5.0
_FEW = 200
"""Up to so many sessions are counted one by one."""


class _Read(Protocol):
    def __call__(self, work: Callable[[sqlite3.Connection], T], /) -> T: ...


class SessionReader:
    """Reads and waits. All of it raises TracksideError when the database can't be read."""

    def __init__(self, read: _Read) -> None:
        self._read = read

    @classmethod
    def of(cls, database: Database) -> "SessionReader":
        """Reads through a database that is open already."""

        def read(work: Callable[[sqlite3.Connection], T]) -> T:
            return database.read(work).result()

        return cls(read)

    @classmethod
    @contextmanager
    def opened(cls, path: Path) -> Iterator["SessionReader"]:
        """Reads a database file that another process has open, and changes nothing of it."""
        try:
            connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_BUSY_TIMEOUT_S, isolation_level=None
            )
        except sqlite3.Error as error:
            raise storage_error(error, path, is_opening=True) from error

        def read(work: Callable[[sqlite3.Connection], T]) -> T:
            try:
                connection.execute("BEGIN")
                try:
                    return work(connection)
                finally:
                    connection.execute("ROLLBACK")
            except sqlite3.Error as error:
                raise storage_error(error, path, is_opening=True) from error

        try:
            yield cls(read)
        finally:
            connection.close()

    def ids(self, connection_id: str = "") -> list[str]:
        """All sessions that are not in the trash, the latest first; of one connection where that is given."""

        def work(db: sqlite3.Connection) -> list[str]:
            found = db.execute(
                "SELECT id FROM sessions WHERE trashed_at IS NULL AND ? IN ('', connection_id) "
                "ORDER BY updated_at DESC, id DESC",
                (connection_id,),
            )
            return [str(id_) for (id_,) in found]

        return self._read(work)

    def turn_counts(self, session_ids: Sequence[str]) -> dict[str, int]:
        """How many turns each of these has. One that isn't there is left out."""

        def work(db: sqlite3.Connection) -> dict[str, int]:
            if len(session_ids) <= _FEW:
                there = [
                    each
                    for each in session_ids
                    if db.execute("SELECT 1 FROM sessions WHERE id = ?", (each,)).fetchone()
                ]
                return {each: turn_count(db, each) for each in there}
            counts = {str(id_): 0 for (id_,) in db.execute("SELECT id FROM sessions")}
            counts |= dict(db.execute("SELECT session_id, count(*) FROM turns GROUP BY session_id"))
            return {each: counts[each] for each in session_ids if each in counts}

        return self._read(work)

    def session(self, session_id: str) -> SessionDetail | None:
        """A session with its turns."""
        return self._read(lambda db: rows.detail(db, session_id))
