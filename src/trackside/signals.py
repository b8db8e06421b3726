"""A polite kill, a logout or Ctrl+C in the terminal closes the window as its button does."""

import signal
from collections.abc import Callable
from types import FrameType

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


class EndSignals:
    """Calls `end` when the system asks the process to end; `trackside.loop.run` wakes Qt up for it."""

    def __init__(self, end: Callable[[], None]) -> None:
        self._end = end
        self._old = {
            number: signal.signal(number, self._on_signal)
            for name in _NAMES
            if (number := getattr(signal, name, None)) is not None
        }

    def release(self) -> None:
        """Puts everything back."""
        for number, handler in self._old.items():
            signal.signal(number, handler)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._end()
