"""What the chat's tests share: a service by script, a keeper that notes, and all of it put together."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from trackside.chat.library import SessionLibrary
from trackside.chat.run import AnswerSource, Patience
from trackside.chat.session import ChatSession
from trackside.chat.turn_runner import TurnRunner
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.domain.rate_limit import LimitHints
from trackside.domain.session import new_id, now
from trackside.domain.stream import (
    Response,
    ResponseStatus,
    ResponseUpdated,
    StreamDone,
    StreamEvent,
    TextDelta,
)
from trackside.domain.turn import Ask, Attempt, AttemptState, Turn
from trackside.protocol.retry import RetryPolicy
from trackside.storage.database import Database
from trackside.storage.journal import Journal
from trackside.storage.sessions import SessionStore

S = AttemptState
Step = StreamEvent | Failure | asyncio.Event | Exception | LimitHints
DONE = StreamDone()
BUSY = Failure(FailureKind.SERVICE, "The service has trouble of its own (503).", status=503)
DROPPED = Failure(FailureKind.INTERRUPTED, "The connection dropped before the answer's end.")


def created(server_session_id: str = "sess_1") -> ResponseUpdated:
    response = Response("resp_1", ResponseStatus.IN_PROGRESS, session_id=server_session_id, output=())
    return ResponseUpdated(response, is_end=False)


def ended(status: ResponseStatus = ResponseStatus.COMPLETED, **facts: Any) -> ResponseUpdated:
    return ResponseUpdated(Response("resp_1", status, session_id="sess_1", **facts), is_end=True)


def words(text: str) -> list[TextDelta]:
    return [TextDelta(0, "msg_0", 0, word) for word in text.split(" ")]


WHOLE: list[Step] = [created(), *words("All of it."), ended(), DONE]


@dataclass
class FakeService:
    """Answers by script, one a request, the last one again and again. An event is told, a failure raised,
    an asyncio.Event waited for, hints of the service's limits handed over."""

    scripts: list[Sequence[Step]]
    requests: list[tuple[Ask, str | None]] = field(default_factory=list)
    left: int = 0
    """How many streams were left or came to their end."""
    recaps: list[str] = field(default_factory=list)
    """What was sent before each question."""

    async def stream_answer(
        self,
        ask: Ask,
        *,
        server_session_id: str | None = None,
        recap: str = "",
        heard: Callable[[], None] | None = None,
        told: Callable[[LimitHints], None] | None = None,
    ) -> AsyncGenerator[StreamEvent, None]:
        self.requests.append((ask, server_session_id))
        self.recaps.append(recap)
        script = self.scripts[min(len(self.requests), len(self.scripts)) - 1]
        try:
            for step in script:
                match step:
                    case Failure():
                        raise TracksideError(step)
                    case Exception():
                        raise step
                    case LimitHints():
                        if told:
                            told(step)
                    case asyncio.Event():
                        await step.wait()
                    case _:
                        if heard:
                            heard()
                        yield step
        finally:
            self.left += 1

    async def source(self) -> AnswerSource:
        return self


@dataclass
class FakeKeeper:
    """Notes what is given to be kept, in order."""

    saved: list[tuple[str, Any]] = field(default_factory=list)

    def save_attempt(self, attempt: Attempt) -> None:
        self.saved.append(("attempt", (attempt.id, attempt.state, attempt.answer.text)))

    def append_journal(self, attempt_id: str, first_seq: int, events: list[Any]) -> None:
        self.saved.append(("journal", (attempt_id, first_seq, len(events))))

    def save_server_session(self, session_id: str, server_session_id: str | None) -> None:
        self.saved.append(("server session", (session_id, server_session_id)))

    def of(self, what: str) -> list[Any]:
        return [value for kind, value in self.saved if kind == what]


@dataclass
class Seen:
    """What a runner's signals told of its attempts."""

    runner: TurnRunner
    states: list[AttemptState] = field(default_factory=list)
    changes: int = 0
    ends: list[str] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.runner.attempt_changed.connect(self._note)
        self.runner.attempt_ended.connect(self._note_end)

    def _note(self, attempt: Attempt) -> None:
        self.changes += 1
        if self.states[-1:] != [attempt.state]:
            self.states.append(attempt.state)
        self.changed.set()

    def _note_end(self, attempt: Attempt) -> None:
        self.states.append(attempt.state)
        self.ends.append(attempt.id)
        self.changed.set()

    async def until(self, condition: Callable[[], object], limit_s: float = 5.0) -> None:
        """Waits for something that a signal tells of."""
        async with asyncio.timeout(limit_s):
            while not condition():
                self.changed.clear()
                await self.changed.wait()

    async def end_of(self, attempt: Attempt) -> Attempt:
        await self.until(lambda: attempt.id in self.ends)
        return attempt


async def soon(condition: Callable[[], object], limit_s: float = 5.0) -> None:
    """Waits for something that no signal tells of."""
    end_s = time.monotonic() + limit_s
    for _ in range(100_000):
        if condition():
            return
        assert time.monotonic() < end_s, "it did not happen in time"
        await asyncio.sleep(0.002)


def a_turn(question: str = "What happens?", session_id: str = "s", store_id: str = "ks_1") -> Turn:
    turn = Turn(new_id(), session_id, 0, Ask(question, store_id), now())
    turn.attempts.append(Attempt(new_id(), turn.id, 1))
    return turn


def an_attempt(turn: Turn) -> Attempt:
    attempt = Attempt(new_id(), turn.id, len(turn.attempts) + 1)
    turn.attempts.append(attempt)
    return attempt


class Hurried:
    """Decides as the real policy does, and waits a fraction of it."""

    max_tries = RetryPolicy().max_tries

    def delay_s(self, failure: Failure, tries: int) -> float | None:
        delay_s = RetryPolicy().delay_s(failure, tries)
        return None if delay_s is None else min(delay_s, 0.005)

    def limited_s(self, failure: Failure) -> float | None:
        limited_s = RetryPolicy().limited_s(failure)
        return None if limited_s is None else min(limited_s, 0.005)


class World:
    """The chat layer put together over a store in memory. `service` answers for every connection."""

    def __init__(self) -> None:
        self.database = Database(None)
        self.store = SessionStore(self.database, "me")
        self.failures: list[BaseException] = []
        self.store.on_failure = self.failures.append
        self.patience: Patience = Hurried()
        self.runner = TurnRunner(self.store, lambda: self.patience, Journal)
        self.seen = Seen(self.runner)
        self.service: AnswerSource = FakeService([WHOLE])
        self.library = SessionLibrary(self.store, self.runner, self.client_of)

    async def client_of(self, _connection_id: str = "") -> AnswerSource:
        return self.service

    def use(self, *scripts: Sequence[Step]) -> FakeService:
        self.service = fake = FakeService(list(scripts))
        return fake

    def session(self, store_id: str = "ks_1") -> ChatSession:
        opened = self.library.create("twelvelabs")
        opened.set_store(store_id, "Sea")
        return opened

    async def ended(self, turn: Turn) -> Attempt:
        attempt = turn.latest_attempt
        assert attempt is not None
        return await self.seen.end_of(attempt)

    async def aclose(self) -> None:
        self.library.flush()
        await self.runner.aclose()
        await asyncio.to_thread(self.database.close)
        assert not self.failures, self.failures


Answering = Callable[[], Awaitable[AnswerSource]]
