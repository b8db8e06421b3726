"""Files written whole or not at all, and damaged ones put out of the way without losing any.

Standard library only, and little of it: the settings are read before the first paint.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

_NAME_LENGTH = 50
"""Of a neighbour: in any script, its bytes fit into a file's name."""


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file as `whole_file` does. Raises OSError."""
    with whole_file(path) as file:
        file.write(content)


@contextmanager
def whole_file(path: Path, mark: str = "") -> Iterator[BinaryIO]:
    """A neighbour file to write to, private to its user, that is renamed at the end: a crash, or whatever is
    raised meanwhile, leaves what was there before.

    It is on the disk when this ends. Raises OSError. With a `mark` that nobody else has, `neighbour_of` names
    the neighbour for whoever clears away after a process that was killed.
    """
    neighbour = neighbour_of(path, mark or new_mark())
    file = open(neighbour, "xb", opener=_private)  # noqa: SIM115 -- Path.open takes no opener
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        neighbour.replace(path)
    except BaseException:
        neighbour.unlink(missing_ok=True)
        raise


def new_mark() -> str:
    """A mark for `whole_file`, which nobody can guess."""
    return os.urandom(8).hex()


def neighbour_of(path: Path, mark: str) -> Path:
    """What `whole_file` writes to until it is whole."""
    return path.with_name(f".{path.name[:_NAME_LENGTH]}-{mark}")


def _private(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)


def name_aside(path: Path) -> Path:
    """A name beside a damaged file that nothing has yet: its own, “broken” and the time (UTC)."""
    from datetime import UTC, datetime

    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    target = path.with_name(f"{path.name}.broken-{stamp}")
    number = 1
    while target.exists():
        number += 1
        target = path.with_name(f"{path.name}.broken-{stamp}-{number}")
    return target


def sync_folder(folder: Path) -> None:
    """Lets a rename or a removal in it survive a power cut, where the system offers that."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
