"""Checks the schema of a structured answer for what the service refuses.

Keywords that the service ignores (oneOf, not, if, patternProperties, …) are ignored here too.
"""

from __future__ import annotations

from trackside.sandbox.errors import ServiceError, invalid

REF_ROOT = "#/$defs/"
_TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")
_DEPTH = 60


def check_answer_schema(schema: dict[str, object]) -> None:
    """Raise the 400 for a schema that makes no sense, naming the place."""
    definitions = schema.get("$defs", {})
    if not isinstance(definitions, dict):
        raise _refused("$.$defs", "it must be an object")
    _check(schema, "$", definitions, 0)
    for name, inner in definitions.items():
        _check(inner, f"$.$defs.{name}", definitions, 0)


def _check(schema: object, path: str, definitions: dict[str, object], depth: int) -> None:
    if isinstance(schema, bool):
        return
    if not isinstance(schema, dict):
        raise _refused(path, "a schema must be an object")
    if depth > _DEPTH:
        raise _refused(path, "it is nested too deeply")
    named = schema.get("type")
    types = named if isinstance(named, list) else [named] if named is not None else []
    if any(entry not in _TYPES for entry in types):
        raise _refused(f"{path}.type", f"it must be one of {', '.join(_TYPES)}")
    reference = schema.get("$ref")
    if reference is not None:
        is_known = isinstance(reference, str) and reference.removeprefix(REF_ROOT) in definitions
        if not is_known or not str(reference).startswith(REF_ROOT):
            raise _refused(f"{path}.$ref", "it must point to an entry of $defs at the root")
    enumerated = schema.get("enum", [None])
    if not isinstance(enumerated, list) or not enumerated:
        raise _refused(f"{path}.enum", "it must be a list with something in it")
    properties = schema.get("properties", {})
    if not isinstance(properties, dict):
        raise _refused(f"{path}.properties", "it must be an object")
    for name, inner in properties.items():
        _check(inner, f"{path}.properties.{name}", definitions, depth + 1)
    if "items" in schema:
        _check(schema["items"], f"{path}.items", definitions, depth + 1)
    branches = schema.get("anyOf", [])
    if not isinstance(branches, list) or ("anyOf" in schema and not branches):
        raise _refused(f"{path}.anyOf", "it must be a list with something in it")
    for number, inner in enumerate(branches):
        _check(inner, f"{path}.anyOf[{number}]", definitions, depth + 1)


def _refused(path: str, reason: str) -> ServiceError:
    return invalid(f"The schema in text.format is invalid at {path}: {reason}.")
