"""The commands as processes: signals, broken pipes, and what they load."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from processes import POSIX_ONLY, command, line_of, started
from trackside.sandbox.faults import FaultName
from trackside.sandbox.server import SandboxServer

DONE, REFUSED, STOPPED = 0, 3, 130
POSIX = pytest.mark.skipif(sys.platform == "win32", reason=POSIX_ONLY)
WORDS = " ".join(f"word{number}" for number in range(400))


@pytest.fixture
def slow(shared_sandbox: SandboxServer) -> Iterator[SandboxServer]:
    """The sandbox at a pace that leaves time to act."""
    shared_sandbox.set_pace(60.0)
    yield shared_sandbox
    shared_sandbox.set_pace(0.0)


@pytest.fixture
def asking(shared_sandbox: SandboxServer, tmp_path: Path) -> list[str]:
    with httpx.Client(trust_env=False, headers={"x-api-key": "k"}) as client:
        stores = client.get(f"{shared_sandbox.base_url}/knowledge-stores").json()["data"]
    address = ["--base-url", shared_sandbox.base_url, "--data-dir", str(tmp_path / "data")]
    return ["ask", f"/echo {WORDS}", "--store", stores[0]["_id"], *address]


def kept(tmp_path: Path) -> dict[str, object]:
    arguments = ("export", "--all", "--out", "-", "--data-dir", str(tmp_path / "data"))
    text = subprocess.run(command(*arguments), check=True, capture_output=True, encoding="utf-8").stdout
    (session,) = json.loads(text)["sessions"]
    return dict(session["turns"][0]["attempts"][0])


# -- ask --------------------------------------------------------------------------------------------


@POSIX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_answer_and_keeps_what_came(
    number: signal.Signals, slow: SandboxServer, asking: list[str], tmp_path: Path
) -> None:
    with started(*asking) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        begun = process.stdout.read(20)
        process.send_signal(number)
        printed = (begun + process.stdout.read()).rstrip("\n")
        err = process.stderr.read()
        process.wait(5)
    assert (process.returncode, err) == (STOPPED, "")
    assert WORDS.startswith(printed)
    assert len(printed) < len(WORDS)
    attempt = kept(tmp_path)
    assert (attempt["state"], attempt["text"]) == ("stopped", printed)


@POSIX
def test_whoever_stops_reading_ends_the_answer_without_a_word(
    slow: SandboxServer, asking: list[str], tmp_path: Path
) -> None:
    with started(*asking) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(5) == "word0"
        process.stdout.close()
        err = process.stderr.read()
        process.wait(5)
    assert (process.returncode, err) == (STOPPED, "")
    assert kept(tmp_path)["state"] == "stopped"


@POSIX
def test_whoever_reads_nothing_of_an_export_gets_no_traceback(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    arguments = ("export", "--all", "--out", "-", "--data-dir", str(tmp_path / "data"))
    process = subprocess.run(command(*arguments), stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (process.returncode, process.stderr) == (STOPPED, b"")


ENDLESS = """
import dataclasses, itertools, sys, time
from trackside.__main__ import main
from trackside.chat.export_formats import FORMATS
def pieces(*_):
    for _ in itertools.count():
        time.sleep(0.01)
        yield "x"
FORMATS["text"] = dataclasses.replace(FORMATS["text"], pieces=pieces)
sys.exit(main(sys.argv[1:]))
"""


@POSIX
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_ends_an_export_and_leaves_nothing_of_it(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    arguments = ("export", "--all", "--format", "text", "--out", str(folder / "x.txt"))
    process = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, *arguments, "--data-dir", str(tmp_path / "data")],
        stderr=subprocess.PIPE,
    )
    with process:
        while not list(folder.iterdir()) and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(getattr(signal, name))
        _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (STOPPED, b"")
    assert list(folder.iterdir()) == []


@POSIX
@pytest.mark.parametrize("end", [">&-", ">/dev/full"])
def test_an_output_that_can_not_be_written_is_a_sentence(end: str, tmp_path: Path) -> None:
    if end.endswith("full") and not Path("/dev/full").exists():
        pytest.skip("only Linux has a disk that is always full")
    arguments = ("export", "--all", "--out", "-", "--data-dir", str(tmp_path / "data"))
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {end}', "sh", *command(*arguments)], stderr=subprocess.PIPE, check=False
    )
    assert done.returncode == REFUSED
    assert done.stderr.startswith(b"trackside: The standard output can't be written")
    assert b"Traceback" not in done.stderr


def test_an_answer_that_the_terminal_can_not_show_is_printed_all_the_same(asking: list[str]) -> None:
    asking[1] = "/echo Grüße 🎬"
    process = subprocess.run(
        command(*asking), capture_output=True, check=False, env={**os.environ, "PYTHONIOENCODING": "ascii"}
    )
    assert (process.returncode, process.stdout, process.stderr) == (
        DONE,
        b"Gr??e ?" + os.linesep.encode(),
        b"",
    )


LOADED = """
import sys
from trackside.__main__ import main
code = main(sys.argv[1:])
heavy = ("PySide6.QtWidgets", "PySide6.QtGui", "qasync", "trackside.ui", "trackside.app", "trackside.loop")
loaded = [name for name in sys.modules if name.startswith(heavy)]
assert not loaded, loaded
sys.exit(code)
"""


@pytest.mark.parametrize("which", ["ask", "export", "sandbox"])
def test_no_command_loads_a_window(which: str, asking: list[str], tmp_path: Path) -> None:
    arguments = {
        "ask": asking,
        "export": ["export", "--all", "--out", "-", "--data-dir", str(tmp_path / "data")],
        "sandbox": ["sandbox", "--fault", "list"],
    }[which]
    process = subprocess.run([sys.executable, "-c", LOADED, *arguments], capture_output=True, check=False)
    assert (process.returncode, process.stderr) == (DONE, b"")


# -- sandbox ----------------------------------------------------------------------------------------


@POSIX
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_sandbox_says_where_it_is_and_ends_politely(number: signal.Signals, tmp_path: Path) -> None:
    with started("sandbox", "--data-dir", str(tmp_path), "--pace", "0") as process:
        said, address = line_of(process).rsplit(" ", 1)
        assert said == "listening on"
        with httpx.Client(base_url=address.strip(), trust_env=False, headers={"x-api-key": "k"}) as client:
            client.post("/knowledge-stores", json={"name": "Kept"})
            with started("sandbox", "--data-dir", str(tmp_path)) as second:
                _, err = second.communicate(timeout=5)
            assert (second.returncode, "Another sandbox" in err) == (REFUSED, True)
        process.send_signal(number)
        out, err = process.communicate(timeout=5)
    assert (process.returncode, out, err) == (DONE, "", "")
    with started("sandbox", "--data-dir", str(tmp_path)) as again:
        address = line_of(again).split()[-1]
        with httpx.Client(base_url=address, trust_env=False, headers={"x-api-key": "k"}) as client:
            names = [store["name"] for store in client.get("/knowledge-stores").json()["data"]]
        again.send_signal(signal.SIGTERM)
        again.wait(5)
    assert "Kept" in names


@POSIX
def test_a_signal_right_after_the_line_is_not_lost() -> None:
    for _ in range(3):
        with started("sandbox") as process:
            line_of(process)
            process.send_signal(signal.SIGTERM)
            assert process.wait(5) == DONE


def test_a_port_that_is_taken_is_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = subprocess.run(
            command("sandbox", "--port", str(port)), capture_output=True, encoding="utf-8", check=False
        )
    assert (process.returncode, process.stdout) == (REFUSED, "")
    assert process.stderr.startswith("trackside: ")
    assert process.stderr.count("\n") == 1


def test_faults_are_listed() -> None:
    process = subprocess.run(command("sandbox", "--fault", "list"), capture_output=True, encoding="utf-8")
    assert process.returncode == DONE
    listed = {line.split()[0].split("=")[0] for line in process.stdout.splitlines() if line.strip()}
    assert {name.value for name in FaultName} <= {entry.split("[")[0] for entry in listed}
