"""Questions of a limited connection: in line, one by one, in the order in which they were asked."""

import asyncio
from collections.abc import Sequence

import pytest

from chat.support import (
    BUSY,
    WHOLE,
    FakeKeeper,
    FakeService,
    S,
    Seen,
    Step,
    a_turn,
    created,
    ended,
    soon,
    words,
)
from trackside.chat import question_queue
from trackside.chat.rate_limits import RateLimits
from trackside.chat.turn_runner import TurnRunner
from trackside.domain.failure import Failure, FailureKind
from trackside.domain.rate_limit import LimitHints
from trackside.domain.turn import Attempt
from trackside.protocol.retry import RetryPolicy
from trackside.storage.journal import Journal

K = FailureKind
LIMITED = Failure(K.RATE_LIMIT, "Rate limited (429).", status=429, retry_after_s=300.0)
BRIEF = Failure(K.RATE_LIMIT, "Rate limited (429).", status=429, retry_after_s=0.0)
FOR_LONG = Failure(K.RATE_LIMIT, "Rate limited (429).", status=429, retry_after_s=86_400.0)
USED_UP = Failure(K.PLAN_LIMIT, "The plan's limit is used up.", status=429, retry_after_s=9_000.0)
ACCEPTED = LimitHints(is_accepted=True)


class Line:
    """A runner and services by script, one for each question."""

    def __init__(self, policy: RetryPolicy | None = None) -> None:
        self.keeper, self.limits = FakeKeeper(), RateLimits()
        self.policy = policy or RetryPolicy()
        self.runner = TurnRunner(self.keeper, lambda: self.policy, Journal, limits=self.limits)
        self.seen = Seen(self.runner)
        self.services: dict[str, FakeService] = {}
        self.asked: list[str] = []
        """Names in the order in which they reached the service."""

    def ask(self, name: str, *scripts: Sequence[Step], connection_id: str = "work") -> Attempt:
        turn = a_turn(name)
        attempt = turn.attempts[0]
        service = self.services[name] = FakeService(list(scripts) or [WHOLE])

        async def source() -> FakeService:
            self.asked.append(name)
            return service

        self.runner.start(turn, attempt, source, None, connection_id=connection_id)
        return attempt

    def place(self, attempt: Attempt) -> tuple[int, int] | None:
        run = self.runner.run_of(attempt)
        return (run.place.number, run.place.length) if run is not None and run.place is not None else None

    async def queued(self, *attempts: Attempt) -> None:
        await self.seen.until(lambda: all(self.place(attempt) for attempt in attempts))

    async def aclose(self) -> None:
        await self.runner.aclose()
        assert self.runner.running == []
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert self.limits._timer is None


async def test_while_nothing_is_known_nobody_waits() -> None:
    line, gate = Line(), asyncio.Event()
    attempts = [line.ask(name, [gate, *WHOLE]) for name in "abc"]
    await soon(lambda: line.asked == ["a", "b", "c"])
    gate.set()
    for attempt in attempts:
        await line.seen.end_of(attempt)
    assert S.QUEUED not in line.seen.states
    await line.aclose()


async def test_they_go_one_by_one_when_the_time_is_up() -> None:
    line, gate = Line(), asyncio.Event()
    line.limits.block("work", 0.05)
    first = line.ask("a", [gate, ACCEPTED, *WHOLE])
    second, third = line.ask("b"), line.ask("c")
    await line.queued(first, second, third)
    assert [line.place(one) for one in (first, second, third)] == [(1, 3), (2, 3), (3, 3)]
    assert {one.state for one in (first, second, third)} == {S.QUEUED}
    await soon(lambda: line.asked)
    await asyncio.sleep(0.02)
    assert line.asked == ["a"]  # until it is accepted
    assert [line.place(one) for one in (second, third)] == [(1, 2), (2, 2)]
    run = line.runner.run_of(second)
    assert run is not None
    assert run.retry_in_s == 0.0
    gate.set()
    for attempt in (first, second, third):
        assert (await line.seen.end_of(attempt)).tries == 1
    assert line.asked == ["a", "b", "c"]
    await line.aclose()


async def test_the_first_event_is_as_good_as_a_word() -> None:
    line, rest = Line(), asyncio.Event()
    line.limits.block("work", 0.02)
    first, second = line.ask("a", [created(), rest, *WHOLE[1:]]), line.ask("b")
    await line.seen.end_of(second)
    assert first.state is S.STREAMING
    rest.set()
    await line.seen.end_of(first)
    await line.aclose()


async def test_one_that_is_refused_again_stays_first() -> None:
    line = Line()
    line.limits.block("work", 0.02)
    first, second = line.ask("a", [LIMITED], WHOLE), line.ask("b")
    await line.seen.until(lambda: first.state is S.WAITING and line.place(first))
    assert [line.place(one) for one in (first, second)] == [(1, 2), (2, 2)]
    assert (second.state, line.asked) == (S.QUEUED, ["a"])
    run = line.runner.run_of(first)
    assert run is not None
    assert run.retry_in_s == pytest.approx(300, abs=5)
    line.runner.try_now(first)
    await line.seen.end_of(first)
    await line.seen.end_of(second)
    assert line.asked == ["a", "a", "b"]
    await line.aclose()


async def test_whoever_was_asked_first_goes_first_when_both_are_refused() -> None:
    line, late = Line(), asyncio.Event()
    first, second = line.ask("a", [late, LIMITED], WHOLE), line.ask("b", [LIMITED], WHOLE)
    await line.queued(second)
    late.set()
    await line.queued(first)
    assert [line.place(one) for one in (first, second)] == [(1, 2), (2, 2)]
    await line.aclose()


async def test_ask_now_sends_at_once_and_past_the_line() -> None:
    line = Line()
    line.limits.block("work", 300)
    first, second = line.ask("a"), line.ask("b", [Failure(K.KEY, "No.")])
    await line.queued(first, second)
    line.runner.try_now(second)
    await line.seen.end_of(second)
    assert (line.asked, line.place(first)) == (["b"], (1, 1))
    line.runner.stop(first)
    await line.aclose()


async def test_whoever_asked_now_and_was_refused_is_back_in_the_old_place() -> None:
    line = Line()
    line.limits.block("work", 300)
    attempts = [line.ask("a"), line.ask("b", [LIMITED]), line.ask("c")]
    await line.queued(*attempts)
    line.runner.try_now(attempts[1])
    await line.seen.until(lambda: attempts[1].state is S.WAITING and line.place(attempts[1]))
    assert [line.place(one) for one in attempts] == [(1, 3), (2, 3), (3, 3)]
    await line.aclose()


async def test_one_that_is_taken_past_the_line_opens_it() -> None:
    line = Line()
    line.limits.block("work", 300)
    first, second = line.ask("a"), line.ask("b")
    await line.queued(first, second)
    line.runner.try_now(second)
    await line.seen.end_of(first)
    assert line.asked == ["b", "a"]
    await line.aclose()


async def test_stopping_one_moves_the_others_up() -> None:
    line = Line()
    line.limits.block("work", 300)
    attempts = [line.ask(name) for name in "abc"]
    await line.queued(*attempts)
    line.runner.stop(attempts[0])
    assert (attempts[0].state, attempts[0].failure, attempts[0].duration_s) == (S.STOPPED, None, None)
    assert [line.place(one) for one in attempts[1:]] == [(1, 2), (2, 2)]
    assert line.keeper.of("attempt")[-1] == (attempts[0].id, S.STOPPED, "")
    await line.aclose()
    assert line.asked == []


async def test_stopping_the_one_that_was_let_go_lets_the_next_go() -> None:
    line = Line()
    line.limits.block("work", 0.02)
    first, second = line.ask("a", [asyncio.Event()]), line.ask("b")
    await soon(lambda: line.asked == ["a"])
    line.runner.stop(first)
    await line.seen.end_of(second)
    assert second.state is S.COMPLETED
    await line.aclose()


async def test_other_connections_are_not_held_up() -> None:
    line = Line()
    line.limits.block("work", 300)
    waiting, other = line.ask("a"), line.ask("b", connection_id="private")
    await line.seen.end_of(other)
    assert (other.state, line.place(waiting)) == (S.COMPLETED, (1, 1))
    await line.aclose()


async def test_a_window_that_is_used_up_is_waited_for() -> None:
    line = Line()
    first = line.ask("a", [LimitHints(2, 0, 0.05, is_accepted=True), *WHOLE])
    await line.seen.end_of(first)
    second = line.ask("b")
    await line.queued(second)
    assert (await line.seen.end_of(second)).state is S.COMPLETED
    assert (second.tries, line.asked) == (1, ["a", "b"])
    await line.aclose()


async def test_no_more_are_sent_at_once_than_the_window_has_left() -> None:
    line, gate = Line(), asyncio.Event()
    line.limits.note("work", LimitHints(4, 2, 300))
    attempts = [line.ask(name, [gate, LimitHints(4, 2, 300, is_accepted=True), *WHOLE]) for name in "abc"]
    await line.queued(attempts[2])
    await soon(lambda: line.asked == ["a", "b"])
    gate.set()
    await line.seen.end_of(attempts[2])
    await line.aclose()


async def test_the_time_of_those_far_behind_counts_windows() -> None:
    line = Line()
    line.limits.note("work", LimitHints(2, 0, 30, 60))
    attempts = [line.ask(name) for name in "abc"]
    await line.queued(*attempts)
    places = [run.place for one in attempts if (run := line.runner.run_of(one))]
    assert [round(place.in_s) for place in places if place] == [30, 30, 90]
    assert [place.is_estimated for place in places if place] == [False, False, True]
    await line.aclose()


async def test_an_answer_that_takes_its_time_holds_nobody_up_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(question_queue, "LEADER_S", 0.02)
    line, gate = Line(), asyncio.Event()
    line.limits.block("work", 0.02)
    first, second = line.ask("a", [gate, *WHOLE]), line.ask("b")
    await line.seen.end_of(second)
    assert first.state is S.CONNECTING
    gate.set()
    await line.seen.end_of(first)
    await line.aclose()


async def test_the_countdown_is_told() -> None:
    line = Line()
    line.limits.block("work", 300.02)
    attempt = line.ask("a")
    await line.queued(attempt)
    told = line.seen.changes
    await line.seen.until(lambda: line.seen.changes > told)
    await line.aclose()


# -- how often -----------------------------------------------------------------------------------------


async def test_refusals_use_up_no_tries() -> None:
    line = Line(RetryPolicy(max_tries=2, base_delay_s=0.001))
    attempt = line.ask("a", [BRIEF], [BUSY], [BRIEF], WHOLE)
    await line.seen.end_of(attempt)
    assert (attempt.state, attempt.tries) == (S.COMPLETED, 4)
    await line.aclose()


async def test_a_limit_that_never_ends_is_given_up() -> None:
    line = Line(RetryPolicy(max_refusals=2))
    attempt = line.ask("a", [BRIEF])
    assert (await line.seen.end_of(attempt)).failure is BRIEF
    assert (attempt.state, attempt.tries) == (S.FAILED, 2)
    await line.aclose()


async def test_without_automatic_retries_a_refused_one_fails_and_the_others_wait_on() -> None:
    line = Line(RetryPolicy(max_tries=1))
    first = line.ask("a", [LIMITED])
    await line.seen.end_of(first)
    second = line.ask("b")
    await line.queued(second)
    assert (first.state, first.tries, second.state) == (S.FAILED, 1, S.QUEUED)
    await line.aclose()


# -- limits that last ----------------------------------------------------------------------------------


async def test_the_plan_s_limit_ends_all_that_waits_and_keeps_it() -> None:
    line = Line(RetryPolicy(base_delay_s=300, max_delay_s=300))
    streaming = line.ask("s", [created(), asyncio.Event()])
    other = line.ask("o", [LIMITED], connection_id="private")
    retried = line.ask("r", [BUSY])
    await line.seen.until(lambda: retried.state is S.WAITING and streaming.state is S.STREAMING)
    line.limits.block("work", 300)
    first, second = line.ask("a", [USED_UP]), line.ask("b")
    await line.queued(first, second, other)
    line.runner.try_now(first)
    for attempt in (first, second, retried):
        await line.seen.end_of(attempt)
        assert (attempt.state, attempt.failure) == (S.FAILED, USED_UP)
        assert line.keeper.of("attempt").count((attempt.id, S.FAILED, "")) == 1
    assert (streaming.state, line.place(other)) == (S.STREAMING, (1, 1))
    assert line.asked.count("b") == 0
    await line.aclose()


@pytest.mark.parametrize("failure", [USED_UP, FOR_LONG])
async def test_the_next_in_line_is_not_sent_into_a_limit_that_lasts(failure: Failure) -> None:
    line = Line()
    line.limits.block("work", 0.02)
    attempts = [line.ask("a", [failure]), line.ask("b"), line.ask("c")]
    for attempt in attempts:
        assert (await line.seen.end_of(attempt)).failure is failure
    assert line.asked == ["a"]
    await line.aclose()


async def test_a_question_asked_all_the_same_is_sent_once() -> None:
    line = Line()
    line.limits.use_up_plan("work", 9_000)
    busy = line.ask("a", [BUSY])
    assert (await line.seen.end_of(busy)).tries == 1  # nothing is tried again by itself
    assert line.limits.is_plan_over("work")
    taken = line.ask("b")
    assert (await line.seen.end_of(taken)).state is S.COMPLETED
    assert not line.limits.is_plan_over("work")  # the service has said so
    await line.aclose()


async def test_a_wait_of_a_day_is_not_waited_for_by_anybody() -> None:
    line = Line()
    line.limits.block("work", 300)
    first, second = line.ask("a", [FOR_LONG]), line.ask("b")
    await line.queued(first, second)
    line.runner.try_now(first)
    for attempt in (first, second):
        assert (await line.seen.end_of(attempt)).failure is FOR_LONG
    third = line.ask("c", [created(), *words("Taken"), ended()])
    assert (await line.seen.end_of(third)).state is S.COMPLETED
    await line.aclose()


# -- the end -------------------------------------------------------------------------------------------


async def test_closing_interrupts_those_that_wait_with_a_sentence() -> None:
    line = Line()
    refused = line.ask("a", [LIMITED])
    await line.queued(refused)
    unsent = line.ask("b")
    await line.queued(unsent)
    await line.aclose()
    assert (refused.state, unsent.state) == (S.INTERRUPTED, S.INTERRUPTED)
    assert unsent.failure is not None
    assert unsent.failure.headline == "Trackside was closed before the question was sent."
    assert refused.failure is not None
    assert refused.failure.headline == "Trackside was closed before the answer's end."
    assert line.asked == ["a"]
