"""A line of text with marked places: cut to a width so that the first mark stays, and as Qt counts it."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QLocale

Marks = tuple[tuple[int, int], ...]
_ELLIPSIS = "…"
_LOOKED_AT = 1_000
"""Code points of a text that are looked at; no window is so wide."""
_LEAD_SHARE = 0.45
"""How far into the line the first mark's end comes at most, when the beginning has to go."""
_BLANK = {
    **dict.fromkeys((*range(32), *range(127, 160), 0x2028, 0x2029), " "),
    # Whoever turns the direction round would do so with the rest of the line.
    **dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)), "\u200b"),
}
_JOINER = "\u200d"
_WORDS = QLocale(QLocale.Language.English)
"""Names of months are in the language of the window, whatever the system's is."""


@dataclass(frozen=True, slots=True)
class MarkedLine:
    """One line and the places in it that are marked: start and end in code points, in order."""

    text: str
    marks: Marks = ()


def one_line(text: str, marks: Marks = ()) -> MarkedLine:
    """The text without line ends and what else would break a line, each place where it was. Marks that lie
    outside of it or over each other are cut."""
    kept = []
    last = 0
    for start, end in sorted(marks):
        start, end = max(start, last), min(end, len(text))
        if start < end:
            kept.append((start, end))
            last = end
    return MarkedLine(text.translate(_BLANK), tuple(kept))


def fitted(line: MarkedLine, width: float, advance: Callable[[str], float]) -> MarkedLine:
    """The line cut at its end and, where the first mark wouldn't be seen else, at its beginning.

    `advance` is the width of a text in the unit of `width`.
    """
    text, marks = line.text, line.marks
    if len(text) <= _LOOKED_AT and advance(text) <= width:
        return line
    first, first_end = marks[0] if marks else (0, 0)
    start = 0
    if advance(text[:first_end] + _ELLIPSIS) > width:
        start = _beginning(text, first, first_end, _LEAD_SHARE * width, advance)
    lead = _ELLIPSIS if start else ""
    if (rest := len(text) - start) <= _LOOKED_AT and advance(lead + text[start:]) <= width:
        end, tail = len(text), ""
    else:
        least, most = 0, min(rest, _LOOKED_AT)
        while least < most:
            middle = (least + most + 1) // 2
            if advance(lead + text[start : start + middle] + _ELLIPSIS) <= width:
                least = middle
            else:
                most = middle - 1
        end, tail = _clean_cut(text, start + least), _ELLIPSIS
    shift = len(lead) - start
    kept = tuple(
        (max(a, start) + shift, min(b, end) + shift) for a, b in marks if max(a, start) < min(b, end)
    )
    return MarkedLine(lead + text[start:end] + tail, kept)


def _beginning(text: str, first: int, first_end: int, room: float, advance: Callable[[str], float]) -> int:
    """Where to begin so that the first mark ends within `room`: at a word if there is one."""
    least, most = max(0, first - _LOOKED_AT), first
    while least < most:
        middle = (least + most) // 2
        if advance(_ELLIPSIS + text[middle:first_end]) <= room:
            most = middle
        else:
            least = middle + 1
    if least < first and (gap := text.find(" ", least, first)) >= 0:
        return gap + 1
    return least if least == first else _clean_cut(text, least)


def _clean_cut(text: str, place: int) -> int:
    """The place, or the one before it at which no accent or emoji is cut through."""
    while 0 < place < len(text) and (
        unicodedata.combining(text[place])
        or unicodedata.category(text[place]) in ("Mn", "Mc", "Me")
        or text[place] == _JOINER
        or text[place - 1] == _JOINER
        or "\U0001f3fb" <= text[place] <= "\U0001f3ff"
    ):
        place -= 1
    return place


def utf16_spans(line: MarkedLine) -> list[tuple[int, int]]:
    """The marks as Qt counts: start and length in UTF-16 units, of which some characters take two."""
    if line.text.isascii():
        return [(start, end - start) for start, end in line.marks]
    return [(_units(line.text[:start]), _units(line.text[start:end])) for start, end in line.marks]


def _units(text: str) -> int:
    return len(text) + sum(char > "\uffff" for char in text)


def is_right_to_left(text: str) -> bool:
    """Whether its first letter that has a direction is Hebrew, Arabic or the like."""
    if text.isascii():
        return False
    ways = (unicodedata.bidirectional(char) for char in text)
    return next((way for way in ways if way in ("L", "R", "AL")), "L") != "L"


def when_words(when: datetime, present: datetime) -> str:
    """The time today, else the day, with its year if that is another one. `present` is local time."""
    when = when.astimezone(present.tzinfo)
    if when.date() == present.date():
        return when.strftime("%H:%M")
    month = _WORDS.monthName(when.month, QLocale.FormatType.ShortFormat)
    return f"{when.day} {month}" + (f" {when.year}" if when.year != present.year else "")


def matches_words(words: str, typed: Sequence[str]) -> bool:
    """Whether each of the typed words begins one of the others."""
    known = words.casefold().replace("-", " ").split()
    return all(any(word.startswith(part) for word in known) for part in typed)
