"""How a connection reaches a host: through which proxy, trusting whom, with which headers of its own."""

from typing import Any
from urllib.parse import urlsplit

import httpx

from trackside.domain.connection import Connection, Secrets
from trackside.domain.failure import Failure, FailureKind, FailureLayer, TracksideError
from trackside.domain.network_rules import ProxyAddress, check_headers
from trackside.protocol.proxies import chosen_proxy
from trackside.protocol.route import Route
from trackside.protocol.tls import empty_context, tls_context

WRITE_TIMEOUT_S = 60.0


def client_options(
    connection: Connection,
    secrets: Secrets,
    url: str,
    *,
    limits: httpx.Limits | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> dict[str, Any]:
    """What `httpx.AsyncClient` is made with to reach `url`'s host, or any other that `proxy_for` says the
    same of. Holds neither the key nor the extra headers, so it serves foreign hosts too.

    Loads certificates and may ask the system's settings: call it off the loop. `transport` takes the
    network's place in tests. Raises TracksideError for a proxy or a CA file that can't be used.
    """
    proxy = None if transport is not None else chosen_proxy(connection, secrets, url)
    inner = transport or _transport(connection, url, proxy, limits)
    return {
        "transport": Route(inner, proxy, patience_s=connection.connect_timeout_s),
        # The environment is asked above, so that it can't say anything else, such as a .netrc.
        "trust_env": False,
        "follow_redirects": False,
        # Connecting is the route's to bound. No read timeout: streams have a silence guard, and calls have
        # a limit as a whole.
        "timeout": httpx.Timeout(
            connect=None,
            read=None,
            write=WRITE_TIMEOUT_S,
            pool=connection.connect_timeout_s,
        ),
    }


def proxy_for(connection: Connection, secrets: Secrets, url: str) -> httpx.Proxy | None:
    """The proxy that `url` is asked for through, its login included, or None for the direct way.

    May ask the system's settings: call it off the loop. Raises TracksideError for one that can't be used.
    """
    proxy = chosen_proxy(connection, secrets, url)
    return None if proxy is None else _httpx_proxy(proxy)


def extra_headers(connection: Connection, secrets: Secrets) -> dict[str, str]:
    """The connection's headers, the secret ones with their values. Raises TracksideError for one that can't
    be sent, and for a secret one whose value is nowhere."""
    values = {name.lower(): value for name, value in secrets.headers}
    headers: list[tuple[str, str]] = []
    for header in connection.headers:
        value = values.get(header.name.lower(), "") if header.is_secret else header.value
        if header.is_secret and not value:
            raise TracksideError(
                Failure(
                    FailureKind.KEY,
                    f"The value of the secret header “{header.name}” is not in the keyring.",
                    "Enter it once more in the connection's settings.",
                    layer=FailureLayer.HEADERS,
                )
            )
        headers.append((header.name, value.strip()))
    check_headers(headers)
    return dict(headers)


def _transport(
    connection: Connection, url: str, proxy: ProxyAddress | None, limits: httpx.Limits | None
) -> httpx.AsyncHTTPTransport:
    speaks_tls = urlsplit(url).scheme == "https" or (proxy is not None and proxy.scheme == "https")
    context = tls_context(connection.ca_file) if speaks_tls else empty_context()
    through = None if proxy is None else _httpx_proxy(proxy)
    if through is not None and proxy is not None and proxy.scheme == "https":
        through.ssl_context = context
    return httpx.AsyncHTTPTransport(
        verify=context, trust_env=False, limits=limits or httpx.Limits(), proxy=through
    )


def _httpx_proxy(proxy: ProxyAddress) -> httpx.Proxy:
    auth = (proxy.user, proxy.password) if proxy.has_login else None
    try:
        return httpx.Proxy(proxy.url, auth=auth)
    except (httpx.InvalidURL, UnicodeError):
        pass
    # Out here it is not chained to a cause that quotes the address.
    raise TracksideError(
        Failure(
            FailureKind.CONNECTION,
            "The proxy's address can't be used.",
            "Check its spelling in the connection's settings.",
            layer=FailureLayer.PROXY_SETTINGS,
        )
    )
