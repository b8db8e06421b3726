"""Reads what the JSON export wrote, versions 1 and 2: strictly, and in steps that hold nothing up."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from trackside.domain.addresses import unsigned
from trackside.domain.answer import Answer, SavedAnswer
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.domain.session import Session
from trackside.domain.turn import Ask, Attempt, AttemptState, Turn
from trackside.export.json import FORMAT, FORMAT_VERSION
from trackside.export.parting import Parts, parted

T = TypeVar("T")

LONGEST_ID = 200
_OBJECT = re.compile(rb"\s*\{")
_HIGHEST = 2**31
_FIRST_YEAR, _LAST_YEAR = 1970, 9998
_LONGEST_TITLE = 1_000
_LONGEST_S = 1e9
_LONGEST_REASON, _LONGEST_DETAIL = 300, 2_000
_SESSION_FIELDS = {field.name for field in fields(Session)} | {"turns"}
_UNFINISHED = Failure(
    FailureKind.INTERRUPTED,
    "The answer was still coming when this was exported.",
    "The Trackside that exported it may have the rest.",
)


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    version: int
    sessions: list[None]
    program: str = ""
    leaves_out: list[str] = []


class _Attempt(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    number: int
    state: AttemptState
    answer: SavedAnswer
    text: str = ""
    failure: Failure | None = None
    started_at: datetime | None = None
    first_token_s: float | None = None
    duration_s: float | None = None
    tries: int = 0
    sent_session_id: str | None = None
    recap: str = ""


class _Turn(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    position: int
    asked_at: datetime
    ask: Ask
    attempts: list[_Attempt]
    chosen: int = -1


@dataclass(frozen=True, slots=True)
class _Place:
    """A session or one of its turns, as a sentence names it."""

    session: int
    turn: int = 0

    def __str__(self) -> str:
        turn = f"question {self.turn} of " if self.turn else ""
        return f"{turn}session {self.session}"


class SessionsFile:
    """An export's sessions, each of them decoded when it is asked for.

    Reading all of it once beforehand finds what is wrong before anything is imported. Raises TracksideError
    for a file that is foreign, damaged or of a newer version, with where in it that was found.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content.removeprefix(b"\xef\xbb\xbf")
        # What doesn't even begin like one needs no look through all of it: that may be a gigabyte.
        is_object = _OBJECT.match(self._content) is not None
        found = parted(self._content) if is_object else Parts(0, len(self._content))
        self._sessions = found.parts
        document = self._document(found)
        if len(document.sessions) != len(self._sessions):
            raise _damaged("its list of sessions is not one of objects")
        self._check()

    def __len__(self) -> int:
        return len(self._sessions)

    def session(self, index: int) -> tuple[Session, list[Turn]]:
        """A session with its turns in order. What was under way is interrupted."""
        parts = self._sessions[index]
        session = self._session(parts, _Place(index + 1))
        turns = [_turn_of(wire, session.id) for wire in self._turns(parts, index + 1)]
        turns.sort(key=lambda turn: turn.position)
        return replace(session, turn_count=len(turns)), turns

    def _check(self) -> None:
        """Decodes all of it, one turn at a time."""
        ids: set[str] = set()
        for number, parts in enumerate(self._sessions, 1):
            place = _Place(number)
            _check_id(self._session(parts, place).id, ids, place)
            positions: set[int] = set()
            for turn_number, turn in enumerate(self._turns(parts, number), 1):
                place = _Place(number, turn_number)
                _check_id(turn.id, ids, place)
                _check_number(turn.position, "position", place)
                if turn.position in positions:
                    raise _damaged(f"two questions have the position of {place}")
                positions.add(turn.position)
                _check_attempts(turn, ids, place)

    def _document(self, found: Parts) -> _Document:
        head = found.head(self._content)
        kind = _decoded(head, Any, "")
        if not isinstance(kind, dict) or kind.get("format") != FORMAT:
            raise _refused(
                "This is no export of Trackside.",
                "Choose a JSON file that Trackside exported.",
                "foreign format",
            )
        version = kind.get("version")
        if isinstance(version, int) and version > FORMAT_VERSION:
            raise _refused(
                "This file was exported by a newer version of Trackside.",
                "Update Trackside, then import it again.",
                f"format version {version}, this program knows {FORMAT_VERSION}",
            )
        document = _decoded(head, _Document, "")
        if document.version < 1:
            raise _damaged(f"there is no version {document.version}")
        return document

    def _session(self, parts: Parts, place: _Place) -> Session:
        head = parts.head(self._content)
        members = _decoded(head, dict[str, msgspec.Raw], place)
        if unknown := sorted(members.keys() - _SESSION_FIELDS):
            raise _damaged(f"{place} has an unknown field “{unknown[0][:60]}”")
        turns = _decoded(bytes(members.get("turns", b"[]")), list[None], place)
        if len(turns) != len(parts.parts):
            raise _damaged(f"the questions of {place} are not a list of objects")
        session = _decoded(head, Session, place)
        _check_number(session.branched_turns, "branched_turns", place)
        _check_number(session.moved_turns, "moved_turns", place)
        _check_number(session.inspector_tab + 1, "inspector_tab", place)
        return replace(
            session,
            created_at=_utc(session.created_at, place),
            updated_at=_utc(session.updated_at, place),
            trashed_at=_utc(session.trashed_at, place) if session.trashed_at else None,
            # None so long can be given, and the list lays out what it shows.
            title=session.title[:_LONGEST_TITLE],
            # One tag is a line of the database's column.
            tags=tuple(dict.fromkeys(filter(None, (" ".join(tag.split()) for tag in session.tags)))),
        )

    def _turns(self, parts: Parts, number: int) -> Iterator[_Turn]:
        for turn_number, part in enumerate(parts.parts, 1):
            place = _Place(number, turn_number)
            turn = _decoded(self._content[part.start : part.end], _Turn, place)
            turn.asked_at = _utc(turn.asked_at, place)
            for attempt in turn.attempts:
                attempt.started_at = _utc(attempt.started_at, place) if attempt.started_at else None
            yield turn


def _turn_of(wire: _Turn, session_id: str) -> Turn:
    wire.attempts.sort(key=lambda attempt: attempt.number)
    attempts = [_attempt_of(attempt, wire.id) for attempt in wire.attempts]
    chosen = wire.chosen if -1 <= wire.chosen < len(attempts) else -1
    return Turn(wire.id, session_id, wire.position, wire.ask, wire.asked_at, attempts, chosen)


def _attempt_of(wire: _Attempt, turn_id: str) -> Attempt:
    is_over = wire.state.is_final
    return Attempt(
        id=wire.id,
        turn_id=turn_id,
        number=wire.number,
        state=wire.state if is_over else AttemptState.INTERRUPTED,
        answer=Answer.restored(unsigned(wire.answer)),
        failure=wire.failure if is_over else _UNFINISHED,
        started_at=wire.started_at,
        first_token_s=wire.first_token_s,
        duration_s=wire.duration_s,
        tries=wire.tries,
        sent_session_id=wire.sent_session_id or None,
        recap=wire.recap,
    )


# -- checks ----------------------------------------------------------------------------------------


def _check_attempts(turn: _Turn, ids: set[str], place: _Place) -> None:
    numbers: set[int] = set()
    for attempt in turn.attempts:
        _check_id(attempt.id, ids, place)
        _check_number(attempt.number, "number", place)
        _check_number(attempt.tries, "tries", place)
        _check_seconds(attempt.first_token_s, "first_token_s", place)
        _check_seconds(attempt.duration_s, "duration_s", place)
        if attempt.number in numbers:
            raise _damaged(f"two attempts of {place} have the number {attempt.number}")
        numbers.add(attempt.number)


def _check_id(identity: str, ids: set[str], place: _Place) -> None:
    if not 0 < len(identity) <= LONGEST_ID:
        raise _damaged(f"{place} has an id of {len(identity):,} characters")
    if identity in ids:
        raise _damaged(f"an id of {place} stands in it twice")
    ids.add(identity)


def _check_number(number: int, name: str, place: _Place) -> None:
    if not 0 <= number < _HIGHEST:
        raise _damaged(f"the {name} of {place} is out of range")


def _check_seconds(seconds: float | None, name: str, place: _Place) -> None:
    if seconds is not None and not 0 <= seconds < _LONGEST_S:
        raise _damaged(f"the {name} of {place} is out of range")


def _utc(when: datetime, place: _Place) -> datetime:
    """The database orders times as texts, so all of them are UTC."""
    # The calendar's first and last year can't be told in every zone of the window.
    if not _FIRST_YEAR <= when.year <= _LAST_YEAR:
        raise _damaged(f"a time of {place} is out of range")
    return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)


def _decoded(content: bytes, kind: type[T], place: object) -> T:
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.ValidationError as error:
        where = f"{place}: " if place else ""
        raise _damaged(where + _told(error), str(error)[:_LONGEST_DETAIL]) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        where = f" in {place}" if place else ""
        raise _damaged(f"it is no whole JSON{where}", str(error)) from error


def _told(error: msgspec.ValidationError) -> str:
    """What is wrong in a sentence: it may repeat a foreign text of any length."""
    words = " ".join(str(error).replace("`", "").replace("$.", "").split())
    return words if len(words) <= _LONGEST_REASON else f"{words[:_LONGEST_REASON]}…"


def _damaged(what: str, detail: str = "") -> TracksideError:
    return _refused(
        f"This file is damaged or was changed: {what}.", "Nothing was imported. Export it anew.", detail
    )


def _refused(headline: str, advice: str, detail: str) -> TracksideError:
    return TracksideError(Failure(FailureKind.INPUT, headline, advice, detail))
