"""A backup of all sessions, as the settings list it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

_UNITS = ("kB", "MB", "GB", "TB")


class BackupKind(StrEnum):
    """Why a backup was made: it stands in the file's name, and each kind has its own number that is kept."""

    DAILY = "daily"
    BY_HAND = "by-hand"
    BEFORE_VERSION = "before-version"
    """Before the database was brought to another version."""
    BEFORE_RESTORE = "before-restore"
    """What was there when another backup was restored."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A file with all sessions of one moment. `day` is the local day by the clock of then."""

    path: Path
    kind: BackupKind
    day: date
    made_at: datetime
    """Local time. After a clock was set back it is later than the clock said: of two backups, the one that
    was made later has the later time, always."""
    size_bytes: int
    version: int = 0
    """The version that the database was brought to afterwards; 0 for other kinds."""


def size_words(size_bytes: int) -> str:
    """A file's size for a person: “812 kB”, “3.4 MB”. Units are powers of 1000, as file managers count."""
    value = size_bytes / 1000
    for unit in _UNITS:
        if value < 999.5 or unit == _UNITS[-1]:
            return f"{value:.0f} {unit}" if value >= 99.5 or unit == "kB" else f"{value:.1f} {unit}"
        value /= 1000
    raise AssertionError
