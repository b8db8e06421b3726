"""Makes a value that fulfils a JSON Schema, filled with what the captions offer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from trackside.sandbox.answering.library import Passage
from trackside.sandbox.answering.patterns import text_for_pattern
from trackside.sandbox.answering.schema import REF_ROOT
from trackside.sandbox.answering.wording import format_example, number_for, string_for

Schema = Mapping[str, object]

# Beyond these depths only what is required is filled, and then nothing at all.
_GENEROUS_DEPTH = 5
_DEEPEST = 40
_USUAL_LENGTH = 3
# What no sensible schema asks for; beyond it the value no longer fulfils the schema.
_LONGEST = 100_000
_MOST_VALUES = 20_000


class SchemaFiller:
    """Fills one schema. Elements of a list take one passage each."""

    def __init__(self, schema: Schema, passages: Sequence[Passage]) -> None:
        self._root = schema
        self._passages = passages
        self._values = 0

    def fill(self) -> object:
        """A value that the schema accepts, where one can be found."""
        return self._value(self._root, "", 0, 0)

    def _value(self, schema: object, name: str, turn: int, depth: int) -> object:
        self._values += 1
        if self._values > _MOST_VALUES:
            return None
        if not isinstance(schema, Mapping):
            return self._text({}, name, turn)
        schema = self._resolved(schema, depth)
        if "const" in schema:
            return schema["const"]
        enumerated = schema.get("enum")
        if isinstance(enumerated, list) and enumerated:
            fitting = _fitting(enumerated, schema)
            return fitting[turn % len(fitting)]
        match _type_of(schema, is_deep=depth > _GENEROUS_DEPTH):
            case "object":
                return self._object(schema, turn, depth)
            case "array":
                return self._array(schema, name, turn, depth)
            case "integer":
                return self._number(schema, name, turn, is_whole=True)
            case "number":
                return self._number(schema, name, turn, is_whole=False)
            case "boolean":
                return turn % 2 == 0
            case "null":
                return None
            case _:
                return self._text(schema, name, turn)

    def _resolved(self, schema: Schema, depth: int) -> Schema:
        """The schema with its $ref and its anyOf merged in."""
        for _ in range(_DEEPEST):
            reference, branches = schema.get("$ref"), schema.get("anyOf")
            if isinstance(reference, str):
                definitions = self._root.get("$defs")
                name = reference.removeprefix(REF_ROOT)
                target = definitions.get(name) if isinstance(definitions, Mapping) else None
                schema = _merged({key: schema[key] for key in schema if key != "$ref"}, target)
            elif isinstance(branches, list) and branches:
                rest = {key: schema[key] for key in schema if key != "anyOf"}
                chosen = min(branches, key=self._weight) if depth > _GENEROUS_DEPTH else _liveliest(branches)
                schema = _merged(rest, chosen)
            else:
                break
        return schema

    def _weight(self, branch: object) -> int:
        """How much a branch drags along: 0 for null, more for what holds other schemas."""
        if not isinstance(branch, Mapping):
            return 1
        if "const" in branch or "enum" in branch or branch.get("type") == "null":
            return 0
        if "$ref" in branch:
            return 4
        if "properties" in branch or branch.get("type") == "object":
            return 3
        return 2 if branch.get("minItems", 0) else 1

    def _object(self, schema: Schema, turn: int, depth: int) -> dict[str, object]:
        properties = schema.get("properties")
        properties = properties if isinstance(properties, Mapping) else {}
        listed = schema.get("required")
        required = [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
        if depth >= _DEEPEST:
            return {}
        names = list(properties) if depth <= _GENEROUS_DEPTH else [n for n in properties if n in required]
        names += [name for name in required if name not in properties]
        others = schema.get("additionalProperties")
        return {
            name: self._value(properties.get(name, others), name, turn, depth + 1)
            for name in dict.fromkeys(names)
        }

    def _array(self, schema: Schema, name: str, turn: int, depth: int) -> list[object]:
        fewest = _whole(schema.get("minItems"), 0)
        most = _whole(schema.get("maxItems"), max(fewest, 100))
        wanted = min(len(self._passages), _USUAL_LENGTH) or 1
        length = fewest if depth > _GENEROUS_DEPTH else max(fewest, min(wanted, most))
        inner = schema.get("items")
        singular = name.removesuffix("s")
        return [
            self._value(inner, singular, turn + number if depth < 2 else turn, depth + 1)
            for number in range(min(length, most) if depth < _DEEPEST else 0)
        ]

    def _text(self, schema: Schema, name: str, turn: int) -> str:
        fewest = _whole(schema.get("minLength"), 0)
        most = _whole(schema.get("maxLength"), max(fewest, 5_000))
        pattern, form = schema.get("pattern"), schema.get("format")
        if isinstance(pattern, str):
            return text_for_pattern(pattern, fewest, most)
        example = format_example(form) if isinstance(form, str) else None
        if example is not None:
            return example
        return string_for(name, self._passage(turn), fewest, most)

    def _number(self, schema: Schema, name: str, turn: int, *, is_whole: bool) -> float | int:
        lowest = _bound(schema, "minimum", "exclusiveMinimum", -math.inf, max)
        highest = _bound(schema, "maximum", "exclusiveMaximum", math.inf, min)
        value = number_for(name, self._passage(turn), turn)
        step = schema.get("multipleOf")
        if isinstance(step, int | float) and step > 0:
            if is_whole and not float(step).is_integer():
                step = math.lcm(1, math.ceil(step))
            start = math.ceil(max(lowest, 0.0) / step) if math.isfinite(lowest) else 0
            value = start * step
            if value == schema.get("exclusiveMinimum"):
                value += step
            return int(value) if is_whole else value
        if is_whole:
            lowest = lowest + 1 if lowest == schema.get("exclusiveMinimum") else lowest
            highest = highest - 1 if highest == schema.get("exclusiveMaximum") else highest
            bottom = math.ceil(lowest) if math.isfinite(lowest) else -math.inf
            top = math.floor(highest) if math.isfinite(highest) else math.inf
            return int(min(max(round(value), bottom), top))
        if lowest < value < highest or value in (schema.get("minimum"), schema.get("maximum")):
            return value
        if math.isfinite(lowest) and math.isfinite(highest):
            return (lowest + highest) / 2
        return lowest + 1 if math.isfinite(lowest) else highest - 1

    def _passage(self, turn: int) -> Passage | None:
        return self._passages[turn % len(self._passages)] if self._passages else None


def _type_of(schema: Schema, *, is_deep: bool) -> str:
    named = schema.get("type")
    if isinstance(named, list) and named:
        if is_deep and "null" in named:
            return "null"
        return next((str(entry) for entry in named if entry != "null"), "null")
    if isinstance(named, str):
        return named
    if "properties" in schema or "required" in schema:
        return "object"
    if "items" in schema or "minItems" in schema:
        return "array"
    if "minimum" in schema or "maximum" in schema:
        return "number"
    return "string"


def _merged(outer: Schema, inner: object) -> Schema:
    if not isinstance(inner, Mapping):
        return outer
    merged = {**inner, **outer}
    for key in ("properties", "$defs"):
        first, second = inner.get(key), outer.get(key)
        if isinstance(first, Mapping) and isinstance(second, Mapping):
            merged[key] = {**first, **second}
    first, second = inner.get("required"), outer.get("required")
    if isinstance(first, list) and isinstance(second, list):
        merged["required"] = [*first, *second]
    return merged


def _liveliest(branches: list[object]) -> object:
    lively = [b for b in branches if not (isinstance(b, Mapping) and b.get("type") == "null")]
    return (lively or branches)[0]


def _fitting(values: list[object], schema: Schema) -> list[object]:
    """The enumerated values that the schema's type allows; all of them when none does."""
    named = schema.get("type")
    types = named if isinstance(named, list) else [named]
    fitting = [value for value in values if None in types or _json_type(value) & set(types)]
    return fitting or values


def _json_type(value: object) -> set[object]:
    match value:
        case None:
            return {"null"}
        case bool():
            return {"boolean"}
        case int():
            return {"integer", "number"}
        case float():
            return {"integer", "number"} if value.is_integer() else {"number"}
        case str():
            return {"string"}
        case list():
            return {"array"}
        case _:
            return {"object"}


def _whole(value: object, default: int) -> int:
    """A length as the schema gives it, but none that would fill the memory."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return default
    return int(min(value, _LONGEST))


def _bound(
    schema: Schema, name: str, exclusive: str, default: float, pick: Callable[[list[float]], float]
) -> float:
    bounds = [
        float(value)
        for value in (schema.get(name), schema.get(exclusive))
        if isinstance(value, int | float) and not isinstance(value, bool)
    ]
    return pick(bounds) if bounds else default
