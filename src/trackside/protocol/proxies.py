"""Which proxy a host is reached through: the connection's own, the system's, or none."""

from __future__ import annotations

import re
from dataclasses import replace
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit
from urllib.request import getproxies, getproxies_environment, proxy_bypass

from trackside.domain.connection import Connection, ProxyChoice, Secrets, is_loopback
from trackside.domain.failure import TracksideError
from trackside.domain.network_rules import ProxyAddress, manual_proxy, proxy_address

_DEFAULT_PORTS = {"http": 80, "https": 443}


def chosen_proxy(connection: Connection, secrets: Secrets, url: str) -> ProxyAddress | None:
    """The proxy for this address, or None for the direct way.

    This computer's own servers are never asked for through a proxy: it couldn't reach them, and would see
    what is meant for them. May ask the system's settings: call it off the loop. Raises TracksideError for a
    proxy that can't be used.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    if is_loopback(host) or connection.proxy is ProxyChoice.NONE:
        return None
    if connection.proxy is ProxyChoice.MANUAL:
        return manual_proxy(connection.proxy_url, connection.proxy_user, secrets.proxy_password)
    try:
        port = parts.port
    except ValueError:
        port = None
    return system_proxy(parts.scheme, host, port or _DEFAULT_PORTS.get(parts.scheme, 0))


def system_proxy(scheme: str, host: str, port: int) -> ProxyAddress | None:
    """What the environment says (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY, in either case); where that
    says nothing, macOS's and Windows's settings."""
    environment = getproxies_environment()
    try:
        if any(environment.get(name) for name in ("http", "https", "all", "socks")):
            if is_exempt(host, port, environment.get("no", "")):
                return None
            return _first(environment, scheme)
        proxy = _first(getproxies(), scheme)
    except TracksideError as error:
        failure = replace(
            error.failure,
            headline="The proxy in your environment or in the system's settings can't be used.",
            advice="Check HTTPS_PROXY, ALL_PROXY and NO_PROXY, or choose one in the connection's settings.",
        )
    else:
        is_direct = proxy is None or proxy_bypass(f"{host}:{port}") or proxy_bypass(host)
        return None if is_direct else proxy
    raise TracksideError(failure)


def _first(proxies: dict[str, str], scheme: str) -> ProxyAddress | None:
    for name in (scheme, "all"):
        if text := proxies.get(name, "").strip():
            return proxy_address(text)
    if text := proxies.get("socks", "").strip():
        # The systems name a SOCKS proxy by whatever scheme, or by none.
        return proxy_address("socks5://" + text.rpartition("://")[2])
    return None


def is_exempt(host: str, port: int, no_proxy: str) -> bool:
    """Whether NO_PROXY names this host.

    Its entries stand between commas or blanks: `*` for all; a name for itself and all below it, with or
    without a leading dot or `*.`; an address; a network such as 10.0.0.0/8; each with a port if only that is
    meant.
    """
    host = host.strip("[]").rstrip(".").lower()
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        address = None
    for entry in re.split(r"[,\s]+", no_proxy.strip()):
        if entry == "*":
            return True
        name, entry_port = _split(entry.lower())
        if not name or (entry_port and entry_port != str(port)):
            continue
        if address is not None:
            try:
                if address in ip_network(name, strict=False):
                    return True
            except ValueError:
                continue
        elif host == name or host.endswith("." + name):
            return True
    return False


def _split(entry: str) -> tuple[str, str]:
    """Name and port of an entry; the port is empty where none is named."""
    entry = entry.rpartition("://")[2].rstrip("/")
    if entry.startswith("["):
        name, _, rest = entry[1:].partition("]")
        return name, rest.removeprefix(":")
    if entry.count(":") > 1:
        return entry, ""
    name, _, port = entry.partition(":")
    return name.removeprefix("*").strip("."), port
