"""Ways the sandbox can misbehave, and the notation that asks for one.

A fault is written `NAME` or `NAME=VALUE`, with options after semicolons:

- `;times=N`: only the first N matching requests fail, later ones are served normally.
- `;path=PREFIX`: which paths below /v1.3 match; `/responses` unless told (`/` is every one).

It is given to the server (`SandboxServer(fault=…)`, `set_fault`) or to one request in the header
`X-Sandbox-Fault`, which goes first and matches whatever path it is sent to. Faults of an HTTP status work
on every endpoint, faults of a stream on POST /responses alone. Names, values in brackets their defaults:

- slow-first-byte[=10]      headers at once, the first event after so many seconds
- silence[=3]               after so many events nothing more, the connection stays open
- drop[=12]                 after so many events the socket closes without the end of the chunked body
- drop-in-character[=6]     as drop, in the middle of a UTF-8 character
- no-done                   every event, but no [DONE]
- held-open                 the socket stays open after [DONE]
- rate-limit[=2]            429 with Retry-After in seconds
- rate-limit-date[=2]       429 with Retry-After as an HTTP date so many seconds ahead
- rate-limit-message[=2]    429 too_many_requests, the time only in the message, no header
- rate-limit-bare           429 with an empty body and no header
- window-used-up[=30]       200, its headers say that no question is left for so many seconds
- plan-limit                429 plan_limit_exceeded, "resets at …"
- server-error[=500]        a 5xx status with a JSON error
- unavailable-html          503 with a proxy's HTML page
- unauthorized              401 api_key_invalid
- forbidden                 403 api_not_allowed
- not-found-endpoint        404 endpoint_not_exists
- lost-session              400, the session is invalid or expired
- malformed-event           one event more, whose data is broken JSON
- unknown-event             one event more, of a type nobody knows
- interleaved               deltas of a commentary message and of the answer take turns
- failed                    response.failed in the middle of the answer
- error-event[=nested]      an `error` event midway, no [DONE]; `flat` has code and message at its root
- incomplete[=completed]    cut at half with status incomplete; `event` ends with response.incomplete
- byte-by-byte              every byte of the body is a chunk of its own
- giant-event[=4]           one delta of so many megabytes
- no-event-lines            only `data:` lines
- no-sequence               no sequence_number, no indexes
- json-body                 200 with the whole response as application/json
- html-body                 200 with an HTML page
- empty-body                200 and nothing
- crlf                      lines end in CRLF
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

DEFAULT_PATH = "/responses"


class FaultName(Enum):
    """Every fault the sandbox knows, by the name it is asked for."""

    SLOW_FIRST_BYTE = "slow-first-byte"
    SILENCE = "silence"
    DROP = "drop"
    DROP_IN_CHARACTER = "drop-in-character"
    NO_DONE = "no-done"
    HELD_OPEN = "held-open"
    RATE_LIMIT = "rate-limit"
    RATE_LIMIT_DATE = "rate-limit-date"
    RATE_LIMIT_MESSAGE = "rate-limit-message"
    RATE_LIMIT_BARE = "rate-limit-bare"
    WINDOW_USED_UP = "window-used-up"
    PLAN_LIMIT = "plan-limit"
    SERVER_ERROR = "server-error"
    UNAVAILABLE_HTML = "unavailable-html"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    NOT_FOUND_ENDPOINT = "not-found-endpoint"
    LOST_SESSION = "lost-session"
    MALFORMED_EVENT = "malformed-event"
    UNKNOWN_EVENT = "unknown-event"
    INTERLEAVED = "interleaved"
    FAILED = "failed"
    ERROR_EVENT = "error-event"
    INCOMPLETE = "incomplete"
    BYTE_BY_BYTE = "byte-by-byte"
    GIANT_EVENT = "giant-event"
    NO_EVENT_LINES = "no-event-lines"
    NO_SEQUENCE = "no-sequence"
    JSON_BODY = "json-body"
    HTML_BODY = "html-body"
    EMPTY_BODY = "empty-body"
    CRLF = "crlf"

    @property
    def description(self) -> str:
        """What the fault does, in one line."""
        return _DESCRIPTIONS[self]

    @property
    def default(self) -> str:
        """The value taken when none is given; empty when the fault takes none."""
        return _DEFAULTS.get(self, "")


_DESCRIPTIONS = {
    FaultName.SLOW_FIRST_BYTE: "headers at once, the first event after VALUE seconds",
    FaultName.SILENCE: "after VALUE events nothing more, the connection stays open",
    FaultName.DROP: "after VALUE events the socket closes in the middle of the body",
    FaultName.DROP_IN_CHARACTER: "after VALUE events the socket closes inside a UTF-8 character",
    FaultName.NO_DONE: "every event, but no [DONE]",
    FaultName.HELD_OPEN: "the socket stays open after [DONE]",
    FaultName.RATE_LIMIT: "429 with Retry-After: VALUE seconds",
    FaultName.RATE_LIMIT_DATE: "429 with Retry-After as an HTTP date VALUE seconds ahead",
    FaultName.RATE_LIMIT_MESSAGE: "429 with the time (VALUE seconds ahead) in the message only",
    FaultName.RATE_LIMIT_BARE: "429 with an empty body and no header",
    FaultName.WINDOW_USED_UP: "X-RateLimit headers that say: no question left for VALUE seconds",
    FaultName.PLAN_LIMIT: "429 plan_limit_exceeded: the daily limit",
    FaultName.SERVER_ERROR: "status VALUE (5xx) with a JSON error",
    FaultName.UNAVAILABLE_HTML: "503 with a proxy's HTML page",
    FaultName.UNAUTHORIZED: "401, the key is refused",
    FaultName.FORBIDDEN: "403, the key lacks the right",
    FaultName.NOT_FOUND_ENDPOINT: "404, this family of endpoints is closed to the key",
    FaultName.LOST_SESSION: "400, the session is invalid or expired",
    FaultName.MALFORMED_EVENT: "one additional event whose data is broken JSON",
    FaultName.UNKNOWN_EVENT: "one additional event of an unknown type",
    FaultName.INTERLEAVED: "deltas of a commentary message and of the answer take turns",
    FaultName.FAILED: "response.failed in the middle of the answer",
    FaultName.ERROR_EVENT: "an error event (VALUE nested or flat) in the middle of the answer",
    FaultName.INCOMPLETE: "the answer is cut with status incomplete (VALUE completed or event)",
    FaultName.BYTE_BY_BYTE: "every byte of the body is a chunk of its own",
    FaultName.GIANT_EVENT: "one delta of VALUE megabytes",
    FaultName.NO_EVENT_LINES: "only data: lines",
    FaultName.NO_SEQUENCE: "no sequence_number and no indexes",
    FaultName.JSON_BODY: "200 with the whole response as application/json",
    FaultName.HTML_BODY: "200 with an HTML page",
    FaultName.EMPTY_BODY: "200 and nothing",
    FaultName.CRLF: "lines end in CRLF",
}

_DEFAULTS = {
    FaultName.SLOW_FIRST_BYTE: "10",
    FaultName.SILENCE: "3",
    FaultName.DROP: "12",
    FaultName.DROP_IN_CHARACTER: "6",
    FaultName.RATE_LIMIT: "2",
    FaultName.RATE_LIMIT_DATE: "2",
    FaultName.RATE_LIMIT_MESSAGE: "2",
    FaultName.WINDOW_USED_UP: "30",
    FaultName.SERVER_ERROR: "500",
    FaultName.ERROR_EVENT: "nested",
    FaultName.INCOMPLETE: "completed",
    FaultName.GIANT_EVENT: "4",
}

_WORD_VALUES = {
    FaultName.ERROR_EVENT: ("nested", "flat"),
    FaultName.INCOMPLETE: ("completed", "event"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault as asked for: its name, value and how often and where it strikes."""

    name: FaultName
    value: str = ""
    times: int | None = None
    path: str = DEFAULT_PATH
    spec: str = ""

    @property
    def number(self) -> float:
        """The value as a number of events, seconds, megabytes or a status."""
        return float(self.value)


def parse_fault(text: str) -> Fault:
    """The fault that `NAME[=VALUE][;times=N][;path=PREFIX]` asks for; ValueError says what is wrong."""
    head, *options = [part.strip() for part in text.split(";")]
    label, separator, value = head.partition("=")
    name = _name(label.strip())
    value = _checked_value(name, value.strip() if separator else name.default)
    times: int | None = None
    path = DEFAULT_PATH
    for option in options:
        key, _, setting = option.partition("=")
        match key.strip():
            case "times":
                if not setting.strip().isdecimal():
                    raise ValueError(f"times={setting}: a whole number is needed")
                times = int(setting)
            case "path":
                path = setting.strip()
            case _:
                raise ValueError(f"Unknown option {option!r}; known: times=N, path=PREFIX")
    return Fault(name, value, times, path, text.strip())


def list_faults() -> str:
    """All faults with their default values and descriptions, a line each, for --help."""
    labels = {name: name.value + (f"[={name.default}]" if name.default else "") for name in FaultName}
    width = max(len(label) for label in labels.values())
    return "\n".join(f"{label:<{width}}  {name.description}" for name, label in labels.items())


def _name(label: str) -> FaultName:
    try:
        return FaultName(label)
    except ValueError:
        known = ", ".join(name.value for name in FaultName)
        raise ValueError(f"Unknown fault {label!r}; known: {known}") from None


def _checked_value(name: FaultName, value: str) -> str:
    if not name.default:
        if value:
            raise ValueError(f"{name.value} takes no value")
        return ""
    if name in _WORD_VALUES:
        if value not in _WORD_VALUES[name]:
            raise ValueError(f"{name.value}={value}: one of {', '.join(_WORD_VALUES[name])} is needed")
        return value
    try:
        number = float(value)
    except ValueError:
        raise ValueError(f"{name.value}={value}: a number is needed") from None
    if not 0 <= number < 1_000_000:
        raise ValueError(f"{name.value}={value}: a number from 0 up is needed")
    if name is FaultName.SERVER_ERROR and not (number.is_integer() and 500 <= number < 600):
        raise ValueError(f"{name.value}={value}: a status from 500 to 599 is needed")
    return value


class FaultSwitch:
    """Decides which fault, if any, strikes a request, and counts the strikes of `;times=N`."""

    def __init__(self) -> None:
        self._standing: Fault | None = None
        self._struck: dict[str, int] = {}

    def set_standing(self, fault: Fault | None) -> None:
        """Let this fault strike from now on, counting anew; None for none."""
        self._standing = fault
        if fault is not None:
            self._struck.pop(fault.spec, None)

    def strike(self, path: str, header: str | None) -> Fault | None:
        """The fault for a request to `path` (below /v1.3), by its own header or by the standing fault."""
        if header:
            fault = parse_fault(header)
        elif self._standing is not None and path.startswith(self._standing.path):
            fault = self._standing
        else:
            return None
        if fault.times is not None:
            struck = self._struck.get(fault.spec, 0)
            if struck >= fault.times:
                return None
            self._struck[fault.spec] = struck + 1
        return fault
