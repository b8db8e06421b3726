"""50 sessions that stream at once through one window, at 20 tokens a second each."""

import asyncio
import gc
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PySide6.QtWidgets import QApplication

from benchmarks.figures import Figure, at_least, at_most
from benchmarks.processes import line_of, started
from benchmarks.ticker import Ticker, at_share
from desktop.hand import Hand, with_window
from trackside.domain.session import SessionState
from trackside.domain.turn import AttemptState
from trackside.storage.database import Database
from trackside.storage.paths import DataPaths
from trackside.storage.sessions import SessionStore
from trackside.ui.sidebar.rows import SessionRows

SESSIONS = 50
PACE_TOKENS_S = 20
WORDS = 520
MEASURED_S = 20.0
ENDED_WITHIN_S = 60.0


def question(session: int) -> str:
    """Every word says whose it is, so that none can be lost or change hands unseen."""
    words = [f"s{session:02}w{number:03}" for number in range(WORDS)]
    paragraphs = [" ".join(words[start : start + 40]) + "." for start in range(0, WORDS, 40)]
    return "/echo " + "\n\n".join(paragraphs)


def states(rows: SessionRows) -> list[SessionState]:
    sessions = [rows.session_at(row) for row in range(rows.rowCount())]
    return [rows.state_of(session) for session in sessions if session is not None]


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
    ticker.stop()
    found["late"] = ticker.latenesses_ms()
    found["streaming"] = [float(states(window.sidebar.rows).count(SessionState.STREAMING))]
    end_s = time.monotonic() + ENDED_WITHIN_S
    while SessionState.STREAMING in states(window.sidebar.rows):
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
    late = found["late"]
    return [
        at_most("stall, p99", at_share(late, 0.99), 16, "ms"),
        Figure("stall, median", statistics.median(late), "ms"),
        Figure("stall, longest", late[-1], "ms"),
        at_least("sessions streaming at the end of the measurement", found["streaming"][0], SESSIONS, ""),
        at_least("answers whole and unmixed on disk", whole, SESSIONS, ""),
        at_least("the shown answer whole on the screen", found["shown"][0], 1, ""),
        Figure("processor time", found["cpu"][0], "% of one processor"),
    ]
