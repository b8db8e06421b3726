"""What the filters ask of the index."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from trackside.domain.search import SearchQuery, StateFilter
from trackside.ui.search.filters import DateFilter, Filters


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A place with summer time."""
    if not hasattr(time, "tzset"):
        pytest.skip("the system's time zone can't be changed here")
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_days_begin_at_local_midnight(berlin: None) -> None:
    present = datetime(2026, 11, 22, 0, 30).astimezone()
    assert DateFilter.ANY.since(present) is None
    assert DateFilter.TODAY.since(present) == datetime(2026, 11, 21, 23, tzinfo=UTC)
    assert DateFilter.WEEK.since(present) == datetime(2026, 11, 15, 23, tzinfo=UTC)
    assert DateFilter.YEAR.since(present) == datetime(2025, 12, 31, 23, tzinfo=UTC)


def test_day_in_summer_time_begins_at_its_own_midnight(berlin: None) -> None:
    present = datetime(2026, 11, 5, 12).astimezone()
    assert DateFilter.MONTH.since(present) == datetime(2026, 10, 6, 22, tzinfo=UTC)


def test_query_has_what_is_chosen_and_is_the_same_all_day() -> None:
    present = datetime(2026, 11, 22, 9).astimezone()
    chosen = Filters("ks", DateFilter.WEEK, StateFilter.BROKEN, "films", with_citations=True)
    query = chosen.query("gait", present)
    assert (query.text, query.store_id, query.tag, query.state) == ("gait", "ks", "films", StateFilter.BROKEN)
    assert query.with_citations
    assert query == chosen.query("gait", present + timedelta(hours=3))


def test_nothing_chosen_asks_for_anything() -> None:
    assert Filters().query("gait", datetime.now().astimezone()) == SearchQuery("gait")
    assert not Filters().are_any
    assert Filters(tag="films").are_any
