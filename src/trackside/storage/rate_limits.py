"""What is known of the connections' rate limits, kept from one run to the next."""

import logging
import sqlite3
from collections.abc import Mapping

import msgspec

from trackside.domain.rate_limit import RateLimit
from trackside.storage.database import Database

_log = logging.getLogger(__name__)


class KeptRateLimits:
    """One row a connection. It is worth little, so what can't be written is logged and not waited for."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> Mapping[str, RateLimit]:
        """Those of all connections; a row that can't be read is passed over. Raises TracksideError."""
        return await self._database.fetch(_load)

    def save(self, connection_id: str, limit: RateLimit | None) -> None:
        """Replaces what is kept of a connection; None for nothing. Returns at once."""
        row = None if limit is None else (connection_id, msgspec.json.encode(limit).decode())

        def work(db: sqlite3.Connection) -> None:
            if row is None:
                db.execute("DELETE FROM rate_limits WHERE connection_id = ?", (connection_id,))
            else:
                db.execute("INSERT OR REPLACE INTO rate_limits (connection_id, known) VALUES (?,?)", row)

        self._database.write(work).add_done_callback(
            lambda done: _note(done.exception() if not done.cancelled() else None)
        )


def _load(db: sqlite3.Connection) -> dict[str, RateLimit]:
    found = {}
    for connection_id, known in db.execute("SELECT connection_id, CAST(known AS BLOB) FROM rate_limits"):
        try:
            limit = msgspec.json.decode(known, type=RateLimit)
        except msgspec.DecodeError as error:
            _log.warning("what is kept of a rate limit can't be read: %s", type(error).__name__)
            continue
        if _has_zones(limit):
            found[connection_id] = limit
    return found


def _has_zones(limit: RateLimit) -> bool:
    """Whether its times can be compared with others."""
    times = (limit.learnt_at, limit.resets_at, limit.blocked_until, limit.plan_resets_at)
    return all(time is None or time.tzinfo is not None for time in times)


def _note(error: BaseException | None) -> None:
    if error is not None:
        _log.warning("what is known of a rate limit could not be kept: %s", type(error).__name__)
