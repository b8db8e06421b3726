"""Sessions as a list shows them, read page by page: 20,000 of them neither stall anything nor fill memory."""

import sqlite3
import sys
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from trackside.domain.session import Session
from trackside.storage.session_rows import SESSION_COLUMNS, session_of

_NEWEST = 200
"""More than any window shows at once."""
_DRAFT_LENGTH = 200
_LEFT_OUT = ("instructions", "schema_text", "recap")
_SHARED = ("connection_id", "store_id", "store_name")
_NAMES = tuple(name for name in SESSION_COLUMNS if name not in _LEFT_OUT)
_COLUMNS = ", ".join(f"substr(draft, 1, {_DRAFT_LENGTH})" if name == "draft" else name for name in _NAMES)
_SELECT = f"SELECT {_COLUMNS} FROM sessions"  # noqa: S608 -- constants only
_TIME = {False: _NAMES.index("updated_at"), True: _NAMES.index("trashed_at")}


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row of a page, as the database has it: the next page begins behind it."""

    time: str
    id: str


@dataclass(frozen=True, slots=True)
class SessionPage:
    """Some sessions, the latest first, and where to go on; None at the end."""

    sessions: tuple[Session, ...]
    next: Cursor | None


def page(db: sqlite3.Connection, after: Cursor | None, length: int, *, in_trash: bool = False) -> SessionPage:
    """The next sessions of the list, or of the trash.

    They come without instructions, schema and recap, and with no more of the draft than a row can show:
    what may be long is read with the session itself.
    """
    time = "trashed_at" if in_trash else "updated_at"
    which = "trashed_at IS NOT NULL" if in_trash else "trashed_at IS NULL"
    begin: tuple[str, ...] = ()
    if after is not None:
        # The first half lets the index skip what was read already.
        which += f" AND {time} <= ? AND ({time}, id) < (?, ?)"
        begin = (after.time, after.time, after.id)
    found = db.execute(f"{_SELECT} WHERE {which} ORDER BY {time} DESC, id DESC LIMIT ?", (*begin, length))
    rows = found.fetchall()
    last = rows[-1] if len(rows) == length else None
    cursor = Cursor(str(last[_TIME[in_trash]]), str(last[_NAMES.index("id")])) if last is not None else None
    return SessionPage(tuple(_session(row) for row in rows), cursor)


def newest(db: sqlite3.Connection) -> SessionPage:
    """The list's first page, and behind it all older pinned sessions: they stand at the list's top."""
    first = page(db, None, _NEWEST)
    have = {session.id for session in first.sessions}
    found = db.execute(f"{_SELECT} WHERE pinned = 1 AND trashed_at IS NULL ORDER BY updated_at DESC, id DESC")
    pinned = (_session(row) for row in found)
    return SessionPage((*first.sessions, *(s for s in pinned if s.id not in have)), first.next)


def trashed_before(db: sqlite3.Connection, time: datetime) -> list[str]:
    """The ids of what has been in the trash since before that time."""
    found = db.execute("SELECT id FROM sessions WHERE trashed_at < ?", (time.isoformat(),))
    return [str(id_) for (id_,) in found]


def turn_count(db: sqlite3.Connection, session_id: str) -> int:
    (count,) = db.execute("SELECT count(*) FROM turns WHERE session_id = ?", (session_id,)).fetchone()
    return int(count)


def _session(row: tuple[Any, ...]) -> Session:
    values = dict(zip(_NAMES, row, strict=True))
    for name in _SHARED:  # the same few words in thousands of sessions
        values[name] = sys.intern(values[name])
    session = session_of(values)
    return replace(session, tags=tuple(map(sys.intern, session.tags))) if session.tags else session
