"""Sessions, turns and attempts on disk; a running answer's journal and its recovery."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from datetime import date, datetime

import msgspec

from trackside.domain.session import Session, now
from trackside.domain.turn import Ask, Attempt, Turn
from trackside.storage import listing, rows
from trackside.storage.copying import copied_turns
from trackside.storage.database import Database
from trackside.storage.days import note_day
from trackside.storage.journal import JournalEntry, encoded
from trackside.storage.listing import Cursor, SessionPage
from trackside.storage.recovery import recover
from trackside.storage.rows import AttemptRow, SessionDetail, row_of


class SessionStore:
    """Reads are awaited; writes are submitted in order and reported to `on_failure` when they fail."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner
        self.on_failure: Callable[[BaseException], None] = _nothing

    # -- reading ---------------------------------------------------------------------------------

    async def sessions(self) -> list[Session]:
        """All sessions that are not in the trash, the latest first."""
        return await self._database.fetch(rows.sessions)

    async def trashed(self) -> list[Session]:
        """Those in the trash, the latest first."""
        return await self._database.fetch(lambda db: rows.sessions(db, in_trash=True))

    async def page(self, after: Cursor | None, length: int, *, in_trash: bool = False) -> SessionPage:
        """The next sessions of the list or of the trash, the latest first, as far as a list shows them."""
        return await self._database.fetch(lambda db: listing.page(db, after, length, in_trash=in_trash))

    async def newest(self) -> SessionPage:
        """The list's first page, with all older pinned sessions behind it, as far as a list shows them."""
        return await self._database.fetch(listing.newest)

    async def trashed_before(self, time: datetime) -> list[str]:
        """The ids of what has been in the trash since before that time."""
        return await self._database.fetch(lambda db: listing.trashed_before(db, time))

    async def facts(self, session_id: str) -> Session | None:
        """A session whole, with the number of its turns but without them."""

        def work(db: sqlite3.Connection) -> Session | None:
            found = rows.session(db, session_id)
            return replace(found, turn_count=listing.turn_count(db, session_id)) if found else None

        return await self._database.fetch(work)

    async def session(self, session_id: str) -> SessionDetail | None:
        return await self._database.fetch(lambda db: rows.detail(db, session_id))

    async def note_day(self, day: date, count: int) -> date | None:
        """Notes a day (UTC) as one on which the sessions were in use; returns the first of the last `count`
        such days, None while there are fewer. Raises TracksideError."""
        return await self._database.store(lambda db: note_day(db, day, count))

    # -- writing ---------------------------------------------------------------------------------

    def add_session(self, session: Session) -> Future[None]:
        """Saves a new session as a whole; one that is there already stays as it is."""
        return self._write(lambda db: rows.add_session(db, session))

    def update_session(self, session_id: str, changes: Mapping[str, object]) -> Future[None]:
        """Saves what changed of a session and nothing else: a copy that is older than what another window
        has written must not undo that."""
        changes = dict(changes)
        return self._write(lambda db: rows.update_session(db, session_id, changes))

    def update_sessions(self, changes: Mapping[str, Mapping[str, object]]) -> Future[None]:
        """Saves what changed of several sessions, by their ids, in one go."""
        changes = {session_id: dict(facts) for session_id, facts in changes.items()}

        def work(db: sqlite3.Connection) -> None:
            for session_id, facts in changes.items():
                rows.update_session(db, session_id, facts)

        return self._write(work)

    def trash_sessions(self, session_ids: Iterable[str], *, is_trashed: bool = True) -> Future[None]:
        """Puts sessions into the trash, or takes them out of it."""
        stamp = now().isoformat() if is_trashed else None
        entries = [(stamp, session_id) for session_id in session_ids]
        return self._write(
            lambda db: _nothing(db.executemany("UPDATE sessions SET trashed_at = ? WHERE id = ?", entries))
        )

    def delete_trashed(self, session_ids: Iterable[str]) -> Future[None]:
        """Deletes sessions for good. One that isn't in the trash (any more) stays."""
        entries = [(session_id,) for session_id in session_ids]
        return self._write(
            lambda db: _nothing(
                db.executemany("DELETE FROM sessions WHERE id = ? AND trashed_at IS NOT NULL", entries)
            )
        )

    async def branch(self, source_id: str, session: Session, turn_count: int) -> SessionDetail | None:
        """Saves a new session that begins with the first turns of another, all their attempts included.

        Ids of turns and attempts are new ones; an attempt that still runs is taken over with what its journal
        has, as interrupted.
        """

        def work(db: sqlite3.Connection) -> SessionDetail | None:
            rows.add_session(db, session)
            copied_turns(db, source_id, session.id, turn_count)
            return rows.detail(db, session.id)

        return await self._database.store(work)

    def add_turn(self, session: Session, changes: Mapping[str, object], turn: Turn) -> Future[None]:
        """Saves a turn with its first attempt, before anything is sent, and what changes of its session."""
        changes = dict(changes)
        attempts = [row_of(attempt) for attempt in turn.attempts]

        def work(db: sqlite3.Connection) -> None:
            rows.add_session(db, session)
            rows.update_session(db, session.id, changes)
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
            for row in attempts:
                self._insert_attempt(db, row)

        return self._write(work)

    def add_attempt(self, attempt: Attempt) -> Future[None]:
        row = row_of(attempt)

        def work(db: sqlite3.Connection) -> None:
            self._insert_attempt(db, row)
            db.execute("UPDATE turns SET chosen = -1 WHERE id = ?", (row.turn_id,))

        return self._write(work)

    def save_ask(self, turn_id: str, ask: Ask) -> Future[None]:
        """What a turn is asked with from its next attempt on."""
        text = msgspec.json.encode(ask).decode()
        return self._write(
            lambda db: _nothing(db.execute("UPDATE turns SET ask = ? WHERE id = ?", (text, turn_id)))
        )

    def choose_attempt(self, attempt_id: str) -> Future[None]:
        """Makes it the shown one of its turn. By its id: an import may have put others before it."""
        return self._write(
            lambda db: _nothing(
                db.execute(
                    "UPDATE turns SET chosen = (SELECT count(*) FROM attempts AS before "
                    "WHERE before.turn_id = turns.id AND before.number < its.number) "
                    "FROM attempts AS its WHERE its.id = ? AND turns.id = its.turn_id",
                    (attempt_id,),
                )
            )
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
        row = row_of(attempt)
        return self._write(lambda db: rows.save_attempt(db, row))

    async def recover(self, is_alive: Callable[[str], bool]) -> int:
        """Marks attempts as interrupted whose process is gone, with what their journals hold.

        Returns how many there were.
        """
        return await self._database.store(lambda db: recover(db, is_alive))

    def _insert_attempt(self, db: sqlite3.Connection, row: AttemptRow) -> None:
        db.execute(
            "INSERT INTO attempts (id, turn_id, number, state, owner) VALUES (?,?,"
            "max(?, (SELECT coalesce(max(number), 0) + 1 FROM attempts WHERE turn_id = ?)),?,?)",
            (row.id, row.turn_id, row.number, row.turn_id, row.state.value, self._owner),
        )
        rows.save_attempt(db, row)

    def _write(self, work: Callable[[sqlite3.Connection], None]) -> Future[None]:
        future = self._database.keep(work)
        future.add_done_callback(self._report)
        return future

    def _report(self, future: Future[None]) -> None:
        if not future.cancelled() and (error := future.exception()) is not None:
            self.on_failure(error)


def _nothing(_: object) -> None:
    return None
