"""No telemetry and no update ping: without a question, nobody is asked anything."""

import sys
from collections.abc import Callable, Iterator
from ipaddress import ip_address

import pytest
from PySide6.QtCore import Qt

from desktop.hand import Hand
from trackside.sandbox.server import SandboxServer
from ui.support import KEY, OpenWindow

_heard: list[tuple[str, object]] = []
_is_listening = False


def _listen(event: str, arguments: tuple[object, ...]) -> None:
    if _is_listening and event in (
        "socket.getaddrinfo",
        "socket.gethostbyname",
        "socket.connect",
        "socket.sendto",
    ):
        _heard.append(
            (event, arguments[0] if event.startswith("socket.geth") or "addr" in event else arguments[1])
        )


sys.addaudithook(_listen)  # whatever asks in Python, it is heard; it can't be taken away again


@pytest.fixture
def heard() -> Iterator[list[tuple[str, object]]]:
    """Who is asked from now on: names that are looked up, addresses that are connected to."""
    global _is_listening
    _heard.clear()
    _is_listening = True
    yield _heard
    _is_listening = False


def strangers(heard: list[tuple[str, object]]) -> list[object]:
    found: list[object] = []
    for _, place in heard:
        host = place[0] if isinstance(place, tuple) else place
        if isinstance(host, bytes):
            host = host.decode()
        if isinstance(host, str) and host not in ("localhost", "") and not host.startswith(("/", "\0")):
            try:
                if ip_address(host).is_loopback:
                    continue
            except ValueError:
                pass
            found.append(place)
    return found


def test_the_first_run_asks_nobody(open_window: OpenWindow, heard: list[tuple[str, object]]) -> None:
    async def work(hand: Hand) -> None:
        await hand.until(lambda: hand.window.is_first_run)
        await hand.press(Qt.Key.Key_F1)

    open_window(work)
    assert strangers(heard) == []


def test_the_sandbox_asks_nobody_but_this_computer(
    open_window: OpenWindow, heard: list[tuple[str, object]]
) -> None:
    async def work(hand: Hand) -> None:
        await hand.until_connected()
        await hand.ask("Which boats leave?")
        await hand.until_answered()
        await hand.press(Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)

    open_window(work, in_sandbox=True)
    assert any(event == "socket.connect" for event, _ in heard)
    assert strangers(heard) == []


def test_a_stranger_would_be_heard(
    open_window: OpenWindow, heard: list[tuple[str, object]], expected_log: Callable[[str], None]
) -> None:
    async def work(hand: Hand) -> None:
        await hand.until(lambda: strangers(heard), "somebody asked")

    open_window(work, base_url="https://service.invalid/v1.3", environment={"TWELVELABS_API_KEY": KEY})


def test_the_service_alone_is_asked(
    open_window: OpenWindow, heard: list[tuple[str, object]], shared_sandbox: SandboxServer
) -> None:
    async def work(hand: Hand) -> None:
        await hand.until_connected()

    open_window(work, base_url=shared_sandbox.base_url, environment={"TWELVELABS_API_KEY": KEY})
    assert strangers(heard) == []
