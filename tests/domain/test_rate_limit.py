"""What is known of limits, what follows from it, and in what words."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from trackside.domain.rate_limit import LimitHints, Place, RateLimit, moment, span_words

NOW = datetime(2026, 7, 11, 3, 13, tzinfo=UTC)
UNKNOWN = RateLimit(NOW)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def in_window(limit: int, remaining: int, resets_in_s: float, window_s: float | None = None) -> RateLimit:
    return UNKNOWN.noted(LimitHints(limit, remaining, resets_in_s, window_s), NOW)


DAY_S = 86_400.0
WORDS = [
    (UNKNOWN, ""),
    (UNKNOWN.blocked(34, NOW), "Rate limited, next question in 34 s"),
    (UNKNOWN.blocked(65, NOW), "Rate limited, next question in 1 min 5 s"),
    (in_window(2, 0, 34), "2 of 2 questions used this minute, next in 34 s"),
    (in_window(2, 1, 34), "1 of 2 questions used this minute"),
    (in_window(1, 0, 34), "1 of 1 question used this minute, next in 34 s"),
    (in_window(2, 0, 300), "2 of 2 questions used, next in 5 min"),
    (in_window(2, 0, 300, 3_600), "2 of 2 questions used this hour, next in 5 min"),
    (in_window(2, 1, 0), ""),
    (in_window(2, 3, 34), "0 of 2 questions used this minute"),
    (
        UNKNOWN.noted(LimitHints(limit=2), NOW).blocked(30, NOW),
        "2 of 2 questions used this minute, next in 30 s",
    ),
    (UNKNOWN.blocked(20 * 3_600, NOW), "Rate limited until 23:13"),
    (UNKNOWN.blocked(3 * DAY_S, NOW), "Rate limited until 14 July, 03:13"),
    (UNKNOWN.blocked(1e300, NOW), "Rate limited until 30 December 9999, 23:59"),
    (UNKNOWN.with_plan_used_up(None, NOW), "The plan's limit is used up"),
    (UNKNOWN.with_plan_used_up(10_020, NOW), "Daily limit reached, resets at 06:00"),
    (UNKNOWN.with_plan_used_up(9 * DAY_S, NOW), "The plan's limit is used up, resets on 20 July, 03:13"),
    (UNKNOWN.blocked(34, NOW).with_plan_used_up(60, NOW), "Daily limit reached, resets at 03:14"),
]  # fmt: skip


@pytest.mark.parametrize(("limit", "words"), WORDS)
def test_words(limit: RateLimit, words: str) -> None:
    assert limit.words(NOW) == words


def test_times_are_said_in_the_zone_of_the_reader() -> None:
    local = NOW.astimezone(timezone(timedelta(hours=2)))
    assert UNKNOWN.with_plan_used_up(10_020, NOW).words(local) == "Daily limit reached, resets at 08:00"
    assert moment(datetime(2027, 1, 2, tzinfo=UTC), NOW) == "2 January 2027, 00:00"


def test_a_wait_ends_and_nothing_is_said_any_more() -> None:
    limit = in_window(2, 0, 30).blocked(34, NOW)
    assert [limit.wait_s(later(s)) for s in (0, 33, 34, 99)] == [34, 1, 0, 0]
    assert limit.words(later(35)) == ""
    assert limit.is_idle(later(35))
    assert not limit.is_idle(later(33))


def test_what_lasts_very_long_is_not_waited_for() -> None:
    assert UNKNOWN.blocked(600.5, NOW).wait_s(NOW) == 600.5
    long = UNKNOWN.blocked(3_600, NOW)
    assert (long.wait_s(NOW), long.blocked_s(NOW)) == (0.0, 3_600)
    assert in_window(50, 0, DAY_S).wait_s(NOW) == 0.0
    # Something short beside it is.
    assert in_window(2, 0, 20).blocked(3_600, NOW).wait_s(NOW) == 20


def test_no_question_is_left_only_while_the_window_lasts() -> None:
    limit = in_window(2, 0, 30)
    assert (limit.left(NOW), limit.left(later(31))) == (0, None)
    assert UNKNOWN.noted(LimitHints(limit=2, remaining=0), NOW).wait_s(NOW) == 0.0  # nobody knows until when


def test_hints_add_to_what_is_known() -> None:
    limit = UNKNOWN.noted(LimitHints(limit=2, window_s=60), NOW).noted(LimitHints(None, 1, 20), later(5))
    assert (limit.limit, limit.window_s, limit.remaining) == (2, 60, 1)
    assert (limit.resets_at, limit.learnt_at) == (later(25), later(5))
    assert limit.noted(LimitHints(is_accepted=True), later(9)) is limit


def test_an_accepted_question_ends_every_refusal_but_not_the_window() -> None:
    limit = in_window(2, 0, 30).blocked(300, NOW).with_plan_used_up(9_000, NOW).accepted(later(1))
    assert (limit.blocked_until, limit.is_plan_used_up, limit.plan_resets_at) == (None, False, None)
    assert limit.wait_s(later(1)) == 29
    assert limit.accepted(later(2)) is limit


def test_a_plan_without_a_reset_is_believed_for_a_day() -> None:
    limit = UNKNOWN.with_plan_used_up(None, NOW)
    assert limit.is_plan_over(later(DAY_S - 1))
    assert not limit.is_plan_over(later(DAY_S + 1))
    assert not UNKNOWN.with_plan_used_up(60, NOW).is_plan_over(later(61))


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -5.0])
def test_a_time_that_is_none_blocks_nothing(seconds: float) -> None:
    assert UNKNOWN.blocked(seconds, NOW).wait_s(NOW) == 0.0


def test_moving_to_another_clock_moves_all_times() -> None:
    limit = in_window(2, 0, 30).blocked(40, NOW).with_plan_used_up(50, NOW)
    by = timedelta(days=-400)
    moved = limit.moved(by)
    assert (moved.learnt_at, moved.resets_at) == (NOW + by, later(30) + by)
    assert (moved.blocked_until, moved.plan_resets_at) == (later(40) + by, later(50) + by)
    UNKNOWN.blocked(1e300, NOW).moved(timedelta(days=400))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        *((0.0, "1 s"), (0.2, "1 s"), (59.4, "59 s"), (59.6, "1 min")),
        *((61, "1 min 1 s"), (3_600, "1 h"), (5_430, "1 h 30 min")),
    ],
)
def test_a_span_is_never_nothing(seconds: float, words: str) -> None:
    assert span_words(seconds) == words


def test_places_are_counted_in_words_as_far_as_they_go() -> None:
    assert [Place(n, 1).ordinal for n in (1, 2, 12, 13)] == ["first", "second", "twelfth", "number 13"]
