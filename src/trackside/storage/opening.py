"""Opens the database file: only a whole one of a version that this program knows, and as it should be."""

import contextlib
import os
import sqlite3
import time
from pathlib import Path

from trackside.domain.backup import BackupKind, size_words
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.storage.backup import NoRoomError, Unneeded, back_up, damaged, has_sessions
from trackside.storage.backup_folder import BackupFolder, BackupUnderWay
from trackside.storage.errors import is_busy, is_corrupt
from trackside.storage.files import name_aside
from trackside.storage.migrations import MIGRATIONS

_SHORT_S = 0.01
_OTHERS_BACKUP_S = 60.0
"""How long another process may take to back up a large database."""
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
        raise damaged("its header is no database's")
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
        _write_little(connection)
        if path is not None:
            _back_up_before_migration(connection, BackupFolder(path.parent / "backups"))
        migrated(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _write_little(connection: sqlite3.Connection) -> None:
    """Settings that differ from build to build, as they suit what is written most: an answer's journal, and
    its end. Together they save a tenth of it.

    What a statement may have to undo is kept in memory, not in a file that nobody else needs; nor do parts of
    questions and answers get into a folder for temporary files. What is deleted is overwritten with zeros
    where a page is written anyway, not in pages that are free then: a journal's are an answer's soon.
    Pages of 4 KB and a checkpoint every 1,000 pages stay: an answer of a minute is checkpointed once, at its
    end, when its pages have taken the place of its journal's; see rows.save_attempt.
    """
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA secure_delete = FAST").fetchone()


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
        raise damaged(str(found))


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


def _refuse_newer(connection: sqlite3.Connection) -> None:
    if (version := _version(connection)) > len(MIGRATIONS):
        raise TracksideError(
            Failure(
                FailureKind.STORAGE,
                "The sessions were last used by a newer version of Trackside.",
                "Update Trackside, or choose another folder with --data-dir. Nothing was changed.",
                f"database version {version}, this program knows {len(MIGRATIONS)}",
            )
        )


def _back_up_before_migration(connection: sqlite3.Connection, folder: BackupFolder) -> None:
    """Keeps sessions as they are before they are brought to another version.

    Where that can't be done, they are left as they are: a migration is the one moment in which a fault of
    ours could reach all of them at once, and a disk that has no room for a backup has none for new answers
    either. Raises TracksideError then.
    """
    end_s = time.monotonic() + _OTHERS_BACKUP_S
    while _is_worth_a_backup(connection):
        try:
            back_up(
                connection,
                folder,
                BackupKind.BEFORE_VERSION,
                version=len(MIGRATIONS),
                is_needed=_is_worth_a_backup,
            )
        except Unneeded:
            return
        except BackupUnderWay as error:
            # Another process that was started at the same time; soon the version is another one.
            if time.monotonic() >= end_s:
                raise _not_backed_up("another program makes a backup", "") from error
            time.sleep(_SHORT_S)
        except NoRoomError as error:
            room = f"Free {size_words(error.needed_bytes)} on the disk of {folder.path.parent}."
            raise _not_backed_up("the disk is full", room) from error
        except OSError as error:
            reason = f"{error.filename or folder.path}: {error.strerror or error}"
            raise _not_backed_up(reason, "Mend that.") from error
        except sqlite3.Error as error:
            if is_corrupt(error):
                raise
            raise _not_backed_up(str(error), f"Look into {folder.path}.") from error
        else:
            return


def _is_worth_a_backup(connection: sqlite3.Connection) -> bool:
    return _version(connection) < len(MIGRATIONS) and has_sessions(connection)


def _not_backed_up(reason: str, what: str) -> TracksideError:
    advice = f"{what} Then start Trackside again. Nothing was changed.".strip()
    headline = f"The sessions have to be backed up before this version can use them, but {reason}."
    return TracksideError(Failure(FailureKind.STORAGE, headline, advice, reason))


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def migrated(connection: sqlite3.Connection) -> None:
    """Brings a database to today's version, a transaction for each. Raises sqlite3.Error."""
    version = _version(connection)
    for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
        try:
            connection.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {number}; COMMIT;")
        except sqlite3.OperationalError:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            # A second process may have migrated between our look and our script.
            if _version(connection) < number:
                raise


def moved_aside(path: Path) -> Path:
    """Renames a damaged database with all that belongs to it; nothing of it is overwritten or lost."""
    target = name_aside(path)
    for ending in _SIDE_FILES:
        source = path.with_name(path.name + ending)
        if source.exists():
            source.rename(target.with_name(target.name + ending))
    return target
