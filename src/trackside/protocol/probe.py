"""A connection test: one real request on the way that every other takes, watched layer by layer."""

import asyncio
import socket
import ssl
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any
from urllib.parse import urlsplit

from trackside.domain.connection import Connection, Secrets
from trackside.domain.connection_test import StepName, Steps
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.domain.network_rules import ProxyAddress
from trackside.domain.source import KnowledgeStore, Page
from trackside.protocol import shapes
from trackside.protocol.catalogue import PAGE_LIMIT
from trackside.protocol.http import HttpCore
from trackside.protocol.probe_steps import ProbeSteps
from trackside.protocol.proxies import chosen_proxy

ANSWER_LIMIT_S = 15.0
"""How long the service may take to list its stores once the request has been sent."""
_MARGIN_S = 2.0
_DEFAULT_PORTS = {"http": 80, "https": 443}
_Event = tuple[str, dict[str, Any]]


class Probe:
    """One test of a connection. `stores` is the first page of them once it has passed."""

    def __init__(
        self, connection: Connection, secrets: Secrets, *, answer_limit_s: float = ANSWER_LIMIT_S
    ) -> None:
        self._connection = connection
        self._answer_limit_s = answer_limit_s
        self._secrets = secrets
        self._board = ProbeSteps(connection)
        self.stores: Page[KnowledgeStore] | None = None

    async def run(self) -> AsyncGenerator[Steps, None]:
        """All steps after each change of one; the last time, none is waiting or running any more."""
        board = self._board
        board.begin(StepName.ADDRESS)
        yield board.steps
        core: HttpCore | None = None
        try:
            # Off the loop: both may ask the system's settings, and the second loads certificates.
            board.take_way(await asyncio.to_thread(self._proxy))
            yield board.steps
            core = await asyncio.to_thread(self._core)
            core.usable()
            board.begin(StepName.ADDRESS)  # what was done until here took time of its own
            if await self._is_found():
                board.take_address()
                yield board.steps
        except TracksideError as error:
            board.fail(error.failure)
            yield board.steps
            if core is not None:
                await core.aclose()
            return
        except TimeoutError:
            limit_s = self._connection.connect_timeout_s
            failure = Failure(
                FailureKind.CONNECTION,
                f"No answer about the address of {self._looked_up[0]} for {limit_s:g} s.",
                "Check the network and its name server, then try again.",
            )
            board.fail_silence(StepName.ADDRESS, failure, f"{limit_s:g} s")
            yield board.steps
            if core is not None:
                await core.aclose()
            return
        try:
            async with aclosing(self._ask(core)) as changes:
                async for steps in changes:
                    yield steps
        finally:
            await core.aclose()

    # -- before the request ----------------------------------------------------------------------

    def _proxy(self) -> ProxyAddress | None:
        return chosen_proxy(self._connection, self._secrets, self._connection.base_url)

    def _core(self) -> HttpCore:
        core = HttpCore(self._connection, self._secrets, None)
        if self._connection.ca_file:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            try:
                context.load_verify_locations(cafile=self._connection.ca_file)
            except (OSError, ValueError):
                pass  # what is wrong with it, the request's own context has told
            else:
                self._board.know_ca_file(context)
        return core

    @property
    def _looked_up(self) -> tuple[str, int]:
        """The host that a socket is opened to, and its port."""
        if (proxy := self._board.proxy) is not None:
            return proxy.host.strip("[]"), proxy.port
        parts = urlsplit(self._connection.base_url)
        return parts.hostname or "", parts.port or _DEFAULT_PORTS.get(parts.scheme, 443)

    async def _is_found(self) -> bool:
        """Looks the address up for itself, only to tell that from what follows. One that isn't found is no
        failure yet: the request's own way says how that ends. Raises TimeoutError."""
        host, port = self._looked_up
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._connection.connect_timeout_s):
                await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except TimeoutError:
            raise
        except (OSError, UnicodeError):
            return False
        return True

    # -- the request -----------------------------------------------------------------------------

    async def _ask(self, core: HttpCore) -> AsyncGenerator[Steps, None]:
        events: asyncio.Queue[_Event | None] = asyncio.Queue()

        async def note(event: str, info: dict[str, Any]) -> None:
            events.put_nowait((event, info))

        request = core.call(
            "GET",
            "knowledge-stores",
            params={"page": "1", "page_limit": str(PAGE_LIMIT)},
            timeout_s=None,
            extensions={"trace": note},
        )
        asking = asyncio.get_running_loop().create_task(request, name="connection test")
        asking.add_done_callback(lambda _: events.put_nowait(None))
        shown = self._board.steps
        try:
            while True:
                async with asyncio.timeout(self._limit_s):
                    event = await events.get()
                if event is None:
                    break
                self._board.tell(*event)
                if self._board.steps != shown:
                    shown = self._board.steps
                    yield shown
        except TimeoutError:
            self._tell_silence()
        else:
            self._judge(asking)
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        yield self._board.steps

    @property
    def _limit_s(self) -> float:
        """How long the next event may take. Before the request is sent, its own way gives up first."""
        if self._board.is_answer_awaited:
            return self._answer_limit_s
        return self._connection.connect_timeout_s + _MARGIN_S

    def _tell_silence(self) -> None:
        is_reached = self._board.is_answer_awaited
        limit_s = self._answer_limit_s if is_reached else self._connection.connect_timeout_s
        failure = Failure(
            FailureKind.CONNECTION,
            f"No answer from {self._connection.host} for {limit_s:g} s.",
            "The way there works; try again in a while."
            if is_reached
            else "Check the network, then try again.",
        )
        self._board.fail_silence(self._board.running, failure, f"{limit_s:g} s")

    def _judge(self, asking: "asyncio.Task[Any]") -> None:
        try:
            body = asking.result()
            if not (isinstance(body, dict) and isinstance(body.get("data"), list)):
                raise TracksideError(
                    Failure(
                        FailureKind.BAD_ANSWER,
                        "What came is no list of knowledge stores.",
                        "A wrong address often causes this; check the connection's address.",
                        status=200,
                    )
                )
            self.stores = shapes.page(body, shapes.store)
        except TracksideError as error:
            self._board.fail(error.failure, has_key=bool(self._secrets.key))
            return
        self._board.succeed(max(self.stores.total_results, len(self.stores.entries)))
