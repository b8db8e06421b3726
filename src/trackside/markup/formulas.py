"""Formulas on lines of their own, beyond the standard: from `$$` to `$$`, or from `\\[` to `\\]`."""

from typing import Any, NamedTuple, Self

from trackside.markup.blocks import Block
from trackside.markup.leaves import Leaf, Math, Paragraph, TextLine
from trackside.markup.lines import Cursor, Line
from trackside.markup.marks import formula_end, later_formula_end
from trackside.markup.nesting import Nesting
from trackside.markup.structure import Structure

_LONGEST_FORMULA = 4096
_MOST_REFUSED = 8
"""After so many formulas without an end a paragraph is believed to have none: trying costs."""


class _Attempt(NamedTuple):
    """A formula whose end isn't found yet, and what to go back to if it never is."""

    end: str
    before: Nesting
    lines: list[Line]


class FormulaStructure(Structure):
    """The standard's structure with formulas.

    What is no formula after all, for want of an end before the next empty line, is read again as
    ordinary lines; until that is known nothing is released.
    """

    def __init__(self, references: dict[str, Any]) -> None:
        super().__init__(references)
        self._attempt: _Attempt | None = None
        self._before: Nesting | None = None
        """How things stood before the present line, where a formula may begin on it."""
        self._none_before = {"$$": 0, "\\]": 0}
        """Up to where no formula with such an end can begin, since it wasn't found."""

    def twin(self) -> Self:
        twin = super().twin()
        twin._none_before = self._none_before.copy()
        if self._attempt:
            before = self._attempt.before.twin({})
            before.show_open()
            twin._attempt = self._attempt._replace(before=before, lines=self._attempt.lines[:])
        return twin

    def take(self, line: Line) -> None:
        if self._attempt:
            self._go_on(self._attempt, line)
            return
        end = later_formula_end(line.text)
        self._before = None
        if end and line.start >= self._none_before[end] and not _is_refused(self.leaf):
            self._before = self._nest.twin(self._nest.references)
        super().take(line)

    def finish(self) -> None:
        while self._attempt:
            self._give_up(self._attempt, self._attempt.lines[-1].end + 1)
        super().finish()

    def released(self) -> list[Block]:
        return [] if self._attempt else super().released()

    def _take_special(self, line: Line, cursor: Cursor, depth: int) -> bool:
        text = cursor.from_next()
        end = formula_end(text)
        if not end or self._before is None:
            return False
        body = text[2:]
        found = body.find(end)
        if found >= 0 and (body[found + 2 :].strip() or not body[:found].strip()):
            return False
        nest = self._nest
        nest.settle(depth)
        leaf = Math(line.start, follows_gap=nest.takes_gap())
        nest.open_leaf(leaf)
        _add(leaf, body[:found] if found >= 0 else body, line, cursor.next + 2)
        if found >= 0:
            nest.close_leaf()
        else:
            self._attempt = _Attempt(end, self._before, [line])
        return True

    def _go_on(self, attempt: _Attempt, line: Line) -> None:
        attempt.lines.append(line)
        nest = self._nest
        cursor = Cursor(line.text)
        is_matched = nest.match(cursor) == len(nest.stack)
        text = cursor.from_next()
        found = text.find(attempt.end)
        if (
            not is_matched
            or cursor.is_blank
            or line.is_cut
            or (found >= 0 and text[found + 2 :].strip())
            or not isinstance(nest.leaf, Math)
            or nest.leaf.size > _LONGEST_FORMULA
        ):
            self._give_up(attempt, line.start)
            return
        _add(nest.leaf, text[:found] if found >= 0 else text, line, cursor.next)
        if found >= 0:
            self._attempt = None
            nest.close_leaf()

    def _give_up(self, attempt: _Attempt, end: int) -> None:
        """Reads the lines of what is no formula again. None that begins before `end` finds its end either."""
        self._attempt = None
        self._none_before[attempt.end] = end
        self._nest = attempt.before
        if isinstance(self.leaf, Paragraph):
            self.leaf.refused_formulas += 1
        for line in attempt.lines:
            self.take(line)


def _add(leaf: Leaf, text: str, line: Line, offset: int) -> None:
    stripped = text.strip()
    if stripped:
        leaf.add(TextLine(stripped, line.start + offset + text.find(stripped), line.start))
    leaf.end = line.end


def _is_refused(leaf: Leaf | None) -> bool:
    return isinstance(leaf, Paragraph) and leaf.refused_formulas >= _MOST_REFUSED
