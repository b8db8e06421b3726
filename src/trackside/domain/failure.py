"""What went wrong, in the user's words: the one shape every layer reports a failure in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class FailureKind(StrEnum):
    """What sort of thing failed; decides the colour, the offered actions and whether a retry makes sense."""

    REFUSED_REQUEST = "refused_request"
    """400, 409, 410, 413, 415, 422 and other 4xx: the service's own message says what is wrong."""
    DEAD_SESSION = "dead_session"
    """400 for a session the service no longer knows, or that belongs to another store."""
    KEY = "key"
    """401, 403, or no key at all."""
    NOT_FOUND = "not_found"
    NO_ACCESS = "no_access"
    """404 `endpoint_not_exists`: the key has no right to this family of endpoints."""
    RATE_LIMIT = "rate_limit"
    PLAN_LIMIT = "plan_limit"
    SERVICE = "service"
    """5xx."""
    CONNECTION = "connection"
    """Address, connect, TLS and proxy failures."""
    SILENCE = "silence"
    """Nothing arrived for as long as the connection's silence limit allows."""
    INTERRUPTED = "interrupted"
    """The connection closed before the answer's end."""
    ANSWER_FAILED = "answer_failed"
    """`response.failed` or an `error` event."""
    BAD_ANSWER = "bad_answer"
    """A 200 that is no answer: HTML, an empty body, something that is no JSON."""
    INPUT = "input"
    """What was typed can't be sent; nothing was sent."""
    STORAGE = "storage"
    KEYRING = "keyring"
    BUG = "bug"


class FailureLayer(StrEnum):
    """Where on the way to the service it failed, for the connection test and for what is offered."""

    HEADERS = "headers"
    """An extra header that can't be sent; nothing was."""
    PROXY_SETTINGS = "proxy_settings"
    """A proxy's address or login that can't be used as it is."""
    CA_FILE = "ca_file"
    """The connection's own CA file is missing or holds no certificate."""
    ADDRESS = "address"
    """The host's name was not found, or the service's address is none."""
    REACH = "reach"
    """The host is known, but refused the connection or didn't answer."""
    PROXY = "proxy"
    """The proxy was not found, refused, was silent, or could not reach the host."""
    PROXY_LOGIN = "proxy_login"
    """The proxy wants a login, or another one."""
    TLS = "tls"
    """No secure connection: another version, no TLS at all, a certificate out of date or for another host."""
    TRUST = "trust"
    """A certificate of an issuer that this computer doesn't trust; the mend is that issuer's CA file."""


class FailureAction(StrEnum):
    """What the user can do about it; the window turns each into a button."""

    RETRY = "retry"
    OPEN_CONNECTION = "open_connection"
    NEW_SERVER_SESSION = "new_server_session"
    CHOOSE_STORE = "choose_store"
    CHOOSE_CA_FILE = "choose_ca_file"
    """Opens the connection's settings at the field for the issuer's certificate file."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A sentence that says what happened, one that says what to do, and details for a click.

    `headline` and `advice` are whole sentences. `detail` is free text for “Copy details”; it never
    holds a key. `retry_after_s` is the service's own hint, in seconds. `headers` keeps nothing secret:
    only the few response headers that help support (request id, retry-after).
    """

    kind: FailureKind
    headline: str
    advice: str = ""
    detail: str = ""
    status: int | None = None
    code: str | None = None
    retry_after_s: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    layer: FailureLayer | None = None
    """For failures on the way to the service; None for all others."""

    @property
    def actions(self) -> tuple[FailureAction, ...]:
        """What the window offers, the most helpful first."""
        match self.layer:
            case FailureLayer.TRUST | FailureLayer.CA_FILE:
                return (FailureAction.CHOOSE_CA_FILE, FailureAction.RETRY)
            case FailureLayer.HEADERS | FailureLayer.PROXY_SETTINGS | FailureLayer.PROXY_LOGIN:
                return (FailureAction.OPEN_CONNECTION, FailureAction.RETRY)
            case _:
                pass
        match self.kind:
            case FailureKind.KEY | FailureKind.NO_ACCESS | FailureKind.KEYRING:
                return (FailureAction.OPEN_CONNECTION, FailureAction.RETRY)
            case FailureKind.CONNECTION:
                return (FailureAction.RETRY, FailureAction.OPEN_CONNECTION)
            case FailureKind.DEAD_SESSION:
                return (FailureAction.NEW_SERVER_SESSION,)
            case FailureKind.NOT_FOUND:
                return (FailureAction.CHOOSE_STORE, FailureAction.RETRY)
            case _:
                return (FailureAction.RETRY,)

    @property
    def sentence(self) -> str:
        """Headline and advice, as one line of text."""
        return f"{self.headline} {self.advice}".strip()


class TracksideError(Exception):
    """Carries a Failure up to where it can be shown."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.sentence)
        self.failure = failure
