"""Picks the words and numbers of a structured answer by the names of its properties."""

from __future__ import annotations

import re
from functools import partial

from trackside.sandbox.answering.citing import clock, vref
from trackside.sandbox.answering.library import Passage

_FORMATS = {
    "date-time": "2026-01-05T09:00:00Z",
    "date": "2026-01-05",
    "time": "09:00:00Z",
    "duration": "PT9S",
    "email": "sandbox@example.com",
    "idn-email": "sandbox@example.com",
    "hostname": "example.com",
    "idn-hostname": "example.com",
    "ipv4": "127.0.0.1",
    "ipv6": "::1",
    "uri": "https://example.com/sandbox",
    "uri-reference": "/sandbox",
    "iri": "https://example.com/sandbox",
    "iri-reference": "/sandbox",
    "uuid": "069e9870-3c4d-7abc-9012-3456789abcde",
    "json-pointer": "/sandbox",
    "relative-json-pointer": "0",
    "regex": "^sandbox$",
    "uri-template": "https://example.com/{name}",
}
_FALLBACK = "the sandbox found nothing to say here"
_PARTS = re.compile(r"[A-Z]?[a-z]+|\d+|[A-Z]+(?![a-z])")
_CLIP = {
    "clip",
    "video",
    "source",
    "citation",
    "reference",
    "evidence",
    "timestamp",
    "moment",
    "vref",
    "proof",
}


def format_example(form: str) -> str | None:
    """A text of this JSON Schema format; None for one that needs no care."""
    return _FORMATS.get(form)


def string_for(name: str, passage: Passage | None, fewest: int, most: int) -> str:
    """A text for a property of this name, within these lengths in code points."""
    for text in _candidates(set(map(str.casefold, _PARTS.findall(name))), passage):
        if fewest <= len(text) <= most:
            return text
    text = _candidates(set(), passage)[0]
    while len(text) < fewest:
        text += f" {text}"
    return text[: max(fewest, most)].strip().ljust(fewest, ".") if most else ""


def number_for(name: str, passage: Passage | None, turn: int) -> float:
    """A number for a property of this name, before its bounds."""
    parts = set(map(str.casefold, _PARTS.findall(name)))
    if passage is not None and passage.start_s is not None and passage.end_s is not None:
        if parts & {"start", "begin", "from", "time", "timestamp", "second", "seconds"}:
            return passage.start_s
        if parts & {"end", "until", "to"}:
            return passage.end_s
        if parts & {"duration", "length"}:
            return round(passage.end_s - passage.start_s, 3)
    if parts & {"confidence", "score", "relevance", "probability"}:
        return 0.5
    return float(turn + 1)


def _candidates(parts: set[str], passage: Passage | None) -> list[str]:
    if passage is None:
        return [_FALLBACK]
    start_s, end_s = passage.start_s, passage.end_s
    tag = partial(vref, passage.item_id, start_s, end_s)
    if parts & {"id", "uuid"}:
        return [passage.item_id]
    if parts & {"start", "begin", "from"}:
        return [clock(start_s or 0.0)]
    if parts & {"end", "until"}:
        return [clock(end_s or 0.0)]
    if parts & {"time", "timecode", "when"}:
        return [f"[{clock(start_s or 0.0)}-{clock(end_s or 0.0)}]", clock(start_s or 0.0)]
    if parts & {"speaker", "who", "person"}:
        return [passage.speaker or "nobody is named"]
    if parts & {"title", "name", "headline", "label"}:
        return [passage.title]
    if parts & _CLIP:
        return [f"{passage.title} {tag()}", tag(self_closed=True), passage.title]
    if parts & {"quote", "text", "caption", "transcript"}:
        return [passage.text]
    return [f"“{passage.text}” {tag()}", passage.text]
