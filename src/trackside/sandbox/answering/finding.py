"""Finds the passages that answer a question, with its selections and the turns before it in mind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from trackside.sandbox.answering.asking import Shape, Wish
from trackside.sandbox.answering.library import Library, Passage
from trackside.sandbox.answering.words import search_terms
from trackside.sandbox.records import Collection, Moment, Turn


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with everything that bears on its answer; `preferred` are the selected items."""

    question: str
    wish: Wish
    has_instructions: bool
    preferred: frozenset[str]
    collections: tuple[Collection, ...]
    turns: tuple[Turn, ...]
    with_web: bool


class Following(Enum):
    """How the quotes stand to the last answer."""

    NOT = "not"
    NEXT = "next"
    AT_THE_END = "at the end"


@dataclass(frozen=True, slots=True)
class Found:
    """The passages to quote as they are laid out, and the best of them."""

    passages: tuple[Passage, ...]
    following: Following = Following.NOT
    best: Passage | None = None


def find_passages(asked: Asked, library: Library) -> Found:
    """The passages to quote, and how they stand to the last answer."""
    if asked.wish.is_follow_up and (last := _last_moments(asked.turns)):
        quoted = {(moment.item_id, moment.start_s) for moment in last}
        later = [
            passage
            for passage in library.following(last[0].item_id, last[0].end_s or 0.0)
            if (passage.item_id, passage.start_s) not in quoted
        ][: asked.wish.quotes]
        if not later:
            return Found((), Following.AT_THE_END)
        return Found(tuple(later), Following.NEXT, later[0])
    terms = dict.fromkeys(search_terms(asked.question), 1.0)
    found = library.ranked(terms, asked.preferred)
    if asked.turns and len(terms) < 2 and (found or not terms) and not asked.wish.wants_overview:
        for term in search_terms(asked.turns[-1].question):
            terms.setdefault(term, 0.5)
        found = library.ranked(terms, asked.preferred)
    if not found:
        found = [
            passage
            for item_id, entry in library.entries.items()
            if item_id in asked.preferred
            for passage in entry.passages[: asked.wish.quotes]
        ]
    if asked.wish.shape is Shape.TABLE:
        found = _in_turns(found)
    chosen = found[: asked.wish.quotes]
    items = list(dict.fromkeys(passage.item_id for passage in chosen))
    laid_out = sorted(chosen, key=lambda passage: (items.index(passage.item_id), passage.order))
    return Found(tuple(laid_out), best=chosen[0] if chosen else None)


def _last_moments(turns: Sequence[Turn]) -> tuple[Moment, ...]:
    """What the last answer that quoted a video quoted of it, the best first."""
    for turn in reversed(turns):
        if any(moment.end_s is not None for moment in turn.moments):
            return tuple(moment for moment in turn.moments if moment.end_s is not None)
    return ()


def _in_turns(passages: Sequence[Passage]) -> list[Passage]:
    """The best of each item first, then the second best of each, so that a comparison has two sides."""
    seen = Counter[str]()
    ranked = []
    for place, passage in enumerate(passages):
        ranked.append((seen[passage.item_id], place, passage))
        seen[passage.item_id] += 1
    ranked.sort(key=lambda entry: entry[:2])
    return [passage for *_, passage in ranked]
