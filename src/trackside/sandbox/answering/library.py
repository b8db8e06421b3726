"""What a store has to say: the captions of its videos and the descriptions of its images."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from trackside.sandbox.answering.words import search_terms
from trackside.sandbox.captions import Cue, parse_captions
from trackside.sandbox.errors import ServiceError
from trackside.sandbox.files import FileCabinet
from trackside.sandbox.records import Asset, AssetKind, Item, Metadata
from trackside.sandbox.state import SandboxState

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


@dataclass(frozen=True, slots=True)
class Passage:
    """One caption, or a sentence of an image's description (then without times)."""

    item_id: str
    title: str
    text: str
    speaker: str
    start_s: float | None
    end_s: float | None
    order: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One item with all it has to say."""

    item_id: str
    title: str
    asset: Asset
    metadata: Metadata
    passages: tuple[Passage, ...]

    @property
    def is_image(self) -> bool:
        """Whether the item is a picture."""
        return self.asset.kind is AssetKind.IMAGE


class Library:
    """A store's entries, searchable by words."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = {entry.item_id: entry for entry in entries}
        self._indexed = [
            (
                passage,
                Counter(search_terms(f"{passage.text} {passage.speaker}")),
                set(search_terms(entry.title)),
            )
            for entry in self.entries.values()
            for passage in entry.passages
        ]
        spread = Counter(term for _, terms, title in self._indexed for term in {*terms, *title})
        count = len(self._indexed)
        self._weights = {term: math.log(1 + count / found) for term, found in spread.items()}

    def ranked(self, terms: dict[str, float], preferred: frozenset[str] = frozenset()) -> list[Passage]:
        """Passages that share a term, best first; those of preferred items before all others."""
        scored = []
        for passage, found, title in self._indexed:
            # A title's words help what is said, and count alone only when the clip is asked for by name.
            named = len(title & terms.keys())
            if not found.keys() & terms.keys() and named < min(2, len(title) or 2):
                continue
            score = sum(
                weight * self._weights[term] * (1.0 if term in found else 0.35)
                for term, weight in terms.items()
                if term in found or term in title
            )
            if score > 0:
                scored.append((passage.item_id not in preferred, -score, passage.order, passage))
        scored.sort(key=lambda entry: entry[:3])
        return [passage for *_, passage in scored]

    def openings(self) -> tuple[Passage, ...]:
        """What each item begins with."""
        return tuple(entry.passages[0] for entry in self.entries.values() if entry.passages)

    def following(self, item_id: str, end_s: float) -> list[Passage]:
        """What is said in an item from then on."""
        entry = self.entries.get(item_id)
        if entry is None:
            return []
        return [p for p in entry.passages if p.start_s is not None and p.start_s >= end_s - 0.05]


class Librarian:
    """Builds libraries, reading each caption file once."""

    def __init__(self, state: SandboxState, files: FileCabinet) -> None:
        self._state = state
        self._files = files
        self._cues: dict[tuple[str, str], tuple[Cue, ...]] = {}

    def library(self, store_id: str) -> Library:
        """What the ready items of a store have to say by now."""
        return Library(
            self._entry(item, self._state.assets[item.asset_id])
            for item in self._state.ready_items_of(store_id)
        )

    def _entry(self, item: Item, asset: Asset) -> Entry:
        title = str(item.metadata.get("title") or asset.title or asset.filename)
        if asset.kind is AssetKind.IMAGE:
            told = asset.text or str(item.metadata.get("description") or title)
            passages = tuple(
                Passage(item.id, title, sentence, "", None, None, order)
                for order, sentence in enumerate(_SENTENCE_END.split(told))
            )
        else:
            passages = tuple(
                Passage(item.id, title, cue.text, cue.speaker, cue.start_s, cue.end_s, order)
                for order, cue in enumerate(self._cues_of(asset))
            )
        return Entry(item.id, title, asset, item.metadata, passages)

    def _cues_of(self, asset: Asset) -> tuple[Cue, ...]:
        source, name = asset, asset.captions
        beside = self._state.captions_for(asset)
        if beside is not None:
            source, name = beside, beside.file
        if not name:
            return ()
        key = (source.id, name)
        if key not in self._cues:
            try:
                text = self._files.path_of(source, name).read_text("utf-8", "replace")
            except (ServiceError, OSError):
                return ()
            self._cues[key] = parse_captions(text)
        return self._cues[key]
