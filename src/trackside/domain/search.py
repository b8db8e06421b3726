"""A search across all sessions: what is looked for, and what is found."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class HitField(StrEnum):
    """The text in which something was found."""

    TITLE = "title"
    QUESTION = "question"
    ANSWER = "answer"
    STEP = "step"


class StateFilter(StrEnum):
    """How the found turn's shown attempt ended."""

    ANY = "any"
    ANSWERED = "answered"
    """Completed, or cut off at the length limit."""
    BROKEN = "broken"
    """Failed, interrupted or stopped."""


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """Words as typed, the last of which may be unfinished, and what the hits have to fulfil.

    `since` and `until` bound the time of the turn (UTC, `until` excluded); an empty `store_id` and `tag` mean
    any. `with_citations` keeps turns only whose answer cites something.
    """

    text: str
    store_id: str = ""
    tag: str = ""
    since: datetime | None = None
    until: datetime | None = None
    state: StateFilter = StateFilter.ANY
    with_citations: bool = False


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One text of a session in which all the words stand.

    `marks` are the places of the words in `snippet`: start and end in characters (code points). `found` is
    the first of them as it stands in the whole text, `start` its place there (code points), so that the
    transcript can go to it. A title has neither turn nor attempt, a question no attempt.
    """

    session_id: str
    title: str
    when: datetime
    field: HitField
    snippet: str
    marks: tuple[tuple[int, int], ...] = ()
    turn_id: str = ""
    attempt_id: str = ""
    found: str = ""
    start: int = 0
