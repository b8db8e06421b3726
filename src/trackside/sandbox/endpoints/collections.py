"""Item collections: named groups of a store's items."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trackside.sandbox.endpoints.items import ItemEndpoints
from trackside.sandbox.endpoints.stores import ChangeBody, checked_name
from trackside.sandbox.errors import invalid
from trackside.sandbox.http_body import (
    checked_metadata,
    choice,
    json_response,
    page_of,
    read_struct,
)
from trackside.sandbox.ids import Prefix, new_id
from trackside.sandbox.records import Collection, rfc3339
from trackside.sandbox.service import Service

IDS_AT_ONCE = 500


class CollectionBody(msgspec.Struct):
    """What creates a collection."""

    name: str
    description: str | None = None
    metadata: dict[str, object] | None = None


class MembersBody(msgspec.Struct):
    """Which items to add or remove."""

    item_ids: list[str]


class CollectionEndpoints:
    """The family below /knowledge-stores/{id}/item-collections."""

    def __init__(self, service: Service, items: ItemEndpoints) -> None:
        self._service = service
        self._state = service.state
        self._items = items

    def routes(self) -> list[Route]:
        """Paths below /v1.3 and what serves them."""
        every = "/knowledge-stores/{store_id}/item-collections"
        one = every + "/{collection_id}"
        return [
            Route(every, self.create, methods=["POST"]),
            Route(every, self.list, methods=["GET"]),
            Route(one, self.retrieve, methods=["GET"]),
            Route(one, self.update, methods=["PATCH"]),
            Route(one, self.delete, methods=["DELETE"]),
            Route(one + "/items", self.list_members, methods=["GET"]),
            Route(one + "/items/add", self.add_members, methods=["POST"]),
            Route(one + "/items/remove", self.remove_members, methods=["POST"]),
        ]

    async def create(self, request: Request) -> Response:
        """POST …/item-collections."""
        store = self._state.store(request.path_params["store_id"])
        body = await read_struct(request, self._service.limits.json_body, CollectionBody)
        now_s = self._service.now_s()
        collection = Collection(
            id=new_id(Prefix.COLLECTION),
            store_id=store.id,
            name=self._free_name(store.id, body.name),
            description=body.description,
            metadata=msgspec.convert(checked_metadata(body.metadata), dict),
            created_s=now_s,
            updated_s=now_s,
        )
        return self._keep(collection, 201)

    async def list(self, request: Request) -> Response:
        """GET …/item-collections."""
        store = self._state.store(request.path_params["store_id"])
        sort_by = choice(request, "sort_by", ("created_at", "updated_at", "name"))
        newest_first = choice(request, "sort_option", ("desc", "asc")) == "desc"
        collections = self._state.collections_of(store.id)
        match sort_by:
            case "name":
                collections.sort(key=lambda entry: entry.name.casefold(), reverse=newest_first)
            case "updated_at":
                collections.sort(key=lambda entry: entry.updated_s, reverse=newest_first)
            case _:
                collections.sort(key=lambda entry: entry.created_s, reverse=newest_first)
        return json_response(page_of(request, [_shown(entry) for entry in collections]))

    async def retrieve(self, request: Request) -> Response:
        """GET …/item-collections/{id}."""
        return json_response(_shown(self._named(request)))

    async def update(self, request: Request) -> Response:
        """PATCH …/item-collections/{id}."""
        collection = self._named(request)
        body = await read_struct(request, self._service.limits.json_body, ChangeBody)
        renamed = body.name is not None and body.name != collection.name
        collection = msgspec.structs.replace(
            collection,
            name=self._free_name(collection.store_id, body.name or "") if renamed else collection.name,
            description=collection.description if body.description is None else body.description,
            metadata=collection.metadata if body.metadata is None else checked_metadata(body.metadata),
            updated_s=self._service.now_s(),
        )
        return self._keep(collection)

    async def delete(self, request: Request) -> Response:
        """DELETE …/item-collections/{id}."""
        del self._state.collections[self._named(request).id]
        self._state.changed()
        return Response(status_code=200)

    async def list_members(self, request: Request) -> Response:
        """GET …/item-collections/{id}/items."""
        members = self._named(request).item_ids
        return json_response(
            page_of(request, [self._items.shown(self._state.items[item_id]) for item_id in members])
        )

    async def add_members(self, request: Request) -> Response:
        """POST …/item-collections/{id}/items/add: those already in are passed over."""
        collection = self._named(request)
        for item_id in (wanted := await self._item_ids(request)):
            self._state.item(collection.store_id, item_id)
        members = tuple(dict.fromkeys((*collection.item_ids, *wanted)))
        return self._keep(
            msgspec.structs.replace(collection, item_ids=members, updated_s=self._service.now_s())
        )

    async def remove_members(self, request: Request) -> Response:
        """POST …/item-collections/{id}/items/remove: those not in are passed over."""
        collection = self._named(request)
        unwanted = set(await self._item_ids(request))
        members = tuple(item_id for item_id in collection.item_ids if item_id not in unwanted)
        self._keep(msgspec.structs.replace(collection, item_ids=members, updated_s=self._service.now_s()))
        return Response(status_code=200)

    async def _item_ids(self, request: Request) -> tuple[str, ...]:
        body = await read_struct(request, self._service.limits.json_body, MembersBody)
        if not 1 <= len(body.item_ids) <= IDS_AT_ONCE:
            raise invalid(f"The item_ids parameter must have 1 to {IDS_AT_ONCE} ids.")
        return tuple(body.item_ids)

    def _free_name(self, store_id: str, name: str) -> str:
        if any(entry.name == name for entry in self._state.collections_of(store_id)):
            raise invalid(f"An item collection called {name} is already in this knowledge store.")
        return checked_name(name)

    def _keep(self, collection: Collection, status: int = 200) -> Response:
        self._state.collections[collection.id] = collection
        self._state.changed()
        return json_response(_shown(collection), status)

    def _named(self, request: Request) -> Collection:
        return self._state.collection(request.path_params["store_id"], request.path_params["collection_id"])


def _shown(collection: Collection) -> dict[str, object]:
    shown: dict[str, object] = {
        "_id": collection.id,
        "knowledge_store_id": collection.store_id,
        "name": collection.name,
        "metadata": collection.metadata,
        "member_count": len(collection.item_ids),
        "created_at": rfc3339(collection.created_s),
        "updated_at": rfc3339(collection.updated_s),
    }
    if collection.description is not None:
        shown["description"] = collection.description
    return shown
