"""Knowledge store items: add an asset to a store, list, look at, take out."""

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
    listed,
    page_of,
    read_struct,
)
from trackside.sandbox.ids import Prefix, new_id
from trackside.sandbox.records import (
    Asset,
    AssetKind,
    AssetStatus,
    Item,
    ItemStatus,
    ItemType,
    asset_status,
    item_status,
    rfc3339,
)
from trackside.sandbox.service import Service

# A file with this in its name becomes an item that fails, so that a failed item can be seen.
FAILING_NAME = "sandbox-fail"


class ItemBody(msgspec.Struct):
    """What adds an asset to a store."""

    asset_id: str
    asset_type: ItemType | None = None
    metadata: dict[str, object] | None = None


class ItemEndpoints:
    """The family below /knowledge-stores/{id}/items."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._state = service.state

    def routes(self) -> list[Route]:
        """Paths below /v1.3 and what serves them."""
        all_items = "/knowledge-stores/{store_id}/items"
        return [
            Route(all_items, self.create, methods=["POST"]),
            Route(all_items, self.list, methods=["GET"]),
            Route(all_items + "/{item_id}", self.retrieve, methods=["GET"]),
            Route(all_items + "/{item_id}", self.delete, methods=["DELETE"]),
        ]

    async def create(self, request: Request) -> Response:
        """POST /knowledge-stores/{id}/items."""
        store = self._state.store(request.path_params["store_id"])
        body = await read_struct(request, self._service.limits.json_body, ItemBody)
        asset = self._state.asset(body.asset_id)
        kind = _item_type(asset, body.asset_type)
        if any(item.asset_id == asset.id for item in self._state.items_of(store.id)):
            raise invalid(f"The asset {asset.id} is already in this knowledge store.")
        now_s = self._service.now_s()
        if asset_status(asset, now_s) is AssetStatus.FAILED:
            raise invalid(f"The asset {asset.id} has failed and can't be added: {asset.error}")
        item = Item(
            id=new_id(Prefix.ITEM),
            store_id=store.id,
            asset_id=asset.id,
            asset_type=kind,
            created_s=now_s,
            updated_s=now_s,
            # An asset still on its way in delays the item.
            span_s=max(0.0, asset.done_s - now_s) + self._service.processing_s,
            fails=bool(asset.error) or FAILING_NAME in asset.filename,
            metadata=msgspec.convert(checked_metadata(body.metadata), dict),
        )
        self._state.items[item.id] = item
        self._state.changed()
        return json_response(self.shown(item), 202)

    async def list(self, request: Request) -> Response:
        """GET /knowledge-stores/{id}/items."""
        store = self._state.store(request.path_params["store_id"])
        wanted = listed(request, "status")
        known = {status.value for status in ItemStatus}
        if not known.issuperset(wanted):
            raise invalid(f"The status parameter must be one of: {', '.join(sorted(known))}.")
        sort_by = choice(request, "sort_by", ("created_at", "updated_at"))
        newest_first = choice(request, "sort_option", ("desc", "asc")) == "desc"
        shown = [
            self.shown(item)
            for item in sorted(
                self._state.items_of(store.id),
                key=lambda item: item.created_s if sort_by == "created_at" else item.updated_s,
                reverse=newest_first,
            )
        ]
        return json_response(
            page_of(request, [entry for entry in shown if not wanted or entry["status"] in wanted])
        )

    async def retrieve(self, request: Request) -> Response:
        """GET /knowledge-stores/{id}/items/{id}."""
        return json_response(self.shown(self._named(request)))

    async def delete(self, request: Request) -> Response:
        """DELETE /knowledge-stores/{id}/items/{id}."""
        self._state.remove_items([self._named(request).id])
        return Response(status_code=200)

    def shown(self, item: Item) -> dict[str, object]:
        """The item as the service writes it."""
        asset = self._state.assets.get(item.asset_id)
        now_s = self._service.now_s()
        # The last change of status is a change too.
        updated_s = max(item.updated_s, min(now_s, item.created_s + item.span_s))
        return {
            "_id": item.id,
            "asset_type": item.asset_type.value,
            "asset_id": item.asset_id,
            "status": item_status(item, now_s).value,
            "system_metadata": _system_metadata(item, asset),
            "metadata": item.metadata,
            "created_at": rfc3339(item.created_s),
            "updated_at": rfc3339(updated_s),
        }

    def _named(self, request: Request) -> Item:
        return self._state.item(request.path_params["store_id"], request.path_params["item_id"])


def _item_type(asset: Asset, wanted: ItemType | None) -> ItemType:
    if asset.kind in (AssetKind.AUDIO, AssetKind.CAPTIONS):
        raise invalid(f"The asset {asset.id} is neither a video nor an image.")
    kind = ItemType.IMAGE if asset.kind is AssetKind.IMAGE else ItemType.VIDEO
    if wanted is not None and wanted is not kind and asset.kind is not AssetKind.UNREADABLE:
        raise invalid(f"The asset {asset.id} is a {kind.value}, not a {wanted.value}.")
    return wanted or kind


def _system_metadata(item: Item, asset: Asset | None) -> dict[str, object]:
    shown: dict[str, object] = {"asset_type": item.asset_type.value}
    if asset is None:
        return shown
    shown |= {"filename": asset.filename, "size": asset.size}
    if asset.facts.width:
        shown |= {"width": asset.facts.width, "height": asset.facts.height}
    if item.asset_type is ItemType.VIDEO:
        if asset.facts.duration_s:
            shown["duration"] = asset.facts.duration_s
        if asset.facts.fps:
            shown["fps"] = asset.facts.fps
    return shown
