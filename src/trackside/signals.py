"""A polite kill, a logout or Ctrl+C in the terminal closes the window as its button does."""

import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

from PySide6.QtCore import QObject, QSocketNotifier

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


class EndSignals(QObject):
    """Calls `end` on the Qt thread when the system asks the process to end.

    Python runs a signal's handler only between its own instructions, and a Qt loop at rest executes
    none: the wake-up socket gives it a reason to.
    """

    def __init__(self, end: Callable[[], None]) -> None:
        super().__init__()
        self._end = end
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._old_wakeup = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        self._notifier = QSocketNotifier(self._reader.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._drain)
        self._old = {
            number: signal.signal(number, self._on_signal)
            for name in _NAMES
            if (number := getattr(signal, name, None)) is not None
        }

    def release(self) -> None:
        """Puts everything back."""
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._old_wakeup)
        for number, handler in self._old.items():
            signal.signal(number, handler)
        self._reader.close()
        self._writer.close()

    def _drain(self) -> None:
        with suppress(BlockingIOError):
            self._reader.recv(64)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._end()
