"""Sessions from elsewhere merged into the database: what is there already is never overwritten.

All of it runs on the database's thread, a session in one transaction.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

import msgspec

from trackside.domain.session import Session, now
from trackside.domain.turn import Attempt, Turn
from trackside.storage import rows
from trackside.storage.retention import note_uses
from trackside.storage.rows import row_of, time_of

T = TypeVar("T", Turn, Attempt)
_ALL = 2**63 - 1
_OWNER = "import"
"""In place of the process that runs an attempt: none does, all of these have ended."""


class Reception(StrEnum):
    """What became of a session from elsewhere."""

    ADDED = "added"
    MERGED = "merged"
    KNOWN = "known"
    """There was nothing in it that isn't here."""
    IN_TRASH = "in_trash"
    """It is in the trash here, and stays there as it is."""


@dataclass(frozen=True, slots=True)
class Received:
    """What came of one session: how many turns and attempts are new. An added turn's attempts don't count."""

    reception: Reception
    turns: int = 0
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class _Known:
    """A turn or an attempt that is here: its id, and when it was asked or begun."""

    id: str
    when: datetime | None


def receive(db: sqlite3.Connection, session: Session, turns: Sequence[Turn]) -> Received:
    """Adds a session that isn't here, ids included; of one that is here, the turns and attempts that aren't.

    New ones take their place after what they follow where they come from. Facts of a known session stay as
    they are here, but for the time of its last change.
    """
    found = rows.session(db, session.id)
    if found is not None and found.trashed_at is not None:
        return Received(Reception.IN_TRASH)
    if found is None:
        # One that was exported out of the trash is wanted back: else it would be deleted with the rest there.
        rows.add_session(db, replace(session, trashed_at=None))
        note_uses(db, [session.id], now())  # else an old one could go into the trash the next moment
        for turn in turns:
            _add_turn(db, session.id, turn, turn.position)
        return Received(Reception.ADDED, len(turns))
    new_turns, new_attempts = _merge(db, session.id, turns)
    if not new_turns and not new_attempts:
        return Received(Reception.KNOWN)
    if session.updated_at > found.updated_at:
        rows.update_session(db, session.id, {"updated_at": session.updated_at})
    return Received(Reception.MERGED, new_turns, new_attempts)


def _merge(db: sqlite3.Connection, session_id: str, turns: Sequence[Turn]) -> tuple[int, int]:
    known = [
        _Known(id_, time_of(asked_at))
        for id_, asked_at in db.execute(
            "SELECT id, asked_at FROM turns WHERE session_id = ? ORDER BY position", (session_id,)
        )
    ]
    turns = [_renamed(db, turn, session_id) for turn in turns]
    known_ids = {one.id for one in known}
    order = _merged(known, turns, lambda turn: turn.asked_at)
    new = [turn for turn in turns if turn.id not in known_ids]
    if new:
        _move(db, "turns", "position", "session_id", session_id, order)
        # The index may still be on its way through an old session, by positions that were others.
        db.execute("UPDATE unindexed_sessions SET below = ? WHERE id = ?", (_ALL, session_id))
        places = {id_: place for place, id_ in enumerate(order)}
        for turn in new:
            _add_turn(db, session_id, turn, places[turn.id])
    attempts = sum(_merge_attempts(db, turn) for turn in turns if turn.id in known_ids)
    return len(new), attempts


def _merge_attempts(db: sqlite3.Connection, turn: Turn) -> int:
    known = [
        _Known(id_, time_of(started_at) if started_at else None)
        for id_, started_at in db.execute(
            "SELECT id, started_at FROM attempts WHERE turn_id = ? ORDER BY number", (turn.id,)
        )
    ]
    known_ids = {one.id for one in known}
    attempts = [_free(db, attempt, turn.id) for attempt in turn.attempts]
    new = [attempt for attempt in attempts if attempt.id not in known_ids]
    if not new:
        return 0
    order = _merged(known, attempts, lambda attempt: attempt.started_at)
    (chosen,) = db.execute("SELECT chosen FROM turns WHERE id = ?", (turn.id,)).fetchone()
    _move(db, "attempts", "number", "turn_id", turn.id, order, first=1)
    numbers = {id_: number for number, id_ in enumerate(order, 1)}
    for attempt in new:
        _add_attempt(db, turn.id, attempt, numbers[attempt.id])
    if 0 <= chosen < len(known):
        # The one that is shown stays the one that is shown; without a choice it is the newest.
        db.execute("UPDATE turns SET chosen = ? WHERE id = ?", (order.index(known[chosen].id), turn.id))
    return len(new)


def _merged(known: Sequence[_Known], others: Sequence[T], when: Callable[[T], datetime | None]) -> list[str]:
    """All ids in one order: new ones behind what they follow, and behind what is only here and older."""
    places = {one.id: place for place, one in enumerate(known)}
    elsewhere = {one.id for one in others}
    order: list[str] = []
    at = 0
    for one in others:
        if one.id in places:
            upto = max(at, places[one.id] + 1)
        else:
            upto, time = at, when(one)
            while (
                upto < len(known) and known[upto].id not in elsewhere and _is_before(known[upto].when, time)
            ):
                upto += 1
        order += [each.id for each in known[at:upto]]
        at = upto
        if one.id not in places:
            order.append(one.id)
    return order + [each.id for each in known[at:]]


def _is_before(when: datetime | None, other: datetime | None) -> bool:
    return when is None or other is None or when <= other


def _move(
    db: sqlite3.Connection,
    table: str,
    column: str,
    owner: str,
    owner_id: str,
    order: list[str],
    first: int = 0,
) -> None:
    """Gives what is here already its places in the new order, where these are others."""
    before = dict(db.execute(f"SELECT id, {column} FROM {table} WHERE {owner} = ?", (owner_id,)))  # noqa: S608 -- constants only
    moved = [(place, id_) for place, id_ in enumerate(order, first) if before.get(id_, place) != place]
    # Out of the way first: no two may have one place, not even for a moment.
    db.executemany(f"UPDATE {table} SET {column} = -1 - ? WHERE id = ?", moved)  # noqa: S608 -- constants only
    db.executemany(f"UPDATE {table} SET {column} = ? WHERE id = ?", moved)  # noqa: S608 -- constants only


def _add_turn(db: sqlite3.Connection, session_id: str, turn: Turn, position: int) -> None:
    turn = _renamed(db, turn, session_id)
    db.execute(
        "INSERT INTO turns (id, session_id, position, question, ask, asked_at, chosen) "
        "VALUES (?,?,?,?,?,?,?)",
        (
            turn.id,
            session_id,
            position,
            turn.ask.question,
            msgspec.json.encode(turn.ask).decode(),
            turn.asked_at.isoformat(),
            turn.chosen,
        ),
    )
    for attempt in turn.attempts:
        _add_attempt(db, turn.id, _free(db, attempt, turn.id), attempt.number)


def _add_attempt(db: sqlite3.Connection, turn_id: str, attempt: Attempt, number: int) -> None:
    db.execute(
        "INSERT INTO attempts (id, turn_id, number, state, owner) VALUES (?,?,?,?,?)",
        (attempt.id, turn_id, number, attempt.state.value, _OWNER),
    )
    rows.save_attempt(db, row_of(attempt))


def _renamed(db: sqlite3.Connection, turn: Turn, session_id: str) -> Turn:
    """The turn, under another id if its own is that of a turn of another session here."""
    found = db.execute("SELECT session_id FROM turns WHERE id = ?", (turn.id,)).fetchone()
    return replace(turn, id=_other_id(session_id, turn.id)) if found and found[0] != session_id else turn


def _free(db: sqlite3.Connection, attempt: Attempt, turn_id: str) -> Attempt:
    found = db.execute("SELECT turn_id FROM attempts WHERE id = ?", (attempt.id,)).fetchone()
    return replace(attempt, id=_other_id(turn_id, attempt.id)) if found and found[0] != turn_id else attempt


def _other_id(owner_id: str, identity: str) -> str:
    """The same each time, so that a file that is imported twice adds nothing the second time."""
    return hashlib.sha256(f"{owner_id}\n{identity}".encode()).hexdigest()[:32]
