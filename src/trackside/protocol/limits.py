"""Reads what a response says of limits: how long to wait, and how many questions are left.

There is no one spelling. Times come as seconds, milliseconds, durations (“6m0s”), seconds since 1970, HTTP
dates and ISO times; those on a clock are measured against the response's own Date, since this computer's
clock may be wrong. What can't be read says nothing; it never fails an answer.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from trackside.domain.rate_limit import LimitHints

Told = Callable[[LimitHints], None]

_MOST_S = 10.0 * 365 * 86_400
"""No limit lasts longer; a greater number is a mistake."""
_EPOCH_S = 1_000_000_000.0
"""A number of seconds from here on is a time, not a duration; from a thousand times that on in ms."""
_LONGEST_HEADER = 200
_BODY_READ = 2_000
_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{0,12})?")
_COUNT = re.compile(r"\s*([0-9]{1,12})(?![0-9.])")
_SPAN = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|s|m|h|d)")
_UNITS = {"ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
_ISO_TIME = re.compile(
    r"(?<!\d)(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)\d*"
    r"\s?(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?(?![\d:])"
)
_SAID_WINDOW = re.compile(
    r"\b(\d{1,9})\s*req(?:uest)?s?\s*(?:/|per|in|every)\s*(\d{0,6})\s*(second|minute|hour|day)s?\b",
    re.IGNORECASE,
)
_WINDOWS = {"second": 1.0, "minute": 60.0, "hour": 3_600.0, "day": 86_400.0}
_SAID_SPAN = re.compile(
    r"\b(?:in|after|for)\s+(\d{1,9}(?:\.\d{1,6})?)\s*(s|sec|second|min|minute|h|hour)s?\b", re.IGNORECASE
)
_SAID_UNITS = {
    "s": 1.0,
    "sec": 1.0,
    "second": 1.0,
    "min": 60.0,
    "minute": 60.0,
    "h": 3_600.0,
    "hour": 3_600.0,
}

_FAMILIES = tuple(
    (f"{prefix}limit{suffix}", f"{prefix}remaining{suffix}", f"{prefix}reset{suffix}", window_s)
    for prefix in ("x-ratelimit-", "ratelimit-", "x-rate-limit-", "rate-limit-")
    for suffix, window_s in (
        ("-requests", None),
        ("-minute", 60.0),
        ("", None),
        ("-hour", 3_600.0),
        ("-day", 86_400.0),
    )
)
_RESET_AFTER = ("x-ratelimit-reset-after", "ratelimit-reset-after", "x-rate-limit-reset-after")
_USED = ("x-ratelimit-used", "ratelimit-used", "x-rate-limit-used")
_STRUCTURED = ("ratelimit", "x-ratelimit")
_POLICIES = ("ratelimit-policy", "x-ratelimit-policy")


def limit_hints(headers: Mapping[str, str], *, now: datetime | None = None) -> LimitHints:
    """What a response's headers say of the window of questions. `headers` are looked up in lower case; one
    that came several times is read once."""
    present = server_time(headers, now=now)
    structured = _structured(headers)
    if not structured.is_empty:
        return structured
    for limit_name, remaining_name, reset_name, window_s in _FAMILIES:
        limit = _count(headers.get(limit_name))
        remaining = _count(headers.get(remaining_name))
        reset = headers.get(reset_name)
        if limit is None and remaining is None:
            continue
        if remaining is None and limit is not None and (used := _first_count(headers, _USED)) is not None:
            remaining = max(0, limit - used)
        resets_in_s = None if reset is None else seconds_of(reset, present)
        if resets_in_s is None:
            delays = (seconds_of(headers[name], present) for name in _RESET_AFTER if name in headers)
            resets_in_s = next((delay for delay in delays if delay is not None), window_s)
        said = headers.get(limit_name, "")
        return LimitHints(limit, remaining, resets_in_s, _window_of(said) or window_s)
    return LimitHints()


def accepted_hints(headers: Mapping[str, str]) -> LimitHints:
    """For a question that the service took."""
    return replace(limit_hints(headers), is_accepted=True)


def refused_hints(headers: Mapping[str, str], body: bytes) -> LimitHints:
    """For one that it refused: its headers, or else the limit that its message names."""
    hints = limit_hints(headers)
    return said_window(body[:_BODY_READ].decode("utf-8", "replace")) if hints.is_empty else hints


def said_window(message: str) -> LimitHints:
    """The limit that an error's message names: “2 req/1minutes”."""
    if (found := _SAID_WINDOW.search(message)) is None:
        return LimitHints()
    count = int(found[2] or 1)
    return LimitHints(limit=int(found[1]) or None, window_s=count * _WINDOWS[found[3].lower()] or None)


def retry_after_s(
    header: str | None,
    message: str,
    *,
    headers: Mapping[str, str] | None = None,
    now: datetime | None = None,
) -> float | None:
    """How long the service asks to wait, in seconds: Retry-After in whatever form, else a time or duration in
    the message. None when it says nothing that can be read; a time that is past is 0."""
    all_headers = headers or {}
    present = server_time(all_headers, now=now)
    exact = all_headers.get("retry-after-ms", "").strip()
    if _NUMBER.fullmatch(exact):
        return _checked(float(exact) / 1e3)
    if header and (seconds := seconds_of(header, present)) is not None:
        return seconds
    for found in _ISO_TIME.finditer(message):
        if (seconds := _iso_seconds(found, present)) is not None:
            return seconds
    if spoken := _SAID_SPAN.search(message):
        return _checked(float(spoken[1]) * _SAID_UNITS[spoken[2].lower()])
    return None


def server_time(headers: Mapping[str, str], *, now: datetime | None = None) -> datetime:
    """What the service's clock showed when it answered; this computer's time when it doesn't say."""
    own = now or datetime.now(UTC)
    if (date := _http_date(headers.get("date", ""))) is None:
        return own
    # A date counts whole seconds; within one of ours the finer clock is the better one.
    return own if abs((date - own).total_seconds()) <= 1.0 else date


def seconds_of(text: str, present: datetime) -> float | None:
    """The seconds from `present` (the service's time) that a header means; None for what means none."""
    text = text.strip().strip('"')
    if not text or len(text) > _LONGEST_HEADER:
        return None
    if _NUMBER.fullmatch(text):
        number = float(text)
        if number < _EPOCH_S:
            return _checked(number)
        if number >= _EPOCH_S * 1e3:
            number /= 1e3
        return _checked(max(0.0, number - present.timestamp()))
    if spans := _spans(text):
        return _checked(spans)
    if found := _ISO_TIME.fullmatch(text):
        return _iso_seconds(found, present)
    if (date := _http_date(text)) is not None:
        return _checked(max(0.0, (date - present).total_seconds()))
    return None


def _spans(text: str) -> float | None:
    """The seconds of a duration such as “1h2m3.5s”."""
    found = list(_SPAN.finditer(text))
    if not found or "".join(part[0] for part in found) != text:
        return None
    return sum(float(part[1]) * _UNITS[part[2]] for part in found)


def _iso_seconds(found: re.Match[str], present: datetime) -> float | None:
    zone = found[3] or "Z"
    zone = "+00:00" if zone in ("Z", "UTC", "GMT") else zone
    try:
        time = datetime.fromisoformat(f"{found[1]}T{found[2]}{zone}")
        return _checked(max(0.0, (time - present).total_seconds()))
    except (ValueError, OverflowError):
        return None


def _http_date(text: str) -> datetime | None:
    if not text.strip() or len(text) > _LONGEST_HEADER:
        return None
    try:
        date = parsedate_to_datetime(text.strip())
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _structured(headers: Mapping[str, str]) -> LimitHints:
    """The IETF's one header: `limit=2, remaining=1, reset=30`, or `"default";r=1;t=30` beside a policy."""
    text = next((headers[name] for name in _STRUCTURED if name in headers), "")
    policy = next((headers[name] for name in _POLICIES if name in headers), "")
    if not text or len(text) > _LONGEST_HEADER:
        return LimitHints()
    # Of several limits the first counts; in the older form the commas are between the parts of one.
    said = dict(_parameters(text.split(",")[0] if ";" in text else text))
    stated = dict(_parameters(policy.split(",")[0]))
    limit = _count(said.get("limit") or said.get("q") or stated.get("q") or _leading(policy))
    remaining = _count(said.get("remaining") or said.get("r"))
    reset = _count(said.get("reset") or said.get("t"))
    window = _count(stated.get("w") or said.get("w"))
    return LimitHints(
        limit,
        remaining,
        None if reset is None else _checked(float(reset)),
        None if not window else _checked(float(window)),
    )


def _parameters(text: str) -> Iterator[tuple[str, str]]:
    for part in re.split(r"[;,]", text):
        name, is_set, value = part.partition("=")
        if is_set:
            yield name.strip().lower(), value.strip().strip('"')


def _leading(policy: str) -> str:
    """The limit of the older form `2;w=60`."""
    found = _COUNT.match(policy)
    return found[1] if found else ""


def _window_of(limit: str) -> float | None:
    """The window that stands beside a limit: `2, 2;w=60`."""
    found = re.search(r";\s*w=([0-9]{1,9})\b", limit[:_LONGEST_HEADER])
    return _checked(float(found[1])) or None if found else None


def _first_count(headers: Mapping[str, str], names: tuple[str, ...]) -> int | None:
    return next((count for name in names if (count := _count(headers.get(name))) is not None), None)


def _count(text: str | None) -> int | None:
    """The whole number that a header begins with."""
    if not text or (found := _COUNT.match(text)) is None:
        return None
    return int(found[1])


def _checked(seconds: float) -> float | None:
    return seconds if 0.0 <= seconds <= _MOST_S else None
