"""A session out of its row in the database.

With the standard library alone: the newest sessions are listed before much else has been imported.
"""

from dataclasses import fields
from datetime import datetime
from typing import Any

from trackside.domain.session import Session

SESSION_COLUMNS = tuple(field.name for field in fields(Session) if field.name != "turn_count")
_TIMES = ("created_at", "updated_at", "trashed_at")
_SWITCHES = tuple(field.name for field in fields(Session) if isinstance(field.default, bool))


def session_of(values: dict[str, Any]) -> Session:
    """A session from columns by their names, which are changed on the way. What is left out of them is as in
    a new session."""
    for name in _TIMES:
        if (text := values[name]) is not None:
            values[name] = datetime.fromisoformat(text)
    for name in _SWITCHES:
        values[name] = bool(values[name])
    values["tags"] = tuple(filter(None, values["tags"].split("\n")))
    return Session(**values)
