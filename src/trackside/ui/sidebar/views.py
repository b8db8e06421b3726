"""What the sidebar can list: all sessions, those with a tag, the archive, the trash."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from trackside.domain.session import Session
from trackside.domain.session_order import OrderKey, by_time, by_trashing, pinned_by_time


class ViewKind(StrEnum):
    """Which sessions; a tag is named beside it."""

    ALL = "all"
    TAG = "tag"
    ARCHIVE = "archive"
    TRASH = "trash"


@dataclass(frozen=True, slots=True)
class SidebarView:
    """One way to look at the sessions, with its words."""

    kind: ViewKind = ViewKind.ALL
    tag: str = ""

    @property
    def words(self) -> str:
        """Its name, on the button and in the menu."""
        match self.kind:
            case ViewKind.ALL:
                return "All sessions"
            case ViewKind.TAG:
                return self.tag
            case ViewKind.ARCHIVE:
                return "Archive"
            case ViewKind.TRASH:
                return "Trash"

    def line(self, kept_days: int) -> str:
        """What to know of it; nothing to say of the usual one. `kept_days`: for how long the trash keeps."""
        match self.kind:
            case ViewKind.ALL:
                return ""
            case ViewKind.TAG:
                return f"Sessions tagged “{self.tag}”."
            case ViewKind.ARCHIVE:
                return "Archived sessions, kept out of the list."
            case ViewKind.TRASH:
                days = "a day" if kept_days == 1 else f"{kept_days} days"
                return f"Deleted for good after {days}. Opening a session restores it."

    @property
    def empty_words(self) -> str:
        match self.kind:
            case ViewKind.ALL:
                return "No sessions yet."
            case ViewKind.TAG:
                return "No session has this tag any more."
            case ViewKind.ARCHIVE:
                return "Nothing is archived."
            case ViewKind.TRASH:
                return "The trash is empty."

    @property
    def order(self) -> OrderKey:
        match self.kind:
            case ViewKind.TRASH:
                return by_trashing
            case ViewKind.ARCHIVE:
                return by_time
            case ViewKind.ALL | ViewKind.TAG:
                return pinned_by_time

    def arranged(self, sessions: Sequence[Session]) -> list[Session]:
        """Those of its sessions, in its order, out of all in the order of their time."""
        # What `has` says, spelt out: it would be asked 20,000 times.
        if self.is_trash:
            return list(sessions)
        if self.kind is ViewKind.ARCHIVE:
            return [s for s in sessions if s.archived]
        wanted = [s for s in sessions if not s.archived]
        if self.kind is ViewKind.TAG:
            wanted = [s for s in wanted if self.tag in s.tags]
        pinned = [s for s in wanted if s.pinned]
        return pinned + [s for s in wanted if not s.pinned] if pinned else wanted

    @property
    def has_pins(self) -> bool:
        """Whether pinned sessions stand at its top."""
        return self.kind in (ViewKind.ALL, ViewKind.TAG)

    @property
    def is_trash(self) -> bool:
        return self.kind is ViewKind.TRASH

    def has(self, session: Session) -> bool:
        """Whether a session of the list belongs in it; to the trash's view, one of the trash."""
        match self.kind:
            case ViewKind.ALL:
                return not session.archived
            case ViewKind.TAG:
                return self.tag in session.tags and not session.archived
            case ViewKind.ARCHIVE:
                return session.archived
            case ViewKind.TRASH:
                return True


def has_anything(session: Session) -> bool:
    """Whether a session is worth a row: one that was opened and left blank is not."""
    return bool(session.title or session.turn_count or session.snippet or session.draft.strip())


ALL_SESSIONS = SidebarView()
ARCHIVE = SidebarView(ViewKind.ARCHIVE)
TRASH = SidebarView(ViewKind.TRASH)
