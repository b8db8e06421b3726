"""Takes a file that has arrived into the account: what it is, whether it can be read, when it is ready."""

from __future__ import annotations

from pathlib import Path

from trackside.sandbox.probe import HEAD_BYTES, kind_of, media_type, probe
from trackside.sandbox.records import Asset, AssetKind, AssetMethod, Root
from trackside.sandbox.service import Service


def admit_file(
    service: Service,
    asset_id: str,
    arrived: Path,
    *,
    filename: str,
    method: AssetMethod,
    enable_hls: bool,
    enable_thumbnail: bool,
    user_metadata: dict[str, object],
) -> Asset:
    """The asset made of the file at `arrived`, which is moved to its place."""
    filename = Path(filename.replace("\\", "/")).name or "upload"
    target = service.files.new_path(asset_id, filename)
    arrived.replace(target)
    with target.open("rb") as file:
        head = file.read(HEAD_BYTES)
    kind = kind_of(head, filename)
    now_s = service.now_s()
    return Asset(
        id=asset_id,
        method=method,
        kind=kind,
        filename=filename,
        file_type=media_type(filename),
        size=target.stat().st_size,
        created_s=now_s,
        done_s=now_s + (0.0 if kind is AssetKind.CAPTIONS else service.processing_s),
        root=Root.UPLOADS,
        file=target.name,
        title=Path(filename).stem,
        error=_complaint(filename, head) if kind is AssetKind.UNREADABLE else "",
        enable_hls=enable_hls,
        enable_thumbnail=enable_thumbnail,
        facts=probe(target, kind),
        user_metadata=user_metadata,
    )


def _complaint(filename: str, head: bytes) -> str:
    if not head:
        return f"The file {filename} is empty."
    return f"The file {filename} is not a video, an audio file or an image, or it is damaged."
