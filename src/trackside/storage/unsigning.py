"""Takes signed addresses out of what earlier versions have kept, a slice at a time, on the database's thread.

How far that is stands in the table `unsigning`, in the same transaction as what was done. First come the
answers, the latest first, then what sessions show of them; then the search index makes the shards anew that
had words of them; and at last the room is overwritten that all of it has left free.
"""

import sqlite3
from collections.abc import Callable
from enum import Enum, auto

import msgspec

from trackside.domain.addresses import unsigned, without_addresses, without_signatures
from trackside.domain.answer import SavedAnswer
from trackside.storage.indexing import has_news
from trackside.storage.rebuilding import is_rebuilding

_ROWS = 500
_SLICE_BYTES = 256_000
"""What is read anew in one transaction, some milliseconds' work."""
_VACUUMED_BYTES = 100_000_000
"""A database up to this size is written anew in about a second, of which the second half can't be given up,
and whoever closes the window waits for it; a larger one has its free room filled."""
_FILLED_BYTES = 2_000_000
_STEPS = 200
"""Of SQLite's virtual machine, between two looks whether it is given up."""
_SAVED = msgspec.json.Decoder(SavedAnswer)


class Progress(Enum):
    """What a slice has come to."""

    MORE = auto()
    WAITS = auto()
    """For the search index, which does its part by itself."""
    TO_VACUUM = auto()
    """What is left can't be done in a transaction: `vacuumed`."""
    DONE = auto()


def has_work(db: sqlite3.Connection) -> bool:
    """Whether something of an earlier version may still have such addresses."""
    return db.execute("SELECT 1 FROM unsigning LIMIT 1").fetchone() is not None


def begin_anew(db: sqlite3.Connection) -> None:
    """Notes that what was looked at already may have been copied from what was not."""
    db.execute(
        "UPDATE unsigning SET below = (SELECT max(rowid) + 1 FROM attempts) "
        "WHERE stage = 'answers' AND EXISTS (SELECT 1 FROM attempts)"
    )


def unsign_slice(db: sqlite3.Connection) -> Progress:
    """Does the next part of it."""
    row = db.execute("SELECT stage, below FROM unsigning").fetchone()
    if row is None:
        return Progress.DONE
    stage, below = row
    # What is deleted is overwritten from here on, also where that costs a write.
    db.execute("PRAGMA secure_delete = ON").fetchone()
    try:
        return _STAGES[stage](db, below)
    finally:
        db.execute("PRAGMA secure_delete = FAST").fetchone()


def vacuumed(db: sqlite3.Connection, is_given_up: Callable[[], bool] = lambda: False) -> bool:
    """Writes the database anew, with nothing in it but what it has; False when it was given up, which leaves
    it as it was. Work for `Database.bare`."""
    db.set_progress_handler(is_given_up, _STEPS)
    try:
        db.execute("VACUUM")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname != "SQLITE_INTERRUPT":
            raise
        return False
    finally:
        db.set_progress_handler(None, 0)
    db.execute("DELETE FROM unsigning")
    return True


def without_log(db: sqlite3.Connection) -> None:
    """Brings all to the database's own file and empties the log beside it. Work for `Database.bare`."""
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def unsign_attempts(db: sqlite3.Connection, below: int, room_bytes: int) -> tuple[int, int]:
    """Cleans attempts before that rowid, the latest first, in a database of any version. Returns where to go
    on, 0 at the end, and how many were others before."""
    has_recap = any(row[1] == "recap" for row in db.execute("PRAGMA table_info(attempts)"))
    recap = "CASE WHEN instr(recap, '?') THEN recap END" if has_recap else "NULL"
    found = db.execute(
        "SELECT rowid, CASE WHEN instr(CAST(answer AS BLOB), x'68747470') THEN CAST(answer AS BLOB) END, "  # noqa: S608 -- constants only
        f"CASE WHEN instr(failure, 'http') THEN failure END, {recap} "
        "FROM attempts WHERE rowid < ? ORDER BY rowid DESC LIMIT ?",
        (below, _ROWS),
    )
    changes: list[tuple[str, object, int]] = []
    count = 0
    for rowid, answer, failure, kept_recap in found:
        below, count = rowid, count + 1
        if answer is not None and (cleaned := _cleaned(answer)) != answer:
            changes.append(("answer", cleaned.decode(errors="replace"), rowid))
        if failure is not None and (words := without_addresses(failure)) != failure:
            changes.append(("failure", words, rowid))
        if kept_recap is not None and (words := without_signatures(kept_recap)) != kept_recap:
            changes.append(("recap", words, rowid))
        room_bytes -= len(answer or b"")
        if room_bytes <= 0:
            break
    is_end = count < _ROWS and room_bytes > 0
    found.close()
    for column, value, rowid in changes:
        db.execute(f"UPDATE attempts SET {column} = ? WHERE rowid = ?", (value, rowid))  # noqa: S608 -- constants only
    return (0 if is_end else below), len(changes)


def unsign_sessions(db: sqlite3.Connection) -> None:
    """The same of what sessions have of answers."""
    columns = {row[1] for row in db.execute("PRAGMA table_info(sessions)")} & {"snippet", "recap"}
    for column in columns:
        rows = db.execute(f"SELECT rowid, {column} FROM sessions WHERE instr({column}, '?')")  # noqa: S608 -- constants only
        for rowid, text in rows.fetchall():
            if (clean := without_signatures(text)) != text:
                db.execute(f"UPDATE sessions SET {column} = ? WHERE rowid = ?", (clean, rowid))  # noqa: S608 -- constants only


def _cleaned(answer: bytes) -> bytes:
    try:
        saved = _SAVED.decode(answer)
    except msgspec.DecodeError:
        # It is kept for what can still be read of it.
        return without_addresses(without_signatures(answer.decode(errors="replace"))).encode()
    clean = unsigned(saved)
    return answer if clean is saved else msgspec.json.encode(clean)


# -- the stages --------------------------------------------------------------------------------------


def _clean_answers(db: sqlite3.Connection, below: int) -> Progress:
    below, _ = unsign_attempts(db, below, _SLICE_BYTES)
    if below:
        db.execute("UPDATE unsigning SET below = ?", (below,))
        return Progress.MORE
    unsign_sessions(db)
    return _enter(db, "index")


def _wait_for_index(db: sqlite3.Connection, _: int) -> Progress:
    if has_news(db) or is_rebuilding(db):
        return Progress.WAITS
    # A shard is made anew once an eighth of it is dead; these have to be now.
    db.execute("UPDATE search_shards SET dead = size WHERE dead > 0")
    return _enter(db, "shards")


def _wait_for_shards(db: sqlite3.Connection, _: int) -> Progress:
    return Progress.WAITS if is_rebuilding(db) else _enter(db, "room")


def _clean_room(db: sqlite3.Connection, _: int) -> Progress:
    (pages,), (page_bytes,), (free,) = (
        db.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size", "freelist_count")
    )
    if pages * page_bytes <= _VACUUMED_BYTES:
        return Progress.TO_VACUUM
    db.execute("CREATE TABLE IF NOT EXISTS unsigning_room (zeros BLOB)")
    if free > 1:
        db.execute(
            "INSERT INTO unsigning_room VALUES (zeroblob(?))", (min(_FILLED_BYTES, free * page_bytes),)
        )
        return Progress.MORE
    db.execute("PRAGMA secure_delete = FAST").fetchone()  # there is nothing in it but zeros
    db.execute("DROP TABLE unsigning_room")
    db.execute("DELETE FROM unsigning")
    return Progress.DONE


def _enter(db: sqlite3.Connection, stage: str) -> Progress:
    db.execute("UPDATE unsigning SET stage = ?", (stage,))
    return Progress.MORE


_STAGES = {
    "answers": _clean_answers,
    "index": _wait_for_index,
    "shards": _wait_for_shards,
    "room": _clean_room,
}
