"""What an answer's text is made of: a flat list of blocks, each with the containers that it stands in."""

import re
from dataclasses import dataclass
from enum import Enum, auto

_LINE_FEED = re.compile("\n")


class BlockKind(Enum):
    """What sort of block it is. Lists and quotations are containers of blocks, not blocks."""

    PARAGRAPH = auto()
    HEADING = auto()
    CODE = auto()
    TABLE = auto()
    MATH = auto()
    RULE = auto()


@dataclass(frozen=True, slots=True)
class Container:
    """A quotation or a list item around a block.

    `marker` is what a list item shows before its first block: “•”, “3.”, “☐” or “☑” (a task); empty for
    a quotation. `starts` says that this block is the first of it, so that the marker stands beside it.
    """

    marker: str = ""
    is_item: bool = False
    starts: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A table's cell: inline Markdown, and where it stands in the source (code points)."""

    content: str
    start: int


@dataclass(frozen=True, slots=True)
class Block:
    """One block, in the order of reading. Positions are code points of the answer's text.

    `start` to `end` is what the block takes of the source, container marks included. `content` is inline
    Markdown of a paragraph or heading (its lines joined by a line feed), the text of code without its last
    line feed, or TeX. `lines` maps it, so that a span of the source can be found in it: a pair (position in
    `content`, position in the source) for each of its lines. Where they follow each other in the source as
    they do in `content`, the first pair is enough, and none if that is at `start`; see `line_places`.

    A long fence, table or paragraph comes in several blocks that share `group`; only the first of them
    `is_first` and, once it is closed, only the last `is_last`. A table's first segment has its header as
    its first row; later ones have rows of the body only.
    """

    kind: BlockKind
    start: int
    end: int
    content: str = ""
    containers: tuple[Container, ...] = ()
    lines: tuple[tuple[int, int], ...] = ()
    level: int = 0
    language: str = ""
    rows: tuple[tuple[Cell, ...], ...] = ()
    alignments: tuple[str, ...] = ()
    """Of a table's columns: "left", "center", "right", or "" where the source says nothing."""
    follows_gap: bool = False
    """Whether an empty line stands before it in the source."""
    group: int = 0
    """The `start` of the first segment."""
    is_first: bool = True
    is_last: bool = True
    is_open: bool = False
    """Whether more of the text may still change it."""
    continues_line: bool = False
    """Whether a segment begins in the midst of a word or line of code that the one before ends with."""

    def line_places(self) -> tuple[tuple[int, int], ...]:
        """`lines` in full: a pair for each line of `content`."""
        lines = self.lines or ((0, self.start),)
        if len(lines) > 1 or "\n" not in self.content:
            return lines
        ((at, place),) = lines
        starts = [at, *(match.end() for match in _LINE_FEED.finditer(self.content, at))]
        return tuple([(start, start + place - at) for start in starts])
