"""Composes an answer out of captions. There is no model here: it searches, quotes, and says so once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from trackside.sandbox.answering.asking import Shape
from trackside.sandbox.answering.citing import Citation, CitationKind, Segment, clock
from trackside.sandbox.answering.finding import Asked, Following, find_passages
from trackside.sandbox.answering.library import Entry, Library, Passage
from trackside.sandbox.answering.words import keywords, raw_words, stem
from trackside.sandbox.records import Collection, Moment

SELF_DISCLOSURE = "This is Trackside’s sandbox: no model is at work, it finds captions and quotes them.\n\n"
NOTHING_KEPT = "the sandbox can’t follow them beyond a number of quotes or leaving tables out"
_OFFERED = 8
_MARKUP = re.compile(r"([\\`*_\[\]<|])")


@dataclass(frozen=True, slots=True)
class Composed:
    """An answer before its citations are written, with what it quoted."""

    segments: tuple[Segment, ...]
    passages: tuple[Passage, ...]
    moments: tuple[Moment, ...]
    terms: tuple[str, ...]


def compose(asked: Asked, library: Library) -> Composed:
    """The answer to a question."""
    found = find_passages(asked, library)
    passages = found.passages
    segments: list[Segment] = [] if any(turn.has_disclosed for turn in asked.turns) else [SELF_DISCLOSURE]
    words = keywords(asked.question)
    if found.following is Following.AT_THE_END:
        segments.append("Nothing follows: there are no captions after what the last answer quoted.")
    elif passages and not (asked.wish.wants_overview and not words):
        segments += _lead(asked, passages, words, found.following)
        match asked.wish.shape:
            case Shape.TABLE:
                segments += _table(passages)
            case Shape.CODE:
                segments += _code(passages)
            case Shape.BULLETS:
                segments += _bullets(passages)
    else:
        passages = ()
        segments += _offer(library, words, asked)
    if asked.with_web:
        segments += ["\n\nThe web was not searched: the sandbox only stands in for it ", _WEB, "."]
    if asked.has_instructions:
        followed = f"followed: {', '.join(asked.wish.kept)}" if asked.wish.kept else NOTHING_KEPT
        segments.append(f"\n\n*Instructions noted; {followed}.*")
    best_first = sorted(passages, key=lambda passage: passage is not found.best)
    moments = tuple(Moment(p.item_id, p.start_s, p.end_s) for p in best_first)
    return Composed(tuple(segments), passages, moments, tuple(words))


def _lead(asked: Asked, passages: Sequence[Passage], words: list[str], following: Following) -> list[Segment]:
    count, clips = len(passages), len({passage.item_id for passage in passages})
    quotes = f"**{count} passage{'s' if count > 1 else ''}**"
    where = f"in {clips} clips" if clips > 1 else f"in *{_plain(passages[0].title)}*"
    if following is Following.NEXT:
        return [f"What follows in *{_plain(passages[0].title)}*, {quotes}:\n\n"]
    lead: list[Segment] = []
    for collection in asked.collections:
        lead += [
            f"Looking first in the collection **{_plain(collection.name)}** ",
            _collection(collection),
            ". ",
        ]
    heard = {stem(word) for p in passages for word in raw_words(f"{p.text} {p.speaker} {p.title}")}
    met = [f"*{word}*" for word in words if stem(word) in heard]
    about = f" on {_spoken_list(met)}" if met else ""
    return [*lead, f"I found {quotes}{about} {where}:\n\n"]


def _bullets(passages: Sequence[Passage]) -> list[Segment]:
    lines: list[Segment] = []
    for passage in passages:
        who = f" ({_plain(passage.speaker)})" if passage.speaker else ""
        when = f", {clock(passage.start_s)}" if passage.start_s is not None else ""
        lines += [
            f"- **{_plain(passage.title)}**{when}{who}: “{_plain(passage.text)}” ",
            _cited(passage),
            "\n",
        ]
    return lines[:-1]


def _table(passages: Sequence[Passage]) -> list[Segment]:
    lines: list[Segment] = ["| Clip | When | What is said | |\n|:--|--:|:--|:--|"]
    for passage in passages:
        when = clock(passage.start_s) if passage.start_s is not None else "–"
        row = f"\n| **{_plain(passage.title)}** | {when} | “{_plain(passage.text)}” | "
        lines += [row, _cited(passage), " |"]
    return lines


def _code(passages: Sequence[Passage]) -> list[Segment]:
    quoted = [
        {"clip": p.title, "start": p.start_s, "end": p.end_s, "speaker": p.speaker or None, "text": p.text}
        for p in passages
    ]
    block = msgspec.json.format(msgspec.json.encode(quoted), indent=2).decode()
    lines: list[Segment] = [f"```json\n{block}\n```\n\nSources: "]
    for passage in passages:
        lines += [_cited(passage), " "]
    return lines[:-1]


def _offer(library: Library, words: list[str], asked: Asked) -> list[Segment]:
    entries = list(library.entries.values())
    if not entries:
        return ["This store has nothing in it that is ready yet, so there is nothing to quote."]
    if words and not asked.wish.wants_overview:
        lead = f"No caption here speaks of {_spoken_list([f'*{word}*' for word in words], 'or')}. "
    else:
        lead = ""
    lines: list[Segment] = [f"{lead}The store holds:\n\n"]
    for entry in entries[:_OFFERED]:
        lines += [f"- **{_plain(entry.title)}** ", _whole(entry), f": {_first_words(entry)}\n"]
    left = len(entries) - _OFFERED
    return [*lines, f"\nand {left} more."] if left > 0 else lines


def _first_words(entry: Entry) -> str:
    if not entry.passages:
        return "no captions beside it."
    words = entry.passages[0].text.split()
    return "“" + _plain(" ".join(words[:12])) + ("…”" if len(words) > 12 else "”")


def _plain(text: str) -> str:
    """The text so that Markdown shows it as it is."""
    return _MARKUP.sub(r"\\\1", text)


def _cited(passage: Passage) -> Citation:
    kind = CitationKind.IMAGE if passage.start_s is None else CitationKind.VIDEO
    return Citation(kind, passage.item_id, passage.title, passage.start_s, passage.end_s)


def _whole(entry: Entry) -> Citation:
    return Citation(CitationKind.IMAGE if entry.is_image else CitationKind.VIDEO, entry.item_id, entry.title)


def _collection(collection: Collection) -> Citation:
    return Citation(CitationKind.COLLECTION, collection.id, collection.name)


def _spoken_list(words: list[str], last_word: str = "and") -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last_word} {words[-1]}"


_WEB = Citation(CitationKind.WEB, "https://example.com/sandbox", "Sandbox placeholder, not a web result")
