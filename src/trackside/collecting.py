"""Python's search for garbage, kept out of the moments in which someone watches.

A full search walks every object there is: tens of milliseconds in a window with a long session, which can
be seen as a jerk in a growing answer. Young objects, which are nearly all, go on being searched at once.
"""

import gc

from PySide6.QtCore import QObject, QTimer

QUIET_MS = 3_000
_YOUNG = (2_000, 20)
_SELDOM = 500
"""Searches of the middle-aged until a full one comes by itself, should there never be a quiet moment."""


class QuietCollection(QObject):
    """Searches everything once there was `QUIET_MS` of nothing to do after there was something."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._timer = QTimer(self, singleShot=True, interval=QUIET_MS)
        self._timer.timeout.connect(self._search)

    def begin(self) -> None:
        """What was made until now stays until the end, so only what comes is searched."""
        gc.freeze()
        gc.set_threshold(*_YOUNG, _SELDOM)
        gc.enable()

    def postpone(self) -> None:
        """Something is going on, and may leave garbage behind."""
        self._timer.start()

    def _search(self) -> None:
        gc.unfreeze()
        gc.collect()
        gc.freeze()
