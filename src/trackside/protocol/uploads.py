"""Uploads of files: direct up to 200 MB, in chunks beyond that, with progress and resume."""

import asyncio
import mimetypes
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, suppress
from dataclasses import replace
from pathlib import Path

import httpx

from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.domain.source import Asset, Upload, UploadChunk
from trackside.protocol import shapes
from trackside.protocol.bodies import ERROR_LIMIT
from trackside.protocol.client import ServiceClient
from trackside.protocol.errors import failure_of_status
from trackside.protocol.http import TRANSPORT_ERRORS, segment
from trackside.protocol.network import WRITE_TIMEOUT_S
from trackside.protocol.outside import OutsideClients, is_allowed_outside
from trackside.protocol.transport_errors import failure_of_error

DIRECT_LIMIT = 200 * 1000 * 1000
DIRECT_IMAGE_LIMIT = 32 * 1000 * 1000
MULTIPART_LIMIT = 10 * 1000**3
"""Sizes in bytes, from the service documentation."""
_EXPIRED = (401, 403, 410)
_READ_SIZE = 256 * 1024
_REPORT_BATCH = 10
_URLS_AT_ONCE = 50
_STORAGE_READ_TIMEOUT_S = 120.0

Progress = Callable[[int, int], None]
"""Called with bytes sent and bytes in all."""


async def upload_file(client: ServiceClient, path: Path, progress: Progress | None = None) -> Asset:
    """Sends a local file the way that its size asks for. Raises TracksideError."""
    size = await _size(path)
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    limit = DIRECT_IMAGE_LIMIT if kind.startswith("image/") else MULTIPART_LIMIT
    if size > limit:
        raise TracksideError(
            Failure(
                FailureKind.INPUT,
                f"{path.name} is too large: {size / 1e6:,.0f} MB, and the limit is {limit / 1e6:,.0f} MB.",
                "Cut or compress it first.",
            )
        )
    if size <= DIRECT_LIMIT:
        return await _upload_direct(client, path, size, kind, progress)
    upload = shapes.upload(
        await client.call(
            "POST",
            "assets/multipart-uploads",
            json={
                "filename": path.name,
                "type": kind.partition("/")[0] if kind.startswith(("audio/", "image/")) else "video",
                "total_size": size,
                "enable_hls": True,
                "enable_thumbnail": True,
            },
        )
    )
    return await send_chunks(client, path, upload, progress)


async def upload_url(client: ServiceClient, url: str) -> Asset:
    """Has the service fetch a public address (up to 4 GB)."""
    fields = {"method": "url", "url": url, "enable_hls": "true", "enable_thumbnail": "true"}
    content, headers = _form(fields, None)
    return shapes.asset(await client.call("POST", "assets", content=content, headers=headers))


async def send_chunks(
    client: ServiceClient, path: Path, upload: Upload, progress: Progress | None = None
) -> Asset:
    """Sends what is missing of a multipart upload; calling it again resumes where it broke off."""
    size = await _size(path)
    if upload.chunk_size < 1 or -(-size // upload.chunk_size) != upload.total_chunks:
        raise TracksideError(
            Failure(
                FailureKind.INPUT,
                f"{path.name} has another size than when its upload began.",
                "Start the upload anew.",
            )
        )
    done = await _finished_chunks(client, upload)
    addresses = {chunk.index: chunk for chunk in upload.chunks}
    first = min(addresses, default=1)
    unreported: list[dict[str, object]] = []
    sent = sum(_chunk_size(upload, index - first, size) for index in done)
    timeout = httpx.Timeout(WRITE_TIMEOUT_S, read=_STORAGE_READ_TIMEOUT_S)
    async with aclosing(client.outside_clients(timeout)) as storage:
        try:
            for index in range(first, first + upload.total_chunks):
                if index in done:
                    continue
                length = _chunk_size(upload, index - first, size)
                start = (index - first) * upload.chunk_size
                etag = await _put(client, storage, path, upload, addresses, index, start, length)
                unreported.append(
                    {"chunk_index": index, "proof": etag, "proof_type": "etag", "chunk_size": length}
                )
                sent += length
                if progress:
                    progress(sent, size)
                if len(unreported) >= _REPORT_BATCH:
                    await _report(client, upload, unreported)
        except TracksideError:
            # What got there need not be sent again by the next try.
            with suppress(TracksideError):
                await _report(client, upload, unreported)
            raise
    await _report(client, upload, unreported)
    return await client.asset(upload.asset_id)


async def _put(
    client: ServiceClient,
    storage: OutsideClients,
    path: Path,
    upload: Upload,
    addresses: dict[int, UploadChunk],
    index: int,
    start: int,
    length: int,
) -> str:
    """PUTs one chunk and returns its ETag; an address that has expired is renewed once."""
    is_renewed = index not in addresses
    while True:
        if is_renewed:
            addresses |= {chunk.index: chunk for chunk in await _new_addresses(client, upload, index)}
        if index not in addresses:
            raise TracksideError(
                Failure(
                    FailureKind.BAD_ANSWER,
                    "The service gave no address for a part of the file.",
                    "Start the upload anew.",
                    f"chunk {index}",
                )
            )
        response: httpx.Response | None = None
        failure: Failure | None = None
        try:
            url = _storage_address(client, addresses[index])
            sender = await storage.client_for(url)
            async with sender.stream(
                "PUT",
                url,
                content=_read(path, start, length),
                headers={**upload.headers, "content-length": str(length)},
            ) as response:
                await _read_on(response)
        except TRANSPORT_ERRORS as error:
            # Its own words may quote the address, with which anybody could send.
            failure = replace(failure_of_error(error, "The storage’s host"), detail=type(error).__name__)
        if response is None or failure is not None:
            raise TracksideError(failure or Failure(FailureKind.BUG, "No answer and no error came."))
        if response.is_success:
            return str(response.headers.get("etag", ""))
        if response.status_code not in _EXPIRED or is_renewed:
            raise TracksideError(_storage_refusal(response))
        is_renewed = True


def _storage_address(client: ServiceClient, chunk: UploadChunk) -> httpx.URL:
    url = httpx.URL(chunk.url)
    if not is_allowed_outside(client.connection, url):
        raise TracksideError(
            Failure(FailureKind.BAD_ANSWER, "The service gave an address that can't be used for the file.")
        )
    return url


async def _read_on(response: httpx.Response) -> None:
    """To the body's end, if it is near, so that the next part can use the same socket."""
    size = 0
    async for piece in response.aiter_raw():
        size += len(piece)
        if size > ERROR_LIMIT:
            return


def _storage_refusal(response: httpx.Response) -> Failure:
    """The storage's own refusal; it says nothing about the key, whatever its status."""
    # Without the body, in which storages quote the signature.
    failure = failure_of_status(response.status_code, {}, b"")
    if response.status_code >= 400 and response.status_code not in _EXPIRED:
        return failure
    return replace(
        failure,
        kind=FailureKind.REFUSED_REQUEST,
        headline="The storage refused a part of the file.",
        advice="Try again; what has arrived stays.",
    )


async def _new_addresses(client: ServiceClient, upload: Upload, start: int) -> tuple[UploadChunk, ...]:
    return shapes.upload_chunks(
        await client.call(
            "POST",
            f"assets/multipart-uploads/{segment(upload.id)}/presigned-urls",
            json={"start": start, "count": min(_URLS_AT_ONCE, upload.total_chunks)},
        )
    )


async def _report(client: ServiceClient, upload: Upload, chunks: list[dict[str, object]]) -> None:
    if chunks:
        await client.call(
            "POST", f"assets/multipart-uploads/{segment(upload.id)}", json={"completed_chunks": chunks}
        )
        chunks.clear()


async def _finished_chunks(client: ServiceClient, upload: Upload) -> set[int]:
    done: set[int] = set()
    seen: set[int] = set()
    page = 1
    while True:
        status = await client.call(
            "GET",
            f"assets/multipart-uploads/{segment(upload.id)}",
            params={"page": str(page), "page_limit": "50"},
        )
        entries = status.get("uploaded_chunks") if isinstance(status, dict) else None
        chunks = [c for c in entries or () if isinstance(c, dict) and isinstance(c.get("index"), int)]
        # A server that doesn't page gives the same chunks for ever.
        if {c["index"] for c in chunks} <= seen:
            return done
        seen |= {c["index"] for c in chunks}
        done |= {c["index"] for c in chunks if c.get("status") == "completed"}
        page += 1


def _chunk_size(upload: Upload, ordinal: int, size: int) -> int:
    return min(upload.chunk_size, size - ordinal * upload.chunk_size)


async def _upload_direct(
    client: ServiceClient, path: Path, size: int, kind: str, progress: Progress | None
) -> Asset:
    fields = {"method": "direct", "enable_hls": "true", "enable_thumbnail": "true"}
    content, headers = _form(fields, (path, size, kind), progress)
    return shapes.asset(await client.call("POST", "assets", content=content, headers=headers, timeout_s=None))


def _form(
    fields: dict[str, str], file: tuple[Path, int, str] | None, progress: Progress | None = None
) -> tuple[AsyncIterator[bytes], dict[str, str]]:
    """A multipart form whose file is read off the loop; httpx's own would read it on the loop."""
    boundary = secrets.token_hex(16)
    head = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    )
    length = 0
    if file is not None:
        path, length, kind = file
        name = path.name.replace('"', "%22").replace("\r", "").replace("\n", "")
        disposition = f'Content-Disposition: form-data; name="file"; filename="{name}"'
        head += f"--{boundary}\r\n{disposition}\r\nContent-Type: {kind}\r\n\r\n".encode("utf-8", "replace")
    tail = _tail(boundary, has_file=file is not None)

    async def content() -> AsyncIterator[bytes]:
        yield head
        if file is not None:
            sent = 0
            async for piece in _read(file[0], 0, length):
                yield piece
                sent += len(piece)
                if progress:
                    progress(sent, length)
        yield tail

    return content(), {
        "content-type": f"multipart/form-data; boundary={boundary}",
        "content-length": str(len(head) + length + len(tail)),
    }


def _tail(boundary: str, *, has_file: bool) -> bytes:
    return (b"\r\n" if has_file else b"") + f"--{boundary}--\r\n".encode()


async def _read(path: Path, start: int, length: int) -> AsyncIterator[bytes]:
    try:
        with await asyncio.to_thread(path.open, "rb") as file:
            await asyncio.to_thread(file.seek, start)
            while length > 0:
                piece = await asyncio.to_thread(file.read, min(_READ_SIZE, length))
                if not piece:
                    raise _unreadable(path, EOFError("It became shorter while it was sent."))
                length -= len(piece)
                yield piece
    except OSError as error:
        raise _unreadable(path, error) from error


async def _size(path: Path) -> int:
    try:
        return (await asyncio.to_thread(path.stat)).st_size
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError | EOFError) -> TracksideError:
    return TracksideError(
        Failure(FailureKind.INPUT, f"{path.name} can't be read.", "Is it still there?", str(error))
    )
