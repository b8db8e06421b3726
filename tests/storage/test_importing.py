"""Import: a round trip loses nothing, and what is here already is never overwritten."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from export.made_up import sessions as made_up_sessions
from export.telling import as_json
from storage.support import WHEN, a_session
from trackside.domain.answer import Answer, SavedAnswer
from trackside.domain.session import Session
from trackside.domain.turn import Ask, Attempt, AttemptState, Turn
from trackside.export.reading import SessionsFile
from trackside.storage import rows
from trackside.storage.database import Database
from trackside.storage.importing import Received, Reception, receive
from trackside.storage.rows import SessionDetail
from trackside.storage.sessions import SessionStore

Sessions = Sequence[tuple[Session, Sequence[Turn]]]


@pytest.fixture
def database() -> Iterator[Database]:
    made = Database(None)
    yield made
    made.close()


def imported(database: Database, document: str) -> list[Received]:
    file = SessionsFile(document.encode())
    received = []
    for number in range(len(file)):
        session, turns = file.session(number)
        received.append(
            database.write(lambda db, session=session, turns=turns: receive(db, session, turns)).result()
        )
    return received


def detail_of(database: Database, session_id: str) -> SessionDetail:
    detail = database.read(lambda db: rows.detail(db, session_id)).result()
    assert detail is not None
    return detail


def exported(database: Database, sessions: Sessions) -> str:
    details = [detail_of(database, session.id) for session, _ in sessions]
    return as_json([(detail.session, detail.turns) for detail in details])


def a_turn(session: Session, turn_id: str, position: int, *attempts: Attempt, minutes: int = -1) -> Turn:
    asked_at = WHEN + timedelta(minutes=minutes if minutes >= 0 else position)
    return Turn(turn_id, session.id, position, Ask(f"{turn_id}?", "ks_1"), asked_at, list(attempts))


def an_attempt(turn_id: str, number: int, identity: str = "") -> Attempt:
    return Attempt(
        identity or f"{turn_id}.{number}",
        turn_id,
        number,
        AttemptState.COMPLETED,
        Answer.restored(SavedAnswer(response_id=f"resp {identity or number}")),
        started_at=WHEN + timedelta(seconds=number),
        tries=1,
    )


def ids_of(detail: SessionDetail) -> list[str]:
    return [turn.id for turn in detail.turns]


# -- round trips -----------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(made_up_sessions(), st.data())
def test_a_round_trip_loses_nothing_and_twice_is_as_good_as_once(
    sessions: Sessions, data: st.DataObject
) -> None:
    document = as_json(sessions)
    empty, partial = Database(None), Database(None)
    try:
        assert {one.reception for one in imported(empty, document)} <= {Reception.ADDED}
        assert exported(empty, sessions) == document
        again = imported(empty, document)
        assert {one.reception for one in again} <= {Reception.KNOWN}
        assert exported(empty, sessions) == document

        # A database that has some of the turns and attempts comes to have all of them, in their order.
        imported(partial, as_json([_part(session, turns, data) for session, turns in sessions]))
        imported(partial, document)
        assert _without_choices(exported(partial, sessions)) == _without_choices(document)
        before = exported(partial, sessions)
        imported(partial, document)
        assert exported(partial, sessions) == before
    finally:
        empty.close()
        partial.close()


def _part(session: Session, turns: Sequence[Turn], data: st.DataObject) -> tuple[Session, list[Turn]]:
    kept = []
    for turn in turns:
        if data.draw(st.booleans()):
            attempts = [attempt for attempt in turn.attempts if data.draw(st.booleans())]
            kept.append(replace(turn, position=len(kept), attempts=attempts, chosen=-1))
    return session, kept


def _without_choices(document: str) -> list[str]:
    """The lines but for which attempt is shown: that stays as it was here."""
    return [line for line in document.splitlines() if '"chosen":' not in line]


# -- merging ---------------------------------------------------------------------------------------


def test_new_turns_stand_behind_what_they_follow(database: Database) -> None:
    session = a_session()
    here = [
        a_turn(session, "a", 0),
        a_turn(session, "d", 1, minutes=9),
        a_turn(session, "mine", 2, minutes=10),
    ]
    there = [
        a_turn(session, name, place, minutes=minute)
        for place, (name, minute) in enumerate(
            [("a", 0), ("b", 1), ("c", 2), ("d", 9), ("late", 20), ("x", 5)]
        )
    ]
    imported(database, as_json([(session, here)]))
    (received,) = imported(database, as_json([(session, there)]))
    assert received == Received(Reception.MERGED, turns=4)
    detail = detail_of(database, session.id)
    assert ids_of(detail) == ["a", "b", "c", "d", "mine", "late", "x"]
    assert [turn.position for turn in detail.turns] == list(range(7))


def test_a_clock_that_jumped_does_not_change_the_order(database: Database) -> None:
    session = a_session()
    here = [a_turn(session, "a", 0), a_turn(session, "c", 1, minutes=9)]
    there = [a_turn(session, "a", 0), a_turn(session, "b", 1, minutes=50), a_turn(session, "c", 2, minutes=9)]
    imported(database, as_json([(session, here)]))
    imported(database, as_json([(session, there)]))
    assert ids_of(detail_of(database, session.id)) == ["a", "b", "c"]


def test_what_is_here_stays_as_it_is(database: Database) -> None:
    session = a_session(title="Mine", tags=("kept",), pinned=True)
    turn = a_turn(session, "a", 0, an_attempt("a", 1))
    imported(database, as_json([(session, [turn])]))
    theirs = replace(session, title="Theirs", tags=(), pinned=False, updated_at=WHEN + timedelta(days=1))
    changed = replace(turn, ask=Ask("Another?", "ks_2"), attempts=[replace(turn.attempts[0], tries=9)])
    (received,) = imported(database, as_json([(theirs, [changed])]))
    assert received.reception is Reception.KNOWN
    detail = detail_of(database, session.id)
    assert (detail.session.title, detail.session.tags, detail.session.pinned) == ("Mine", ("kept",), True)
    assert detail.session.updated_at == session.updated_at
    assert (detail.turns[0].ask.question, detail.turns[0].attempts[0].tries) == ("a?", 1)


def test_something_new_in_a_session_brings_it_up_in_the_list(database: Database) -> None:
    session = a_session()
    imported(database, as_json([(session, [])]))
    later = replace(session, updated_at=WHEN + timedelta(days=1))
    imported(database, as_json([(later, [a_turn(session, "a", 0)])]))
    assert detail_of(database, session.id).session.updated_at == later.updated_at
    imported(database, as_json([(session, [a_turn(session, "b", 1)])]))
    assert detail_of(database, session.id).session.updated_at == later.updated_at


def test_new_attempts_of_a_known_turn_come_in_and_the_chosen_one_stays_chosen(database: Database) -> None:
    session = a_session()
    mine = a_turn(session, "a", 0, an_attempt("a", 1), an_attempt("a", 3))
    mine.chosen = 1
    imported(database, as_json([(session, [mine])]))
    theirs = a_turn(session, "a", 0, *(an_attempt("a", number) for number in (1, 2, 3, 4)))
    (received,) = imported(database, as_json([(session, [theirs])]))
    assert received == Received(Reception.MERGED, attempts=2)
    (turn,) = detail_of(database, session.id).turns
    assert [attempt.id for attempt in turn.attempts] == ["a.1", "a.2", "a.3", "a.4"]
    assert [attempt.number for attempt in turn.attempts] == [1, 2, 3, 4]
    assert turn.shown_attempt is not None
    assert turn.shown_attempt.id == "a.3"


def test_a_session_in_the_trash_stays_there_untouched(database: Database) -> None:
    session = a_session()
    imported(database, as_json([(session, [])]))
    database.write(lambda db: rows.update_session(db, session.id, {"trashed_at": WHEN})).result()
    (received,) = imported(database, as_json([(session, [a_turn(session, "a", 0)])]))
    assert received == Received(Reception.IN_TRASH)
    detail = detail_of(database, session.id)
    assert detail.session.trashed_at == WHEN
    assert not detail.turns


def test_a_session_that_was_exported_out_of_the_trash_comes_into_the_list(database: Database) -> None:
    session = a_session(trashed_at=WHEN)
    imported(database, as_json([(session, [])]))
    assert detail_of(database, session.id).session.trashed_at is None


def test_ids_that_another_session_has_here_do_no_harm(database: Database) -> None:
    session = a_session()
    turn = a_turn(session, "a", 0, an_attempt("a", 1))
    imported(database, as_json([(session, [turn])]))
    other = replace(session, id="other")
    document = as_json([(other, [turn])])
    assert imported(database, document) == [Received(Reception.ADDED, turns=1)]
    assert imported(database, document) == [Received(Reception.KNOWN)]
    (copy,) = detail_of(database, "other").turns
    assert copy.id != turn.id
    assert copy.attempts[0].answer.response_id == "resp 1"
    assert ids_of(detail_of(database, session.id)) == ["a"]


def test_what_was_under_way_is_interrupted(database: Database) -> None:
    session = a_session()
    turn = a_turn(session, "a", 0, replace(an_attempt("a", 1), state=AttemptState.STREAMING))
    imported(database, as_json([(session, [turn])]))
    (attempt,) = detail_of(database, session.id).turns[0].attempts
    assert attempt.state is AttemptState.INTERRUPTED
    assert attempt.failure is not None
    assert attempt.answer.response_id == "resp 1"


def test_thousands_of_turns_are_merged_in_their_order(database: Database) -> None:
    session = a_session()
    turns = [a_turn(session, f"t{number}", number) for number in range(2_000)]
    half = [replace(turn, position=place) for place, turn in enumerate(turns[::2])]
    imported(database, as_json([(session, half)]))
    (received,) = imported(database, as_json([(session, turns)]))
    assert received.turns == 1_000
    assert ids_of(detail_of(database, session.id)) == [turn.id for turn in turns]


def test_what_is_chosen_in_a_window_that_knows_no_imported_attempt_is_that_one(database: Database) -> None:
    session = a_session()
    store = SessionStore(database, "me")
    turn = a_turn(session, "t", 0, an_attempt("t", 3), an_attempt("t", 4))
    store.add_turn(session, {}, turn)
    other = a_turn(session, "t", 0, an_attempt("t", 1), *turn.attempts)
    received = database.write(lambda db: receive(db, session, [other])).result()
    assert received.attempts == 1
    store.choose_attempt("t.4").result()
    (found,) = detail_of(database, session.id).turns
    assert [attempt.id for attempt in found.attempts] == ["t.1", "t.3", "t.4"]
    assert found.chosen == 2
