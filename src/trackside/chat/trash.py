"""The trash: what is in it, for how long yet, and its end."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from PySide6.QtCore import QObject, Signal

from trackside.domain.keeping import KEPT_DAYS
from trackside.domain.session import Session, now
from trackside.domain.session_order import SessionOrder, by_trashing
from trackside.storage.sessions import SessionStore

_SWEEP_EVERY_S = 3600.0
"""Hourly, since a timer knows nothing of the days that a computer slept."""
_DAYS_SEEN = 3
"""On so many days a session has to have been due before it is deleted."""
_PAGE = 100
_AT_ONCE = 10
"""Sessions deleted in one transaction: reads wait meanwhile, and a session may have thousands of turns."""


class Trash(QObject):
    """Sessions in the trash, the last one first: those put in since the start, all of them once loaded."""

    loaded = Signal(list)
    """Sessions that were read."""
    added = Signal(Session)
    removed = Signal(Session)

    def __init__(self, store: SessionStore, on_deleted: Callable[[str], None]) -> None:
        super().__init__()
        self._store = store
        self._on_deleted = on_deleted
        self._order = SessionOrder(by_trashing)
        self._taken: set[str] = set()
        """What was taken out, which a page that is on its way may still have."""
        self._loading = asyncio.Lock()
        self.is_whole = False
        """Whether all that is in it has been read."""
        self.kept_days = KEPT_DAYS
        """For how long it keeps what is in it; another number counts from the next sweep on."""

    @property
    def sessions(self) -> list[Session]:
        return list(self._order)

    async def load(self) -> None:
        """Reads what is in it, once, in slices; whoever asks meanwhile waits along."""
        async with self._loading:
            order, cursor = self._order, None
            while not self.is_whole:
                page = await self._store.page(cursor, _PAGE, in_trash=True)
                if order is not self._order:  # all was forgotten meanwhile
                    order, cursor = self._order, None
                    continue
                fresh = [s for s in page.sessions if s.id not in self._order and s.id not in self._taken]
                for session in fresh:
                    self._order.add(session)
                cursor = page.next
                self.is_whole = cursor is None
                self.loaded.emit(fresh)
                await asyncio.sleep(0.001)

    def forget_all(self) -> None:
        """As if nothing had been read yet."""
        self._order = SessionOrder(by_trashing)
        self._taken.clear()
        self.is_whole = False

    def put(self, sessions: Iterable[Session]) -> None:
        """Puts sessions in that have left the list."""
        stamped = [replace(session, trashed_at=now()) for session in sessions]
        self._store.trash_sessions([session.id for session in stamped])
        for session in stamped:
            self._taken.discard(session.id)
            self._order.add(session)
            self.added.emit(session)

    def take(self, session_ids: Sequence[str]) -> list[Session]:
        """Takes sessions out again; those that are gone for good are left out."""
        found = [session for id_ in session_ids if (session := self._order.get(id_)) is not None]
        self._store.trash_sessions([session.id for session in found], is_trashed=False)
        for session in found:
            self._drop(session)
        return [replace(session, trashed_at=None) for session in found]

    def catch_up(self, session: Session) -> None:
        """A session that changes on its way in: its answer was stopped, and what came is kept."""
        if (listed := self._order.get(session.id)) is not None:
            self._order.replace(replace(session, trashed_at=listed.trashed_at))

    async def delete(self, session_ids: Sequence[str]) -> None:
        """Deletes sessions for good, a few at a time."""
        for start in range(0, len(session_ids), _AT_ONCE):
            some = session_ids[start : start + _AT_ONCE]
            if not await _is_done(self._store.delete_trashed(some)):
                return  # the store tells why; what is still there is still listed
            for session_id in some:
                if session_id in self._taken:
                    continue  # it was taken out a moment before, and stayed
                self._on_deleted(session_id)
                if (session := self._order.get(session_id)) is not None:
                    self._drop(session)

    async def empty(self) -> None:
        """Deletes all that is in it for good."""
        await self.load()
        await self.delete([session.id for session in self._order])

    async def keep_swept(self) -> None:
        """Deletes what has been in it for its time, now and from then on; ends when it is cancelled."""
        while True:
            await self.sweep()
            await asyncio.sleep(_SWEEP_EVERY_S)

    async def sweep(self, present: datetime | None = None) -> None:
        """Deletes what had been in it for its time on each of the last days that were seen, not only now: a
        clock that is set far ahead by mistake would empty it, and is mostly set right within a day."""
        present = present or now()
        day = await self._store.note_day(present.date(), _DAYS_SEEN)
        if day is not None:
            due = datetime.combine(day + timedelta(days=1), time(), UTC)
            await self.delete(await self._store.trashed_before(due - timedelta(days=self.kept_days)))

    def _drop(self, session: Session) -> None:
        self._order.remove(session.id)
        self._taken.add(session.id)
        self.removed.emit(session)


async def _is_done(saving: Future[None]) -> bool:
    done = asyncio.wrap_future(saving)
    await asyncio.wait({done})
    return not done.cancelled() and done.exception() is None
