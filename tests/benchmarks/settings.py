"""How long the settings take from their keys to their paint, the first time and again, page by page."""

import asyncio
import gc
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from benchmarks.figures import Figure, at_most
from desktop.hand import Hand, with_window
from trackside.storage.paths import DataPaths
from trackside.ui.settings.dialog import SettingsDialog

AGAIN = 9
LIMIT_S = 5.0


class Paints(QObject):
    """Notes when a dialog, or anything in it, is painted."""

    def __init__(self) -> None:
        super().__init__()
        self.last = 0.0
        QApplication.instance().installEventFilter(self)  # type: ignore[union-attr]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            event.type() is QEvent.Type.Paint
            and isinstance(watched, QWidget)
            and isinstance(watched.window(), QDialog)
        ):
            self.last = time.perf_counter()
        return False


async def painted_ms(paints: Paints, begun: float) -> float:
    """Until the dialog was painted and nothing more of it was for a moment."""
    end = begun + LIMIT_S
    while paints.last < begun or time.perf_counter() - paints.last < 0.03:
        assert time.perf_counter() < end, "the settings were not painted"
        await asyncio.sleep(0.001)
    return (paints.last - begun) * 1000


async def opened_ms(hand: Hand, paints: Paints) -> float:
    gc.collect()
    begun = time.perf_counter()
    await hand.press(Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    return await painted_ms(paints, begun)


async def measure(hand: Hand, found: dict[str, float]) -> None:
    sys.excepthook = sys.__excepthook__  # the window's own would write to its log
    await hand.until_connected()
    await asyncio.sleep(1.0)
    paints = Paints()
    found["first"] = await opened_ms(hand, paints)
    again = []
    for _ in range(AGAIN):
        await hand.press(Qt.Key.Key_Escape)
        again.append(await opened_ms(hand, paints))
    found["again"] = statistics.median(again)
    dialog = hand.find("Settings", SettingsDialog)
    pages = []
    for name in dialog.names[1:]:
        begun = time.perf_counter()
        dialog.show_page(name)
        pages.append((await painted_ms(paints, begun), name))
        await asyncio.sleep(0.5)  # what a page looks up in the background is its own affair
    found["page"], found_name = max(pages)
    found[f"slowest: {found_name}"] = found["page"]
    await hand.press(Qt.Key.Key_Escape)
    QApplication.instance().removeEventFilter(paints)  # type: ignore[union-attr]


def run() -> list[Figure]:
    application = QApplication([])
    application.setStyle("fusion")
    application.setQuitOnLastWindowClosed(False)
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as temporary:
        paths = DataPaths(Path(temporary), Path(temporary) / "logs")
        with_window(application, paths, lambda hand: measure(hand, found), in_sandbox=True)
    slowest = next(name for name in found if name.startswith("slowest"))
    return [
        at_most("settings, from the keys to the paint, the first time", found["first"], 150, "ms"),
        at_most("settings, opened again, median", found["again"], 150, "ms"),
        at_most(f"a page shown for the first time, {slowest}", found["page"], 150, "ms"),
    ]
