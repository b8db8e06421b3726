"""Writing settings.json again: only what was changed here, so that all else in it survives.

What a newer version wrote and this one doesn't understand stays, within each connection, too; so does what
another window changed meanwhile.
"""

import contextlib
import dataclasses
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from trackside.domain.connection import Connection, ExtraHeader
from trackside.domain.settings import Settings
from trackside.storage.file_lock import FileLock
from trackside.storage.settings import plain_value, read_values, save_settings, set_aside, write_values

_PATIENCE_S = 2.0
"""How long another window may take to write; one that takes longer was stopped, and is not waited for."""
_LOOK_S = 0.01


def update_settings(path: Path, settings: Settings, before: Settings, foreign: Mapping[str, Any]) -> str:
    """Writes what differs from `before`, and what the file doesn't have yet. A file that went missing is made
    anew, with `foreign`; one that broke meanwhile is set aside, which the sentence says that this returns.

    Raises OSError, and then the file is as it was.
    """
    with _alone(path):
        return _updated(path, settings, before, foreign)


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Lets no other window write between what is read here and what is written."""
    lock = FileLock(path.with_name(f".{path.stem}.lock"))
    end_s = time.monotonic() + _PATIENCE_S
    with contextlib.suppress(OSError):  # where there are no locks it is written without one
        while not lock.take() and time.monotonic() < end_s:
            time.sleep(_LOOK_S)
    try:
        yield
    finally:
        lock.release()


def _updated(path: Path, settings: Settings, before: Settings, foreign: Mapping[str, Any]) -> str:
    problem = ""
    try:
        values = read_values(path)
    except FileNotFoundError:
        save_settings(path, settings, foreign)
        return ""
    except (ValueError, RecursionError) as error:
        problem = set_aside(path, error)
        save_settings(path, settings, foreign)
        return problem
    for field in dataclasses.fields(Settings):
        name, now, then = field.name, getattr(settings, field.name), getattr(before, field.name)
        if name == "connections":
            values[name] = _merged(values.get(name), now, then)
        elif isinstance(now, Mapping) and isinstance(values.get(name), dict):
            kept = {key: value for key, value in values[name].items() if key in now or key not in then}
            values[name] = kept | {key: value for key, value in now.items() if then.get(key) != value}
        elif now != then or name not in values:
            values[name] = plain_value(now)
    write_values(path, values)
    return problem


def _merged(found: Any, now: Sequence[Connection], then: Sequence[Connection]) -> Any:
    """The file's connections with the changes from `then` to `now`."""
    if not isinstance(found, list):
        return found if found is not None and now == then else plain_value(tuple(now))
    ours, theirs = {one.id: one for one in now}, {one.id: one for one in then}
    merged: list[Any] = []
    places: dict[str, int] = {}
    for entry in found:
        id_ = entry.get("id") if isinstance(entry, dict) else None
        if not isinstance(id_, str) or id_ in places or id_ not in ours.keys() | theirs.keys():
            merged.append(entry)
        elif id_ in ours:
            places[id_] = len(merged)
            merged.append(_patched(entry, ours[id_], theirs.get(id_)))
    for one in now:
        # One that was here unchanged and is gone from the file was removed by another window.
        if one.id not in places and theirs.get(one.id) != one:
            places[one.id] = len(merged)
            merged.append(plain_value(one))
    known = [one.id for one in now if one.id in theirs]
    if known != [one.id for one in then if one.id in ours]:
        entries = [merged[places[one.id]] for one in now if one.id in places]
        for place, entry in zip(sorted(places.values()), entries, strict=True):
            merged[place] = entry
    return merged


def _patched(entry: dict[str, Any], now: Connection, then: Connection | None) -> dict[str, Any]:
    patched = dict(entry)
    for field in dataclasses.fields(Connection):
        name, value = field.name, getattr(now, field.name)
        if name == "headers":
            is_changed = then is None or then.headers != value
            patched[name] = _headers(entry.get(name), value, is_changed=is_changed)
        elif name not in entry or then is None or getattr(then, name) != value:
            patched[name] = plain_value(value)
    return patched


def _headers(found: Any, now: Sequence[ExtraHeader], *, is_changed: bool) -> Any:
    if not isinstance(found, list):
        return plain_value(tuple(now)) if is_changed or found is None else found

    if is_changed:
        by_name = {entry.get("name"): entry for entry in found if isinstance(entry, dict)}
        return [{**by_name.get(header.name, {}), **plain_value(header)} for header in now]
    # A secret's value that somebody wrote into the file must not stay there.
    return [
        {**entry, "value": ""} if isinstance(entry, dict) and entry.get("is_secret") is True else entry
        for entry in found
    ]
