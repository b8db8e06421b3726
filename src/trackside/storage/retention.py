"""Which sessions have not been used for long, on the database's thread.

A session is used when something is said in it, and when it is looked at or taken out of the trash; the latter
two are noted apart from it, so that they move it nowhere in the list.
"""

import sqlite3
from collections.abc import Iterable
from datetime import datetime

_UNUSED = (
    "FROM sessions LEFT JOIN session_uses ON session_id = id "
    "WHERE trashed_at IS NULL AND pinned = 0 AND updated_at < ? AND coalesce(used_at, '') < ?"
)


def note_uses(db: sqlite3.Connection, session_ids: Iterable[str], time: datetime) -> None:
    """Notes that sessions were looked at. One that isn't saved yet needs no note."""
    db.executemany(
        "INSERT INTO session_uses SELECT id, ? FROM sessions WHERE id = ? "
        "ON CONFLICT DO UPDATE SET used_at = max(used_at, excluded.used_at)",
        [(time.isoformat(), session_id) for session_id in session_ids],
    )


def unused_since(db: sqlite3.Connection, time: datetime) -> list[str]:
    """The ids of sessions outside of the trash that were not used since then and aren't pinned, the one that
    was used last first."""
    found = db.execute(f"SELECT id {_UNUSED} ORDER BY updated_at DESC", (time.isoformat(),) * 2)
    return [str(id_) for (id_,) in found]
