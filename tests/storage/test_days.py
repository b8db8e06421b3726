"""The days that were seen: the last few, and none that a wrong clock showed."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date

import pytest

from trackside.storage.days import note_day
from trackside.storage.opening import migrated


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as made:
        migrated(made)
        yield made


def test_the_first_of_the_last_days_is_told(db: sqlite3.Connection) -> None:
    days = [date(2026, 7, day) for day in (1, 2, 2, 5, 9)]
    told = [note_day(db, day, 3) for day in days]
    assert told == [None, None, None, date(2026, 7, 1), date(2026, 7, 2)]
    assert db.execute("SELECT count(*) FROM days_seen").fetchone() == (3,)


def test_days_that_have_not_come_yet_are_forgotten(db: sqlite3.Connection) -> None:
    for day in (1, 2, 3):
        note_day(db, date(2026, 7, day), 3)
    assert note_day(db, date(2040, 1, 1), 3) == date(2026, 7, 2)
    assert note_day(db, date(2026, 7, 3), 3) is None
    assert note_day(db, date(2026, 7, 4), 3) == date(2026, 7, 2)
