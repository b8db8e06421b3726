"""Draws the thumbnail of a video that nothing here can decode: a plain gradient in the asset's own colour."""

from __future__ import annotations

import colorsys
import struct
import zlib

WIDTH, HEIGHT = 320, 180


def placeholder_png(asset_id: str) -> bytes:
    """A PNG whose hue follows from the asset's id."""
    hue = int(asset_id[:4], 16) / 0xFFFF
    rows = []
    for row in range(HEIGHT):
        red, green, blue = colorsys.hls_to_rgb(hue, 0.55 - 0.3 * row / HEIGHT, 0.45)
        rows.append(b"\x00" + bytes((int(red * 255), int(green * 255), int(blue * 255))) * WIDTH)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(b"".join(rows), 6))
        + _chunk(b"IEND", b"")
    )


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
