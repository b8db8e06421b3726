"""The days on which the database was open, for what a clock that jumps must not decide by itself."""

import sqlite3
from datetime import date


def note_day(db: sqlite3.Connection, day: date, count: int) -> date | None:
    """Notes a day as seen; returns the first of the last `count` of them, or None while there are fewer.

    Days after `day` are forgotten: a clock that showed them has been set right since.
    """
    db.execute("INSERT OR IGNORE INTO days_seen (day) VALUES (?)", (day.isoformat(),))
    db.execute(
        "DELETE FROM days_seen WHERE day > ?1 OR day NOT IN "
        "(SELECT day FROM days_seen WHERE day <= ?1 ORDER BY day DESC LIMIT ?2)",
        (day.isoformat(), count),
    )
    days = [date.fromisoformat(found) for (found,) in db.execute("SELECT day FROM days_seen ORDER BY day")]
    return days[0] if len(days) == count else None
