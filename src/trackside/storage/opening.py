"""Opens the database file: only a whole one of a version that this program knows, and as it should be."""

import contextlib
import os
import sqlite3
import time
from pathlib import Path

from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.storage.errors import is_busy
from trackside.storage.files import name_aside
from trackside.storage.migrations import MIGRATIONS

_SHORT_S = 0.01
_SIDE_FILES = ("", "-wal", "-shm")
_SMALLEST_BYTES = 512
_DAMAGE_MARK = ".damaged"


def connected(path: Path | None, busy_timeout_s: float) -> sqlite3.Connection:
    """A connection to a database that is there, whole and of this version. Raises TracksideError for a newer
    one and sqlite3.DatabaseError for a damaged one, both of them untouched."""
    if path is not None and not path.exists():
        # Created here with its permissions, so that it is private from its first byte on.
        with contextlib.suppress(OSError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    if path is not None and _is_no_database(path):
        # Found before SQLite is let at it, which would clear the write-ahead log away.
        raise _corrupt("its header is no database's")
    connection = sqlite3.connect(
        path or ":memory:",
        timeout=busy_timeout_s,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        # Before anything that writes: a newer version's file is left as it is.
        _refuse_newer(connection)
        if path is not None and damage_mark(path).exists():
            _refuse_damaged(connection)
        _use_write_ahead_log(connection, busy_timeout_s)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        _migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _use_write_ahead_log(connection: sqlite3.Connection, busy_timeout_s: float) -> None:
    """Two that begin a new database at once meet here, and SQLite refuses one of them without waiting."""
    end_s = time.monotonic() + busy_timeout_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() >= end_s:
                raise
            time.sleep(_SHORT_S)
        else:
            return


def damage_mark(path: Path) -> Path:
    """An empty file beside a database in which damage was met: only then is it worth its time to check the
    whole of it on opening."""
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


def moved_aside(path: Path) -> Path:
    """Renames a damaged database with all that belongs to it; nothing of it is overwritten or lost."""
    target = name_aside(path)
    for ending in _SIDE_FILES:
        source = path.with_name(path.name + ending)
        if source.exists():
            source.rename(target.with_name(target.name + ending))
    return target
