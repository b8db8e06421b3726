"""Opening a session of 10,000 turns from the disk in the real window, until its last screen is there."""

import asyncio
import gc
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from benchmarks.figures import Figure, at_most
from benchmarks.kept_turns import call_indexed, keep_sessions
from benchmarks.ticker import Ticker
from benchmarks.transcript_memory import resident_mb
from desktop.hand import Hand, with_window
from trackside.storage.paths import DataPaths

FEW, MANY = 100, 10_000
OPENINGS = 4
"""Of each kind: some are looked at as they come, the others are measured without anybody looking."""
SETTLED_S = 2.0
_BAR_PX = 24
"""The scroll bar's place, which may go on adjusting its handle."""


class Watch(QObject):
    """Notes when the transcript was painted with turns in it, and what it looked like the first times."""

    PICTURES = 6

    def __init__(self, hand: Hand) -> None:
        super().__init__()
        self.at: list[float] = []
        self.pictures: list[QImage] = []
        self._view = hand.transcript
        self._lost_s = 0.0
        self._is_looking = False
        self._view.viewport().installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Paint and not self._is_looking and len(self._view.rows):
            # What is noted is that it was painted, and of that no more than the eye could see already.
            self._is_looking = True
            began = time.perf_counter()
            if len(self.pictures) < self.PICTURES:
                self.pictures.append(self.picture())
                self.at.append(began - self._lost_s + self._paint_s)
            self._lost_s += time.perf_counter() - began
            self._is_looking = False
        return False

    _paint_s = 0.0

    def picture(self) -> QImage:
        began = time.perf_counter()
        viewport = self._view.viewport()
        image = viewport.grab().toImage().copy(0, 0, viewport.width() - _BAR_PX, viewport.height())
        self._paint_s = time.perf_counter() - began  # about what the paint that follows takes
        return image

    def done_at(self) -> float:
        """When it looked for the first time as it does now."""
        self._is_looking = True
        final = self.picture()
        self._is_looking = False
        self._view.viewport().removeEventFilter(self)
        same = (when for when, picture in zip(self.at, self.pictures, strict=True) if picture == final)
        return next(same, self.at[-1])


@dataclass
class Opened:
    """Of all openings of one length of sessions."""

    until_ms: list[float] = field(default_factory=list)
    stalls_ms: list[float] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)


async def nothing_open(hand: Hand) -> None:
    hand.window.sidebar.new_button.click()
    await asyncio.sleep(0.3)
    gc.collect()


async def watched(hand: Hand, session_id: str, found: Opened) -> None:
    """How long until it is there, and the memory that it takes."""
    before_mb = resident_mb()
    await nothing_open(hand)
    watch = Watch(hand)
    began = time.perf_counter()
    hand.window.sidebar.session_chosen.emit(session_id)
    end_s = time.monotonic() + 20.0
    while not watch.at:
        assert time.monotonic() < end_s, "it did not open"
        await asyncio.sleep(0.005)
    await asyncio.sleep(SETTLED_S)
    found.until_ms.append((watch.done_at() - began) * 1000)
    found.memory_mb.append(resident_mb() - before_mb)


async def ticked(hand: Hand, session_id: str, found: Opened) -> None:
    """How long the window doesn't answer meanwhile."""
    await nothing_open(hand)
    ticker = Ticker()
    await asyncio.sleep(0.05)
    hand.window.sidebar.session_chosen.emit(session_id)
    await asyncio.sleep(SETTLED_S)
    ticker.stop()
    found.stalls_ms.append(ticker.latenesses_ms()[-1])


async def measure(hand: Hand, ids: dict[int, list[str]], found: dict[int, Opened]) -> None:
    sys.excepthook = sys.__excepthook__  # the window's own would write to its log
    await hand.until_connected()
    for few in ids[FEW][:2]:  # these lay letters out that nobody had seen
        await watched(hand, few, Opened())
    for number, (few, many) in enumerate(zip(ids[FEW][2:], ids[MANY], strict=True)):
        measure_one = ticked if number % 2 else watched
        await measure_one(hand, many, found[MANY])
        await measure_one(hand, few, found[FEW])


def run() -> list[Figure]:
    gc.disable()  # as the program does until its window is there
    application = QApplication([])
    application.setStyle("fusion")
    application.setQuitOnLastWindowClosed(False)
    found = {FEW: Opened(), MANY: Opened()}
    with tempfile.TemporaryDirectory() as temporary:
        paths = DataPaths(Path(temporary), Path(temporary) / "logs")
        paths.create()
        ids = {
            MANY: keep_sessions(paths.database, MANY, 2 * OPENINGS),
            FEW: keep_sessions(paths.database, FEW, 2 * OPENINGS + 2),
        }
        call_indexed(paths.database)
        with_window(application, paths, lambda hand: measure(hand, ids, found), in_sandbox=True)
    many, few = found[MANY], found[FEW]
    return [
        at_most("chosen → last screen, median", statistics.median(many.until_ms), 150, "ms"),
        Figure(f"chosen → last screen, longest of {OPENINGS}", max(many.until_ms), "ms"),
        Figure("the same with 100 turns, median", statistics.median(few.until_ms), "ms"),
        Figure("longest stall meanwhile, median", statistics.median(many.stalls_ms), "ms"),
        Figure("the same with 100 turns", statistics.median(few.stalls_ms), "ms"),
        Figure("memory, the first one", many.memory_mb[0], "MB"),
    ]
