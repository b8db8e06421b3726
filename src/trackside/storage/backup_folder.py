"""The folder of backups: their names, their order, and which of them are kept.

Only the order in which backups were made decides what goes. No clock is asked for it, since one that jumps
forth and back would make yesterday's backup the oldest: each file's time is set later than those of all that
were there before it.
"""

import contextlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from trackside.domain.backup import Backup, BackupKind
from trackside.storage.file_lock import FileLock
from trackside.storage.files import sync_folder

KEPT = {
    BackupKind.DAILY: 7,
    BackupKind.BY_HAND: 3,
    BackupKind.BEFORE_VERSION: 3,
    BackupKind.BEFORE_RESTORE: 3,
}
"""How many of each kind are kept, unless the settings say another number of daily ones."""

_NAME = re.compile(
    r"sessions-(?P<day>\d{4}-\d\d-\d\d)"
    r"(?:-(?P<kind>by-hand|before-restore|before-version-(?P<version>\d{1,9})))?(?:-\d{1,9})?\.db"
)
_LOCK = ".lock"
_TICK_NS = 2_000_000_000
"""What FAT counts times in; no file system that is used counts coarser."""


class BackupUnderWay(Exception):  # noqa: N818 -- it is none
    """Another process makes a backup just now."""


class BackupFolder:
    """Backups in one folder, private to its user. Whoever makes one holds it with `held`."""

    def __init__(self, folder: Path) -> None:
        self.path = folder
        self.kept_daily = KEPT[BackupKind.DAILY]
        """How many daily ones are kept; another number counts from the next backup on."""

    def backups(self) -> list[Backup]:
        """All of them, the one that was made last first. Files with other names are none of ours.

        Raises OSError when the folder can't be read; one that isn't there yet is empty.
        """
        found: list[tuple[int, str, Backup]] = []
        try:
            entries = list(os.scandir(self.path))
        except FileNotFoundError:
            return []
        for entry in entries:
            match = _NAME.fullmatch(entry.name)
            if match is None or not entry.is_file(follow_symlinks=False):
                continue
            try:
                day = date.fromisoformat(match["day"])
                facts = entry.stat(follow_symlinks=False)
            except (ValueError, FileNotFoundError):
                continue
            version = int(match["version"] or 0)
            backup = Backup(Path(entry.path), _kind_of(match), day, _time_of(facts), facts.st_size, version)
            found.append((facts.st_mtime_ns, entry.name, backup))
        found.sort(key=lambda item: item[:2], reverse=True)
        return [backup for _, _, backup in found]

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keeps others out while a backup is made. Raises BackupUnderWay while another process makes one,
        and OSError when the folder can't be used."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FileLock(self.path / _LOCK)
        if not lock.take():
            raise BackupUnderWay
        try:
            self._sweep()
            yield
        finally:
            lock.release()

    def place(self, neighbour: Path, kind: BackupKind, day: date, version: int = 0) -> Backup:
        """Gives a finished file its name, which no other has yet, and makes it the latest."""
        latest_ns = max((b.path.stat().st_mtime_ns for b in self.backups()), default=0)
        facts = neighbour.stat()
        if facts.st_mtime_ns <= latest_ns:
            later_ns = latest_ns + _TICK_NS
            os.utime(neighbour, ns=(later_ns, later_ns))
        target = self._free_name(kind, day, version)
        neighbour.rename(target)
        sync_folder(self.path)
        return Backup(target, kind, day, _time_of(target.stat()), facts.st_size, version)

    def thin(self, spared: Path | None = None) -> list[Backup]:
        """Deletes what is more than is kept of each kind, the first made first; returns what is gone."""
        gone = []
        for kind, count in (KEPT | {BackupKind.DAILY: self.kept_daily}).items():
            for backup in [b for b in self.backups() if b.kind is kind][count:]:
                if backup.path == spared:
                    continue
                with contextlib.suppress(OSError):
                    backup.path.unlink()
                    gone.append(backup)
        return gone

    def _free_name(self, kind: BackupKind, day: date, version: int) -> Path:
        ending = "" if kind is BackupKind.DAILY else f"-{kind}"
        if kind is BackupKind.BEFORE_VERSION:
            ending += f"-{version}"
        name = f"sessions-{day.isoformat()}{ending}"
        target, number = self.path / f"{name}.db", 1
        while target.exists():
            number += 1
            target = self.path / f"{name}-{number}.db"
        return target

    def _sweep(self) -> None:
        """Clears away what a process has left that died on the way."""
        for left in self.path.glob(".sessions-*"):
            with contextlib.suppress(OSError):
                left.unlink()


def _kind_of(match: re.Match[str]) -> BackupKind:
    if match["version"]:
        return BackupKind.BEFORE_VERSION
    return BackupKind(match["kind"]) if match["kind"] else BackupKind.DAILY


def _time_of(facts: os.stat_result) -> datetime:
    return datetime.fromtimestamp(facts.st_mtime, UTC).astimezone()
