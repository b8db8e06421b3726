import itertools

import pytest

from trackside.domain.failure import FailureKind, TracksideError
from trackside.domain.session import now
from trackside.domain.turn import (
    INSTRUCTIONS_LIMIT,
    QUESTION_LIMIT,
    TRANSITIONS,
    Ask,
    Attempt,
    AttemptState,
    Turn,
)

S = AttemptState


@pytest.mark.parametrize(("old", "new"), list(itertools.product(S, S)))
def test_attempts_move_by_the_table_and_no_other_way(old: AttemptState, new: AttemptState) -> None:
    attempt = Attempt("a", "t", 1, state=old)
    if new in TRANSITIONS[old]:
        attempt.move_to(new)
        assert attempt.state is new
    else:
        with pytest.raises(ValueError, match="can't go"):
            attempt.move_to(new)
        assert attempt.state is old


def test_every_running_state_can_be_stopped_and_nothing_follows_a_final_one() -> None:
    for state in S:
        assert state.is_final == (not TRANSITIONS[state])
        if not state.is_final:
            assert {S.STOPPED, S.FAILED, S.INTERRUPTED} <= TRANSITIONS[state]
    assert Attempt("a", "t", 1, state=S.WAITING).is_running


@pytest.mark.parametrize(
    "ask",
    [
        Ask("", "ks_1"),
        Ask(" \n", "ks_1"),
        Ask("x" * (QUESTION_LIMIT + 1), "ks_1"),
        Ask("x", "ks_1", instructions="x" * (INSTRUCTIONS_LIMIT + 1)),
        Ask("x", ""),
    ],
)
def test_what_the_service_would_refuse_is_not_sent(ask: Ask) -> None:
    with pytest.raises(TracksideError) as caught:
        ask.check()
    assert caught.value.failure.kind is FailureKind.INPUT


def test_the_limits_themselves_may_be_sent() -> None:
    Ask("🎬" * QUESTION_LIMIT, "ks_1", instructions="é" * INSTRUCTIONS_LIMIT).check()


def test_a_recap_stands_before_the_question_and_both_share_the_limit() -> None:
    ask = Ask("x" * (QUESTION_LIMIT - 12), "ks_1")
    assert ask.content("Earlier…") == f"Earlier…\n\n{ask.question}"
    assert ask.content() == ask.question
    ask.check("y" * 10)
    with pytest.raises(TracksideError, match="10,001 characters together; the service takes 10,000"):
        ask.check("y" * 11)


def test_the_newest_attempt_is_shown_unless_another_is_chosen() -> None:
    turn = Turn("t", "s", 0, Ask("x", "ks"), now())
    assert turn.shown_attempt is None
    assert turn.latest_attempt is None
    turn.attempts = [Attempt("a", "t", 1), Attempt("b", "t", 2)]
    assert turn.shown_attempt is turn.latest_attempt is turn.attempts[1]
    turn.chosen = 0
    assert turn.shown_attempt is turn.attempts[0]


def test_turn_runs_while_any_of_its_attempts_does() -> None:
    turn = Turn("t", "s", 0, Ask("Who?", "ks_1"), now())
    assert not turn.is_running
    turn.attempts += [Attempt("a", "t", 1), Attempt("b", "t", 2, state=AttemptState.COMPLETED)]
    turn.chosen = 1
    assert turn.is_running
    turn.attempts[0].state = AttemptState.STOPPED
    assert not turn.is_running
