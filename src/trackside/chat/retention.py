"""Sessions that were not used for long go into the trash by themselves, if the settings say so."""

import asyncio
import logging
from datetime import UTC, datetime, time, timedelta

from PySide6.QtCore import QObject, Signal

from trackside.chat.library import SessionLibrary
from trackside.chat.preferences import Preferences
from trackside.chat.tasks import OwnedTasks
from trackside.domain.failure import TracksideError
from trackside.domain.session import Session, now
from trackside.domain.settings import Settings
from trackside.storage.database import Database
from trackside.storage.days import note_day
from trackside.storage.retention import note_uses, unused_since

_EVERY_S = 3_600.0
"""Hourly, since a timer knows nothing of the days that a computer slept."""
_DAYS_SEEN = 3
"""On so many days a session has to have been due, as with the trash: a clock set far ahead by mistake would
move all of them, and is mostly set right within a day."""
_AT_ONCE = 20
_log = logging.getLogger(__name__)


class Retention(QObject):
    """Looks when it begins, once an hour, and when the setting is changed.

    Pinned sessions stay, and the ones that are shown or answer just now.
    """

    moved = Signal(list)
    """The ids of sessions that went into the trash."""

    def __init__(self, database: Database, preferences: Preferences, library: SessionLibrary) -> None:
        super().__init__()
        self._database = database
        self._preferences = preferences
        self._library = library
        self._tasks = OwnedTasks()
        self._days = preferences.settings.retention_days
        self._shown_id = preferences.settings.session_id
        self._used: set[str] = set()
        self._noting: asyncio.TimerHandle | None = None
        preferences.changed.connect(self._take_settings)
        library.session_added.connect(self._note_added)

    def begin(self) -> None:
        """Call it once all sessions are listed."""
        self._tasks.start(self._follow())

    async def aclose(self) -> None:
        await self._tasks.aclose()
        self._save_uses()

    async def count(self, days: int) -> int:
        """How many sessions would go at once with this setting. Raises TracksideError."""
        if not days:
            return 0
        self._save_uses()
        before = now() - timedelta(days=days)
        ids = await self._database.fetch(lambda db: unused_since(db, before))
        return sum(map(self._may_go, ids))

    async def sweep(self, *, is_sure: bool = False, present: datetime | None = None) -> list[str]:
        """Moves what is due; returns the ids. `is_sure`: the user has just seen how many these are, so that
        the clock needs no proof. Raises TracksideError."""
        days, present = self._preferences.settings.retention_days, present or now()
        if not days:
            return []
        self._save_uses()  # of the last second: else what has just come back would go at once
        due = present
        if not is_sure:
            first = await self._database.store(lambda db: note_day(db, present.date(), _DAYS_SEEN))
            if first is None:
                return []
            due = min(present, datetime.combine(first + timedelta(days=1), time(), UTC))
        before = due - timedelta(days=days)
        ids = await self._database.fetch(lambda db: unused_since(db, before))
        moved: list[str] = []
        for start in range(0, len(ids), _AT_ONCE):
            some = [id_ for id_ in ids[start : start + _AT_ONCE] if self._may_go(id_)]
            self._library.trash(some)
            moved += some
            await asyncio.sleep(0)
        if moved:
            self.moved.emit(moved)
        return moved

    # -- inside ----------------------------------------------------------------------------------

    def _may_go(self, session_id: str) -> bool:
        listed = self._library.listed(session_id)
        if listed is None or listed.pinned or self._library.is_shown([session_id]):
            return False
        return not self._library.is_running(session_id)

    async def _follow(self) -> None:
        while True:
            self._note(self._shown_id)  # another window knows by that alone that it is looked at
            try:
                await self.sweep()
            except TracksideError as error:
                _log.warning("unused sessions stay where they are: %s", error.failure.detail)
            await asyncio.sleep(_EVERY_S)

    async def _sweep_now(self) -> None:
        try:
            await self.sweep(is_sure=True)
        except TracksideError as error:
            _log.warning("unused sessions stay where they are: %s", error.failure.detail)

    def _take_settings(self, settings: Settings) -> None:
        if settings.session_id != self._shown_id:
            self._note(self._shown_id)  # it was looked at until now
            self._shown_id = settings.session_id
            self._note(settings.session_id)
        if settings.retention_days != self._days:
            self._days = settings.retention_days
            if self._days:
                self._tasks.start(self._sweep_now())

    def _note_added(self, session: Session) -> None:
        self._note(session.id)

    def _note(self, session_id: str) -> None:
        """Soon, and many at once: thousands may come back out of the trash."""
        if session_id:
            self._used.add(session_id)
            if self._noting is None:
                self._noting = asyncio.get_running_loop().call_later(1.0, self._save_uses)

    def _save_uses(self) -> None:
        if self._noting is None:
            return
        self._noting.cancel()
        self._noting = None
        ids, self._used = sorted(self._used), set()
        self._database.keep(lambda db: note_uses(db, ids, now()))
