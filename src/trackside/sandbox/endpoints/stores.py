"""Knowledge stores: create, list, look at, change, delete."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trackside.sandbox.errors import invalid
from trackside.sandbox.http_body import (
    checked_metadata,
    choice,
    json_response,
    page_of,
    read_json,
    read_struct,
    to_struct,
)
from trackside.sandbox.ids import Prefix, new_id
from trackside.sandbox.ingestion import check_ingestion_config
from trackside.sandbox.records import Store, rfc3339
from trackside.sandbox.service import Service


class StoreBody(msgspec.Struct):
    """What creates a store."""

    name: str
    description: str | None = None
    ingestion_config: dict[str, object] | None = None
    metadata: dict[str, object] | None = None


class ChangeBody(msgspec.Struct):
    """What changes a store or a collection; absent fields stay as they are."""

    name: str | None = None
    description: str | None = None
    metadata: dict[str, object] | None = None


class StoreEndpoints:
    """The family below /knowledge-stores that speaks of stores themselves."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._state = service.state

    def routes(self) -> list[Route]:
        """Paths below /v1.3 and what serves them."""
        one = "/knowledge-stores/{store_id}"
        return [
            Route("/knowledge-stores", self.create, methods=["POST"]),
            Route("/knowledge-stores", self.list, methods=["GET"]),
            Route(one, self.retrieve, methods=["GET"]),
            Route(one, self.update, methods=["PATCH"]),
            Route(one, self.delete, methods=["DELETE"]),
        ]

    async def create(self, request: Request) -> Response:
        """POST /knowledge-stores."""
        body = await read_struct(request, self._service.limits.json_body, StoreBody)
        if body.ingestion_config is not None:
            check_ingestion_config(body.ingestion_config)
        now_s = self._service.now_s()
        store = Store(
            id=new_id(Prefix.STORE),
            name=checked_name(body.name),
            description=body.description,
            ingestion_config=body.ingestion_config,
            metadata=msgspec.convert(checked_metadata(body.metadata), dict),
            created_s=now_s,
            updated_s=now_s,
        )
        self._state.stores[store.id] = store
        self._state.changed()
        return json_response(self._shown(store), 201)

    async def list(self, request: Request) -> Response:
        """GET /knowledge-stores."""
        sort_by = choice(request, "sort_by", ("created_at", "updated_at"))
        newest_first = choice(request, "sort_option", ("desc", "asc")) == "desc"
        stores = sorted(
            self._state.stores.values(),
            key=lambda store: store.created_s if sort_by == "created_at" else store.updated_s,
            reverse=newest_first,
        )
        return json_response(page_of(request, [self._shown(store) for store in stores]))

    async def retrieve(self, request: Request) -> Response:
        """GET /knowledge-stores/{id}."""
        return json_response(self._shown(self._state.store(request.path_params["store_id"])))

    async def update(self, request: Request) -> Response:
        """PATCH /knowledge-stores/{id}."""
        store = self._state.store(request.path_params["store_id"])
        content = await read_json(request, self._service.limits.json_body)
        if "ingestion_config" in content:
            raise invalid("The ingestion_config of a knowledge store can't be changed.")
        body = to_struct(content, ChangeBody)
        store = msgspec.structs.replace(
            store,
            name=store.name if body.name is None else checked_name(body.name),
            description=store.description if body.description is None else body.description,
            metadata=store.metadata if body.metadata is None else checked_metadata(body.metadata),
            updated_s=self._service.now_s(),
        )
        self._state.stores[store.id] = store
        self._state.changed()
        return json_response(self._shown(store))

    async def delete(self, request: Request) -> Response:
        """DELETE /knowledge-stores/{id}."""
        self._state.remove_store(self._state.store(request.path_params["store_id"]).id)
        return Response(status_code=200)

    def _shown(self, store: Store) -> dict[str, object]:
        shown: dict[str, object] = {
            "_id": store.id,
            "name": store.name,
            "item_count": len(self._state.items_of(store.id)),
            "metadata": store.metadata,
            "created_at": rfc3339(store.created_s),
            "updated_at": rfc3339(store.updated_s),
        }
        if store.description is not None:
            shown["description"] = store.description
        if store.ingestion_config is not None:
            shown["ingestion_config"] = store.ingestion_config
        return shown


def checked_name(name: str) -> str:
    """A name with something in it and not endless."""
    if not name.strip() or len(name) > 512:
        raise invalid("The name parameter must have 1 to 512 characters.")
    return name
