"""The reader on growing texts: it says the same whichever way a text comes, and takes nothing back."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trackside.markup.blocks import Block
from trackside.markup.reader import BlockReader

EXAMPLES: list[str] = json.loads(
    (Path(__file__).parents[1] / "fixtures" / "commonmark.json").read_text("utf-8")
)

_SCRAPS = [
    "- ", "* ", "1. ", "7) ", "> ", ">", "# ", "```", "~~~py", "    ", "  ", "\t", "---", "===", "- [ ] ",
    "| a | b |", "|---|:-:|", "| 1 \\| | 2 |", "[a]: /b", "[00:12]: Kickoff", '"title"', "$$", "\\[", "\\]",
    "word", "😀", "视频。", "a|b", "<vref id='x' />", "\\", "`", "**", "\0", "\ud800", "\u2028", "\x0b",
]  # fmt: skip
_ENDS = ["\n", "\n", "\n", "\n\n", "\r\n", "\r", ""]

lines = st.builds(
    lambda scraps, end: "".join(scraps) + end,
    st.lists(st.sampled_from(_SCRAPS), max_size=5),
    st.sampled_from(_ENDS),
)
texts = st.lists(lines, max_size=14).map("".join)


def read_at_once(source: str) -> BlockReader:
    reader = BlockReader()
    reader.feed(source)
    reader.finish()
    while reader.read():
        pass
    return reader


def check_growth(source: str) -> None:
    """Streams a text a character at a time; at each prefix only what stays is closed."""
    whole = read_at_once(source)
    reader = BlockReader()
    for end, char in enumerate(source, 1):
        reader.feed(char)
        while reader.read(limit=1):
            pass
        assert reader.closed == whole.closed[: len(reader.closed)]
        check_places(reader.open_blocks(), source[:end], is_open=True)
    reader.finish()
    while reader.read(limit=1):
        pass
    assert reader.closed == whole.closed
    assert reader.references == whole.references
    assert reader.open_blocks() == []
    check_places(reader.closed, source, is_open=False)


def check_places(blocks: list[Block], source: str, *, is_open: bool) -> None:
    """Blocks follow each other, and what they show stands where they say."""
    for before, block in pairwise(blocks):
        assert before.end <= block.start
    for block in blocks:
        assert block.is_open == is_open
        assert 0 <= block.start <= block.end <= len(source)
        places = block.line_places()
        ends = [*[at for at, _ in places[1:]], len(block.content) + 1]
        for (at, place), end in zip(places, ends, strict=True):
            text = block.content[at : end - 1].lstrip(" ")
            place += end - 1 - at - len(text)
            shown = source[place : place + len(text)].replace("\0", "\ufffd").replace("\ud800", "\ufffd")
            assert shown == text


@pytest.mark.parametrize("number", range(0, len(EXAMPLES), 50))
def test_the_examples_of_the_standard_a_character_at_a_time(number: int) -> None:
    for example in EXAMPLES[number : number + 50]:
        check_growth(example)


@given(texts)
@settings(max_examples=150, deadline=None)
def test_any_text_a_character_at_a_time(source: str) -> None:
    check_growth(source)


@given(st.lists(st.sampled_from(EXAMPLES), min_size=2, max_size=4), st.sampled_from(["", "> ", "  ", "- "]))
@settings(max_examples=25, deadline=None)
def test_examples_one_after_another_inside_something(examples: list[str], prefix: str) -> None:
    check_growth("\r\n".join(prefix + line for line in "".join(examples).split("\n")))


nested = st.recursive(
    st.sampled_from(
        [
            "Some *words* 😀\nover two lines",
            "## Heading",
            "```py\nx = 1\n\n  - no item\n```",
            "| a | b |\n|---|--:|\n| 1 | 视频 |",
            "$$\nx = 1\n- 2\n$$",
            "\\[ no end",
            "Title\n===",
            "    code\n\n    more",
            "[label]: /target\n'title'\n[other]: <x>",
        ]
    ),
    lambda inner: st.builds(
        lambda parts, mark: _inside("\n\n".join(parts), mark),
        st.lists(inner, min_size=1, max_size=3),
        st.sampled_from(["> ", "- ", "- [x] ", "1. ", "10) ", ">", "\t", "-\t"]),
    ),
    max_leaves=5,
)


def _inside(text: str, mark: str) -> str:
    rest = mark if mark in (">", "> ", "\t") else " " * len(mark.replace("[x] ", ""))
    first, *others = text.split("\n")
    return "\n".join([mark + first, *(rest + line for line in others)])


@given(st.lists(nested, min_size=1, max_size=3), st.sampled_from(["\n", "\r\n", "\r"]))
@settings(max_examples=50, deadline=None)
def test_nested_blocks_a_character_at_a_time(parts: list[str], end: str) -> None:
    check_growth("\n\n".join(parts).replace("\n", end))


GIANTS = {
    "a paragraph on one line": "Words go on, and on. " * 3000,
    "a paragraph without spaces": "x" * 40_000,
    "a paragraph of lines": "Words go on, and on\n" * 3000,
    "a paragraph of spaces": "a" + " " * 30_000 + "b",
    "a quotation on one line": "> " + "Words go on, and on. " * 2000,
    "a fence": "```\n" + "x = 1\n" * 5000,
    "a line in a fence": "```\n" + "x" * 40_000 + "\n```\nend",
    "indented code": "    x = 1\n\n" * 3000,
    "a table": "| a |\n|---|\n" + "| 1 |\n" * 5000,
    "a table that would grow": "|a" * 1000 + "|\n" + "|-" * 1000 + "|\n" + "a\n" * 500,
    "a list": "- a\n" * 5000,
    "empty items": "-\n" * 5000,
    "deep quotations": ("> " * 400 + "a\n") * 20,
    "deep lists": "".join("  " * depth + "- a\n" for depth in range(90)),
    "definitions": "[a]: b\n" * 3000,
    "brackets": "[" * 20_000,
    "half definitions": "[a\n" * 5000,
    "formulas without an end": "$$ a\n\\[ b\n" * 1500,
    "white space": " " * 30_000 + "\n" * 3000 + "\t" * 3000,
    "a heading": "# " + "x " * 10_000,
    "NULs": "\0" * 30_000,
    "carriage returns": "a\r" * 5000,
}


@pytest.mark.parametrize("name", GIANTS)
def test_giants_come_in_parts_whichever_way_they_are_fed(name: str) -> None:
    source = GIANTS[name]
    whole = read_at_once(source)
    reader = BlockReader()
    open_sizes = []
    for start in range(0, len(source), 977):
        reader.feed(source[start : start + 977])
        reader.read(limit=1_000_000)
        assert reader.closed == whole.closed[: len(reader.closed)]
        shown = reader.open_blocks()
        open_sizes.append(sum(block.end - block.start for block in shown))
    reader.finish()
    while reader.read(limit=100):
        pass
    assert reader.closed == whole.closed
    assert max(open_sizes) < 16_000
    assert all(len(block.content) < 9_000 for block in whole.closed)


def test_a_read_stops_at_its_limit() -> None:
    reader = BlockReader()
    reader.feed("Some words\n\n" * 1000)
    assert reader.read(limit=1000)
    assert 0 < len(reader.closed) < 100
