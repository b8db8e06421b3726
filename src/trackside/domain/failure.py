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


class FailureAction(StrEnum):
    """What the user can do about it; the window turns each into a button."""

    RETRY = "retry"
    OPEN_CONNECTION = "open_connection"
    NEW_SERVER_SESSION = "new_server_session"
    CHOOSE_STORE = "choose_store"


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

    @property
    def actions(self) -> tuple[FailureAction, ...]:
        """What the window offers, the most helpful first."""
        match self.kind:
            case FailureKind.KEY | FailureKind.NO_ACCESS:
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
