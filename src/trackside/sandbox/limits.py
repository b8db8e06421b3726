"""Sizes and lifetimes the sandbox keeps to: the service's own numbers, smaller ones in tests."""

from __future__ import annotations

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024
GIBIBYTE = 1024 * MEBIBYTE


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, lifetimes in seconds."""

    json_body: int = 2 * MEBIBYTE
    direct_upload: int = 200 * MEBIBYTE
    image: int = 32 * MEBIBYTE
    url_upload: int = 4 * GIBIBYTE
    multipart_upload: int = 10 * GIBIBYTE
    chunk: int = 5 * MEBIBYTE
    presigned_at_first: int = 20
    presigned_at_once: int = 50
    media_url_s: float = 3600.0
    chunk_url_s: float = 3600.0
    upload_s: float = 86_400.0
    page_token_s: float = 300.0
    keepalive_s: float = 2.0
