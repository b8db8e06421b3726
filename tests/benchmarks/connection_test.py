"""A whole connection test over TLS: from the click to the last step, the first one with its imports."""

import asyncio
import socket
import ssl
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import trustme

from benchmarks.figures import Figure, at_most
from trackside.chat.connection_test import ConnectionTest
from trackside.domain.connection import Connection, Secrets
from trackside.domain.connection_test import Steps, failed_step
from trackside.sandbox.server import SandboxServer

_TARGET_S = 3.0
_REPETITIONS = 9
_SILENCE_S = 1.0


def run() -> list[Figure]:
    sandbox = SandboxServer(pace_tokens_s=0)
    sandbox.start()
    try:
        return asyncio.run(_figures(int(sandbox.base_url.split(":")[2].split("/")[0])))
    finally:
        sandbox.stop()


async def _figures(port: int) -> list[Figure]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with tempfile.TemporaryDirectory() as folder:
        ca_file = Path(folder) / "ca.pem"
        authority.cert_pem.write_to_path(str(ca_file))
        async with _tls_front(context, port) as front:
            there = Connection("b", "Bench", f"https://localhost:{front}/v1.3", ca_file=str(ca_file))
            first_s, steps = await _tested(there)
            assert failed_step(steps) is None, steps
            again_s = [(await _tested(there))[0] for _ in range(_REPETITIONS)]
            untrusted_s, steps = await _tested(Connection("b", "Bench", there.base_url))
            assert failed_step(steps) is not None
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it takes connections and says nothing
        mute = f"https://127.0.0.1:{silent.getsockname()[1]}/v1.3"
        limited = Connection("b", "Bench", mute, connect_timeout_s=_SILENCE_S)
        silent_s, steps = await _tested(limited)
        assert failed_step(steps) is not None
    return [
        at_most("the first test over TLS, imports included", first_s, _TARGET_S, "s"),
        at_most("a test over TLS", statistics.median(again_s), _TARGET_S, "s"),
        at_most("an untrusted certificate is named after", untrusted_s, _TARGET_S, "s"),
        at_most(
            "silence is told after",
            silent_s,
            _SILENCE_S + 1,
            "s",
            f"a limit of {_SILENCE_S:g} s",
        ),
    ]


async def _tested(connection: Connection) -> tuple[float, Steps]:
    """Seconds of a whole test, and its last steps."""
    test = ConnectionTest()
    start_s = time.perf_counter()
    async with aclosing(test.run(connection, Secrets(key="tlk_benchmark"))) as changes:
        async for _ in changes:
            pass
    return time.perf_counter() - start_s, test.steps


@asynccontextmanager
async def _tls_front(context: ssl.SSLContext, port: int) -> AsyncIterator[int]:
    """TLS before the sandbox; gives its own port."""

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except (ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward_reader, onward_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pump(reader, onward_writer), pump(onward_reader, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
