"""Citations in whole and in growing texts."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackside.domain.citation import (
    Citation,
    CitedSpan,
    clock,
    clock_range,
    find_citations,
    parse_clock,
    showable_length,
)
from trackside.domain.stream import Annotation, AnnotationKind

UUID = "0a1b2c3d-1111-2222-3333-444455556666"
ASSET = "65f0c3a2b1d4e5f60718293a"
MARK = "\ue200cite\ue202turn0search1\ue201"

FORMS: dict[str, Citation | None] = {
    f'<vref id="{UUID}" start="00:05" end="01:02:03"></vref>': Citation(
        item_id=f"ksi_{UUID}", start_s=5, end_s=3723
    ),
    f'<vref id="{UUID}" start="00:05" end="00:09"/>': Citation(item_id=f"ksi_{UUID}", start_s=5, end_s=9),
    f'<vref id="ksi_{UUID}" />': Citation(item_id=f"ksi_{UUID}"),
    f'<vref id="{UUID}"></vref>': Citation(item_id=f"ksi_{UUID}"),
    f"<VREF id='{UUID}' start='00:05'> </VREF >": Citation(item_id=f"ksi_{UUID}", start_s=5),
    f'<vref  start = "00:05"\n id = "{UUID}" end="0:07" ></vref>': Citation(
        item_id=f"ksi_{UUID}", start_s=5, end_s=7
    ),
    f'<vref id=\\"{UUID}\\" start=\\"00:05\\"></vref>': Citation(item_id=f"ksi_{UUID}", start_s=5),
    '<tref id="TOKEN_7"></tref>': Citation(text_id="TOKEN_7"),
    '<tref id="T"/>': Citation(text_id="T"),
    "[00:00-00:09]": Citation(start_s=0, end_s=9),
    "[1:02:03 – 1:02:05.5]": Citation(start_s=3723, end_s=3725.5),
    "[00:12]": Citation(start_s=12),
    f"`{ASSET}`": Citation(asset_id=ASSET),
    ASSET: Citation(asset_id=ASSET),
    MARK: None,
}
PLAIN = [
    "<video>",
    "<vref",
    "<vrefs id='x'/>",
    "a < b and c > d",
    "[1]",
    "[00:12](https://example.org)",
    "[00:75]",
    "12:30",
    ASSET + "0",
    ASSET.upper(),
    "https://example.org/" + ASSET,
    "\ue200",
]


@pytest.mark.parametrize("form", FORMS)
def test_finds_each_form_among_words(form: str) -> None:
    text = f"日本 🎬 {form}, then."
    assert find_citations(text) == [CitedSpan(5, 5 + len(form), FORMS[form])]


@pytest.mark.parametrize("text", PLAIN)
def test_leaves_other_text_alone(text: str) -> None:
    assert find_citations(f"see {text} there") == []


def annotation(start: int, end: int, item: str = "ksi_1") -> Annotation:
    return Annotation(AnnotationKind.VIDEO, start, end, item)


def items_of(spans: list[CitedSpan]) -> list[tuple[int, int, str | None]]:
    return [(s.start, s.end, s.citation.item_id if s.citation else None) for s in spans]


def test_annotation_spans_are_inclusive_code_points() -> None:
    text = "🎬日本 it turns [1]."
    [span] = find_citations(text, [annotation(13, 15)])
    assert text[span.start : span.end] == "[1]"


def test_annotations_over_one_span_are_all_kept() -> None:
    spans = find_citations("see [1] now", [annotation(4, 6, "b"), annotation(4, 6, "a")])
    assert items_of(spans) == [(4, 7, "b"), (7, 7, "a")]


def test_overlapping_and_unordered_annotations_never_overlap_on_screen() -> None:
    text = "0123456789"
    given_spans = [annotation(6, 9, "d"), annotation(2, 5, "b"), annotation(0, 3, "a"), annotation(1, 9, "c")]
    spans = find_citations(text, given_spans)
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))
    assert {s.citation.item_id for s in spans if s.citation} == {"a", "b", "c", "d"}


@pytest.mark.parametrize("bad", [(-1, 2), (5, 4), (3, 99), (99, 100)])
def test_annotations_outside_the_text_are_left_out(bad: tuple[int, int]) -> None:
    assert find_citations("short text", [annotation(*bad)]) == []


def test_an_annotation_wins_over_the_marker_that_it_covers() -> None:
    assert items_of(find_citations(f"a {MARK}", [annotation(2, 1 + len(MARK))])) == [
        (2, 2 + len(MARK), "ksi_1")
    ]


def test_no_rest_of_a_marker_shows_beside_an_annotation_inside_it() -> None:
    text = f"a {MARK} b"
    spans = find_citations(text, [annotation(8, 10)])
    covered = "".join(text[s.start : s.end] for s in spans)
    assert covered == MARK
    assert sum(s.citation is not None for s in spans) == 1


segments = st.sampled_from(
    [*FORMS, *PLAIN, " ", "\n", "word ", "🎬", "`", "[", "<", "</vref>", "\ue200", "(", "ab12"]
)
texts = st.lists(segments, max_size=6).map("".join)


def check_growth(text: str) -> None:
    """At every length what is shown ends outside every citation of the whole text, and every citation in
    it is one of the whole text: nothing flashes up that is taken back later."""
    whole = find_citations(text)
    before = 0
    for length in range(len(text) + 1):
        shown = showable_length(text[:length])
        assert before <= shown <= length
        before = shown
        assert not any(s.start < shown < s.end for s in whole), (text[:length], text[:shown])
        early = find_citations(text[:shown])
        assert early == [s for s in whole if s.end <= shown], (text[:length], text[:shown])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("after", ["", " then", "(x)", "`", "0"])
def test_half_a_citation_is_never_shown(form: str, after: str) -> None:
    text = f"see {form}{after}"
    check_growth(text)
    if form in text and after == " then":
        assert showable_length(text) == len(text)


@given(texts)
def test_growing_text_never_takes_a_citation_back(text: str) -> None:
    check_growth(text)


def test_plain_words_are_shown_at_once() -> None:
    for text in ("The car", "a < b ", "x <em", "done.", "see [x", "[12 apples", "<vref id='x'> and"):
        assert showable_length(text) == len(text)


def test_an_endless_tag_is_shown_in_the_end() -> None:
    assert showable_length('<vref id="' + "x" * 600) == 610
    assert showable_length("\ue200" + "x" * 600) == 601


HOSTILE = {
    "open tags": "<vref <vref " * 17_000,
    "open attributes": '<vref id="' * 20_000,
    "attribute names": "<vref " + "a" * 200_000,
    "spaces in a tag": "<vref" + " " * 200_000,
    "spaces after a tag": ("<vref>" + " " * 50) * 3_500,
    "attributes without end": "<vref" + ' a="b"' * 33_000,
    "quotes": "<vref" + " a='\"" * 40_000,
    "brackets": "[" * 200_000,
    "times": "[00:01]" * 28_000,
    "open times": "[00:01-" * 28_000,
    "digits": "0" * 200_000,
    "markers": "\ue200" * 200_000,
    "closed markers": "\ue200x\ue201" * 66_000,
    "ticks": "`" * 200_000,
    "letters": "a" * 200_000,
    "assets": (ASSET + " ") * 8_000,
    "tags": f'<vref id="{UUID}"/>' * 4_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_costs_no_more_than_its_length(name: str) -> None:
    """200 KB each; anything quadratic would take minutes and run into the suite's patience."""
    text = HOSTILE[name]
    find_citations(text)
    for length in range(0, len(text), len(text) // 50):
        showable_length(text[:length])


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("02:14", 134.0),
        ("1:02:03", 3723.0),
        ("7", 7.0),
        ("00:01.5", 1.5),
        ("", None),
        ("x", None),
        ("-1:00", None),
        ("nan", None),
        ("inf", None),
        ("1:2:3:4", None),
        ("9" * 400, None),
    ],
)
def test_parse_clock(text: str, seconds: float | None) -> None:
    assert parse_clock(text) == seconds


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(134, "02:14"), (0, "00:00"), (3599.9, "59:59"), (3600, "1:00:00"), (-3, "00:00")],
)
def test_clock(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown


def test_clock_of_no_number_is_no_error() -> None:
    assert clock(float("nan")) == "00:00"
    assert clock(float("inf"))


def test_clock_range_in_words() -> None:
    assert clock_range(Citation(start_s=134, end_s=151)) == "02:14–02:31"
    assert clock_range(Citation(start_s=134)) == "from 02:14"
    assert clock_range(Citation(end_s=9)) == "00:00–00:09"
    assert clock_range(Citation()) == ""
