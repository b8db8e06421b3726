"""Where assets' files lie: the sample's folder, and the folder of uploads."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from importlib.resources.abc import Traversable
from pathlib import Path

from trackside.sandbox.errors import ErrorCode, ServiceError
from trackside.sandbox.records import Asset, Root


class FileCabinet:
    """Finds, makes and removes files. Without a state folder everything lies in a temporary one."""

    def __init__(self, state_dir: Path | None, sample_dir: Traversable) -> None:
        self._temporary = Path(tempfile.mkdtemp(prefix="trackside-sandbox-")) if state_dir is None else None
        self._uploads = (self._temporary or state_dir or Path()) / "files"
        self._uploads.mkdir(parents=True, exist_ok=True)
        self._sample = sample_dir

    def new_path(self, asset_id: str, filename: str) -> Path:
        """Where the bytes of a new asset go."""
        suffix = Path(filename).suffix.lower()
        return self._uploads / (asset_id + (suffix if suffix[1:].isalnum() and len(suffix) < 8 else ""))

    def path_of(self, asset: Asset, name: str) -> Path:
        """The file called `name` in the asset's folder; the service's 404 when it isn't there."""
        if asset.root is Root.SAMPLE:
            return self._sample_path(name)
        return _inside(self._uploads, name)

    def draft(self, name: str) -> Path:
        """The file of an upload that is still under way."""
        return self._uploads / name

    def remove(self, asset: Asset) -> None:
        """Delete an uploaded asset's file; the sample's stay."""
        if asset.root is Root.UPLOADS and asset.file:
            with suppress(OSError):
                (self._uploads / asset.file).unlink(missing_ok=True)

    def close(self) -> None:
        """Remove the temporary folder, if there is one."""
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)

    def _sample_path(self, name: str) -> Path:
        if isinstance(self._sample, Path):
            return _inside(self._sample, name)
        # The package lies in an archive: a copy beside the uploads can be served in ranges.
        copy = self._uploads / "sample" / name
        if not copy.exists():
            try:
                content = (self._sample / name).read_bytes()
            except (FileNotFoundError, KeyError):
                raise _no_file() from None
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(content)
        return _inside(self._uploads / "sample", name)


def _inside(folder: Path, name: str) -> Path:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        raise _no_file()
    return path


def _no_file() -> ServiceError:
    return ServiceError(404, ErrorCode.RESOURCE_NOT_EXIST, "There is no such file.")
