"""Windows for tests: real ones, offscreen, driven by a hand."""

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from desktop.hand import Hand, hold_window
from trackside.chat.connections import KEY_VARIABLE
from trackside.sandbox.server import SandboxServer
from trackside.storage.paths import DataPaths
from ui.support import KEY, OpenWindow, Work


@pytest.fixture
def open_window(
    qapp: QApplication, data_paths: DataPaths, run_in_loop: Any, expected_log: Callable[[str], None]
) -> Iterator[OpenWindow]:
    """A window as it comes up for a newcomer, or for whoever used this data directory before."""
    expected_log("qt: This plugin does not support")  # offscreen, at any dialog and menu
    handlers, level = list(logging.getLogger().handlers), logging.getLogger().level
    thread_hook = threading.excepthook
    if qapp.style().name() != "fusion":
        qapp.setStyle("fusion")
    qapp.setQuitOnLastWindowClosed(False)

    def open_one(work: Work, *, paths: DataPaths = data_paths, **how: Any) -> None:
        run_in_loop(lambda: hold_window(qapp, paths, work, **how))

    yield open_one
    threading.excepthook = thread_hook
    root = logging.getLogger()
    root.setLevel(level)
    for handler in [h for h in root.handlers if h not in handlers]:
        root.removeHandler(handler)
        handler.close()
    QApplication.clipboard().clear()


@pytest.fixture
def at_service(open_window: OpenWindow, service: SandboxServer) -> OpenWindow:
    """A window that is connected to the test's service, on its first store."""

    def open_one(work: Work, **how: Any) -> None:
        async def connected(hand: Hand) -> None:
            await hand.until_connected()
            await work(hand)

        how = {"base_url": service.base_url, "environment": {KEY_VARIABLE: KEY}} | how
        open_window(connected, **how)

    return open_one


@pytest.fixture
def service(shared_sandbox: SandboxServer) -> Iterator[SandboxServer]:
    """The service that the window talks to: a sandbox over a real socket, flat out and without faults."""
    shared_sandbox.requests.clear()
    yield shared_sandbox
    shared_sandbox.set_fault(None)
    shared_sandbox.set_pace(0)
