"""A session of 10,000 turns: opening, memory, wheel, jumps, resizing, a growing answer; against 100 turns."""

import gc
import random
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtWidgets import QApplication

from benchmarks.figures import Figure, at_most, median_ratio
from benchmarks.loaded_turns import length_of, loaded_turns
from benchmarks.technical import KILOBYTE, technical
from benchmarks.ticker import at_share
from benchmarks.transcript_memory import resident_mb
from benchmarks.transcript_stage import HEIGHT, WIDTH, Stage, stage
from trackside.domain.turn import Turn

FEW, MANY = 100, 10_000
FAIR = 1_000
"""Turns that wheel and jumps are compared with: of a hundred, most have been laid out before."""
OPENINGS = 5
STEPS = 200
JUMPS = 150
RESIZES = 10
NARROW = 700
FLAT = 1.3
_BAR_PX = 24
"""The scroll bar's place, which may go on adjusting its handle."""
_PICTURES = 12


@dataclass
class Moved:
    """Milliseconds of processor time of each step of a kind."""

    wheel: list[float]
    jump: list[float]
    resize: list[float]


def opened_ms(staged: Stage, turns: list[Turn]) -> float:
    """From the order to show a session until the window first looks as it does in the end."""
    staged.show()
    staged.window.settle()
    gc.collect()
    session = staged.session_of(turns)
    at: list[float] = []
    pictures: list[QImage] = []
    lost = 0.0

    def note() -> None:
        nonlocal lost
        now = time.perf_counter()
        at.append(now - lost)
        if len(pictures) < _PICTURES:
            pictures.append(_picture(staged))
        lost += time.perf_counter() - now  # what the picture took

    began = time.perf_counter()
    staged.window.on_paint = note
    staged.show(session)
    staged.window.settle(3.0)
    staged.window.on_paint = None
    final = _picture(staged)
    same = (when for when, picture in zip(at, pictures, strict=False) if picture == final)
    return (next(same, at[-1]) - began) * 1000


def _picture(staged: Stage) -> QImage:
    return staged.window.grab().toImage().copy(0, 0, WIDTH - _BAR_PX, HEIGHT)


def wheel(staged: Stage, delta: int) -> None:
    """A notch of a mouse wheel over the middle of the view."""
    viewport = staged.view.viewport()
    place = viewport.rect().center()
    event = QWheelEvent(
        QPointF(place),
        QPointF(viewport.mapToGlobal(place)),
        QPoint(),
        QPoint(0, delta),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(viewport, event)


def moved(staged: Stage) -> Moved:
    """Of the session that is open: up from its end, to places anywhere, narrower and back."""
    chance = random.Random("places")
    bar, window = staged.view.verticalScrollBar(), staged.window
    staged.view.follow()
    window.settle(2.0)
    wheeled = window.costs_ms([lambda: wheel(staged, 120)] * STEPS)
    wheeled += window.costs_ms([lambda: wheel(staged, -120)] * (STEPS // 2))
    window.settle(2.0)
    jumped = window.costs_ms([lambda: bar.setValue(chance.randint(0, bar.maximum()))] * JUMPS)
    window.settle(2.0)
    resized = window.costs_ms(resizes(staged))
    staged.view.follow()
    window.settle(2.0)
    resized += window.costs_ms(resizes(staged))
    return Moved(wheeled, jumped, resized)


def resizes(staged: Stage) -> Iterator[Callable[[], None]]:
    """Narrower and back, in turn."""
    for number in range(RESIZES):
        width = WIDTH if number % 2 else NARROW
        yield lambda width=width: staged.window.resize(width, HEIGHT)
        assert staged.view.width() == width


def grown_ms(staged: Stage, turns: list[Turn]) -> float:
    """A frame of an answer of 20 KB that grows after the others."""
    staged.show(staged.session_of(turns))
    staged.window.settle()
    return staged.stream(technical(20 * KILOBYTE)).mean_ms


def run() -> list[Figure]:
    many = loaded_turns(MANY)
    few = loaded_turns(FEW, seed=2)
    length = length_of(many)
    with stage() as staged:
        staged.warm_up()
        staged.show(staged.session_of(few))
        staged.window.settle()
        loaded_mb = resident_mb()
        openings_many = [opened_ms(staged, many)]
        many_moved = moved(staged)
        taken_mb = resident_mb() - loaded_mb
        openings_few = [opened_ms(staged, few)]
        staged.show(staged.session_of(loaded_turns(FAIR, seed=3)))
        fair_moved = moved(staged)
        for number in range(1, OPENINGS):
            openings_many.append(opened_ms(staged, loaded_turns(MANY, seed=10 + number)))
            openings_few.append(opened_ms(staged, loaded_turns(FEW, seed=20 + number)))
        grown_few, grown_many = grown_ms(staged, few), grown_ms(staged, many)
    fewer, fair = f"the same with {FEW} turns", f"the same with {FAIR:,} turns"
    jumps = sorted(many_moved.jump)
    return [
        at_most("last screen visible, median", statistics.median(openings_many), 150, "ms"),
        Figure(f"last screen visible, longest of {OPENINGS}", max(openings_many), "ms"),
        at_most("memory", taken_mb, 25, "MB", yardstick=f"the loaded turns, {length / 1e6:.1f} M characters"),
        at_most("wheel step, p99", at_share(sorted(many_moved.wheel), 0.99), 8, "ms"),
        at_most("jump, median", statistics.median(jumps), 15, "ms"),
        at_most("jump, p99", at_share(jumps, 0.99), 15, "ms"),
        at_most("resize, longest", max(many_moved.resize), 40, "ms"),
        Figure("resize, median", statistics.median(many_moved.resize), "ms"),
        at_most("opening", median_ratio(openings_many, openings_few), 2, yardstick=fewer),
        at_most("wheel step, median", _ratio(many_moved.wheel, fair_moved.wheel), FLAT, yardstick=fair),
        at_most("jump, median", _ratio(many_moved.jump, fair_moved.jump), FLAT, yardstick=fair),
        at_most("frame of a growing answer", grown_many / grown_few, FLAT, yardstick=fewer),
    ]


def _ratio(over: list[float], under: list[float]) -> float:
    return statistics.median(over) / statistics.median(under)
