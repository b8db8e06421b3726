"""Reads a growing JSON answer into code, one member a line; what can't be understood is kept as it came."""

import re
from collections import deque
from typing import Any

from trackside.markup.blocks import Block, BlockKind

_SEGMENT_LINES = 32
_SEGMENT_SIZE = 2048
_LONGEST_LINE = 4096
_DEEPEST_INDENT = 32
_UNSHOWABLE = re.compile("[\0\ud800-\udfff]")
_TOKEN = re.compile(r'(?P<space>\s+)|(?P<quote>")|(?P<mark>[{}\[\],:])|(?P<scalar>[^\s"{}\[\],:]+)')
_IN_STRING = re.compile(r'[^"\\]+')
_RAW = re.compile(r"\n|[^\n]+")
_OPENERS = {"}": "{", "]": "["}


def looks_like_json(text: str) -> bool | None:
    """Whether an answer that begins so is JSON; None as long as that can't be said."""
    start = text.lstrip()
    if not start:
        return None
    if start[0] not in "{[":
        return False
    rest = start[1:].lstrip(" \t\r")
    if not rest:
        return None
    return rest[0] in ('"}\n' if start[0] == "{" else '"{\n')


class JsonReader:
    """Reads a growing answer as `BlockReader` does, into the segments of one block of code.

    Only white space between tokens is changed. A block's `lines` have a pair where a run begins
    that stands in the source as it does in the content.
    """

    def __init__(self) -> None:
        self.closed: list[Block] = []
        self.references: dict[str, Any] = {}
        self._fed: deque[str] = deque()
        self._text = ""
        self._at = 0
        self._base = 0
        self._is_over = False
        self._is_done = False
        self._out = _Segments(self.closed)
        # Where in the grammar it is.
        self._open: list[str] = []
        self._in_string = False
        self._is_escaped = False
        self._is_raw = False
        self._last = ""
        """The kind of the last token: a mark, "value", or "" at the beginning."""
        self._had_space = False

    def feed(self, text: str) -> None:
        """Takes more of the source in, for `read` to work on."""
        if text:
            self._fed.append(text)

    def finish(self) -> None:
        """The text is over: once `read` has nothing left, all of it is in `closed`."""
        self._is_over = True

    def read(self, limit: int = 8192) -> bool:
        """Closes what can be closed, working on about `limit` characters. True when more waits."""
        left = limit
        while left > 0:
            if self._at == len(self._text):
                if not self._fed:
                    break
                self._base += self._at
                self._text, self._at = _UNSHOWABLE.sub("\ufffd", self._fed.popleft()), 0
            end = min(len(self._text), self._at + left)
            left -= end - self._at
            self._read_to(end)
        if self._at < len(self._text) or self._fed:
            return True
        if self._is_over and not self._is_done:
            self._is_done = True
            self._out.finish()
        return False

    def open_blocks(self) -> list[Block]:
        """The segment that isn't closed yet."""
        block = None if self._is_done else self._out.segment(is_last=False, is_open=True)
        return [block] if block else []

    def _read_to(self, end: int) -> None:
        while self._at < end:
            if self._is_raw:
                self._at = self._read_raw(end)
            elif self._in_string:
                self._at = self._read_string(end)
            else:
                self._at = self._read_token(end)

    def _read_raw(self, end: int) -> int:
        found = _RAW.match(self._text, self._at, end)
        assert found
        if found[0] == "\n":
            self._out.break_line(0)
        else:
            self._out.copy(found[0], self._base + self._at)
        return found.end()

    def _read_string(self, end: int) -> int:
        at = self._at
        char = self._text[at]
        if self._is_escaped:
            self._is_escaped = False
        elif char == "\\":
            self._is_escaped = True
        elif char == '"':
            self._in_string = False
        elif found := _IN_STRING.match(self._text, at, end):
            self._out.copy(found[0], self._base + at)
            return found.end()
        self._out.copy(char, self._base + at)
        return at + 1

    def _read_token(self, end: int) -> int:
        found = _TOKEN.match(self._text, self._at, end)
        assert found
        token, place = found[0], self._base + self._at
        kind = found.lastgroup
        if kind == "space":
            self._had_space = True
            return found.end()
        goes_on = self._last == kind == "scalar" and not self._had_space
        if self._last and not self._open and not goes_on:
            # Something after the end.
            return self._go_raw()
        if kind == "mark":
            if not self._read_mark(token, place):
                return self._go_raw()
        else:
            if not goes_on:
                self._lay_out()
            self._out.copy(token, place)
            self._in_string = kind == "quote"
            self._last = "value" if self._in_string else "scalar"
        self._had_space = False
        return found.end()

    def _read_mark(self, mark: str, place: int) -> bool:
        """Takes a mark; False if it can't stand here."""
        if mark in "{[":
            self._lay_out()
            self._open.append(mark)
        elif mark in "}]":
            if not self._open or self._open[-1] != _OPENERS[mark]:
                return False
            self._open.pop()
            if self._last not in "{[":
                self._out.break_line(self._indent)
        elif not self._open:
            return False
        self._out.copy(mark, place)
        self._last = "value" if mark in "}]" else mark
        return True

    def _lay_out(self) -> None:
        """Puts what belongs between the last token and a value."""
        if self._last in ("{", "[", ","):
            self._out.break_line(self._indent)
        elif self._last:
            self._out.put(" ")

    @property
    def _indent(self) -> int:
        return 2 * min(len(self._open), _DEEPEST_INDENT)

    def _go_raw(self) -> int:
        self._is_raw = True
        self._out.break_line(0)
        return self._at


class _Segments:
    """The text that comes out, in blocks of a size that can be drawn at once."""

    def __init__(self, closed: list[Block]) -> None:
        self._closed = closed
        self._parts: list[str] = []
        self._size = 0
        self._line_count = 1
        self._line_start = 0
        self._places: list[tuple[int, int]] = []
        self._start = self._end = self._group = -1
        self._continues = False

    def copy(self, text: str, place: int) -> None:
        """Takes text that stands in the source at `place`."""
        while self._size - self._line_start + len(text) > _LONGEST_LINE:
            room = _LONGEST_LINE - (self._size - self._line_start)
            self._append(text[:room], place)
            self._close(continues=True)
            text, place = text[room:], place + room
        self._append(text, place)

    def put(self, text: str) -> None:
        """Takes text that doesn't stand in the source."""
        self._parts.append(text)
        self._size += len(text)

    def break_line(self, indent: int) -> None:
        """Begins another line."""
        if self._line_count >= _SEGMENT_LINES or self._size >= _SEGMENT_SIZE:
            self._close(continues=False)
        elif self._parts:
            self.put("\n")
            self._line_count += 1
        self._line_start = self._size
        self.put(" " * indent)

    def segment(self, *, is_last: bool, is_open: bool) -> Block | None:
        """What has come since the last segment."""
        if self._start < 0:
            return None
        return Block(
            kind=BlockKind.CODE,
            start=self._start,
            end=self._end,
            content="".join(self._parts),
            lines=tuple(self._places),
            language="json",
            group=self._group,
            is_first=self._group == self._start,
            is_last=is_last,
            is_open=is_open,
            continues_line=self._continues,
        )

    def finish(self) -> None:
        """All has come."""
        if block := self.segment(is_last=True, is_open=False):
            self._closed.append(block)

    def _append(self, text: str, place: int) -> None:
        if not text:
            return
        if self._start < 0:
            self._start = place
            self._group = place if self._group < 0 else self._group
        if not self._places or self._places[-1][1] - self._places[-1][0] != place - self._size:
            self._places.append((self._size, place))
        self.put(text)
        self._end = place + len(text)

    def _close(self, *, continues: bool) -> None:
        if block := self.segment(is_last=False, is_open=False):
            self._closed.append(block)
        self._parts, self._places = [], []
        self._size = self._line_start = 0
        self._line_count = 1
        self._start = -1
        self._continues = continues
