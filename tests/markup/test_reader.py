"""The reader's blocks, and how calm the open end of a text looks."""

import pytest

from trackside.markup.blocks import Block, BlockKind, Cell, Container
from trackside.markup.reader import BlockReader


def read(source: str) -> list[Block]:
    reader = BlockReader()
    reader.feed(source)
    reader.finish()
    while reader.read():
        pass
    return reader.closed


def shown(source: str) -> list[tuple[str, str]]:
    """Kind and content of all that is to be seen of a text that goes on."""
    reader = BlockReader()
    reader.feed(source)
    while reader.read():
        pass
    return [(block.kind.name, block.content) for block in [*reader.closed, *reader.open_blocks()]]


# -- blocks ----------------------------------------------------------------------------------------


def test_blocks_say_where_they_stand() -> None:
    source = "😀 one\ntwo\r\n\r\n> - three\r\n>   four\n"
    first, second = read(source)
    assert source[first.start : first.end] == "😀 one\ntwo"
    assert first.line_places() == ((0, 0), (6, 6))
    assert source[second.start : second.end] == "> - three\r\n>   four"
    assert second.content == "three\nfour"
    assert [source[place : place + 4] for _, place in second.line_places()] == ["thre", "four"]
    assert (first.follows_gap, second.follows_gap) == (False, True)


def test_containers_show_their_marker_once() -> None:
    first, second, third = read("- a\n\n  b\n- > c")
    assert first.containers == (Container("•", is_item=True, starts=True),)
    assert second.containers == (Container("•", is_item=True, starts=False),)
    assert third.containers == (
        Container("•", is_item=True, starts=True),
        Container("", is_item=False, starts=True),
    )


def test_ordered_lists_count_from_their_first_number() -> None:
    markers = [block.containers[-1].marker for block in read("3. a\n3. b\n\n9. c\n1) d\n7) e")]
    assert markers == ["3.", "4.", "5.", "1)", "2)"]


def test_another_block_ends_the_counting() -> None:
    blocks = read("1. a\n\nwords\n\n1. b")
    assert [block.containers[-1].marker for block in blocks if block.containers] == ["1.", "1."]


def test_tasks_have_boxes() -> None:
    open_task, done, text = read("- [ ] open\n- [X] done\n- [ ]")
    assert (open_task.containers[0].marker, open_task.content, open_task.lines) == ("☐", "open", ((0, 6),))
    assert (done.containers[0].marker, done.content) == ("☑", "done")
    assert (text.containers[0].marker, text.content) == ("•", "[ ]")


def test_empty_items_and_quotations_are_seen() -> None:
    blocks = read("-\n- a\n\n>\n")
    assert [(block.content, len(block.containers)) for block in blocks] == [("", 1), ("a", 1), ("", 1)]
    assert all(block.containers[0].starts for block in blocks)


def test_cells_stand_where_they_say() -> None:
    source = "> | a | 😀 |\n> |:--|--:|\n> | `x\\|y` |\n"
    (table,) = read(source)
    assert table.alignments == ("left", "right")
    assert table.rows == (
        (Cell("a", 4), Cell("😀", 8)),
        (Cell("`x|y`", source.index("`")), Cell("", len(source) - 1)),
    )


def test_a_long_table_has_its_header_once() -> None:
    blocks = read("| n |\n|---|\n" + "".join(f"| {n} |\n" for n in range(40)))
    assert [len(block.rows) for block in blocks] == [5, *[4] * 9]
    assert [(block.is_first, block.is_last, block.group) for block in blocks] == [
        (True, False, 0),
        *[(False, False, 0)] * 8,
        (False, True, 0),
    ]
    assert [cell.content for block in blocks for (cell,) in block.rows] == ["n", *map(str, range(40))]


def test_a_long_fence_loses_no_line() -> None:
    code = "\n".join(f"line {n}" for n in range(100))
    blocks = read(f"- ```py\n  {code.replace(chr(10), chr(10) + '  ')}\n  ```\n")
    assert "\n".join(block.content for block in blocks) == code
    assert [block.containers[0].starts for block in blocks] == [True, False, False, False]
    assert {block.language for block in blocks} == {"py"}
    assert [block.is_last for block in blocks] == [False, False, False, True]


def test_a_long_line_of_code_is_parted_without_a_break() -> None:
    blocks = read("```\n" + "0123456789" * 1000 + "\nend\n```")
    text = "".join(("" if b.is_first or b.continues_line else "\n") + b.content for b in blocks)
    assert text == "0123456789" * 1000 + "\nend"


def test_a_long_paragraph_is_parted_at_the_end_of_a_sentence() -> None:
    sentence = "Here `a. B` is <vref id='x. Y' /> and **it. Goes** on. "
    blocks = read(sentence * 200)
    assert len(blocks) > 1
    assert all(block.content.startswith("Here") and block.content.endswith("on.") for block in blocks)
    assert " ".join(block.content for block in blocks) == (sentence * 200).strip()
    assert not any(block.continues_line for block in blocks)


def test_a_giant_word_is_parted_somewhere() -> None:
    blocks = read("x" * 20_000)
    assert "".join(block.content for block in blocks) == "x" * 20_000
    assert [block.continues_line for block in blocks] == [False] + [True] * (len(blocks) - 1)


def test_deep_nesting_ends_in_text() -> None:
    (block,) = read("> " * 50 + "word")
    assert len(block.containers) == 20
    assert block.content.endswith("> > word")


# -- formulas and definitions ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "tex"),
    [
        ("$$x$$", "x"),
        ("$$\nx\n= 1\n- 2\n$$", "x\n= 1\n- 2"),
        ("\\[ a\n# b \\]", "a\n# b"),
        ("- $$\n  x\n  $$", "x"),
        ("words\n$$\nx\n$$\nwords", "x"),
        ("> ```\n> code\n$$\nx\n$$", "x"),
    ],
)
def test_formulas(source: str, tex: str) -> None:
    formulas = [block for block in read(source) if block.kind is BlockKind.MATH]
    assert [block.content for block in formulas] == [tex]
    assert source[formulas[0].line_places()[0][1]] == tex[0]


@pytest.mark.parametrize("source", ["$$\nx", "$$\nx\n\n$$", "$$x$$ is it", "\\[\na \\] b\n", "> $$\nx\n$$ y"])
def test_what_has_no_end_is_no_formula(source: str) -> None:
    assert not any(block.kind is BlockKind.MATH for block in read(source))


def test_lines_of_a_formula_without_an_end_are_read_as_ever() -> None:
    assert [block.kind.name for block in read("$$\n- a\n# b\n\nc")] == [
        "PARAGRAPH",
        "PARAGRAPH",
        "HEADING",
        "PARAGRAPH",
    ]


def test_definitions_are_known_and_unseen() -> None:
    reader = BlockReader()
    reader.feed("[A b]: /url\n'title'\n[c]: <d e>\nwords")
    reader.finish()
    while reader.read():
        pass
    assert reader.references == {
        "A B": {"title": "title", "href": "/url"},
        "C": {"title": "", "href": "d%20e"},
    }
    assert [block.content for block in reader.closed] == ["words"]


@pytest.mark.parametrize("line", ["[00:12]: Kickoff", "[00:00-00:09]: word", "[a]: javascript:x"])
def test_a_time_is_no_label(line: str) -> None:
    assert [block.content for block in read(line)] == [line]


# -- the open end ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    ["-", "- ", "==", "#", "## ", ">", "1", "12.", "``", "```py", "~~~", "| a | b", "|", "$$", "\\", "* *",
     "- [", "- [x", "- [ ]", "- ```p", "[label]: /tar", "[label]:", "> "],
)  # fmt: skip
def test_what_may_become_a_mark_is_held_back(line: str) -> None:
    assert shown(f"words\n\n{line}") == [("PARAGRAPH", "words")]


@pytest.mark.parametrize("line", ["-", "===", "--", "| a", "`", "1", "| a | b |\n", "| a | b |\n|--"])
def test_what_may_change_a_paragraph_is_held_back(line: str) -> None:
    assert shown(f"words\n{line}") == [("PARAGRAPH", "words")]


def test_text_is_shown_as_soon_as_it_is_text() -> None:
    assert shown("- i") == [("PARAGRAPH", "i")]
    assert shown("**b") == [("PARAGRAPH", "**b")]
    assert shown("words\n| a\nmore") == [("PARAGRAPH", "words\n| a\nmore")]
    assert shown("[00:12]: Kick") == [("PARAGRAPH", "[00:12]: Kick")]


def test_an_open_fence_is_code_already() -> None:
    assert shown("```py\n") == [("CODE", "")]
    assert shown("```py\nx = 1\n``") == [("CODE", "x = 1")]
    assert shown("```py\nx = 1\n- 2") == [("CODE", "x = 1\n- 2")]
    assert shown("```py\nx = 1\n--") == [("CODE", "x = 1\n--")]


def test_an_open_formula_is_one_already() -> None:
    assert shown("$$\nx =") == [("MATH", "x =")]


def test_an_unfinished_row_is_held_back() -> None:
    reader = BlockReader()
    reader.feed("| a |\n|---|\n| 1 |\n| half")
    reader.read()
    (table,) = reader.open_blocks()
    assert table.is_open
    assert [cell.content for (cell,) in table.rows] == ["a", "1"]


def test_open_definitions_are_unseen() -> None:
    assert shown("[label]: /target\n") == []


def test_all_is_closed_in_the_end() -> None:
    reader = BlockReader()
    reader.feed("words\n\n- ")
    reader.read()
    assert [block.content for block in reader.closed] == ["words"]
    reader.finish()
    assert not reader.read()
    assert [block.content for block in reader.closed] == ["words", ""]
    assert reader.open_blocks() == []


def test_lines_that_stand_as_in_the_source_are_not_listed() -> None:
    alone, inside = read("one\ntwo\n\n- three\n  four\n")
    assert alone.lines == ()
    assert alone.line_places() == ((0, 0), (4, 4))
    assert inside.lines == inside.line_places() == ((0, 11), (6, 19))
    (code,) = read("```\na\nb\n```\n")
    assert code.lines == ((0, 4),)
    assert code.line_places() == ((0, 4), (2, 6))
