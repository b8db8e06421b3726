"""Sessions, turns and attempts as rows of the database, and back. All of it runs on the database's thread."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime

import msgspec

from trackside.domain.answer import Answer, SavedAnswer
from trackside.domain.failure import Failure
from trackside.domain.session import Session
from trackside.domain.turn import Ask, Attempt, AttemptState, Turn
from trackside.storage.journal import replayed

SESSION_COLUMNS = tuple(field.name for field in fields(Session) if field.name != "turn_count")
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
    db.execute(
        "UPDATE attempts SET state = ?, answer = ?, failure = ?, started_at = ?, first_token_s = ?, "
        "duration_s = ?, tries = ?, sent_session_id = ?, recap = ? WHERE id = ?",
        (
            row.state.value,
            msgspec.json.encode(row.answer).decode() if row.answer else None,
            msgspec.json.encode(row.failure).decode() if row.failure else None,
            row.started_at.isoformat() if row.started_at else None,
            row.first_token_s,
            row.duration_s,
            row.tries,
            row.sent_session_id,
            row.recap,
            row.id,
        ),
    )
    if row.state.is_final:
        db.execute("DELETE FROM journal WHERE attempt_id = ?", (row.id,))


def add_session(db: sqlite3.Connection, session: Session) -> None:
    db.execute(
        f"INSERT OR IGNORE INTO sessions ({', '.join(SESSION_COLUMNS)}) "  # noqa: S608 -- constants only
        f"VALUES ({', '.join('?' * len(SESSION_COLUMNS))})",
        [_column(getattr(session, name)) for name in SESSION_COLUMNS],
    )


def update_session(db: sqlite3.Connection, session_id: str, changes: Mapping[str, object]) -> None:
    names = [name for name in SESSION_COLUMNS if name in changes]
    if names:
        db.execute(
            f"UPDATE sessions SET {', '.join(f'{name} = ?' for name in names)} WHERE id = ?",  # noqa: S608 -- constants only
            [*(_column(changes[name]) for name in names), session_id],
        )


def _column(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
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
    values = dict(zip(SESSION_COLUMNS, row, strict=True))
    values["tags"] = tuple(filter(None, str(values["tags"]).split("\n")))
    return msgspec.convert(values, Session, strict=False)


def detail(db: sqlite3.Connection, session_id: str) -> SessionDetail | None:
    found = session(db, session_id)
    if found is None:
        return None
    turns = [
        Turn(id_, session_id, position, msgspec.json.decode(ask, type=Ask), time_of(asked_at), [], chosen)
        for id_, position, ask, asked_at, chosen in db.execute(
            "SELECT id, position, ask, asked_at, chosen FROM turns WHERE session_id = ? ORDER BY position",
            (session_id,),
        )
    ]
    by_id = {turn.id: turn for turn in turns}
    for entry in db.execute(
        "SELECT attempts.id, turn_id, number, state, answer, failure, started_at, first_token_s, duration_s, "
        "tries, sent_session_id, recap FROM attempts JOIN turns ON turns.id = turn_id WHERE session_id = ? "
        "ORDER BY number",
        (session_id,),
    ):
        by_id[entry[1]].attempts.append(_attempt(db, entry))
    return SessionDetail(replace(found, turn_count=len(turns)), tuple(turns))


def _attempt(db: sqlite3.Connection, row: tuple[object, ...]) -> Attempt:
    (
        id_,
        turn_id,
        number,
        state,
        answer,
        failure,
        started_at,
        first_token_s,
        duration_s,
        tries,
        sent,
        recap,
    ) = row
    return Attempt(
        id=str(id_),
        turn_id=str(turn_id),
        number=int(str(number)),
        state=AttemptState(str(state)),
        answer=answer_of(db, str(id_), answer),
        failure=msgspec.json.decode(str(failure), type=Failure) if failure else None,
        started_at=time_of(str(started_at)) if started_at else None,
        first_token_s=float(str(first_token_s)) if first_token_s is not None else None,
        duration_s=float(str(duration_s)) if duration_s is not None else None,
        tries=int(str(tries)),
        sent_session_id=str(sent) if sent else None,
        recap=str(recap),
    )


def answer_of(db: sqlite3.Connection, attempt_id: str, saved: object) -> Answer:
    if saved:
        return Answer.restored(msgspec.json.decode(str(saved), type=SavedAnswer))
    return replayed(
        db.execute("SELECT kind, body FROM journal WHERE attempt_id = ? ORDER BY seq", (attempt_id,))
    )


def time_of(text: str) -> datetime:
    return datetime.fromisoformat(text)
