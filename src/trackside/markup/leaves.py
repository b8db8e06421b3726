"""Blocks that are still being read: they gather lines, and become `Block`s segment by segment."""

import re
from typing import NamedTuple, Self

from trackside.markup.blocks import Block, BlockKind, Cell, Container
from trackside.markup.tables import read_cells

_SEGMENT_LINES = 32
_SEGMENT_SIZE = 2048
_SEGMENT_ROWS = 4
_PARAGRAPH_SIZE = 4096
_PARAGRAPH_LIMIT = 8192
_CHECK_EVERY = 512
_MOST_ADDED_CELLS = 0x10000
_LONGEST_TAG = 500
_SENTENCE_END = re.compile("[.!?…][\"'”’»)\\]*]{0,4}[ \t\n]{1,4}(?=\\S)|[。！？]")


class TextLine(NamedTuple):
    """A line of a block: its text, where that stands in the source, and where the source's line begins."""

    text: str
    at: int
    line_start: int
    depth: int = 0
    """How many open containers it carries on, if it could be the header of a table there; otherwise 0."""


class Leaf:
    """A block that is being read. `start` and `end` are those of the present segment."""

    kind = BlockKind.PARAGRAPH
    level = 0
    language = ""
    alignments: tuple[str, ...] = ()

    def __init__(self, start: int, *, follows_gap: bool) -> None:
        self.start = self.end = start
        self.follows_gap = follows_gap
        self.group = -1
        self.lines: list[TextLine] = []
        self.rows: list[tuple[Cell, ...]] = []
        self.size = 0
        self.continues_line = False

    def twin(self) -> Self:
        """A copy that can be changed on its own."""
        twin = self.__class__.__new__(self.__class__)
        twin.__dict__.update(self.__dict__)
        twin.lines = self.lines[:]
        twin.rows = self.rows[:]
        return twin

    @property
    def is_full(self) -> bool:
        """Whether what comes next belongs in another segment."""
        return self.size >= _SEGMENT_SIZE or len(self.lines) >= _SEGMENT_LINES

    def add(self, line: TextLine) -> None:
        """Takes one line more."""
        self.lines.append(line)
        self.size += len(line.text) + 1
        self.end = line.at + len(line.text)

    def extend(self, text: str) -> None:
        """Makes the last line longer."""
        last = self.lines[-1]
        self.lines[-1] = last._replace(text=last.text + text, depth=0)
        self.size += len(text)
        self.end += len(text)

    def begin_segment(self, start: int, *, continues_line: bool = False) -> None:
        """Lets go of what has become a block."""
        self.start = start
        self.continues_line = continues_line
        self.lines = []
        self.rows = []
        self.size = 0

    def block(
        self,
        containers: tuple[Container, ...],
        start: int,
        *,
        follows_gap: bool,
        is_last: bool,
        is_open: bool,
    ) -> Block:
        """The present segment. `start` counts the marks of containers that begin with it."""
        content, places = self._content()
        shift = places[0][1] - places[0][0] if places else 0
        if all(source - at == shift for at, source in places):
            # Thousands of pairs in a long answer that follow from the first.
            places = places[:1] if shift != start else ()
        is_first = self.group < 0
        if is_first:
            self.group = start
        return Block(
            kind=self.kind,
            start=start,
            end=self.end,
            content=content,
            containers=containers,
            lines=places,
            level=self.level,
            language=self.language,
            rows=tuple(self.rows),
            alignments=self.alignments,
            follows_gap=follows_gap and is_first,
            group=self.group,
            is_first=is_first,
            is_last=is_last,
            is_open=is_open,
            continues_line=self.continues_line,
        )

    def _content(self) -> tuple[str, tuple[tuple[int, int], ...]]:
        places = []
        at = 0
        for line in self.lines:
            places.append((at, line.at))
            at += len(line.text) + 1
        return "\n".join([line.text for line in self.lines]), tuple(places)


class Heading(Leaf):
    """A heading of a level from 1 to 6."""

    kind = BlockKind.HEADING

    def __init__(self, start: int, *, follows_gap: bool, level: int) -> None:
        super().__init__(start, follows_gap=follows_gap)
        self.level = level


class Rule(Leaf):
    """A thematic break."""

    kind = BlockKind.RULE


class Fence(Leaf):
    """Code between fences. `indent` is what its lines are freed of."""

    kind = BlockKind.CODE

    def __init__(self, start: int, *, follows_gap: bool, mark: str, indent: int) -> None:
        super().__init__(start, follows_gap=follows_gap)
        self.mark = mark
        self.indent = indent

    def is_closed_by(self, line: str) -> bool:
        """Whether a line (without indentation) is the closing fence."""
        stripped = line.rstrip(" \t")
        return stripped.startswith(self.mark) and not stripped.strip(self.mark[0])


class IndentedCode(Leaf):
    """Code by indentation. Empty lines belong to it only where more of it follows."""

    kind = BlockKind.CODE

    def __init__(self, start: int, *, follows_gap: bool) -> None:
        super().__init__(start, follows_gap=follows_gap)
        self.blanks: list[TextLine] = []

    def twin(self) -> Self:
        twin = super().twin()
        twin.blanks = self.blanks[:]
        return twin


class Table(Leaf):
    """A table, which has its header as its first row."""

    kind = BlockKind.TABLE

    def __init__(self, header: TextLine, end: int, *, follows_gap: bool, alignments: tuple[str, ...]) -> None:
        super().__init__(header.line_start, follows_gap=follows_gap)
        self.alignments = alignments
        self.rows = [tuple(read_cells(header.text, header.at))]
        self.end = end
        self._most_rows = _SEGMENT_ROWS + 1
        self._added_cells = 0

    @property
    def is_full(self) -> bool:
        return self.size >= _SEGMENT_SIZE or len(self.rows) >= self._most_rows

    def begin_segment(self, start: int, *, continues_line: bool = False) -> None:
        super().begin_segment(start, continues_line=continues_line)
        self._most_rows = _SEGMENT_ROWS

    def read_row(self, text: str, start: int) -> tuple[Cell, ...] | None:
        """A line as a row, or None where too many missing cells would have to be made up."""
        cells = read_cells(text, start)
        count = len(self.alignments)
        missing = count - len(cells)
        self._added_cells += missing
        if self._added_cells > _MOST_ADDED_CELLS:
            return None
        if missing > 0:
            cells += [Cell("", start + len(text))] * missing
        return tuple(cells[:count])

    def add_row(self, cells: tuple[Cell, ...], text: str, end: int) -> None:
        """Takes one row more."""
        self.rows.append(cells)
        self.size += len(text)
        self.end = end


class Math(Leaf):
    """A formula on lines of its own."""

    kind = BlockKind.MATH


class Paragraph(Leaf):
    """A paragraph, which may yet turn out to hold definitions or the header of a table."""

    def __init__(self, start: int, *, follows_gap: bool) -> None:
        super().__init__(start, follows_gap=follows_gap)
        self.may_define = True
        self.refused_formulas = 0
        self._next_check = _PARAGRAPH_SIZE

    def drop(self, count: int) -> None:
        """Lets go of lines at the beginning."""
        self.size -= sum(len(line.text) + 1 for line in self.lines[:count])
        del self.lines[:count]
        if self.lines:
            self.start = self.lines[0].line_start

    def pop(self) -> TextLine:
        """Lets go of the last line."""
        last = self.lines.pop()
        self.size -= len(last.text) + 1
        if self.lines:
            self.end = self.lines[-1].at + len(self.lines[-1].text)
        return last

    def split(self) -> Self | None:
        """Takes the head off a paragraph that has grown too long, best at a sentence's end."""
        if self.size < self._next_check:
            return None
        self._next_check = self.size + _CHECK_EVERY
        content, places = super()._content()
        at = _border(content)
        if not at:
            return None
        index = max(i for i, (begin, _) in enumerate(places) if begin <= at)
        line = self.lines[index]
        offset = at - places[index][0]
        head = self.twin()
        head.lines = self.lines[: index + bool(offset)]
        last = head.lines[-1]
        # Without the space between them: parts that touch each other were one word.
        head.lines[-1] = last._replace(text=(line.text[:offset] if offset else last.text).rstrip(" \t"))
        head.end = last.at + len(head.lines[-1].text)
        rest = line.text[offset:]
        del self.lines[: index + (not rest)]
        if rest and offset:
            self.lines[0] = TextLine(rest, line.at + offset, line.at + offset)
        self.start = self.lines[0].line_start
        self.continues_line = head.end == self.start
        self.size = sum(len(line.text) + 1 for line in self.lines)
        self.may_define = False
        self._next_check = _PARAGRAPH_SIZE
        return head

    def _content(self) -> tuple[str, tuple[tuple[int, int], ...]]:
        content, places = super()._content()
        return content.rstrip(" \t"), places


def _border(content: str) -> int:
    """Where a long text is parted best; 0 as long as it's better to wait for more of it."""
    ends = [found.end() for found in _SENTENCE_END.finditer(content, _PARAGRAPH_SIZE - 2)][:50]
    # Nothing of the parts may be lost, and after the border something must follow.
    ends = [end for end in ends if end < len(content)]
    for end in ends:
        if _is_balanced(content[:end]) and not content[end].islower():
            return end
    if len(content) <= _PARAGRAPH_LIMIT:
        return 0
    space = max(content.rfind(char, _PARAGRAPH_SIZE, _PARAGRAPH_LIMIT) for char in " \n")
    at = ends[0] if ends else (space + 1 or _PARAGRAPH_LIMIT)
    tag = content.rfind("<", at - _LONGEST_TAG, at)
    return tag if tag > content.rfind(">", at - _LONGEST_TAG, at) else at


def _is_balanced(text: str) -> bool:
    """Whether no inline mark seems to be open at the end of a text, as far as counting tells."""
    tag = text.rfind("<", len(text) - _LONGEST_TAG)
    return (
        text.count("`") % 2 == 0
        and text.count("**") % 2 == 0
        and text.count("~~") % 2 == 0
        and text.count("[") == text.count("]")
        and text.count("\\(") == text.count("\\)")
        and text.rfind(">") >= tag
    )
