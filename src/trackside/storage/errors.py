"""What SQLite's errors mean, to the program and to the user."""

import sqlite3
from pathlib import Path

from trackside.domain.failure import Failure, FailureKind, TracksideError

_PASSING = ("BUSY", "LOCKED", "FULL", "IOERR", "READONLY", "CANTOPEN", "PERM", "NOMEM")


def is_passing(error: sqlite3.Error) -> bool:
    """Whether the same write can succeed later: the trouble lies with the disk or another program."""
    name: str = getattr(error, "sqlite_errorname", "")
    return name.removeprefix("SQLITE_").startswith(_PASSING)


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another connection holds the database."""
    return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def is_corrupt(error: sqlite3.Error) -> bool:
    """Whether the file is damaged, or no database at all."""
    return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))


def is_of_index(error: BaseException) -> bool:
    """Whether what was told so, by work on the search index, is that the index is damaged or contradicts
    itself, while the file is whole."""
    name: str = getattr(error.__cause__, "sqlite_errorname", "")
    return name == "SQLITE_CORRUPT_VTAB" or name.startswith("SQLITE_CONSTRAINT")


_AGAIN = "They are kept in memory and saved as soon as that is possible."
UNEXPECTED = ("Saving the session failed.", "The log has the details.")


def storage_error(error: sqlite3.Error, path: Path | None, *, is_opening: bool = False) -> TracksideError:
    """What an SQLite error means to the user. On opening there is nothing yet that could be saved later."""
    unsaved, advice = (
        ("", "Mend that, then start Trackside again.")
        if is_opening
        else (", so the latest changes are not saved yet", _AGAIN)
    )
    name = getattr(error, "sqlite_errorname", "")
    where = str(path) if path else "memory"
    if name.startswith("SQLITE_FULL"):
        words = (f"The disk is full{unsaved}.", advice)
    elif name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        words = (f"The sessions in {where} can't be written.", "Mend its permissions, or use --data-dir.")
    elif is_busy(error):
        words = (f"Another program holds the session database{unsaved}.", advice)
    elif is_corrupt(error):
        words = ("The session database is damaged.", "Restart Trackside: it sets it aside and goes on.")
    elif name.startswith("SQLITE_IOERR"):
        words = (f"Reading or writing {where} failed.", "Check the disk.")
    else:
        words = UNEXPECTED
    return TracksideError(Failure(FailureKind.STORAGE, *words, detail=f"{name or 'SQLite'}: {error}"))
