"""The marks that begin blocks at the beginning of a line."""

import re
from typing import NamedTuple

_ITEM = re.compile(r"(?:([-+*])|(\d{1,9})([.)]))(?=[ \t]|\Z)")
_HEADING = re.compile(r"(#{1,6})(?:[ \t]+|\Z)")
_FENCE = re.compile(r"(`{3,})([^`]*)\Z|(~{3,})(.*)\Z", re.DOTALL)
_FORMULA = re.compile(r"\$\$|\\\[")
_LATER_FORMULA = re.compile(r"[\s>+*.)\d-]*(\$\$|\\\[)")
_FORMULA_ENDS = {"$$": "$$", "\\[": "\\]"}

MAY_BEGIN = frozenset(">#`~-+*_=|:$\\0123456789")
"""What a line must begin with that is more than text."""


class ItemMark(NamedTuple):
    """A list item's mark: "-", or a number with its delimiter."""

    length: int
    number: int | None
    delimiter: str


def read_item(text: str) -> ItemMark | None:
    """The list item's mark that a text begins with."""
    found = _ITEM.match(text)
    if found is None:
        return None
    if found[1]:
        return ItemMark(1, None, found[1])
    return ItemMark(found.end(), int(found[2]), found[3])


def read_heading(text: str) -> tuple[int, str, int] | None:
    """Level, content and the content's place, if a line is a heading with number signs."""
    found = _HEADING.match(text)
    if found is None:
        return None
    content = text[found.end() :].rstrip(" \t")
    closed = content.rstrip("#")
    if closed != content and (not closed or closed[-1] in " \t"):
        content = closed.rstrip(" \t")
    return len(found[1]), content, found.end()


def read_fence(text: str) -> tuple[str, str] | None:
    """Mark and info, if a line opens a fence."""
    found = _FENCE.match(text) if text.startswith(("```", "~~~")) else None
    if found is None:
        return None
    return (found[1], found[2]) if found[1] else (found[3], found[4])


def language_of(info: str) -> str:
    """The language that a fence's info names."""
    words = info.split(maxsplit=1)
    if not words:
        return ""
    if "\\" in info or "&" in info:
        # Late, for the start of the program: hardly ever needed.
        from markdown_it.common.utils import unescapeAll

        return unescapeAll(words[0])
    return words[0]


def is_rule(text: str) -> bool:
    """Whether a line is a thematic break."""
    bare = text.replace(" ", "").replace("\t", "")
    return len(bare) >= 3 and bare[0] in "*-_" and not bare.strip(bare[0])


def underline_level(text: str) -> int:
    """The level of the heading that a line underlines, or 0."""
    bare = text.rstrip(" \t")
    if bare and not bare.strip(bare[0]):
        return {"=": 1, "-": 2}.get(bare[0], 0)
    return 0


def formula_end(text: str) -> str:
    """What ends the formula that a text begins with, or an empty text."""
    found = _FORMULA.match(text)
    return _FORMULA_ENDS[found[0]] if found else ""


def later_formula_end(text: str) -> str:
    """The same where marks of containers may stand before the formula."""
    found = _LATER_FORMULA.match(text)
    return _FORMULA_ENDS[found[1]] if found else ""
