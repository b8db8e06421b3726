"""Serves files, thumbnails and playlists by signed addresses, in ranges when asked."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path, PurePosixPath

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from trackside.sandbox.asset_view import GENERATED_THUMBNAIL, AssetView
from trackside.sandbox.placeholder import placeholder_png
from trackside.sandbox.probe import media_type
from trackside.sandbox.records import Asset
from trackside.sandbox.service import Service

_PIECE = 256 * 1024
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_URI = re.compile(r'URI="([^"]+)"')


class MediaEndpoints:
    """The family below /media, at the server's root: no key, but a signature."""

    def __init__(self, service: Service, view: AssetView) -> None:
        self._service = service
        self._view = view

    def open_routes(self) -> list[Route]:
        """Paths at the server's root that need no key."""
        return [Route("/media/{asset_id}/{name:path}", self.serve, methods=["GET"])]

    async def serve(self, request: Request) -> Response:
        """GET or HEAD of one file."""
        asset = self._service.state.asset(request.path_params["asset_id"])
        name: str = request.path_params["name"]
        if name == GENERATED_THUMBNAIL:
            return Response(placeholder_png(asset.id), media_type="image/png")
        path = self._service.files.path_of(asset, name)
        if path.suffix == ".m3u8":
            return Response(self._signed_playlist(asset, name, path), media_type=media_type(name))
        return _file_response(path, request)

    def _signed_playlist(self, asset: Asset, name: str, path: Path) -> str:
        """The playlist with every address in it signed, so that its segments can be fetched."""
        folder = PurePosixPath(name).parent

        def signed(target: str) -> str:
            return self._view.media_url(asset, str(folder / target))

        lines = []
        for line in path.read_text("utf-8").splitlines():
            if line.startswith("#"):
                lines.append(_URI.sub(lambda match: f'URI="{signed(match.group(1))}"', line))
            else:
                lines.append(signed(line.strip()) if line.strip() else line)
        return "\n".join(lines) + "\n"


def _file_response(path: Path, request: Request) -> Response:
    size = path.stat().st_size
    start, end, status = 0, size - 1, 200
    headers = {"Accept-Ranges": "bytes"}
    wanted = _RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    if wanted and wanted.group(0) != "bytes=-":
        first, last = wanted.groups()
        start = int(first) if first else max(0, size - int(last))
        end = min(int(last), size - 1) if first and last else size - 1
        if start > end:
            return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{size}"})
        status = 206
        headers["Content-Range"] = f"bytes {start}-{end}/{size}"
    headers["Content-Length"] = str(end - start + 1)
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=media_type(path.name))
    return StreamingResponse(_pieces(path, start, end), status, headers, media_type(path.name))


async def _pieces(path: Path, start: int, end: int) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        left = end - start + 1
        # A file that was cut short meanwhile ends the answer early; the client sees too few bytes.
        while left > 0 and (piece := file.read(min(_PIECE, left))):
            left -= len(piece)
            yield piece
            await asyncio.sleep(0)
