"""An asset as the service writes it, with fresh signed addresses of its media."""

from __future__ import annotations

from trackside.sandbox.records import Asset, AssetKind, AssetStatus, asset_status, rfc3339
from trackside.sandbox.service import Service

GENERATED_THUMBNAIL = "generated-thumbnail.png"


class AssetView:
    """Writes assets. Addresses are signed anew each time and open for `limits.media_url_s`."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def summary(self, asset: Asset) -> dict[str, object]:
        """What creating an asset answers."""
        shown: dict[str, object] = {
            "_id": asset.id,
            "method": asset.method.value,
            "status": asset_status(asset, self._service.now_s()).value,
            "filename": asset.filename,
            "file_type": asset.file_type,
            "created_at": rfc3339(asset.created_s),
        }
        if asset.user_metadata:
            shown["user_metadata"] = asset.user_metadata
        return shown

    def detail(self, asset: Asset) -> dict[str, object]:
        """What looking at an asset answers."""
        shown = self.summary(asset) | {"size": asset.size}
        match asset_status(asset, self._service.now_s()):
            case AssetStatus.FAILED:
                return shown | {"error": {"message": asset.error}}
            case AssetStatus.PROCESSING:
                if asset.enable_hls:
                    shown["hls"] = {"status": "processing"}
                if asset.enable_thumbnail:
                    shown["thumbnail"] = {"status": "processing"}
                return shown
            case AssetStatus.READY:
                pass
        if asset.facts.duration_s:
            shown["duration"] = asset.facts.duration_s
        shown["technical_metadata"] = _technical_metadata(asset)
        if playlist := self.playlist_url(asset):
            shown["hls"] = {"manifest_url": playlist, "status": "ready"}
        if thumbnail := self.thumbnail_url(asset):
            shown["thumbnail"] = {"representative_url": thumbnail, "status": "ready"}
        return shown

    def playlist_url(self, asset: Asset) -> str:
        """Where the asset plays; the file itself when there is no playlist; empty when not asked for."""
        if not asset.enable_hls or asset.kind not in (AssetKind.VIDEO, AssetKind.AUDIO):
            return ""
        return self.media_url(asset, asset.playlist or asset.file)

    def thumbnail_url(self, asset: Asset) -> str:
        """Where the asset's picture is; a drawn one for uploaded videos; empty when not asked for."""
        if not asset.enable_thumbnail:
            return ""
        if asset.thumbnail:
            return self.media_url(asset, asset.thumbnail)
        match asset.kind:
            case AssetKind.IMAGE:
                return self.media_url(asset, asset.file)
            case AssetKind.VIDEO:
                return self.media_url(asset, GENERATED_THUMBNAIL)
            case AssetKind.AUDIO | AssetKind.CAPTIONS | AssetKind.UNREADABLE:
                return ""

    def media_url(self, asset: Asset, name: str) -> str:
        """A signed address of one of the asset's files."""
        return self._service.signed(f"/media/{asset.id}/{name}", self._service.limits.media_url_s)


def _technical_metadata(asset: Asset) -> dict[str, object]:
    shown: dict[str, object] = {"file_size_bytes": asset.size, "file_mime_type": asset.file_type}
    facts = asset.facts
    prefix = "image" if asset.kind is AssetKind.IMAGE else "video"
    if facts.width:
        shown |= {f"{prefix}_width": facts.width, f"{prefix}_height": facts.height}
    if facts.fps:
        shown["video_fps"] = facts.fps
    if facts.duration_s:
        shown[f"{asset.kind.value}_duration_seconds"] = facts.duration_s
    return shown
