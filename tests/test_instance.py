"""A second start hands over to the first window, as processes of their own."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from processes import command
from test_app import LIMIT_S, Windows, end, wait_for
from trackside.instance import wire
from trackside.instance.answering import Listener
from trackside.instance.asking import has_handed_over
from trackside.instance.place import WindowPlace
from trackside.instance.wire import Wish, address_in, heard, is_done, said, wish_of
from trackside.storage.paths import DataPaths

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a socket that Python can open")


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this module's windows keep their sockets."""
    runtime = tmp_path_factory.mktemp("run")
    runtime.chmod(0o700)
    return runtime


class Starts(Windows):
    """Windows with a folder for sockets of their own."""

    def __init__(self, runtime: Path) -> None:
        super().__init__()
        self.runtime = runtime

    def open(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return super().open(*arguments, **({"XDG_RUNTIME_DIR": str(self.runtime)} | environment))

    def close(self) -> None:
        for process in self.started:
            process.kill()
            process.communicate()


@pytest.fixture
def windows(places: Path) -> Iterator[Starts]:
    opened = Starts(places)
    yield opened
    opened.close()


@dataclass(frozen=True)
class First:
    folder: Path
    process: subprocess.Popen[str]


@pytest.fixture(scope="module")
def first(places: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[First]:
    """A window that stays open for several tests."""
    opened = Starts(places)
    folder = tmp_path_factory.mktemp("first") / "data"
    yield First(folder, first_window(opened, folder))
    opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


def first_window(windows: Starts, folder: Path) -> subprocess.Popen[str]:
    window = windows.open("--data-dir", str(folder))
    wait_for(folder, "window.address", window)
    return window


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    out, errors = process.communicate(timeout=LIMIT_S)
    return process.returncode, out + errors


def address(folder: Path) -> str:
    return address_in((folder / "window.address").read_bytes())


def call(folder: Path, content: bytes) -> bytes:
    """What the window answers to whatever it is sent."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(LIMIT_S)
        line.connect(address(folder))
        line.sendall(content)
        return line.recv(4096)


# -- one that is open -------------------------------------------------------------------------------


def test_second_start_hands_over_and_ends(first: First, windows: Starts) -> None:
    for _ in range(2):
        assert ended(windows.open("--data-dir", str(first.folder))) == (0, "")
    assert first.process.poll() is None
    assert len(list(first.folder.glob("instances/*.lock"))) == 1, "a second one opened the database"


def test_second_start_in_the_sandbox_opens_it_in_the_first(first: First, windows: Starts) -> None:
    assert ended(windows.open("--data-dir", str(first.folder), "--sandbox")) == (0, "")
    wait_for(first.folder, "sandbox/in-use.lock", first.process)


def test_another_address_has_a_window_of_its_own(first: First, windows: Starts) -> None:
    other = windows.open("--data-dir", str(first.folder), "--base-url", "http://127.0.0.1:9/v1.3")
    wait_for(first.folder, "instances/*.lock", first.process, other, count=2)


def test_commands_are_no_windows(first: First, tmp_path: Path) -> None:
    out = tmp_path / "all.json"
    export = command("export", "--all", "--data-dir", str(first.folder), "--out", str(out))
    done = subprocess.run(export, capture_output=True, text=True, check=False, timeout=LIMIT_S)
    assert out.exists(), done.stderr
    assert first.process.poll() is None


def test_garbage_is_passed_over(first: First) -> None:
    deep = b"[" * 1_500 + b"\n"
    other_version = b'{"trackside": 2, "open": "window"}\n'
    for content in (b"\n", b"\x00\xff\n", b"{}\n", other_version, b"GET / HTTP/1.1\n", deep):
        assert not is_done(call(first.folder, content))
    with contextlib.suppress(ConnectionResetError, BrokenPipeError):
        assert call(first.folder, b"x" * 100_000) == b""
    idle = [socket.socket(socket.AF_UNIX) for _ in range(20)]
    for line in idle:
        line.connect(address(first.folder))
    for line in idle:
        line.close()
    assert is_done(call(first.folder, said(Wish())))
    assert first.process.poll() is None


def test_only_the_user_can_reach_it(first: First) -> None:
    folder = first.folder
    for path in (Path(address(folder)), folder / "window.address", folder / "window.lock"):
        assert not path.stat().st_mode & 0o077


# -- ends and beginnings ----------------------------------------------------------------------------


def test_of_two_that_start_at_once_one_stays_and_leaves_nothing(windows: Starts, folder: Path) -> None:
    both = [windows.open("--data-dir", str(folder)) for _ in range(2)]
    wait_for(folder, "window.address")
    end_s = time.monotonic() + LIMIT_S
    while all(window.poll() is None for window in both) and time.monotonic() < end_s:
        time.sleep(0.02)
    (left,) = [window for window in both if window.poll() is None]
    (gone,) = [window for window in both if window.poll() is not None]
    assert ended(gone) == (0, "")
    place = Path(address(folder))
    assert place.is_socket()
    assert end(left)[1] == ""
    assert not place.exists()
    assert not (folder / "window.address").exists()


def test_after_the_first_was_killed_the_next_is_the_first(windows: Starts, folder: Path) -> None:
    killed = first_window(windows, folder)
    before = address(folder)
    killed.kill()
    killed.wait()
    assert Path(before).exists()
    second = windows.open("--data-dir", str(folder))
    end_s = time.monotonic() + LIMIT_S
    while address(folder) == before and time.monotonic() < end_s:
        time.sleep(0.02)
    assert second.poll() is None
    assert address(folder) != before
    assert not Path(before).exists(), "the dead one's socket was left"


def test_a_stopped_first_does_not_keep_the_second_waiting(
    first: First, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "ANSWER_S", 0.2)
    paths = DataPaths(first.folder, first.folder / "logs")
    place = WindowPlace(paths)
    assert place.is_taken()
    first.process.send_signal(signal.SIGSTOP)
    try:
        assert not has_handed_over(paths, place, Wish())
        assert not place.is_ours
    finally:
        first.process.send_signal(signal.SIGCONT)
    assert paths.window_address.exists(), "it is the first one's"
    assert has_handed_over(paths, place, Wish()), "it goes on as if nothing had been"


# -- a first that is not what it should be ----------------------------------------------------------


HOLDER = """
import json, socket, sys
from pathlib import Path
from trackside.instance.answering import Listener
from trackside.instance.asking import has_handed_over
from trackside.instance.place import WindowPlace
from trackside.storage.paths import DataPaths

root = Path(sys.argv[1])
paths = DataPaths(root, root / "logs")
place = WindowPlace(paths)
assert not place.is_taken() and place.is_ours
line = socket.socket(socket.AF_UNIX)
line.bind(str(root / "hand-made.sock"))
line.listen()
paths.window_address.write_text(json.dumps({"trackside": 1, "address": str(root / "hand-made.sock")}))
print("there", flush=True)
for answer in sys.stdin:
    caller, _ = line.accept()
    caller.recv(4096)
    caller.sendall(json.loads(answer).encode())
    caller.close()
sys.stdin.read()
"""


def test_one_that_does_not_answer_as_it_should_is_left_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "ANSWER_S", 0.2)
    paths = DataPaths(folder, folder / "logs")
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == "there\n"
        place = WindowPlace(paths)
        assert place.is_taken()
        for answer in ("", "nonsense\n", '{"trackside": 9, "done": false}\n', "x" * 9_999):
            holder.stdin.write(json.dumps(answer) + "\n")
            holder.stdin.flush()
            assert not has_handed_over(paths, place, Wish())
            assert not place.is_ours
        holder.stdin.write(json.dumps('{"trackside": 9, "done": true}\n') + "\n")
        holder.stdin.flush()
        assert has_handed_over(paths, place, Wish())
        assert not has_handed_over(paths, place, Wish()), "it did not answer at all"
        holder.kill()
        holder.wait()
        # It is gone, and its address is not: the place is ours.
        assert not has_handed_over(paths, place, Wish())
        assert place.is_ours
        place.release()


@pytest.mark.parametrize("runtime", ["relative", "/nonexistent", ""])
def test_without_a_runtime_folder_it_listens_where_it_can(
    runtime: str, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
    short = Path(tempfile.mkdtemp())
    monkeypatch.setattr(tempfile, "tempdir", str(short))
    for name in ("short", "a long name, " * 12):
        folder = tmp_path / name
        paths = DataPaths(folder, folder / "logs")
        (folder / "instances").mkdir(parents=True)
        (folder / "instances").chmod(0o700)
        listener = Listener(paths)
        assert listener.listen()
        listener.publish()
        place = Path(address(folder))
        assert place.is_socket()
        assert place.parent.stat().st_mode & 0o777 == 0o700
        listener.close()
        assert not place.exists()
    short.rmdir()  # nothing is left in it


def test_a_folder_that_others_may_enter_gets_no_socket(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_to_all = tmp_path / "run"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(open_to_all))
    listener = Listener(DataPaths(tmp_path / "data", tmp_path / "logs"))
    assert listener.listen()
    assert not list(open_to_all.iterdir())
    listener.close()


def test_a_damaged_address_keeps_nobody_from_publishing(qapp: QApplication, data_paths: DataPaths) -> None:
    data_paths.window_address.write_bytes(wire.published("trackside-\0.sock"))
    listener = Listener(data_paths)
    assert listener.listen()
    listener.publish()
    assert "\0" not in address_in(data_paths.window_address.read_bytes())
    listener.close()


def test_a_published_name_that_is_no_socket_is_not_deleted(qapp: QApplication, data_paths: DataPaths) -> None:
    precious = data_paths.root / "trackside-precious.sock"
    precious.write_text("not a socket")
    data_paths.window_address.write_bytes(wire.published(str(precious)))
    listener = Listener(data_paths)
    assert listener.listen()
    listener.publish()
    listener.close()
    assert precious.exists()


# -- what is sent -----------------------------------------------------------------------------------


def test_a_wish_takes_the_desktops_leave_along() -> None:
    wish = wish_of({"DESKTOP_STARTUP_ID": "id_TIME1", "XDG_ACTIVATION_TOKEN": "token"}, in_sandbox=True)
    assert wish == Wish(in_sandbox=True, token="token")
    assert heard(said(wish)) == wish
    assert wish_of({"DESKTOP_STARTUP_ID": "id_TIME1"}, in_sandbox=False).token == "id_TIME1"
    for odd in ("x" * 9_999, "line\nline", "ünicode"):
        assert wish_of({"XDG_ACTIVATION_TOKEN": odd}, in_sandbox=False).token == ""
        message = {"trackside": 1, "open": "window", "token": odd}
        assert heard(json.dumps(message).encode()) in (None, Wish())
    assert len(said(wish_of({"XDG_ACTIVATION_TOKEN": "x" * 256}, in_sandbox=True))) < wire.LIMIT_BYTES


def test_the_place_is_one_processs_and_then_the_next_ones(folder: Path) -> None:
    paths = DataPaths(folder, folder / "logs")
    first, second = WindowPlace(paths), WindowPlace(paths)
    assert (first.is_taken(), first.is_ours) == (False, True)
    assert (second.is_taken(), second.is_ours) == (True, False)
    first.release()
    assert (second.is_taken(), second.is_ours) == (False, True)
    assert first.is_taken()
    second.release()


def test_a_place_that_cannot_be_is_nobodys(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    place = WindowPlace(DataPaths(tmp_path / "file", tmp_path))
    assert (place.is_taken(), place.is_ours) == (False, False)
    assert os.listdir(tmp_path) == ["file"]  # noqa: PTH208 -- names are what is compared
