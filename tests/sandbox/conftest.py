"""A small sample store, a running sandbox, and a client of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest

from sandbox.support import build_sample, client_of
from trackside.sandbox.server import SandboxServer


@pytest.fixture(scope="session")
def sample_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sample of two videos, an image and a collection."""
    folder = tmp_path_factory.mktemp("sample")
    build_sample(folder)
    return folder


@pytest.fixture(scope="session")
def shared(sample_dir: Path) -> Iterator[SandboxServer]:
    """One server for every test that leaves no traces."""
    server = SandboxServer(sample_dir=sample_dir, pace_tokens_s=0, processing_s=0.0)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def start(sample_dir: Path) -> Iterator[Callable[..., SandboxServer]]:
    """Starts servers of the test's own, and stops them after it."""
    servers: list[SandboxServer] = []

    def started(**options: object) -> SandboxServer:
        settings: dict[str, object] = {
            "sample_dir": sample_dir,
            "pace_tokens_s": 0.0,
            "processing_s": 0.0,
        } | options
        server = SandboxServer(**settings)  # type: ignore[arg-type]
        servers.append(server)
        server.start()
        return server

    yield started
    for server in servers:
        server.stop()


@pytest.fixture
async def client(shared: SandboxServer) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the shared server, with a key."""
    async with client_of(shared) as client:
        yield client
