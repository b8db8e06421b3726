"""The search across all sessions as the window uses it, and the task that keeps its index up to date."""

import asyncio
import contextlib
import logging
import sqlite3
import time
from collections.abc import Callable
from typing import TypeVar

from trackside.chat.tasks import OwnedTasks
from trackside.domain.failure import TracksideError
from trackside.domain.search import SearchHit, SearchQuery
from trackside.storage.database import Database
from trackside.storage.errors import is_of_index
from trackside.storage.indexing import has_news, has_work, index_slice
from trackside.storage.rebuilding import begin_anew
from trackside.storage.search import search
from trackside.storage.search_reader import SearchReader

T = TypeVar("T")
SHOWN_HITS = 50
_QUIET_S = 1.0
"""How long after a change the index hears of it: a running answer's saves come once a second."""
_AGAIN_S = 30.0
"""When to try again after the disk refused."""
_PATIENCE_S = 0.01
"""How long a search waits for what was just said to be indexed."""
_REST = 1.5
"""Rest between two slices of indexing, in times of what the last one took: the window comes first."""
_NOTHING = SearchQuery("zqxjkvzqxjkv")
"""A word that stands nowhere, so that a search for it looks everywhere."""
_log = logging.getLogger(__name__)


class SessionSearch:
    """Finds words in titles, questions, answers and steps of all sessions that are not in the trash.

    A reader of its own searches, so that no save waits for a search; a database in memory is searched between
    its saves. The index follows what is saved, in slices of some milliseconds, from `begin` on.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reader = SearchReader(database.path) if database.path is not None else None
        self._tasks = OwnedTasks()
        self._changed = asyncio.Event()
        self._newest = 0
        self._is_anew = False

    def begin(self) -> None:
        """Starts indexing: first what an earlier run or version has left. Call it in the loop."""
        loop = asyncio.get_running_loop()

        def note() -> None:
            loop.call_soon_threadsafe(self._changed.set)

        self._changed.set()
        self._database.on_change = note
        self._tasks.start(self._follow())

    async def find(self, query: SearchQuery, limit: int = SHOWN_HITS) -> list[SearchHit]:
        """The best hits, at most `limit`: those in titles first, then texts, best first.

        What was just saved is among them, and of a database from before there was an index what that has
        reached. Ends with asyncio.CancelledError when a newer search begins before it is done. Raises
        TracksideError when the database can't be read.
        """
        self._newest += 1
        number = self._newest
        await self._hear_news()
        try:
            return await self._read(lambda db: search(db, query, limit), number)
        except TracksideError as error:
            if not await self._has_begun_anew(error):
                raise
        await self._hear_news()  # titles come first
        return await self._read(lambda db: search(db, query, limit), number)

    async def forget_file(self) -> None:
        """Lets go of the database's file, which another one is about to replace."""
        if self._reader is not None:
            self._newest += 1
            before, self._reader = self._reader, SearchReader(self._reader.path)
            await asyncio.to_thread(before.close)

    async def aclose(self) -> None:
        """Ends searching and indexing; the rest is indexed after the next start."""
        self._newest += 1
        self._database.on_change = _nothing
        await self._tasks.aclose()
        if self._reader is not None:
            await asyncio.to_thread(self._reader.close)

    async def _hear_news(self) -> None:
        """On the database's thread, behind the saves that are under way; but not behind everything, and not
        once more for each key while a save holds it up. A disk that is full hinders no search."""
        with contextlib.suppress(TimeoutError, TracksideError):
            async with asyncio.timeout(_PATIENCE_S):
                await asyncio.wrap_future(self._database.write(_index_news))

    async def _read(self, work: Callable[[sqlite3.Connection], T], number: int) -> T:
        if self._reader is not None:
            found = await self._reader.read(work)
        else:
            found = await self._database.fetch(work)
        if found is None or number != self._newest:
            raise asyncio.CancelledError
        return found

    # -- the index -------------------------------------------------------------------------------

    async def _follow(self) -> None:
        """Indexes whatever is saved, until the end."""
        await asyncio.sleep(_QUIET_S)
        if self._reader is not None and not self._newest:
            # SQLite opens each of the index's tables when it meets it first: nobody should wait for that.
            with contextlib.suppress(TracksideError):  # the search itself will tell it
                await self._reader.read(lambda db: search(db, _NOTHING, 1))
        while True:
            await self._changed.wait()
            await asyncio.sleep(_QUIET_S)
            self._changed.clear()
            try:
                await self._index()
            except TracksideError as error:
                # Whoever saves tells it; what isn't indexed is still noted in the database.
                if not await self._has_begun_anew(error):
                    _log.info("indexing has to wait: %s", error.failure.detail)
                    await asyncio.sleep(_AGAIN_S)
                self._changed.set()

    async def _index(self) -> None:
        # Looked at first: an indexing that found nothing would itself be a change.
        while await self._database.fetch(has_work):
            began = time.monotonic()
            await self._database.store(index_slice)
            await asyncio.sleep((time.monotonic() - began) * _REST)

    async def _has_begun_anew(self, error: TracksideError) -> bool:
        """Whether that was damage of the index, which is made anew for it: once, since a disk that damages it
        again would keep at it for ever."""
        if self._is_anew or not is_of_index(error):
            return False
        self._is_anew = True
        _log.warning("the search index was damaged and is made anew: %s", error.failure.detail)
        try:
            await self._database.store(begin_anew)
        except TracksideError as refused:
            _log.info("it has to wait: %s", refused.failure.detail)
            self._is_anew = False
            return False
        return True


def _index_news(db: sqlite3.Connection) -> None:
    """One slice, if something has changed: at the first start with an old database there is more to do than
    anybody waits for."""
    if has_news(db):
        index_slice(db)


def _nothing() -> None:
    return None
