"""Whether this process is the window that others hand over to: a locked file in the data directory.

Asked before the first paint, so nothing is imported for it; a first start pays for opening a file.
"""

from __future__ import annotations

from trackside.storage.file_lock import FileLock
from trackside.storage.paths import DataPaths


class WindowPlace:
    """The one place in a data directory."""

    def __init__(self, paths: DataPaths) -> None:
        self._lock = FileLock(paths.window_lock)
        self.is_ours = False

    def is_taken(self) -> bool:
        """Whether another window has it; if none has, it is ours from now on.

        Where no file can be locked (a directory that can't be written, a network's that knows no locks) it is
        nobody's, and every start opens its own window.
        """
        try:
            self._lock.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.is_ours = self._lock.take()
        except OSError:
            return False
        return not self.is_ours

    def release(self) -> None:
        self._lock.release()
        self.is_ours = False
