"""Whether others on this computer can look into what we have written, and taking that from them.

What is written new is its user's alone (`private_umask`). What was there before, or was put back by a backup
program, may not be.
"""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from trackside.storage.paths import DataPaths

_OTHERS = 0o077
_MOST = 10_000
"""Files that are looked at; more of them means that the folder is not ours alone."""
_OURS = (
    "sessions.db",
    "settings.json",
    "erasing",
    "window.",
    "instances",
    "backups",
    "sandbox",
    "logs",
    ".settings",
    ".lock",
)


def tighten(paths: DataPaths) -> tuple[Path, ...]:
    """Takes from others what they may do with our files. Returns what stays open to them: a folder that
    somebody keeps other things in is not ours to close, and a file system may know no rights. Never raises.

    In our own folders all is ours; of a folder that was chosen, what has our names.
    """
    if sys.platform == "win32":
        return ()
    for path in _ours(paths):
        if _is_open(path) and (path != paths.root or _holds_ours_alone(paths.root)):
            _close(path)
    return too_open(paths)


def too_open(paths: DataPaths) -> tuple[Path, ...]:
    """What of ours others may read or change, or nothing where the system knows no such rights. Below a
    folder that nobody else may enter nothing is open."""
    if sys.platform == "win32":
        return ()
    if not _is_open(paths.root) and paths.log_root.is_relative_to(paths.root):
        return ()
    return tuple(path for path in _ours(paths) if _is_open(path))


def _ours(paths: DataPaths) -> Iterator[Path]:
    """Folders before what is in them."""
    yield paths.root
    if not paths.log_root.is_relative_to(paths.root):
        yield paths.log_root
        yield from _within(paths.log_root)
    for path in _entries(paths.root):
        if path.name.startswith(_OURS):
            yield path
            yield from _within(path)


def _within(folder: Path) -> Iterator[Path]:
    waiting = [folder]
    count = 0
    while waiting:
        for path in _entries(waiting.pop()):
            count += 1
            if count > _MOST:
                return
            yield path
            if path.is_dir() and not path.is_symlink():
                waiting.append(path)


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _holds_ours_alone(root: Path) -> bool:
    return all(path.name.startswith(_OURS) for path in _entries(root))


def _is_open(path: Path) -> bool:
    try:
        facts = path.lstat()
    except OSError:
        return False
    # A link has no rights of its own, and what it leads to is somebody's choice.
    return not stat.S_ISLNK(facts.st_mode) and bool(facts.st_mode & _OTHERS)


def _close(path: Path) -> None:
    try:
        facts = path.lstat()
        if facts.st_uid == os.getuid():
            path.chmod(stat.S_IMODE(facts.st_mode) & ~_OTHERS)
    except OSError:
        pass  # it is named by whoever asks what is still open
