"""A running sandbox: its parts put together and served by uvicorn. Imported only when one is started."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from trackside.sandbox.app import SandboxApp
from trackside.sandbox.faults import FaultSwitch
from trackside.sandbox.files import FileCabinet
from trackside.sandbox.limits import Limits
from trackside.sandbox.persistence import StateFile, load_snapshot
from trackside.sandbox.sample import add_sample, default_sample_dir, read_manifest
from trackside.sandbox.service import Service, Tally
from trackside.sandbox.signing import Signer
from trackside.sandbox.state import SandboxState

_STATE_FILE = "state.json"


@dataclass(frozen=True, slots=True)
class Plan:
    """How to run: what SandboxServer was given, and the address that is bound."""

    origin: str
    state_dir: Path | None
    sample_dir: Path | Traversable | None
    pace_tokens_s: float
    processing_s: float
    limits: Limits


class Connections:
    """The open connections by the client's address, so that one can be cut without ceremony."""

    def __init__(self) -> None:
        self._transports: dict[object, asyncio.Transport] = {}

    def protocol(self) -> type[H11Protocol]:
        """A protocol whose connections are listed here."""
        transports = self._transports

        class ListedProtocol(H11Protocol):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                # Each event leaves at once; asyncio's own transports see to it, others may not.
                connection = transport.get_extra_info("socket")
                if connection is not None:
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                transports[self.client] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                transports.pop(self.client, None)
                super().connection_lost(exc)

        return ListedProtocol

    def close(self, client: object) -> None:
        """Close one connection once its bytes are out, without ending its body properly."""
        transport = self._transports.get(client)
        if transport is not None:
            transport.close()

    def abort_all(self) -> None:
        """Close every connection at once."""
        for transport in list(self._transports.values()):
            transport.abort()


class _AnnouncedServer(uvicorn.Server):
    def __init__(
        self, config: uvicorn.Config, on_started: Callable[[], None], stopping: asyncio.Event
    ) -> None:
        super().__init__(config)
        self._on_started = on_started
        self._stopping = stopping

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_started()

    async def main_loop(self) -> None:
        # uvicorn's own wakes up ten times a second to look whether it should stop.
        while not self.should_exit:
            await self.on_tick(0)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), 1.0)


class RunningServer:
    """One run of the service, from the loaded state to the saved one."""

    def __init__(self, plan: Plan, faults: FaultSwitch, tally: Tally) -> None:
        sample_dir = plan.sample_dir or default_sample_dir()
        state = SandboxState()
        self._state_path = plan.state_dir / _STATE_FILE if plan.state_dir else None
        if self._state_path is not None:
            self._state_path.parent.mkdir(parents=True, exist_ok=True)
            snapshot = load_snapshot(self._state_path)
            if snapshot is not None:
                state.restore(snapshot)
        manifest = read_manifest(sample_dir)
        if manifest is not None:
            add_sample(state, manifest, sample_dir)
        self._connections = Connections()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: uvicorn.Server | None = None
        self.service = Service(
            state=state,
            files=FileCabinet(plan.state_dir, sample_dir),
            signer=Signer(),
            faults=faults,
            limits=plan.limits,
            tally=tally,
            origin=plan.origin,
            pace_tokens_s=plan.pace_tokens_s,
            processing_s=plan.processing_s,
            stopping=asyncio.Event(),
            close_connection=self._connections.close,
        )

    async def serve(self, listener: socket.socket, on_started: Callable[[], None]) -> None:
        """Serve until `request_stop`."""
        self._loop = asyncio.get_running_loop()
        state_file = None
        if self._state_path is not None:
            state_file = StateFile(self._state_path, self.service.state.snapshot)
            self.service.state.changed = state_file.note_change
        config = uvicorn.Config(
            SandboxApp(self.service),
            http=self._connections.protocol(),
            ws="none",
            lifespan="off",
            log_config=None,
            # uvicorn would call a stop with open streams an error, on stderr.
            log_level="critical",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=0,
        )
        self._server = _AnnouncedServer(config, on_started, self.service.stopping)
        try:
            await self._server.serve(sockets=[listener])
        finally:
            if state_file is not None:
                await state_file.close()
            self.service.files.close()

    def request_stop(self) -> None:
        """Let `serve` end soon. Called from any thread."""
        if self._loop is not None:
            # The loop may have ended by itself meanwhile.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stop)

    def _stop(self) -> None:
        if self._server is not None:
            self._server.should_exit = True
        self.service.stopping.set()
        self._connections.abort_all()
