"""Resident memory that opening and closing the same sessions over and over leaves behind.

A process of its own: freed memory of something bigger would take in what is left over, and hide it.
"""

import random

from benchmarks.figures import Figure, at_most
from benchmarks.loaded_turns import loaded_turns
from benchmarks.transcript_memory import resident_mb
from benchmarks.transcript_stage import Stage, stage
from trackside.chat.session import ChatSession

SESSIONS = 12
TURNS = 150
ROUNDS = 6


def look_through(staged: Stage, sessions: list[ChatSession]) -> None:
    """Opens each and looks at some places in it."""
    chance = random.Random("places")
    bar = staged.view.verticalScrollBar()
    for session in sessions:
        staged.window.step(lambda session=session: staged.show(session))
        for _ in range(5):
            staged.window.step(lambda: bar.setValue(chance.randint(0, bar.maximum())))
    staged.show()
    staged.window.settle()


def run() -> list[Figure]:
    with stage() as staged:
        staged.warm_up()
        sessions = [staged.session_of(loaded_turns(TURNS, seed)) for seed in range(SESSIONS)]
        loaded = resident_mb()
        after: list[float] = []
        for _ in range(ROUNDS):
            look_through(staged, sessions)
            after.append(resident_mb())
    later = after[-1] - after[1]
    return [
        at_most(f"rounds 3 to {ROUNDS}", later, 2, "MB", yardstick="after round 2"),
        Figure("rounds 1 and 2", after[1] - loaded, "MB", yardstick="the loaded sessions"),
    ]
