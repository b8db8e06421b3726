"""Tells what an uploaded file is from its first bytes, and its duration and size where that is cheap."""

from __future__ import annotations

import struct
from pathlib import Path

from trackside.sandbox.records import AssetKind, Facts

HEAD_BYTES = 64
_MOVIE_BOX_LIMIT = 64 * 1024 * 1024
_MOVIE_DEPTH = 4
_CONTAINERS = (b"moov", b"trak", b"mdia")

_MEDIA_TYPES = {
    ".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/quicktime", ".webm": "video/webm",
    ".mkv": "video/x-matroska", ".avi": "video/x-msvideo", ".ts": "video/mp2t", ".mpg": "video/mpeg",
    ".flv": "video/x-flv", ".wmv": "video/x-ms-wmv",
    ".mp3": "audio/mpeg", ".wav": "audio/wav", ".ogg": "audio/ogg", ".flac": "audio/flac",
    ".m4a": "audio/mp4", ".aac": "audio/aac",
    ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif",
    ".webp": "image/webp", ".bmp": "image/bmp", ".tif": "image/tiff", ".tiff": "image/tiff",
    ".vtt": "text/vtt", ".srt": "application/x-subrip",
    ".m3u8": "application/vnd.apple.mpegurl", ".m4s": "video/iso.segment",
}  # fmt: skip


def media_type(filename: str) -> str:
    """The content type that a file's name suggests."""
    return _MEDIA_TYPES.get(Path(filename).suffix.lower(), "application/octet-stream")


def kind_of(head: bytes, filename: str) -> AssetKind:
    """What sort of file starts with these bytes and has this name."""
    suffix = Path(filename).suffix.lower()
    if suffix in (".vtt", ".srt"):
        return AssetKind.CAPTIONS if b"\x00" not in head else AssetKind.UNREADABLE
    if head[4:8] == b"ftyp":
        audio = head[8:11] == b"M4A" or suffix == ".m4a"
        return AssetKind.AUDIO if audio else AssetKind.VIDEO
    if head[:4] == b"\x1aE\xdf\xa3" or head[:4] in (b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3", b"FLV\x01"):
        return AssetKind.VIDEO
    if head[:4] == b"RIFF":
        return {b"AVI ": AssetKind.VIDEO, b"WAVE": AssetKind.AUDIO, b"WEBP": AssetKind.IMAGE}.get(
            head[8:12], AssetKind.UNREADABLE
        )
    if head[:1] == b"\x47" and suffix == ".ts":
        return AssetKind.VIDEO
    if head[:3] == b"ID3" or head[:4] in (b"OggS", b"fLaC") or _is_mpeg_audio(head, suffix):
        return AssetKind.AUDIO
    if head[:8] == b"\x89PNG\r\n\x1a\n" or head[:3] == b"\xff\xd8\xff" or head[:4] in (b"GIF8", b"II*\x00"):
        return AssetKind.IMAGE
    if head[:2] == b"BM" and suffix == ".bmp":
        return AssetKind.IMAGE
    return AssetKind.UNREADABLE


def probe(path: Path, kind: AssetKind) -> Facts:
    """Duration and picture size of an MP4, picture size of a PNG, GIF or JPEG; zeros for all else."""
    try:
        with path.open("rb") as file:
            if kind in (AssetKind.VIDEO, AssetKind.AUDIO):
                return _probe_movie(_movie_box(path))
            return _probe_picture(file.read(256 * 1024)) if kind is AssetKind.IMAGE else Facts()
    except (struct.error, IndexError, OSError):
        return Facts()


def _is_mpeg_audio(head: bytes, suffix: str) -> bool:
    return suffix in (".mp3", ".aac") and len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0


def _movie_box(path: Path) -> bytes:
    with path.open("rb") as file:
        end = path.stat().st_size
        while file.tell() + 8 <= end:
            start = file.tell()
            size, name = struct.unpack(">I4s", file.read(8))
            header = 8
            if size == 1:
                (size,) = struct.unpack(">Q", file.read(8))
                header = 16
            if name == b"moov" and size <= _MOVIE_BOX_LIMIT:
                return file.read(size - header)
            if size < header:
                break
            file.seek(start + size)
    return b""


def _probe_movie(movie: bytes) -> Facts:
    duration_s, width, height = 0.0, 0, 0
    for name, body in _boxes(movie):
        if name == b"mvhd":
            layout, offset = (">IQ", 20) if body[0] == 1 else (">II", 12)
            scale, duration = struct.unpack_from(layout, body, offset)
            duration_s = round(duration / scale, 3) if scale else 0.0
        elif name == b"tkhd":
            across, down = struct.unpack_from(">II", body, len(body) - 8)
            width, height = max(width, across >> 16), max(height, down >> 16)
    return Facts(duration_s=duration_s, width=width, height=height)


def _boxes(data: bytes, depth: int = 0) -> list[tuple[bytes, bytes]]:
    found: list[tuple[bytes, bytes]] = []
    position = 0
    while position + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, position)
        if size < 8:
            break
        body = data[position + 8 : position + size]
        inside = name in _CONTAINERS and depth < _MOVIE_DEPTH
        found.extend(_boxes(body, depth + 1) if inside else [(name, body)])
        position += size
    return found


def _probe_picture(head: bytes) -> Facts:
    if head[:4] == b"\x89PNG":
        return Facts(width=int.from_bytes(head[16:20]), height=int.from_bytes(head[20:24]))
    if head[:4] == b"GIF8":
        return Facts(width=int.from_bytes(head[6:8], "little"), height=int.from_bytes(head[8:10], "little"))
    if head[:2] != b"\xff\xd8":
        return Facts()
    position = 2
    while position + 9 < len(head) and head[position] == 0xFF:
        marker = head[position + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", head, position + 5)
            return Facts(width=width, height=height)
        position += 2 + int.from_bytes(head[position + 2 : position + 4])
    return Facts()
