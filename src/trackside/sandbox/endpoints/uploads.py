"""Multipart uploads: open one, PUT its chunks, report them, ask how it stands."""

from __future__ import annotations

import hashlib
from enum import Enum

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trackside.sandbox.endpoints.upload_bodies import (
    AddressesBody,
    ChunkReport,
    ReportBody,
    UploadBody,
    UploadKind,
)
from trackside.sandbox.errors import invalid, not_found
from trackside.sandbox.http_body import (
    checked_metadata,
    json_response,
    page_of,
    read_struct,
    too_large,
)
from trackside.sandbox.ids import new_asset_id
from trackside.sandbox.intake import admit_file
from trackside.sandbox.records import AssetKind, AssetMethod, Chunk, Upload, rfc3339
from trackside.sandbox.service import Service

Addresses = list[dict[str, object]]


class UploadStatus(Enum):
    """Where a multipart upload stands."""

    ACTIVE = "active"
    COMPLETED = "completed"
    EXPIRED = "expired"


class UploadEndpoints:
    """The family below /assets/multipart-uploads, and the presigned addresses it gives out."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._state = service.state

    def routes(self) -> list[Route]:
        """Paths below /v1.3 and what serves them."""
        every = "/assets/multipart-uploads"
        one = every + "/{upload_id}"
        return [
            Route(every, self.create, methods=["POST"]),
            Route(every, self.list, methods=["GET"]),
            Route(one, self.status, methods=["GET"]),
            Route(one, self.report, methods=["POST"]),
            Route(one + "/presigned-urls", self.more_addresses, methods=["POST"]),
        ]

    def open_routes(self) -> list[Route]:
        """Paths at the server's root that need no key."""
        return [Route("/uploads/{upload_id}/{index:int}", self.put_chunk, methods=["PUT"])]

    async def create(self, request: Request) -> Response:
        """POST /assets/multipart-uploads."""
        limits = self._service.limits
        body = await read_struct(request, limits.json_body, UploadBody)
        if body.total_size < 1 or not body.filename.strip():
            raise invalid("The filename and total_size parameters must not be empty.")
        limit = limits.image if body.type is UploadKind.IMAGE else limits.multipart_upload
        if body.total_size > limit:
            raise too_large(limit)
        now_s, asset_id = self._service.now_s(), new_asset_id()
        path = self._service.files.new_path(asset_id, "upload.part")
        path.touch()
        upload = Upload(
            id=new_asset_id(),
            asset_id=asset_id,
            filename=body.filename,
            kind=AssetKind(body.type.value),
            total_size=body.total_size,
            chunk_size=limits.chunk,
            created_s=now_s,
            updated_s=now_s,
            expires_s=now_s + limits.upload_s,
            file=path.name,
            enable_hls=body.enable_hls,
            enable_thumbnail=body.enable_thumbnail,
            user_metadata=checked_metadata(body.user_metadata, "user_metadata"),
        )
        self._keep(upload)
        first = range(1, min(upload.total_chunks, limits.presigned_at_first) + 1)
        return json_response(
            {
                "upload_id": upload.id,
                "asset_id": upload.asset_id,
                "upload_urls": self._addresses(upload, first),
                "upload_headers": {},
                "chunk_size": upload.chunk_size,
                "total_chunks": upload.total_chunks,
                "expires_at": rfc3339(upload.expires_s),
            },
            201,
        )

    async def list(self, request: Request) -> Response:
        """GET /assets/multipart-uploads: those that are not complete, the newest first."""
        unfinished = [upload for upload in self._state.uploads.values() if not upload.completed]
        unfinished.sort(key=lambda upload: upload.created_s, reverse=True)
        return json_response(page_of(request, [self._summary(upload) for upload in unfinished]))

    async def status(self, request: Request) -> Response:
        """GET /assets/multipart-uploads/{id}: how it stands, chunk by chunk."""
        upload = self._named(request)
        chunks = [_chunk_shown(upload, index) for index in range(1, upload.total_chunks + 1)]
        page = page_of(request, chunks)
        reported = [chunk for chunk in upload.chunks.values() if chunk.reported_s]
        return json_response({
            "upload_id": upload.id,
            "status": self._status(upload).value,
            "uploaded_chunks": page["data"],
            "page_info": page["page_info"],
            "chunks_completed": len(reported),
            "chunks_failed": 0,
            "chunks_pending": upload.total_chunks - len(reported),
            "total_size": upload.total_size,
            "uploaded_size": sum(chunk.size for chunk in reported),
            "created_at": rfc3339(upload.created_s),
            "updated_at": rfc3339(upload.updated_s),
        })  # fmt: skip

    async def report(self, request: Request) -> Response:
        """POST /assets/multipart-uploads/{id}: chunks the client has sent; the last one makes the asset."""
        upload = self._active(request)
        body = await read_struct(request, self._service.limits.json_body, ReportBody)
        chunks, processed, duplicate = dict(upload.chunks), 0, 0
        for entry in body.completed_chunks:
            chunk = _proven(upload, entry)
            if chunks[entry.chunk_index].reported_s:
                duplicate += 1
                continue
            chunks[entry.chunk_index] = msgspec.structs.replace(chunk, reported_s=self._service.now_s())
            processed += 1
        completed = sum(1 for chunk in chunks.values() if chunk.reported_s)
        upload = msgspec.structs.replace(
            upload,
            chunks=chunks,
            updated_s=self._service.now_s(),
            completed=completed == upload.total_chunks,
        )
        self._keep(upload)
        answer: dict[str, object] = {
            "asset_id": upload.asset_id,
            "processed_chunks": processed,
            "duplicate_chunks": duplicate,
            "total_completed": completed,
        }
        if upload.completed:
            self._admit(upload)
            answer["url"] = f"{self._service.origin}/v1.3/assets/{upload.asset_id}"
        return json_response(answer)

    async def more_addresses(self, request: Request) -> Response:
        """POST …/presigned-urls: new addresses for some chunks."""
        upload = self._active(request)
        body = await read_struct(request, self._service.limits.json_body, AddressesBody)
        at_once = self._service.limits.presigned_at_once
        if not 1 <= body.start <= upload.total_chunks:
            raise invalid(f"The start parameter must be a chunk number from 1 to {upload.total_chunks}.")
        if not 1 <= body.count <= at_once:
            raise invalid(f"The count parameter must be a number from 1 to {at_once}.")
        wanted = range(body.start, min(body.start + body.count, upload.total_chunks + 1))
        now_s = self._service.now_s()
        return json_response({
            "upload_id": upload.id,
            "start_index": body.start,
            "count": len(wanted),
            "upload_urls": self._addresses(upload, wanted),
            "generated_at": rfc3339(now_s),
            "expires_at": rfc3339(now_s + self._service.limits.chunk_url_s),
        })  # fmt: skip

    async def put_chunk(self, request: Request) -> Response:
        """PUT of a chunk to its presigned address: its bytes go to their place in the file."""
        upload = self._state.uploads.get(request.path_params["upload_id"])
        index: int = request.path_params["index"]
        if upload is None or not 1 <= index <= upload.total_chunks:
            raise not_found("chunk", str(index))
        if self._status(upload) is not UploadStatus.ACTIVE:
            raise invalid("This upload has expired or is complete.")
        limit = upload.size_of(index)
        digest, size = hashlib.md5(usedforsecurity=False), 0
        with self._service.files.draft(upload.file).open("r+b") as file:
            file.seek((index - 1) * upload.chunk_size)
            async for piece in request.stream():
                size += len(piece)
                if size > limit:
                    raise too_large(limit)
                digest.update(piece)
                file.write(piece)
        etag = f'"{digest.hexdigest()}"'
        chunk = Chunk(etag=etag, size=size, uploaded_s=self._service.now_s())
        # Other chunks may have arrived meanwhile: look the record up again.
        upload = self._state.upload(upload.id)
        self._keep(msgspec.structs.replace(upload, chunks={**upload.chunks, index: chunk}))
        return Response(status_code=200, headers={"ETag": etag})

    def _admit(self, upload: Upload) -> None:
        asset = admit_file(
            self._service,
            upload.asset_id,
            self._service.files.draft(upload.file),
            filename=upload.filename,
            method=AssetMethod.MULTIPART,
            enable_hls=upload.enable_hls,
            enable_thumbnail=upload.enable_thumbnail,
            user_metadata=upload.user_metadata,
        )
        self._state.assets[asset.id] = asset
        self._state.changed()

    def _addresses(self, upload: Upload, indexes: range) -> Addresses:
        lifetime_s = self._service.limits.chunk_url_s
        expires_at = rfc3339(self._service.now_s() + lifetime_s)
        return [
            {
                "chunk_index": index,
                "url": self._service.signed(f"/uploads/{upload.id}/{index}", lifetime_s),
                "expires_at": expires_at,
            }
            for index in indexes
        ]

    def _summary(self, upload: Upload) -> dict[str, object]:
        return {
            "upload_id": upload.id,
            "status": self._status(upload).value,
            "total_size": upload.total_size,
            "chunk_size": upload.chunk_size,
            "total_chunks": upload.total_chunks,
            "created_at": rfc3339(upload.created_s),
            "expires_at": rfc3339(upload.expires_s),
        }

    def _status(self, upload: Upload) -> UploadStatus:
        if upload.completed:
            return UploadStatus.COMPLETED
        return UploadStatus.EXPIRED if self._service.now_s() >= upload.expires_s else UploadStatus.ACTIVE

    def _named(self, request: Request) -> Upload:
        return self._state.upload(request.path_params["upload_id"])

    def _active(self, request: Request) -> Upload:
        upload = self._named(request)
        if self._status(upload) is UploadStatus.EXPIRED:
            raise invalid(f"The upload {upload.id} has expired. Start a new one.")
        return upload

    def _keep(self, upload: Upload) -> None:
        self._state.uploads[upload.id] = upload
        self._state.changed()


def _proven(upload: Upload, entry: ChunkReport) -> Chunk:
    chunk = upload.chunks.get(entry.chunk_index)
    if chunk is None:
        raise invalid(f"Chunk {entry.chunk_index} has not been uploaded.")
    if entry.proof.strip('"') != chunk.etag.strip('"'):
        raise invalid(f"The proof of chunk {entry.chunk_index} is not the ETag of what was uploaded.")
    if not entry.chunk_size == chunk.size == upload.size_of(entry.chunk_index):
        expected = upload.size_of(entry.chunk_index)
        raise invalid(f"Chunk {entry.chunk_index} must have {expected} bytes, not {chunk.size}.")
    return chunk


def _chunk_shown(upload: Upload, index: int) -> dict[str, object]:
    chunk = upload.chunks.get(index)
    if chunk is None or not chunk.reported_s:
        return {"index": index, "status": "pending"}
    return {
        "index": index,
        "status": "completed",
        "uploaded_at": rfc3339(chunk.reported_s),
        "updated_at": rfc3339(chunk.reported_s),
    }
