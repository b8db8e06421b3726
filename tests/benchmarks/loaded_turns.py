"""Turns as they come out of the database: answers of mixed lengths, 600 characters a turn on average."""

import random
from datetime import UTC, datetime, timedelta
from functools import cache

from benchmarks.technical import technical
from trackside.domain.answer import Answer, SavedAnswer, SavedItem
from trackside.domain.session import new_id
from trackside.domain.stream import ContentPart, ItemKind, OutputItem, ResponseStatus, Usage
from trackside.domain.turn import Ask, Attempt, AttemptState, Turn

_SHARES = ((0.65, 30), (0.23, 250), (0.09, 700), (0.025, 1_800), (0.005, 6_000))
"""How many of the answers have about how many characters; one block is the least."""
_FIRST_DAY = datetime(2025, 1, 1, tzinfo=UTC)


def loaded_turns(count: int, seed: int = 1) -> list[Turn]:
    """No two answers are the same string, so that nothing can be shared among them."""
    chance = random.Random(f"turns {seed}")
    session_id = new_id()
    texts = _texts()
    turns = []
    for number in range(count):
        text = f"{chance.choice(texts)}\n\nThat was answer {number}."
        question = f"{number}. {chance.choice(texts)[: chance.randint(20, 160)]}?".replace("\n", " ")
        asked_at = _FIRST_DAY + timedelta(minutes=7 * number)
        turn = Turn(new_id(), session_id, number, Ask(question, "ks_1"), asked_at)
        answer = Answer.restored(
            SavedAnswer(
                items=(SavedItem(0, OutputItem(ItemKind.MESSAGE, f"msg_{number}", "message",
                                               ResponseStatus.COMPLETED, content=(ContentPart(text),))),),
                response_id=f"resp_{number}",
                status=ResponseStatus.COMPLETED,
                usage=Usage(900, len(text) // 4),
            )
        )  # fmt: skip
        turn.attempts.append(
            Attempt(
                new_id(), turn.id, 1, AttemptState.COMPLETED, answer, None, asked_at, 0.4, len(text) / 400, 1
            )
        )
        turns.append(turn)
    return turns


def length_of(turns: list[Turn]) -> int:
    """Characters of all questions and answers."""
    return sum(
        len(turn.ask.question) + len(attempt.answer.text) for turn in turns for attempt in turn.attempts
    )


@cache
def _texts() -> list[str]:
    texts = []
    for share, length in _SHARES:
        texts += [technical(length, seed=1_000 * length + number) for number in range(round(share * 400))]
    return texts
