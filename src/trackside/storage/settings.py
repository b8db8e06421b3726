"""settings.json: readable, written atomically, unknown keys kept, a broken file set aside and named.

Standard library only: it is read before the first paint.
"""

import dataclasses
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from trackside.domain.settings import ZOOM_STEPS, Settings


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """What was read, what of it is not ours, and a sentence when something was wrong with the file."""

    settings: Settings = field(default_factory=Settings)
    foreign: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""


def load_settings(path: Path) -> LoadedSettings:
    """Never raises: a file that can't be read gives the defaults and says so."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(raw, dict):
            raise ValueError("it is no JSON object")
    except FileNotFoundError:
        return LoadedSettings()
    except OSError as error:
        return LoadedSettings(problem=f"The settings in {path} can't be read: {error.strerror}.")
    except (ValueError, RecursionError) as error:
        return LoadedSettings(problem=_set_aside(path, error))
    known = {f.name for f in dataclasses.fields(Settings)}
    values = {name: value for name, value in raw.items() if name in known}
    settings, refused = _checked(values)
    problem = f"These settings were not understood and are at their defaults: {', '.join(refused)}."
    return LoadedSettings(
        settings, {n: v for n, v in raw.items() if n not in known}, problem if refused else ""
    )


def save_settings(path: Path, settings: Settings, foreign: Mapping[str, Any]) -> None:
    """Writes a neighbour file and renames it: a crash leaves the old or the new one. Raises OSError."""
    values = {f.name: _plain(getattr(settings, f.name)) for f in dataclasses.fields(settings)}
    text = json.dumps({**foreign, **values}, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".settings-", suffix=".json")
    neighbour = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        neighbour.replace(path)
    except BaseException:
        neighbour.unlink(missing_ok=True)
        raise


def _checked(values: dict[str, Any]) -> tuple[Settings, list[str]]:
    defaults = Settings()
    good: dict[str, Any] = {}
    refused: list[str] = []
    for name, value in values.items():
        default = getattr(defaults, name)
        read = _read(default, value)
        if read is None or (name == "zoom" and not ZOOM_STEPS[0] <= read <= ZOOM_STEPS[-1]):
            refused.append(name)
        else:
            good[name] = read
    return Settings(**good), refused


def _read(default: object, value: Any) -> Any:
    """The value in its setting's type, or None."""
    if isinstance(default, Enum):
        try:
            return type(default)(value)
        except ValueError:
            return None
    if isinstance(default, bool) or isinstance(value, bool):
        return value if isinstance(default, bool) and isinstance(value, bool) else None
    if isinstance(default, float):
        return float(value) if isinstance(value, int | float) and value > 0 else None
    return value if type(value) is type(default) else None


def _plain(value: object) -> object:
    return value.value if isinstance(value, Enum) else value


def _set_aside(path: Path, error: Exception) -> str:
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    target = path.with_name(f"{path.name}.broken-{stamp}")
    try:
        path.replace(target)
    except OSError:
        return f"The settings in {path} are no valid JSON ({error}); the defaults are used."
    return f"The settings were no valid JSON ({error}). They are set aside as {target.name}."
