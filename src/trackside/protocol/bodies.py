"""Bodies within bounds: unpacked piece by piece, so that a small answer can't fill the memory."""

import zlib
from collections.abc import AsyncIterator, Iterator

import httpx

from trackside.protocol.silence import SilenceGuard

ACCEPTED_ENCODINGS = "gzip, deflate"
"""What `unpacked` knows how to bound; of brotli and zstd a few kilobytes may unpack to gigabytes at once."""
JSON_LIMIT = 64 << 20
ERROR_LIMIT = 1 << 20
"""Bytes of a body that is read whole, unpacked."""
_PIECE = 64 * 1024
_GZIP = 16 + zlib.MAX_WBITS
_GZIP_START = b"\x1f\x8b"


class TooLargeError(httpx.HTTPError):
    """More than `limit` bytes came."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than {limit:,} bytes came")
        self.limit = limit


async def whole_body(
    response: httpx.Response,
    guard: SilenceGuard | None = None,
    chunks: AsyncIterator[bytes] | None = None,
    start: bytes = b"",
) -> bytes:
    """The whole body. An error's is cut at its limit, since a page of gigabytes explains nothing; of what
    was asked for, TooLargeError says that it can't be had."""
    limit = JSON_LIMIT if response.is_success else ERROR_LIMIT
    body = bytearray(start)
    source = chunks if chunks is not None else unpacked(response)
    while len(body) <= limit:
        chunk = await (guard.next(source) if guard else anext(source, None))
        if chunk is None:
            return bytes(body)
        body += chunk
    if response.is_success:
        raise TooLargeError(limit)
    return bytes(body[:limit])


def unpacked(response: httpx.Response) -> AsyncIterator[bytes]:
    """The body's pieces as they come, unpacked; none is much larger than what httpcore reads at once.

    Raises httpx.DecodingError for an encoding that was not asked for, or that is broken.
    """
    if response.is_stream_consumed:  # made whole, by a test's transport
        return response.aiter_bytes()
    encodings = response.headers.get("content-encoding", "").lower().replace(" ", "").split(",")
    encodings = [encoding for encoding in encodings if encoding not in ("", "identity")]
    if not encodings:
        return response.aiter_raw()
    return _inflated(response, encodings)


async def _inflated(response: httpx.Response, encodings: list[str]) -> AsyncIterator[bytes]:
    # One within the other would multiply what each may grow by.
    if len(encodings) > 1 or encodings[0] not in ("gzip", "x-gzip", "deflate"):
        raise httpx.DecodingError(f"unasked-for encoding {', '.join(encodings)[:100]}")
    inflate = _Inflater(is_gzip=encodings[0] != "deflate")
    try:
        async for raw in response.aiter_raw():
            for piece in inflate.fed(raw):
                yield piece
    except zlib.error as error:
        raise httpx.DecodingError(str(error)) from error
    if inflate.is_inside:
        raise httpx.DecodingError("the body ends too early")


class _Inflater:
    """Unpacks gzip, of several members too, and deflate, also the frameless kind that some servers mean."""

    def __init__(self, *, is_gzip: bool) -> None:
        self._is_gzip = is_gzip
        self._unpack = zlib.decompressobj(_GZIP if is_gzip else zlib.MAX_WBITS)
        self._held = b""
        """Too little yet to tell what it is."""
        self._is_first = True
        self._has_ended = False
        self._is_past = False
        """Whether what follows is no longer a part of it."""

    @property
    def is_inside(self) -> bool:
        return bool(self._held) if self._is_first else not self._has_ended

    def fed(self, data: bytes) -> Iterator[bytes]:
        """The pieces that these bytes complete. Raises zlib.error."""
        data, self._held = self._held + data, b""
        while data and not self._is_past:
            if (self._is_first or self._has_ended) and len(data) < len(_GZIP_START):
                self._held = data
                return
            if self._has_ended and not self._begin_member(data):
                return
            piece = self._first(data) if self._is_first else self._unpack.decompress(data, _PIECE)
            self._is_first = False
            data = self._unpack.unconsumed_tail
            if piece:
                yield piece
            # What is held back inside comes out without any more input.
            while len(piece) == _PIECE and not data and not self._unpack.eof:
                if piece := self._unpack.decompress(b"", _PIECE):
                    yield piece
            if self._unpack.eof:
                data, self._has_ended = self._unpack.unused_data, True

    def _first(self, data: bytes) -> bytes:
        try:
            return self._unpack.decompress(data, _PIECE)
        except zlib.error:
            if self._is_gzip:
                raise
        self._unpack = zlib.decompressobj(-zlib.MAX_WBITS)
        return self._unpack.decompress(data, _PIECE)

    def _begin_member(self, data: bytes) -> bool:
        self._is_past = not (self._is_gzip and data.startswith(_GZIP_START))
        if not self._is_past:
            self._unpack = zlib.decompressobj(_GZIP)
            self._has_ended = False
        return not self._is_past
