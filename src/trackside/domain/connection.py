"""A named way to the service: address, proxy, patience. Its secrets live in the keyring, never here."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trackside.domain.failure import TracksideError

# The settings are read before the first paint and need this module's names alone, so its functions import
# for themselves.

SERVICE_URL = "https://api.twelvelabs.io/v1.3"
SANDBOX_ID = "sandbox"
DEFAULT_ID = "twelvelabs"

CONNECT_TIMEOUT_S = 10.0
SILENCE_LIMIT_S = 300.0
"""Users report first tokens after up to 300 s, so nothing shorter is safe as a default."""


class KeySource(StrEnum):
    """Where a connection's key comes from; the foot of the sidebar says it in words."""

    KEYRING = "keyring"
    ENVIRONMENT = "environment"
    THIS_RUN = "this_run"
    NONE = "none"


class ProxyChoice(StrEnum):
    """How a connection leaves this computer."""

    SYSTEM = "system"
    """As the environment or the system's settings say."""
    NONE = "none"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class ExtraHeader:
    """A header that goes with every request to the service itself, as a company's gateway may want one.

    A secret one has no value here: its value is kept in the keyring.
    """

    name: str
    value: str = ""
    is_secret: bool = False


@dataclass(frozen=True, slots=True)
class Connection:
    """Where the service is, how it is reached and how long to wait for it. Times are in seconds.

    `model` is sent only when set (today's service documents none). `proxy_url` and `proxy_user` matter to a
    manual proxy alone; its password is kept in the keyring. `ca_file` is trusted beside the system's store.
    """

    id: str
    name: str
    base_url: str
    model: str = ""
    headers: tuple[ExtraHeader, ...] = ()
    connect_timeout_s: float = CONNECT_TIMEOUT_S
    silence_limit_s: float | None = None
    """None for what the settings say of all connections."""
    proxy: ProxyChoice = ProxyChoice.SYSTEM
    proxy_url: str = ""
    proxy_user: str = ""
    ca_file: str = ""
    allow_plain_http: bool = False

    @property
    def is_sandbox(self) -> bool:
        return self.id == SANDBOX_ID

    @property
    def host(self) -> str:
        from urllib.parse import urlsplit

        return shown_host(urlsplit(self.base_url).netloc.rpartition("@")[2])

    @property
    def is_unprotected(self) -> bool:
        """Whether the key would travel to another computer unencrypted."""
        from urllib.parse import urlsplit

        parts = urlsplit(self.base_url)
        return parts.scheme == "http" and not is_loopback(parts.hostname or "")


TWELVELABS = Connection(DEFAULT_ID, "TwelveLabs", SERVICE_URL)
"""The connection that is there before any was made."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is kept of a connection in the keyring alone, while it is in memory. Never printed: whatever has
    been in one of these is blotted out of logs and reports from then on."""

    key: str = field(default="", repr=False)
    proxy_password: str = field(default="", repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Names and values of the secret headers."""

    def __post_init__(self) -> None:
        if self.key or self.proxy_password or self.headers:
            from trackside.domain.secrecy import keep_secret

            values = (value for _, value in self.headers)
            keep_secret(self.key, self.key.strip(), self.proxy_password, *values)


def shown_host(host: str) -> str:
    """The host as a person may judge it: letters of other scripts, which can look like any other, stand as
    they do on the wire."""
    if host.isascii():
        return host
    labels = host.lower().split(".")
    return ".".join(x if x.isascii() else f"xn--{x.encode('punycode').decode('ascii')}" for x in labels)


def is_loopback(host: str) -> bool:
    """Whether the host name means this computer."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    from ipaddress import ip_address

    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def checked_base_url(text: str, *, allow_plain_http: bool = False) -> str:
    """The address without its trailing slash, or a TracksideError that says what is wrong with it."""
    from urllib.parse import urlsplit

    from trackside.domain.failure import Failure, FailureKind, TracksideError

    url = text.strip().rstrip("/")
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError as error:
        raise _bad_address(url, str(error)) from error
    if parts.scheme not in ("http", "https"):
        raise _bad_address(url, "It has to begin with https://.")
    if not host or any(c.isspace() for c in url):
        raise _bad_address(url, "It names no host.")
    if parts.username is not None or parts.password is not None:
        raise _bad_address("", "An address must not carry a user name or password.")
    if "?" in url or "#" in url:
        raise _bad_address(url, "It must end with the path, without ? or #.")
    if parts.scheme == "http" and not is_loopback(host) and not allow_plain_http:
        raise TracksideError(
            Failure(
                FailureKind.INPUT,
                f"{url} would send your key unencrypted.",
                "Use https://, or allow plain http in the connection's settings.",
            )
        )
    return url


def _bad_address(url: str, why: str) -> TracksideError:
    from trackside.domain.failure import Failure, FailureKind, TracksideError

    shown = f"“{url}” is no usable service address." if url else "This is no usable service address."
    return TracksideError(Failure(FailureKind.INPUT, shown, f"{why} An example: {SERVICE_URL}".strip()))
