"""Where a person's data lives; every file and folder we make is theirs alone.

Read before the first paint, so it imports what few starts need where they need it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trackside.domain.failure import TracksideError

DATA_DIR_VARIABLE = "TRACKSIDE_DATA_DIR"


@dataclass(frozen=True, slots=True)
class DataPaths:
    """The files of one data directory."""

    root: Path
    log_root: Path

    @property
    def database(self) -> Path:
        return self.root / "sessions.db"

    @property
    def settings(self) -> Path:
        return self.root / "settings.json"

    @property
    def own_words(self) -> Path:
        """The words that the user added to the dictionaries, one a line."""
        return self.root / "dictionary.txt"

    @property
    def instances(self) -> Path:
        return self.root / "instances"

    @property
    def backups(self) -> Path:
        return self.root / "backups"

    @property
    def window_lock(self) -> Path:
        """Held by the window that others hand over to."""
        return self.root / "window.lock"

    @property
    def window_address(self) -> Path:
        """Where that window listens."""
        return self.root / "window.address"

    @property
    def sandbox(self) -> Path:
        return self.root / "sandbox"

    @property
    def log(self) -> Path:
        return self.log_root / "trackside.log"

    def create(self) -> None:
        """Makes the directory, private to its user; raises TracksideError when that can't be done."""
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.log_root.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise unwritable(self.root, error) from error
        if not os.access(self.root, os.W_OK | os.X_OK):
            raise unwritable(self.root, PermissionError("no permission to write"))


def private_umask() -> None:
    """From here on, files are their user's alone."""
    os.umask(0o077)


def data_paths(chosen: str | None = None) -> DataPaths:
    """`chosen` (--data-dir), else TRACKSIDE_DATA_DIR, else the operating system's place for it."""
    explicit = chosen or os.environ.get(DATA_DIR_VARIABLE)
    if explicit:
        root = Path(explicit).expanduser().absolute()
        return DataPaths(root, root / "logs")
    from platformdirs import user_data_path, user_log_path

    return DataPaths(
        user_data_path("trackside", appauthor=False), user_log_path("trackside", appauthor=False)
    )


def unwritable(path: Path, error: OSError) -> TracksideError:
    from trackside.domain.failure import Failure, FailureKind, TracksideError

    return TracksideError(
        Failure(
            FailureKind.STORAGE,
            f"Nothing can be kept in {path}: {error.strerror or error}.",
            "Choose another folder with --data-dir, or mend its permissions.",
            str(error),
        )
    )
