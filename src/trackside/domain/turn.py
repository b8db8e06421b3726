"""A turn is one question; an attempt is one request for its answer. One table says how attempts move."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from trackside.domain.answer import Answer
from trackside.domain.failure import Failure, FailureKind, TracksideError

QUESTION_LIMIT = 10_000
"""Characters of `input[0].content`; the service refuses more with 400."""
INSTRUCTIONS_LIMIT = 2_000
"""Characters of `instructions`; the service refuses more with 400."""
RECAP_BREAK = "\n\n"
"""Between a recap and the question after it; it counts among the characters."""


class AttemptState(StrEnum):
    """Where an attempt stands. `WAITING` means that a retry is due."""

    QUEUED = "queued"
    CONNECTING = "connecting"
    WAITING = "waiting"
    STREAMING = "streaming"
    COMPLETED = "completed"
    INCOMPLETE = "incomplete"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"

    @property
    def is_final(self) -> bool:
        return not TRANSITIONS[self]


_ENDS_EARLY = {AttemptState.STOPPED, AttemptState.FAILED, AttemptState.INTERRUPTED}

TRANSITIONS: dict[AttemptState, frozenset[AttemptState]] = {
    AttemptState.QUEUED: frozenset({AttemptState.CONNECTING} | _ENDS_EARLY),
    AttemptState.CONNECTING: frozenset({AttemptState.WAITING, AttemptState.STREAMING} | _ENDS_EARLY),
    AttemptState.WAITING: frozenset({AttemptState.CONNECTING} | _ENDS_EARLY),
    AttemptState.STREAMING: frozenset({AttemptState.COMPLETED, AttemptState.INCOMPLETE} | _ENDS_EARLY),
    AttemptState.COMPLETED: frozenset(),
    AttemptState.INCOMPLETE: frozenset(),
    AttemptState.STOPPED: frozenset(),
    AttemptState.FAILED: frozenset(),
    AttemptState.INTERRUPTED: frozenset(),
}
"""Which state may follow which. Nothing follows a final one: a retry is a new attempt."""


class SelectionKind(StrEnum):
    """What a selection points at."""

    ITEM = "item"
    COLLECTION = "collection"


@dataclass(frozen=True, slots=True)
class Selection:
    """An item or collection that the question prefers; `{{sel:N}}` in the question names the N-th."""

    kind: SelectionKind
    id: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class AnswerSchema:
    """The JSON Schema that the answer has to fulfil, as the user wrote it."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Everything that a question is asked with: the turn's snapshot, which a retry sends again."""

    question: str
    store_id: str
    instructions: str = ""
    schema: AnswerSchema | None = None
    selections: tuple[Selection, ...] = ()
    include_steps: bool = False
    web_search: bool = False

    def content(self, recap: str = "") -> str:
        """What is sent as the message: the recap of what the service doesn't know, and the question."""
        return f"{recap}{RECAP_BREAK}{self.question}" if recap else self.question

    def check(self, recap: str = "") -> None:
        """Raises a TracksideError when the service is bound to refuse it (sizes: service documentation)."""
        if not self.question.strip():
            raise _refused("There is no question to send.", "Type one first.")
        if len(self.question) > QUESTION_LIMIT:
            raise _refused(
                f"The question has {len(self.question):,} characters; the service takes {QUESTION_LIMIT:,}.",
                "Shorten it, or put part of it into the instructions.",
            )
        if (length := len(self.content(recap))) > QUESTION_LIMIT:
            raise _refused(
                f"The question and the recap have {length:,} characters together; "
                f"the service takes {QUESTION_LIMIT:,}.",
                "Shorten the recap, or leave it out.",
            )
        if len(self.instructions) > INSTRUCTIONS_LIMIT:
            raise _refused(
                f"The instructions have {len(self.instructions):,} characters; "
                f"the service takes {INSTRUCTIONS_LIMIT:,}.",
                "Shorten them in the Instructions panel.",
            )
        if not self.store_id:
            raise _refused("No knowledge store is chosen.", "Choose one above the transcript.")


def _refused(headline: str, advice: str) -> TracksideError:
    return TracksideError(Failure(FailureKind.INPUT, headline, advice))


@dataclass(slots=True, eq=False)
class Attempt:
    """One request for a turn's answer. A running one is changed by its runner alone.

    Durations are in seconds, `started_at` is wall-clock time (UTC). `tries` counts the requests sent
    for it, automatic retries included.
    """

    id: str
    turn_id: str
    number: int
    state: AttemptState = AttemptState.QUEUED
    answer: Answer = field(default_factory=Answer)
    failure: Failure | None = None
    started_at: datetime | None = None
    first_token_s: float | None = None
    duration_s: float | None = None
    tries: int = 0
    sent_session_id: str | None = None
    """The server session it was asked in; None for the first turn of a conversation."""
    recap: str = ""
    """What was sent of the earlier turns, before the question, since its server session doesn't have them."""

    def move_to(self, state: AttemptState) -> None:
        """Changes the state, or raises ValueError when the table has no such move."""
        if state not in TRANSITIONS[self.state]:
            raise ValueError(f"An attempt can't go from {self.state} to {state}.")
        self.state = state

    @property
    def is_running(self) -> bool:
        return not self.state.is_final


@dataclass(slots=True, eq=False)
class Turn:
    """One question of a session and its attempts, the oldest first. `chosen` is the attempt shown."""

    id: str
    session_id: str
    position: int
    ask: Ask
    asked_at: datetime
    attempts: list[Attempt] = field(default_factory=list)
    chosen: int = -1
    """Index of the attempt that is shown, copied and exported; -1 means the newest."""

    @property
    def shown_attempt(self) -> Attempt | None:
        return self.attempts[self.chosen] if self.attempts else None

    @property
    def is_running(self) -> bool:
        """Whether any of its attempts is under way, shown or not."""
        return any(attempt.is_running for attempt in self.attempts)

    @property
    def latest_attempt(self) -> Attempt | None:
        return self.attempts[-1] if self.attempts else None
