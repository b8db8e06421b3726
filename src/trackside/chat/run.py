"""A running attempt, and what its runner needs of the layers around it."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from trackside.domain.answer import Answer
from trackside.domain.failure import Failure
from trackside.domain.rate_limit import LimitHints, Place
from trackside.domain.stream import StreamEvent
from trackside.domain.turn import Ask, Attempt, AttemptState, Turn


class AnswerSource(Protocol):
    """The part of a service client that a runner needs."""

    def stream_answer(
        self,
        ask: Ask,
        *,
        server_session_id: str | None = None,
        recap: str = "",
        heard: Callable[[], None] | None = None,
        told: Callable[[LimitHints], None] | None = None,
    ) -> AsyncGenerator[StreamEvent, None]: ...


class Patience(Protocol):
    """Decides whether to try again; see trackside.protocol.retry."""

    @property
    def max_tries(self) -> int: ...
    def delay_s(self, failure: Failure, tries: int) -> float | None: ...
    def limited_s(self, failure: Failure) -> float | None: ...


class Keeper(Protocol):
    """Where attempts are kept; see trackside.storage.sessions. Writes return at once."""

    def save_attempt(self, attempt: Attempt) -> object: ...
    def append_journal(self, attempt_id: str, first_seq: int, events: list[Any]) -> object: ...
    def save_server_session(self, session_id: str, server_session_id: str | None) -> object: ...


class JournalBuffer(Protocol):
    """Gathers events between two saves; see trackside.storage.journal. What it gives, the keeper takes."""

    def add(self, event: StreamEvent, answer: Answer) -> None: ...
    def take(self) -> list[Any]: ...


class Observer(Protocol):
    """Whoever an attempt belongs to: told of it alone, however many others run."""

    def on_attempt_changed(self, attempt: Attempt) -> None: ...
    def on_attempt_ended(self, attempt: Attempt) -> None: ...
    def on_server_session(self, run: "Run", server_session_id: str) -> None: ...


@dataclass(eq=False)
class Run:
    """A running attempt and what only matters while it runs. Times are loop-independent monotonic seconds."""

    turn: Turn
    attempt: Attempt
    journal: JournalBuffer
    observer: Observer | None = None
    connection_id: str = ""
    task: asyncio.Task[None] | None = None
    wanted: AttemptState = AttemptState.STOPPED
    """The final state a cancel is meant to lead to; never carried in the cancel's message."""
    began: float = field(default_factory=time.monotonic)
    heard_at: float = field(default_factory=time.monotonic)
    retry_at: float | None = None
    doubted_at: float | None = None
    """Since when, after a sleep of the computer, a sign of life is waited for; see trackside.chat.waking."""
    place: Place | None = None
    """Where it waits in line; None while it doesn't. See trackside.chat.question_queue."""
    ticket: int = 0
    """Its place among all that were ever asked; 0 before it is."""
    refusals_then: int = 0
    """How often its connection had been refused when it was sent."""
    failures: int = 0
    refusals: int = 0
    """How many of its tries failed, and how many against the rate limit."""
    most_failures: int = 1
    """How many may fail before it is given up."""
    is_cut: bool = False
    """Whether its request was given up and its task cancelled for that alone."""
    try_now: asyncio.Event = field(default_factory=asyncio.Event)
    journal_seq: int = 0
    journal_due: float = 0.0
    journal_handle: asyncio.TimerHandle | None = None
    notify_handle: asyncio.TimerHandle | None = None
    has_event: bool = False
    is_ended: bool = False

    def note_life(self) -> None:
        """A sign of life came."""
        self.heard_at = time.monotonic()

    @property
    def working_s(self) -> float:
        """How long the try has been at work; waits before it don't count."""
        return time.monotonic() - self.began

    @property
    def silent_s(self) -> float:
        """How long ago the last sign of life came."""
        return time.monotonic() - self.heard_at

    @property
    def retry_in_s(self) -> float | None:
        """When it is sent again at the earliest; None when it doesn't wait."""
        if self.place is not None:
            return self.place.in_s
        return max(0.0, self.retry_at - time.monotonic()) if self.retry_at is not None else None

    @property
    def tokens_per_s(self) -> float | None:
        """The rate since the first token; None until there is something to say."""
        first = self.attempt.first_token_s
        if first is None or (streaming_s := self.working_s - first) < 0.5:
            return None
        return self.attempt.answer.estimated_tokens / streaming_s
