"""Turns taken over into another session, on the database's thread."""

import sqlite3

import msgspec

from trackside.domain.failure import Failure, FailureKind
from trackside.domain.session import new_id
from trackside.domain.turn import AttemptState
from trackside.storage.kept_attempt import kept_json
from trackside.storage.rows import answer_of
from trackside.storage.unsigning import begin_anew

_STILL_CAME = Failure(
    FailureKind.INTERRUPTED,
    "The answer was still coming when this copy was made.",
    "The session it was copied from has the rest.",
)
_FINAL = tuple(state.value for state in AttemptState if state.is_final)


def copied_turns(db: sqlite3.Connection, source_id: str, target_id: str, turn_count: int) -> None:
    """Copies the first turns of a session with all their attempts, under new ids."""
    turns = db.execute(
        "SELECT id, position, question, ask, asked_at, chosen FROM turns WHERE session_id = ? "
        "ORDER BY position LIMIT ?",
        (source_id, turn_count),
    ).fetchall()
    for turn_id, *facts in turns:
        new_turn_id = new_id()
        db.execute(
            "INSERT INTO turns (id, session_id, position, question, ask, asked_at, chosen) "
            "VALUES (?,?,?,?,?,?,?)",
            (new_turn_id, target_id, *facts),
        )
        _copy_attempts(db, turn_id, new_turn_id)
    begin_anew(db)  # of what was copied, an earlier version may have kept some


def _copy_attempts(db: sqlite3.Connection, turn_id: str, new_turn_id: str) -> None:
    attempts = db.execute(
        "SELECT id, state, answer, failure, number, owner, started_at, first_token_s, duration_s, tries, "
        "sent_session_id, recap FROM attempts WHERE turn_id = ?",
        (turn_id,),
    ).fetchall()
    for attempt_id, state, answer, failure, *facts in attempts:
        if state not in _FINAL:
            state = AttemptState.INTERRUPTED.value
            answer = kept_json(answer_of(db, attempt_id, None).saved())
            failure = msgspec.json.encode(_STILL_CAME).decode()
        db.execute(
            "INSERT INTO attempts (id, turn_id, state, answer, failure, number, owner, started_at, "
            "first_token_s, duration_s, tries, sent_session_id, recap) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (new_id(), new_turn_id, state, answer, failure, *facts),
        )
