"""The stores of the connection in use, and the items of the one that is asked."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from trackside.chat.connections import Connections
from trackside.chat.tasks import OwnedTasks
from trackside.domain.citation import Citation
from trackside.domain.failure import Failure, TracksideError
from trackside.domain.source import KnowledgeStore, Page, StoreItem

T = TypeVar("T")
_MAX_PAGES = 40


@dataclass(frozen=True, slots=True)
class NamedItem:
    """An item with the name a person knows it by: its asset's file name."""

    item: StoreItem
    name: str


class Sources(QObject):
    """Lists, fetched when asked for and kept until the connection changes."""

    stores_changed = Signal()
    items_changed = Signal(str)
    """The id of the store whose items have arrived."""
    failed = Signal(Failure)

    def __init__(self, connections: Connections) -> None:
        super().__init__()
        self._connections = connections
        self._tasks = OwnedTasks(self._on_bug)
        self._connection_id = ""
        self.stores: list[KnowledgeStore] = []
        self.is_loading = False
        self.failure: Failure | None = None
        self._fetch = 0
        """Counts the fetches of stores: what an earlier one still brings is outdated."""
        self._items: dict[str, list[NamedItem]] = {}
        self._asked_for: set[str] = set()
        """Stores whose items are here, coming, or failed to come; for those only the user asks for again."""
        self._by_id: dict[str, NamedItem] = {}
        self._by_asset: dict[str, NamedItem] = {}

    def refresh(self) -> None:
        """Fetches the stores of the connection in use."""
        connection_id = self._connections.active_id
        self._fetch += 1
        if connection_id != self._connection_id:
            self._connection_id = connection_id
            self.stores = []
            self._items.clear()
            self._asked_for.clear()
            self._by_id.clear()
            self._by_asset.clear()
        if not connection_id:
            self.stores_changed.emit()
            return
        self.is_loading = True
        self.failure = None
        self.stores_changed.emit()
        self._tasks.start(self._load_stores(connection_id, self._fetch))

    def load_items(self, store_id: str) -> None:
        """Fetches a store's items, unless that was done or tried already."""
        if store_id and store_id not in self._asked_for:
            self._asked_for.add(store_id)
            self._tasks.start(self._load_items(store_id))

    def reload_items(self, store_id: str) -> None:
        self._items.pop(store_id, None)
        self._asked_for.discard(store_id)
        self.load_items(store_id)

    def items(self, store_id: str) -> list[NamedItem] | None:
        """The store's items, or None while they are not known."""
        return self._items.get(store_id)

    def name_of(self, item_id: str | None) -> str:
        """The name of an item for a citation, or nothing while it is not known."""
        entry = self._by_id.get(item_id or "")
        return entry.name if entry else ""

    def name_of_cited(self, citation: Citation) -> str:
        """The name of what a citation points at, by its item or its asset; nothing while it is not known."""
        entry = self._by_id.get(citation.item_id or "") or self._by_asset.get(citation.asset_id or "")
        return entry.name if entry else ""

    def is_cited_known(self, citation: Citation) -> bool:
        """Whether a citation names more than an id that only looks like an asset's."""
        is_guess = not (citation.item_id or citation.thumbnail_url)
        return not is_guess or citation.asset_id in self._by_asset

    def asset_of(self, item_id: str | None) -> str:
        """The id of the asset that an item is made of, or nothing while it is not known."""
        entry = self._by_id.get(item_id or "")
        return entry.item.asset_id if entry else ""

    def store(self, store_id: str) -> KnowledgeStore | None:
        return next((store for store in self.stores if store.id == store_id), None)

    def _on_bug(self, failure: Failure) -> None:
        self.is_loading = False
        self.failure = failure
        self.stores_changed.emit()
        self.failed.emit(failure)

    async def aclose(self) -> None:
        await self._tasks.aclose()

    async def _load_stores(self, connection_id: str, fetch: int) -> None:
        try:
            client = await self._connections.client(connection_id)
            found = await _all_of(client.stores)
        except TracksideError as error:
            if fetch == self._fetch:
                self.is_loading = False
                self.failure = error.failure
                self.stores_changed.emit()
                self.failed.emit(error.failure)
            return
        if fetch == self._fetch:
            self.stores = found
            self.is_loading = False
            self.stores_changed.emit()

    async def _load_items(self, store_id: str) -> None:
        connection_id = self._connection_id
        try:
            client = await self._connections.client(connection_id)
            found = await _all_of(lambda number: client.items(store_id, number))
            names: dict[str, str] = {}
            for start in range(0, len(found), 50):
                batch = [item.asset_id for item in found[start : start + 50] if item.asset_id]
                assets = await client.assets(asset_ids=batch) if batch else None
                names |= {asset.id: asset.filename for asset in assets.entries} if assets else {}
        except TracksideError as error:
            if connection_id == self._connection_id:
                self.failed.emit(error.failure)
            return
        if connection_id != self._connection_id:
            return
        named = [NamedItem(item, names.get(item.asset_id) or item.title or item.id) for item in found]
        self._items[store_id] = named
        self._by_id |= {entry.item.id: entry for entry in named}
        self._by_asset |= {entry.item.asset_id: entry for entry in named if entry.item.asset_id}
        self.items_changed.emit(store_id)


async def _all_of(fetch: Callable[[int], Awaitable[Page[T]]]) -> list[T]:
    """Every page's entries, up to a bound."""
    found: list[T] = []
    for number in range(1, _MAX_PAGES + 1):
        page = await fetch(number)
        found += page.entries
        if not page.entries or number >= page.total_pages:
            break
    return found
