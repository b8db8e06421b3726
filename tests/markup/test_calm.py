"""The open tail: half-arrived marks look finished, and nothing flashes while they come."""

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from markup.answers import NOTHING, label, paragraph
from trackside.markup.blocks import Cell
from trackside.markup.calm import FARTHEST_BRACKET, FARTHEST_CODE, calm
from trackside.markup.inline import block_runs, cell_runs, plain_text
from trackside.markup.runs import Style, TextRun, shown_text

MOST_LOST = 3
"""So many characters the shown text may lose at a step: a space or a mark that changes its meaning."""

SAMPLES = [
    "A **bold** and *thin* word, ***both*** of them, __also__ _this_.",
    "Code `x = 1` and ``a ` b`` here.",
    'A [link](https://example.com/a_b?c=d) and [another one](<https://x.y> "title") here.',
    "![a cat](https://x.example/c.png) and text",
    "Tom &amp; Jerry &copy; 2020, a \\* star and \\_ line.",
    "~~gone~~ and **nested *thin* ones** and ***a* b**.",
    "snake_case_name stays and 2 * 3 = 6 too.",
    'Seen at <vref id="ksi_65f" start="02:14" end="02:31" /> and [00:12-00:14] again.',
    '**Note.**<vref id="ksi_65f" /> and **x <vref id="ksi_65f"></vref> y** end',
    "[**bold link**](http://a.b) and **[link in bold](http://a.b)** end.",
    "line one<br>line two  \nline three",
    "Formula $x^2 + y^2$ and \\(a_i\\) and $$z = 1$$ end. It costs $5 and $10.",
    "<https://example.com/a_b> and https://example.com/a_b_c?x=*y and me@example.com!",
    "[![alt text](http://i.io/a.png)](http://l.io) after",
    "これは**重要**です。`コード`と[リンク](http://a.b)。",
    "`507f1f77bcf86cd799439011` and 507f1f77bcf86cd799439011 end",
    "Emoji 👩‍👩‍👧 **bold 👩‍👩‍👧** end",
    "[not a link] and [x] text, a < b and b > c & more",
    "Hello! World! <b>raw</b> stays",
]


def tail(content: str) -> str:
    return plain_text(paragraph(content, is_open=True), NOTHING, label)


@pytest.mark.parametrize("sample", SAMPLES)
def test_no_mark_flashes_while_a_text_streams(sample: str) -> None:
    final = plain_text(paragraph(sample), NOTHING, label)
    marks = {mark: final.count(mark) for mark in '*_~`[]()<>&\\!$"#'}
    before = ""
    for end in range(1, len(sample) + 1):
        text = tail(sample[:end])
        count = Counter(text)
        assert not [mark for mark, most in marks.items() if count[mark] > most], (sample[:end], text)
        assert len(text) >= len(before) - MOST_LOST, (before, text)
        before = text


@pytest.mark.parametrize("sample", SAMPLES)
def test_what_is_complete_stays_as_it_is(sample: str) -> None:
    runs = block_runs(paragraph(f"{sample} Then, more."), NOTHING)
    assert block_runs(paragraph(f"{sample} Then, more.", is_open=True), NOTHING) == runs


@pytest.mark.parametrize(
    ("content", "closed"),
    [
        ("an **open", "an **open**"),
        ("an **", "an "),
        ("an *o _p", "an *o _p_*"),
        ("an **o *x*", "an **o *x***"),
        ("an **end ", "an **end**"),
        ("~~out", "~~out~~"),
        ("`x y", "`x y`"),
        ("``x`", "``x``"),
        ("[tex", "[tex](<>)"),
        ("[text](htt", "[text](<>)"),
        ("[text][re", "[text](<>)"),
        ("![tex", "![tex](<>)"),
        ("**[tex", "**[tex](<>)**"),
        ("[**tex", "[**tex**](<>)"),
        ("[![tex](http://x", "[![tex](<>)](<>)"),
        ("so ![", "so "),
        ("so [**", "so"),
        ("so \\", "so "),
        ("so \\\\", "so \\\\"),
        ("so &am", "so "),
        ("so <b", "so "),
        ("so <https://exam", "so "),
        ("so $x^2", "so "),
        ("so \\(x", "so "),
        ("2 * 3 *", "2 * 3 "),
        ("2*x", "2*x"),
        ("snake_case_x", "snake_case_x"),
        ("snake_", "snake"),
        ("costs $57 or", "costs $57 or"),
        ("(**", "("),
    ],
)
def test_half_constructs(content: str, closed: str) -> None:
    assert calm(content) == closed


def test_link_without_its_target_leads_nowhere() -> None:
    assert block_runs(paragraph("[text](https://go", is_open=True), NOTHING) == [TextRun("text")]


def test_open_bold_is_bold_already() -> None:
    assert block_runs(paragraph("**now", is_open=True), NOTHING) == [TextRun("now", Style.STRONG)]


def test_open_cell_is_calm_too() -> None:
    assert shown_text(cell_runs(Cell("**now", 3), NOTHING, is_open=True)) == "now"
    assert shown_text(cell_runs(Cell("**now", 3), NOTHING)) == "**now"


def test_an_opening_that_nothing_closes_is_text_in_the_end() -> None:
    assert tail("a [lone bracket, " + "on " * FARTHEST_BRACKET).startswith("a [lone")
    assert tail("a `lone tick, " + "on " * FARTHEST_CODE).startswith("a `lone")
    assert tail("the $HOME of " + "on " * 30).startswith("the $HOME")


@settings(max_examples=200, deadline=None)
@given(st.text("ab *_~`[]()<>!\\$&\n1", max_size=40))
def test_only_the_end_of_any_text_is_changed(content: str) -> None:
    kept = re.sub(r"(?:[*_~`]|\]\(<>\)|\])*\Z", "", calm(content))
    assert content.startswith(kept)
