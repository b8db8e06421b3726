"""50 sessions that stream at once through one window, at 20 tokens a second each.

A ticker on Qt's loop is due every 2 ms; how late each tick comes is the stall that a key press at that
moment would meet. A stall hides the ticks that should have come meanwhile, so those are counted with the
lateness they would have had.
"""

import asyncio
import gc
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PySide6.QtCore import QObject, Qt, QTimerEvent
from PySide6.QtWidgets import QApplication

from benchmarks.figures import Figure, at_least, at_most
from benchmarks.processes import line_of, started
from desktop.hand import Hand, with_window
from trackside.domain.turn import AttemptState
from trackside.storage.database import Database
from trackside.storage.paths import DataPaths
from trackside.storage.sessions import SessionStore

SESSIONS = 50
PACE_TOKENS_S = 20
WORDS = 520
MEASURED_S = 20.0
TICK_S = 0.002
ENDED_WITHIN_S = 60.0


def question(session: int) -> str:
    """Every word says whose it is, so that none can be lost or change hands unseen."""
    words = [f"s{session:02}w{number:03}" for number in range(WORDS)]
    paragraphs = [" ".join(words[start : start + 40]) + "." for start in range(0, WORDS, 40)]
    return "/echo " + "\n\n".join(paragraphs)


class Ticker(QObject):
    """Notes when each tick came."""

    def __init__(self) -> None:
        super().__init__()
        self.at: list[float] = []
        self.startTimer(round(TICK_S * 1000), Qt.TimerType.PreciseTimer)

    def timerEvent(self, _event: QTimerEvent) -> None:
        self.at.append(time.monotonic())


def latenesses_ms(at: list[float]) -> Iterator[float]:
    """Of every tick that was due, those included that a stall swallowed."""
    due = at[0] + TICK_S
    for came in at[1:]:
        while due <= came:
            yield (came - due) * 1000
            due += TICK_S


async def measure(hand: Hand, found: dict[str, list[float]]) -> None:
    sys.excepthook = sys.__excepthook__  # the window's own would write to its log
    await hand.until_connected()
    window = hand.window
    for session in range(SESSIONS):
        if session:
            window.sidebar.new_button.click()
            await asyncio.sleep(0)
        window.composer.message.setPlainText(question(session))
        window.composer.button.click()
        await asyncio.sleep(0.02)
    await asyncio.sleep(1.0)
    ticker = Ticker()
    cpu, began = time.process_time(), time.monotonic()
    await asyncio.sleep(MEASURED_S)
    found["cpu"] = [(time.process_time() - cpu) / (time.monotonic() - began) * 100]
    found["ticks"] = ticker.at
    ticker.deleteLater()
    entries = [row.state.name for row in window.sidebar._rows.entries if row.session is not None]
    found["streaming"] = [float(entries.count("STREAMING"))]
    end_s = time.monotonic() + ENDED_WITHIN_S
    while any(row.state.name == "STREAMING" for row in window.sidebar._rows.entries):
        assert time.monotonic() < end_s, "the answers did not end"
        await asyncio.sleep(0.2)
    found["shown"] = [float(hand.answers[-1].split() == question(SESSIONS - 1)[6:].split())]


async def kept(paths: DataPaths) -> int:
    """How many answers on disk are whole and their question's own."""
    database = Database(paths.database)
    await database.opened()
    store = SessionStore(database, "nobody")
    texts: dict[str, str] = {}
    for session in await store.sessions():
        detail = await store.session(session.id)
        assert detail is not None
        for turn in detail.turns:
            attempt = turn.latest_attempt
            assert attempt is not None
            if attempt.state is AttemptState.COMPLETED:
                texts[turn.ask.question] = attempt.answer.text
    await asyncio.to_thread(database.close)
    wanted = [question(session) for session in range(SESSIONS)]
    return sum(texts.get(text) == text.removeprefix("/echo ") for text in wanted)


def run() -> list[Figure]:
    gc.disable()  # as the program does until its window is there
    application = QApplication([])
    application.setStyle("fusion")
    application.setQuitOnLastWindowClosed(False)
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        paths = DataPaths(Path(temporary), Path(temporary) / "logs")
        with started("-m", "benchmarks.service", "--pace", str(PACE_TOKENS_S)) as service:
            with_window(
                application,
                paths,
                lambda hand: measure(hand, found),
                base_url=line_of(service),
                environment={"TWELVELABS_API_KEY": "tlk_benchmark"},
            )
        whole = asyncio.run(kept(paths))
    late = sorted(latenesses_ms(found["ticks"]))
    gaps = [b - a for a, b in zip(found["ticks"], found["ticks"][1:], strict=False)]
    return [
        at_most("stall, p99", late[int(len(late) * 0.99)], 16, "ms"),
        Figure("stall, median", statistics.median(late), "ms"),
        Figure("stall, longest", late[-1], "ms"),
        Figure("gaps between ticks, p99", sorted(gaps)[int(len(gaps) * 0.99)] * 1000, "ms"),
        at_least("sessions streaming at the end of the measurement", found["streaming"][0], SESSIONS, ""),
        at_least("answers whole and unmixed on disk", whole, SESSIONS, ""),
        at_least("the shown answer whole on the screen", found["shown"][0], 1, ""),
        Figure("processor time", found["cpu"][0], "% of one processor"),
    ]
