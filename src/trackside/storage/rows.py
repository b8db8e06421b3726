"""Sessions, turns and attempts as rows of the database, and back. All of it runs on the database's thread."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from trackside.domain.addresses import without_addresses, without_signatures
from trackside.domain.answer import Answer, SavedAnswer
from trackside.domain.failure import Failure
from trackside.domain.session import Session
from trackside.domain.turn import Ask, Attempt, AttemptState, Turn
from trackside.storage.journal import replayed
from trackside.storage.kept_attempt import KeptAttempt, Shelf, kept_json, new_shelf, restored
from trackside.storage.session_rows import SESSION_COLUMNS, session_of

_OF_ANSWERS = ("snippet", "recap")
"""Facts of a session that an answer's words stand in."""
_SELECT_SESSIONS = f"SELECT {', '.join(SESSION_COLUMNS)} FROM sessions"  # noqa: S608 -- constants only


@dataclass(frozen=True, slots=True)
class SessionDetail:
    """A session with all its turns."""

    session: Session
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """An attempt as it stood when it was handed over: the running one goes on changing."""

    id: str
    turn_id: str
    number: int
    state: AttemptState
    answer: SavedAnswer | None
    failure: Failure | None
    started_at: datetime | None
    first_token_s: float | None
    duration_s: float | None
    tries: int
    sent_session_id: str | None
    recap: str


def row_of(attempt: Attempt) -> AttemptRow:
    return AttemptRow(
        attempt.id,
        attempt.turn_id,
        attempt.number,
        attempt.state,
        attempt.answer.saved() if attempt.state.is_final else None,
        attempt.failure,
        attempt.started_at,
        attempt.first_token_s,
        attempt.duration_s,
        attempt.tries,
        attempt.sent_session_id,
        attempt.recap,
    )


def save_attempt(db: sqlite3.Connection, row: AttemptRow) -> None:
    """With a final state the journal goes first: the answer then takes its place in the file, page by page,
    and the next checkpoint writes each of these pages once."""
    if row.state.is_final:
        db.execute("DELETE FROM journal WHERE attempt_id = ?", (row.id,))
    db.execute(
        "UPDATE attempts SET state = ?, answer = ?, failure = ?, started_at = ?, first_token_s = ?, "
        "duration_s = ?, tries = ?, sent_session_id = ?, recap = ? WHERE id = ?",
        (
            row.state.value,
            kept_json(row.answer) if row.answer else None,
            kept_failure(row.failure) if row.failure else None,
            row.started_at.isoformat() if row.started_at else None,
            row.first_token_s,
            row.duration_s,
            row.tries,
            row.sent_session_id,
            without_signatures(row.recap),
            row.id,
        ),
    )


def kept_failure(failure: Failure) -> str:
    """A failure as the database has it."""
    headline, detail = without_signatures(failure.headline), without_addresses(failure.detail)
    return msgspec.json.encode(replace(failure, headline=headline, detail=detail)).decode()


def add_session(db: sqlite3.Connection, session: Session) -> None:
    db.execute(
        f"INSERT OR IGNORE INTO sessions ({', '.join(SESSION_COLUMNS)}) "  # noqa: S608 -- constants only
        f"VALUES ({', '.join('?' * len(SESSION_COLUMNS))})",
        [_column(name, getattr(session, name)) for name in SESSION_COLUMNS],
    )


def update_session(db: sqlite3.Connection, session_id: str, changes: Mapping[str, object]) -> None:
    names = [name for name in SESSION_COLUMNS if name in changes]
    if names:
        db.execute(
            f"UPDATE sessions SET {', '.join(f'{name} = ?' for name in names)} WHERE id = ?",  # noqa: S608 -- constants only
            [*(_column(name, changes[name]) for name in names), session_id],
        )


def _column(name: str, value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if name in _OF_ANSWERS and isinstance(value, str):
        return without_signatures(value)
    return "\n".join(value) if isinstance(value, tuple) else value


def sessions(db: sqlite3.Connection, *, in_trash: bool = False) -> list[Session]:
    """Those in the list, or those in the trash; the latest first."""
    which = "IS NOT NULL" if in_trash else "IS NULL"
    found = db.execute(f"{_SELECT_SESSIONS} WHERE trashed_at {which} ORDER BY updated_at DESC, id DESC")
    return [_session(row) for row in found]


def session(db: sqlite3.Connection, session_id: str) -> Session | None:
    row = db.execute(f"{_SELECT_SESSIONS} WHERE id = ?", (session_id,)).fetchone()
    return _session(row) if row is not None else None


def _session(row: tuple[object, ...]) -> Session:
    return session_of(dict(zip(SESSION_COLUMNS, row, strict=True)))


def detail(db: sqlite3.Connection, session_id: str) -> SessionDetail | None:
    """A session with its turns. Answers stay JSON until they are looked at: decoding those of a long session
    would take longer than all the rest, and hold the interpreter's lock meanwhile."""
    found = session(db, session_id)
    if found is None:
        return None
    turns: list[Turn] = []
    attempts: list[Attempt] = []
    last_id = None
    shelf = new_shelf()
    read_ask = msgspec.json.Decoder(Ask).decode
    # Bytes, not text: those are copied, whereas of text a string of up to four times the size is made.
    for turn_id, position, ask, asked_at, chosen, *facts in db.execute(
        "SELECT turns.id, position, CAST(ask AS BLOB), asked_at, chosen, attempts.id, number, state, "
        "CAST(answer AS BLOB), failure, started_at, first_token_s, duration_s, tries, sent_session_id, "
        "attempts.recap FROM turns LEFT JOIN attempts ON turns.id = turn_id WHERE session_id = ? "
        "ORDER BY position, number",
        (session_id,),
    ):
        if turn_id != last_id:
            last_id, attempts = turn_id, []
            turns.append(
                Turn(turn_id, session_id, position, read_ask(ask), time_of(asked_at), attempts, chosen)
            )
        if facts[0] is not None:
            attempts.append(_attempt(db, turn_id, facts, shelf))
    return SessionDetail(replace(found, turn_count=len(turns)), tuple(turns))


def _attempt(db: sqlite3.Connection, turn_id: str, facts: Sequence[Any], shelf: Shelf) -> Attempt:
    (
        attempt_id,
        number,
        state,
        answer,
        failure,
        started_at,
        first_token_s,
        duration_s,
        tries,
        sent_session_id,
        recap,
    ) = facts
    attempt: Attempt
    if answer:
        attempt = KeptAttempt(answer, shelf)
        attempt.id, attempt.turn_id, attempt.number = attempt_id, turn_id, number
    else:
        attempt = Attempt(attempt_id, turn_id, number, answer=answer_of(db, attempt_id, None))
    attempt.state = _STATES[state]
    attempt.failure = msgspec.json.decode(failure, type=Failure) if failure else None
    attempt.started_at = time_of(started_at) if started_at else None
    attempt.first_token_s = first_token_s
    attempt.duration_s = duration_s
    attempt.tries = tries
    attempt.sent_session_id = sent_session_id or None
    attempt.recap = recap
    return attempt


_STATES: dict[str, AttemptState] = {state.value: state for state in AttemptState}


def answer_of(db: sqlite3.Connection, attempt_id: str, saved: object) -> Answer:
    if saved:
        return restored(saved if isinstance(saved, bytes) else str(saved))
    return replayed(
        db.execute("SELECT kind, body FROM journal WHERE attempt_id = ? ORDER BY seq", (attempt_id,))
    )


def time_of(text: str) -> datetime:
    return datetime.fromisoformat(text)
