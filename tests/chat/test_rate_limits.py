"""What is known of limits while the program runs: counted down, kept, and right whatever the clock does."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from chat.support import soon
from trackside.chat.rate_limits import RateLimits, steady_s
from trackside.domain.rate_limit import LimitHints, RateLimit

START = datetime(2026, 7, 11, 3, 13, tzinfo=UTC)
USED_UP = LimitHints(2, 0, 34.0)
TAKEN = LimitHints(is_accepted=True)


class Clocks:
    """A wall clock that can be set, and one that can't."""

    def __init__(self) -> None:
        self.off = timedelta()
        self.passed_s = 0.0

    def wall(self) -> datetime:
        return START + self.off + timedelta(seconds=self.passed_s)

    def steady(self) -> float:
        return self.passed_s


class Shelf:
    """What is kept, in memory."""

    def __init__(self) -> None:
        self.rows: dict[str, RateLimit] = {}

    async def load(self) -> Mapping[str, RateLimit]:
        return dict(self.rows)

    def save(self, connection_id: str, limit: RateLimit | None) -> None:
        if limit is None:
            self.rows.pop(connection_id, None)
        else:
            self.rows[connection_id] = limit


class Desk:
    """Limits under clocks of our own."""

    def __init__(self) -> None:
        self.clocks, self.shelf = Clocks(), Shelf()
        self.limits = self.another()

    def another(self) -> RateLimits:
        return RateLimits(self.shelf, wall=self.clocks.wall, steady=self.clocks.steady)

    async def after_restart(self) -> RateLimits:
        self.limits.close()
        self.limits = self.another()
        await self.limits.load()
        return self.limits


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_connections_are_limited_one_by_one(desk: Desk) -> None:
    desk.limits.note("work", USED_UP)
    assert desk.limits.words_of("work") == "2 of 2 questions used this minute, next in 34 s"
    assert (desk.limits.wait_s("work"), desk.limits.left("work")) == (34.0, 0)
    assert (desk.limits.wait_s("private"), desk.limits.left("private")) == (0.0, None)
    assert desk.limits.words_of("private") == ""
    desk.limits.close()


@pytest.mark.parametrize("jump", [timedelta(days=-400), timedelta(hours=-1), timedelta(days=400)])
async def test_a_clock_that_is_set_changes_no_wait(desk: Desk, jump: timedelta) -> None:
    desk.limits.block("work", 34)
    desk.limits.use_up_plan("work", 9_000)
    desk.clocks.passed_s += 10
    desk.clocks.off = jump
    assert desk.limits.wait_s("work") == 24
    assert desk.limits.is_plan_over("work")
    limit = desk.limits.of("work")
    assert limit is not None
    assert limit.plan_resets_at == desk.clocks.wall() + timedelta(seconds=8_990)  # in today's time
    # What is learnt after that is right beside what was learnt before.
    desk.limits.note("work", USED_UP)
    desk.clocks.passed_s += 5
    limit = desk.limits.of("work")
    assert limit is not None
    assert limit.blocked_s(desk.clocks.wall()) == 19
    assert limit.window_left_s(desk.clocks.wall()) == 29
    desk.limits.close()


async def test_a_restart_forgets_nothing_that_still_holds(desk: Desk) -> None:
    desk.limits.block("work", 34)
    desk.limits.use_up_plan("private", 9_000)
    desk.limits.block("over", 5)
    desk.clocks.passed_s += 10
    limits = await desk.after_restart()
    assert limits.wait_s("work") == 24
    assert limits.words_of("work") == "Rate limited, next question in 24 s"
    assert limits.is_plan_over("private")
    assert limits.of("over") is None
    assert set(desk.shelf.rows) == {"work", "private"}
    limits.close()


async def test_a_clock_set_back_between_two_runs_makes_no_wait_longer(desk: Desk) -> None:
    desk.limits.block("work", 34)
    desk.clocks.off = timedelta(days=-400)
    limits = await desk.after_restart()
    assert limits.wait_s("work") == 34
    desk.clocks.passed_s += 35
    assert limits.wait_s("work") == 0.0
    limits.close()


async def test_what_was_learnt_meanwhile_counts_more_than_what_was_kept(desk: Desk) -> None:
    desk.limits.block("work", 34)
    desk.limits.close()
    limits = desk.another()
    limits.block("work", 300)
    desk.shelf.rows["work"] = RateLimit(START)
    await limits.load()
    assert limits.wait_s("work") == 300
    limits.close()


async def test_an_accepted_question_ends_the_refusals_before_it_alone(desk: Desk) -> None:
    limits = desk.limits
    sent_before = limits.refusals_of("work")
    limits.block("work", 34)
    limits.use_up_plan("work", 9_000)
    limits.note("work", TAKEN, sent_before)  # it was sent before the refusal
    assert limits.wait_s("work") == 34
    limits.note("work", TAKEN, limits.refusals_of("work"))
    assert limits.wait_s("work") == 0.0
    assert not limits.is_plan_over("work")
    limits.close()


async def test_nothing_is_kept_of_answers_that_say_nothing(desk: Desk) -> None:
    told: list[str] = []
    desk.limits.changed.connect(told.append)
    desk.limits.note("work", TAKEN)
    desk.limits.note("work", LimitHints())
    assert (desk.shelf.rows, told, desk.limits.of("work")) == ({}, [], None)


async def test_another_key_knows_nothing_of_the_old_one(desk: Desk) -> None:
    desk.limits.use_up_plan("work", 9_000)
    desk.limits.forget("work")
    assert (desk.limits.words_of("work"), desk.shelf.rows) == ("", {})
    desk.limits.forget("work")
    desk.limits.close()


async def test_it_counts_down_and_rests(desk: Desk) -> None:
    limits = RateLimits(desk.shelf)
    told: list[str] = []
    limits.changed.connect(lambda connection_id: told.append(limits.words_of(connection_id)))
    limits.block("work", 0.03)
    await soon(lambda: limits.of("work") is None)
    assert told[-1] == ""
    assert limits._timer is None
    assert desk.shelf.rows == {}


async def test_after_the_end_nothing_ticks(desk: Desk) -> None:
    desk.limits.block("work", 34)
    desk.limits.close()
    desk.limits.block("work", 40)
    assert desk.limits._timer is None
    assert desk.limits.wait_s("work") == 40


async def test_the_steady_clock_goes_on(desk: Desk) -> None:
    before = steady_s()
    await asyncio.sleep(0.001)
    assert steady_s() > before
