"""Looks at the session database as it lies on the disk, without changing, mending or moving anything.

With a connection of its own that can only read, so that a damaged database, or one of a newer version, can be
looked at, too, and one that the window has open.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from trackside.domain.failure import Failure
from trackside.storage.file_lock import lock
from trackside.storage.migrations import MIGRATIONS

KNOWN_VERSION = len(MIGRATIONS)
_MOST_SCANNED = 20_000
"""Attempts that are looked through for failures, from the newest on."""
_BUSY_TIMEOUT_S = 1.0


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """`check` is “ok”, what SQLite found, or nothing when its time was up. Sizes are in bytes."""

    file_bytes: int
    log_bytes: int
    version: int
    page_size: int
    sessions: int
    turns: int
    check: str


@dataclass(frozen=True, slots=True)
class KeptFailure:
    """An attempt's failure, as it was kept, and when the attempt began."""

    failure: Failure
    at: datetime | None
    connection_id: str


def inspected(path: Path, limit_s: float) -> DatabaseFacts:
    """Raises FileNotFoundError, another OSError or sqlite3.Error. Blocks for `limit_s` at most, apart from a
    disk that doesn't answer."""
    file_bytes = path.stat().st_size
    log = path.with_name(path.name + "-wal")
    log_bytes = log.stat().st_size if log.exists() else 0
    with _read_only(path, limit_s) as db:

        def value(sql: str) -> int:
            return int(db.execute(sql).fetchone()[0])

        version, page_size = value("PRAGMA user_version"), value("PRAGMA page_size")
        sessions, turns = value("SELECT count(*) FROM sessions"), value("SELECT count(*) FROM turns")
        try:
            (check,) = db.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname != "SQLITE_INTERRUPT":
                raise
            check = ""
    return DatabaseFacts(file_bytes, log_bytes, version, page_size, sessions, turns, str(check))


def kept_failures(path: Path, most: int, limit_s: float) -> list[KeptFailure]:
    """The failures of the newest attempts, the latest first. Raises as `inspected`."""
    path.stat()
    found = []
    with _read_only(path, limit_s) as db:
        rows = db.execute(
            "SELECT failure, started_at, connection_id FROM (SELECT rowid AS number, turn_id, failure, "
            "started_at FROM attempts ORDER BY rowid DESC LIMIT ?) "
            "JOIN turns ON turns.id = turn_id JOIN sessions ON sessions.id = session_id "
            "WHERE failure IS NOT NULL ORDER BY number DESC LIMIT ?",
            (_MOST_SCANNED, most),
        )
        for text, started_at, connection_id in rows:
            try:
                failure = msgspec.json.decode(text, type=Failure)
                at = datetime.fromisoformat(started_at) if started_at else None
            except (msgspec.DecodeError, ValueError):
                continue  # what a damaged row said helps nobody
            found.append(KeptFailure(failure, at, str(connection_id)))
    return found


@contextmanager
def _read_only(path: Path, limit_s: float) -> Iterator[sqlite3.Connection]:
    address = f"{path.absolute().as_uri()}?mode=ro"
    connection = sqlite3.connect(
        address, uri=True, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )
    limit = threading.Timer(limit_s, connection.interrupt)
    limit.daemon = True
    with closing(connection):
        limit.start()
        try:
            yield connection
        finally:
            limit.cancel()
            limit.join()  # it must not interrupt what is closed


def processes_at_work(instances: Path) -> int:
    """How many processes, this one included, use these sessions just now. The marks of the dead stay.

    Raises OSError when the folder can't be read.
    """
    alive = 0
    for path in instances.glob("*.lock"):
        try:
            with path.open("r+b") as file:
                lock(file)
        except FileNotFoundError:
            continue
        except OSError:
            alive += 1
    return alive
