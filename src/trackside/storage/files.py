"""Files written whole or not at all, and damaged ones put out of the way without losing any.

Standard library only, and little of it: the settings are read before the first paint.
"""

import os
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Writes a neighbour file, private to its user, and renames it: a crash leaves the old or the new one.

    It is on the disk when this returns. Raises OSError.
    """
    import tempfile

    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    neighbour = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
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
