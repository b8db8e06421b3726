"""The list of all sessions, read page by page and kept in its order."""

import asyncio
from collections import Counter
from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal

from trackside.domain.session import Session
from trackside.domain.session_order import SessionOrder, by_time
from trackside.storage.listing import Cursor
from trackside.storage.sessions import SessionStore

_PAGE = 50
_PAUSE_S = 0.002
"""Between two pages, so that neither the window nor another read waits for more than one of them."""


class ListedSessions(QObject):
    """Sessions as storage.listing reads them: what may be long (instructions, schema, a draft) comes with
    the opened session."""

    loaded = Signal()
    """The newest sessions are there; the rest follows in pages."""
    page_loaded = Signal(list)
    session_added = Signal(Session)
    session_changed = Signal(Session)
    session_removed = Signal(Session)

    def __init__(self, store: SessionStore) -> None:
        super().__init__()
        self._store = store
        self._order = SessionOrder(by_time)
        self._tags: Counter[str] = Counter()
        self._removed: set[str] = set()
        """What left the list, which a page that is on its way may still have."""
        self._next: Cursor | None = None

    @property
    def sessions(self) -> list[Session]:
        """Pinned and archived ones and all others alike, the latest first."""
        return list(self._order)

    @property
    def is_whole(self) -> bool:
        """Whether all sessions have been read."""
        return self._next is None

    @property
    def tags(self) -> list[str]:
        """Every tag in use, in the alphabet's order."""
        return sorted(self._tags, key=lambda tag: (tag.casefold(), tag))

    def listed(self, session_id: str) -> Session | None:
        return self._order.get(session_id)

    async def load(self) -> None:
        """Reads the newest sessions and all pinned ones. Sessions made meanwhile stay."""
        page = await self._store.newest()
        self._take_in(page.sessions)
        self._next = page.next
        self.loaded.emit()

    async def load_rest(self) -> None:
        """Reads all others, page by page."""
        while self._next is not None:
            await asyncio.sleep(_PAUSE_S)
            after = self._next
            page = await self._store.page(after, _PAGE)
            if self._next is not after:
                continue  # another has read it, or these sessions are no longer those of the database
            self._next = page.next
            if fresh := self._take_in(page.sessions):
                self.page_loaded.emit(fresh)

    def add(self, session: Session) -> None:
        """Lists a session that has come to be, wherever it was made."""
        self._removed.discard(session.id)
        self._enlist(session)
        self.session_added.emit(session)

    # -- inside ----------------------------------------------------------------------------------

    def _take_in(self, sessions: Iterable[Session]) -> list[Session]:
        """Lists those that are new here."""
        fresh = [s for s in sessions if s.id not in self._order and s.id not in self._removed]
        for session in fresh:
            self._enlist(session)
        return fresh

    def _enlist(self, session: Session) -> None:
        self._order.add(session)
        self._tags.update(session.tags)

    def _delist(self, session: Session) -> None:
        before = self._order.get(session.id)
        self._order.remove(session.id)
        for tag in before.tags if before else ():
            self._tags[tag] -= 1
            if not self._tags[tag]:
                del self._tags[tag]

    def _forget_list(self) -> None:
        self._order = SessionOrder(by_time)
        self._tags.clear()
        self._removed.clear()
        self._next = None
