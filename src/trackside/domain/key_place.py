"""Whom a secret was given for: a connection's key goes to no other host, and its proxy's password to no other
proxy, whoever changed the address."""

from functools import lru_cache
from urllib.parse import urlsplit

from trackside.domain.connection import SERVICE_URL, is_loopback, shown_host

_DEFAULT_PORTS = {"http": 80, "https": 443}


@lru_cache(1024)
def key_place(base_url: str) -> str:
    """Scheme, host and port that a key is for; empty for the service's own host, and for this computer's
    servers, which change their ports as they like."""
    place = _origin(base_url)
    host = urlsplit(place).hostname or "" if place else ""
    return "" if place == _origin(SERVICE_URL) or is_loopback(host) else place


@lru_cache(1024)
def proxy_place(proxy_url: str) -> str:
    """The proxy that a login is for, as far as its address can be read; empty while there is none."""
    from trackside.domain.failure import TracksideError
    from trackside.domain.network_rules import proxy_address

    if not proxy_url.strip():
        return ""
    try:
        return proxy_address(proxy_url).url.lower()
    except TracksideError:
        return "?"


def place_words(place: str) -> str:
    """The place as a sentence names it. Plain http is said, since that is what makes it another place."""
    place = place or _origin(SERVICE_URL)
    scheme, _, host = place.rpartition("://")
    return shown_host(host) if scheme in ("", "https") else f"{scheme}://{shown_host(host)}"


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "?"
    port = port or _DEFAULT_PORTS.get(parts.scheme)
    shown = f"[{host}]" if ":" in host else host.rstrip(".")
    return f"{parts.scheme}://{shown}" + ("" if port == _DEFAULT_PORTS.get(parts.scheme) else f":{port}")
