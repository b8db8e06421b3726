"""What a start has imported by its first paint, and by the time that the window looks finished."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

_NOT_FOR_A_FRAME = (
    "asyncio",
    "httpx",
    "importlib.resources",
    "keyring",
    "logging.handlers",
    "markdown_it",
    "msgspec",
    "platformdirs",
    "PySide6.QtSvg",
    "qasync",
    "sqlite3",
    "ssl",
    "starlette",
    "trackside.chat",
    "trackside.domain.failure",
    "trackside.protocol",
    "trackside.sandbox",
    "trackside.ui.composer",
    "trackside.ui.sidebar",
    "trackside.ui.theme",
    "truststore",
    "uvicorn",
)
_NOT_FOR_PARTS = (
    "asyncio",
    "httpx",
    "keyring",
    "markdown_it",
    "msgspec",
    "qasync",
    "sqlite3",
    "ssl",
    "starlette",
    "trackside.chat",
    "trackside.protocol",
    "trackside.sandbox",
    "truststore",
    "uvicorn",
)
_NOT_FOR_A_LIST = (
    "asyncio",
    "httpx",
    "keyring",
    "markdown_it",
    "msgspec",
    "qasync",
    "ssl",
    "starlette",
    "trackside.chat",
    "trackside.protocol",
    "trackside.sandbox",
    "truststore",
    "uvicorn",
)
_NOT_BEFORE_A_CONNECTION = ("httpx", "keyring", "starlette", "trackside.protocol.client", "uvicorn")

_WATCHED_START = """
import json, os, sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

run, found = QApplication.exec, []

def watched(*_):
    if len(found) == 3:
        QTimer.singleShot(int(sys.argv[-1]), end)
    code = run()
    found.append(sorted(sys.modules))
    return code

def end():
    found.append(sorted(sys.modules))
    print(json.dumps(found), flush=True)
    os._exit(0)

QApplication.exec = watched
data_dir, wait_ms = sys.argv[1:]
from trackside.__main__ import main
main(["--data-dir", data_dir])
"""
_UNTIL_IDLE_MS = 1_500


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> list[set[str]]:
    """The modules at the first paint, at that with the parts, when the newest sessions have been read, and
    when the first run's page idles."""
    done = subprocess.run(
        [sys.executable, "-c", _WATCHED_START, str(tmp_path_factory.mktemp("start")), str(_UNTIL_IDLE_MS)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return [set(names) for names in json.loads(done.stdout)]


def test_frame_is_painted_before_anything_heavy_is_imported(imported: list[set[str]]) -> None:
    assert "trackside.ui.frame" in imported[0]
    assert not imported[0].intersection(_NOT_FOR_A_FRAME)


def test_parts_are_painted_before_loop_wire_and_database_are_imported(imported: list[set[str]]) -> None:
    assert "trackside.ui.composer.composer" in imported[1]
    assert not imported[1].intersection(_NOT_FOR_PARTS)


def test_newest_sessions_are_read_before_loop_and_answers_are_imported(imported: list[set[str]]) -> None:
    assert "trackside.storage.listing" in imported[2]
    assert not imported[2].intersection(_NOT_FOR_A_LIST)


def test_wire_is_imported_with_the_first_connection(imported: list[set[str]]) -> None:
    assert "trackside.ui.desk" in imported[3]
    assert not imported[3].intersection(_NOT_BEFORE_A_CONNECTION)


def test_httpx_comes_without_its_command_line() -> None:
    """rich and pygments, where they are installed, would double its memory."""
    script = "import sys, trackside.protocol.client; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    names = set(done.stdout.split())
    assert "httpx" in names
    assert not names.intersection(("click", "pygments", "rich"))


def test_sources_are_not_read_on_import() -> None:
    """PySide would read each module's; should it do so in another way one day, this tells."""
    script = (
        "import linecache\n"
        "from trackside.ui.pyside import leave_sources_alone\n"
        "leave_sources_alone()\n"
        "import trackside.ui.desk\n"
        "print(*linecache.cache)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert not [name for name in done.stdout.split() if Path(name).parent.name == "ui"]
