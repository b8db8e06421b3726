"""Everything the sandbox knows, in dictionaries by id, and the questions asked of it.

Used on the server's loop alone. Whoever changes something calls `changed`, which lets the state file know.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

from trackside.sandbox.errors import not_found
from trackside.sandbox.records import (
    Asset,
    AssetKind,
    AssetStatus,
    Collection,
    Item,
    ItemStatus,
    Session,
    Store,
    Upload,
    asset_status,
    item_status,
)

Record = TypeVar("Record", Asset, Store, Item, Collection, Session, Upload)


class Snapshot(msgspec.Struct):
    """The state as the state file holds it. `sample_ids` are the sample's objects it has already met."""

    version: int = 1
    assets: list[Asset] = []
    stores: list[Store] = []
    items: list[Item] = []
    collections: list[Collection] = []
    sessions: list[Session] = []
    uploads: list[Upload] = []
    sample_ids: list[str] = []


class SandboxState:
    """Assets, stores, items, collections, sessions and uploads by their ids."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.assets: dict[str, Asset] = {}
        self.stores: dict[str, Store] = {}
        self.items: dict[str, Item] = {}
        self.collections: dict[str, Collection] = {}
        self.sessions: dict[str, Session] = {}
        self.uploads: dict[str, Upload] = {}
        self.sample_ids: set[str] = set()
        self.changed: Callable[[], None] = _nobody_listens

    def asset(self, asset_id: str) -> Asset:
        """The asset with this id, or the service's 404."""
        return _found(self.assets, "asset", asset_id)

    def store(self, store_id: str) -> Store:
        """The knowledge store with this id, or the service's 404."""
        return _found(self.stores, "knowledge store", store_id)

    def item(self, store_id: str, item_id: str) -> Item:
        """The item with this id in this store, or the service's 404."""
        self.store(store_id)
        item = _found(self.items, "knowledge store item", item_id)
        if item.store_id != store_id:
            raise not_found("knowledge store item", item_id)
        return item

    def collection(self, store_id: str, collection_id: str) -> Collection:
        """The collection with this id in this store, or the service's 404."""
        self.store(store_id)
        collection = _found(self.collections, "item collection", collection_id)
        if collection.store_id != store_id:
            raise not_found("item collection", collection_id)
        return collection

    def upload(self, upload_id: str) -> Upload:
        """The multipart upload with this id, or the service's 404."""
        return _found(self.uploads, "upload", upload_id)

    def items_of(self, store_id: str) -> list[Item]:
        """The store's items, in the order they came in."""
        return [item for item in self.items.values() if item.store_id == store_id]

    def ready_items_of(self, store_id: str) -> list[Item]:
        """The store's items that can be answered about by now and whose asset is still there."""
        now_s = self.clock()
        return [
            item
            for item in self.items_of(store_id)
            if item_status(item, now_s) is ItemStatus.READY and item.asset_id in self.assets
        ]

    def collections_of(self, store_id: str) -> list[Collection]:
        """The store's collections, in the order they were made."""
        return [entry for entry in self.collections.values() if entry.store_id == store_id]

    def users_of(self, asset_id: str) -> list[Item]:
        """The items that point at this asset."""
        return [item for item in self.items.values() if item.asset_id == asset_id]

    def captions_for(self, asset: Asset) -> Asset | None:
        """The newest ready caption file uploaded under the same name as this asset."""
        now_s = self.clock()
        beside = [
            other
            for other in self.assets.values()
            if other.kind is AssetKind.CAPTIONS
            and other.stem == asset.stem
            and asset_status(other, now_s) is AssetStatus.READY
        ]
        return max(beside, key=lambda other: other.created_s, default=None)

    def remove_items(self, item_ids: Iterable[str]) -> None:
        """Take these items out of their store and of every collection."""
        gone = set(item_ids)
        for item_id in gone:
            self.items.pop(item_id, None)
        for collection in list(self.collections.values()):
            if gone.intersection(collection.item_ids):
                left = tuple(entry for entry in collection.item_ids if entry not in gone)
                self.collections[collection.id] = msgspec.structs.replace(collection, item_ids=left)
        self.changed()

    def remove_store(self, store_id: str) -> None:
        """Take the store away, with its items, collections and sessions."""
        self.remove_items([item.id for item in self.items_of(store_id)])
        for collection in self.collections_of(store_id):
            del self.collections[collection.id]
        for session in [entry for entry in self.sessions.values() if entry.store_id == store_id]:
            del self.sessions[session.id]
        del self.stores[store_id]
        self.changed()

    def snapshot(self) -> Snapshot:
        """The whole state, for the state file."""
        return Snapshot(
            assets=list(self.assets.values()),
            stores=list(self.stores.values()),
            items=list(self.items.values()),
            collections=list(self.collections.values()),
            sessions=list(self.sessions.values()),
            uploads=list(self.uploads.values()),
            sample_ids=sorted(self.sample_ids),
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Take over what a state file held."""
        self.assets = {record.id: record for record in snapshot.assets}
        self.stores = {record.id: record for record in snapshot.stores}
        self.items = {record.id: record for record in snapshot.items}
        self.collections = {record.id: record for record in snapshot.collections}
        self.sessions = {record.id: record for record in snapshot.sessions}
        self.uploads = {record.id: record for record in snapshot.uploads}
        self.sample_ids = set(snapshot.sample_ids)


def _found(records: dict[str, Record], what: str, identifier: str) -> Record:
    try:
        return records[identifier]
    except KeyError:
        raise not_found(what, identifier) from None


def _nobody_listens() -> None:
    return None
