"""Resident memory that an answer of 1 MB takes, the model's own text included."""

import gc

import psutil

from benchmarks.figures import Figure, at_most
from benchmarks.technical import MEGABYTE, technical
from benchmarks.transcript_stage import DELTAS_A_FRAME, stage

DELTAS_AT_ONCE = 8 * DELTAS_A_FRAME
"""What is kept doesn't depend on the pace."""


def resident_mb() -> float:
    gc.collect()
    return float(psutil.Process().memory_info().rss) / MEGABYTE


def run() -> list[Figure]:
    text = technical(MEGABYTE)
    with stage() as staged:
        cold = resident_mb()
        staged.warm_up()
        staged.show()
        staged.window.settle()
        warm = resident_mb()
        staged.stream(text, DELTAS_AT_ONCE)
        full = resident_mb()
        staged.show()
        staged.window.settle()
        closed = resident_mb()
    return [
        at_most("1 MB answer", full - warm, 20, "MB", yardstick="the view after a short answer"),
        Figure("1 MB answer", full - cold, "MB", yardstick="the view before its first answer"),
        Figure("1 MB answer, closed again", closed - warm, "MB", yardstick="the view after a short answer"),
    ]
