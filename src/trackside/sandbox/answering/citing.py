"""Citations in their forms: numbered markers with annotations, vref and tref tags, bracketed times.

An answer is composed as segments, text and citations in turn, so that it need not know the form it will be
written in. Annotations count Unicode code points, and both of their indexes are inclusive.
"""

from __future__ import annotations

import hashlib
import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

WEB_MARK_START, WEB_MARK_MIDDLE, WEB_MARK_END = "\ue200", "\ue202", "\ue201"


class CitationForm(Enum):
    """How citations are written, by the word that asks for it."""

    ANNOTATIONS = "annotations"
    VREF = "vref"
    TREF = "tref"
    TIMES = "times"


class CitationKind(Enum):
    """What a citation points at, by its annotation's type."""

    VIDEO = "video_citation"
    IMAGE = "image_citation"
    COLLECTION = "collection_citation"
    WEB = "url_citation"


@dataclass(frozen=True, slots=True)
class Citation:
    """A pointer; `target` is an item's or a collection's id or an address. No times: the whole of it."""

    kind: CitationKind
    target: str
    title: str
    start_s: float | None = None
    end_s: float | None = None


Segment = str | Citation
# Gives the signed addresses that an annotation of this item carries: thumbnail_url, hls_url.
MediaAddresses = Callable[[str], dict[str, str]]


@dataclass(frozen=True, slots=True)
class WrittenText:
    """Text as it is sent, with its annotations."""

    text: str
    annotations: tuple[dict[str, object], ...] = ()


def clock(seconds: float) -> str:
    """MM:SS, and HH:MM:SS from an hour on."""
    whole = int(seconds)
    minutes = f"{whole // 60 % 60:02}:{whole % 60:02}"
    return f"{whole // 3600:02}:{minutes}" if whole >= 3600 else minutes


def write(segments: Sequence[Segment], form: CitationForm, addresses: MediaAddresses) -> WrittenText:
    """The segments as one text, their citations in the given form. Equal citations share a number."""
    text, annotations, numbers = "", [], dict[Citation, int]()
    for segment in segments:
        if isinstance(segment, str):
            text += segment
            continue
        number = numbers.setdefault(segment, len(numbers) + 1)
        mark = _mark(segment, form, number)
        if form is CitationForm.ANNOTATIONS or segment.kind is CitationKind.WEB:
            annotations.append(_annotation(segment, len(text), len(text) + len(mark) - 1, addresses))
        text += mark
    return WrittenText(text, tuple(annotations))


def vref(item_id: str, start_s: float | None, end_s: float | None, *, self_closed: bool = False) -> str:
    """A vref tag; its id is the item's without the prefix."""
    times = "" if start_s is None or end_s is None else f' start="{clock(start_s)}" end="{clock(end_s)}"'
    close = "/>" if self_closed else "></vref>"
    return f'<vref id="{html.escape(item_id.removeprefix("ksi_"))}"{times}{close}'


def _mark(citation: Citation, form: CitationForm, number: int) -> str:
    if citation.kind is CitationKind.WEB:
        return f"{WEB_MARK_START}cite{WEB_MARK_MIDDLE}turn0search{number - 1}{WEB_MARK_END}"
    match form:
        case CitationForm.ANNOTATIONS:
            return f"[{number}]"
        case CitationForm.VREF if citation.kind is not CitationKind.COLLECTION:
            tag = vref(citation.target, citation.start_s, citation.end_s, self_closed=number % 3 == 0)
            # The service has been seen to leave the prefix on now and then.
            return tag if number % 4 else tag.replace('id="', 'id="ksi_', 1)
        case CitationForm.TREF if citation.kind is not CitationKind.COLLECTION:
            token = hashlib.sha256(f"{citation.target}{citation.start_s}".encode()).hexdigest()[:12]
            return f'<tref id="{token}"></tref>'
        case CitationForm.TIMES if citation.start_s is not None and citation.end_s is not None:
            return f"[{clock(citation.start_s)}-{clock(citation.end_s)}]"
        case _:
            return f"({citation.title})"


def _annotation(
    citation: Citation, start_index: int, end_index: int, addresses: MediaAddresses
) -> dict[str, object]:
    shown: dict[str, object] = {
        "type": citation.kind.value,
        "start_index": start_index,
        "end_index": end_index,
        "title": citation.title,
    }
    match citation.kind:
        case CitationKind.VIDEO | CitationKind.IMAGE:
            shown["item_id"] = citation.target
            shown |= addresses(citation.target)
        case CitationKind.COLLECTION:
            shown["collection_id"] = citation.target
        case CitationKind.WEB:
            shown["url"] = citation.target
    if citation.start_s is not None and citation.end_s is not None:
        shown |= {"start_sec": citation.start_s, "end_sec": citation.end_s}
    return shown
