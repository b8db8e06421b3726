"""What every endpoint works with, gathered in one object that the server builds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from trackside.sandbox.faults import FaultSwitch
from trackside.sandbox.files import FileCabinet
from trackside.sandbox.limits import Limits
from trackside.sandbox.signing import Signer
from trackside.sandbox.state import SandboxState


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request as the sandbox saw it. Keys are never kept; `body` is that of POST /responses."""

    method: str
    path: str
    status: int
    has_key: bool
    body: object = None


@dataclass(slots=True)
class Tally:
    """Counters that tests read from another thread."""

    open_streams: int = 0
    disconnects: list[float] = field(default_factory=list)
    requests: list[RequestRecord] = field(default_factory=list)

    def note_request(self, record: RequestRecord) -> None:
        """Keep the record; the oldest go when there are thousands."""
        self.requests.append(record)
        if len(self.requests) > 5_000:
            del self.requests[:1_000]

    def note_disconnect(self) -> None:
        """A streaming client has gone."""
        self.disconnects.append(time.monotonic())


@dataclass(slots=True)
class Service:
    """The sandbox's parts. `origin` is the address of the server without a path."""

    state: SandboxState
    files: FileCabinet
    signer: Signer
    faults: FaultSwitch
    limits: Limits
    tally: Tally
    origin: str
    pace_tokens_s: float
    processing_s: float
    stopping: asyncio.Event
    close_connection: Callable[[object], None]

    def now_s(self) -> float:
        """Seconds since 1970."""
        return self.state.clock()

    def signed(self, path: str, lifetime_s: float) -> str:
        """A whole address that opens `path` without a key for so long."""
        return self.origin + self.signer.sign(path, self.now_s() + lifetime_s)
