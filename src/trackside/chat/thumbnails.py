"""Small pictures of what answers cite: fetched once an item, kept in memory while there is room."""

import asyncio
from collections import OrderedDict
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from trackside.chat.connections import Connections
from trackside.chat.sources import Sources
from trackside.chat.tasks import OwnedTasks
from trackside.domain.citation import Citation
from trackside.domain.failure import TracksideError

KEPT_PICTURES = 300
KEPT_BYTES = 16 << 20
_AT_ONCE = 4
_MOST_WAITING = 64
"""More than a screen shows: an answer can cite without end, and what is scrolled past needs no picture."""


def picture_key(citation: Citation) -> str:
    """What a citation's picture goes by: its item's id as a rule; empty when it has no picture.

    A web page's picture would be fetched from the web, which then learns who reads: those have none.
    """
    if key := citation.item_id or citation.asset_id:
        return key
    if citation.url or not citation.thumbnail_url:
        return ""
    return citation.thumbnail_url.partition("?")[0]  # what follows is the signature, another each time


class Thumbnails(QObject):
    """The bytes of pictures as they were fetched, of any image type. Nothing goes to the disk.

    What can't be had is not asked for again until the connection changes, and nobody is told: a citation
    without its picture is as good. Pictures are those of the connection in use.
    """

    arrived = Signal(str)
    """The key (`picture_key`) of a picture that can now be had."""
    cleared = Signal()
    """The connection has changed: what was had is no longer right, and what could not be had may be now."""

    def __init__(self, connections: Connections, sources: Sources) -> None:
        super().__init__()
        self._connections = connections
        self._sources = sources
        self._tasks = OwnedTasks()
        self._running: set[asyncio.Task[None]] = set()
        self._kept = _Kept()
        self._asked_for: set[str] = set()
        """Keys that are here, coming, waiting for something, or failed to come."""
        self._waiting: OrderedDict[str, Citation] = OrderedDict()
        self._unplaced: OrderedDict[str, Citation] = OrderedDict()
        """Of items that the sources don't know yet."""
        self._is_closed = False
        connections.changed.connect(self._forget)
        sources.items_changed.connect(self._place)

    def picture_of(self, citation: Citation) -> bytes | None:
        """The picture if it is here; else it is fetched, and `arrived` tells. Made to be asked at every
        painting of what is on the screen."""
        key = picture_key(citation)
        if not key:
            return None
        if (picture := self._kept.get(key)) is not None:
            return picture
        if key not in self._asked_for and self._can_ask:
            self._asked_for.add(key)
            self._want(key, citation)
        return None

    def kept(self, key: str) -> bytes | None:
        """The picture of a key that `arrived` told of, if it is still here."""
        return self._kept.get(key)

    async def aclose(self) -> None:
        """Breaks off what is being fetched; what is here can still be had."""
        self._is_closed = True
        self._waiting.clear()
        await self._tasks.aclose()

    @property
    def _can_ask(self) -> bool:
        """Without a key nothing is tried: looking for one can open the keyring's prompt."""
        has_way = self._connections.is_sandbox or (self._connections.active_id and self._connections.has_key)
        return bool(has_way) and not self._is_closed

    def _forget(self) -> None:
        for task in self._running:
            task.cancel()
        self._kept = _Kept()
        self._asked_for.clear()
        self._waiting.clear()
        self._unplaced.clear()
        self.cleared.emit()

    def _place(self) -> None:
        """Fetches for the items that have become known."""
        for key, citation in list(self._unplaced.items()):
            if self._sources.asset_of(citation.item_id):
                del self._unplaced[key]
                self._want(key, citation)

    def _want(self, key: str, citation: Citation) -> None:
        is_known = citation.thumbnail_url or citation.asset_id or self._sources.asset_of(citation.item_id)
        queue, most = (self._waiting, _MOST_WAITING) if is_known else (self._unplaced, KEPT_PICTURES)
        queue[key] = citation
        if len(queue) > most:
            self._asked_for.discard(queue.popitem(last=False)[0])
        self._start_next()

    def _start_next(self) -> None:
        """The latest first: that is what the reader looks at."""
        while self._waiting and len(self._running) < _AT_ONCE and not self._is_closed:
            task = self._tasks.start(self._fetch(*self._waiting.popitem()))
            self._running.add(task)
            task.add_done_callback(self._on_done)

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._start_next()

    async def _fetch(self, key: str, citation: Citation) -> None:
        try:
            picture = await self._fetched(citation)
        except TracksideError:
            return  # it stays asked for, so nobody asks again
        if picture is None:
            # Its own address has expired, and where a new one can be had isn't known yet.
            self._want(key, replace(citation, thumbnail_url=None))
            return
        for evicted in self._kept.put(key, picture):
            self._asked_for.discard(evicted)
        self.arrived.emit(key)

    async def _fetched(self, citation: Citation) -> bytes | None:
        """The picture; None when its item has to become known first. TracksideError when there is none."""
        client = await self._connections.client(self._connections.active_id)
        failure: TracksideError | None = None
        if citation.thumbnail_url:
            try:
                return await client.picture(citation.thumbnail_url)
            except TracksideError as error:
                failure = error
        asset_id = citation.asset_id or self._sources.asset_of(citation.item_id)
        if not asset_id and citation.item_id:
            return None
        if failure is not None and not asset_id:
            raise failure
        asset = await client.asset(asset_id)
        return await client.picture(asset.thumbnail_url or "")


class _Kept:
    """Pictures by key; those that nobody has looked at for longest make room."""

    def __init__(self) -> None:
        self._pictures: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0

    def get(self, key: str) -> bytes | None:
        picture = self._pictures.get(key)
        if picture is not None:
            self._pictures.move_to_end(key)
        return picture

    def put(self, key: str, picture: bytes) -> list[str]:
        """Returns the keys of those that had to go."""
        self._pictures[key] = picture
        self._size += len(picture)
        evicted: list[str] = []
        while len(self._pictures) > KEPT_PICTURES or self._size > KEPT_BYTES:
            oldest, dropped = self._pictures.popitem(last=False)
            self._size -= len(dropped)
            evicted.append(oldest)
        return evicted
