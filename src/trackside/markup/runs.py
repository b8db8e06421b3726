"""What a line of text is made of: runs of one style, and chips."""

from dataclasses import dataclass
from enum import Flag, auto

from trackside.domain.citation import Citation

LINE_BREAK = "\u2028"
"""A forced line break inside a run's text, as Qt's documents have it."""
CHIP = "\ufffc"
"""What stands for a chip in a text: one position wide."""


class Style(Flag):
    """How a run looks."""

    PLAIN = 0
    STRONG = auto()
    EMPHASIS = auto()
    STRIKE = auto()
    CODE = auto()
    MATH = auto()


@dataclass(frozen=True, slots=True)
class TextRun:
    """Text of one style. `href` is the real target of a link, already found to be a web or mail address."""

    text: str
    style: Style = Style.PLAIN
    href: str = ""
    role: str = ""
    """In code: "keyword", "string", "comment", "number", "name", "operator", or "" for the rest."""


@dataclass(frozen=True, slots=True)
class ChipRun:
    """A citation in the text. `source` is what it stands for there."""

    citation: Citation
    source: str


Run = TextRun | ChipRun


def shown_text(runs: list[Run]) -> str:
    """The text as a document has it: a chip is one character."""
    return "".join(run.text if isinstance(run, TextRun) else CHIP for run in runs)
