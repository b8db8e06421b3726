"""One attempt's life, told by a script: its states, what is saved and when, and how it ends."""

import asyncio
import itertools
from collections.abc import Callable
from contextlib import suppress

import pytest

from chat.support import (
    DONE,
    DROPPED,
    WHOLE,
    FakeKeeper,
    FakeService,
    S,
    Seen,
    Step,
    a_turn,
    an_attempt,
    created,
    ended,
    soon,
    words,
)
from trackside.chat import journaling
from trackside.chat.turn_runner import TurnRunner
from trackside.domain.failure import Failure, FailureKind
from trackside.domain.stream import KeepAlive, ResponseStatus, StreamFailed, TextDelta
from trackside.domain.turn import TRANSITIONS, Attempt, AttemptState
from trackside.protocol.retry import RetryPolicy
from trackside.storage.journal import Journal


def a_runner(keeper: FakeKeeper | None = None) -> tuple[TurnRunner, Seen]:
    policy = RetryPolicy()
    runner = TurnRunner(keeper or FakeKeeper(), lambda: policy, Journal)
    return runner, Seen(runner)


async def answered(*script: Step, keeper: FakeKeeper | None = None) -> tuple[Attempt, Seen]:
    runner, seen = a_runner(keeper)
    turn = a_turn()
    runner.start(turn, turn.attempts[0], FakeService([script]).source, None)
    await seen.end_of(turn.attempts[0])
    await runner.aclose()
    assert runner.running == []
    assert len(seen.ends) == 1
    return turn.attempts[0], seen


# -- the one table ----------------------------------------------------------------------------------

ALLOWED = {
    S.QUEUED: {S.CONNECTING, S.STOPPED, S.FAILED, S.INTERRUPTED},
    S.CONNECTING: {S.WAITING, S.STREAMING, S.STOPPED, S.FAILED, S.INTERRUPTED},
    S.WAITING: {S.CONNECTING, S.STOPPED, S.FAILED, S.INTERRUPTED},
    S.STREAMING: {S.COMPLETED, S.INCOMPLETE, S.STOPPED, S.FAILED, S.INTERRUPTED},
}


@pytest.mark.parametrize(("old", "new"), list(itertools.product(S, S)))
def test_attempts_move_as_designed(old: AttemptState, new: AttemptState) -> None:
    assert (new in TRANSITIONS[old]) == (new in ALLOWED.get(old, set()))


# -- the way of an answer ---------------------------------------------------------------------------


async def test_an_answer_goes_its_way_and_is_kept_on_it() -> None:
    keeper = FakeKeeper()
    attempt, seen = await answered(*WHOLE, keeper=keeper)
    assert seen.states == [S.CONNECTING, S.STREAMING, S.COMPLETED]
    assert attempt.answer.text == "Allofit."
    assert attempt.failure is None
    assert attempt.tries == 1
    assert attempt.started_at is not None
    assert attempt.first_token_s is not None
    assert attempt.duration_s is not None
    assert 0 <= attempt.first_token_s <= attempt.duration_s
    told = [kind for kind, _ in keeper.saved]
    assert told == ["attempt", "attempt", "server session", "journal", "attempt"]
    assert keeper.of("server session") == [("s", "sess_1")]
    assert keeper.of("attempt")[-1] == (attempt.id, S.COMPLETED, "Allofit.")


async def test_a_thousand_deltas_are_told_a_frame_at_a_time() -> None:
    release = asyncio.Event()
    asyncio.get_running_loop().call_later(0.05, release.set)
    deltas = words("word " * 1_000)
    attempt, seen = await answered(created(), *deltas[:500], release, *deltas[500:], ended(), DONE)
    assert attempt.answer.text == "word" * 1_000
    assert seen.changes < 20


OVER, K = ResponseStatus, FailureKind


@pytest.mark.parametrize(
    ("script", "state", "kind", "text"),
    [
        ([created(), *words("Part of"), DROPPED], S.INTERRUPTED, K.INTERRUPTED, "Partof"),
        ([created(), *words("Part of")], S.INTERRUPTED, K.INTERRUPTED, "Partof"),
        ([created(), *words("x"), Failure(K.SILENCE, "?")], S.INTERRUPTED, K.SILENCE, "x"),
        ([created(), *words("x"), Failure(K.CONNECTION, "?")], S.INTERRUPTED, K.CONNECTION, "x"),
        ([created(), *words("x"), Failure(K.BAD_ANSWER, "?")], S.FAILED, K.BAD_ANSWER, "x"),
        ([Failure(K.SILENCE, "?")], S.INTERRUPTED, K.SILENCE, ""),
        ([], S.INTERRUPTED, K.INTERRUPTED, ""),
        ([Failure(K.KEY, "?")], S.FAILED, K.KEY, ""),
        ([created(), *words("Part of"), ended(OVER.INCOMPLETE), DONE], S.INCOMPLETE, None, "Partof"),
        ([created(), *words("Part of"), ended(OVER.INCOMPLETE)], S.INCOMPLETE, None, "Partof"),
        ([created(), *words("Part of"), ended(OVER.FAILED), DONE], S.FAILED, K.ANSWER_FAILED, "Partof"),
        ([created(), *words("Part"), StreamFailed("c", "no")], S.FAILED, K.ANSWER_FAILED, "Part"),
        ([created(), *words("All"), DONE], S.COMPLETED, None, "All"),
        ([created(), *words("All"), ended()], S.COMPLETED, None, "All"),
        ([created(), *words("All"), ended(), DROPPED], S.COMPLETED, None, "All"),
        ([*words("All"), DONE], S.COMPLETED, None, "All"),
        ([created(), ended(), DONE], S.FAILED, K.BAD_ANSWER, ""),
        ([created(), DONE], S.FAILED, K.BAD_ANSWER, ""),
        ([DONE], S.FAILED, K.BAD_ANSWER, ""),
        ([KeepAlive(), created(), KeepAlive(), *words("All"), ended(), DONE], S.COMPLETED, None, "All"),
    ],
)  # fmt: skip
async def test_every_end_is_named_and_keeps_what_came(
    script: list[Step], state: AttemptState, kind: FailureKind | None, text: str
) -> None:
    keeper = FakeKeeper()
    attempt, seen = await answered(*script, keeper=keeper)
    assert (attempt.state, attempt.answer.text) == (state, text)
    assert (attempt.failure.kind if attempt.failure else None) == kind
    assert keeper.of("attempt")[-1] == (attempt.id, state, text)
    assert S.WAITING not in seen.states


async def test_the_service_s_own_reason_is_told() -> None:
    script = [created(), ended(OVER.FAILED, error_code="internal", error_message="Too much."), DONE]
    attempt, _ = await answered(*script)
    assert attempt.failure is not None
    assert "Too much." in attempt.failure.sentence
    assert attempt.failure.code == "internal"


async def test_a_bug_ends_the_attempt_and_is_logged(expected_log: Callable[[str], None]) -> None:
    expected_log("failed unexpectedly")
    attempt, _ = await answered(created(), *words("Part"), ZeroDivisionError())
    assert attempt.state is S.FAILED
    assert attempt.failure is not None
    assert attempt.failure.kind is FailureKind.BUG
    assert attempt.answer.text == "Part"


async def test_a_client_that_can_not_be_had_is_a_failure() -> None:
    runner, seen = a_runner()
    turn = a_turn()

    async def source() -> FakeService:
        raise_ = FakeService([[Failure(FailureKind.KEY, "There is no API key.")]])
        await anext(raise_.stream_answer(turn.ask))
        return raise_

    runner.start(turn, turn.attempts[0], source, None)
    attempt = await seen.end_of(turn.attempts[0])
    assert attempt.failure is not None
    assert (attempt.state, attempt.failure.kind) == (S.FAILED, FailureKind.KEY)
    await runner.aclose()


# -- the journal ------------------------------------------------------------------------------------


async def test_a_burst_before_a_pause_is_journalled_without_another_event(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(journaling, "JOURNAL_S", 0.03)
    keeper, pause = FakeKeeper(), asyncio.Event()
    runner, seen = a_runner(keeper)
    turn = a_turn()
    source = FakeService([[created(), *words("much in little time"), pause, ended(), DONE]]).source
    runner.start(turn, turn.attempts[0], source, None)
    await soon(lambda: len(keeper.of("journal")) == 2)
    assert keeper.of("journal") == [(turn.attempts[0].id, 0, 1), (turn.attempts[0].id, 1, 1)]
    pause.set()
    await seen.end_of(turn.attempts[0])
    await runner.aclose()


async def test_nothing_is_journalled_after_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journaling, "JOURNAL_S", 0.01)
    keeper, pause = FakeKeeper(), asyncio.Event()
    runner, seen = a_runner(keeper)
    turn = a_turn()
    runner.start(turn, turn.attempts[0], FakeService([[created(), *words("x"), pause]]).source, None)
    await seen.until(lambda: turn.attempts[0].answer.text)
    runner.stop(turn.attempts[0])
    before = len(keeper.saved)
    await asyncio.sleep(0.03)
    assert len(keeper.saved) == before
    await runner.aclose()


# -- attempts do not mix ----------------------------------------------------------------------------


async def test_late_events_reach_no_other_attempt() -> None:
    runner, seen = a_runner()
    turn, release = a_turn(), asyncio.Event()
    first, second = turn.attempts[0], an_attempt(turn)

    class Stubborn(FakeService):
        async def stream_answer(self, ask, **options):  # type: ignore[no-untyped-def]
            """Goes on telling, although it was cancelled."""
            yield created()
            yield TextDelta(0, "m", 0, "early")
            with suppress(asyncio.CancelledError):
                await release.wait()
            yield TextDelta(0, "m", 0, "late")
            yield DONE

    runner.start(turn, first, Stubborn([]).source, None)
    await seen.until(lambda: first.answer.text == "early")
    runner.stop(first)
    runner.start(turn, second, FakeService([WHOLE]).source, "sess_1")
    await seen.end_of(second)
    await runner.aclose()
    assert (first.state, first.answer.text) == (S.STOPPED, "early")
    assert (second.state, second.answer.text) == (S.COMPLETED, "Allofit.")
    assert second.sent_session_id == "sess_1"


async def test_the_run_tells_how_it_goes() -> None:
    runner, seen = a_runner()
    turn, pause = a_turn(), asyncio.Event()
    runner.start(turn, turn.attempts[0], FakeService([[created(), *words("x"), pause]]).source, None)
    await seen.until(lambda: turn.attempts[0].answer.text)
    run = runner.run_of(turn.attempts[0])
    assert run is not None
    assert run.working_s >= run.silent_s >= 0
    assert run.retry_in_s is None
    assert run.tokens_per_s is None  # too early to tell
    run.began -= 10
    assert run.tokens_per_s == pytest.approx(0.1, rel=0.2)
    runner.stop(turn.attempts[0])
    assert runner.run_of(turn.attempts[0]) is None
    await runner.aclose()
