"""settings.json: readable, written atomically, unknown keys kept, a broken file set aside and named.

Standard library only, and of that what reading needs: it is read before the first paint.
"""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from trackside.domain.settings import ZOOM_STEPS, Settings
from trackside.storage.files import name_aside, write_whole

_BOUNDS: dict[str, tuple[float, float]] = {
    "zoom": (ZOOM_STEPS[0], ZOOM_STEPS[-1]),
    "silence_limit_s": (1.0, 86_400.0),
    "inspector_tab": (0, 3),
    "window_width": (200, 20_000),
    "window_height": (200, 20_000),
}
"""What a number may be. A window too large for any screen could not be opened at all."""


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """What was read, what of it is not ours, and a sentence when something was wrong with the file."""

    settings: Settings = field(default_factory=Settings)
    foreign: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""


def load_settings(path: Path) -> LoadedSettings:
    """Never raises: a file that can't be read gives the defaults and says so."""
    try:
        # An editor may have put a byte order mark before it.
        raw = json.loads(path.read_text(encoding="utf-8-sig"))
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
    """Writes the file whole or not at all. Raises OSError."""
    import re

    values = {f.name: _plain(getattr(settings, f.name)) for f in dataclasses.fields(settings)}
    # Half a surrogate pair, which a foreign key may hold, can only be written as an escape.
    text = json.dumps({**foreign, **values}, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    content = re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):04x}", text).encode()
    write_whole(path, content)


def _checked(values: dict[str, Any]) -> tuple[Settings, list[str]]:
    defaults = Settings()
    good: dict[str, Any] = {}
    refused: list[str] = []
    for name, value in values.items():
        default = getattr(defaults, name)
        read = _read(default, value)
        if read is None or (name in _BOUNDS and not _BOUNDS[name][0] <= read <= _BOUNDS[name][1]):
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
    target = name_aside(path)
    try:
        path.replace(target)
    except OSError:
        return f"The settings in {path} are no valid JSON ({error}); the defaults are used."
    return f"The settings were no valid JSON ({error}). They are set aside as {target.name}."
