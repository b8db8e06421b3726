"""The window's loop while the keyring is asked, in every state that a keyring can be in.

Each state has its own back end, called as the system's would be: on the keyring's thread. What the loop's
worst tick is late without any keyring, in the same process, is the yardstick: the computer's own stalls.
"""

import asyncio
import contextlib
import logging
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable

from benchmarks.figures import Figure, at_most
from benchmarks.ticker import Ticker
from trackside.chat.keys import ConnectionKeys
from trackside.domain.connection import TWELVELABS
from trackside.domain.failure import TracksideError
from trackside.storage.key_vault import KeyVault

_STALL_MS = 8.0
_GIVEN_UP_S = 5.2
_ROUNDS = 5
_HUNG_ROUNDS = 3
_IDLE_S = 0.6


class _Keyring:
    """Answers after `delay_s`, raises `failure`, or waits for `go` when it hangs."""

    name = "Benchmark"

    def __init__(
        self, delay_s: float = 0.0, failure: Exception | None = None, go: threading.Event | None = None
    ) -> None:
        self._delay_s, self._failure, self._go = delay_s, failure, go
        self._kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        self._meet()
        return self._kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._meet()
        self._kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._meet()
        del self._kept[service, username]

    def _meet(self) -> None:
        time.sleep(self._delay_s)
        if self._failure is not None:
            raise self._failure
        if self._go is not None:
            self._go.wait()


def run() -> list[Figure]:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    logging.disable(logging.WARNING)  # a hanging keyring is logged as such
    figures: list[Figure] = []
    for name in ("first use: keyring imported", "no keyring"):
        # Importing happens once a process, so each round is one.
        stalls = [_in_process(name) for _ in range(_ROUNDS)]
        figures.append(_stall(name, [stall for stall, _ in stalls], [idle for _, idle in stalls]))
    from PySide6.QtWidgets import QApplication

    from trackside.loop import run as run_loop

    application = QApplication([])
    dying = type("SecretServiceNotAvailableException", (Exception,), {})()
    for name, made in {
        "answers at once": lambda: _Keyring(),
        "answers after 30 ms": lambda: _Keyring(0.03),
        "daemon has ended": lambda: _Keyring(failure=dying),
    }.items():
        measured = [run_loop(_measured(lambda made=made: _use(made())), application) for _ in range(_ROUNDS)]
        figures.append(_stall(name, [stall for stall, _, _ in measured], [idle for _, idle, _ in measured]))
    go = threading.Event()
    hung = [
        run_loop(_measured(lambda: _give_up(_Keyring(go=go)), idle_s=3.0), application)
        for _ in range(_HUNG_ROUNDS)
    ]
    go.set()
    figures.append(_stall("daemon hangs", [stall for stall, _, _ in hung], [idle for _, idle, _ in hung]))
    longest_s = max(took_s for _, _, took_s in hung)
    figures.append(at_most("a hanging one is given up after", longest_s, _GIVEN_UP_S, "s"))
    return figures


def _stall(name: str, stalls_ms: list[float], idle_ms: list[float]) -> Figure:
    # Of several rounds the median: what the keyring does it does in each, what the computer does it doesn't.
    return at_most(
        f"{name}: longest stall",
        statistics.median(stalls_ms),
        _STALL_MS,
        "ms",
        f"{statistics.median(idle_ms):.1f} ms without a keyring",
    )


def _in_process(name: str) -> tuple[float, float]:
    """Longest stall and that of the idle loop, in ms, from a process of its own."""
    environment = dict(os.environ)
    if name == "no keyring":
        environment["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
    code = "from benchmarks.keyring import first_use; first_use()"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    stall, idle = map(float, done.stdout.split())
    return stall, idle


def first_use() -> None:
    """Asks the system's own keyring for its state, which imports the library; prints the two stalls."""
    from PySide6.QtWidgets import QApplication

    from trackside.loop import run as run_loop

    logging.disable(logging.WARNING)
    stall, idle, _ = run_loop(_measured(_look), QApplication([]))
    sys.stdout.write(f"{stall} {idle}")


async def _measured(
    work: Callable[[], Awaitable[None]], idle_s: float = _IDLE_S
) -> tuple[float, float, float]:
    """Longest stalls of the loop with and without the work, in ms, and how long the work took, in s."""
    import gc

    gc.collect()
    gc.freeze()
    await asyncio.to_thread(time.sleep, 0.1)
    ticker = Ticker()
    await asyncio.sleep(idle_s)
    ticker.stop()
    idle = ticker.latenesses_ms()[-1]
    ticker = Ticker()
    await asyncio.sleep(0.02)
    start_s = time.monotonic()
    await work()
    took_s = time.monotonic() - start_s
    await asyncio.sleep(0.02)
    ticker.stop()
    return ticker.latenesses_ms()[-1], idle, took_s


async def _look() -> None:
    vault = KeyVault()
    await vault.state()
    await asyncio.to_thread(vault.close)


async def _use(keyring: _Keyring) -> None:
    """What the window does in a day: finds a key, keeps another, keeps more, removes all."""
    keys = ConnectionKeys(KeyVault(lambda: keyring), "")
    await keys.find(TWELVELABS)
    await keys.keep(TWELVELABS.id, "key")
    await keys.keep_more(TWELVELABS.id, proxy_password="password", headers=(("X-Gate", "value"),))
    with contextlib.suppress(TracksideError):  # an ended daemon is one of the states
        await keys.remove(TWELVELABS.id, with_more=True)
    await keys.aclose()


async def _give_up(keyring: _Keyring) -> None:
    keys = ConnectionKeys(KeyVault(lambda: keyring), "")
    await keys.find(TWELVELABS)
    await keys.aclose()
