"""Where on the screen stands what a search across all sessions has found in a turn."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from trackside.domain.search import HitField, SearchHit, step_text
from trackside.ui.transcript.answer_blocks import AnswerBlocks
from trackside.ui.transcript.places import QUESTION, STEPS
from trackside.ui.transcript.query import Match, Query, occurrences
from trackside.ui.transcript.texts import TurnTexts

_WORD = re.compile(r"\w+")
_GAP = "\n\n"
_NEAR = 3
"""So many blocks before and after the one in which the words stand in the source are looked at, too."""


@dataclass(frozen=True, slots=True)
class Found:
    """The words to look for in the session, and which of their matches was meant."""

    words: str
    match: Match


def found_on_screen(texts: TurnTexts, row: int, hit: SearchHit) -> Found | None:
    """The match in a row that shows a hit; None when the shown text doesn't have it.

    Markdown in the midst of what was found may leave no more than its longest word on the screen, and a step
    that is cut nothing.
    """
    for words in _candidates(hit.found):
        query = Query(words)
        for part, source, at in _parts(texts, row, hit):
            ordinal = _ordinal(texts.part_text(row, part), source, at, query)
            if ordinal >= 0:
                return Found(words, Match(row, part, ordinal))
    return None


def _candidates(found: str) -> Iterator[str]:
    whole = " ".join(found.split())
    if whole:
        yield whole
    longest = max(_WORD.findall(found), key=len, default="")
    if longest and longest != whole:
        yield longest


def _parts(texts: TurnTexts, row: int, hit: SearchHit) -> Iterator[tuple[int, str, int]]:
    """The parts in which it may be shown, the likeliest first, each with what it is made from and where the
    hit stands in that."""
    attempt = texts.shown_attempt(row)
    match hit.field:
        case HitField.TITLE:
            return
        case HitField.QUESTION:
            yield QUESTION, texts.part_text(row, QUESTION), hit.start
        case HitField.STEP if attempt is not None:
            steps = [step_text(step) for step in attempt.answer.steps]
            before = sum(len(text) + len(_GAP) for text in steps[: max(0, hit.step)])
            yield STEPS, _GAP.join(steps), before + hit.start
        case HitField.ANSWER if attempt is not None:
            yield from _blocks(texts.answer_of(row), attempt.answer.text, hit.start)


def _blocks(answer: AnswerBlocks, text: str, start: int) -> Iterator[tuple[int, str, int]]:
    if not len(answer):
        return
    here = max(0, bisect_right(range(len(answer)), start, key=lambda n: answer[n].start) - 1)
    yield here, text[answer[here].start : answer[here].end], start - answer[here].start
    for distance in range(1, _NEAR + 1):
        for part, at in ((here + distance, 0), (here - distance, 1)):
            if 0 <= part < len(answer):
                yield part, " ", at


def _ordinal(shown: str, source: str, at: int, query: Query) -> int:
    """Which of the matches in the shown text stands at a place of its source; -1 if there are none."""
    places = [start for start, _ in occurrences(shown, query)]
    known = [start for start, _ in occurrences(source, query)]
    if not places:
        return -1
    if len(known) == len(places):
        return min(bisect_left(known, at), len(known) - 1)
    # Marks within words, or words that are not shown: the one that is about as far into the text.
    share = at / max(1, len(source))
    return min(range(len(places)), key=lambda n: abs(places[n] / max(1, len(shown)) - share))
