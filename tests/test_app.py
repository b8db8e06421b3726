"""The application as a process: it comes up, shares its folder, takes a signal, leaves nothing running."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

COMMAND = (sys.executable, "-W", "error", "-m", "trackside")
LIMIT_S = 20.0

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a process there takes no SIGTERM")


class Windows:
    """Starts windows as processes of their own, and ends those that a test leaves behind."""

    def __init__(self) -> None:
        self.started: list[subprocess.Popen[str]] = []

    def open(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*COMMAND, *arguments],
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_LOGGING_RULES": "*=false"} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process


@pytest.fixture
def windows() -> Iterator[Windows]:
    opened = Windows()
    yield opened
    for process in opened.started:
        process.kill()
        process.communicate()


def wait_for(path: Path, pattern: str, *windows: subprocess.Popen[str], count: int = 1) -> None:
    """Until so many files of this kind are there; fails at once when a window has ended instead."""
    end_s = time.monotonic() + LIMIT_S
    while len(list(path.glob(pattern))) < count:
        for window in windows:
            assert window.poll() is None, window.communicate()
        assert time.monotonic() < end_s, f"{pattern} did not appear in {path}: {list(path.rglob('*'))}"
        time.sleep(0.02)


def end(process: subprocess.Popen[str], number: int = signal.SIGTERM) -> tuple[int, str]:
    process.send_signal(number)
    out, errors = process.communicate(timeout=LIMIT_S)
    return process.returncode, out + errors


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_politely(windows: Windows, tmp_path: Path, number: int) -> None:
    folder = tmp_path / "Größe two words"
    window = windows.open("--data-dir", str(folder), "--sandbox")
    wait_for(folder, "sandbox/in-use.lock", window)
    code, said = end(window, number)
    assert said == ""
    assert code in (0, 130, 143)
    assert (folder / "settings.json").exists()
    assert not list(folder.glob("instances/*.lock")), "it still seems to run"


def test_two_windows_on_one_folder(windows: Windows, tmp_path: Path) -> None:
    """As when the first doesn't answer: a window for another address is always one of its own."""
    address = ("--base-url", "http://127.0.0.1:9/v1.3")
    both = [windows.open("--data-dir", str(tmp_path), "--sandbox", *how) for how in ((), address)]
    wait_for(tmp_path, "instances/*.lock", *both, count=2)
    wait_for(tmp_path, "sandbox/in-use.lock", *both)
    for window in both:
        assert window.poll() is None
        code, said = end(window)
        assert said == ""
        assert code in (0, 143)


def test_files_are_their_users_alone(windows: Windows, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    window = windows.open("--data-dir", str(folder), "--sandbox")
    wait_for(folder, "sandbox/in-use.lock", window)
    end(window)
    open_to_others = [path for path in (folder, *folder.rglob("*")) if path.stat().st_mode & 0o077]
    assert not open_to_others


def test_folder_that_cannot_be_used_does_not_stop_it(windows: Windows, tmp_path: Path) -> None:
    place = tmp_path / "occupied"
    place.write_text("not ours")
    window = windows.open("--data-dir", str(place), "--sandbox")
    time.sleep(1.0)
    assert window.poll() is None
    code, said = end(window)
    assert "Traceback" not in said
    assert code in (0, 143)
    assert place.read_text() == "not ours"
