"""settings.json: readable, written atomically, unknown keys kept, a broken file set aside and named.

Standard library only, and of that what reading needs: it is read before the first paint.
"""

import dataclasses
import errno
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any

from trackside.domain.connection import SANDBOX_ID, SILENCE_LIMIT_S, TWELVELABS, Connection, ExtraHeader
from trackside.domain.settings import ZOOM_STEPS, Settings
from trackside.storage.files import name_aside, write_whole

_BOUNDS: dict[str, tuple[float, float]] = {
    "zoom": (ZOOM_STEPS[0], ZOOM_STEPS[-1]),
    "silence_limit_s": (1.0, 86_400.0),
    "connect_timeout_s": (1.0, 600.0),
    "automatic_retries": (0, 10),
    "trash_days": (1, 3_650),
    "retention_days": (0, 36_500),
    "backups_kept": (1, 365),
    "notify_after_s": (1.0, 86_400.0),
    "inspector_tab": (0, 3),
    "window_width": (200, 20_000),
    "window_height": (200, 20_000),
}
"""What a number may be. A window too large for any screen could not be opened at all."""
_MOST_BYTES = 8_000_000
_MOST_CONNECTIONS = 200
_LONGEST_ID = 200
_MOST_NAMED = 12
_OF_DEFAULT_CONNECTION = ("base_url", "model", "allow_plain_http")
"""What was said of the one connection there was, before there could be several."""


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """What was read, what of it is not ours, and a sentence when something was wrong with the file."""

    settings: Settings = field(default_factory=Settings)
    foreign: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""


def load_settings(path: Path) -> LoadedSettings:
    """Never raises: a file that can't be read gives the defaults and says so."""
    try:
        raw = read_values(path)
    except FileNotFoundError:
        return LoadedSettings()
    except OSError as error:
        return LoadedSettings(problem=f"The settings in {path} can't be read: {error.strerror}.")
    except (ValueError, RecursionError) as error:
        return LoadedSettings(problem=set_aside(path, error))
    known = {f.name for f in dataclasses.fields(Settings)}
    values = {name: value for name, value in raw.items() if name in known}
    settings, refused = _checked(values)
    named = ", ".join(refused[:_MOST_NAMED]) + (", and more" if len(refused) > _MOST_NAMED else "")
    problem = f"These settings were not understood and are at their defaults: {named}."
    return LoadedSettings(
        settings, {n: v for n, v in raw.items() if n not in known}, problem if refused else ""
    )


def save_settings(path: Path, settings: Settings, foreign: Mapping[str, Any]) -> None:
    """Writes the file whole or not at all, whatever was in it. Raises OSError."""
    values = {f.name: plain_value(getattr(settings, f.name)) for f in dataclasses.fields(settings)}
    write_values(path, {**foreign, **values})


def read_values(path: Path) -> dict[str, Any]:
    """The file's values in today's shape, unchecked. Raises OSError, ValueError and RecursionError."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is no ordinary file")  # to open a pipe would wait without end
    with path.open("rb") as file:
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ValueError("it is too large")
    # An editor may have put a byte order mark before it.
    raw = json.loads(content.decode("utf-8-sig"))
    if not isinstance(raw, dict):
        raise ValueError("it is no JSON object")
    return _with_connections(raw)


def write_values(path: Path, values: Mapping[str, Any]) -> None:
    """Writes them whole or not at all, private to the user. Raises OSError."""
    import re

    # Half a surrogate pair, which a foreign key may hold, can only be written as an escape.
    text = json.dumps(values, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    content = re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):04x}", text).encode()
    # Some keep their settings elsewhere and put a link here.
    write_whole(path.resolve() if path.is_symlink() else path, content)


def _with_connections(raw: dict[str, Any]) -> dict[str, Any]:
    """The values of a file from before there could be several connections, in today's shape."""
    said = {name: raw[name] for name in _OF_DEFAULT_CONNECTION if name in raw}
    rest = {name: value for name, value in raw.items() if name not in said}
    if said and "connections" not in raw:
        rest["connections"] = [{"id": TWELVELABS.id, "name": TWELVELABS.name} | said]
    return rest


def _checked(values: dict[str, Any]) -> tuple[Settings, list[str]]:
    defaults = Settings()
    good: dict[str, Any] = {}
    refused: list[str] = []
    for name, value in values.items():
        if name == "connections":
            good[name], bad = _connections(value)
            refused += bad
            continue
        read = _in_bounds(name, getattr(defaults, name), value)
        if read is None:
            refused.append(name)
        else:
            good[name] = read
    return Settings(**good), refused


def _connections(value: Any) -> tuple[tuple[Connection, ...], list[str]]:
    """The connections that can be read, and what can't."""
    if not isinstance(value, list):
        return (TWELVELABS,), ["connections"]
    read: list[Connection] = []
    seen: set[str] = set()
    refused: list[str] = []
    for number, entry in enumerate(value, 1):
        place = f"connections {number}"
        if len(read) == _MOST_CONNECTIONS:
            refused.append(f"connections {number} and later")
            break
        if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
            refused.append(place)
            continue
        if not is_good_id(entry["id"]) or entry["id"] in seen:
            refused.append(place)
            continue
        seen.add(entry["id"])
        connection = replace(TWELVELABS, id=entry["id"], name=entry["id"])
        for field_ in dataclasses.fields(Connection):
            if field_.name not in entry:
                continue
            part = _connection_part(field_.name, getattr(connection, field_.name), entry[field_.name])
            if part is _REFUSED:
                refused.append(f"{place} {field_.name}")
            else:
                connection = replace(connection, **{field_.name: part})
        read.append(connection)
    return tuple(read), refused


def is_good_id(text: str) -> bool:
    """Whether a connection may have this id: the sandbox has its own, and “#” is for the keyring's
    accounts."""
    return 0 < len(text) <= _LONGEST_ID and text.isprintable() and "#" not in text and text != SANDBOX_ID


_REFUSED = object()


def _connection_part(name: str, default: object, value: Any) -> Any:
    match name:
        case "silence_limit_s" if value is None:
            return None
        case "silence_limit_s":
            read = _in_bounds(name, SILENCE_LIMIT_S, value)
        case "headers":
            read = _headers(value)
        case _:
            read = _in_bounds(name, default, value)
    return _REFUSED if read is None else read


def _headers(value: Any) -> tuple[ExtraHeader, ...] | None:
    if not isinstance(value, list):
        return None
    headers = []
    for entry in value:
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            return None
        text, is_secret = entry.get("value", ""), entry.get("is_secret", False)
        if not isinstance(text, str) or not isinstance(is_secret, bool):
            return None
        headers.append(ExtraHeader(entry["name"], "" if is_secret else text, is_secret))
    return tuple(headers)


def _in_bounds(name: str, default: object, value: Any) -> Any:
    """The value in its setting's type, or None for one that can't be taken."""
    read = _read(default, value)
    if read is not None and name in _BOUNDS and not _BOUNDS[name][0] <= read <= _BOUNDS[name][1]:
        return None
    return read


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
    if isinstance(default, Mapping):
        is_ours = isinstance(value, dict) and all(isinstance(part, str) for part in value.values())
        return value if is_ours else None
    return value if type(value) is type(default) else None


def plain_value(value: object) -> Any:
    """A setting's value as JSON has it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [plain_value(part) for part in value]
    if isinstance(value, Connection | ExtraHeader):
        return {f.name: plain_value(getattr(value, f.name)) for f in dataclasses.fields(value)}
    return dict(value) if isinstance(value, Mapping) else value


def set_aside(path: Path, error: Exception) -> str:
    """Puts a broken file out of the way and says so."""
    target = name_aside(path)
    try:
        if not path.is_symlink():
            path.chmod(0o600)  # an editor may have left it open to others
        path.replace(target)
    except OSError:
        return f"The settings in {path} are no valid JSON ({error}); the defaults are used."
    return f"The settings were no valid JSON ({error}). They are set aside as {target.name}."
