"""Which processes are alive: each holds a locked file, which the system unlocks when it dies.

An unfinished attempt belongs to the process that runs it. At start-up only those whose owner is gone
become interrupted, so a second window and the command line can share a data directory.
"""

import contextlib
import os
from pathlib import Path
from typing import IO

from trackside.storage.file_lock import lock


class Owner:
    """This process's mark. Without a folder (nothing can be written) it is a mark without a file.

    Making one raises OSError when the file can't be written, or when another process has this mark.
    """

    def __init__(self, folder: Path | None, token: str) -> None:
        self.token = token
        self._folder = folder
        self._file: IO[bytes] | None = None
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = (folder / f"{token}.lock").open("wb")
            try:
                os.chmod(self._file.name, 0o600)  # noqa: PTH101 -- the open file's own name
                lock(self._file)
            except OSError:
                self._file.close()
                raise

    def is_alive(self, token: str) -> bool:
        """Whether the process with this mark still runs. Marks of the dead are cleared away."""
        if token == self.token:
            return True
        if self._folder is None:
            return False
        path = self._folder / f"{token}.lock"
        try:
            with path.open("r+b") as file:
                lock(file)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        with contextlib.suppress(OSError):
            path.unlink()
        return False

    def has_company(self) -> bool:
        """Whether another process that is alive uses these sessions."""
        if self._folder is None:
            return False
        return any(self.is_alive(p.stem) for p in self._folder.glob("*.lock") if p.stem != self.token)

    def sweep(self) -> None:
        """Clears away the marks of all the dead."""
        if self._folder is not None:
            for path in self._folder.glob("*.lock"):
                self.is_alive(path.stem)

    def release(self) -> None:
        if self._file is not None:
            path = Path(self._file.name)
            self._file.close()
            self._file = None
            with contextlib.suppress(OSError):
                path.unlink()
