"""The one place that turns HTTP statuses and bodies into a Failure."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import msgspec

from trackside.domain.failure import Failure, FailureKind, FailureLayer
from trackside.domain.rate_limit import LONGEST_WAIT_S, span_words
from trackside.protocol.limits import retry_after_s as retry_after_s

_SHOWN_HEADERS = ("retry-after", "x-request-id", "request-id", "date", "content-type", "server", "location")
_BODY_SHOWN = 2_000
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
                retry_after_s(headers.get("retry-after"), message, headers=headers, now=now),
            )
        case 429:
            wait_s = retry_after_s(headers.get("retry-after"), message, headers=headers, now=now)
            advice = "The service takes a few questions a minute."
            if wait_s is not None and wait_s > LONGEST_WAIT_S:
                advice = f"The service asks to wait {span_words(wait_s)}."
            return failure(FailureKind.RATE_LIMIT, "Rate limited (429).", advice, wait_s)
        case 407:
            return replace(
                failure(
                    FailureKind.CONNECTION,
                    "The proxy wants a login, or another one.",
                    "Check the proxy in the connection's settings.",
                ),
                layer=FailureLayer.PROXY_LOGIN,
            )
        case 413:
            return failure(FailureKind.REFUSED_REQUEST, "The request is too large.", said)
        case _ if status >= 500:
            return failure(
                FailureKind.SERVICE,
                f"The service has trouble of its own ({status}).",
                said or "It usually passes; try again in a while.",
                retry_after_s(headers.get("retry-after"), "", headers=headers, now=now),
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
