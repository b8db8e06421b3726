"""After a sleep of the computer: dead streams end soon, living ones go on, and no clock's jump is a sleep."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chat.support import (
    BUSY,
    WHOLE,
    FakeKeeper,
    FakeService,
    S,
    Seen,
    Step,
    World,
    a_turn,
    created,
    soon,
    words,
)
from trackside.chat import waking
from trackside.chat.turn_runner import TurnRunner
from trackside.chat.waking import computer_slept_s
from trackside.domain.failure import FailureAction
from trackside.domain.stream import StreamEvent
from trackside.domain.turn import Attempt, Turn
from trackside.protocol.retry import RetryPolicy
from trackside.storage.journal import Journal


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in (("TICK_S", 0.004), ("SETTLE_S", 0.01), ("GRACE_S", 0.15), ("HASTE_S", 0.01)):
        monkeypatch.setattr(waking, name, seconds)


class Computer:
    """One that sleeps when it is told to, with attempts that run on it."""

    def __init__(self, *scripts: list[Step], delay_s: float = 0.001) -> None:
        self.slept_s = 1_000.0
        self.asked = 0
        policy = RetryPolicy(base_delay_s=delay_s, max_delay_s=max(delay_s, 30))
        self.keeper = FakeKeeper()
        self.runner = TurnRunner(self.keeper, lambda: policy, Journal, slept_s=self.clocks)
        self.seen = Seen(self.runner)
        self.service = FakeService(list(scripts))

    def clocks(self) -> float:
        self.asked += 1
        return self.slept_s

    def begin(self, source: Callable[[], Any] | None = None) -> Attempt:
        turn: Turn = a_turn()
        self.runner.start(turn, turn.attempts[0], source or self.service.source, None)
        return turn.attempts[0]

    async def sleep(self, seconds: float = 3_600.0) -> None:
        asked = self.asked
        await soon(lambda: self.asked > asked)
        self.slept_s += seconds


async def test_a_stream_that_died_in_the_sleep_is_interrupted_and_offers_a_retry() -> None:
    computer = Computer([created(), *words("Part of it"), asyncio.Event()])
    attempt = computer.begin()
    await computer.seen.until(lambda: attempt.answer.text == "Partofit")
    await computer.sleep()
    await computer.seen.end_of(attempt)
    assert (attempt.state, attempt.answer.text) == (S.INTERRUPTED, "Partofit")
    assert attempt.failure is not None
    assert attempt.failure.headline == "The computer slept, and the connection did not survive it."
    assert FailureAction.RETRY in attempt.failure.actions
    await soon(lambda: computer.service.left == 1)  # its socket is closed
    assert computer.keeper.of("attempt")[-1] == (attempt.id, S.INTERRUPTED, "Partofit")
    await computer.runner.aclose()


class Humming:
    """Goes on after the sleep, now and then with nothing but a sign of life."""

    def __init__(self) -> None:
        self.end = asyncio.Event()

    async def stream_answer(
        self, _ask: object, *, heard: Callable[[], None], **_: Any
    ) -> AsyncGenerator[StreamEvent, None]:
        heard()
        yield created()
        while not self.end.is_set():
            await asyncio.sleep(0.01)
            heard()
        for event in WHOLE[1:]:
            heard()
            yield event  # type: ignore[misc]

    async def source(self) -> "Humming":
        return self


async def test_a_stream_that_lives_goes_on() -> None:
    computer, humming = Computer(), Humming()
    attempt = computer.begin(humming.source)
    await computer.seen.until(lambda: attempt.state is S.STREAMING)
    await computer.sleep()
    (run,) = computer.runner.running
    await soon(lambda: run.doubted_at is not None)
    await soon(lambda: run.doubted_at is None)
    humming.end.set()
    await computer.seen.end_of(attempt)
    assert attempt.state is S.COMPLETED
    await computer.runner.aclose()


async def test_what_was_not_read_before_the_sleep_is_no_sign_of_life() -> None:
    late = asyncio.Event()
    computer = Computer([created(), late, *words("and more"), asyncio.Event()])
    attempt = computer.begin()
    await computer.seen.until(lambda: attempt.state is S.STREAMING)
    await computer.sleep()
    late.set()
    await computer.seen.end_of(attempt)
    assert (attempt.state, attempt.answer.text) == (S.INTERRUPTED, "andmore")
    await computer.runner.aclose()


async def test_an_attempt_that_nothing_came_for_is_made_again_by_itself() -> None:
    computer = Computer([asyncio.Event()], WHOLE)
    attempt = computer.begin()
    await soon(lambda: computer.service.requests)
    await computer.sleep()
    await computer.seen.end_of(attempt)
    assert (attempt.state, attempt.tries, attempt.failure) == (S.COMPLETED, 2, None)
    assert S.WAITING in computer.seen.states
    await soon(lambda: computer.service.left == 2)
    await computer.runner.aclose()


async def test_a_retry_that_was_waited_for_comes_soon_after_waking() -> None:
    computer = Computer([BUSY], WHOLE, delay_s=300)
    attempt = computer.begin()
    await computer.seen.until(lambda: attempt.state is S.WAITING)
    await computer.sleep()
    await computer.seen.end_of(attempt)
    assert (attempt.state, attempt.tries) == (S.COMPLETED, 2)
    await computer.runner.aclose()


async def test_stopping_an_attempt_in_doubt_stops_it() -> None:
    for script in ([asyncio.Event()], [created(), asyncio.Event()]):
        computer = Computer(script)
        attempt = computer.begin()
        await soon(lambda c=computer: c.service.requests)  # type: ignore[misc]
        await computer.sleep()
        (run,) = computer.runner.running
        await soon(lambda r=run: r.doubted_at is not None)  # type: ignore[misc]
        computer.runner._give_up(run)
        computer.runner.stop(attempt)
        await soon(lambda c=computer: c.service.left == 1)  # type: ignore[misc]
        assert attempt.state is (S.STOPPED if not run.has_event else S.INTERRUPTED)
        assert computer.seen.ends == [attempt.id]
        await computer.runner.aclose()


async def test_a_nap_breaks_nothing() -> None:
    computer = Computer([created(), asyncio.Event()])
    attempt = computer.begin()
    await computer.seen.until(lambda: attempt.state is S.STREAMING)
    for _ in range(3):
        await computer.sleep(waking.ASLEEP_S - 1)
    asked = computer.asked
    await soon(lambda: computer.asked > asked + 2)
    (run,) = computer.runner.running
    assert run.doubted_at is None
    await computer.runner.aclose()


async def test_a_sleep_while_nothing_runs_is_none_of_a_later_attempt_s() -> None:
    computer = Computer(WHOLE)
    await computer.seen.end_of(computer.begin())
    asked = computer.asked
    computer.slept_s += 3_600
    await asyncio.sleep(4 * waking.TICK_S)
    assert computer.asked == asked  # nobody looks while nothing runs
    computer.service = FakeService([[created(), asyncio.Event()]])
    attempt = computer.begin()
    await computer.seen.until(lambda: attempt.state is S.STREAMING)
    await soon(lambda: computer.asked > asked + 3)
    (run,) = computer.runner.running
    assert run.doubted_at is None
    await computer.runner.aclose()


def test_this_computer_tells_how_long_it_slept_and_it_did_not_just_now() -> None:
    before = computer_slept_s()
    time.sleep(0.01)
    assert before > -1.0
    assert abs(computer_slept_s() - before) < waking.ASLEEP_S


@pytest.mark.parametrize("jump", [timedelta(days=-400), timedelta(days=400)])
async def test_a_clock_that_jumps_breaks_nothing(jump: timedelta, monkeypatch: pytest.MonkeyPatch) -> None:
    """Durations, saves and waits go by a clock that doesn't jump; a session doesn't sink in the list."""
    from trackside.chat import journaling, turn_runner
    from trackside.chat import session as session_module

    off = timedelta()

    def shifted() -> datetime:
        return datetime.now(UTC) + off

    for module in (session_module, turn_runner):
        monkeypatch.setattr(module, "now", shifted)
    monkeypatch.setattr(journaling, "JOURNAL_S", 0.01)
    world = World()
    gate = asyncio.Event()
    world.use([BUSY], [created(), *words("Part of"), gate, *words("it"), *WHOLE[-2:]])
    opened = world.session()
    before = opened.session.updated_at
    turn = opened.ask("What happens?")
    attempt = turn.attempts[0]
    await world.seen.until(lambda: attempt.answer.text == "Partof")
    off = jump
    gate.set()
    await world.ended(turn)
    assert (attempt.state, attempt.answer.text) == (S.COMPLETED, "Partofit")
    assert attempt.duration_s is not None
    assert attempt.first_token_s is not None
    assert 0 <= attempt.first_token_s <= attempt.duration_s < 60
    assert opened.session.updated_at >= before
    again = opened.ask("And then?")
    await world.ended(again)
    detail = await world.store.session(opened.session.id)
    assert detail is not None
    assert [t.id for t in detail.turns] == [turn.id, again.id]
    assert opened.session.updated_at >= before
    await world.aclose()
