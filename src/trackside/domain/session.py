"""A session: one conversation as the sidebar lists it."""

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

TITLE_LENGTH = 60
UNTITLED = "New session"
_NAME_BYTES = 200
"""A name may have 255 bytes; the ending and a neighbour file's mark want some of them."""
_LOUD_MARKS = {ord("*"): None, ord("`"): None} | {ord(c): " " for c in "#>|_"}
_CONTROLS = dict.fromkeys((*range(32), *range(127, 160)), " ")


class SessionState(StrEnum):
    """What the dot beside a session says."""

    IDLE = "idle"
    WAITING = "waiting"
    """For its turn in line, or before it is tried again."""
    STREAMING = "streaming"
    UNREAD = "unread"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Session:
    """A conversation's own facts; its turns are loaded when it is opened.

    `server_session_id` is the service's handle for its memory of the conversation: it can't be listed
    or rewound, so losing it loses the conversation. Times are UTC.
    """

    id: str
    connection_id: str
    created_at: datetime
    updated_at: datetime
    title: str = ""
    title_is_own: bool = False
    """Whether the user gave the title; one made from the first question may change again."""
    store_id: str = ""
    store_name: str = ""
    server_session_id: str | None = None
    snippet: str = ""
    draft: str = ""
    instructions: str = ""
    schema_text: str = ""
    include_steps: bool = False
    web_search: bool = False
    pinned: bool = False
    unread: bool = False
    failed: bool = False
    archived: bool = False
    tags: tuple[str, ...] = ()
    """The user's own words for it, in their order; none is empty or stands twice."""
    trashed_at: datetime | None = None
    recap: str | None = None
    """What the next question carries of the earlier turns when it begins a new server session, as the user
    edited it; None for one that is made from the turns, empty for none at all."""
    branched_from: str = ""
    """The title of the session whose turns this one begins with."""
    branched_turns: int = 0
    """How many of its first turns were taken over from there."""
    moved_turns: int = 0
    """How many of its first turns were asked on another connection, before it was moved to its own."""
    reading_place: str = ""
    """Where the reader was: the id of the turn at the top, the number of its part there, a position in that
    part's text, and how many pixels (at 100 %) below the top its line began; empty for the end."""
    inspector_tab: int = -1
    """The panel that was open beside it; -1 for whichever is open."""
    turn_count: int = 0

    @property
    def shown_title(self) -> str:
        return self.title or UNTITLED


def now() -> datetime:
    return datetime.now(UTC)


def new_id() -> str:
    """A sortable unique id: 48 bits of milliseconds, then 80 random bits, in hex (the order of UUIDv7)."""
    return f"{time.time_ns() // 1_000_000:012x}{os.urandom(10).hex()}"


def title_from_question(question: str) -> str:
    """The first line of a question, cut at a word to fit a sidebar row."""
    line = _one_line(question)
    if len(line) <= TITLE_LENGTH:
        return line
    cut = line[: TITLE_LENGTH - 1]
    head, _, _ = cut.rpartition(" ")
    return f"{head if len(head) > TITLE_LENGTH // 2 else cut}…"


def file_name_from_title(title: str) -> str:
    """A title as the stem of a file name that every system takes: no separators, at most 200 bytes."""
    kept = "".join(c if c.isalnum() or c in " -_." else "_" for c in title).strip(" .")
    return kept[:80].encode()[:_NAME_BYTES].decode(errors="ignore").strip(" .") or "session"


def writable(text: str) -> str:
    """Without halves of surrogate pairs (a broken paste): neither the database nor the wire can hold them."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def resting_state(session: Session) -> SessionState:
    """What the dot says of a session in which nothing runs."""
    if session.failed:
        return SessionState.FAILED
    return SessionState.UNREAD if session.unread else SessionState.IDLE


def snippet_of(text: str, length: int = 120) -> str:
    """A short single line of an answer, for a sidebar row; Markdown's loudest marks are left out."""
    head = text[: length * 3].translate(_LOUD_MARKS)
    return _one_line(head)[:length]


def _one_line(text: str) -> str:
    """A text without line ends, tabs and other control characters."""
    return " ".join(text.translate(_CONTROLS).split())
