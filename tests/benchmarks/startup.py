"""Process start → first painted window, against a QMainWindow with nothing in it."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.figures import Figure, at_most, median_ratio
from benchmarks.processes import ROOT, environment
from trackside.domain.session import Session, new_id
from trackside.domain.settings import Settings
from trackside.storage.database import Database
from trackside.storage.sessions import SessionStore
from trackside.storage.settings import save_settings

REPETITIONS = 21
SESSIONS = 300


def seconds(name: str, platform: str, *arguments: str) -> list[float]:
    command = [sys.executable, "-P", "-m", "benchmarks.programs", name, str(time.monotonic()), *arguments]
    done = subprocess.run(
        command,
        env=environment(platform),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
        timeout=60,
    )
    found: list[float] = json.loads(done.stdout)
    return found


def well_used(folder: Path) -> None:
    """A data directory with sessions, connected to a service that isn't asked before the first paint."""
    database = Database(folder / "sessions.db")
    store = SessionStore(database, "nobody")
    present = datetime.now(UTC)
    for number in range(SESSIONS):
        then = present - timedelta(hours=7 * number)
        store.add_session(
            Session(
                new_id(), "sandbox", then, then, title=f"Session {number}", snippet="The last words of it"
            )
        )
    database.close()
    save_settings(folder / "settings.json", Settings(connection_id="sandbox"), {})


def measured(platform: str, label: str, *, has_target: bool) -> list[Figure]:
    rounds: list[tuple[list[float], list[float], list[float]]] = []
    with tempfile.TemporaryDirectory() as temporary:
        used = Path(temporary) / "used"
        used.mkdir()
        well_used(used)
        for number in range(REPETITIONS + 1):
            fresh = str(Path(temporary) / f"fresh-{number}")
            rounds.append(
                (
                    seconds("empty", platform),
                    seconds("trackside", platform, "--data-dir", fresh),
                    seconds("trackside", platform, "--data-dir", str(used)),
                )
            )
    empty = [row[0][0] for row in rounds[1:]]
    yardstick = f"an empty QMainWindow, {label}"
    figures = []
    for column, who in ((1, "fresh"), (2, f"{SESSIONS} sessions")):
        for paint, what in enumerate(("first paint", "painted with its parts")):
            ratio = median_ratio([row[column][paint] for row in rounds[1:]], empty)
            name = f"{what}, {who}"
            if paint == 0 and has_target:
                figures.append(at_most(name, ratio, 1.35, yardstick=yardstick))
            else:
                figures.append(Figure(name, ratio, "×", yardstick=yardstick))
    middle = statistics.quantiles(empty, n=4)
    figures.append(Figure("empty window", middle[1] * 1000, "ms", yardstick=label))
    spread = (middle[2] - middle[0]) / middle[1] * 100
    figures.append(Figure("empty window, middle half of the runs", spread, "% wide", yardstick=label))
    return figures


def run() -> list[Figure]:
    figures = measured("offscreen", "offscreen", has_target=True)
    if os.environ.get("DISPLAY") and sys.platform == "linux":
        figures += measured("xcb", "on the X screen", has_target=True)
    return figures
