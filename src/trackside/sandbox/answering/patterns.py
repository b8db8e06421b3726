"""Texts for simple regular expressions: literals, classes, groups, alternatives, repetitions."""

from __future__ import annotations

import re
from collections.abc import Iterator

_KINDS = {"d": "0", "w": "a", "s": " ", "D": "a", "W": "-", "S": "a", "n": "\n", "t": "\t"}
_UPPER = 40
_LONGEST = 20_000


def text_for_pattern(pattern: str, fewest: int, most: int) -> str:
    """A text that matches and has a length in these bounds, where one is found."""
    fallback = ""
    for extra in range(_UPPER):
        try:
            text = _Reader(pattern, extra).read()
        except (IndexError, ValueError):
            break
        if _matches(pattern, text):
            fallback = fallback or text
            if fewest <= len(text) <= most:
                return text
            # A pattern without anchors lets any text stand around it.
            padded = text.ljust(fewest, text[-1:] or "a")
            if fewest <= len(padded) <= most and _matches(pattern, padded):
                return padded
    return fallback or "a" * fewest


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return False


class _Reader:
    """Reads a pattern from left to right and writes one text it matches."""

    def __init__(self, pattern: str, extra: int) -> None:
        self._pattern = pattern
        self._extra = extra
        self._position = 0

    def read(self) -> str:
        return self._alternatives()

    def _peek(self) -> str:
        return self._pattern[self._position : self._position + 1]

    def _take(self) -> str:
        character = self._pattern[self._position]
        self._position += 1
        return character

    def _alternatives(self) -> str:
        first = self._sequence()
        while self._peek() == "|":
            self._take()
            self._sequence()
        return first

    def _sequence(self) -> str:
        written = []
        while self._peek() not in ("", "|", ")"):
            written.append(self._repeated(self._atom()))
        return "".join(written)

    def _atom(self) -> str:
        match character := self._take():
            case "(":
                if self._peek() == "?":
                    self._take()
                    kind = self._take()
                    if kind == "P" or kind == "<":
                        while self._take() != ">":
                            pass
                    elif kind != ":":
                        raise ValueError(kind)
                inner = self._alternatives()
                self._take()
                return inner
            case "[":
                return self._character_class()
            case ".":
                return "a"
            case "^" | "$":
                return ""
            case "\\":
                escaped = self._take()
                if escaped in "bBAZ":
                    return ""
                if escaped.isdigit() or escaped in "pPux":
                    raise ValueError(escaped)
                return _KINDS.get(escaped, escaped)
            case _:
                return character

    def _character_class(self) -> str:
        is_negated = self._peek() == "^"
        start = self._position
        if is_negated:
            self._take()
        first = True
        while (character := self._take()) != "]" or first:
            if character == "\\":
                self._take()
            first = False
        allowed = re.compile("[" + self._pattern[start : self._position])
        return next((character for character in _alphabet() if allowed.match(character)), "a")

    def _repeated(self, atom: str) -> str:
        match self._peek():
            case "*" | "+" | "?" as sign:
                self._take()
                fewest, most = (1 if sign == "+" else 0), (1 if sign == "?" else _UPPER)
            case "{":
                end = self._pattern.index("}", self._position)
                low, comma, high = self._pattern[self._position + 1 : end].partition(",")
                self._position = end + 1
                fewest = int(low or 0)
                most = int(high) if high else (fewest + _UPPER if comma else fewest)
            case _:
                return atom
        if self._peek() == "?":
            self._take()
        count = min(fewest + self._extra, max(most, fewest))
        if count * len(atom) > _LONGEST:
            raise ValueError(count)
        return atom * count


def _alphabet() -> Iterator[str]:
    yield from "a0A -_.:/@#,;!~+"
    yield from map(chr, range(33, 0x250))
