"""Reads a growing answer's Markdown into blocks that close for good, at a cost that doesn't grow with it."""

import re
from dataclasses import replace
from typing import Any

from trackside.domain.citation import find_citations
from trackside.markup.blocks import Block
from trackside.markup.formulas import FormulaStructure
from trackside.markup.leaves import Fence, Paragraph, Table
from trackside.markup.lines import Line, LineSource
from trackside.markup.structure import Structure

_MARKS = re.compile(r"(?:[-=*#>+_~|:`$\\.()\[\]\s\d]|\[[xX]\]?)*")
_DEFINITION = re.compile(r"(\[(?:[^\\\[\]]|\\.){0,200}\]):[ \t]*\S*[ \t]*(?:[\"'(].*)?")
_COST_OF_A_LINE = 40
"""What a line costs besides its characters, in characters."""


class BlockReader:
    """Reads a growing answer into blocks. `closed` only grows, and a block in it never changes.

    `references` are the link definitions met so far, as markdown-it keeps them. What comes out
    depends on the text alone, not on the pieces in which it came.
    """

    def __init__(self) -> None:
        self.closed: list[Block] = []
        self.references: dict[str, Any] = {}
        self._lines = LineSource()
        self._structure: Structure = FormulaStructure(self.references)
        self._is_done = False

    def feed(self, text: str) -> None:
        """Takes more of the source in, for `read` to work on."""
        self._lines.feed(text)

    def finish(self) -> None:
        """The text is over: once `read` has nothing left, all of it is in `closed`."""
        self._lines.finish()

    def read(self, limit: int = 8192) -> bool:
        """Closes what can be closed, working on about `limit` characters. True when more waits."""
        read = 0
        has_more = True
        while read < limit:
            line = self._lines.take()
            if line is None:
                has_more = False
                if self._lines.is_over and not self._is_done:
                    self._structure.finish()
                    self._is_done = True
                break
            self._structure.take(line)
            read += len(line.text) + _COST_OF_A_LINE
        self.closed += self._structure.released()
        return not self._is_done and (self._lines.is_over or (has_more and self._lines.has_line()))

    def open_blocks(self) -> list[Block]:
        """What isn't closed yet as it looks now, for showing, without what may yet become a mark."""
        if self._is_done:
            return []
        rest = None if self._lines.has_line() else self._lines.rest()
        view = self._with(rest) if rest else None
        if view is None:
            view = self._structure.twin()
            leaf = view.leaf
            if isinstance(leaf, Paragraph) and leaf.lines[-1].depth and leaf.lines[-1].text[0] == "|":
                # Perhaps a table's header.
                view.drop_line()
        view.close_as_it_is()
        return [block if block.is_open else replace(block, is_open=True) for block in view.pending()]

    def _with(self, rest: Line) -> Structure | None:
        """How all looks with the unfinished last line; None if that is better held back."""
        leaf = self._structure.leaf
        if not rest.continues and _MARKS.fullmatch(rest.text):
            marks = {leaf.mark[0], ">", " ", "\t"} if isinstance(leaf, Fence) else set(rest.text)
            if marks.issuperset(rest.text):
                return None
        view = self._structure.twin()
        view.take(rest)
        leaf = view.leaf
        if isinstance(leaf, Table) or (isinstance(leaf, Fence) and not leaf.lines):
            # A row, or the opening of a fence.
            return None
        if isinstance(leaf, Paragraph) and not rest.continues and leaf.lines:
            last = leaf.lines[-1].text
            if last.startswith("|") or (len(leaf.lines) == 1 and _may_define(last)):
                return None
        return view


def _may_define(text: str) -> bool:
    """Whether an unfinished line seems to become a link definition."""
    found = _DEFINITION.fullmatch(text)
    return found is not None and not find_citations(found[1])
