"""Sessions in a database, as long ones as one likes."""

import sqlite3
from pathlib import Path

import msgspec

from benchmarks.loaded_turns import loaded_turns
from trackside.domain.session import Session, new_id, now
from trackside.storage import rows
from trackside.storage.database import Database


def keep_sessions(path: Path, turn_count: int, count: int) -> list[str]:
    """Adds sessions to a database, made where it isn't there; their ids."""
    ids = [new_id() for _ in range(count)]
    database = Database(path)
    try:
        for number, session_id in enumerate(ids):
            database.write(lambda db, n=number, i=session_id: _add(db, i, turn_count, n)).result()  # type: ignore[misc]
    finally:
        database.close()
    return ids


def call_indexed(path: Path) -> None:
    """Has the search index pass over what is there, which else would be made beside whatever is measured."""
    database = Database(path)
    try:
        database.write(lambda db: db.execute("DELETE FROM unindexed").close()).result()
    finally:
        database.close()


def _add(db: sqlite3.Connection, session_id: str, turn_count: int, seed: int) -> None:
    when = now()
    title = f"{turn_count} turns, {seed}"
    rows.add_session(db, Session(session_id, "sandbox", when, when, title, store_id="ks_1"))
    for turn in loaded_turns(turn_count, seed):
        db.execute(
            "INSERT INTO turns (id, session_id, position, question, ask, asked_at) VALUES (?,?,?,?,?,?)",
            (
                turn.id,
                session_id,
                turn.position,
                turn.ask.question,
                msgspec.json.encode(turn.ask).decode(),
                turn.asked_at.isoformat(),
            ),
        )
        for attempt in turn.attempts:
            db.execute(
                "INSERT INTO attempts (id, turn_id, number, state, owner) VALUES (?,?,?,?,'')",
                (attempt.id, turn.id, attempt.number, attempt.state.value),
            )
            rows.save_attempt(db, rows.row_of(attempt))
