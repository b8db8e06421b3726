"""How late Qt's loop is: the stall that a key press at any moment would meet.

A ticker on the loop is due every 2 ms. A stall hides the ticks that should have come meanwhile, so those
are counted with the lateness that they would have had.
"""

import time
from collections.abc import Iterator

from PySide6.QtCore import QObject, Qt, QTimerEvent

TICK_S = 0.002


class Ticker(QObject):
    """Notes when each tick came, from its making until `stop`."""

    def __init__(self) -> None:
        super().__init__()
        self.at: list[float] = []
        self._timer_id = self.startTimer(round(TICK_S * 1000), Qt.TimerType.PreciseTimer)

    def timerEvent(self, _event: QTimerEvent) -> None:
        self.at.append(time.monotonic())

    def stop(self) -> None:
        self.killTimer(self._timer_id)

    def latenesses_ms(self) -> list[float]:
        """Of every tick that was due, the least first."""
        return sorted(_latenesses_ms(self.at))


def at_share(ordered: list[float], share: float) -> float:
    """The value that `share` of them don't exceed."""
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def _latenesses_ms(at: list[float]) -> Iterator[float]:
    due = at[0] + TICK_S
    for came in at[1:]:
        while due <= came:
            yield (came - due) * 1000
            due += TICK_S
