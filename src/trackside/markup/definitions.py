"""Link reference definitions at the beginning of a paragraph: `[label]: /target "title"`."""

import re
from dataclasses import dataclass
from enum import Enum, auto

from trackside.domain.citation import find_citations

_LABEL = re.compile(r"\[((?:[^\\\[\]]|\\.){0,999})\]:", re.DOTALL)
_OPEN_LABEL = re.compile(r"\[(?:[^\\\[\]]|\\.){0,999}\\?\Z", re.DOTALL)
_SPACES = re.compile(r"[ \t\n]*")
_SPACES_IN_LINE = re.compile(r"[ \t]*")


@dataclass(frozen=True, slots=True)
class Definition:
    """A definition. `line_count` says how many lines it takes."""

    label: str
    href: str
    title: str
    line_count: int


class NoDefinition(Enum):
    """Why there is none."""

    NEVER = auto()
    """The text begins with something else, whatever follows."""
    UNDECIDED = auto()
    """That depends on lines which aren't there yet."""


def read_definition(lines: list[str], *, is_over: bool) -> Definition | NoDefinition:
    """The definition that a paragraph's lines begin with. `is_over` says that no line follows.

    A label that is a citation (`[00:12]: Kickoff`) defines nothing: the line would vanish.
    """
    # Late, for the start of the program: most answers have no definitions.
    from markdown_it.common.normalize_url import normalizeLink, validateLink
    from markdown_it.common.utils import normalizeReference
    from markdown_it.helpers import parseLinkDestination, parseLinkTitle

    wait = NoDefinition.NEVER if is_over else NoDefinition.UNDECIDED
    text = "\n".join(lines)
    found = _LABEL.match(text)
    if found is None:
        return wait if _OPEN_LABEL.match(text) else NoDefinition.NEVER
    label = normalizeReference(found[1])
    at = _end(_SPACES, text, found.end())
    if at == len(text):
        return wait
    if not label or find_citations(f"[{found[1]}]"):
        return NoDefinition.NEVER
    destination = parseLinkDestination(text, at, len(text))
    href = normalizeLink(destination.str) if destination.ok else ""
    if not destination.ok or not validateLink(href):
        return NoDefinition.NEVER
    title, end = "", destination.pos
    after = _end(_SPACES, text, end)
    if after == len(text) and not is_over:
        # The title may be on the next line.
        return NoDefinition.UNDECIDED
    if end < after < len(text):
        read = parseLinkTitle(text, after, len(text))
        if read.can_continue and not is_over:
            return NoDefinition.UNDECIDED
        if read.ok and _ends_line(text, read.pos):
            title, end = read.str, read.pos
    if not _ends_line(text, end):
        return NoDefinition.NEVER
    return Definition(label, href, title, text.count("\n", 0, end) + 1)


def _ends_line(text: str, at: int) -> bool:
    at = _end(_SPACES_IN_LINE, text, at)
    return at == len(text) or text[at] == "\n"


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at
