"""A block's or a cell's inline Markdown as runs of text and chips."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from trackside.domain.citation import Citation, showable_length
from trackside.domain.stream import Annotation
from trackside.markup.blocks import Block, BlockKind, Cell
from trackside.markup.calm import calm
from trackside.markup.cited import PLACEHOLDER, CitedText, cite
from trackside.markup.grammar import LONGEST_MARKUP, is_bounded, parse
from trackside.markup.highlight import Highlighter
from trackside.markup.reading import InlineReading
from trackside.markup.runs import LINE_BREAK, ChipRun, Run, Style, TextRun
from trackside.markup.walking import SIGN
from trackside.markup.wording import laid_out, without_piles

_MOST_CELLS = 256
_MORE_THAN_TEXT = re.compile(rf"{SIGN.pattern}|@|www\.|WWW\.|!\Z")
"""What text without marks, addresses and beginnings of them hasn't."""


@dataclass(frozen=True, slots=True)
class InlineContext:
    """What an answer's blocks need to know beside themselves.

    `references` is markdown-it's env["references"]. `annotations` count code points of the whole answer,
    both ends inclusive; pass them through `cited.trimmed` once, or a chip whose span ends between two
    blocks may belong to none.
    """

    references: Mapping[str, Any]
    annotations: Sequence[Annotation] = ()
    _cells: dict[tuple[Cell, bool, int], list[Run]] = field(default_factory=dict, compare=False, repr=False)
    """What the last cells said: each is asked for its columns' widths and for its document, often anew."""

    def cell_runs(self, cell: Cell, *, is_open: bool) -> list[Run]:
        """The runs of a cell, to be left as they are."""
        # References only become more: their number says which of them there are.
        key = (cell, is_open, len(self.references))
        if (found := self._cells.get(key)) is None:
            if len(self._cells) >= _MOST_CELLS:
                self._cells.clear()
            found = self._cells[key] = laid_out(_cell_runs(cell, self, is_open=is_open))
        return found


def block_runs(block: Block, context: InlineContext, highlighter: Highlighter | None = None) -> list[Run]:
    """The runs of a paragraph, heading, code or formula, ready for a document.

    `highlighter` carries on the colours of a fence that comes in several blocks: give it to each, in order.
    """
    return laid_out(_block_runs(block, context, highlighter))


def cell_runs(cell: Cell, context: InlineContext, *, is_open: bool = False) -> list[Run]:
    """The runs of a table's cell, ready for a document. `is_open`: more of its text may come."""
    return context.cell_runs(cell, is_open=is_open)


def plain_text(block: Block, context: InlineContext, label_of: Callable[[Citation], str]) -> str:
    """A block as one reads it, chips as their labels. Cells are parted by tabs, rows by line feeds."""
    if block.kind is not BlockKind.TABLE:
        return spoken(_block_runs(block, context), label_of)
    growing = block.rows[-1][-1] if block.is_open and block.rows and block.rows[-1] else None

    def words(cell: Cell) -> str:
        return _in_a_line(spoken(_cell_runs(cell, context, is_open=cell is growing), label_of))

    return "\n".join("\t".join(map(words, row)) for row in block.rows)


def spoken(runs: list[Run], label_of: Callable[[Citation], str]) -> str:
    """The runs as plain text, chips as their labels."""
    pieces = (run.text if isinstance(run, TextRun) else label_of(run.citation) for run in runs)
    return "".join(pieces).replace(LINE_BREAK, "\n")


def source_runs(block: Block, context: InlineContext) -> list[Run]:
    """The runs as `block_runs` has them, but without what only a layout needs: for copies."""
    return _block_runs(block, context)


def source_cell_runs(cell: Cell, context: InlineContext) -> list[Run]:
    """The same of a cell."""
    return _cell_runs(cell, context)


def _in_a_line(text: str) -> str:
    return text.replace("\n", " ").replace("\t", " ")


def _block_runs(block: Block, context: InlineContext, highlighter: Highlighter | None = None) -> list[Run]:
    content = block.content
    if block.kind in (BlockKind.TABLE, BlockKind.RULE):
        return []
    if block.is_open:
        content = _showable(content, is_code=block.kind is BlockKind.CODE)
    lines = block.line_places() if context.annotations else ()
    cited = cite(content, context.annotations, lines, block.start, block.end)
    if block.kind is BlockKind.CODE:
        plain = Highlighter("")
        return _code_runs(cited, plain if block.is_open else highlighter or Highlighter(block.language))
    if block.kind is BlockKind.MATH:
        return _formula_runs(cited, is_open=block.is_open)
    return _inline_runs(cited, context, is_open=block.is_open)


def _showable(content: str, *, is_code: bool) -> str:
    """Open content without a citation that may be half there. Code holds no bare ones back: it has none."""
    end = showable_length(content)
    return content if is_code and content[end : end + 1] not in ("<", "\ue200") else content[:end]


def _cell_runs(cell: Cell, context: InlineContext, *, is_open: bool = False) -> list[Run]:
    content = cell.content[: showable_length(cell.content)] if is_open else cell.content
    if not context.annotations:
        return _inline_runs(cite(content), context, is_open=is_open)
    # A bar in a cell has a backslash before it in the source, or it would end the cell.
    bars = [index for index, char in enumerate(content) if char == "|"]
    lines = [(0, cell.start), *((bar + 1, cell.start + bar + 1 + n) for n, bar in enumerate(bars, 1))]
    end = cell.start + len(cell.content) + cell.content.count("|")
    cited = cite(content, context.annotations, tuple(lines), cell.start, end)
    return _inline_runs(cited, context, is_open=is_open)


def _formula_runs(cited: CitedText, *, is_open: bool) -> list[Run]:
    """A formula of its own lines. Its chips stand behind it, and hide none of it."""
    from trackside.markup.math import readable  # late, since most answers have no formula

    chips: list[Run] = []

    def source(match: re.Match[str]) -> str:
        found = cited.at(match[0])
        if found.citation and not found.is_bare:
            chips.append(ChipRun(found.citation, found.source))
        return "" if found.citation is None or found.source.startswith("<") else found.source

    tex = PLACEHOLDER.sub(source, cited.text)
    text = tex.strip("\n") if is_open else readable(tex) or tex
    text = without_piles(text.replace("\n", LINE_BREAK))
    return [TextRun(text, Style.MATH), *chips] if text else chips


def _code_runs(cited: CitedText, highlighter: Highlighter) -> list[Run]:
    """Code with its chips: bare times and ids stay text there, since code has such of its own."""
    pieces: list[tuple[int, ChipRun | None]] = []
    texts: list[str] = []
    length = last = 0
    for match in PLACEHOLDER.finditer(cited.text):
        found = cited.at(match[0])
        texts.append(cited.text[last : match.start()])
        length += match.start() - last
        last = match.end()
        if found.is_bare:
            texts.append(found.source)
            length += len(found.source)
        elif found.citation:
            pieces.append((length, ChipRun(found.citation, found.source)))
    texts.append(cited.text[last:])
    runs: list[Run] = []
    position = 0
    chips = iter(pieces)
    at, chip = next(chips, (-1, None))
    for run in highlighter.highlight(without_piles("".join(texts))):
        start, end = position, position + len(run.text)
        while chip and at <= end:
            if at > start:
                runs.append(TextRun(run.text[start - position : at - position], role=run.role))
            runs.append(chip)
            start = at
            at, chip = next(chips, (-1, None))
        if start < end:
            runs.append(TextRun(run.text[start - position :], role=run.role) if start > position else run)
        position = end
    while chip:
        runs.append(chip)
        at, chip = next(chips, (-1, None))
    return runs


def _inline_runs(cited: CitedText, context: InlineContext, *, is_open: bool) -> list[Run]:
    text = cited.text
    if not cited.cited and len(text) <= LONGEST_MARKUP and not _MORE_THAN_TEXT.search(text):
        text = without_piles(text[: showable_length(text)] if is_open else text)
        return [TextRun(text)] if text else []
    reading = InlineReading(cited)
    if not is_bounded(cited.text):
        reading.add(cited.text.replace("\n", " "))
    else:
        reading.read(parse(calm(cited.text) if is_open else cited.text, context.references))
    return reading.finished()
