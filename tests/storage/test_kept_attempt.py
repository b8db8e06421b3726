"""Answers are decoded when they are looked at, and are then what they always were."""

import gc
import weakref
from collections.abc import Callable
from pathlib import Path

from storage.support import a_session, a_store, a_turn, created, delta
from trackside.domain.answer import Answer
from trackside.domain.session import Session
from trackside.domain.turn import Attempt, AttemptState, Turn
from trackside.storage.kept_attempt import SHELF_SIZE, KeptAttempt
from trackside.storage.sessions import SessionStore


def an_ended_turn(session: Session, position: int, text: str) -> Turn:
    turn = a_turn(session, position=position)
    attempt = turn.attempts[0]
    attempt.answer.fold(created())
    attempt.answer.fold(delta(text))
    attempt.state = AttemptState.COMPLETED
    return turn


async def kept(store: SessionStore, session: Session) -> list[Attempt]:
    detail = await store.session(session.id)
    assert detail is not None
    return [attempt for turn in detail.turns for attempt in turn.attempts]


async def test_an_answer_is_decoded_once_while_somebody_has_it(tmp_path: Path) -> None:
    session = a_session()
    async with a_store(tmp_path / "sessions.db") as store:
        store.add_turn(session, {}, an_ended_turn(session, 0, "Brüssel 🎬"))
        (attempt,) = await kept(store, session)
    assert isinstance(attempt, KeptAttempt)
    assert attempt.answer is attempt.answer
    assert attempt.answer.text == "Brüssel 🎬"
    assert (attempt.state, attempt.tries, attempt.recap) == (AttemptState.COMPLETED, 0, "")


async def test_few_of_many_decoded_answers_stay_and_all_can_be_read_again(tmp_path: Path) -> None:
    session = a_session()
    count = SHELF_SIZE + 20
    async with a_store(tmp_path / "sessions.db") as store:
        for number in range(count):
            store.add_turn(session, {}, an_ended_turn(session, number, f"Answer {number}"))
        attempts = await kept(store, session)
    held = attempts[0].answer
    living: weakref.WeakSet[Answer] = weakref.WeakSet()
    for _ in range(2):
        for number, attempt in enumerate(attempts):
            living.add(attempt.answer)
            assert attempt.answer.text == f"Answer {number}"
    gc.collect()
    assert len(living) <= SHELF_SIZE + 1
    assert attempts[0].answer is held


async def test_an_answer_that_was_given_stays(tmp_path: Path) -> None:
    session = a_session()
    async with a_store(tmp_path / "sessions.db") as store:
        store.add_turn(session, {}, an_ended_turn(session, 0, "one"))
        (attempt,) = await kept(store, session)
    attempt.answer = given = Answer()
    assert attempt.answer is given


async def test_a_damaged_answer_closes_no_session_and_is_not_lost(
    tmp_path: Path, expected_log: Callable[[str], None]
) -> None:
    expected_log("a saved answer can't be read")
    session = a_session()
    async with a_store(tmp_path / "sessions.db") as store:
        for number in range(2):
            store.add_turn(session, {}, an_ended_turn(session, number, f"Answer {number}"))
        await store._database.store(
            lambda db: db.execute(
                "UPDATE attempts SET answer = substr(answer, 1, 40) WHERE turn_id IN "
                "(SELECT id FROM turns WHERE position = 0)"
            )
        )
        damaged, whole = await kept(store, session)
    assert whole.answer.text == "Answer 1"
    assert damaged.answer.text == ""
    (raw,) = damaged.answer.unknown
    assert raw.data.startswith('{"items":')
