"""Sessions, turns and attempts on disk; a running answer's journal and its recovery."""

import sqlite3
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, fields, replace
from datetime import datetime

import msgspec

from trackside.domain.answer import Answer, SavedAnswer
from trackside.domain.failure import Failure, FailureKind
from trackside.domain.session import Session, now, snippet_of
from trackside.domain.stream import ResponseStatus
from trackside.domain.turn import Ask, Attempt, AttemptState, Turn
from trackside.storage.database import Database
from trackside.storage.journal import JournalEntry, encoded, replayed

_SESSION_COLUMNS = tuple(field.name for field in fields(Session) if field.name != "turn_count")
_SELECT_SESSIONS = f"SELECT {', '.join(_SESSION_COLUMNS)} FROM sessions"  # noqa: S608 -- constants only


@dataclass(frozen=True, slots=True)
class SessionDetail:
    """A session with all its turns."""

    session: Session
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class _AttemptRow:
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


class SessionStore:
    """Reads are awaited; writes are submitted in order and reported to `on_failure` when they fail."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner
        self.on_failure: Callable[[BaseException], None] = _nothing

    # -- reading ---------------------------------------------------------------------------------

    async def sessions(self) -> list[Session]:
        """All sessions that are not in the trash, the latest first."""
        return await self._database.fetch(_sessions)

    async def session(self, session_id: str) -> SessionDetail | None:
        return await self._database.fetch(lambda db: _detail(db, session_id))

    # -- writing ---------------------------------------------------------------------------------

    def add_session(self, session: Session) -> Future[None]:
        """Saves a new session as a whole; one that is there already stays as it is."""
        return self._write(lambda db: _add_session(db, session))

    def update_session(self, session_id: str, changes: Mapping[str, object]) -> Future[None]:
        """Saves what changed of a session and nothing else: a copy that is older than what another window
        has written must not undo that."""
        changes = dict(changes)
        return self._write(lambda db: _update_session(db, session_id, changes))

    def trash_session(self, session_id: str, *, is_trashed: bool = True) -> Future[None]:
        def work(db: sqlite3.Connection) -> None:
            stamp = now().isoformat() if is_trashed else None
            db.execute("UPDATE sessions SET trashed_at = ? WHERE id = ?", (stamp, session_id))

        return self._write(work)

    def add_turn(self, session: Session, changes: Mapping[str, object], turn: Turn) -> Future[None]:
        """Saves a turn with its first attempt, before anything is sent, and what changes of its session."""
        changes = dict(changes)
        rows = [_row(attempt) for attempt in turn.attempts]

        def work(db: sqlite3.Connection) -> None:
            _add_session(db, session)
            _update_session(db, session.id, changes)
            db.execute(
                # Another process may have asked in the same session: its turn stands before this one.
                "INSERT INTO turns (id, session_id, position, question, ask, asked_at) VALUES (?,?,"
                "max(?, (SELECT coalesce(max(position), -1) + 1 FROM turns WHERE session_id = ?)),?,?,?)",
                (
                    turn.id,
                    turn.session_id,
                    turn.position,
                    turn.session_id,
                    turn.ask.question,
                    msgspec.json.encode(turn.ask).decode(),
                    turn.asked_at.isoformat(),
                ),
            )
            for row in rows:
                self._insert_attempt(db, row)

        return self._write(work)

    def add_attempt(self, attempt: Attempt) -> Future[None]:
        row = _row(attempt)

        def work(db: sqlite3.Connection) -> None:
            self._insert_attempt(db, row)
            db.execute("UPDATE turns SET chosen = -1 WHERE id = ?", (row.turn_id,))

        return self._write(work)

    def choose_attempt(self, turn_id: str, index: int) -> Future[None]:
        return self._write(
            lambda db: _nothing(db.execute("UPDATE turns SET chosen = ? WHERE id = ?", (index, turn_id)))
        )

    def append_journal(self, attempt_id: str, first_seq: int, events: list[JournalEntry]) -> Future[None]:
        def work(db: sqlite3.Connection) -> None:
            db.executemany(
                "INSERT INTO journal (attempt_id, seq, kind, body) VALUES (?,?,?,?)",
                [(attempt_id, first_seq + n, *row) for n, row in enumerate(encoded(events))],
            )

        return self._write(work)

    def save_server_session(self, session_id: str, server_session_id: str | None) -> Future[None]:
        return self._write(
            lambda db: _nothing(
                db.execute(
                    "UPDATE sessions SET server_session_id = ? WHERE id = ?", (server_session_id, session_id)
                )
            )
        )

    def save_attempt(self, attempt: Attempt) -> Future[None]:
        """An attempt's state; with a final one its whole answer, and the journal goes."""
        row = _row(attempt)
        return self._write(lambda db: _save_attempt(db, row))

    async def recover(self, is_alive: Callable[[str], bool]) -> int:
        """Marks attempts as interrupted whose process is gone, with what their journals hold.

        Returns how many there were.
        """
        return await self._database.store(lambda db: _recover(db, is_alive))

    def _insert_attempt(self, db: sqlite3.Connection, row: _AttemptRow) -> None:
        db.execute(
            "INSERT INTO attempts (id, turn_id, number, state, owner) VALUES (?,?,"
            "max(?, (SELECT coalesce(max(number), 0) + 1 FROM attempts WHERE turn_id = ?)),?,?)",
            (row.id, row.turn_id, row.number, row.turn_id, row.state.value, self._owner),
        )
        _save_attempt(db, row)

    def _write(self, work: Callable[[sqlite3.Connection], None]) -> Future[None]:
        future = self._database.keep(work)
        future.add_done_callback(self._report)
        return future

    def _report(self, future: Future[None]) -> None:
        if not future.cancelled() and (error := future.exception()) is not None:
            self.on_failure(error)


# -- on the database's thread ------------------------------------------------------------------------


def _nothing(_: object) -> None:
    return None


def _row(attempt: Attempt) -> _AttemptRow:
    return _AttemptRow(
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
    )


def _save_attempt(db: sqlite3.Connection, row: _AttemptRow) -> None:
    db.execute(
        "UPDATE attempts SET state = ?, answer = ?, failure = ?, started_at = ?, first_token_s = ?, "
        "duration_s = ?, tries = ?, sent_session_id = ? WHERE id = ?",
        (
            row.state.value,
            msgspec.json.encode(row.answer).decode() if row.answer else None,
            msgspec.json.encode(row.failure).decode() if row.failure else None,
            row.started_at.isoformat() if row.started_at else None,
            row.first_token_s,
            row.duration_s,
            row.tries,
            row.sent_session_id,
            row.id,
        ),
    )
    if row.state.is_final:
        db.execute("DELETE FROM journal WHERE attempt_id = ?", (row.id,))


def _add_session(db: sqlite3.Connection, session: Session) -> None:
    db.execute(
        f"INSERT OR IGNORE INTO sessions ({', '.join(_SESSION_COLUMNS)}) "  # noqa: S608 -- constants only
        f"VALUES ({', '.join('?' * len(_SESSION_COLUMNS))})",
        [_column(getattr(session, name)) for name in _SESSION_COLUMNS],
    )


def _update_session(db: sqlite3.Connection, session_id: str, changes: dict[str, object]) -> None:
    names = [name for name in _SESSION_COLUMNS if name in changes]
    if names:
        db.execute(
            f"UPDATE sessions SET {', '.join(f'{name} = ?' for name in names)} WHERE id = ?",  # noqa: S608 -- constants only
            [*(_column(changes[name]) for name in names), session_id],
        )


def _column(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _sessions(db: sqlite3.Connection) -> list[Session]:
    rows = db.execute(f"{_SELECT_SESSIONS} WHERE trashed_at IS NULL ORDER BY updated_at DESC, id DESC")
    return [_session(row) for row in rows]


def _session(row: tuple[object, ...]) -> Session:
    return msgspec.convert(dict(zip(_SESSION_COLUMNS, row, strict=True)), Session, strict=False)


def _detail(db: sqlite3.Connection, session_id: str) -> SessionDetail | None:
    row = db.execute(f"{_SELECT_SESSIONS} WHERE id = ?", (session_id,)).fetchone()
    if row is None:
        return None
    turns = [
        Turn(id_, session_id, position, msgspec.json.decode(ask, type=Ask), _time(asked_at), [], chosen)
        for id_, position, ask, asked_at, chosen in db.execute(
            "SELECT id, position, ask, asked_at, chosen FROM turns WHERE session_id = ? ORDER BY position",
            (session_id,),
        )
    ]
    by_id = {turn.id: turn for turn in turns}
    for entry in db.execute(
        "SELECT attempts.id, turn_id, number, state, answer, failure, started_at, first_token_s, duration_s, "
        "tries, sent_session_id FROM attempts JOIN turns ON turns.id = turn_id WHERE session_id = ? "
        "ORDER BY number",
        (session_id,),
    ):
        by_id[entry[1]].attempts.append(_attempt(db, entry))
    return SessionDetail(replace(_session(row), turn_count=len(turns)), tuple(turns))


def _attempt(db: sqlite3.Connection, row: tuple[object, ...]) -> Attempt:
    id_, turn_id, number, state, answer, failure, started_at, first_token_s, duration_s, tries, sent = row
    return Attempt(
        id=str(id_),
        turn_id=str(turn_id),
        number=int(str(number)),
        state=AttemptState(str(state)),
        answer=_answer(db, str(id_), answer),
        failure=msgspec.json.decode(str(failure), type=Failure) if failure else None,
        started_at=_time(str(started_at)) if started_at else None,
        first_token_s=float(str(first_token_s)) if first_token_s is not None else None,
        duration_s=float(str(duration_s)) if duration_s is not None else None,
        tries=int(str(tries)),
        sent_session_id=str(sent) if sent else None,
    )


def _answer(db: sqlite3.Connection, attempt_id: str, saved: object) -> Answer:
    if saved:
        return Answer.restored(msgspec.json.decode(str(saved), type=SavedAnswer))
    return replayed(
        db.execute("SELECT kind, body FROM journal WHERE attempt_id = ? ORDER BY seq", (attempt_id,))
    )


def _recover(db: sqlite3.Connection, is_alive: Callable[[str], bool]) -> int:
    unfinished = db.execute(
        "SELECT attempts.id, owner, session_id, ask FROM attempts JOIN turns ON turns.id = turn_id "
        "WHERE state IN ('queued', 'connecting', 'waiting', 'streaming')"
    ).fetchall()
    lost = [(row[0], row[2], row[3]) for row in unfinished if not is_alive(row[1])]
    failure = Failure(
        FailureKind.INTERRUPTED,
        "Trackside ended before the answer did.",
        "The service does not resume a stream, so a retry asks again.",
    )
    for attempt_id, session_id, ask in lost:
        answer = _answer(db, attempt_id, None)
        # All of it may have come just before the end.
        state = _WHOLE.get(answer.status, AttemptState.INTERRUPTED)
        is_broken = state is AttemptState.INTERRUPTED
        db.execute(
            "UPDATE attempts SET state = ?, answer = ?, failure = ? WHERE id = ?",
            (
                state.value,
                msgspec.json.encode(answer.saved()).decode(),
                msgspec.json.encode(failure).decode() if is_broken else None,
                attempt_id,
            ),
        )
        db.execute("DELETE FROM journal WHERE attempt_id = ?", (attempt_id,))
        db.execute(
            "UPDATE sessions SET failed = ?, snippet = ? WHERE id = ?",
            (is_broken, snippet_of(answer.text) or failure.headline, session_id),
        )
        # The service ties a conversation to its store, and another may have been chosen meanwhile.
        db.execute(
            "UPDATE sessions SET server_session_id = coalesce(server_session_id, ?) "
            "WHERE id = ? AND store_id = ?",
            (answer.server_session_id, session_id, msgspec.json.decode(ask, type=Ask).store_id),
        )
    return len(lost)


_WHOLE = {
    ResponseStatus.COMPLETED: AttemptState.COMPLETED,
    ResponseStatus.INCOMPLETE: AttemptState.INCOMPLETE,
}


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
