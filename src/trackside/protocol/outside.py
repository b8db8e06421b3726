"""Clients for hosts that are not the service's: they see neither the key nor the connection's headers, but
are reached the same way, by the same proxy and with the same CA file."""

import asyncio
from collections.abc import Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from trackside import __version__
from trackside.domain.connection import Connection, Secrets, is_loopback
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.domain.network_rules import ProxyAddress
from trackside.protocol.network import client_options
from trackside.protocol.proxies import chosen_proxy


class OutsideClients:
    """One client a way: a host that NO_PROXY names is reached otherwise than its neighbour. Each is made off
    the loop when it is first needed; its cookies are not kept. Close with `aclose`.

    `transport` takes the network's place in tests; the others are as in `httpx.AsyncClient`.
    """

    def __init__(
        self,
        connection: Connection,
        secrets: Secrets,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        limits: httpx.Limits,
        timeout: httpx.Timeout,
        headers: Mapping[str, str],
    ) -> None:
        self._connection = connection
        self._secrets = secrets
        self._transport = transport
        self._limits = limits
        self._own: dict[str, Any] = {
            "timeout": timeout,
            # A body in an encoding could grow beyond its limit at once.
            "headers": {
                "user-agent": f"trackside/{__version__}",
                "accept-encoding": "identity",
                **headers,
            },
        }
        self._ways: dict[tuple[str, ProxyAddress | None], httpx.AsyncClient] = {}
        self._places: dict[tuple[str, str, int | None], httpx.AsyncClient] = {}
        """By scheme, host and port."""
        self._lock = asyncio.Lock()
        self._is_closed = False

    async def client_for(self, url: httpx.URL) -> httpx.AsyncClient:
        """Raises TracksideError for a proxy or a CA file that can't be used, and once it is closed."""
        place = (url.scheme, url.host, url.port)
        async with self._lock:
            if self._is_closed:
                raise TracksideError(Failure(FailureKind.CONNECTION, "The connection is closed."))
            if place not in self._places:
                # Without the path and the query, which nobody needs to see.
                address = f"{url.scheme}://{url.netloc.decode('ascii')}"
                self._places[place] = await asyncio.to_thread(self._client_for, address, url.scheme)
            return self._places[place]

    async def aclose(self) -> None:
        self._is_closed = True
        async with self._lock:
            for client in self._ways.values():
                await client.aclose()

    def _client_for(self, address: str, scheme: str) -> httpx.AsyncClient:
        way = (scheme, chosen_proxy(self._connection, self._secrets, address))
        if way not in self._ways:
            options = client_options(
                self._connection, self._secrets, address, limits=self._limits, transport=self._transport
            )
            cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))
            self._ways[way] = httpx.AsyncClient(**(options | self._own), cookies=cookies)
        return self._ways[way]


def is_allowed_outside(connection: Connection, url: httpx.URL) -> bool:
    """https to anywhere; plain http to the connection's host, or to this computer if that is where the
    connection leads: nobody else's service has business there."""
    base = httpx.URL(connection.base_url)
    plain_host = base.host if base.scheme == "http" else ""
    is_own = url.host == plain_host
    is_local = is_loopback(url.host) and is_loopback(plain_host)
    if url.scheme not in ("http", "https") or not url.host or url.userinfo:
        return False
    return is_own or is_local or not (url.scheme == "http" or is_loopback(url.host))
