"""Files written whole or not at all, and damaged ones put out of the way without losing any.

Standard library only, and little of it: the settings are read before the first paint.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file as `whole_file` does. Raises OSError."""
    with whole_file(path) as file:
        file.write(content)


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A neighbour file to write to, private to its user, that is renamed at the end: a crash, or whatever is
    raised meanwhile, leaves what was there before.

    It is on the disk when this ends. Raises OSError.
    """
    import tempfile

    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:60]}-")
    neighbour = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        neighbour.replace(path)
    except BaseException:
        neighbour.unlink(missing_ok=True)
        raise


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
