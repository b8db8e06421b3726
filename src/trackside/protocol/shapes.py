"""JSON of stores, items, collections, assets and search hits to values. Unknown fields are passed over."""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.domain.source import (
    Asset,
    AssetType,
    ClipMatch,
    ItemCollection,
    KnowledgeStore,
    Page,
    ReadyState,
    SearchHit,
    SearchPage,
    StoreItem,
    Upload,
    UploadChunk,
)

T = TypeVar("T")
W = TypeVar("W", bound=msgspec.Struct)


class _PageInfo(msgspec.Struct):
    page: int = 1
    total_page: int = 1
    total_results: int = 0


class _Page(msgspec.Struct):
    data: list[Any] | None = None
    page_info: _PageInfo | None = None


class _Store(msgspec.Struct):
    id: str = msgspec.field(name="_id")
    name: str | None = None
    description: str | None = None
    item_count: int | None = None
    created_at: str | None = None
    metadata: Any = None


class _Item(msgspec.Struct):
    id: str = msgspec.field(name="_id")
    asset_id: str | None = None
    asset_type: str | None = None
    status: str | None = None
    system_metadata: Any = None
    metadata: Any = None
    created_at: str | None = None


class _Collection(msgspec.Struct):
    id: str = msgspec.field(name="_id")
    name: str | None = None
    description: str | None = None
    member_count: int | None = None


class _Address(msgspec.Struct):
    manifest_url: str | None = None
    representative_url: str | None = None


class _Asset(msgspec.Struct):
    id: str = msgspec.field(name="_id")
    status: str | None = None
    filename: str | None = None
    file_type: str | None = None
    duration: float | None = None
    size: int | None = None
    hls: _Address | None = None
    thumbnail: _Address | None = None
    error: Any = None


class _Match(msgspec.Struct):
    start_sec: float = 0.0
    end_sec: float = 0.0
    transcription: str | None = None


class _Hit(msgspec.Struct):
    item_id: str
    rank: int = 0
    asset_type: str | None = None
    matches: list[_Match] | None = None


class _SearchPage(msgspec.Struct):
    data: list[_Hit] | None = None
    next_page_token: str | None = None


class _Chunk(msgspec.Struct):
    chunk_index: int
    url: str


class _Upload(msgspec.Struct):
    upload_id: str
    asset_id: str | None = None
    chunk_size: int = 0
    total_chunks: int = 0
    upload_urls: list[_Chunk] | None = None
    upload_headers: dict[str, str] | None = None


def page(value: Any, read: Callable[[Any], T]) -> Page[T]:
    """One page of a list. An entry that can't be read costs itself only, unless none can."""
    wire = _read(_Page, value)
    info = wire.page_info or _PageInfo()
    entries: list[T] = []
    failure: TracksideError | None = None
    for entry in wire.data or []:
        try:
            entries.append(read(entry))
        except TracksideError as error:
            failure = error
    if failure is not None and not entries:
        raise failure
    return Page(tuple(entries), info.page, info.total_page, info.total_results)


def store(value: Any) -> KnowledgeStore:
    wire = _read(_Store, value)
    metadata = {str(k): str(v) for k, v in wire.metadata.items()} if isinstance(wire.metadata, dict) else {}
    return KnowledgeStore(
        wire.id,
        wire.name or wire.id,
        wire.description or "",
        wire.item_count,
        wire.created_at or "",
        metadata,
    )


def item(value: Any) -> StoreItem:
    wire = _read(_Item, value)
    facts: dict[str, Any] = {}
    for source in (wire.system_metadata, wire.metadata):
        facts |= source if isinstance(source, dict) else {}
    title = next((facts[k] for k in ("title", "filename", "name") if isinstance(facts.get(k), str)), "")
    duration = facts.get("duration")
    return StoreItem(
        id=wire.id,
        asset_id=wire.asset_id or "",
        asset_type=AssetType.IMAGE if wire.asset_type == "image" else AssetType.VIDEO,
        state=ReadyState.read(wire.status),
        title=title,
        duration_s=float(duration) if isinstance(duration, int | float) else None,
        created_at=wire.created_at or "",
    )


def collection(value: Any) -> ItemCollection:
    wire = _read(_Collection, value)
    return ItemCollection(wire.id, wire.name or wire.id, wire.description or "", wire.member_count)


def asset(value: Any) -> Asset:
    wire = _read(_Asset, value)
    error = wire.error.get("message", "") if isinstance(wire.error, dict) else wire.error or ""
    return Asset(
        id=wire.id,
        state=ReadyState.read(wire.status),
        filename=wire.filename or "",
        file_type=wire.file_type or "",
        duration_s=wire.duration,
        size=wire.size,
        hls_url=wire.hls.manifest_url if wire.hls else None,
        thumbnail_url=wire.thumbnail.representative_url if wire.thumbnail else None,
        error=str(error),
    )


def search_page(value: Any) -> SearchPage:
    wire = _read(_SearchPage, value)
    hits = tuple(
        SearchHit(
            hit.rank,
            hit.item_id,
            AssetType.IMAGE if hit.asset_type == "image" else AssetType.VIDEO,
            tuple(ClipMatch(m.start_sec, m.end_sec, m.transcription or "") for m in hit.matches or []),
        )
        for hit in wire.data or []
    )
    return SearchPage(hits, wire.next_page_token or None)


def upload(value: Any) -> Upload:
    wire = _read(_Upload, value)
    return Upload(
        wire.upload_id,
        wire.asset_id or "",
        wire.chunk_size,
        wire.total_chunks,
        upload_chunks(value),
        wire.upload_headers or {},
    )


def upload_chunks(value: Any) -> tuple[UploadChunk, ...]:
    entries = value.get("upload_urls") if isinstance(value, dict) else None
    return tuple(UploadChunk(c.chunk_index, c.url) for c in (_read(_Chunk, v) for v in entries or []))


def _read(cls: type[W], value: Any) -> W:
    try:
        return msgspec.convert(value, cls, strict=False)
    except msgspec.ValidationError as error:
        raise TracksideError(
            Failure(
                FailureKind.BAD_ANSWER,
                "The service answered in a shape that this version can't read.",
                "Look for an update, or check the connection's address.",
                f"{cls.__name__.strip('_')}: {error}",
            )
        ) from error
