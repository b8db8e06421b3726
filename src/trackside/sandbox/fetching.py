"""Fetches a file from an address on this computer, for assets created by address."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import BinaryIO
from urllib.parse import SplitResult, urlsplit

from trackside.sandbox.errors import invalid
from trackside.sandbox.http_body import too_large

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_LIMIT_S = 20.0
_PIECE = 256 * 1024


async def fetch(url: str, target: Path, limit: int) -> None:
    """Write what is at `url` to `target`; the service's 400 when it is elsewhere or can't be had."""
    parts = _checked(url)
    try:
        with target.open("wb") as file:
            await _fetch(parts, file, limit)
    except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
        raise invalid(f"The file at {url} could not be fetched: {error}") from None


def _checked(url: str) -> SplitResult:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise invalid("The url parameter must be an http or https address.")
    if parts.hostname not in _LOOPBACK:
        raise invalid("The sandbox fetches addresses on this computer only (127.0.0.1, localhost).")
    if parts.scheme == "https":
        raise invalid("The sandbox fetches http addresses only, not https.")
    return parts


async def _fetch(parts: SplitResult, file: BinaryIO, limit: int) -> None:
    # HTTP/1.0 by hand: the body ends with the connection, and a stop cancels it at once.
    async with asyncio.timeout(_LIMIT_S):
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
    try:
        where = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        writer.write(f"GET {where} HTTP/1.0\r\nHost: {parts.netloc}\r\n\r\n".encode())
        async with asyncio.timeout(_LIMIT_S):
            head = await reader.readuntil(b"\r\n\r\n")
        status = head.partition(b"\r\n")[0].decode("latin-1").split(" ")
        if len(status) < 2 or status[1] != "200":
            raise ValueError(f"it answered {' '.join(status[1:])}")
        size = 0
        while True:
            async with asyncio.timeout(_LIMIT_S):
                piece = await reader.read(_PIECE)
            if not piece:
                return
            size += len(piece)
            if size > limit:
                raise too_large(limit)
            file.write(piece)
    finally:
        writer.close()
