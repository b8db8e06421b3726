"""What a chat needs first, as the service has it: stores, items, collections, assets, search hits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class ReadyState(StrEnum):
    """How far an asset or item is; an unknown word counts as still on its way."""

    QUEUED = "queued"
    PENDING = "pending"
    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"

    @classmethod
    def read(cls, word: str | None) -> "ReadyState":
        try:
            return cls(word or "")
        except ValueError:
            return cls.PROCESSING


class AssetType(StrEnum):
    """What a knowledge store item can be made of."""

    VIDEO = "video"
    IMAGE = "image"


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list. `page` counts from 1."""

    entries: tuple[T, ...]
    page: int = 1
    total_pages: int = 1
    total_results: int = 0


@dataclass(frozen=True, slots=True)
class KnowledgeStore:
    id: str
    name: str
    description: str = ""
    item_count: int | None = None
    created_at: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoreItem:
    """An asset inside a knowledge store. `title` is whatever name the service gives it, or nothing."""

    id: str
    asset_id: str
    asset_type: AssetType
    state: ReadyState
    title: str = ""
    duration_s: float | None = None
    created_at: str = ""


@dataclass(frozen=True, slots=True)
class ItemCollection:
    id: str
    name: str
    description: str = ""
    member_count: int | None = None


@dataclass(frozen=True, slots=True)
class Asset:
    """An uploaded file. The addresses are signed and expire: fetch the asset again for fresh ones."""

    id: str
    state: ReadyState
    filename: str = ""
    file_type: str = ""
    duration_s: float | None = None
    size: int | None = None
    hls_url: str | None = None
    thumbnail_url: str | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class ClipMatch:
    """A ranked place inside a video. Times are in seconds."""

    start_s: float
    end_s: float
    transcription: str = ""


@dataclass(frozen=True, slots=True)
class SearchHit:
    rank: int
    item_id: str
    asset_type: AssetType
    matches: tuple[ClipMatch, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchPage:
    """Hits of a store search; the token fetches the next page and expires (then 410)."""

    hits: tuple[SearchHit, ...]
    next_page_token: str | None = None


@dataclass(frozen=True, slots=True)
class UploadChunk:
    """Where one chunk of a multipart upload is PUT. Indexes count from 1 as the service gives them."""

    index: int
    url: str


@dataclass(frozen=True, slots=True)
class Upload:
    """A multipart upload under way."""

    id: str
    asset_id: str
    chunk_size: int
    total_chunks: int
    chunks: tuple[UploadChunk, ...]
    headers: Mapping[str, str] = field(default_factory=dict)
