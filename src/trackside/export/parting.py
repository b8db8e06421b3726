"""Finds the sessions and turns in an export's bytes, so that each can be decoded by itself.

A decoder keeps the interpreter's lock until it is done; for a file of a hundred megabytes the window would
stand still for as long. This walks over brackets and strings only and understands nothing else: whether it is
JSON, the decoder finds, since it gets every byte, those of turns and those between them.
"""

import re
from dataclasses import dataclass, field

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|["{}\[\]]', re.DOTALL)
_QUOTE, _OPENINGS, _LIST, _OBJECT = b'"'[0], b"{[", b"["[0], b"{"[0]
_NAMES = {1: b'"sessions"', 3: b'"turns"'}
"""At which depth, and under which name, the lists stand whose objects are parted off."""


@dataclass(slots=True)
class Parts:
    """A stretch of the file, and the stretches in it that are parted off."""

    start: int
    end: int = -1
    parts: list["Parts"] = field(default_factory=list)

    def head(self, content: bytes) -> bytes:
        """The stretch with nulls in place of its parts."""
        pieces, at = [], self.start
        for part in self.parts:
            pieces += [content[at : part.start], b"null"]
            at = part.end
        pieces.append(content[at : self.end])
        return b"".join(pieces)


def parted(content: bytes) -> Parts:
    """The document, its sessions as parts and their turns as parts of these."""
    document = Parts(0, len(content))
    open_parts = [document]
    depth = 0
    listed: set[int] = set()
    """Depths at which the list that is open now is one of those whose objects are parted off."""
    name = b""
    for match in _TOKEN.finditer(content):
        start, end = match.span()
        sign = content[start]
        if sign == _QUOTE:
            if end - start == 1:
                break  # a string without an end
            name = content[start:end] if depth in _NAMES and end - start < 16 else b""
        elif sign in _OPENINGS:
            if sign == _LIST and name == _NAMES.get(depth):
                listed.add(depth + 1)
            elif sign == _OBJECT and depth in listed:
                part = Parts(start)
                open_parts[-1].parts.append(part)
                open_parts.append(part)
            depth += 1
        else:
            depth -= 1
            if depth in listed and len(open_parts) > 1:
                open_parts.pop().end = end
            listed.discard(depth + 1)
        if depth < 0:
            break
    for part in open_parts:
        part.end = len(content) if part.end < 0 else part.end
    return document
