"""Places in the transcript and what lies between two of them."""

from dataclasses import dataclass
from typing import NamedTuple

QUESTION = -2
STEPS = -1
END = 1 << 60


class Place(NamedTuple):
    """A position in the text of a part of a row. Parts are `QUESTION`, `STEPS` and the answer's blocks
    from 0; `END` as row, part or position means behind all that there is. Places compare as they are read.
    """

    row: int
    part: int
    position: int


START = Place(0, QUESTION, 0)


@dataclass(frozen=True, slots=True)
class Selection:
    """What is selected: from `anchor`, where it began, to `head`, which moves."""

    anchor: Place
    head: Place

    @property
    def first(self) -> Place:
        return min(self.anchor, self.head)

    @property
    def last(self) -> Place:
        return max(self.anchor, self.head)

    @property
    def is_empty(self) -> bool:
        return self.anchor == self.head

    def within(self, row: int, part: int, length: int) -> tuple[int, int] | None:
        """The selected positions of a part of this length, or None."""
        here, (first, last) = (row, part), (self.first, self.last)
        if self.is_empty or not (first.row, first.part) <= here <= (last.row, last.part):
            return None
        start = first.position if (first.row, first.part) == here else 0
        stop = last.position if (last.row, last.part) == here else length
        start, stop = min(start, length), min(stop, length)
        return (start, stop) if start < stop else None


EVERYTHING = Selection(START, Place(END, END, END))
