"""What the system shows of our processes, and what is left of one that crashes: no key."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from faults.marks import Hunt, Mark
from trackside.sandbox.server import SandboxServer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

KEY = Mark("the key in the environment", "mk-EnvKey.51e2d7bb90")
PASSWORD = Mark("the proxy's password", "PwMarkedProxy93")
LIMIT_S = 20.0
WORDS = " ".join(f"word{number}" for number in range(400))


@pytest.fixture
def slow(shared_sandbox: SandboxServer) -> Iterator[SandboxServer]:
    shared_sandbox.set_pace(60.0)
    yield shared_sandbox
    shared_sandbox.set_pace(0.0)


def started(folder: Path, *command: str, **environment: str) -> subprocess.Popen[bytes]:
    """A process that may dump as much as it likes, in a folder of its own."""
    folder.mkdir(exist_ok=True)
    return subprocess.Popen(
        ["sh", "-c", 'ulimit -S -c "$(ulimit -H -c)"; exec "$@"', "sh", *command],
        cwd=folder,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_LOGGING_RULES": "*=false"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def until(is_so: Callable[[], object], process: subprocess.Popen[bytes]) -> None:
    end_s = time.monotonic() + LIMIT_S
    while not is_so():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end_s, "it did not come about"
        time.sleep(0.01)


def watched_until_killed(
    process: subprocess.Popen[bytes], folder: Path, number: int, is_at_work: Callable[[], object]
) -> Hunt:
    hunt = Hunt(KEY, PASSWORD)
    with process:
        try:
            until(is_at_work, process)
            facts = Path(f"/proc/{process.pid}")
            hunt.look("the command line", (facts / "cmdline").read_bytes())
            hunt.look("the environment", (facts / "environ").read_bytes())
            limit = next(line for line in (facts / "limits").read_text().splitlines() if "core file" in line)
            assert limit.split()[4] in ("0", "1"), limit
            process.send_signal(number)
            out, err = process.communicate(timeout=LIMIT_S)
        finally:
            process.kill()
    assert process.returncode == -number
    hunt.look("stdout", out)
    hunt.look("stderr", err)
    assert not list(folder.glob("core*")), "a core was dumped"
    hunt.look_through(folder)
    return hunt


@pytest.mark.parametrize("number", [signal.SIGABRT, signal.SIGSEGV])
def test_a_question_that_crashes_leaves_no_key(number: int, slow: SandboxServer, tmp_path: Path) -> None:
    with httpx.Client(trust_env=False, headers={"x-api-key": "k"}) as client:
        stores = client.get(f"{slow.base_url}/knowledge-stores").json()["data"]
    folder = tmp_path / "ask"
    command = [sys.executable, "-m", "trackside", "ask", f"/echo {WORDS}", "--store", stores[0]["_id"]]
    process = started(
        folder,
        *command,
        *("--base-url", slow.base_url, "--data-dir", "data"),
        TWELVELABS_API_KEY=KEY.text,
        HTTPS_PROXY=f"http://gate:{PASSWORD.text}@proxy.test:3128",
    )
    hunt = watched_until_killed(process, folder, number, lambda: process.stdout and process.stdout.read(1))
    assert not hunt.met


def test_a_window_that_crashes_leaves_no_key(shared_sandbox: SandboxServer, tmp_path: Path) -> None:
    folder = tmp_path / "window"
    process = started(
        folder,
        *(sys.executable, "-m", "trackside", "--base-url", shared_sandbox.base_url, "--data-dir", "data"),
        TWELVELABS_API_KEY=KEY.text,
        HTTPS_PROXY=f"http://gate:{PASSWORD.text}@proxy.test:3128",
    )
    before = len(shared_sandbox.requests)
    hunt = watched_until_killed(
        process, folder, signal.SIGABRT, lambda: len(shared_sandbox.requests) > before
    )
    assert not hunt.met


def test_a_key_on_the_command_line_is_refused_and_not_repeated(tmp_path: Path) -> None:
    for given in (
        ["--api-key", KEY.text],
        [f"--api-key={KEY.text}"],
        ["ask", "Why?", "--store", "ks", "--key", KEY.text],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "trackside", *given], capture_output=True, encoding="utf-8", check=False
        )
        assert done.returncode == 2
        assert "TWELVELABS_API_KEY" in done.stderr
        assert KEY.text not in done.stdout + done.stderr


CHILD = """
import os, subprocess, sys
from trackside.chat.environment import taken_environment
found = taken_environment()
print(found["TWELVELABS_API_KEY"], found["HTTPS_PROXY"], os.environ["HTTPS_PROXY"], sep="\\n")
print(os.environ.get("TWELVELABS_API_KEY"))
print(subprocess.run(["env"], capture_output=True, text=True).stdout)
"""


def test_children_get_neither_key_nor_login() -> None:
    proxy = f"http://gate:{PASSWORD.text}@proxy.test:3128"
    environment = {**os.environ, "TWELVELABS_API_KEY": KEY.text, "HTTPS_PROXY": proxy, "NO_PROXY": "a.test"}
    done = subprocess.run(
        [sys.executable, "-c", CHILD], env=environment, capture_output=True, encoding="utf-8", check=True
    )
    key, seen, kept, rest, *inherited = done.stdout.splitlines()
    assert (key, seen, kept, rest) == (KEY.text, proxy, proxy, "None")
    hunt = Hunt(KEY, PASSWORD)
    hunt.look("a child's environment", "\n".join(inherited))
    assert not hunt.met
    assert "HTTPS_PROXY=http://proxy.test:3128" in inherited
    assert "NO_PROXY=a.test" in inherited
