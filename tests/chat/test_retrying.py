"""Trying again by itself: only before the first event, visibly, and never against the plan's limit."""

import asyncio

import pytest

from chat.support import (
    BUSY,
    DROPPED,
    WHOLE,
    FakeKeeper,
    FakeService,
    Hurried,
    S,
    Seen,
    Step,
    a_turn,
    an_attempt,
    created,
    soon,
    words,
)
from trackside.chat import turn_runner
from trackside.chat.run import Patience
from trackside.chat.turn_runner import TurnRunner
from trackside.domain.failure import Failure, FailureKind
from trackside.domain.stream import KeepAlive
from trackside.domain.turn import Attempt, Turn
from trackside.protocol.retry import RetryPolicy
from trackside.storage.journal import Journal

K = FailureKind
LIMITED = Failure(K.RATE_LIMIT, "Rate limited (429).", status=429)
REFUSED = Failure(K.CONNECTION, "host refused the connection.")


class Retried:
    """An attempt at a service by script."""

    def __init__(self, *scripts: list[Step], policy: Patience) -> None:
        self.keeper = FakeKeeper()
        self.runner = TurnRunner(self.keeper, lambda: policy, Journal)
        self.seen = Seen(self.runner)
        self.service = FakeService(list(scripts))
        self.turn: Turn = a_turn()
        self.attempt: Attempt = self.turn.attempts[0]
        self.runner.start(self.turn, self.attempt, self.service.source, None)

    async def end(self) -> Attempt:
        await self.seen.end_of(self.attempt)
        await self.runner.aclose()
        return self.attempt


QUICK = Hurried()
PATIENT = RetryPolicy(base_delay_s=300, max_delay_s=300, rate_limit_delay_s=300)


@pytest.mark.parametrize("failure", [BUSY, LIMITED, REFUSED])
async def test_a_failure_that_passes_is_waited_out_visibly(failure: Failure) -> None:
    retried = Retried([failure], [failure], WHOLE, policy=QUICK)
    reasons: list[str] = []
    retried.runner.attempt_changed.connect(
        lambda a: reasons.append(a.failure.headline) if a.state is S.WAITING else None
    )
    attempt = await retried.end()
    waits = [S.CONNECTING, S.WAITING] * 2
    assert retried.seen.states == [*waits, S.CONNECTING, S.STREAMING, S.COMPLETED]
    assert (attempt.tries, attempt.failure, attempt.answer.text) == (3, None, "Allofit.")
    assert set(reasons) == {failure.headline}
    assert [state for _, state, _ in retried.keeper.of("attempt")] == retried.seen.states


async def test_patience_ends() -> None:
    retried = Retried([BUSY], policy=QUICK)
    attempt = await retried.end()
    assert (attempt.state, attempt.tries, attempt.failure) == (S.FAILED, 4, BUSY)


HOPELESS = [
    *(K.PLAN_LIMIT, K.KEY, K.NO_ACCESS, K.NOT_FOUND),
    *(K.REFUSED_REQUEST, K.DEAD_SESSION, K.BAD_ANSWER, K.INPUT),
]


@pytest.mark.parametrize("kind", HOPELESS)
async def test_what_does_not_pass_is_not_tried_again(kind: FailureKind) -> None:
    failure = Failure(kind, "No.", retry_after_s=0.001)
    attempt = await Retried([failure], policy=QUICK).end()
    assert (attempt.state, attempt.tries, attempt.failure) == (S.FAILED, 1, failure)


@pytest.mark.parametrize("first", [created(), KeepAlive()])
@pytest.mark.parametrize("failure", [BUSY, LIMITED, REFUSED, DROPPED])
async def test_after_the_first_event_nothing_is_tried_again(first: Step, failure: Failure) -> None:
    retried = Retried([first, failure], policy=QUICK)
    attempt = await retried.end()
    assert (attempt.tries, attempt.failure) == (1, failure)
    assert S.WAITING not in retried.seen.states


async def test_try_now_cuts_the_wait_short() -> None:
    retried = Retried([LIMITED], WHOLE, policy=PATIENT)
    await retried.seen.until(lambda: retried.attempt.state is S.WAITING)
    run = retried.runner.run_of(retried.attempt)
    assert run is not None
    assert run.retry_in_s == pytest.approx(300, abs=5)
    retried.runner.try_now(retried.attempt)
    attempt = await retried.end()
    assert (attempt.state, attempt.tries) == (S.COMPLETED, 2)
    retried.runner.try_now(attempt)


async def test_try_now_counts_for_one_wait_alone() -> None:
    retried = Retried([BUSY], policy=PATIENT)
    for tries in (1, 2):
        await soon(lambda tries=tries: retried.attempt.tries == tries and retried.attempt.state is S.WAITING)
        assert retried.attempt.tries == tries
        retried.runner.try_now(retried.attempt)
    await soon(lambda: retried.attempt.tries == 3 and retried.attempt.state is S.WAITING)
    retried.runner.stop(retried.attempt)
    await retried.end()


async def test_the_wait_is_told_of_as_it_goes_by(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn_runner, "_SLICE_S", 0.005)
    retried = Retried([BUSY], policy=PATIENT)
    await retried.seen.until(lambda: retried.attempt.state is S.WAITING)
    told = retried.seen.changes
    await retried.seen.until(lambda: retried.seen.changes > told + 3)
    retried.runner.stop(retried.attempt)
    await retried.end()


async def test_a_hint_beyond_patience_is_told_and_not_waited_for() -> None:
    failure = Failure(K.RATE_LIMIT, "Rate limited (429).", status=429, retry_after_s=86_400)
    attempt = await Retried([failure], policy=RetryPolicy()).end()
    assert (attempt.state, attempt.failure) == (S.FAILED, failure)


async def test_a_retry_keeps_the_attempt_before() -> None:
    retried = Retried([created(), *words("First"), DROPPED], WHOLE, policy=QUICK)
    await retried.seen.end_of(retried.attempt)
    second = an_attempt(retried.turn)
    retried.runner.start(retried.turn, second, retried.service.source, "sess_1")
    await retried.seen.end_of(second)
    await retried.runner.aclose()
    assert (retried.attempt.state, retried.attempt.answer.text) == (S.INTERRUPTED, "First")
    assert (second.state, second.answer.text) == (S.COMPLETED, "Allofit.")
    assert [session for _, session in retried.service.requests] == [None, "sess_1"]


async def test_stopping_in_the_wait_leaves_no_reason_behind() -> None:
    retried = Retried([LIMITED], policy=PATIENT)
    await retried.seen.until(lambda: retried.attempt.state is S.WAITING)
    retried.runner.stop(retried.attempt)
    attempt = await retried.end()
    assert (attempt.state, attempt.failure) == (S.STOPPED, None)
    assert asyncio.all_tasks() == {asyncio.current_task()}
