"""Process start with a million messages → first painted window → sidebar, against an empty data directory."""

import statistics
import tempfile
from pathlib import Path

from benchmarks.big_database import copy, session_count
from benchmarks.figures import Figure, at_most, median_ratio
from benchmarks.startup import seconds
from trackside.domain.settings import Settings
from trackside.storage.settings import save_settings

REPETITIONS = 15


def run() -> list[Figure]:
    fresh: list[list[float]] = []
    big: list[list[float]] = []
    with tempfile.TemporaryDirectory() as temporary:
        used, blank = Path(temporary) / "used", Path(temporary) / "blank"
        used.mkdir()
        blank.mkdir()
        copy(used / "sessions.db")
        for folder in (used, blank):
            # The same window comes up in both: connected, to a service that isn't asked before its paints.
            save_settings(folder / "settings.json", Settings(connection_id="sandbox"), {})
        for _ in range(REPETITIONS + 1):
            for left in blank.glob("sessions.db*"):
                left.unlink()
            fresh.append(seconds("trackside", "offscreen", "--data-dir", str(blank)))
            big.append(seconds("listed", "offscreen", "--data-dir", str(used)))
    fresh, big = fresh[1:], big[1:]
    yardstick = f"an empty directory; {session_count():,} sessions"
    after_ms = [(row[2] - row[0]) * 1000 for row in big]
    after_parts_ms = [(row[2] - row[1]) * 1000 for row in big]
    ratios = [median_ratio([row[n] for row in big], [row[n] for row in fresh]) for n in range(2)]
    return [
        at_most("first paint", ratios[0], 1.1, yardstick=yardstick),
        at_most("painted with its parts", ratios[1], 1.1, yardstick=yardstick),
        Figure("sidebar listed after the first paint", statistics.median(after_ms), "ms"),
        at_most(
            "sidebar listed after the paint with its parts", statistics.median(after_parts_ms), 300, "ms"
        ),
    ]
