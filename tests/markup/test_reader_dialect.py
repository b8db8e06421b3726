"""The reader against markdown-it-py: the same blocks, whichever way the text comes."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from markdown_it.common.utils import unescapeAll
from markdown_it.token import Token

from trackside.markup.blocks import Block
from trackside.markup.reader import BlockReader

EXAMPLES: list[str] = json.loads(
    (Path(__file__).parents[1] / "fixtures" / "commonmark.json").read_text("utf-8")
)
Shape = tuple[Any, ...]


# -- what markdown-it makes of it ------------------------------------------------------------------


def markdown_it_shapes(source: str) -> tuple[list[Shape], dict[str, Any]]:
    """The blocks of markdown-it's own parse, without places."""
    md = MarkdownIt("commonmark", {"html": False, "maxNesting": 1000}).enable("table")
    env: dict[str, Any] = {}
    walk = _Walk()
    for token in md.parse(source, env):
        walk.take(token)
    references = {
        label: {"title": one["title"], "href": one["href"]}
        for label, one in env.get("references", {}).items()
    }
    return walk.shapes, references


class _Walk:
    def __init__(self) -> None:
        self.shapes: list[Shape] = []
        self._lists: list[list[Any]] = []
        self._inside: list[list[Any]] = []
        self._rows: list[tuple[str, ...]] = []
        self._alignments: list[str] = []
        self._in_table = False
        self._kind = ""

    def take(self, token: Token) -> None:
        match token.type:
            case "bullet_list_open":
                self._lists.append([None, ""])
            case "ordered_list_open":
                self._lists.append([int(token.attrs.get("start", 1)), token.markup])
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
            case "list_item_open":
                number, delimiter = self._lists[-1]
                marker = "•" if number is None else f"{number}{delimiter}"
                if number is not None:
                    self._lists[-1][0] += 1
                self._inside.append([marker, True, True])
            case "blockquote_open":
                self._inside.append(["", False, True])
            case "list_item_close" | "blockquote_close":
                if self._inside[-1][2]:
                    self._put("PARAGRAPH")
                self._inside.pop()
            case "paragraph_open":
                self._kind = "PARAGRAPH"
            case "heading_open":
                self._kind = "HEADING" + token.tag[1]
            case "table_open":
                self._in_table, self._rows, self._alignments = True, [], []
            case "table_close":
                self._in_table = False
                columns = len(self._rows[0])
                self._put("TABLE", tuple(self._rows), tuple(self._alignments[:columns]))
            case "tr_open":
                self._rows.append(())
            case "th_open":
                self._alignments.append(str(token.attrs.get("style", "")).removeprefix("text-align:"))
            case "inline" if self._in_table:
                self._rows[-1] += (token.content.strip(),)
            case "inline":
                self._put(self._kind, self._text(token.content))
            case "fence":
                words = unescapeAll(token.info).split()
                self._put("CODE", token.content.removesuffix("\n"), words[0] if words else "")
            case "code_block":
                self._put("CODE", token.content.removesuffix("\n"), "")
            case "hr":
                self._put("RULE")

    def _text(self, content: str) -> str:
        text = tidy(content)
        if self._kind == "PARAGRAPH" and self._inside and self._inside[-1][1] and self._inside[-1][2]:
            for box, marker in (("[ ]", "☐"), ("[x]", "☑"), ("[X]", "☑")):
                if text.startswith((box + " ", box + "\t")) and text.split("\n")[0][3:].strip():
                    self._inside[-1][0] = marker
                    text = text[3:].lstrip(" \t")
        return text

    def _put(self, kind: str, *rest: Any) -> None:
        self.shapes.append((kind, tuple(tuple(one) for one in self._inside), *rest))
        for one in self._inside:
            one[2] = False


def tidy(content: str) -> str:
    """Spaces before and after the lines mean nothing to a paragraph, but two at a line's end."""
    return "\n".join(line.lstrip(" \t") for line in content.strip().split("\n"))


# -- what the reader makes of it -------------------------------------------------------------------


def read(source: str) -> BlockReader:
    reader = BlockReader()
    reader.feed(source)
    reader.finish()
    while reader.read():
        pass
    return reader


def shapes(blocks: list[Block]) -> list[Shape]:
    """The same of the reader's blocks, segments put together again."""
    found: list[Shape] = []
    for block in blocks:
        name = block.kind.name
        inside = tuple((one.marker, one.is_item, one.starts) for one in block.containers)
        rest: tuple[Any, ...] = ()
        if name == "CODE":
            rest = (block.content, block.language)
        elif name == "TABLE":
            rest = (tuple(tuple(cell.content for cell in row) for row in block.rows), block.alignments)
        elif name == "HEADING":
            name, rest = f"HEADING{block.level}", (tidy(block.content),)
        elif name == "PARAGRAPH" and (block.content or block.lines):
            rest = (tidy(block.content),)
        if block.is_first:
            found.append((name, inside, *rest))
        elif name == "TABLE":
            last = found[-1]
            found[-1] = (*last[:2], last[2] + rest[0], last[3])
        else:
            last = found[-1]
            found[-1] = (*last[:2], last[2] + "\n" + rest[0], *last[3:])
    return found


@pytest.mark.parametrize("number", range(0, len(EXAMPLES), 50))
def test_the_examples_of_the_standard_give_the_blocks_of_markdown_it(number: int) -> None:
    for example in EXAMPLES[number : number + 50]:
        reader = read(example)
        assert (shapes(reader.closed), reader.references) == markdown_it_shapes(example), example


# -- blocks in blocks ------------------------------------------------------------------------------

WORDS = ["alpha", "beta *x*", "`c`", "😀 y", "视频", "a b c", "[l](u)"]
CODE = ["alpha", "", "  ind", "- no", "# x", "> x"]
ROWS = ["| 1 | 2 |", "| x \\| y | |", "3 | 4", "| only"]
MARKS = ["- ", "* ", "1. ", "10. ", "-   ", "2) ", "+  ", "- [ ] ", "1. [x] "]


class Writer:
    """Writes Markdown as people do, with blocks in blocks and without an empty line between some."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def blocks(self, depth: int = 0) -> str:
        count = self._random.randint(1, 3)
        return self._random.choice(["\n\n", "\n\n", "\n"]).join(self._block(depth) for _ in range(count))

    def _lines(self, choices: list[str], least: int, most: int) -> str:
        return "\n".join(self._random.choices(choices, k=self._random.randint(least, most)))

    def _block(self, depth: int) -> str:
        word = self._random.choice(WORDS)
        match self._random.randint(0, 9 if depth < 4 else 6):
            case 0 | 1:
                return self._lines(WORDS, 1, 3)
            case 2:
                return "#" * self._random.randint(1, 6) + " " + word
            case 3:
                return f"```py\n{self._lines(CODE, 0, 4)}\n```"
            case 4:
                return f"| a | b |\n|---|:-:|\n{self._lines(ROWS, 1, 3)}"
            case 5 | 6:
                return self._random.choice(
                    ["---", "***", f"{word}\n---", f"{word}\n===", "    code\n\n      more", "~~~\ntil"]
                )
            case 7:
                mark = self._random.choice([">", "> "])
                return "\n".join(mark + line for line in self.blocks(depth + 1).split("\n"))
            case _:
                mark = self._random.choice(MARKS)
                items = (self._item(mark, depth) for _ in range(self._random.randint(1, 3)))
                return self._random.choice(["\n", "\n\n"]).join(items)

    def _item(self, mark: str, depth: int) -> str:
        first, *others = self.blocks(depth + 1).split("\n")
        indent = " " * len(mark.split("[")[0])
        return "\n".join([mark + first, *((indent + line).rstrip(" ") for line in others)])


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_blocks_in_blocks_are_those_of_markdown_it(end: str) -> None:
    for seed in range(250):
        source = Writer(seed).blocks().replace("\n", end)
        assert shapes(read(source).closed) == markdown_it_shapes(source)[0], source
