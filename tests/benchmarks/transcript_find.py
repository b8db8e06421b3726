"""Finding words in 10,000 turns from the last one on: time to the first result, and until all are counted.

The texts are the view's own, so what it takes to parse a turn is in it; marking the result isn't. The window
reads a session's sources in slices once it has been shown for a second; `later` is after that.
"""

import statistics
import time
from collections.abc import Callable

from PySide6.QtCore import QEventLoop, SignalInstance

from benchmarks.figures import Figure, at_most
from benchmarks.loaded_turns import length_of, loaded_turns
from benchmarks.transcript_stage import Stage, stage
from trackside.domain.turn import Turn
from trackside.ui.transcript.finder import Query, SessionFinder

TURNS = 10_000
REPETITIONS = 5
PREPARING_S = 2.0
"""Enough for all sources to be read."""


def ms_until(told: SignalInstance, is_there: Callable[[], bool], begin: Callable[[], None]) -> float:
    """From a beginning until a signal came and what is waited for is there."""
    loop = QEventLoop()
    at: list[float] = []

    def look() -> None:
        if not at and is_there():
            at.append(time.perf_counter())
            loop.quit()

    connection = told.connect(look)
    began = time.perf_counter()
    begin()
    if not at:
        loop.exec()
    told.disconnect(connection)
    return (at[0] - began) * 1000


def run() -> list[Figure]:
    turns = loaded_turns(TURNS)
    with stage() as staged:
        staged.show(staged.session_of(turns))
        staged.window.settle()
        return measured(staged, turns)


def measured(staged: Stage, turns: list[Turn]) -> list[Figure]:
    yardstick = f"{TURNS:,} turns, {length_of(turns) / 1e6:.1f} M characters"
    texts = staged.view.texts
    last = TURNS - 1

    def first_ms(words: str, row: int | None, *, is_prepared: bool) -> float:
        """With a finder of its own: what one keeps from search to search would make the next one cheaper."""
        finder = SessionFinder(texts)
        if is_prepared:
            finder.prepare()
            staged.window.rest(PREPARING_S)
        took_ms = ms_until(
            finder.changed, lambda: finder.current is not None, lambda: finder.search(Query(words), last)
        )
        match = finder.current
        assert match is not None
        assert row in (None, match.row), "found where it isn't"
        finder.stop()
        finder.deleteLater()
        return took_ms

    def whole_ms(words: str) -> float:
        finder = SessionFinder(texts)
        took_ms = ms_until(
            finder.changed, lambda: finder.is_complete, lambda: finder.search(Query(words), last)
        )
        finder.stop()
        finder.deleteLater()
        return took_ms

    figures = []
    for when, is_prepared in (("in the session's first second", False), ("later", True)):
        for where, words, row in (
            ("a word of many turns", "threshold", None),
            ("a phrase of the turn halfway round", f"that was answer {TURNS // 2}.", TURNS // 2),
            ("a phrase of the turn looked at last", f"that was answer {last - 1}.", last - 1),
        ):
            found = [first_ms(words, row, is_prepared=is_prepared) for _ in range(REPETITIONS)]
            name = f"first result, {where}, {when}"
            took_ms = statistics.median(found)
            if is_prepared:
                figures.append(at_most(name, took_ms, 30, "ms", yardstick=yardstick))
            else:
                figures.append(Figure(name, took_ms, "ms", yardstick=yardstick))
    figures += [
        Figure("all counted, nothing found", whole_ms("hippopotamus"), "ms", yardstick=yardstick),
        Figure("all counted, a word of many turns", whole_ms("threshold"), "ms", yardstick=yardstick),
    ]
    return figures
