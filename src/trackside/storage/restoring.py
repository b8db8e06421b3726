"""A backup's content back into the database: checked first, then all of it at once or nothing.

An older version's is brought up to date in a copy, so that the database and whoever else has it open never
see it between two versions.
"""

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.storage.backup import Asked, GivenUp, damaged, never, poured, reader
from trackside.storage.errors import is_busy, is_corrupt
from trackside.storage.migrations import MIGRATIONS
from trackside.storage.opening import migrated

_CHECK_STEPS = 20_000
_STAGED = ".restoring-"


@contextmanager
def prepared(backup: Path, is_given_up: Asked = never) -> Iterator[sqlite3.Connection]:
    """A connection to a backup's content in today's version. Blocks while it is checked, all of it.

    Raises TracksideError when the backup is damaged, missing, of a newer version or none at all, and GivenUp.
    The backup itself is never changed.
    """
    with contextlib.ExitStack() as opened:
        try:
            connection = opened.enter_context(contextlib.closing(reader(backup)))
            if _checked(connection, is_given_up) < len(MIGRATIONS):
                for left in backup.parent.glob(f"{_STAGED}*"):
                    shutil.rmtree(left, ignore_errors=True)  # by one that died on the way
                # Migrations write, and what they write to is a copy.
                name = opened.enter_context(tempfile.TemporaryDirectory(dir=backup.parent, prefix=_STAGED))
                copy = Path(name) / "sessions.db"
                shutil.copyfile(backup, copy)
                connection = opened.enter_context(contextlib.closing(_writer(copy)))
                migrated(connection)
        except sqlite3.Error as error:
            raise _refused(backup, error) from error
        except OSError as error:
            words = f"This backup can't be restored: {error.strerror or error}."
            raise TracksideError(
                Failure(FailureKind.STORAGE, words, "Nothing was changed.", f"{backup}: {error}")
            ) from error
        yield connection


def _writer(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def session_count(backup: Path) -> int | None:
    """How many sessions a backup has outside of its trash; None when it can't be read."""
    if not os.access(backup, os.R_OK):
        return None
    try:
        with contextlib.closing(reader(backup)) as connection:
            (count,) = connection.execute("SELECT count(*) FROM sessions WHERE trashed_at IS NULL").fetchone()
    except sqlite3.Error:
        return None
    return int(count)


def restored(backup: sqlite3.Connection, database: sqlite3.Connection) -> None:
    """Work for `Database.bare`: puts a prepared backup's content in the place of the database's.

    Raises TracksideError; the database is then as it was.
    """
    try:
        poured(backup, database)
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "")
        if name.startswith("SQLITE_FULL"):
            words = "The disk has no room to restore this backup."
        elif is_busy(error):
            words = "Another program holds the session database, so nothing could be restored."
        else:
            words = "The backup could not be restored."
        detail = f"{name or 'SQLite'}: {error}"
        raise TracksideError(Failure(FailureKind.STORAGE, words, "Nothing was changed.", detail)) from error
    # All of it has gone through the log, which would keep its size else.
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def _checked(connection: sqlite3.Connection, is_given_up: Asked) -> int:
    """The version of a sound backup."""
    connection.set_progress_handler(is_given_up, _CHECK_STEPS)
    try:
        (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        connection.execute("SELECT id FROM sessions LIMIT 1").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname == "SQLITE_INTERRUPT":
            raise GivenUp from error
        raise
    finally:
        connection.set_progress_handler(None, 0)
    if found != "ok":
        raise damaged(str(found))
    if version > len(MIGRATIONS):
        raise TracksideError(
            Failure(
                FailureKind.STORAGE,
                "This backup was made by a newer version of Trackside.",
                "Update Trackside to restore it. Nothing was changed.",
                f"database version {version}, this program knows {len(MIGRATIONS)}",
            )
        )
    return int(version)


def _refused(backup: Path, error: sqlite3.Error) -> TracksideError:
    name = getattr(error, "sqlite_errorname", "")
    if is_corrupt(error) or name == "SQLITE_ERROR":
        words = "This backup is damaged, so it was not restored."
    else:
        words = "This backup can't be read, so it was not restored."
    detail = f"{backup}: {name or 'SQLite'}: {error}"
    return TracksideError(
        Failure(FailureKind.STORAGE, words, "Nothing was changed. Choose another one.", detail)
    )
