"""What the service remembers of a session, and what is said where it began anew."""

from dataclasses import replace

import pytest

from trackside.domain.answer import Answer
from trackside.domain.conversation import Divider, divider_of, is_forgotten, live_server_session
from trackside.domain.failure import Failure, FailureKind
from trackside.domain.session import Session, now
from trackside.domain.stream import Response, ResponseStatus, ResponseUpdated
from trackside.domain.turn import Ask, Attempt, AttemptState, Turn

LOST = Failure(FailureKind.DEAD_SESSION, "The service no longer knows this conversation.")
SESSION = Session("s", "twelvelabs", now(), now(), store_id="ks_1", server_session_id="sess_1")


def attempt(
    sent: str | None = None, got: str = "", *, recap: str = "", failure: Failure | None = None
) -> Attempt:
    answer = Answer()
    if got:
        response = Response("resp_1", ResponseStatus.IN_PROGRESS, session_id=got, output=())
        answer.fold(ResponseUpdated(response, is_end=False))
    state = AttemptState.FAILED if failure else AttemptState.COMPLETED
    return Attempt("a", "t", 1, state, answer, failure, sent_session_id=sent, recap=recap)


def turn(position: int, *attempts: Attempt, store: str = "ks_1") -> Turn:
    return Turn("t", "s", position, Ask("What?", store), now(), list(attempts))


def above(before: Turn | None, after: Turn, **facts: object) -> Divider | None:
    session = replace(SESSION, **facts)  # type: ignore[arg-type]
    return divider_of(session, before, after, {"ks_1": "Sea", "ks_2": "Land"}.__getitem__)


FIRST = turn(0, attempt(None, "sess_1"))


def test_a_conversation_that_goes_on_needs_no_word() -> None:
    assert above(None, FIRST) is None
    assert above(FIRST, turn(1, attempt("sess_1", "sess_1"))) is None
    assert above(FIRST, turn(1)) is None


def test_a_first_question_that_never_got_through_begins_nothing() -> None:
    refused = turn(0, attempt(failure=Failure(FailureKind.KEY, "The service refused the key.")))
    assert above(refused, turn(1, attempt(None, "sess_1"))) is None


@pytest.mark.parametrize(("recap", "words"), [("Earlier…", "with a recap"), ("", "without a recap")])
def test_a_conversation_that_was_forgotten_says_so(recap: str, words: str) -> None:
    again = turn(1, attempt("sess_1", failure=LOST), attempt(None, "sess_2", recap=recap))
    divider = above(FIRST, again)
    expected = f"The service had forgotten this conversation; a new one begins here, {words}."
    assert divider == Divider(expected, recap)
    again.chosen = 0  # what was sent there went into the old one
    assert above(FIRST, again) is None


def test_another_question_after_the_forgetting_says_so_too() -> None:
    lost = turn(1, attempt("sess_1", failure=LOST))
    divider = above(lost, turn(2, attempt(None, "sess_2", recap="Earlier…")))
    assert divider is not None
    assert divider.words.startswith("The service had forgotten this conversation;")
    mended = turn(1, attempt("sess_1", failure=LOST), attempt(None, "sess_2"))
    assert above(mended, turn(2, attempt("sess_2", "sess_2"))) is None


def test_another_store_is_named() -> None:
    divider = above(FIRST, turn(1, attempt(None, "sess_2", recap="Earlier…"), store="ks_2"))
    assert divider is not None
    assert (
        divider.words
        == "From here on, the store Land is asked. A new conversation begins here, with a recap."
    )


def test_a_branch_says_where_it_came_from_once() -> None:
    facts = {"branched_from": "Harbour", "branched_turns": 2}
    second, third = turn(1, attempt("sess_0", "sess_0")), turn(2, attempt(None, "sess_1"))
    assert above(FIRST, second, **facts) is None
    divider = above(second, third, **facts)
    assert divider is not None
    assert divider.words == (
        "Branched from “Harbour”; what is above was taken over. "
        "A new conversation begins here, without a recap."
    )
    assert above(third, turn(3, attempt("sess_1", "sess_1")), **facts) is None


def test_a_branch_with_a_long_title_or_none_is_still_one_line() -> None:
    after = turn(1, attempt(None, "sess_1"))
    long = above(FIRST, after, branched_from="word " * 50, branched_turns=1)
    assert long is not None
    assert len(long.words) < 200
    untitled = above(FIRST, after, branched_turns=1)
    assert untitled is not None
    assert untitled.words.startswith("Branched from another session;")


def test_a_new_beginning_without_a_known_reason_is_still_said() -> None:
    divider = above(FIRST, turn(1, attempt(None, "sess_2")))
    assert divider == Divider("A new conversation begins here, without a recap.")


def test_a_server_session_is_live_until_the_service_says_otherwise() -> None:
    lost = turn(1, attempt("sess_1", failure=LOST))
    assert live_server_session(SESSION, [FIRST, None]) == "sess_1"
    assert live_server_session(SESSION, [FIRST, lost]) is None
    assert is_forgotten(SESSION, [lost])
    renewed = replace(SESSION, server_session_id="sess_2")
    assert live_server_session(renewed, [lost]) == "sess_2"
    mended = turn(1, attempt("sess_1", failure=LOST), attempt(None, "sess_2"))
    assert not is_forgotten(renewed, [mended])
    assert not is_forgotten(replace(SESSION, server_session_id=None), [lost])
