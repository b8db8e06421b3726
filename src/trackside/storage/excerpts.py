"""The piece of a text around what was found in it, and where in both the words stand."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import merge

from trackside.storage.folding import FoldedText

_LENGTH = 160
_BEFORE = 40
_MOST_PLACES = 100
"""Places of each word that are looked at: which piece is shown of a long text needn't be the best of all."""
_LOUD = "*`"
"""Marks of Markdown that a reader of a piece is better off without."""
_TURNERS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Characters that turn the direction of what stands around them: they would turn the rest of the row."""
_BREAK = re.compile(r"[\s\x00-\x1f\x7f-\x9f]")
_UNEVEN = re.compile(f"{_BREAK.pattern}{{2}}|{_TURNERS.pattern}")
"""What makes a line shorter than the text."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """`marks` are places in `snippet`, `start` is that of the first mark in the whole text (code points)."""

    snippet: str
    marks: tuple[tuple[int, int], ...]
    found: str
    start: int


def excerpt(
    text: str,
    readable: str,
    patterns: Iterable[re.Pattern[str]],
    start: int = 0,
    end: int | None = None,
    *,
    is_markdown: bool = False,
) -> Excerpt | None:
    """The piece of `text[start:end]` in which the most of the words stand, the first one of such. `readable`
    is that stretch as it is compared, character by character. Markdown's loudest marks are left out of the
    piece. None unless all the words are in it."""
    found = FoldedText(readable)
    by_word: list[list[tuple[int, int, int]]] = []
    for word, pattern in enumerate(patterns):
        spans = []
        for match in pattern.finditer(found.text):
            spans.append((*found.span(*match.span()), word))
            if len(spans) == _MOST_PLACES:
                break
        if not spans:
            return None
        by_word.append(spans)
    places = list(merge(*by_word))
    first = max(range(len(places)), key=lambda n: (_words_near(places, n), -n))
    begin = places[first][0]
    near = [(a + start, b + start) for a, b, _ in places[first:] if a < begin + _LENGTH]
    return _cut(text, near, start, len(text) if end is None else end, _LOUD if is_markdown else "")


def _words_near(places: list[tuple[int, int, int]], first: int) -> int:
    """How many different words stand in a piece that begins there."""
    words = set()
    for begin, _, word in places[first:]:
        if begin > places[first][0] + _LENGTH - _BEFORE:
            break
        words.add(word)
    return len(words)


def _cut(text: str, spans: list[tuple[int, int]], first: int, last: int, unshown: str) -> Excerpt:
    begin = max(first, spans[0][0] - _BEFORE)
    if begin > first and (gap := text.find(" ", begin, spans[0][0])) >= 0:
        begin = gap + 1
    end = max(min(last, begin + _LENGTH), min(spans[0][1], begin + 2 * _LENGTH))
    if end < last and (gap := text.rfind(" ", spans[0][1], end)) >= 0:
        end = gap
    snippet, places = _one_line(text, begin, end, unshown)
    lead = "…" if begin > 0 and snippet else ""
    marks: list[tuple[int, int]] = []
    for a, b in spans:
        if a >= end:
            break
        mark = (places[a - begin] + len(lead), places[min(b, end) - begin] + len(lead))
        if marks and mark[0] <= marks[-1][1]:
            marks[-1] = (marks[-1][0], max(mark[1], marks[-1][1]))
        elif mark[0] < mark[1]:
            marks.append(mark)
    a, b = spans[0]
    return Excerpt(f"{lead}{snippet}{'…' if end < len(text) else ''}", tuple(marks), text[a:b], a)


def _one_line(text: str, begin: int, end: int, unshown: str = "") -> tuple[str, list[int]]:
    """A stretch of a text without line ends, runs of spaces and the characters that are not to be shown, and
    where each of its characters is there."""
    stretch = text[begin:end]
    if not _UNEVEN.search(stretch) and not any(char in stretch for char in unshown):
        return _BREAK.sub(" ", stretch), list(range(len(stretch) + 1))
    line: list[str] = []
    places: list[int] = []
    for char in stretch:
        places.append(len(line))
        if char in unshown or _TURNERS.match(char):
            continue
        if char.isspace() or unicodedata.category(char) == "Cc":
            if line and line[-1] == " ":
                places[-1] = len(line) - 1
                continue
            char = " "
        line.append(char)
    places.append(len(line))
    return "".join(line), places


def opening(text: str) -> str:
    """The beginning of a text in which nothing was looked for."""
    snippet, _ = _one_line(text, 0, _LENGTH)
    return f"{snippet}{'…' if len(text) > _LENGTH else ''}"
