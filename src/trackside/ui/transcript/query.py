"""What is looked for in a session, in what, and where it stands in a text as shown."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

UNSEEN = "\u00ad\u200b\u2060\ufeff\ufffc"
"""What takes no part in a word: soft hyphens, zero-width spaces and joiners, and chips."""
_NOT_UNSEEN = str.maketrans("", "", UNSEEN)


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for. A run of white space in it stands for any white space, line breaks included."""

    words: str
    is_case_sensitive: bool = False
    is_whole_word: bool = False

    @property
    def is_empty(self) -> bool:
        return not self.words.translate(_NOT_UNSEEN).strip()

    def folded(self, text: str) -> str:
        """The text with everything alike that this query takes for the same."""
        text = text.translate(_NOT_UNSEEN)
        return re.sub(r"\s+", " ", text if self.is_case_sensitive else text.casefold())


@dataclass(frozen=True, slots=True, order=True)
class Match:
    """The `ordinal`-th occurrence, from 0, in the shown text of a part of a row.

    Parts are -2 for the question, -1 for the steps, and 0 and up for the answer's blocks.
    """

    row: int
    part: int
    ordinal: int


class Searchable(Protocol):
    """The rows that are gone over. Only `shown_parts` may be dear.

    It may yield its parts as they are made, with events in between. A row that changes meanwhile is gone
    over anew, so that it doesn't matter which text the rest comes from.
    """

    def row_count(self) -> int: ...

    def raw_text(self, row: int) -> str:
        """All that the row's parts are made from: question, steps, and the answer's Markdown source.

        Without what annotations take the place of, else a phrase across one isn't found.
        """
        ...

    def shown_parts(self, row: int) -> Iterable[tuple[int, str]]:
        """Each part's number and its text as shown."""
        ...


def occurrences(text: str, query: Query) -> list[tuple[int, int]]:
    """(start, length) of each place in a text as shown, in order, without overlaps."""
    if query.is_empty:
        return []
    pattern = _pattern(query)
    folded = text if query.is_case_sensitive else text.casefold()
    # Folding never shortens: the same length means that every character kept its place.
    places = None if len(folded) == len(text) else _places(text)
    found = []
    at = 0
    while match := pattern.search(folded, at):
        start, end = match.span()
        if query.is_whole_word and _cuts_word(folded, start, end):
            at = start + 1
            continue
        if places is not None:
            if _is_within(places, start) or _is_within(places, end):
                at = start + 1
                continue
            found.append((places[start], places[end] - places[start]))
        else:
            found.append((start, end - start))
        at = end
    return found


@lru_cache(maxsize=8)
def _pattern(query: Query) -> re.Pattern[str]:
    gap = f"[{UNSEEN}]*+"
    pieces = [rf"\s(?:{gap}\s)*+" if char == " " else re.escape(char) for char in query.folded(query.words)]
    # A run of spaces is tried from its beginning only: once a run, not once a space.
    return re.compile((r"(?<!\s)" if pieces[0].startswith(r"\s") else "") + gap.join(pieces))


def _places(text: str) -> list[int]:
    """Where each character of the folded text comes from: “ß” folds to two. One more for the end."""
    places = []
    for place, char in enumerate(text):
        places += [place] * len(char.casefold())
    places.append(len(text))
    return places


def _is_within(places: list[int], border: int) -> bool:
    """Whether a border of a match falls into a single character of the text."""
    return border > 0 and places[border] == places[border - 1]


_SPACELESS = re.compile(
    # Thai to Myanmar, Khmer, kana, Han: written without spaces, so that any place may be a word's end.
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff]"
)


def _cuts_word(text: str, start: int, end: int) -> bool:
    return _joins(text, start) or _joins(text, end)


def _joins(text: str, border: int) -> bool:
    """Whether one word goes on across a border."""
    return 0 < border < len(text) and _is_of_word(text[border - 1]) and _is_of_word(text[border])


def _is_of_word(char: str) -> bool:
    if not (char.isalnum() or char == "_" or unicodedata.category(char) in ("Mn", "Mc")):
        return False
    return _SPACELESS.match(char) is None
