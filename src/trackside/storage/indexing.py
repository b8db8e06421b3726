"""Brings the search index up to date, a slice at a time, on the database's thread.

Triggers note what has changed (`unindexed`), in the transaction that changes it, so that nothing is forgotten
when the process dies; saving itself never waits for the index. What a slice does and the note that it is done
are one transaction again. A database from before there was an index has all its sessions noted; they come
after what changes, the latest first.

The words stand in shards: FTS5 tables of up to 16,384 texts each, in the order of time. A search looks
through the latest one first and stops when it has enough, so that even a common word or a single letter of
one costs no more in a million texts than in sixteen thousand. (FTS5 gathers all texts with a prefix before it
tells the first.) The tables keep no copy of the texts, so SQLite can't take a text out again without being
told all its words. Instead a deleted text's document goes, without which nothing is found, and a shard of
which an eighth is such is made anew from the texts that remain; see rebuilding.py.
"""

import sqlite3
from collections.abc import Callable, Iterable

from trackside.storage.folding import index_words
from trackside.storage.rebuilding import is_rebuilding, rebuild_slice
from trackside.storage.search_texts import ANSWER, Kind, Part, attempt_parts, cites, restored, turn_parts
from trackside.storage.shards import add_words, bury

SLICE = 64_000
"""Characters that are indexed in one transaction, some milliseconds' work."""
_ITEMS = 200
_DELETED = 1_000
_DELETION_COST = 64
_TITLE_COST = 300


def index_slice(db: sqlite3.Connection, characters: int = SLICE) -> bool:
    """Works off a part of what is to be indexed; returns whether there is more."""
    entries = db.execute(
        "SELECT seq, what, id FROM unindexed ORDER BY seq DESC LIMIT ?", (_ITEMS,)
    ).fetchall()
    if entries:
        batch = _Batch(db, characters)
        for seq, what, id_ in entries:
            if batch.is_full:
                break
            if _HANDLERS[what](batch, id_):
                db.execute("DELETE FROM unindexed WHERE seq = ?", (seq,))
        batch.keep()
        return True
    return _index_older(db, characters) or rebuild_slice(db, characters)


def has_work(db: sqlite3.Connection) -> bool:
    """Whether a slice would find anything to do."""
    (found,) = db.execute(
        "SELECT EXISTS (SELECT 1 FROM unindexed) OR EXISTS (SELECT 1 FROM unindexed_sessions)"
    ).fetchone()
    return bool(found) or is_rebuilding(db)


def has_news(db: sqlite3.Connection) -> bool:
    """Whether something has changed that the index hasn't heard of."""
    return db.execute("SELECT 1 FROM unindexed LIMIT 1").fetchone() is not None


class _Batch:
    """Texts that go into the index together."""

    def __init__(self, db: sqlite3.Connection, room: int) -> None:
        self.db = db
        self._room = room
        self._found: list[tuple[int, Part]] = []
        self._noted: set[tuple[int, str, int, int]] = set()
        self._numbers: dict[str, int] = {}

    @property
    def is_full(self) -> bool:
        return self._room <= 0 or len(self._found) >= _ITEMS

    def spend(self, characters: int) -> None:
        """Counts work that is not a text's as if so many characters had been indexed."""
        self._room -= characters

    def take(self, session_id: str, parts: Iterable[Part]) -> bool:
        """Takes those that the index hasn't; returns whether there was room for all."""
        number = self.number_of(session_id)
        for part in parts:
            key = (number, part.owner, int(part.kind), part.start)
            if key in self._noted or self._is_known(key):
                continue
            if self.is_full or (self._found and self._room < len(part.text)):
                return False
            self._noted.add(key)
            self._found.append((number, part))
            self._room -= len(part.text)
        return True

    def keep(self, *, is_older: bool = False) -> None:
        """Writes them; the latest came first. Older ones get places before all that are there."""
        if not self._found:
            return
        count = len(self._found)
        self._found.reverse()
        if is_older:
            (first,) = self.db.execute(
                "UPDATE search_places SET earlier = earlier - ? RETURNING earlier + 1", (count,)
            ).fetchone()
        else:
            (first,) = self.db.execute(
                "UPDATE search_places SET later = later + ? RETURNING later - ?", (count, count)
            ).fetchone()
        self.db.executemany(
            "INSERT INTO search_documents (id, session, kind, owner, start, asked) VALUES (?,?,?,?,?,?)",
            (
                (first + n, number, int(part.kind), part.owner, part.start, part.asked)
                for n, (number, part) in enumerate(self._found)
            ),
        )
        add_words(self.db, ((first + n, part.asked, part.text) for n, (_, part) in enumerate(self._found)))

    def _is_known(self, key: tuple[int, str, int, int]) -> bool:
        found = self.db.execute(
            "SELECT 1 FROM search_documents WHERE session = ? AND owner = ? AND kind = ? AND start = ?", key
        )
        return found.fetchone() is not None

    def number_of(self, session_id: str) -> int:
        if (number := self._numbers.get(session_id)) is None:
            self.db.execute("INSERT OR IGNORE INTO search_sessions (id) VALUES (?)", (session_id,))
            (number,) = self.db.execute(
                "SELECT number FROM search_sessions WHERE id = ?", (session_id,)
            ).fetchone()
            self._numbers[session_id] = number
        return number


# -- what has changed --------------------------------------------------------------------------------
# Each looks at what is there now and returns whether all of it is done: the order doesn't matter.


def _take_turn(batch: _Batch, turn_id: str) -> bool:
    found = turn_parts(batch.db, turn_id)
    return found is None or batch.take(*found)


def _take_attempt(batch: _Batch, attempt_id: str) -> bool:
    found = attempt_parts(batch.db, attempt_id)
    if found is None:
        return True
    is_done = batch.take(*found)
    if is_done:
        (saved,) = batch.db.execute(
            f"SELECT {ANSWER} FROM attempts WHERE id = ?",  # noqa: S608 -- a constant
            (attempt_id,),
        ).fetchone()
        if cites(restored(saved)):
            batch.db.execute("INSERT OR IGNORE INTO search_cited VALUES (?)", (attempt_id,))
    return is_done


def _take_rewritten(batch: _Batch, attempt_id: str) -> bool:
    """An answer that has become another: what is known of it goes, then it is taken like a new one."""
    batch.db.execute("DELETE FROM search_cited WHERE attempt_id = ?", (attempt_id,))
    bury(
        batch.db,
        batch.db.execute(
            "SELECT d.id FROM attempts a JOIN turns t ON t.id = a.turn_id JOIN search_sessions n "
            "ON n.id = t.session_id JOIN search_documents d ON d.session = n.number AND d.owner = a.id "
            "WHERE a.id = ?",
            (attempt_id,),
        ).fetchall(),
    )
    batch.db.execute("INSERT OR IGNORE INTO unindexed (what, id) VALUES ('attempt', ?)", (attempt_id,))
    return True


def _take_title(batch: _Batch, session_id: str) -> bool:
    row = batch.db.execute("SELECT title FROM sessions WHERE id = ?", (session_id,)).fetchone()
    if row is not None:
        number = batch.number_of(session_id)
        batch.db.execute("DELETE FROM search_titles WHERE rowid = ?", (number,))
        if words := index_words(row[0]):
            batch.db.execute("INSERT INTO search_titles (rowid, words) VALUES (?,?)", (number, words))
    batch.spend(_TITLE_COST)
    return True


def _take_deletion(batch: _Batch, session_id: str) -> bool:
    """Forgets what is no more of a session, a thousand texts at a time."""
    db = batch.db
    row = db.execute("SELECT number FROM search_sessions WHERE id = ?", (session_id,)).fetchone()
    if row is None:
        return True
    gone = db.execute(
        "SELECT d.id FROM search_documents d WHERE d.session = ? AND CASE d.kind WHEN ? "
        "THEN NOT EXISTS (SELECT 1 FROM turns t WHERE t.id = d.owner) "
        "ELSE NOT EXISTS (SELECT 1 FROM attempts a WHERE a.id = d.owner) END LIMIT ?",
        (row[0], int(Kind.QUESTION), _DELETED),
    ).fetchall()
    bury(db, gone)
    batch.spend(len(gone) * _DELETION_COST)
    if len(gone) == _DELETED:
        return False
    if db.execute("SELECT 1 FROM sessions WHERE id = ?", (session_id,)).fetchone() is None:
        db.execute("DELETE FROM search_titles WHERE rowid = ?", row)
        db.execute("DELETE FROM search_sessions WHERE number = ?", row)
    return True


_HANDLERS: dict[str, Callable[[_Batch, str], bool]] = {
    "turn": _take_turn,
    "attempt": _take_attempt,
    "rewritten": _take_rewritten,
    "title": _take_title,
    "session": _take_deletion,
}


# -- what was there before the index -----------------------------------------------------------------


def _index_older(db: sqlite3.Connection, characters: int) -> bool:
    batch = _Batch(db, characters)
    sessions = db.execute(
        "SELECT updated_at, id, below FROM unindexed_sessions ORDER BY updated_at DESC, id DESC LIMIT 50"
    ).fetchall()
    for updated_at, session_id, below in sessions:
        if (left_at := _take_session(batch, session_id, below)) is None:
            db.execute(
                "DELETE FROM unindexed_sessions WHERE updated_at = ? AND id = ?", (updated_at, session_id)
            )
            continue
        db.execute(
            "UPDATE unindexed_sessions SET below = ? WHERE updated_at = ? AND id = ?",
            (left_at, updated_at, session_id),
        )
        break
    batch.keep(is_older=True)
    return bool(sessions)


def _take_session(batch: _Batch, session_id: str, below: int) -> int | None:
    """Takes a session's turns before that position, the last one first. Returns where to go on."""
    turns: list[tuple[str, int]] = batch.db.execute(
        "SELECT id, position FROM turns WHERE session_id = ? AND position < ? ORDER BY position DESC LIMIT ?",
        (session_id, below, _ITEMS),
    ).fetchall()
    for turn_id, position in turns:
        if batch.is_full:
            return position + 1
        attempts = batch.db.execute(
            "SELECT id FROM attempts WHERE turn_id = ? AND answer IS NOT NULL ORDER BY number DESC",
            (turn_id,),
        ).fetchall()
        for (attempt_id,) in attempts:
            if not _take_attempt(batch, attempt_id):
                return position + 1
        if not _take_turn(batch, turn_id):
            return position + 1
    return turns[-1][1] if len(turns) == _ITEMS else None
