"""The texts that a search looks through, as they are found in the database."""

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from trackside.domain.answer import Answer
from trackside.domain.citation import find_citations
from trackside.domain.search import step_text
from trackside.storage import kept_attempt

_PART_LENGTH = 64_000
_SHORTEST_PART = 60_000
STEP_GAP = "\n\n"
QUESTION, ANSWER = "CAST(question AS BLOB)", "CAST(answer AS BLOB)"
"""Columns as bytes: of a text that is damaged, SQLite refuses to make any other thing."""
_UNSEEN = re.compile("</?[vt]ref\\b[^<>]{0,500}>|\ue200[^\ue200\ue201]{0,400}\ue201", re.IGNORECASE)
_ESCAPE = re.compile(r"""\\(?:u([0-9a-fA-F]{4})|["\\/bfnrt])""")
_NO_WIDTH = "\u200b"


class Kind(IntEnum):
    """What a document of the index is a text of."""

    QUESTION = 1
    ANSWER = 2
    STEPS = 3


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a text that is one document of the index. The words of a search have to stand in one:
    that keeps the work for a giant answer in pieces, and what stands pages apart is no hit."""

    kind: Kind
    owner: str
    start: int
    asked: int
    text: str


def turn_parts(db: sqlite3.Connection, turn_id: str) -> tuple[str, list[Part]] | None:
    """The session of a turn and the parts of its question; None when it isn't there any more."""
    row = db.execute(
        f"SELECT session_id, {QUESTION}, asked_at FROM turns WHERE id = ?",  # noqa: S608 -- a constant
        (turn_id,),
    ).fetchone()
    if row is None:
        return None
    question, asked = question_text(row[1]), milliseconds(row[2])
    return row[0], [Part(Kind.QUESTION, turn_id, *part) for part in _parts(question, asked)]


def attempt_parts(db: sqlite3.Connection, attempt_id: str) -> tuple[str, list[Part]] | None:
    """The same of an attempt: its answer and its steps."""
    row = db.execute(
        f"SELECT session_id, {ANSWER}, asked_at FROM attempts JOIN turns ON turns.id = turn_id "  # noqa: S608 -- a constant
        "WHERE attempts.id = ?",
        (attempt_id,),
    ).fetchone()
    if row is None:
        return None
    session_id, saved, asked_at = row
    answer, asked = restored(saved), milliseconds(asked_at)
    parts = [Part(Kind.ANSWER, attempt_id, *part) for part in _parts(answer.text, asked)]
    return session_id, parts + [
        Part(Kind.STEPS, attempt_id, *part) for part in _parts(steps_text(answer), asked)
    ]


def document_text(db: sqlite3.Connection, kind: int, owner: str, start: int) -> str:
    """The text of a document of the index; empty when it isn't there any more."""
    if kind == Kind.QUESTION:
        row = db.execute(f"SELECT {QUESTION} FROM turns WHERE id = ?", (owner,)).fetchone()  # noqa: S608 -- a constant
        return part_at(question_text(row[0]), start) if row else ""
    row = db.execute(f"SELECT {ANSWER} FROM attempts WHERE id = ?", (owner,)).fetchone()  # noqa: S608 -- a constant
    answer = restored(row[0] if row else None)
    return part_at(answer.text if kind == Kind.ANSWER else steps_text(answer), start)


def restored(saved: bytes | None) -> Answer:
    """An answer as saved. One that can't be read has no text: it must not keep others out of the index."""
    return kept_attempt.restored(saved) if saved else Answer()


def question_text(saved: bytes) -> str:
    return saved.decode(errors="replace")


def steps_text(answer: Answer) -> str:
    """All steps of an answer as one text; a step's text begins where those before it and their gaps end."""
    return STEP_GAP.join(map(step_text, answer.steps))


def part_at(text: str, start: int) -> str:
    """The part of a text that begins there."""
    return text[start : _part_end(text, start)]


def _parts(text: str, asked: int) -> Iterator[tuple[int, int, str]]:
    start = 0
    while start < len(text):
        end = _part_end(text, start)
        yield start, asked, text[start:end]
        start = end


def _part_end(text: str, start: int) -> int:
    """After a space, so that no word is cut in two, if there is one."""
    end = start + _PART_LENGTH
    if end >= len(text):
        return len(text)
    for gap in ("\n", " "):
        if (place := text.rfind(gap, start + _SHORTEST_PART, end)) > 0:
            return place + 1
    return end


def readable(text: str) -> str:
    """A text without what nobody sees of it, every character at its place: tags of citations are blank, and
    the escapes in JSON are the characters that they mean."""
    if "\ue200" in text or "ref" in text:
        text = _UNSEEN.sub(lambda match: " " * len(match[0]), text)
    if "\\" in text and text.lstrip()[:1] in ("{", "["):
        text = _ESCAPE.sub(_unescaped, text)
    return text


def _unescaped(match: re.Match[str]) -> str:
    char = chr(int(match[1], 16)) if match[1] else " "
    # A half of a pair is no character, and no letter that anybody looks for is made of such.
    return (" " if "\ud800" <= char <= "\udfff" else char).ljust(
        len(match[0]), _NO_WIDTH if match[1] else " "
    )


def cites(answer: Answer) -> bool:
    """Whether an answer cites something, by annotations or in its text."""
    if any(part.annotations for part in answer.parts):
        return True
    text = answer.text
    if not ("<" in text or "[" in text or _HEX.search(text)):
        return False
    start = 0
    while start < len(text):
        part = part_at(text, start)
        if any(span.citation is not None for span in find_citations(part)):
            return True
        start += len(part)
    return False


_HEX = re.compile("[0-9a-f]{24}")


def milliseconds(when: str) -> int:
    return int(datetime.fromisoformat(when).timestamp() * 1000)
