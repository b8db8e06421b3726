"""Resident memory of a window that idles before the first question, against that of an empty one."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil

from benchmarks.figures import Figure, at_most
from benchmarks.processes import line_of, started
from trackside.domain.settings import Settings
from trackside.storage.settings import save_settings

MEGABYTE = 1 << 20
STILL_S = 1.0
LIMIT_S = 30.0


def settled(process: psutil.Process, is_ready: Callable[[], bool]) -> tuple[float, float]:
    """Resident and private megabytes, once it is ready and its processor time has stopped to grow."""
    end_s = time.monotonic() + LIMIT_S
    before = -1.0
    while time.monotonic() < end_s:
        time.sleep(STILL_S)
        times = process.cpu_times()
        spent = times.user + times.system
        if is_ready() and spent - before < 0.03:
            break
        before = spent
    found = process.memory_full_info()
    return found.rss / MEGABYTE, found.uss / MEGABYTE


def window(name: str, *arguments: str, is_ready: Callable[[], bool] = lambda: True) -> tuple[float, float]:
    with started("-m", "benchmarks.programs", name, "0", *arguments) as process:
        return settled(psutil.Process(process.pid), is_ready)


def connected(folder: Path) -> tuple[float, float]:
    """With stores and items fetched from a service in another process."""
    save_settings(folder / "settings.json", replace(Settings(), connection_id="twelvelabs"), {})
    with started("-m", "benchmarks.service", "--pace", "20") as service:
        url = line_of(service)

        def has_asked() -> bool:
            assert service.stdin is not None
            service.stdin.write("requests\n")
            service.stdin.flush()
            return int(line_of(service)) >= 2

        with started(
            "-m",
            "benchmarks.programs",
            "trackside",
            "0",
            "--data-dir",
            str(folder),
            "--base-url",
            url,
            key="tlk_benchmark",
        ) as process:
            return settled(psutil.Process(process.pid), has_asked)


def run() -> list[Figure]:
    with tempfile.TemporaryDirectory() as temporary:
        for _ in range(2):  # the first one writes bytecode
            empty = window("empty")
            first_run = window("trackside", "--data-dir", str(Path(temporary) / "fresh"))
        used = Path(temporary) / "used"
        used.mkdir()
        at_service = connected(used)
    yardstick = f"an empty QMainWindow's {empty[0]:.0f} MB"
    return [
        at_most("resident, first run", first_run[0] / empty[0], 1.4, yardstick=yardstick),
        at_most("resident, connected", at_service[0] / empty[0], 1.4, yardstick=yardstick),
        Figure("resident, first run", first_run[0], "MB"),
        Figure("resident, connected", at_service[0], "MB"),
        Figure(
            "private, first run", first_run[1], "MB", yardstick=f"an empty QMainWindow's {empty[1]:.0f} MB"
        ),
        Figure(
            "private, connected", at_service[1], "MB", yardstick=f"an empty QMainWindow's {empty[1]:.0f} MB"
        ),
    ]
