"""What is known of limits outlives the run; what can't be read or written harms nothing."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from storage.support import opened
from trackside.domain.rate_limit import LimitHints, RateLimit
from trackside.storage.database import Database
from trackside.storage.rate_limits import KeptRateLimits

NOW = datetime(2026, 7, 11, 3, 13, tzinfo=UTC)
LIMIT = (
    RateLimit(NOW)
    .noted(LimitHints(2, 0, 34.5, 60.0), NOW)
    .blocked(12.25, NOW)
    .with_plan_used_up(9_000, NOW + timedelta(seconds=1))
)


async def test_all_of_it_comes_back(tmp_path: Path) -> None:
    async with opened(tmp_path / "sessions.db") as database:
        kept = KeptRateLimits(database)
        kept.save("work", RateLimit(NOW))
        kept.save("work", LIMIT)
        kept.save("private", RateLimit(NOW))
        kept.save("gone", LIMIT)
        kept.save("gone", None)
    async with opened(tmp_path / "sessions.db") as database:
        assert await KeptRateLimits(database).load() == {"work": LIMIT, "private": RateLimit(NOW)}


async def test_a_row_that_is_damaged_is_passed_over(
    tmp_path: Path, expected_log: Callable[[str], None]
) -> None:
    expected_log("what is kept of a rate limit can't be read")
    async with opened(tmp_path / "sessions.db") as database:
        kept = KeptRateLimits(database)
        kept.save("good", LIMIT)
        rows = [("a", "{"), ("b", "[]"), ("c", '{"learnt_at":"then"}'), ("d", b"\xff\xfe")]
        without_zone = ("e", '{"learnt_at":"2026-07-11T03:13:00"}')
        await database.store(
            lambda db: db.executemany(
                "INSERT INTO rate_limits (connection_id, known) VALUES (?,?)", [*rows, without_zone]
            )
        )
        assert await kept.load() == {"good": LIMIT}


async def test_what_can_not_be_written_is_logged_and_no_more(expected_log: Callable[[str], None]) -> None:
    expected_log("what is known of a rate limit could not be kept")
    database = Database(None)
    await database.opened()
    await asyncio.to_thread(database.close)
    KeptRateLimits(database).save("work", LIMIT)
