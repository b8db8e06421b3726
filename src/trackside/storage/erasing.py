"""Deleting all that a data directory has, begun by one process and ended by it or by the next one.

A mark says that it has begun. It is locked by the process that does it; one that finds it unlocked goes on
with it before it opens anything. Standard library only, and little of it: each start looks for the mark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trackside.storage.file_lock import FileLock
from trackside.storage.files import sync_folder

if TYPE_CHECKING:
    from pathlib import Path

    from trackside.storage.paths import DataPaths

_FILES = ("sessions.db", "settings.json", ".sessions", ".settings", "dictionary.txt")
"""How the names of our files begin, damaged ones that were set aside and half written ones included. What
belongs to the open window (its lock, where it listens, who is alive) has nothing of the user's and stays."""
_FOLDERS = ("backups", "sandbox")


def mark_of(paths: DataPaths) -> Path:
    """The file that says that all of this is to be deleted."""
    return paths.root / "erasing"


def begun(paths: DataPaths) -> FileLock | None:
    """Sets the mark and holds it; None when another process does already. Raises OSError."""
    mark = FileLock(mark_of(paths))
    if not mark.take():
        return None
    sync_folder(paths.root)
    return mark


def erase(paths: DataPaths) -> None:
    """Deletes every file of ours, settings first: without them no key is found either. The log that is open
    is emptied. What can't be deleted doesn't hinder the rest; raises OSError for the first of it then."""
    refused: list[OSError] = []
    entries = list(paths.root.iterdir())
    for path in sorted(entries, key=lambda path: not path.name.startswith("settings")):
        if path.is_dir() and not path.is_symlink():
            if path.name in _FOLDERS:
                _without_folder(path, refused)
        elif path.name.startswith(_FILES):
            _without(path, refused)
    for path in list(paths.log_root.glob(f"{paths.log.name}*")):
        if path == paths.log:
            try:
                with path.open("r+b") as file:
                    file.truncate()
            except OSError as error:
                refused.append(error)
        else:
            _without(path, refused)
    sync_folder(paths.root)
    if refused:
        raise refused[0]


def finished(paths: DataPaths, mark: FileLock) -> None:
    """Takes the mark away: all of it is done. Raises OSError."""
    try:
        mark_of(paths).unlink(missing_ok=True)
    finally:
        mark.release()
    sync_folder(paths.root)


def finish_if_begun(paths: DataPaths) -> OSError | None:
    """Goes on where a process died that was deleting everything; what still can't be deleted, if there is
    any. Never raises. Another process that is at it now is left alone."""
    if not mark_of(paths).exists():
        return None
    try:
        mark = begun(paths)
        if mark is None:
            return None
        try:
            erase(paths)
        except OSError:
            mark.release()
            raise
        finished(paths, mark)
    except OSError as error:
        return error
    return None


def _without(path: Path, refused: list[OSError]) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        refused.append(error)


def _without_folder(folder: Path, refused: list[OSError]) -> None:
    import os
    from pathlib import Path

    for root, folders, files in os.walk(folder, topdown=False, onerror=refused.append):
        for name in (*files, *folders):
            path = Path(root, name)
            if path.is_dir() and not path.is_symlink():
                _rid_of(path, refused)
            else:
                _without(path, refused)
    _rid_of(folder, refused)


def _rid_of(folder: Path, refused: list[OSError]) -> None:
    try:
        folder.rmdir()
    except OSError as error:
        refused.append(error)
