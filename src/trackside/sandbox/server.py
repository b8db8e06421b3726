"""Starts and stops the sandbox in a thread of its own.

    sandbox = SandboxServer()
    base_url = sandbox.start()  # "http://127.0.0.1:49152/v1.3"
    …
    sandbox.stop()

Keys: any that isn't empty is taken, but `sandbox-invalid` gives 401, and `sandbox-no-jockey` gives 404
endpoint_not_exists for stores and responses (assets still work). Faults: see `trackside.sandbox.faults`.
Questions that try the client: `/long N` (N kilobytes of Markdown), `/echo TEXT`, `/think SECONDS QUESTION`.
The header `X-Sandbox-Citations` (annotations, vref, tref, times) chooses how citations are written. Captions
come with the sample, or from a .vtt or .srt file uploaded under the same name as its video. A file with
`sandbox-fail` in its name becomes an item that fails.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
import threading
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING

from trackside.sandbox.faults import FaultSwitch, parse_fault
from trackside.sandbox.limits import Limits
from trackside.sandbox.service import RequestRecord, Tally

if TYPE_CHECKING:
    from trackside.sandbox.running import RunningServer

_log = logging.getLogger(__name__)

HOST = "127.0.0.1"
_START_LIMIT_S = 30.0
_STOP_LIMIT_S = 5.0


class SandboxServer:
    """The embedded service. Start and stop it from any thread; everything else runs on its own loop.

    `port` 0 takes a free one. `pace_tokens_s` is how fast answers stream; 0 is flat out. With a `state_dir`
    everything survives a restart, without one nothing is left on disk. `sample_dir` holds a manifest.json and
    its files instead of the bundled sample. `processing_s` is how long assets take to be ready, and items.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        pace_tokens_s: float = 40.0,
        fault: str | None = None,
        state_dir: Path | None = None,
        sample_dir: Path | Traversable | None = None,
        processing_s: float = 3.0,
    ) -> None:
        self._port = port
        self._state_dir = state_dir
        self._sample_dir = sample_dir
        self._pace_tokens_s = pace_tokens_s
        self._processing_s = processing_s
        self._limits = Limits()
        self._faults = FaultSwitch()
        self._faults.set_standing(parse_fault(fault) if fault else None)
        self._tally = Tally()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._running: RunningServer | None = None
        self._base_url = ""

    @property
    def base_url(self) -> str:
        """The address to give a client; empty until started."""
        return self._base_url

    @property
    def open_streams(self) -> int:
        """How many answers are being streamed right now."""
        return self._tally.open_streams

    @property
    def disconnects(self) -> list[float]:
        """When (time.monotonic) streaming clients were seen to leave."""
        return self._tally.disconnects

    @property
    def requests(self) -> list[RequestRecord]:
        """Every request so far, but for the oldest when there are thousands."""
        return self._tally.requests

    def start(self) -> str:
        """Bind, serve, and return the base address. OSError when the port is taken."""
        with self._lock:
            if self._thread is not None:
                return self._base_url
            listener = _bound_socket(self._port)
            origin = f"http://{HOST}:{listener.getsockname()[1]}"
            started = threading.Event()
            failures: list[BaseException] = []
            self._thread = threading.Thread(
                target=self._serve,
                args=(listener, origin, started, failures),
                name="trackside-sandbox",
                daemon=True,
            )
            self._thread.start()
            started.wait(_START_LIMIT_S)
            if failures or not started.is_set():
                self._thread.join(_STOP_LIMIT_S)
                self._thread = None
                listener.close()
                raise failures[0] if failures else TimeoutError("The sandbox did not start")
            self._base_url = f"{origin}/v1.3"
            return self._base_url

    def stop(self) -> None:
        """Close every connection, save the state, and end the thread. Harmless when already stopped."""
        with self._lock:
            if self._thread is None:
                return
            if self._running is not None:
                self._running.request_stop()
            self._thread.join(_STOP_LIMIT_S)
            self._thread = None
            self._running = None

    def set_fault(self, fault: str | None) -> None:
        """Let requests fail in this way from now on; None for none. ValueError for an unknown fault."""
        self._faults.set_standing(parse_fault(fault) if fault else None)

    def set_pace(self, tokens_s: float) -> None:
        """Stream so many tokens a second from now on, also in answers under way; 0 for flat out."""
        self._pace_tokens_s = tokens_s
        if self._running is not None:
            self._running.service.pace_tokens_s = tokens_s

    def set_limits(self, limits: Limits) -> None:
        """Use other sizes and lifetimes from now on, for tests."""
        self._limits = limits
        if self._running is not None:
            self._running.service.limits = limits

    def _serve(
        self,
        listener: socket.socket,
        origin: str,
        started: threading.Event,
        failures: list[BaseException],
    ) -> None:
        try:
            # Here and not above: importing the web server takes up to 0.4 s.
            from trackside.sandbox.running import Plan, RunningServer

            plan = Plan(
                origin=origin,
                state_dir=self._state_dir,
                sample_dir=self._sample_dir,
                pace_tokens_s=self._pace_tokens_s,
                processing_s=self._processing_s,
                limits=self._limits,
            )
            self._running = RunningServer(plan, self._faults, self._tally)
            asyncio.run(self._running.serve(listener, started.set))
        except Exception as error:  # noqa: BLE001 - the thread's top; start() raises it
            if started.is_set():
                _log.exception("The sandbox has ended")
            failures.append(error)
        finally:
            listener.close()
            started.set()


def _bound_socket(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener
