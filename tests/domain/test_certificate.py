"""Authorities in words."""

from datetime import UTC, datetime

from trackside.domain.certificate import Authority, words_of

PRESENT = datetime(2026, 5, 1, tzinfo=UTC)
GOOD = Authority("Harbour CA", datetime(2031, 5, 4, tzinfo=UTC))
OLD = Authority("Old CA", datetime(2020, 1, 2, tzinfo=UTC))


def test_each_is_named_with_its_end() -> None:
    assert words_of((GOOD, OLD), PRESENT) == "Harbour CA, until 4 May 2031; Old CA, expired on 2 January 2020"


def test_of_many_only_the_first_are_named() -> None:
    assert words_of((GOOD,) * 150, PRESENT).endswith("; and 147 more")
