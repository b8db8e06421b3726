"""The one place that turns httpx's errors and HTTP statuses into a Failure."""

import re
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
import msgspec

from trackside.domain.failure import Failure, FailureKind
from trackside.protocol.silence import StreamSilentError

_SHOWN_HEADERS = ("retry-after", "x-request-id", "request-id", "date", "content-type", "server", "location")
_BODY_SHOWN = 2_000
_SECONDS = re.compile(r"[0-9]{1,12}(?:\.[0-9]{0,12})?")
_ISO_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?")
_SESSION = r"\bsess(?:ions?|ion_?ids?|_\w+)\b"
_TROUBLE = (
    r"\b(?:invalid|expired|unknown|missing|no (?:such|longer)|not (?:be )?found|not valid"
    r"|(?:does|do)(?: not|n['’]t) (?:exist|belong|match)|belongs?|different|match(?:es)?|mismatch)\b"
)
_SESSION_TROUBLE = re.compile(
    f"{_SESSION}.{{0,200}}{_TROUBLE}|{_TROUBLE}.{{0,200}}{_SESSION}", re.IGNORECASE | re.DOTALL
)


def failure_of_status(
    status: int, headers: Mapping[str, str], body: bytes, *, now: datetime | None = None
) -> Failure:
    """What an HTTP error status means to the user (service documentation: error table)."""
    code, message = _error_of(body)
    shown = {name: headers[name] for name in _SHOWN_HEADERS if name in headers}
    detail = "\n".join(
        filter(
            None,
            [
                f"HTTP {status}" + (f" {code}" if code else ""),
                message,
                *(f"{name}: {value}" for name, value in shown.items()),
                "" if message else body[:_BODY_SHOWN].decode("utf-8", "replace").strip(),
            ],
        )
    )
    said = f"The service says: {_as_sentence(message)}" if message else ""

    def failure(kind: FailureKind, headline: str, advice: str = "", delay_s: float | None = None) -> Failure:
        return Failure(kind, headline, advice, detail, status, code, delay_s, shown)

    match status:
        case 401 | 403:
            refused = (
                "The service refused the key." if status == 401 else "The key lacks the right to do this."
            )
            return failure(FailureKind.KEY, refused, said or "Check the key in the connection's settings.")
        case 404 if code in ("endpoint_not_exists", "api_not_allowed"):
            return failure(
                FailureKind.NO_ACCESS,
                "The key has no access to this family of endpoints.",
                "Ask for access to Jockey in the TwelveLabs dashboard, or use another key.",
            )
        case 404:
            return failure(FailureKind.NOT_FOUND, _as_sentence(message) or "The service has no such thing.")
        case 400 if _SESSION_TROUBLE.search(message):
            return failure(
                FailureKind.DEAD_SESSION,
                "The service no longer knows this conversation.",
                "Go on in a new one: by itself it knows nothing of the earlier turns.",
            )
        case 429 if code == "plan_limit_exceeded":
            return failure(
                FailureKind.PLAN_LIMIT,
                "The plan's limit is used up.",
                said or "It resets with the next period of your plan.",
            )
        case 429:
            return failure(
                FailureKind.RATE_LIMIT,
                "Rate limited (429).",
                "The service takes a few questions a minute.",
                retry_after_s(headers.get("retry-after"), message, now=now),
            )
        case 413:
            return failure(FailureKind.REFUSED_REQUEST, "The request is too large.", said)
        case _ if status >= 500:
            return failure(
                FailureKind.SERVICE,
                f"The service has trouble of its own ({status}).",
                said or "It usually passes; try again in a while.",
                retry_after_s(headers.get("retry-after"), "", now=now),
            )
        case _ if 300 <= status < 400:
            return failure(
                FailureKind.CONNECTION,
                "The address leads elsewhere, and the key is not sent after it.",
                "Check the service's address in the connection's settings.",
            )
        case _:
            return failure(
                FailureKind.REFUSED_REQUEST,
                _as_sentence(message) or f"The service refused the request ({status}).",
            )


def failure_of_error(error: Exception, host: str, *, has_started: bool = False) -> Failure:
    """What a transport error means to the user. `has_started`: part of an answer had come already."""
    detail = f"{type(error).__name__}: {error}"

    def failure(kind: FailureKind, headline: str, advice: str = "") -> Failure:
        return Failure(kind, headline, advice, detail)

    match error:
        case StreamSilentError():
            return failure(
                FailureKind.SILENCE,
                f"Nothing came for {error.limit_s:g} s, so the connection was given up.",
                "Ask again, or raise the silence limit in the settings.",
            )
        case httpx.ConnectTimeout() | httpx.PoolTimeout():
            return failure(
                FailureKind.CONNECTION,
                f"{host} did not answer in time.",
                "Check the network, then try again.",
            )
        case httpx.ProxyError():
            return failure(
                FailureKind.CONNECTION,
                "The proxy refused the connection.",
                "Check HTTPS_PROXY and NO_PROXY in your environment.",
            )
        case httpx.InvalidURL() | httpx.UnsupportedProtocol() | UnicodeError():
            return failure(
                FailureKind.CONNECTION, "The service's address can't be used.", "Check it in the settings."
            )
        case _ if has_started and isinstance(error, httpx.RequestError | OSError):
            return failure(
                FailureKind.INTERRUPTED,
                "The connection dropped before the answer's end.",
                "The service does not resume a stream, so a retry asks again.",
            )
        case httpx.ConnectError():
            return failure(FailureKind.CONNECTION, *_why_no_connection(error, host))
        case httpx.DecodingError():
            return failure(FailureKind.BAD_ANSWER, "The answer came in an encoding that can't be read.")
        case httpx.TransportError() | OSError():
            return failure(
                FailureKind.CONNECTION,
                f"The connection to {host} broke.",
                "Check the network, then try again.",
            )
        case _:
            return failure(
                FailureKind.BUG, "Something went wrong inside Trackside.", "The log has the details."
            )


def failure_of_body(content_type: str, body: bytes) -> Failure:
    """A 200 whose body is no answer: a proxy's page, nothing at all, or something else."""
    start = body[:_BODY_SHOWN].decode("utf-8", "replace").strip()
    detail = f"content-type: {content_type or 'none'}\n{start}"
    if not start:
        headline = "The service answered with nothing at all."
    elif start.startswith("<"):
        headline = "A web page came instead of an answer."
    else:
        headline = "What came is no answer."
    return Failure(
        FailureKind.BAD_ANSWER,
        headline,
        "A proxy or a wrong address often causes this; check the connection's address.",
        detail,
        200,
    )


def retry_after_s(header: str | None, message: str, *, now: datetime | None = None) -> float | None:
    """The service's hint in seconds: Retry-After as seconds or date, else an ISO time in the message."""
    present = now or datetime.now(UTC)
    if header and header.strip():
        text = header.strip()
        if _SECONDS.fullmatch(text):
            return float(text)
        try:
            return _seconds_until(parsedate_to_datetime(text), present)
        except (ValueError, TypeError, OverflowError, IndexError):
            pass
    if found := _ISO_TIME.search(message):
        try:
            return _seconds_until(datetime.fromisoformat(found[0]), present)
        except (ValueError, OverflowError):
            return None
    return None


def _seconds_until(time: datetime, present: datetime) -> float:
    in_utc = time.replace(tzinfo=UTC) if time.tzinfo is None else time
    return max(0.0, (in_utc - present).total_seconds())


def _error_of(body: bytes) -> tuple[str | None, str]:
    """Code and message out of {"code", "message"}, {"error": {…}}, {"detail": …}, or nothing."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return None, ""
    if isinstance(value, dict) and isinstance(value.get("error"), dict):
        value = value["error"]
    if not isinstance(value, dict):
        return None, ""
    code = value.get("code")
    message = next((value[k] for k in ("message", "detail", "error") if isinstance(value.get(k), str)), "")
    return (code if isinstance(code, str) else None), message.strip()[:_BODY_SHOWN]


def _as_sentence(message: str) -> str:
    message = " ".join(message.split())
    if not message:
        return ""
    ending = "" if message[-1] in ".!?…" else "."
    return f"{message[0].upper()}{message[1:]}{ending}"


def _why_no_connection(error: httpx.ConnectError, host: str) -> tuple[str, str]:
    cause: BaseException | None = error
    text = ""
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return (
                f"The certificate of {host} is not trusted: {cause.verify_message}.",
                "If your network inspects traffic, its certificate has to be in the system's store.",
            )
        if isinstance(cause, ssl.SSLError):
            return f"No secure connection to {host} could be made.", "Is its address right?"
        text += str(cause)
        cause = cause.__cause__ or cause.__context__
    if re.search(r"name or service|nodename nor|getaddrinfo|name resolution|no address", text, re.IGNORECASE):
        return f"There is no address for {host}.", "Check the spelling and the network."
    if re.search(r"refused|all connection attempts failed", text, re.IGNORECASE):
        return f"{host} refused the connection.", "Is the service running there?"
    return f"{host} can't be reached.", "Check the network, then try again."
