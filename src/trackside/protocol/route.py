"""The way a request takes: how far it got, how long each stretch may last, how many headers may come back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any

import httpcore
import httpx

from trackside.domain.network_rules import ProxyAddress

MAX_RESPONSE_HEADERS = 256
"""h11 bounds a head's size, at about 100 KB; of nearly empty lines that would still be many thousands."""

Listener = Callable[[str, dict[str, Any]], Awaitable[None]]
"""What httpcore tells of a request's way: the event's name, and what belongs to it."""


class Stage(StrEnum):
    """How far a request got."""

    START = "start"
    CONNECTING = "connecting"
    """To the host, or to the proxy if there is one."""
    PROXY_TLS = "proxy_tls"
    ASKING_PROXY = "asking_proxy"
    """For a tunnel to the host."""
    TLS = "tls"
    SENDING = "sending"
    """The way stands, and the request is the host's (or a forwarding proxy's)."""


class Journey:
    """One request's. httpcore tells it each step, by the extension `trace`."""

    __slots__ = ("_limit", "_listener", "_patience_s", "_stream", "proxy", "stage")

    def __init__(
        self,
        proxy: ProxyAddress | None,
        patience_s: float,
        limit: asyncio.Timeout,
        listener: Listener | None = None,
    ) -> None:
        """`listener` is told whatever this is told, for whoever watches the way."""
        self.proxy = proxy
        self.stage = Stage.START
        self._listener = listener
        self._patience_s = patience_s
        self._limit = limit
        self._stream: httpcore.AsyncNetworkStream | None = None

    async def __call__(self, event: str, info: dict[str, Any]) -> None:
        match event:
            case "connection.connect_tcp.started" | "socks.connect_tcp.started":
                self._enter(Stage.CONNECTING)
            case "connection.start_tls.started":
                has_tls_proxy = self.proxy is not None and self.proxy.scheme == "https"
                self._enter(Stage.PROXY_TLS if has_tls_proxy else Stage.TLS)
            case "socks.setup_socks5_connection.started":
                self._enter(Stage.ASKING_PROXY)
            case "proxy.start_tls.started" | "socks.start_tls.started":
                self._enter(Stage.TLS)
            case "http11.send_request_headers.started" if info["request"].method == b"CONNECT":
                self._enter(Stage.ASKING_PROXY)
            case "http11.send_request_headers.started":
                self.stage = Stage.SENDING
                self._stream = None  # whoever sends on it closes it
                self._limit.reschedule(None)
            case "connection.connect_tcp.complete" | "socks.connect_tcp.complete":
                self._stream = info["return_value"]
        if self._listener is not None:
            await self._listener(event, info)

    async def drop(self) -> None:
        """Closes a way that was given up half made: httpcore would leave its socket to the other side."""
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.aclose()

    def _enter(self, stage: Stage) -> None:
        self.stage = stage
        self._limit.reschedule(asyncio.get_running_loop().time() + self._patience_s)


class Route(httpx.AsyncBaseTransport):
    """The direct way, or the one through a proxy. httpcore itself waits for a proxy's word without end."""

    def __init__(
        self, inner: httpx.AsyncBaseTransport, proxy: ProxyAddress | None, *, patience_s: float
    ) -> None:
        self._inner = inner
        self._proxy = proxy
        self._patience_s = patience_s

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises httpx's errors alone; `journey_of` tells of each how far the request got."""
        limit = asyncio.timeout(None)
        listener = request.extensions.get("trace")
        journey = Journey(self._proxy, self._patience_s, limit, listener)
        request.extensions = {**request.extensions, "trace": journey}
        try:
            async with limit:
                try:
                    response = await self._inner.handle_async_request(request)
                except BaseException:
                    await journey.drop()
                    raise
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise httpx.ConnectTimeout(f"no answer within {self._patience_s:g} s") from error
        except Exception as error:
            # What socksio makes of an answer that is no SOCKS is anything, assertions included.
            if journey.stage is not Stage.ASKING_PROXY or isinstance(error, httpx.HTTPError | OSError):
                raise
            raise httpx.ProxyError("what came is no answer of such a proxy") from error
        if len(response.headers.raw) > MAX_RESPONSE_HEADERS:
            await response.aclose()
            raise httpx.RemoteProtocolError(f"the answer has more than {MAX_RESPONSE_HEADERS} headers")
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


def journey_of(error: Exception) -> Journey | None:
    """The journey that ended with this error, if it is of one."""
    if not isinstance(error, httpx.RequestError):
        return None
    try:
        journey = error.request.extensions.get("trace")
    except RuntimeError:  # raised outside of any request
        return None
    return journey if isinstance(journey, Journey) else None
