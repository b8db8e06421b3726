"""JSON answers as code: laid out while they grow, whole whatever is wrong with them."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trackside.markup.blocks import Block, BlockKind
from trackside.markup.json_reader import JsonReader, looks_like_json

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=25,
)
scraps = st.lists(
    st.sampled_from(
        [
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            '"',
            "\\",
            "word",
            " ",
            "\n",
            '"key": ',
            "12",
            "\r\n",
            "\0",
            "\ud800",
            "😀",
        ]
    ),
    max_size=30,
).map("".join)


def read(source: str) -> list[Block]:
    reader = JsonReader()
    reader.feed(source)
    reader.finish()
    while reader.read():
        pass
    return reader.closed


def text_of(blocks: list[Block]) -> str:
    return "".join(
        ("" if block.is_first or block.continues_line else "\n") + block.content for block in blocks
    )


def check_growth(source: str) -> None:
    whole = read(source)
    reader = JsonReader()
    for end, char in enumerate(source, 1):
        reader.feed(char)
        assert not reader.read()
        shown = [*reader.closed, *reader.open_blocks()]
        assert reader.closed == whole[: len(reader.closed)]
        assert text_of(whole).startswith(text_of(shown))
        assert all(block.end <= end for block in shown)
    reader.finish()
    assert not reader.read()
    assert reader.closed == whole
    assert reader.open_blocks() == []


def without_space(text: str) -> str:
    return "".join(text.replace("\0", "\ufffd").replace("\ud800", "\ufffd").split())


def test_each_member_stands_on_its_own_line() -> None:
    (block,) = read('{"a":1,"b":[true, {}],"c":{"d":[ ]} }')
    assert block.content == '{\n  "a": 1,\n  "b": [\n    true,\n    {}\n  ],\n  "c": {\n    "d": []\n  }\n}'
    assert (block.kind, block.language, block.is_last) == (BlockKind.CODE, "json", True)


def test_a_cut_answer_shows_all_that_came() -> None:
    (block,) = read('{"text": "half a sen')
    assert block.content == '{\n  "text": "half a sen'


@pytest.mark.parametrize(
    ("source", "content"),
    [
        ('{"a": 1]} and more\n  text', '{\n  "a": 1\n]} and more\n  text'),
        ('{"a" "b" tru e}', '{\n  "a" "b" tru e\n}'),
        ("[1]\n\nNote: done", "[\n  1\n]\nNote: done"),
        ("no json", "no\njson"),
    ],
)
def test_what_is_no_json_is_kept_as_it_came(source: str, content: str) -> None:
    assert text_of(read(source)) == content


@given(values, st.sampled_from([None, 1, "\t"]))
@settings(max_examples=60, deadline=None)
def test_laying_out_changes_no_value(value: object, indent: int | str | None) -> None:
    source = json.dumps(value, ensure_ascii=False, indent=indent)
    assert json.loads(text_of(read(source))) == value
    check_growth(source)


@given(scraps)
@settings(max_examples=100, deadline=None)
def test_nothing_is_lost_of_anything(source: str) -> None:
    assert without_space(text_of(read(source))) == without_space(source)
    check_growth(source)


@given(values)
@settings(max_examples=40, deadline=None)
def test_a_place_in_the_source_is_found_in_the_content(value: object) -> None:
    source = json.dumps({"x": value, "long": ["word"] * 300, "end": "e" * 5000}, ensure_ascii=False)
    for block in read(source):
        ends = [at for at, _ in block.lines[1:]] + [len(block.content)]
        for (at, place), end in zip(block.lines, ends, strict=True):
            text = block.content[at:end].rstrip(" \n")
            assert source[place : place + len(text)] == text


def test_long_answers_come_in_segments_that_touch() -> None:
    source = json.dumps({"words": ["word"] * 500, "text": "x" * 9000})
    blocks = read(source)
    assert text_of(blocks) == json.dumps(json.loads(source), indent=2)
    assert [block.is_first for block in blocks] == [True] + [False] * (len(blocks) - 1)
    assert [block.is_last for block in blocks] == [False] * (len(blocks) - 1) + [True]
    assert {block.group for block in blocks} == {0}
    assert max(len(block.content) for block in blocks) < 7000


def test_deep_nesting_indents_only_so_far() -> None:
    blocks = read("[" * 20_000)
    assert max(len(line) for block in blocks for line in block.content.split("\n")) < 100


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("", None),
        (" \n", None),
        ("{", None),
        ("[ ", None),
        ('{"', True),
        ('{ "', True),
        ("{\n", True),
        ("[{", True),
        ('  ["', True),
        ("[\r\n", True),
        ("{}", True),
        ("[00:12] Kickoff", False),
        ("[link](a)", False),
        ("{word", False),
        ("Text", False),
    ],
)
def test_json_is_known_by_its_first_characters(text: str, answer: bool | None) -> None:
    assert looks_like_json(text) is answer
