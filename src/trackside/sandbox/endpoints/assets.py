"""Assets: upload a file or name an address, list, look at, delete."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trackside.sandbox.asset_view import AssetView
from trackside.sandbox.errors import ErrorCode, ServiceError, invalid, not_provided
from trackside.sandbox.fetching import fetch
from trackside.sandbox.form_upload import UploadForm, read_upload_form
from trackside.sandbox.http_body import checked_metadata, json_response, listed, page_of, too_large
from trackside.sandbox.ids import new_asset_id
from trackside.sandbox.intake import admit_file
from trackside.sandbox.records import Asset, AssetKind, AssetMethod
from trackside.sandbox.service import Service


class AssetEndpoints:
    """The family below /assets, but for multipart uploads."""

    def __init__(self, service: Service, view: AssetView) -> None:
        self._service = service
        self._state = service.state
        self._view = view

    def routes(self) -> list[Route]:
        """Paths below /v1.3 and what serves them."""
        return [
            Route("/assets", self.create, methods=["POST"]),
            Route("/assets", self.list, methods=["GET"]),
            Route("/assets/{asset_id}", self.retrieve, methods=["GET"]),
            Route("/assets/{asset_id}", self.delete, methods=["DELETE"]),
        ]

    async def create(self, request: Request) -> Response:
        """POST /assets, with the file or its address."""
        asset_id = new_asset_id()
        draft = self._service.files.new_path(asset_id, "draft.part")
        form = await read_upload_form(request, draft, self._service.limits.direct_upload)
        try:
            asset = await self._admitted(asset_id, form, draft)
        finally:
            draft.unlink(missing_ok=True)
        self._state.assets[asset.id] = asset
        self._state.changed()
        return json_response(self._view.summary(asset), 201)

    async def list(self, request: Request) -> Response:
        """GET /assets, the newest first."""
        ids, kinds = listed(request, "asset_ids"), listed(request, "asset_types")
        filename = request.query_params.get("filename", "").casefold()
        chosen = [
            asset
            for asset in sorted(self._state.assets.values(), key=lambda entry: entry.created_s, reverse=True)
            if (not ids or asset.id in ids)
            and (not kinds or asset.kind.value in kinds)
            and filename in asset.filename.casefold()
        ]
        return json_response(page_of(request, [self._view.detail(asset) for asset in chosen]))

    async def retrieve(self, request: Request) -> Response:
        """GET /assets/{id}."""
        return json_response(self._view.detail(self._state.asset(request.path_params["asset_id"])))

    async def delete(self, request: Request) -> Response:
        """DELETE /assets/{id}; 409 while items use it, unless forced."""
        asset = self._state.asset(request.path_params["asset_id"])
        users = self._state.users_of(asset.id)
        forced = request.query_params.get("force", "false").lower() in ("true", "1")
        if users and not forced:
            raise ServiceError(
                409,
                ErrorCode.CONFLICT,
                f"The asset {asset.id} is used by {len(users)} knowledge store item(s). "
                "Set force to true to delete it all the same.",
            )
        self._state.remove_items([item.id for item in users])
        del self._state.assets[asset.id]
        self._service.files.remove(asset)
        self._state.changed()
        return Response(status_code=200)

    async def _admitted(self, asset_id: str, form: UploadForm, draft: Path) -> Asset:
        match form.fields.get("method"):
            case "direct":
                if form.filename is None:
                    raise not_provided("file")
                method, filename = AssetMethod.DIRECT, form.filename
            case "url":
                url = form.fields.get("url", "")
                if not url:
                    raise not_provided("url")
                limit = self._service.limits.url_upload
                await fetch(url, draft, limit)
                method, filename = AssetMethod.URL, unquote(PurePosixPath(urlsplit(url).path).name)
            case None | "":
                raise not_provided("method")
            case _:
                raise invalid("The method parameter must be direct or url.")
        asset = admit_file(
            self._service,
            asset_id,
            draft,
            filename=form.fields.get("filename") or filename or "upload",
            method=method,
            enable_hls=_flag(form.fields, "enable_hls"),
            enable_thumbnail=_flag(form.fields, "enable_thumbnail"),
            user_metadata=parse_user_metadata(form.fields.get("user_metadata", "")),
        )
        if asset.kind is AssetKind.IMAGE and asset.size > self._service.limits.image:
            self._service.files.remove(asset)
            raise too_large(self._service.limits.image)
        return asset


def parse_user_metadata(text: str) -> dict[str, object]:
    """The user_metadata field, which is JSON in a form."""
    if not text:
        return {}
    try:
        content = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise invalid("The user_metadata parameter must be a JSON object.")
    kept = {key: value for key, value in content.items() if value not in ("", [], None)}
    return checked_metadata(kept, "user_metadata")


def _flag(fields: Mapping[str, str], name: str) -> bool:
    match fields.get(name, "false").lower():
        case "true" | "1":
            return True
        case "false" | "0" | "":
            return False
        case _:
            raise invalid(f"The {name} parameter must be true or false.")
