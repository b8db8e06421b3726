"""Checks a store's ingestion_config; its schema's dialect is narrower than the one for answers."""

from __future__ import annotations

from trackside.sandbox.errors import ServiceError, invalid, not_provided

_TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")
_KEYWORDS = frozenset({
    "type", "title", "description", "enum", "properties", "required", "additionalProperties", "items",
    "prefixItems", "minItems", "maxItems", "minimum", "maximum", "format",
})  # fmt: skip
_DEPTH = 20


def check_ingestion_config(config: dict[str, object]) -> None:
    """Raise what the service answers to a config it doesn't take: 400 for its frame, 422 for its schema."""
    enrichment = config.get("enrichment_config")
    if not isinstance(enrichment, dict):
        raise not_provided("ingestion_config.enrichment_config")
    match enrichment.get("type"):
        case "description":
            description = enrichment.get("description")
            if not isinstance(description, str) or not description.strip():
                raise not_provided("ingestion_config.enrichment_config.description")
        case "json_schema":
            schema = enrichment.get("json_schema")
            if not isinstance(schema, dict):
                raise not_provided("ingestion_config.enrichment_config.json_schema")
            if schema.get("type") != "object" or not isinstance(schema.get("properties"), dict):
                raise _refused("json_schema", "the root must be an object with properties")
            _check_schema(schema, "json_schema", 0)
        case _:
            raise invalid("ingestion_config.enrichment_config.type must be description or json_schema.")


def _check_schema(schema: object, path: str, depth: int) -> None:
    if not isinstance(schema, dict):
        raise _refused(path, "a schema must be an object")
    if depth > _DEPTH:
        raise _refused(path, "it is nested too deeply")
    for keyword in schema:
        if keyword not in _KEYWORDS:
            raise _refused(f"{path}.{keyword}", "this keyword is not supported")
    named = schema.get("type")
    types = named if isinstance(named, list) else [named] if named is not None else []
    if any(entry not in _TYPES for entry in types):
        raise _refused(f"{path}.type", f"it must be one of {', '.join(_TYPES)}")
    if not isinstance(schema.get("additionalProperties", False), bool):
        raise _refused(f"{path}.additionalProperties", "it must be true or false")
    properties = schema.get("properties", {})
    if not isinstance(properties, dict):
        raise _refused(f"{path}.properties", "it must be an object")
    for name, inner in properties.items():
        where = f"{path}.properties.{name}"
        described = inner.get("description") if isinstance(inner, dict) else None
        if not isinstance(described, str) or not described.strip():
            raise _refused(where, "every property needs a description")
        _check_schema(inner, where, depth + 1)
    _check_lists(schema, path, properties, depth)


def _check_lists(schema: dict[str, object], path: str, properties: dict[str, object], depth: int) -> None:
    required = schema.get("required", [])
    if not isinstance(required, list) or any(name not in properties for name in required):
        raise _refused(f"{path}.required", "it must list properties of this object")
    if "items" in schema:
        _check_schema(schema["items"], f"{path}.items", depth + 1)
    prefix_items = schema.get("prefixItems", [])
    if not isinstance(prefix_items, list):
        raise _refused(f"{path}.prefixItems", "it must be a list of schemas")
    for number, inner in enumerate(prefix_items):
        _check_schema(inner, f"{path}.prefixItems[{number}]", depth + 1)


def _refused(path: str, reason: str) -> ServiceError:
    return invalid(f"The ingestion schema is invalid at {path}: {reason}.", status=422)
