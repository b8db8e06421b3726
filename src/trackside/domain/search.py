"""A search across all sessions: what is looked for, and what is found."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from trackside.domain.steps import Step


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

    @property
    def has_filter(self) -> bool:
        """Whether anything but the text narrows it."""
        return replace(self, text="") != SearchQuery("")


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One text of a session in which all the words stand.

    `marks` are the places of the words in `snippet`: start and end in characters (code points). `found` is
    the first of them as it stands in the whole text, `start` its place there (code points), so that the
    transcript can go to it. The whole text is the title, the turn's question, the attempt's `answer.text`,
    or `step_text` of the step that `step` numbers. A title has neither turn nor attempt, a question no
    attempt. Without words, when only filters were given, there are no marks and `found` is empty.
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
    step: int = -1
    """The index in the answer's `steps` where something was found in one."""


def step_text(step: Step) -> str:
    """What is looked through of a step: its name, what it was given and what came of it."""
    return "\n".join(part for part in (step.title, step.detail, step.result) if part)
