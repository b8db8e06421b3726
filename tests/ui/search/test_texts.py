"""A line with marks: cut to a width, counted as Qt counts, and never longer than its place."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackside.ui.search.texts import (
    MarkedLine,
    fitted,
    is_right_to_left,
    matches_words,
    one_line,
    utf16_spans,
    when_words,
)


def marked(line: MarkedLine) -> list[str]:
    return [line.text[start:end] for start, end in line.marks]


def cut(text: str, word: str, width: int) -> MarkedLine:
    """Every character is as wide as any other."""
    start = text.index(word)
    return fitted(one_line(text, ((start, start + len(word)),)), width, len)


def test_marks_are_counted_in_utf16_units() -> None:
    line = MarkedLine("😀 a 𝒃𝒄 東京", ((0, 1), (4, 6), (7, 9)))
    units = line.text.encode("utf-16-le")
    spans = utf16_spans(line)
    assert spans == [(0, 2), (5, 4), (10, 2)]
    shown = [units[2 * start : 2 * (start + length)].decode("utf-16-le") for start, length in spans]
    assert shown == ["😀", "𝒃𝒄", "東京"]


def test_line_that_fits_is_left_alone() -> None:
    line = one_line("the gait treadmill", ((4, 8),))
    assert fitted(line, 18, len) is line


def test_end_is_cut_where_the_mark_is_seen_anyway() -> None:
    line = cut("the gait treadmill speed is raised", "gait", 20)
    assert line.text == "the gait treadmill …"
    assert marked(line) == ["gait"]


def test_beginning_goes_where_the_mark_would_not_be_seen() -> None:
    line = cut("one two three four five six seven gait treadmill speed is raised", "gait", 28)
    assert line.text == "…seven gait treadmill speed…"
    assert marked(line) == ["gait"]


def test_text_without_spaces_is_cut_anywhere() -> None:
    line = cut("吾輩は猫である名前はまだ無いどこで生れたかとんと見当がつかぬ何でも薄暗い", "見当", 16)
    assert marked(line) == ["見当"]
    assert line.text.startswith("…")
    assert len(line.text) <= 16


def test_mark_at_the_very_end_needs_no_ellipsis_behind_it() -> None:
    line = cut("a long way to the word that was meant", "meant", 20)
    assert line.text.endswith("meant")
    assert marked(line) == ["meant"]


@pytest.mark.parametrize("cluster", ["e\u0301", "👩\u200d👧", "👍🏽"])
def test_no_character_is_cut_through(cluster: str) -> None:
    text = cluster * 40
    for width in range(3, 30):
        kept = fitted(one_line(text), width, len).text.removesuffix("…")
        assert kept == cluster * (len(kept) // len(cluster))


def test_line_ends_and_direction_marks_are_harmless_and_keep_their_places() -> None:
    line = one_line("a\nb\u202ec\tgait", ((6, 10), (2, 1), (9, 99)))
    assert line.text == "a b\u200bc gait"
    assert marked(line) == ["gait"]


@given(st.text(max_size=80), st.lists(st.tuples(st.integers(0, 80), st.integers(0, 80))), st.integers(1, 60))
def test_whatever_comes_is_cut_to_its_place(text: str, marks: list[tuple[int, int]], width: int) -> None:
    line = one_line(text, tuple(marks))
    assert len(line.text) == len(text)
    shown = fitted(line, width, len)
    assert len(shown.text) <= max(width, 1) or shown.text == "……"
    places = [place for mark in shown.marks for place in mark]
    assert places == sorted(places)
    assert not places or places[-1] <= len(shown.text)
    assert {c for mark in marked(shown) for c in mark} <= set(line.text)


def test_first_letter_with_a_direction_decides() -> None:
    assert is_right_to_left("… مرحبا gait")
    assert is_right_to_left("12 שלום")
    assert not is_right_to_left("… gait مرحبا")
    assert not is_right_to_left("…")


def test_time_says_as_much_as_it_takes() -> None:
    present = datetime(2026, 11, 22, 9, 0, tzinfo=timezone(timedelta(hours=2)))
    assert when_words(present.replace(hour=3), present) == "03:00"
    assert when_words(present - timedelta(days=10), present) == "12 Nov"
    assert when_words(present - timedelta(days=400), present) == "18 Oct 2025"


def test_commands_are_found_by_the_beginnings_of_their_words() -> None:
    assert matches_words("Switch to dark theme", ["dar"])
    assert matches_words("Switch to dark theme", ["theme", "sw"])
    assert not matches_words("Switch to dark theme", ["ark"])
    assert not matches_words("Switch to dark theme", ["dark", "light"])
