"""How long to wait and how many questions are left, in every spelling; what can't be read says nothing."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackside.domain.failure import FailureKind
from trackside.domain.rate_limit import LimitHints
from trackside.protocol.errors import failure_of_status
from trackside.protocol.limits import limit_hints, refused_hints, retry_after_s, said_window

NOW = datetime(2026, 7, 11, 3, 13, tzinfo=UTC)
EPOCH = int(NOW.timestamp())


def http_date(seconds: float) -> str:
    return format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)


HINTS = [
    ({}, LimitHints()),
    (
        {"X-RateLimit-Limit": "2", "X-RateLimit-Remaining": "1", "X-RateLimit-Reset": "34"},
        LimitHints(2, 1, 34.0),
    ),
    ({"RateLimit-Limit": "2", "RateLimit-Remaining": "0", "RateLimit-Reset": "34"}, LimitHints(2, 0, 34.0)),
    ({"X-Rate-Limit-Limit": "2", "X-Rate-Limit-Remaining": "0"}, LimitHints(2, 0)),
    ({"X-RateLimit-Limit": "2", "X-RateLimit-Used": "2", "X-RateLimit-Reset": "9"}, LimitHints(2, 0, 9.0)),
    ({"X-RateLimit-Limit": "2", "X-RateLimit-Used": "5"}, LimitHints(2, 0)),
    ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(EPOCH + 20)}, LimitHints(None, 0, 20.0)),
    ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": f"{EPOCH + 20}000"}, LimitHints(None, 0, 20.0)),
    ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(EPOCH - 20)}, LimitHints(None, 0, 0.0)),
    ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2026-07-11T03:13:20Z"}, LimitHints(None, 0, 20.0)),
    ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": http_date(20)}, LimitHints(None, 0, 20.0)),
    ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "1.5"}, LimitHints(None, 0, 1.5)),
    (
        {
            "x-ratelimit-limit-requests": "60",
            "x-ratelimit-remaining-requests": "59",
            "x-ratelimit-reset-requests": "6m0s",
            "x-ratelimit-limit-tokens": "9",
            "x-ratelimit-remaining-tokens": "0",
        },
        LimitHints(60, 59, 360.0),
    ),
    ({"X-RateLimit-Limit-Minute": "5", "X-RateLimit-Remaining-Minute": "4"}, LimitHints(5, 4, 60.0, 60.0)),
    ({"RateLimit-Limit": "2, 2;w=60", "RateLimit-Remaining": "1"}, LimitHints(2, 1, None, 60.0)),
    ({"RateLimit": "limit=2, remaining=1, reset=30"}, LimitHints(2, 1, 30.0)),
    (
        {"RateLimit": '"burst";r=1;t=30', "RateLimit-Policy": '"burst";q=2;w=60'},
        LimitHints(2, 1, 30.0, 60.0),
    ),
    ({"RateLimit": "remaining=0, reset=5", "RateLimit-Policy": "2;w=60"}, LimitHints(2, 0, 5.0, 60.0)),
    ({"X-RateLimit-Limit": "many", "X-RateLimit-Remaining": "-1"}, LimitHints()),
    ({"X-RateLimit-Limit": "2", "X-RateLimit-Remaining": "1.5"}, LimitHints(2)),
    ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "soon"}, LimitHints(None, 0)),
    ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9" * 500}, LimitHints(None, 0)),
    ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "-4"}, LimitHints(None, 0)),
]


@pytest.mark.parametrize(("headers", "hints"), HINTS)
def test_hints(headers: dict[str, str], hints: LimitHints) -> None:
    assert limit_hints(httpx.Headers(headers), now=NOW) == hints


# -- the service's clock against ours ----------------------------------------------------------------


@pytest.mark.parametrize("off_s", [-7_200, -30, 45, 86_400 * 400])
def test_times_of_the_service_are_measured_by_its_own_clock(off_s: float) -> None:
    """Whatever this computer's clock shows, 34 s ahead of the answer's Date are 34 s."""
    ahead = (NOW + timedelta(seconds=off_s + 34)).isoformat()
    headers = httpx.Headers({"Date": http_date(off_s), "Retry-After": http_date(off_s + 34)})
    assert retry_after_s(headers["retry-after"], "", headers=headers, now=NOW) == 34
    assert retry_after_s(None, f"Try again after {ahead}.", headers=headers, now=NOW) == 34
    reset = httpx.Headers(
        {"Date": http_date(off_s), "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(EPOCH + off_s + 34)}
    )
    assert limit_hints(reset, now=NOW).resets_in_s == 34


@pytest.mark.parametrize("date", ["", "yesterday", "Sat, 99 Jul 2026 99:99:99 GMT", "9" * 999])
def test_a_date_that_is_none_leaves_our_own_clock(date: str) -> None:
    headers = {"date": date}
    assert retry_after_s(http_date(34), "", headers=headers, now=NOW) == 34


@pytest.mark.parametrize(
    ("header", "message", "seconds"),
    [
        ("86400000", "", 86_400_000.0),
        ("999999999", "", None),  # thirty years
        (str(EPOCH + 20), "", 20.0),
        ("1m30s", "", 90.0),
        ('"15"', "", 15.0),
        (None, "Please try again in 20 seconds.", 20.0),
        (None, "Please retry after 2 minutes", 120.0),
        ("rubbish", "Please retry after 2 minutes", 120.0),
        ("-1", "", None),
        ("1e3", "", None),
        ("nan", "", None),
    ],
)
def test_waits_in_further_forms(header: str | None, message: str, seconds: float | None) -> None:
    assert retry_after_s(header, message, now=NOW) == seconds


def test_milliseconds_are_the_more_exact() -> None:
    assert retry_after_s("2", "", headers={"retry-after-ms": "1250"}, now=NOW) == 1.25


def test_a_message_names_the_limit() -> None:
    message = "You have exceeded the rate limit (2 req/1minutes). Please try again later."
    assert said_window(message) == LimitHints(limit=2, window_s=60.0)
    assert refused_hints(httpx.Headers(), message.encode()) == LimitHints(limit=2, window_s=60.0)
    assert said_window("600 requests per hour") == LimitHints(limit=600, window_s=3_600.0)
    assert said_window("no limit at all") == LimitHints()


def test_a_plan_s_reset_is_in_the_failure() -> None:
    body = b'{"code":"plan_limit_exceeded","message":"Daily limit. It resets at 2026-07-11T06:00:00Z."}'
    failure = failure_of_status(429, httpx.Headers(), body, now=NOW)
    assert (failure.kind, failure.retry_after_s) == (FailureKind.PLAN_LIMIT, 10_020)


def test_a_wait_that_nobody_waits_for_is_said() -> None:
    failure = failure_of_status(429, httpx.Headers({"Retry-After": "7200"}), b"", now=NOW)
    assert failure.advice == "The service asks to wait 2 h."


NAMES = (
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "ratelimit",
    "ratelimit-policy",
    "date",
)
said = (
    st.text(max_size=30) | st.from_regex(r"[\"a-z;=,0-9 .-]{0,40}", fullmatch=True) | st.integers().map(str)
)


@given(st.dictionaries(st.sampled_from(NAMES), said), st.text(max_size=60))
def test_nothing_that_is_said_raises(headers: dict[str, str], message: str) -> None:
    hints = limit_hints(headers, now=NOW)
    assert hints.resets_in_s is None or 0 <= hints.resets_in_s < float("inf")
    assert hints.remaining is None or hints.remaining >= 0
    refused_hints(headers, message.encode())
    wait_s = retry_after_s(headers.get("date"), message, headers=headers, now=NOW)
    assert wait_s is None or 0 <= wait_s < float("inf")
