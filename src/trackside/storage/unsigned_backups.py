"""Takes signed addresses out of the backups that earlier versions have made, each in its place.

A backup keeps its name, its time, its version and all its sessions: an earlier program can still use it. It
is written anew as a neighbour, without the search index, which is made again from the texts when the backup
is restored, and takes the old one's place when it is whole.
"""

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path

from trackside.domain.backup import Backup
from trackside.storage import rebuilding
from trackside.storage.backup import Asked, GivenUp, NoRoomError, damaged, free_bytes, never, reader
from trackside.storage.backup_folder import BackupFolder
from trackside.storage.files import sync_folder
from trackside.storage.migrations import MIGRATIONS, UNSIGNING
from trackside.storage.unsigning import unsign_attempts, unsign_sessions

CLEAN = 0x54725331
"""The `application_id` of a backup of an earlier version that has been cleaned."""
_UNSIGNING_VERSION = MIGRATIONS.index(UNSIGNING) + 1
_EVERYTHING = 2**62
_SLICE_BYTES = 8_000_000
_RESERVE_BYTES = 32_000_000


def unclean(folder: BackupFolder) -> list[Backup]:
    """The backups that may still have signed addresses, the latest first. One that can't be read is none of
    them: nothing can be restored of it either. Raises OSError."""
    return [backup for backup in folder.backups() if _is_unclean(backup.path)]


def clean_backups(
    folder: BackupFolder, is_given_up: Asked = never, room: Callable[[Path], int] = free_bytes
) -> int:
    """Cleans those that need it; returns how many did. Blocks, for about as long as making them took.

    Raises GivenUp, NoRoomError, BackupUnderWay, sqlite3.Error and OSError; each backup is whole then, either
    as it was or clean.
    """
    waiting = unclean(folder)
    if waiting:
        with folder.held():
            for backup in waiting:
                _clean(backup, folder, is_given_up, room)
    return len(waiting)


def _is_unclean(path: Path) -> bool:
    try:
        with contextlib.closing(reader(path)) as db:
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version < _UNSIGNING_VERSION:
                (mark,) = db.execute("PRAGMA application_id").fetchone()
                db.execute("SELECT 1 FROM attempts LIMIT 1").fetchone()
                return bool(mark != CLEAN)
            return db.execute("SELECT 1 FROM unsigning LIMIT 1").fetchone() is not None
    except sqlite3.Error:
        return False


def _clean(backup: Backup, folder: BackupFolder, is_given_up: Asked, room: Callable[[Path], int]) -> None:
    try:
        facts = backup.path.stat()
    except FileNotFoundError:
        return  # a newer one has taken its place meanwhile
    # The copy, and what SQLite writes it anew through.
    needed = 2 * facts.st_size + _RESERVE_BYTES
    if room(folder.path) < needed:
        raise NoRoomError(needed)
    handle, name = tempfile.mkstemp(dir=folder.path, prefix=".sessions-")
    os.close(handle)
    neighbour = Path(name)
    try:
        shutil.copyfile(backup.path, neighbour)
        with contextlib.closing(sqlite3.connect(neighbour, isolation_level=None)) as db:
            _rewrite(db, is_given_up)
        with neighbour.open("rb+") as file:
            os.fsync(file.fileno())
        # Its time is its place among the others.
        os.utime(neighbour, ns=(facts.st_atime_ns, facts.st_mtime_ns))
        neighbour.replace(backup.path)
        sync_folder(folder.path)
    except BaseException:
        neighbour.unlink(missing_ok=True)
        raise


def _rewrite(db: sqlite3.Connection, is_given_up: Asked) -> None:
    # What is half written is thrown away, so it needs neither journal nor barriers.
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA journal_mode = OFF").fetchone()
    db.execute("PRAGMA temp_store = MEMORY")
    (version,) = db.execute("PRAGMA user_version").fetchone()
    below = _EVERYTHING
    db.execute("BEGIN")
    while below:
        if is_given_up():
            raise GivenUp
        below, _ = unsign_attempts(db, below, _SLICE_BYTES)
    unsign_sessions(db)
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "search_shards" in tables:
        rebuilding.begin_anew(db)
    if version >= _UNSIGNING_VERSION:
        db.execute("DELETE FROM unsigning")
    db.execute(f"PRAGMA application_id = {CLEAN}")
    db.execute("COMMIT")
    db.set_progress_handler(is_given_up, 20_000)
    try:
        db.execute("VACUUM")
        (found,) = db.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname == "SQLITE_INTERRUPT":
            raise GivenUp from error
        raise
    finally:
        db.set_progress_handler(None, 0)
    if found != "ok":
        raise damaged(str(found))
