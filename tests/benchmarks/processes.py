"""Processes that benchmarks start: with bytecode kept, and without the settings of whoever runs them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]


def environment(platform: str = "offscreen") -> dict[str, str]:
    """Some who develop forbid Python to keep bytecode; every start would compile everything anew."""
    unwanted = ("PYTHONDONTWRITEBYTECODE", "QT_QPA_PLATFORM")
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in unwanted and not name.startswith("TWELVELABS_") and not name.lower().endswith("_proxy")
    }
    paths = os.pathsep.join([str(ROOT / "tests"), str(ROOT / "src")])
    return {
        **kept,
        "PYTHONPATH": paths,
        "PYTHONPYCACHEPREFIX": str(ROOT / ".bench" / "bytecode"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        "QT_QPA_PLATFORM": platform,
    }


@contextmanager
def started(*arguments: str, key: str = "") -> Iterator[subprocess.Popen[str]]:
    """A Python process with pipes for its input and output, ended at the end. `key`: the service's, in its
    environment."""
    process = subprocess.Popen(
        [sys.executable, "-P", *arguments],
        env=environment() | ({"TWELVELABS_API_KEY": key} if key else {}),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def line_of(process: subprocess.Popen[str]) -> str:
    """The next line that it writes; an empty one means that it has ended."""
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    if not line:
        raise RuntimeError(f"{process.args} ended with status {process.wait()}")
    return line
