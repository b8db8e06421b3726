"""What the tests of the search share: turns with answers, saved and indexed, and what is found among them."""

import sqlite3
from datetime import timedelta
from typing import Any

from storage.support import WHEN, a_session, a_turn
from trackside.domain.answer import Answer, SavedAnswer, SavedItem
from trackside.domain.search import HitField, SearchHit, SearchQuery
from trackside.domain.session import Session, new_id
from trackside.domain.stream import Annotation, ContentPart, ItemKind, OutputItem, ResponseStatus
from trackside.domain.turn import Attempt, AttemptState, Turn
from trackside.storage.database import Database
from trackside.storage.indexing import has_work, index_slice
from trackside.storage.search import search
from trackside.storage.sessions import SessionStore


def message(text: str, annotations: tuple[Annotation, ...] = (), *, is_final: bool = True) -> OutputItem:
    content = (ContentPart(text, annotations),)
    return OutputItem(
        ItemKind.MESSAGE, new_id(), "message", ResponseStatus.COMPLETED, is_final=is_final, content=content
    )


def call(name: str, arguments: str, output: str) -> list[OutputItem]:
    return [
        OutputItem(
            ItemKind.FUNCTION_CALL, new_id(), "function_call", name=name, call_id=name, arguments=arguments
        ),
        OutputItem(ItemKind.FUNCTION_CALL_OUTPUT, new_id(), "output", call_id=name, output=output),
    ]


def answer_of(*items: OutputItem) -> Answer:
    return Answer.restored(SavedAnswer(tuple(SavedItem(n, item) for n, item in enumerate(items))))


class Archive:
    """A store that is filled and searched."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.store = SessionStore(database, "me")
        self.failures: list[BaseException] = []
        self.store.on_failure = self.failures.append

    def session(self, title: str = "", **facts: Any) -> Session:
        session = a_session(title=title, **facts)
        self.store.add_session(session)
        return session

    def turn(
        self,
        session: Session,
        question: str = "",
        answer: str | Answer = "",
        *,
        minutes: float = 0.0,
        state: AttemptState = AttemptState.COMPLETED,
    ) -> Turn:
        turn = a_turn(session, question=question)
        turn.asked_at = WHEN + timedelta(minutes=minutes)
        self.store.add_turn(session, {}, turn)
        self.end(turn.attempts[0], answer, state=state)
        return turn

    def retry(
        self, turn: Turn, answer: str | Answer, *, state: AttemptState = AttemptState.COMPLETED
    ) -> Attempt:
        attempt = Attempt(new_id(), turn.id, len(turn.attempts) + 1)
        turn.attempts.append(attempt)
        self.store.add_attempt(attempt)
        self.end(attempt, answer, state=state)
        return attempt

    def end(
        self, attempt: Attempt, answer: str | Answer, *, state: AttemptState = AttemptState.COMPLETED
    ) -> None:
        attempt.answer = answer_of(message(answer)) if isinstance(answer, str) else answer
        attempt.state = state
        self.store.save_attempt(attempt)

    async def index(self, characters: int = 64_000) -> int:
        """Brings the index up to date; returns in how many slices."""
        slices = 0
        while await self.database.fetch(has_work):
            await self.database.store(lambda db: index_slice(db, characters))
            slices += 1
            assert slices < 5_000, "indexing does not end"
        return slices

    async def hits(self, text: str = "", limit: int = 50, **filters: Any) -> list[SearchHit]:
        """What a search finds; every mark and place of it is checked against the text it was found in."""
        query = SearchQuery(text, **filters)
        return await self.database.fetch(lambda db: search(db, query, limit))

    async def found(self, text: str = "", **filters: Any) -> list[str]:
        """The fields in which something is found, in order."""
        return sorted(hit.field.value for hit in await self.hits(text, **filters))

    async def count(self, sql: str) -> int:
        def read(db: sqlite3.Connection) -> int:
            return int(db.execute(sql).fetchone()[0])

        return await self.database.fetch(read)

    async def check(self) -> None:
        await self.store.sessions()
        assert not self.failures, self.failures


TITLE, QUESTION, ANSWER, STEP = (field.value for field in HitField)
