"""JSON export: all that is kept of a session, versioned, without keys and signed addresses.

Version 2 is described by resources/schemas/trackside-sessions-2.schema.json. Version 1 had `turn_count` in a
session, signed addresses in annotations, and neither `recap` in an attempt nor `leaves_out`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import msgspec

from trackside import __version__
from trackside.domain.addresses import unsigned, without_addresses
from trackside.domain.failure import Failure
from trackside.domain.session import Session
from trackside.domain.turn import Attempt, Turn

FORMAT = "trackside-sessions"
FORMAT_VERSION = 2
LOSES: tuple[str, ...] = (
    "signed addresses of videos and thumbnails, which expire",
    "what of a running answer comes after the export",
)


def pieces(sessions: Iterable[tuple[Session, Iterable[Turn]]]) -> Iterator[str]:
    """The document in pieces, at least one a turn."""
    head = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "program": f"trackside {__version__}",
        "leaves_out": LOSES,
        "sessions": [],
    }
    yield _opened(head, 0)
    is_first = True
    for session, turns in sessions:
        yield _between(is_first=is_first, depth=2)
        is_first = False
        yield _opened({**session_facts(session), "turns": []}, 2)
        is_first_turn = True
        for turn in turns:
            yield _between(is_first=is_first_turn, depth=4) + _indented(_turn(turn), 4)
            is_first_turn = False
        yield _closed(is_empty=is_first_turn, depth=3) + "\n" + "  " * 2 + "}"
    yield _closed(is_empty=is_first, depth=1) + "\n}\n"


def session_facts(session: Session) -> dict[str, Any]:
    """A session's own facts by their names; how many turns it has, they say themselves."""
    facts: dict[str, Any] = msgspec.to_builtins(session)
    del facts["turn_count"]
    return facts


def _turn(turn: Turn) -> dict[str, Any]:
    return {
        "id": turn.id,
        "position": turn.position,
        "asked_at": turn.asked_at,
        "chosen": turn.chosen,
        "ask": turn.ask,
        "attempts": [_attempt(attempt) for attempt in turn.attempts],
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    answer = attempt.answer
    return {
        "id": attempt.id,
        "number": attempt.number,
        "state": attempt.state,
        "text": answer.text,
        "answer": unsigned(answer.saved()),
        "failure": _failure(attempt.failure),
        "started_at": attempt.started_at,
        "first_token_s": attempt.first_token_s,
        "duration_s": attempt.duration_s,
        "tries": attempt.tries,
        "sent_session_id": attempt.sent_session_id,
        "recap": attempt.recap,
    }


def _failure(failure: Failure | None) -> Failure | None:
    """What the service said may repeat what it was sent, and what it had found."""
    return replace(failure, detail=without_addresses(failure.detail)) if failure else None


# -- laying out ------------------------------------------------------------------------------------


def _indented(value: object, depth: int) -> str:
    """A value as it stands in the document at a depth. Line feeds in it are the layout's, none a string's."""
    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    return text.replace("\n", "\n" + "  " * depth)


def _opened(value: dict[str, Any], depth: int) -> str:
    """An object up to the opening bracket of its last member, an empty list."""
    text = _indented(value, depth)
    return text[: text.rindex("[") + 1]


def _between(*, is_first: bool, depth: int) -> str:
    return ("" if is_first else ",") + "\n" + "  " * depth


def _closed(*, is_empty: bool, depth: int) -> str:
    return "]" if is_empty else "\n" + "  " * depth + "]"
