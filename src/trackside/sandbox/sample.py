"""Makes the sample store out of the manifest in resources/sample, with the same ids in every run."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import msgspec

from trackside.sandbox.ids import Prefix, lasting_asset_id, lasting_id
from trackside.sandbox.probe import media_type
from trackside.sandbox.records import (
    Asset,
    AssetKind,
    AssetMethod,
    Collection,
    Facts,
    Item,
    ItemType,
    Root,
    Store,
)
from trackside.sandbox.state import SandboxState

_FIRST_S = datetime(2026, 1, 5, 9, tzinfo=UTC).timestamp()


class ManifestStore(msgspec.Struct):
    """The store that the sample makes up."""

    name: str
    description: str = ""


class ManifestClip(msgspec.Struct):
    """A video of the sample; file names are relative to the manifest."""

    name: str
    filename: str
    title: str
    duration_s: float = 0.0
    width: int = 0
    height: int = 0
    fps: float = 0.0
    captions: str | None = None
    thumbnail: str | None = None
    playlist: str | None = None


class ManifestImage(msgspec.Struct):
    """A picture of the sample; `text` says in words what it shows, or names a file that does."""

    name: str
    filename: str
    title: str
    text: str = ""
    thumbnail: str | None = None
    width: int = 0
    height: int = 0


class ManifestCollection(msgspec.Struct):
    """A collection of the sample; its members are names of clips and images."""

    name: str
    description: str = ""
    members: list[str] = []


class Manifest(msgspec.Struct):
    """manifest.json as a whole."""

    store: ManifestStore
    clips: list[ManifestClip] = []
    images: list[ManifestImage] = []
    collections: list[ManifestCollection] = []


def default_sample_dir() -> Traversable:
    """Where the sample is in an installed package and in a checkout."""
    try:
        bundled = resources.files("trackside.resources") / "sample"
        if bundled.is_dir():
            return bundled
    except ModuleNotFoundError:
        pass
    return Path(__file__).parents[3] / "resources" / "sample"


def read_manifest(folder: Traversable) -> Manifest | None:
    """The manifest in this folder, or None when there is none (then the account starts empty)."""
    try:
        content = (folder / "manifest.json").read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return msgspec.json.decode(content, type=Manifest)


def add_sample(state: SandboxState, manifest: Manifest, folder: Traversable) -> None:
    """Put the sample's objects into the state; those that the user has deleted stay away."""
    store = Store(
        id=lasting_id(Prefix.STORE, manifest.store.name),
        name=manifest.store.name,
        description=manifest.store.description or None,
        created_s=_FIRST_S,
        updated_s=_FIRST_S,
    )
    assets = [_clip_asset(clip, folder, order) for order, clip in enumerate(manifest.clips)]
    assets += [
        _image_asset(image, folder, len(manifest.clips) + order)
        for order, image in enumerate(manifest.images)
    ]
    names = [clip.name for clip in manifest.clips] + [image.name for image in manifest.images]
    items = {name: _item(store, name, asset) for name, asset in zip(names, assets, strict=True)}
    for asset in assets:
        if asset.id in state.assets or asset.id not in state.sample_ids:
            state.assets[asset.id] = asset
    if store.id not in state.sample_ids:
        state.stores[store.id] = store
    if store.id in state.stores:
        for item in items.values():
            if item.id not in state.sample_ids:
                state.items[item.id] = item
        for collection in _collections(store, manifest, items):
            if collection.id not in state.sample_ids:
                state.collections[collection.id] = collection
                state.sample_ids.add(collection.id)
    state.sample_ids.update([store.id, *(asset.id for asset in assets), *(i.id for i in items.values())])


def _clip_asset(clip: ManifestClip, folder: Traversable, order: int) -> Asset:
    return Asset(
        id=lasting_asset_id(clip.name),
        method=AssetMethod.DIRECT,
        kind=AssetKind.VIDEO,
        filename=Path(clip.filename).name,
        file_type=media_type(clip.filename),
        size=_size(folder, clip.filename),
        created_s=_FIRST_S + order,
        done_s=_FIRST_S + order,
        root=Root.SAMPLE,
        file=clip.filename,
        title=clip.title,
        enable_hls=True,
        enable_thumbnail=True,
        facts=Facts(duration_s=clip.duration_s, width=clip.width, height=clip.height, fps=clip.fps),
        thumbnail=clip.thumbnail or "",
        playlist=clip.playlist or "",
        captions=clip.captions or "",
    )


def _image_asset(image: ManifestImage, folder: Traversable, order: int) -> Asset:
    return Asset(
        id=lasting_asset_id(image.name),
        method=AssetMethod.DIRECT,
        kind=AssetKind.IMAGE,
        filename=Path(image.filename).name,
        file_type=media_type(image.filename),
        size=_size(folder, image.filename),
        created_s=_FIRST_S + order,
        done_s=_FIRST_S + order,
        root=Root.SAMPLE,
        file=image.filename,
        title=image.title,
        enable_thumbnail=True,
        facts=Facts(width=image.width, height=image.height),
        thumbnail=image.thumbnail or "",
        text=_told(folder, image.text),
    )


def _item(store: Store, name: str, asset: Asset) -> Item:
    kind = ItemType.IMAGE if asset.kind is AssetKind.IMAGE else ItemType.VIDEO
    return Item(
        id=lasting_id(Prefix.ITEM, store.name, name),
        store_id=store.id,
        asset_id=asset.id,
        asset_type=kind,
        created_s=asset.created_s,
        updated_s=asset.created_s,
        metadata={"title": asset.title},
    )


def _collections(store: Store, manifest: Manifest, items: dict[str, Item]) -> list[Collection]:
    return [
        Collection(
            id=lasting_id(Prefix.COLLECTION, store.name, entry.name),
            store_id=store.id,
            name=entry.name,
            description=entry.description or None,
            created_s=_FIRST_S + order,
            updated_s=_FIRST_S + order,
            item_ids=tuple(items[member].id for member in entry.members if member in items),
        )
        for order, entry in enumerate(manifest.collections)
    ]


def _told(folder: Traversable, text: str) -> str:
    """The description of an image: the manifest's own words, or those of the file it names."""
    if text.endswith(".txt") and " " not in text:
        return (folder / text).read_text("utf-8").strip()
    return text


def _size(folder: Traversable, filename: str) -> int:
    try:
        return len((folder / filename).read_bytes())
    except FileNotFoundError:
        return 0
