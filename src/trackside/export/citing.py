"""Citations in words: a title, times, and the ids that find the moment again."""

import re
from collections.abc import Iterable

from trackside.domain.addresses import without_addresses
from trackside.domain.answer import Answer
from trackside.domain.citation import Citation, clock, clock_range, find_citations
from trackside.domain.turn import Turn
from trackside.markup.cited import Cited
from trackside.markup.links import safe_target

_LONGEST_NAME = 200
_UNPRINTED = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


class CitationWords:
    """Says what citations point at. Tags name items by their ids alone; what else is said of an item anywhere
    in the session gives it its title."""

    def __init__(self, turns: Iterable[Turn]) -> None:
        self._titles: dict[str, str] = {}
        for turn in turns:
            for selection in turn.ask.selections:
                self._learn(selection.id, selection.title)
            if (attempt := turn.shown_attempt) is not None:
                for part in attempt.answer.parts:
                    for annotation in part.annotations:
                        self._learn(annotation.item_id or annotation.collection_id, annotation.title)

    def _learn(self, identity: str | None, title: str | None) -> None:
        if identity and title:
            self._titles.setdefault(identity, in_a_line(title))

    def name(self, citation: Citation) -> str:
        """What it points at: a title if there is one, else an id; empty for a bare time."""
        identity = citation.item_id or citation.collection_id or citation.asset_id or ""
        title = citation.title or self._titles.get(identity, "")
        return in_a_line(title or identity or citation.text_id or address_of(citation))[:_LONGEST_NAME]

    def label(self, citation: Citation) -> str:
        """Name and times on one line."""
        name = self.name(citation)
        if not name and citation.start_s is not None and citation.end_s is None:
            return clock(citation.start_s)
        return " ".join(filter(None, (name, clock_range(citation)))) or "source"

    def reference(self, citation: Citation) -> str:
        """The label with all the ids that it leaves out: enough to find the moment again."""
        label = self.label(citation)
        ids = (
            ("item", citation.item_id),
            ("collection", citation.collection_id),
            ("asset", citation.asset_id),
            ("text", citation.text_id),
            ("", safe_target(address_of(citation))),
        )
        told = ", ".join(f"{kind} {in_a_line(value)}".strip() for kind, value in ids if value)
        return f"{label} ({told})" if told else label


def address_of(citation: Citation) -> str:
    """The address that it names, without a signature; empty for none."""
    return without_addresses(citation.url) if citation.url else ""


def in_a_line(text: str) -> str:
    """Foreign words for the midst of a line: without controls and what turns the direction of text."""
    return " ".join(_UNPRINTED.sub(" ", text).split())


def references(answer: Answer) -> list[Citation]:
    """What an answer cites, each once, in order. Bare times and ids can be read where they stand."""
    text = answer.text
    found: dict[tuple[object, ...], Citation] = {}
    for span in find_citations(text, answer.annotations):
        citation = span.citation
        if citation is None or Cited(citation, text[span.start : span.end]).is_bare:
            continue
        key = (
            citation.item_id,
            citation.collection_id,
            citation.url,
            citation.text_id,
            citation.start_s,
            citation.end_s,
        )
        found.setdefault(key, citation)
    return list(found.values())
