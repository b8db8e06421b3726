"""The citations of answers as clips: what was cited, from when to when, and in which sentence."""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from trackside.domain.citation import Citation, find_citations
from trackside.domain.turn import SelectionKind, Turn

NameOf = Callable[[Citation], str]
"""The name of what a citation points at, or nothing where it isn't known."""

_QUOTE_LENGTH = 240
_BEFORE = 800
"""Characters before a citation that are searched for its sentence: a line may be a megabyte long."""
_SENTENCE_END = re.compile(r"[.!?][\"”’)\]]?\s+|[。！？]")
_BREAKS = re.compile("[\x00-\x20\x7f-\x9f\u2028\u2029]+")
_NOT_SHOWN = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
"""What turns the direction of a line, so that it reads as what it isn't, and halves of surrogate pairs."""
_MARKS = re.compile(r"\*\*|__|`|\s*\|[\s|]*")
_LIST_MARK = re.compile(r"^\s*(?:[-*+>#]+|\d{1,4}[.)])\s+")


class ClipKind(StrEnum):
    """What a citation points at."""

    CLIP = "clip"
    WHOLE = "whole item"
    COLLECTION = "collection"
    WEB = "web page"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Clip:
    """One citation of an answer. Times are in seconds and finite; `end_s` is never before `start_s`."""

    turn: Turn
    kind: ClipKind
    citation: Citation
    item_id: str
    """Of the item, or of the asset where the answer names that; empty for a time whose video isn't named."""
    title: str
    start_s: float | None
    end_s: float | None
    quote: str
    """What the answer says before the citation, in the same sentence."""


def clips_of(turn: Turn, name_of: NameOf) -> Iterator[Clip]:
    """The citations of a turn's chosen answer, in the order of its text."""
    attempt = turn.shown_attempt
    if attempt is None:
        return
    text = attempt.answer.text
    spans = find_citations(text, attempt.answer.annotations)
    hidden: list[tuple[int, int]] = []
    for span in spans:
        if span.citation is not None:
            yield _clip(turn, span.citation, _quote(text, span.start, hidden), name_of)
        hidden.append((span.start, span.end))


def one_line(text: str, length: int) -> str:
    """A text for a line of its own: no breaks, no control or direction characters, cut at `length`."""
    cleaned = _NOT_SHOWN.sub("", _BREAKS.sub(" ", text[: 4 * length]))
    line = " ".join(cleaned.split())
    return line if len(line) <= length else f"{line[: length - 1].rstrip()}…"


def _clip(turn: Turn, citation: Citation, quote: str, name_of: NameOf) -> Clip:
    item_id = citation.item_id or citation.asset_id or ""
    title = name_of(citation) or citation.title or ""
    if not (item_id or citation.collection_id or citation.url or citation.text_id):
        # A bare time. Where the question was about one video, that is the one.
        items = [s for s in turn.ask.selections if s.kind is SelectionKind.ITEM]
        if len(turn.ask.selections) == 1 and items:
            item_id = items[0].id
            title = name_of(Citation(item_id=item_id)) or items[0].title
    start, end = _finite(citation.start_s), _finite(citation.end_s)
    if start is None and end is not None:
        start = 0.0
    if start is not None and end is not None and end < start:
        end = None
    return Clip(turn, _kind(citation), citation, item_id, title or item_id, start, end, quote)


def _kind(citation: Citation) -> ClipKind:
    if citation.start_s is not None or citation.end_s is not None:
        return ClipKind.CLIP
    if citation.item_id or citation.asset_id:
        return ClipKind.WHOLE
    if citation.collection_id:
        return ClipKind.COLLECTION
    return ClipKind.WEB if citation.url else ClipKind.TEXT


def _finite(seconds: float | None) -> float | None:
    return seconds if seconds is not None and math.isfinite(seconds) and seconds >= 0 else None


def _quote(text: str, end: int, hidden: list[tuple[int, int]]) -> str:
    """The sentence that leads to a citation, without the citations that stand in it."""
    start = max(0, end - _BEFORE)
    start = max(start, text.rfind("\n", start, end) + 1)
    pieces: list[str] = []
    stop = end
    for span_start, span_end in reversed(hidden):
        if span_end <= start:
            break
        pieces.append(text[min(span_end, stop) : stop])
        stop = min(stop, span_start)
    pieces.append(text[start : max(start, stop)])
    said = _MARKS.sub(lambda mark: " " if "|" in mark[0] else "", "".join(reversed(pieces)))
    line = _LIST_MARK.sub("", said.rstrip(" ([,;:"))
    body = line.rstrip(' .!?。！？”"’')
    cut = 0
    for match in _SENTENCE_END.finditer(body):
        cut = match.end()
    sentence = one_line(line[cut:], 4 * _QUOTE_LENGTH)
    if len(sentence) <= _QUOTE_LENGTH:
        return sentence
    tail = sentence[-_QUOTE_LENGTH:]
    head, _, rest = tail.partition(" ")
    return f"…{rest if rest and len(head) < _QUOTE_LENGTH // 2 else tail}"
