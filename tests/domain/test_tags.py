"""Tags: what is typed as one, and what becomes of a session's."""

import pytest

from trackside.domain.tags import TAG_LENGTH, clean_tag, retagged


@pytest.mark.parametrize(
    ("typed", "tag"),
    [("  Night  shots ", "Night shots"), ("a\nb", "a b"), (" \t", ""), ("x" * 99, "x" * TAG_LENGTH)],
)
def test_a_tag_is_one_line(typed: str, tag: str) -> None:
    assert clean_tag(typed) == tag


def test_tags_are_added_and_taken_away_in_the_alphabet_s_order() -> None:
    assert retagged(("tide", "crane"), {"Boat", "tide"}, {"crane", "other"}) == ("Boat", "tide")
