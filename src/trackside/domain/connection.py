"""A named service address; its key lives in the keyring, never here."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Connection:
    """Where the service is and how long to wait for it.

    `model` is sent only when set (today's service documents none). Times are in seconds.
    """

    id: str
    name: str
    base_url: str
    model: str | None = None
    connect_timeout_s: float = CONNECT_TIMEOUT_S
    silence_limit_s: float = SILENCE_LIMIT_S

    @property
    def is_sandbox(self) -> bool:
        return self.id == SANDBOX_ID

    @property
    def host(self) -> str:
        from urllib.parse import urlsplit

        return urlsplit(self.base_url).netloc


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
                "Use https://, or allow plain http in the settings.",
            )
        )
    return url


def _bad_address(url: str, why: str) -> TracksideError:
    from trackside.domain.failure import Failure, FailureKind, TracksideError

    shown = f"“{url}” is no usable service address." if url else "This is no usable service address."
    return TracksideError(Failure(FailureKind.INPUT, shown, f"{why} An example: {SERVICE_URL}".strip()))
