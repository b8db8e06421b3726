"""What a proxy's address and an extra header may look like; the settings and the wire ask the same rules."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from trackside.domain.failure import Failure, FailureKind, FailureLayer, TracksideError

MAX_HEADERS = 32
MAX_HEADER_LENGTH = 8_192
"""Characters of one value; servers commonly take 8 KB of headers in all."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}")
_OWN_HEADERS = frozenset(
    {
        *("x-api-key", "host", "content-length", "content-type", "content-encoding", "transfer-encoding"),
        *("connection", "keep-alive", "upgrade", "te", "trailer", "expect", "cookie", "cookie2"),
        *("set-cookie", "accept", "accept-encoding", "range", "http2-settings"),
    }
)
_DEFAULT_PORTS = {"http": 80, "https": 443, "socks5": 1080}
_SCHEMES = {"http": "http", "https": "https", "socks5": "socks5", "socks5h": "socks5", "socks": "socks5"}
_HOST = re.compile(r"[^\s\x00-\x20/?#@\[\]\\:]+|\[[0-9A-Fa-f:.]+(?:%25?[\w.~-]+)?\]")
_LONGEST_SOCKS_LOGIN = 255


@dataclass(frozen=True, slots=True)
class ProxyAddress:
    """A proxy: `http`, `https` or `socks5`, where it is, and the login it wants."""

    scheme: str
    host: str
    """A name or an address, IPv6 in brackets."""
    port: int
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def shown(self) -> str:
        """Host and port, as a message names it; never the login."""
        return f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"

    @property
    def has_login(self) -> bool:
        return bool(self.user or self.password)

    @property
    def is_socks(self) -> bool:
        return self.scheme == "socks5"


def proxy_address(text: str) -> ProxyAddress:
    """The proxy of an address such as `proxy.lan:3128`, `https://anna:secret@proxy` or `socks5://[::1]`.

    Raises TracksideError, whose words don't quote the address: a login may be in it.
    """
    from urllib.parse import unquote

    scheme, found, rest = text.strip().rpartition("://")
    scheme = scheme.lower() if found else "http"
    if scheme not in _SCHEMES:
        raise _bad_proxy("It has to begin with http://, https:// or socks5://.")
    scheme = _SCHEMES[scheme]
    # The last @ ends the login, whatever was forgotten to be escaped in it.
    login, _, place = rest.rpartition("@")
    place = place.rstrip("/")
    host, colon, port = place.rpartition(":")
    if not colon or place.endswith("]"):
        host, port = place, ""
    if not _HOST.fullmatch(host):
        raise _bad_proxy("It names no host.")
    if port and not (port.isascii() and port.isdecimal() and 0 < int(port[:6]) < 65536):
        raise _bad_proxy("Its port has to be a number up to 65535.")
    user, _, password = login.partition(":")
    address = ProxyAddress(
        scheme, host, int(port) if port else _DEFAULT_PORTS[scheme], unquote(user), unquote(password)
    )
    check_login(address)
    return address


def manual_proxy(text: str, user: str, password: str) -> ProxyAddress:
    """The proxy as a connection's settings name it. Raises TracksideError; an address with a login in it is
    refused, since the settings' file would keep the password."""
    address = proxy_address(text)
    if address.has_login:
        raise _bad_proxy("Its login has fields of its own; the address is kept in a readable file.")
    address = ProxyAddress(address.scheme, address.host, address.port, user, password if user else "")
    check_login(address)
    return address


def check_login(address: ProxyAddress) -> None:
    """Raises TracksideError for a login that the proxy's protocol can't carry."""
    if any(ord(c) < 32 or ord(c) == 127 for c in address.user + address.password):
        raise _bad_proxy("Its login has characters that can't be sent.")
    if not address.is_socks and ":" in address.user:
        raise _bad_proxy("A user name must not have a colon in it.")
    longest = max(len(address.user.encode()), len(address.password.encode()))
    if address.is_socks and longest > _LONGEST_SOCKS_LOGIN:
        raise _bad_proxy("Its login is too long for a SOCKS proxy.")


def check_header(name: str, value: str) -> None:
    """Raises TracksideError for an extra header that can't be sent, or that would break the request or
    replace the key. The words never quote the value."""
    if not _TOKEN.fullmatch(name):
        raise _bad_header(f"“{_shown(name)}” is no name of a header.", "Letters, digits and hyphens will do.")
    if name.lower() in _OWN_HEADERS or name.lower().startswith(("proxy-", "sec-")):
        raise _bad_header(
            f"The header “{name}” can't be set.", "Trackside or the network sets it by itself; remove it."
        )
    if any(not (32 <= ord(c) < 127 or c == "\t") for c in value):
        raise _bad_header(
            f"The value of the header “{name}” has characters that can't be sent.",
            "Plain letters, digits and signs on one line will do.",
        )
    if len(value) > MAX_HEADER_LENGTH:
        raise _bad_header(
            f"The value of the header “{name}” is too long.",
            f"{MAX_HEADER_LENGTH:,} characters are the limit.",
        )


def check_headers(headers: list[tuple[str, str]]) -> None:
    """Raises TracksideError for the first header that can't be sent, and for two of the same name."""
    if len(headers) > MAX_HEADERS:
        raise _bad_header("There are too many extra headers.", f"{MAX_HEADERS} are the limit.")
    seen: set[str] = set()
    for name, value in headers:
        check_header(name, value)
        if name.lower() in seen:
            raise _bad_header(f"The header “{name}” is there twice.", "Remove one of them.")
        seen.add(name.lower())


def _shown(text: str) -> str:
    return "".join(c if c.isprintable() else "�" for c in text[:60])


def _bad_proxy(why: str) -> TracksideError:
    return TracksideError(
        Failure(
            FailureKind.CONNECTION,
            "The proxy's address can't be used.",
            f"{why} An example: http://proxy.example.com:3128",
            layer=FailureLayer.PROXY_SETTINGS,
        )
    )


def _bad_header(headline: str, advice: str) -> TracksideError:
    return TracksideError(Failure(FailureKind.INPUT, headline, advice, layer=FailureLayer.HEADERS))
