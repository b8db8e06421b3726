"""What a chat needs first: stores, their items and collections, assets, and search."""

from collections.abc import Mapping
from typing import Any

from trackside.domain.source import (
    Asset,
    AssetType,
    ItemCollection,
    KnowledgeStore,
    Page,
    SearchPage,
    StoreItem,
)
from trackside.protocol import shapes
from trackside.protocol.http import HttpCore, segment

PAGE_LIMIT = 50
_MEMBERS_AT_ONCE = 500


class Catalogue:
    """The service's plain JSON calls over one connection; each raises TracksideError."""

    def __init__(self, http: HttpCore) -> None:
        self._http = http

    async def stores(self, page: int = 1) -> Page[KnowledgeStore]:
        return shapes.page(await self._http.get("knowledge-stores", _paging(page)), shapes.store)

    async def store(self, store_id: str) -> KnowledgeStore:
        return shapes.store(await self._http.get(f"knowledge-stores/{segment(store_id)}"))

    async def create_store(
        self, name: str, description: str = "", ingestion_config: Mapping[str, Any] | None = None
    ) -> KnowledgeStore:
        """`ingestion_config` can't be changed later (service documentation)."""
        body: dict[str, Any] = {"name": name}
        if description:
            body["description"] = description
        if ingestion_config is not None:
            body["ingestion_config"] = dict(ingestion_config)
        return shapes.store(await self._http.call("POST", "knowledge-stores", json=body))

    async def update_store(self, store_id: str, **changes: str) -> KnowledgeStore:
        return shapes.store(
            await self._http.call("PATCH", f"knowledge-stores/{segment(store_id)}", json=changes)
        )

    async def delete_store(self, store_id: str) -> None:
        await self._http.call("DELETE", f"knowledge-stores/{segment(store_id)}")

    async def search(
        self, store_id: str, text: str, *, page_size: int = 10, page_token: str | None = None
    ) -> SearchPage:
        """Ranked clips for a text query. An expired page token gives a failure with status 410."""
        body: dict[str, Any] = {"query": {"text": text}, "page_size": page_size}
        if page_token:
            body["page_token"] = page_token
        return shapes.search_page(
            await self._http.call("POST", f"knowledge-stores/{segment(store_id)}/search", json=body)
        )

    async def items(self, store_id: str, page: int = 1) -> Page[StoreItem]:
        return shapes.page(
            await self._http.get(f"knowledge-stores/{segment(store_id)}/items", _paging(page)), shapes.item
        )

    async def item(self, store_id: str, item_id: str) -> StoreItem:
        return shapes.item(
            await self._http.get(f"knowledge-stores/{segment(store_id)}/items/{segment(item_id)}")
        )

    async def add_item(self, store_id: str, asset_id: str, asset_type: AssetType) -> StoreItem:
        return shapes.item(
            await self._http.call(
                "POST",
                f"knowledge-stores/{segment(store_id)}/items",
                json={"asset_id": asset_id, "asset_type": asset_type.value},
            )
        )

    async def delete_item(self, store_id: str, item_id: str) -> None:
        await self._http.call("DELETE", f"knowledge-stores/{segment(store_id)}/items/{segment(item_id)}")

    async def collections(self, store_id: str, page: int = 1) -> Page[ItemCollection]:
        return shapes.page(await self._http.get(_collections(store_id), _paging(page)), shapes.collection)

    async def collection(self, store_id: str, collection_id: str) -> ItemCollection:
        return shapes.collection(await self._http.get(f"{_collections(store_id)}/{segment(collection_id)}"))

    async def create_collection(self, store_id: str, name: str, description: str = "") -> ItemCollection:
        body = {"name": name} | ({"description": description} if description else {})
        return shapes.collection(await self._http.call("POST", _collections(store_id), json=body))

    async def update_collection(self, store_id: str, collection_id: str, **changes: str) -> ItemCollection:
        path = f"{_collections(store_id)}/{segment(collection_id)}"
        return shapes.collection(await self._http.call("PATCH", path, json=changes))

    async def delete_collection(self, store_id: str, collection_id: str) -> None:
        await self._http.call("DELETE", f"{_collections(store_id)}/{segment(collection_id)}")

    async def collection_items(self, store_id: str, collection_id: str, page: int = 1) -> Page[StoreItem]:
        path = f"{_collections(store_id)}/{segment(collection_id)}/items"
        return shapes.page(await self._http.get(path, _paging(page)), shapes.item)

    async def add_to_collection(self, store_id: str, collection_id: str, item_ids: list[str]) -> None:
        """At most 500 ids a request (service documentation); more are sent in several."""
        await self._members("add", store_id, collection_id, item_ids)

    async def remove_from_collection(self, store_id: str, collection_id: str, item_ids: list[str]) -> None:
        await self._members("remove", store_id, collection_id, item_ids)

    async def _members(self, action: str, store_id: str, collection_id: str, item_ids: list[str]) -> None:
        path = f"{_collections(store_id)}/{segment(collection_id)}/items/{action}"
        for start in range(0, len(item_ids), _MEMBERS_AT_ONCE):
            await self._http.call("POST", path, json={"item_ids": item_ids[start : start + _MEMBERS_AT_ONCE]})

    async def assets(
        self, page: int = 1, *, filename: str | None = None, asset_ids: list[str] | None = None
    ) -> Page[Asset]:
        query = _paging(page) | ({"filename": filename} if filename else {})
        if asset_ids:
            query["asset_ids"] = ",".join(asset_ids)
        return shapes.page(await self._http.get("assets", query), shapes.asset)

    async def asset(self, asset_id: str) -> Asset:
        return shapes.asset(await self._http.get(f"assets/{segment(asset_id)}"))

    async def delete_asset(self, asset_id: str, *, force: bool = False) -> None:
        await self._http.call(
            "DELETE", f"assets/{segment(asset_id)}", params={"force": "true"} if force else None
        )


def _paging(page: int) -> dict[str, str]:
    return {"page": str(page), "page_limit": str(PAGE_LIMIT)}


def _collections(store_id: str) -> str:
    return f"knowledge-stores/{segment(store_id)}/item-collections"
