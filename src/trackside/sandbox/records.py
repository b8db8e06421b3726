"""What the sandbox remembers: frozen records that the state file holds as they are.

Statuses are not stored: they follow from the clock (`asset_status`, `item_status`), so nothing has to wake
up to move an upload along, and a restarted sandbox agrees with itself.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum

import msgspec

MetadataValue = str | int | float | bool | list[str]
Metadata = dict[str, MetadataValue]


class AssetKind(Enum):
    """What sort of file an asset is; captions are the sandbox's own addition."""

    VIDEO = "video"
    AUDIO = "audio"
    IMAGE = "image"
    CAPTIONS = "captions"
    UNREADABLE = "unreadable"


class AssetMethod(Enum):
    """How an asset came in."""

    DIRECT = "direct"
    URL = "url"
    MULTIPART = "multipart"


class AssetStatus(Enum):
    """Where an asset stands on its way in."""

    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"


class ItemStatus(Enum):
    """Where a knowledge store item stands on its way in."""

    QUEUED = "queued"
    PENDING = "pending"
    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"


class ItemType(Enum):
    """What a knowledge store takes."""

    VIDEO = "video"
    IMAGE = "image"


class Root(Enum):
    """Which folder an asset's file names are relative to."""

    SAMPLE = "sample"
    UPLOADS = "uploads"


class Facts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of a media file's content; 0 where it isn't."""

    duration_s: float = 0.0
    width: int = 0
    height: int = 0
    fps: float = 0.0


class Asset(msgspec.Struct, frozen=True, omit_defaults=True):
    """An uploaded file, or one of the sample's. `text` is what an image of the sample shows."""

    id: str
    method: AssetMethod
    kind: AssetKind
    filename: str
    file_type: str
    size: int
    created_s: float
    done_s: float
    root: Root
    file: str
    title: str = ""
    error: str = ""
    enable_hls: bool = False
    enable_thumbnail: bool = False
    facts: Facts = Facts()
    thumbnail: str = ""
    playlist: str = ""
    captions: str = ""
    text: str = ""
    user_metadata: dict[str, object] = {}

    @property
    def stem(self) -> str:
        """The file's name without its suffix: what a caption file beside it shares."""
        return self.filename.rpartition(".")[0].casefold() or self.filename.casefold()


class Store(msgspec.Struct, frozen=True, omit_defaults=True):
    """A knowledge store. `ingestion_config` is kept as it was sent."""

    id: str
    name: str
    created_s: float
    updated_s: float
    description: str | None = None
    ingestion_config: dict[str, object] | None = None
    metadata: Metadata = {}


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """An asset's place in a knowledge store. `span_s` is how long it takes to become ready."""

    id: str
    store_id: str
    asset_id: str
    asset_type: ItemType
    created_s: float
    updated_s: float
    span_s: float = 0.0
    fails: bool = False
    metadata: Metadata = {}


class Collection(msgspec.Struct, frozen=True, omit_defaults=True):
    """A named group of items."""

    id: str
    store_id: str
    name: str
    created_s: float
    updated_s: float
    description: str | None = None
    metadata: Metadata = {}
    item_ids: tuple[str, ...] = ()


class Selection(msgspec.Struct, frozen=True):
    """An item or a collection that a question points at."""

    kind: str
    id: str


class Moment(msgspec.Struct, frozen=True, omit_defaults=True):
    """A stretch of a video that an answer quoted; no times for an image."""

    item_id: str
    start_s: float | None = None
    end_s: float | None = None


class Turn(msgspec.Struct, frozen=True, omit_defaults=True):
    """A question of a session, what its answer quoted, and whether that said that no model is at work."""

    question: str
    moments: tuple[Moment, ...] = ()
    words: int = 0
    has_disclosed: bool = False


class Session(msgspec.Struct, frozen=True, omit_defaults=True):
    """A conversation as the server remembers it."""

    id: str
    store_id: str
    created_s: float
    selections: tuple[Selection, ...] = ()
    turns: tuple[Turn, ...] = ()


class Chunk(msgspec.Struct, frozen=True, omit_defaults=True):
    """One received chunk of a multipart upload."""

    etag: str
    size: int
    uploaded_s: float
    reported_s: float = 0.0


class Upload(msgspec.Struct, frozen=True, omit_defaults=True):
    """A multipart upload under way. Chunks are written straight to their place in one file."""

    id: str
    asset_id: str
    filename: str
    kind: AssetKind
    total_size: int
    chunk_size: int
    created_s: float
    updated_s: float
    expires_s: float
    file: str
    enable_hls: bool = False
    enable_thumbnail: bool = False
    user_metadata: dict[str, object] = {}
    chunks: dict[int, Chunk] = {}
    completed: bool = False

    @property
    def total_chunks(self) -> int:
        """How many chunks the file is split into."""
        return -(-self.total_size // self.chunk_size)

    def size_of(self, index: int) -> int:
        """How many bytes the chunk with this number (from 1) has to have."""
        return min(self.chunk_size, self.total_size - (index - 1) * self.chunk_size)


def asset_status(asset: Asset, now_s: float) -> AssetStatus:
    """What has become of an upload by now."""
    if now_s < asset.done_s:
        return AssetStatus.PROCESSING
    return AssetStatus.FAILED if asset.error else AssetStatus.READY


def item_status(item: Item, now_s: float) -> ItemStatus:
    """What has become of an item by now: a tenth queued, a tenth pending, the rest processing."""
    age_s = now_s - item.created_s
    if age_s >= item.span_s:
        return ItemStatus.FAILED if item.fails else ItemStatus.READY
    if age_s < item.span_s * 0.1:
        return ItemStatus.QUEUED
    return ItemStatus.PENDING if age_s < item.span_s * 0.2 else ItemStatus.PROCESSING


def rfc3339(moment_s: float) -> str:
    """A time as the service writes it: 2026-07-11T03:13:47Z."""
    return datetime.fromtimestamp(moment_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
