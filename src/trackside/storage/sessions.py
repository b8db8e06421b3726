"""Sessions, turns and attempts on disk; a running answer's journal and its recovery."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from trackside.domain.answer import Answer, SavedAnswer
from trackside.domain.failure import Failure, FailureKind
from trackside.domain.session import Session, now, snippet_of
from trackside.domain.stream import ResponseStatus, StreamEvent
from trackside.domain.turn import Ask, Attempt, AttemptState, Turn
from trackside.storage.database import Database
from trackside.storage.journal import encoded, replayed

_SESSION_COLUMNS = (
    "id, connection_id, created_at, updated_at, title, title_is_own, store_id, store_name, "
    "server_session_id, snippet, draft, instructions, schema_text, include_steps, web_search, "
    "pinned, unread, failed"
)


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

    def save_session(self, session: Session) -> Future[None]:
        return self._write(lambda db: _save_session(db, session))

    def trash_session(self, session_id: str, *, is_trashed: bool = True) -> Future[None]:
        def work(db: sqlite3.Connection) -> None:
            stamp = now().isoformat() if is_trashed else None
            db.execute("UPDATE sessions SET trashed_at = ? WHERE id = ?", (stamp, session_id))

        return self._write(work)

    def add_turn(self, session: Session, turn: Turn) -> Future[None]:
        """Saves a turn with its first attempt, before anything is sent."""
        rows = [_row(attempt) for attempt in turn.attempts]

        def work(db: sqlite3.Connection) -> None:
            _save_session(db, session)
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

    def append_journal(self, attempt_id: str, first_seq: int, events: list[StreamEvent]) -> Future[None]:
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
        future = self._database.write(work)
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


def _save_session(db: sqlite3.Connection, session: Session) -> None:
    # The server's session id has a statement of its own: a stale copy of the rest must not undo it.
    db.execute(
        f"INSERT INTO sessions ({_SESSION_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) "  # noqa: S608 -- constants only
        "ON CONFLICT (id) DO UPDATE SET connection_id = excluded.connection_id, "
        "updated_at = excluded.updated_at, title = excluded.title, title_is_own = excluded.title_is_own, "
        "store_id = excluded.store_id, store_name = excluded.store_name, snippet = excluded.snippet, "
        "draft = excluded.draft, instructions = excluded.instructions, schema_text = excluded.schema_text, "
        "include_steps = excluded.include_steps, web_search = excluded.web_search, "
        "pinned = excluded.pinned, unread = excluded.unread, failed = excluded.failed",
        (
            session.id,
            session.connection_id,
            session.created_at.isoformat(),
            session.updated_at.isoformat(),
            session.title,
            session.title_is_own,
            session.store_id,
            session.store_name,
            session.server_session_id,
            session.snippet,
            session.draft,
            session.instructions,
            session.schema_text,
            session.include_steps,
            session.web_search,
            session.pinned,
            session.unread,
            session.failed,
        ),
    )


def _sessions(db: sqlite3.Connection) -> list[Session]:
    rows = db.execute(
        f"SELECT {_SESSION_COLUMNS} FROM sessions WHERE trashed_at IS NULL ORDER BY updated_at DESC, id DESC"  # noqa: S608 -- constants only
    )
    return [_session(row) for row in rows]


def _session(row: tuple[object, ...]) -> Session:
    names = [name.strip() for name in _SESSION_COLUMNS.split(",")]
    return msgspec.convert(dict(zip(names, row, strict=True)), Session, strict=False)


def _detail(db: sqlite3.Connection, session_id: str) -> SessionDetail | None:
    row = db.execute(f"SELECT {_SESSION_COLUMNS} FROM sessions WHERE id = ?", (session_id,)).fetchone()  # noqa: S608 -- constants only
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
