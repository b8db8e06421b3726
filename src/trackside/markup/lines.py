"""A growing text as lines with their places in the source, also where a line is endlessly long."""

import re
from collections import deque
from dataclasses import dataclass

_TERMINATOR = re.compile(r"[\r\n]")
_UNSHOWABLE = re.compile("[\0\ud800-\udfff]")

LONGEST_LINE = 4096
"""A line without an end so far is handed on in pieces, so that nobody waits for its end."""
_PIECE = 2048
_REFILL = 16_384


@dataclass(frozen=True, slots=True)
class Line:
    """A line or a piece of one, without its terminator. `start` and `end` enclose `text` in the source."""

    text: str
    start: int
    end: int
    is_cut: bool = False
    """Whether the line goes on after this piece."""
    continues: bool = False
    """Whether the line began before this piece."""


class LineSource:
    """Gives the lines of a text that arrives in pieces, each line once.

    What can't be shown (NUL, lone surrogates) becomes U+FFFD; positions stay those of the source.
    """

    def __init__(self) -> None:
        self._fed: deque[str] = deque()
        self._text = ""
        self._at = 0
        self._base = 0
        self._continues = False
        self._is_over = False

    def feed(self, text: str) -> None:
        """Takes more text in."""
        if text:
            self._fed.append(text)

    def finish(self) -> None:
        """The text is over: its last line is complete."""
        self._is_over = True

    @property
    def is_over(self) -> bool:
        return self._is_over

    def take(self) -> Line | None:
        """The next complete line or piece; None when more text is needed first, or all is taken."""
        found = self._find()
        if found is None:
            return None
        line, self._at = found
        self._continues = line.is_cut
        return line

    def has_line(self) -> bool:
        """Whether a complete line waits."""
        return self._find() is not None

    def rest(self) -> Line | None:
        """What stands after the last complete line. Only for when no complete line waits."""
        text = self._text[self._at :].removesuffix("\r")
        start = self._base + self._at
        return Line(text, start, start + len(text), continues=self._continues) if text else None

    def _find(self) -> tuple[Line, int] | None:
        while True:
            text, at = self._text, self._at
            longest = _PIECE if self._continues else LONGEST_LINE
            match = _TERMINATOR.search(text, at, at + longest + 1)
            # A carriage return at the very end may be the half of a terminator.
            if match and (match[0] == "\n" or match.end() < len(text) or self._ends_here()):
                following = match.end() + (match[0] == "\r" and text.startswith("\n", match.end()))
                return self._line(match.start(), is_cut=False), following
            if not match and len(text) - at > longest:
                return self._line(at + longest, is_cut=True), at + longest
            if self._fed:
                self._refill()
            elif self._is_over and at < len(text):
                return self._line(len(text), is_cut=False), len(text)
            else:
                return None

    def _ends_here(self) -> bool:
        return self._is_over and not self._fed

    def _line(self, end: int, *, is_cut: bool) -> Line:
        at, base = self._at, self._base
        return Line(self._text[at:end], base + at, base + end, is_cut, self._continues)

    def _refill(self) -> None:
        parts = [self._text[self._at :]]
        count = 0
        while self._fed and count < _REFILL:
            part = self._fed.popleft()
            parts.append(_UNSHOWABLE.sub("\ufffd", part) if _UNSHOWABLE.search(part) else part)
            count += len(part)
        self._base += self._at
        self._at = 0
        self._text = "".join(parts)


class Cursor:
    """Walks over the beginning of a line in columns, where a tab reaches to the next multiple of four."""

    __slots__ = ("_column", "_in_tab", "at", "indent", "is_blank", "next", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self._column = 0
        self._in_tab = False
        self.look()

    def look(self) -> None:
        """Finds what is next that is no space: `next` is its place, `indent` its distance in columns."""
        text, at, column = self.text, self.at, self._column
        end = len(text)
        while at < end:
            char = text[at]
            if char == " ":
                column += 1
            elif char == "\t":
                column += 4 - column % 4
            else:
                break
            at += 1
        self.next = at
        self.indent = column - self._column
        self.is_blank = at == end

    def skip_columns(self, count: int) -> None:
        """Goes `count` columns on, perhaps into the midst of a tab."""
        end = len(self.text)
        while count > 0 and self.at < end:
            if self.text[self.at] == "\t":
                width = 4 - self._column % 4
                self._in_tab = width > count
                step = min(width, count)
                self._column += step
                self.at += not self._in_tab
                count -= step
            else:
                self._in_tab = False
                self._column += 1
                self.at += 1
                count -= 1
        self.look()

    def skip_spaces(self) -> None:
        """Goes to what is next."""
        self._column += self.indent
        self.at = self.next
        self._in_tab = False
        self.look()

    def skip_mark(self, length: int) -> None:
        """Goes past what is next, a mark without tabs."""
        self.skip_spaces()
        self.skip_columns(length)

    def skip_quote_mark(self) -> None:
        """Goes past a quotation's mark, which is next, and the space that belongs to it."""
        self.skip_mark(1)
        if self.indent:
            self.skip_columns(1)

    def rest(self) -> str:
        """The text from here; what is left of a tab that was entered is spaces."""
        if self._in_tab:
            return " " * (4 - self._column % 4) + self.text[self.at + 1 :]
        return self.text[self.at :]

    def from_next(self) -> str:
        """The text from what is next."""
        return self.text[self.next :]
