"""Inline Markdown as runs: looks, links, line breaks, citations, and text that means harm."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from markup.answers import NOTHING, annotation, code, label, over, paragraph, quoted, said
from trackside.markup.blocks import Block, BlockKind, Cell
from trackside.markup.cited import trimmed
from trackside.markup.grammar import LONGEST_MARKUP, MOST_BRACKETS
from trackside.markup.highlight import Highlighter
from trackside.markup.inline import InlineContext, block_runs, cell_runs, plain_text
from trackside.markup.runs import CHIP, LINE_BREAK, ChipRun, Style, TextRun, shown_text
from trackside.markup.wording import LONGEST_MARKS, LONGEST_WORD

VREF = '<vref id="ksi_65f" start="02:14" end="02:31" />'
ASSET = "507f1f77bcf86cd799439011"


def runs_of(content: str) -> list[str | tuple[str, ...]]:
    return said(block_runs(paragraph(content), NOTHING))


def shown(content: str) -> str:
    return plain_text(paragraph(content), NOTHING, label)


# -- looks ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "runs"),
    [
        ("a **b** c", ["a ", ("b", "strong"), " c"]),
        ("*a* _b_", [("a", "emphasis"), " ", ("b", "emphasis")]),
        ("~~a~~ `b * c`", [("a", "strike"), " ", ("b * c", "code")]),
        ("**a *b***", [("a ", "strong"), ("b", "strong", "emphasis")]),
        ("snake_case_name and 2 * 3", ["snake_case_name and 2 * 3"]),
        ("Tom &amp; Jerry \\*", ["Tom & Jerry *"]),
        ("<b>bold</b> <script>", ["<b>bold</b> <script>"]),
    ],
)
def test_marks_become_looks(content: str, runs: list[str | tuple[str, ...]]) -> None:
    assert runs_of(content) == runs


def test_bold_may_end_before_a_citation() -> None:
    assert runs_of(f"**Note.**{VREF} and") == [("Note.", "strong"), ("chip", VREF), " and"]


def test_line_ends() -> None:
    assert shown("a\nb") == "a b"
    assert shown("漢字\nかな") == "漢字かな"
    assert shown("漢字\nlatin") == "漢字 latin"
    assert runs_of("**a**\nb") == [("a", "strong"), " b"]
    assert runs_of("[a](http://x.com)\n*b*") == [("a", "http://x.com"), " ", ("b", "emphasis")]
    assert shown("a  \nb\\\nc<br>d<br/>e") == "a\nb\nc\nd\ne"
    assert shown_text(block_runs(paragraph("a<br>b"), NOTHING)) == f"a{LINE_BREAK}b"
    assert shown(f"a {VREF}\nb") == "a [ksi_65f] b"


def test_rule_and_table_have_no_runs_of_their_own() -> None:
    assert block_runs(Block(BlockKind.RULE, 0, 3), NOTHING) == []


# -- links and images -------------------------------------------------------------------------------


def test_links_of_every_form() -> None:
    context = InlineContext({"REF": {"href": "https://ref.example", "title": ""}})
    block = paragraph("[a](http://x.com) <https://y.com> [b][ref] <me@x.org>")
    assert said(block_runs(block, context)) == [
        ("a", "http://x.com"),
        " ",
        ("https://y.com", "https://y.com"),
        " ",
        ("b", "https://ref.example"),
        " ",
        ("me@x.org", "mailto:me@x.org"),
    ]


@pytest.mark.parametrize(
    ("text", "href"),
    [
        ("https://z.com/a_b_c", "https://z.com/a_b_c"),
        ("www.example.com", "http://www.example.com"),
        ("me@example.com", "mailto:me@example.com"),
    ],
)
def test_bare_addresses_are_links(text: str, href: str) -> None:
    assert runs_of(f"see {text}, then") == ["see ", (text, href), ", then"]


def test_names_of_files_are_no_links() -> None:
    assert runs_of("main.rs readme.md example.com file@2x.png") == [
        "main.rs readme.md example.com file@2x.png"
    ]


def test_dangerous_target_is_told_as_text() -> None:
    assert runs_of("[a](javascript:alert(1)) [b](/etc/passwd) [c]()") == [
        "a (javascript:alert(1)) b (/etc/passwd) c"
    ]
    assert runs_of("<javascript:alert(1)>") == ["javascript:alert(1)"]


def test_image_is_a_link_to_it() -> None:
    assert runs_of("![a cat](https://x.example/c.png)") == [("a cat (x.example)", "https://x.example/c.png")]
    assert runs_of("![](https://x.example/c.png)") == [("image (x.example)", "https://x.example/c.png")]
    assert runs_of("![a](file:///c.png) b") == ["a (file:///c.png) b"]


def test_image_in_a_link_leads_where_the_link_leads() -> None:
    assert runs_of("[![i](http://i.io/a.png)](http://l.io) z") == [("i (i.io)", "http://l.io"), " z"]


# -- citations --------------------------------------------------------------------------------------


def test_tags_marks_times_and_ids_are_chips() -> None:
    assert runs_of(f"a {VREF} b [00:12] c {ASSET} d \ue200cite\ue201.") == [
        "a ",
        ("chip", VREF),
        " b ",
        ("chip", "[00:12]"),
        " c ",
        ("chip", ASSET),
        " d .",
    ]


def test_chips_stand_inside_looks_and_links() -> None:
    assert runs_of(f"**a {VREF} b** [c {VREF} d](http://x.com)") == [
        ("a ", "strong"),
        ("chip", VREF),
        (" b", "strong"),
        " ",
        ("c ", "http://x.com"),
        ("chip", VREF),
        (" d", "http://x.com"),
    ]


def test_code_keeps_bare_times_and_ids() -> None:
    assert runs_of(f"`[00:12] {ASSET}`") == [(f"[00:12] {ASSET}", "code")]
    assert runs_of(f"`{ASSET}`") == [("chip", f"`{ASSET}`")]
    assert runs_of(f"`a {VREF}`") == [("a ", "code"), ("chip", VREF)]


def test_address_keeps_an_id_and_ends_at_a_tag() -> None:
    assert runs_of(f"https://a.b/?id={ASSET}") == [(f"https://a.b/?id={ASSET}", f"https://a.b/?id={ASSET}")]
    assert runs_of(f"https://a.b{VREF}") == [("https://a.b", "https://a.b"), ("chip", VREF)]


def test_time_behind_a_link_is_a_chip() -> None:
    assert runs_of("[a](https://x.com)[00:12]") == [("a", "https://x.com"), ("chip", "[00:12]")]


def test_tag_in_a_target_stays_in_it() -> None:
    assert runs_of(f"[a](<https://x.com/[00:12]/{ASSET}>)") == [("a", f"https://x.com/[00:12]/{ASSET}")]


def test_chips_in_a_fence() -> None:
    block = code(f"x = 1  # {VREF}\ny = [00:12]", "python")
    runs = block_runs(block, NOTHING)
    assert shown_text(runs) == f"x = 1  # {CHIP}\ny = [00:12]"
    assert ("1", "number") in [(run.text.strip(), run.role) for run in runs if isinstance(run, TextRun)]
    (chip,) = [run for run in runs if isinstance(run, ChipRun)]
    assert chip.citation.item_id == "ksi_65f"


def test_chips_inside_json_strings() -> None:
    tag = VREF.replace('"', '\\"')
    runs = block_runs(code(f'{{"answer": "seen {tag} there"}}', "json"), NOTHING)
    assert shown_text(runs) == f'{{"answer": "seen {CHIP} there"}}'
    assert [run.citation.start_s for run in runs if isinstance(run, ChipRun)] == [134.0]


def test_colours_go_on_in_the_next_block_of_a_fence() -> None:
    highlighter = Highlighter("python")
    block_runs(code('x = """a', "python"), NOTHING, highlighter)
    assert block_runs(code("def", "python"), NOTHING, highlighter) == [TextRun("def", role="string")]
    assert block_runs(code("def", "python"), NOTHING) == [TextRun("def", role="keyword")]


def test_open_code_is_plain_and_holds_only_tags_back() -> None:
    assert block_runs(code("x = 1 <vref id", is_open=True), NOTHING) == [TextRun("x = 1 ")]
    assert block_runs(code("def", "python", is_open=True), NOTHING) == [TextRun("def")]


def test_private_characters_of_the_text_are_no_chips() -> None:
    assert runs_of(f"\U000f0000 {VREF} &#xF0000; &#xFFFC;") == ["\ufffd ", ("chip", VREF), " \ufffd \ufffd"]


def test_cell_has_chips() -> None:
    assert said(cell_runs(Cell(f"**a** {VREF}", 7), NOTHING)) == [("a", "strong"), " ", ("chip", VREF)]


# -- annotations ------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", ["", "漢字と", "👩‍👩‍👧 ", "e\u0301 👍🏽 "])
def test_annotation_counts_code_points_both_ends_included(before: str) -> None:
    text = f"{before}seen 【1】 there"
    context = InlineContext({}, [over(text, "【1】")])
    assert said(block_runs(paragraph(text), context)) == [f"{before}seen ", ("chip", "【1】"), " there"]


def test_annotations_of_one_span_all_have_a_chip() -> None:
    text = "a 【1】 b"
    context = InlineContext({}, [over(text, "【1】", "one"), over(text, "【1】", "two")])
    runs = block_runs(paragraph(text), context)
    assert [run.citation.title for run in runs if isinstance(run, ChipRun)] == ["one", "two"]
    assert shown_text(runs) == f"a {CHIP}{CHIP} b"


def test_annotation_is_found_behind_container_marks() -> None:
    text = "> one 【1】\n> two 【2】"
    context = InlineContext({}, [over(text, "【2】")])
    block = quoted("one 【1】\ntwo 【2】")
    assert said(block_runs(block, context)) == ["one 【1】 two ", ("chip", "【2】")]


def test_annotation_over_two_lines_is_one_chip() -> None:
    text = "> a see\n> this b"
    context = InlineContext({}, [over(text, "see\n> this")])
    assert said(block_runs(quoted("a see\nthis b"), context)) == ["a ", ("chip", "see\nthis"), " b"]


def test_annotation_over_two_blocks_hides_nothing_and_shows_in_the_last() -> None:
    first, second = "one two", "three four"
    text = f"{first}\n\n{second}"
    context = InlineContext({}, [over(text, "two\n\nthree")])
    assert said(block_runs(paragraph(first), context)) == [first]
    runs = block_runs(paragraph(second, len(first) + 2), context)
    assert shown_text(runs) == f"three{CHIP} four"


def test_annotation_that_ends_between_blocks_is_trimmed_to_the_first() -> None:
    text = "one two\n\nthree"
    annotations = trimmed([over(text, "two\n\n")], text)
    assert [(each.start_index, each.end_index) for each in annotations] == [(4, 6)]
    assert said(block_runs(paragraph("one two"), InlineContext({}, annotations))) == ["one ", ("chip", "two")]


def test_annotation_in_a_cell() -> None:
    text = "| a | b 【1】 |"
    context = InlineContext({}, [over(text, "【1】")])
    assert said(cell_runs(Cell("a", 2), context)) == ["a"]
    assert said(cell_runs(Cell("b 【1】", 6), context)) == ["b ", ("chip", "【1】")]
    text = "| a \\| b 【1】 |"
    context = InlineContext({}, [over(text, "【1】")])
    assert said(cell_runs(Cell("a | b 【1】", 2), context)) == ["a | b ", ("chip", "【1】")]


def test_annotation_in_code_and_formula() -> None:
    text = "x = 1 # 【1】"
    context = InlineContext({}, [over(text, "【1】")])
    assert shown_text(block_runs(code(text, "python"), context)) == f"x = 1 # {CHIP}"
    formula = Block(BlockKind.MATH, 0, 5, "x^2+1", lines=((0, 0),))
    assert said(block_runs(formula, InlineContext({}, [annotation(0, 2)]))) == [
        ("x²+1", "math"),
        ("chip", "x^2"),
    ]


@pytest.mark.parametrize(("first", "last"), [(-5, -1), (5, 2), (90, 99), (-3, 400), (0, 0)])
def test_odd_annotations_hide_no_text(first: int, last: int) -> None:
    runs = block_runs(paragraph("some text"), InlineContext({}, [annotation(first, last)]))
    assert "ome text" in shown_text(runs)


# -- formulas ---------------------------------------------------------------------------------------


def test_formulas_and_prices() -> None:
    assert runs_of("It is $x^2$ for $5 and $10, US$3 a$b$c.") == [
        "It is ",
        ("x²", "math"),
        " for $5 and $10, US$3 a$b$c.",
    ]
    assert runs_of(r"\(a_i\) \[b=1\] $$c$$") == [("aᵢ", "math"), " ", ("b=1", "math"), " ", ("c", "math")]


def test_code_wins_over_a_formula() -> None:
    assert runs_of("`$x$` and $a `b$ c`") == [("$x$", "code"), " and $a ", ("b$ c", "code")]


def test_formula_that_cannot_be_read_stays_as_it_came() -> None:
    assert runs_of(r"a $\frob{x}$ b") == ["a ", (r"$\frob{x}$", "math"), " b"]
    assert runs_of(r"see \[1\]") == ["see [1]"]


def test_formula_block() -> None:
    tex = r"\begin{aligned}a &= b\\ c &= d\end{aligned}"
    block = Block(BlockKind.MATH, 0, len(tex), tex, lines=((0, 0),))
    assert block_runs(block, NOTHING) == [TextRun(f"a = b{LINE_BREAK}c = d", Style.MATH)]
    assert plain_text(block, NOTHING, label) == "a = b\nc = d"


# -- text that means harm ---------------------------------------------------------------------------


def test_controls_are_not_passed_on() -> None:
    text = shown_text(block_runs(paragraph("a\x00b\x1b[0m\x7f\x85\ud800\ufffcc\u2029d"), NOTHING))
    assert text == f"a\ufffdb\ufffd[0m\ufffd\ufffd\ufffd\ufffdc{LINE_BREAK}d"
    text.encode("utf-8")


@pytest.mark.parametrize(
    ("content", "pops"),
    [
        ("a\u202eb", "\u202c"),
        ("a\u2067b\u202ec", "\u202c\u2069"),
        ("a\u2067b\u2069 c", ""),
        ("a\u202eb\u202c", ""),
        ("&#x202E;b", "\u202c"),
    ],
)
def test_bidi_ends_with_its_block(content: str, pops: str) -> None:
    text = shown_text(block_runs(paragraph(content), NOTHING))
    assert text.endswith((f"b{pops}", f"c{pops}") if pops else content)


def test_long_words_can_break_and_are_copied_whole() -> None:
    block = paragraph("x" * (2 * LONGEST_WORD + 10))
    words = shown_text(block_runs(block, NOTHING)).split("\u200b")
    assert [len(word) for word in words] == [LONGEST_WORD, LONGEST_WORD, 10]
    assert plain_text(block, NOTHING, label) == block.content


def test_long_word_of_many_looks_can_break() -> None:
    content = "aaaa`b`" * LONGEST_WORD
    text = shown_text(block_runs(paragraph(content[:7_000]), NOTHING))
    assert max(map(len, text.split("\u200b"))) <= LONGEST_WORD


def test_piles_of_marks_are_cut() -> None:
    assert shown("a" + "\u0301" * 5_000 + "b") == "a" + "\u0301" * LONGEST_MARKS + "b"


@pytest.mark.parametrize("content", ["**a** " * (LONGEST_MARKUP // 6 + 1), "[" * (MOST_BRACKETS + 1)])
def test_content_beyond_bounds_is_plain_but_has_its_chips(content: str) -> None:
    runs = block_runs(paragraph(content + VREF), NOTHING)
    assert [run.style for run in runs if isinstance(run, TextRun)] == [Style.PLAIN]
    assert isinstance(runs[-1], ChipRun)


@settings(max_examples=150, deadline=None)
@given(
    st.text(st.one_of(st.sampled_from("*_`[]()<>!\\$&~ \n|:/a0@.\u202e\u2067"), st.characters()), max_size=60)
)
def test_any_text_can_be_shown(content: str) -> None:
    for is_open in (False, True):
        text = shown_text(block_runs(paragraph(content, is_open=is_open), NOTHING))
        text.encode("utf-8")
        assert "\x00" not in text


@settings(max_examples=60, deadline=None)
@given(st.text("ab *_`漢👩", max_size=30), st.integers(-2, 32), st.integers(-2, 32))
def test_each_annotation_in_a_block_is_a_chip(content: str, first: int, last: int) -> None:
    runs = block_runs(paragraph(content), InlineContext({}, [annotation(first, last)]))
    chips = [run for run in runs if isinstance(run, ChipRun)]
    assert len(chips) == (0 <= last <= len(content) and first <= last)


# -- plain text -------------------------------------------------------------------------------------


def test_plain_text_of_a_table() -> None:
    block = Block(
        BlockKind.TABLE,
        0,
        40,
        rows=((Cell("**a**", 2), Cell("b", 10)), (Cell(f"c {VREF}", 20), Cell("d<br>e", 70))),
    )
    assert plain_text(block, NOTHING, label) == "a\tb\nc [ksi_65f]\td e"


def test_plain_text_of_an_open_table_is_calm_at_its_end() -> None:
    block = Block(BlockKind.TABLE, 0, 9, rows=((Cell("**a", 2), Cell("**so", 5)),), is_open=True)
    assert plain_text(block, NOTHING, label) == "**a\tso"


def test_plain_text_of_code_is_the_code() -> None:
    assert plain_text(code("\tif x:\n\n  y", "python"), NOTHING, label) == "\tif x:\n\n  y"


def test_a_cell_is_read_anew_once_its_link_is_defined() -> None:
    references: dict[str, dict[str, str]] = {}
    context = InlineContext(references)
    cell = Cell("[a]", 0)
    assert cell_runs(cell, context) == [TextRun("[a]")]
    references["A"] = {"href": "https://a.example", "title": ""}
    assert cell_runs(cell, context) == [TextRun("a", href="https://a.example")]
    assert cell_runs(cell, context) is cell_runs(Cell("[a]", 0), context)
    assert cell_runs(Cell("[a", 0), context, is_open=True) != cell_runs(Cell("[a", 0), context)
