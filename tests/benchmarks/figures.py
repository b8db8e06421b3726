"""What a benchmark hands back, and how two ways of doing a thing are compared."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured number. `reached` is None where there is no target; `yardstick` says what it was
    measured against, so that the number means the same on another computer."""

    name: str
    value: float
    unit: str
    target: str = ""
    reached: bool | None = None
    yardstick: str = ""


def at_least(name: str, value: float, least: float, unit: str = "×", yardstick: str = "") -> Figure:
    return Figure(name, value, unit, f"≥ {least:g} {unit}", value >= least, yardstick)


def at_most(name: str, value: float, most: float, unit: str = "×", yardstick: str = "") -> Figure:
    return Figure(name, value, unit, f"≤ {most:g} {unit}", value <= most, yardstick)


def cpu_s(work: Callable[[], object]) -> float:
    """Processor time of one run, in seconds: other processes' load doesn't count."""
    start = time.process_time()
    work()
    return time.process_time() - start


def interleaved(*ways: Callable[[], float], repetitions: int = 9) -> list[list[float]]:
    """Seconds of each way, repetition by repetition, so that a change of the computer's speed meets all
    alike. The first round warms up and is dropped."""
    rounds = [[way() for way in ways] for _ in range(repetitions + 1)][1:]
    return [list(column) for column in zip(*rounds, strict=True)]


def median_ratio(over: list[float], under: list[float]) -> float:
    """The median of the ratios of neighbouring runs."""
    return statistics.median(a / b for a, b in zip(over, under, strict=True))
