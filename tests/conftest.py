"""What every test leaves behind: nothing. And what many need: a loop, a folder, a keyring, a sandbox."""

import asyncio
import gc
import inspect
import logging
import os
import re
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import psutil
import pytest
from PySide6.QtWidgets import QApplication

from trackside.domain.secrecy import forget_secrets
from trackside.loop import TracksideEventLoop, run
from trackside.sandbox.server import SandboxServer
from trackside.storage.paths import DataPaths

T = TypeVar("T")
RunInLoop = Callable[[Callable[[], Awaitable[T]]], T]

_PATIENCE_S = 2.0
"""How long what is ending anyway may take to end."""
_OURS = "trackside-"


# -- nothing stays behind --------------------------------------------------------------------------


@pytest.fixture
def expected_log() -> Callable[[str], None]:
    """Call it with a pattern: log records that it is found in may be warnings and worse in this test."""
    return _expected.append


_expected: list[str] = []
_NOISE = (
    # What a client sends to it is its own affair; the sandbox answers with 400.
    r"^python_multipart",
    # CPython 3.11 reads the exception of a server's cancelled connection.
    r"^asyncio: Exception in callback StreamReaderProtocol\.connection_made.*cancell",
)


@pytest.fixture(autouse=True)
def nothing_left(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fails a test that leaves threads or sockets behind, or logs a warning that it did not expect.

    A test that asks for `caplog` itself judges its records itself.
    """
    _expected.clear()
    threads, sockets = _threads(), _sockets()
    yield
    left_threads = _left(_threads, threads)
    left_sockets = _left(_sockets, sockets)
    loud = [] if _takes(request, "caplog") else _loud(caplog)
    assert not left_threads, f"threads were left behind: {left_threads}"
    assert not left_sockets, f"sockets were left behind: {left_sockets}"
    assert not loud, f"unexpected log records: {loud}"


@pytest.fixture(autouse=True)
def no_task_left(request: pytest.FixtureRequest, nothing_left: None) -> None:
    """The same for the tasks and timers of a test that is a coroutine."""
    if inspect.iscoroutinefunction(getattr(request.node, "obj", None)):
        request.getfixturevalue("_watched_loop")


@pytest.fixture
async def _watched_loop() -> AsyncIterator[None]:
    before = asyncio.all_tasks()
    yield
    await check_loop(before)


async def check_loop(before: set[asyncio.Task[Any]]) -> None:
    """Fails when the running loop has tasks or timers that nobody will end."""
    # Streams are closed by the loop's hooks, a turn of the loop each.
    left: set[asyncio.Task[Any]] = set()
    for _ in range(1_000):
        left = asyncio.all_tasks() - before - {asyncio.current_task()}
        if not left:
            break
        await asyncio.sleep(0.001)
    assert not left, f"tasks were left behind: {left}"
    loop = asyncio.get_running_loop()
    if isinstance(loop, TracksideEventLoop):
        waiting = [handle for _, _, handle in loop._due if not handle.cancelled()]
        assert not waiting, f"timers were left behind: {waiting}"


def _loud(caplog: pytest.LogCaptureFixture) -> list[str]:
    records = [record for when in ("setup", "call", "teardown") for record in caplog.get_records(when)]
    lines = [f"{r.name}: {r.getMessage()}" for r in records if r.levelno >= logging.WARNING]
    return [line for line in lines if not any(re.search(p, line, re.DOTALL) for p in (*_NOISE, *_expected))]


def _takes(request: pytest.FixtureRequest, name: str) -> bool:
    test = getattr(request.node, "obj", None)
    return callable(test) and name in inspect.signature(test).parameters


def _threads() -> set[threading.Thread]:
    """Those that would keep the process alive, and all of ours; the loop's workers end with their loop."""
    return {
        thread
        for thread in threading.enumerate()
        if thread is not threading.main_thread()
        and (not thread.daemon or thread.name.startswith(_OURS))
        and not thread.name.startswith("asyncio_")
    }


def _sockets() -> set[Any]:
    """Open sockets of the internet kind; those that both sides have closed only wait for the system."""
    gone = {psutil.CONN_TIME_WAIT, psutil.CONN_CLOSE, psutil.CONN_FIN_WAIT1, psutil.CONN_FIN_WAIT2}
    found = psutil.Process().net_connections("inet")
    return {(entry.fd, entry.laddr, entry.raddr) for entry in found if entry.status not in gone}


def _left(look: Callable[[], set[T]], before: set[T]) -> set[T]:
    if not (left := look() - before):
        return left
    gc.collect()
    end_s = time.monotonic() + _PATIENCE_S
    while (left := look() - before) and time.monotonic() < end_s:
        time.sleep(0.005)
    return left


# -- no test meets what is the user's ---------------------------------------------------------------


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No key, address or proxy of the user's, no data directory of theirs, and no keyring of the system's."""
    for name in list(os.environ):
        if name.startswith("TWELVELABS_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("TRACKSIDE_DATA_DIR", str(tmp_path_factory.getbasetemp() / "nowhere"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    # A command that is run within a test hardens the process.
    for name in ("excepthook", "unraisablehook"):
        monkeypatch.setattr(sys, name, getattr(sys, name))
    forget_secrets()


class FakeKeyring:
    """A keyring in memory. `failure` is what every call raises; `hold` is waited for by every call."""

    name = "Fake"

    def __init__(self) -> None:
        self.keys: dict[tuple[str, str], str] = {}
        self.calls: list[str] = []
        self.failure: BaseException | None = None
        self.hold: threading.Event | None = None
        self.forgets = False

    def get_password(self, service: str, username: str) -> str | None:
        self._meet("get")
        return self.keys.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._meet("set")
        if not self.forgets:
            self.keys[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._meet("delete")
        del self.keys[service, username]

    def _meet(self, call: str) -> None:
        self.calls.append(call)
        if self.hold is not None:
            self.hold.wait(_PATIENCE_S)
        if self.failure is not None:
            raise self.failure


@pytest.fixture
def as_before() -> Iterator[None]:
    """What a command does to its process ends with the test."""
    root = logging.getLogger()
    handlers, level, umask = root.handlers[:], root.level, os.umask(0o022)
    yield
    os.umask(umask)
    for handler in [h for h in root.handlers if h not in handlers]:
        root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def fake_keyring() -> FakeKeyring:
    """Give it to a KeyVault: `KeyVault(lambda: fake_keyring)`."""
    return FakeKeyring()


@pytest.fixture
def data_paths(tmp_path: Path) -> DataPaths:
    """A data directory of the test's own."""
    paths = DataPaths(tmp_path / "data", tmp_path / "data" / "logs")
    paths.create()
    return paths


# -- the loop and the service -----------------------------------------------------------------------


@pytest.fixture(scope="session")
def qapp_cls() -> type[QApplication]:
    return QApplication


@pytest.fixture
def run_in_loop(qapp: QApplication) -> RunInLoop[Any]:
    """Runs a coroutine function to its end on the window's own loop; it must leave no task or timer."""

    async def watched(main: Callable[[], Awaitable[T]]) -> T:
        before = asyncio.all_tasks()
        async with asyncio.timeout(20):
            result = await main()
        await check_loop(before)
        return result

    return lambda main: run(watched(main), qapp)


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    """A running sandbox of the test's own, flat out."""
    server = SandboxServer(pace_tokens_s=0.0, processing_s=0.0)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def shared_sandbox() -> Iterator[SandboxServer]:
    """One sandbox for a module's tests, flat out; whoever changes fault or pace changes it back."""
    server = SandboxServer(pace_tokens_s=0.0, processing_s=0.0)
    server.start()
    yield server
    server.stop()
