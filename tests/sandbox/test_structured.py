"""Structured answers fulfil their schemas, whatever the schema."""

from __future__ import annotations

import json
from typing import Any

import httpx
import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.support import ask, deltas, events, final_part, stream
from trackside.sandbox.answering.library import Passage
from trackside.sandbox.answering.patterns import text_for_pattern
from trackside.sandbox.answering.schema import check_answer_schema
from trackside.sandbox.answering.structured import SchemaFiller

PASSAGES = [
    Passage("ksi_1", "Harbour", "We leave at six, before the wind “turns”.", "Ana", 0.0, 4.5, 0),
    Passage("ksi_2", "Market 🎬", "Fish!", "", 61.0, 63.25, 0),
    Passage("ksi_3", "Poster", "A poster", "", None, None, 0),
]
NAMES = st.sampled_from(
    ["title", "name", "quote", "start", "end", "item_id", "timestamp", "clip", "clips", "score", "summary",
     "startSec", "duration", "x", "who", "evidence"]
)  # fmt: skip
FORMATS = ["date-time", "date", "time", "email", "uri", "uuid", "ipv4", "ipv6", "hostname", "unknown"]
PATTERNS = [r"^\d{2}:\d{2}$", "^[A-Z]{3}-[0-9]+$", "^(yes|no)$", r"^\w+@x\.org$", "[^a-z]", "^a?b*c+$"]
TYPES = ["string", "integer", "number", "boolean", "null"]
VALUES = st.one_of(st.text(), st.integers(), st.booleans(), st.none())
SCALARS: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.builds(
        lambda low, extra: {"type": "string", "minLength": low, "maxLength": low + extra},
        st.integers(0, 60),
        st.integers(0, 60),
    ),
    st.sampled_from(FORMATS).map(lambda form: {"type": "string", "format": form}),
    st.sampled_from(PATTERNS).map(lambda pattern: {"type": "string", "pattern": pattern}),
    st.builds(
        lambda low, extra: {"type": "integer", "minimum": low, "maximum": low + extra},
        st.integers(-1000, 1000),
        st.integers(0, 50),
    ),
    st.builds(
        lambda low, extra: {"type": "number", "exclusiveMinimum": low, "exclusiveMaximum": low + extra},
        st.integers(-1000, 1000),
        st.integers(1, 50),
    ),
    st.builds(
        lambda low, step: {"type": "integer", "minimum": low, "multipleOf": step},
        st.integers(0, 99),
        st.integers(1, 9),
    ),
    st.lists(VALUES, min_size=1, max_size=4).map(lambda values: {"enum": values}),
    VALUES.map(lambda value: {"const": value}),
    st.lists(st.sampled_from(TYPES), min_size=1, max_size=3, unique=True).map(lambda names: {"type": names}),
    st.sampled_from(TYPES).map(lambda name: {"type": name}),
)


def objects(children: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(NAMES, children, max_size=4).flatmap(
        lambda properties: st.lists(st.sampled_from(sorted(properties) or ["other"]), unique=True).map(
            lambda required: {
                "type": "object",
                "properties": properties,
                "required": required,
                **({"additionalProperties": False} if set(required) <= set(properties) else {}),
            }
        )
    )


def arrays(children: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda items, low, extra: {"type": "array", "items": items, "minItems": low, "maxItems": low + extra},
        children, st.integers(0, 4), st.integers(0, 4),
    )  # fmt: skip


SCHEMAS = st.recursive(
    SCALARS,
    lambda children: st.one_of(
        objects(children),
        arrays(children),
        st.lists(children, min_size=1, max_size=3).map(lambda branches: {"anyOf": branches}),
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(SCHEMAS)
def test_any_schema_of_the_dialect_is_fulfilled(schema: dict[str, Any]) -> None:
    check_answer_schema(schema)

    for passages in (PASSAGES, []):
        value = json.loads(json.dumps(SchemaFiller(schema, passages).fill()))
        jsonschema.Draft202012Validator(
            schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
        ).validate(value)


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/$defs/node", "$defs": {"node": {"type": "object", "properties": {
            "title": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#/$defs/node"}}},
            "required": ["title", "children"], "additionalProperties": False}}},
        {"$ref": "#/$defs/list", "$defs": {"list": {"type": "object", "required": ["next"], "properties": {
            "next": {"anyOf": [{"$ref": "#/$defs/list"}, {"type": "null"}]}}}}},
        {"$ref": "#/$defs/list", "$defs": {"list": {"type": "object", "properties": {
            "next": {"$ref": "#/$defs/list"}}}}},
        {"$ref": "#/$defs/a", "$defs": {"a": {"type": ["object", "null"], "required": ["b"], "properties": {
            "b": {"$ref": "#/$defs/a"}}}}},
    ],
)  # fmt: skip
def test_recursive_schemas_come_to_an_end(schema: dict[str, Any]) -> None:
    check_answer_schema(schema)

    value = SchemaFiller(schema, PASSAGES).fill()

    jsonschema.validate(value, schema)
    assert len(json.dumps(value)) < 1_000_000


def test_a_reference_to_itself_does_not_hang() -> None:
    schema = {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}

    json.dumps(SchemaFiller(schema, PASSAGES).fill())


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/$defs/a", "$defs": {"a": {"type": "object", "required": ["l", "r"], "properties": {
            "l": {"$ref": "#/$defs/a"}, "r": {"$ref": "#/$defs/a"}}}}},
        {"type": "array", "minItems": 10**12, "items": {"type": "string"}},
        {"type": "string", "minLength": 10**12},
        {"type": "string", "pattern": "^((a{1000}){1000}){1000}$"},
    ],
)  # fmt: skip
def test_schemas_that_nothing_sensible_fulfils_come_to_an_end_too(schema: dict[str, Any]) -> None:
    SchemaFiller(schema, PASSAGES).fill()


def test_properties_get_what_their_names_suggest() -> None:
    item = {
        name: {"type": "string"} for name in ("title", "quote", "speaker", "item_id", "start", "end", "clip")
    }
    item |= {"start_sec": {"type": "number"}, "end_sec": {"type": "number"}}
    schema = {"type": "object", "properties": {"clips": {"type": "array", "items": {"properties": item}}}}

    value = SchemaFiller(schema, PASSAGES).fill()

    assert isinstance(value, dict)
    assert value["clips"][1] == {
        "title": "Market 🎬",
        "quote": "Fish!",
        "speaker": "nobody is named",
        "item_id": "ksi_2",
        "start": "01:01",
        "end": "01:03",
        "clip": 'Market 🎬 <vref id="2" start="01:01" end="01:03"></vref>',
        "start_sec": 61.0,
        "end_sec": 63.25,
    }


@pytest.mark.parametrize(
    ("pattern", "fewest", "most"),
    [
        (r"^\d+$", 7, 7),
        ("^[a-f0-9]{24}$", 0, 99),
        ("abc", 10, 12),
        (r"^(?:\+49 )?\d{3,5}$", 0, 9),
        ("^.*$", 3, 3),
    ],
)
def test_patterns_and_lengths_together(pattern: str, fewest: int, most: int) -> None:
    text = text_for_pattern(pattern, fewest, most)

    jsonschema.validate(text, {"pattern": pattern, "minLength": fewest, "maxLength": most})


@pytest.mark.parametrize("pattern", ["(", "[", "[^\\s\\S]", "(?=a)b", "\\", "a{", "(?P<n"])
def test_patterns_beyond_it_do_no_harm(pattern: str) -> None:
    assert isinstance(text_for_pattern(pattern, 0, 10), str)


async def test_a_structured_answer_streams_as_json_text(client: httpx.AsyncClient) -> None:
    schema = {
        "type": "object",
        "properties": {
            "clips": {
                "type": "array",
                "minItems": 2,
                "items": {
                    "type": "object",
                    "properties": {"title": {"type": "string"}, "quote": {"type": "string"}},
                },
            },
            "mood": {"enum": ["calm", "busy"]},
        },
    }
    wanted = {"format": {"type": "json_schema", "name": "clips", "schema": schema, "strict": True}}

    told = events(await stream(client, "What of the harbour?", text=wanted))

    value = json.loads(deltas(told))
    jsonschema.validate(value, schema)
    assert "harbour" in json.dumps(value)
    assert final_part(told[-1]["response"])["annotations"] == []


async def test_a_question_that_no_caption_answers_gets_what_the_store_begins_with(
    client: httpx.AsyncClient,
) -> None:
    schema = {
        "type": "object",
        "properties": {
            "moments": {
                "type": "array",
                "items": {"type": "object", "properties": {"title": {"type": "string"}}},
            }
        },
    }
    text = {"format": {"type": "json_schema", "name": "moments", "schema": schema}}
    told = events(await stream(client, "zxqv", text=text))
    moments = json.loads(deltas(told))["moments"]
    assert moments
    assert all(moment["title"] and "nothing to say" not in moment["title"] for moment in moments)


async def test_the_text_format_is_an_ordinary_answer(client: httpx.AsyncClient) -> None:
    whole = await ask(client, "harbour", text={"format": {"type": "text"}})

    assert "**Harbour at dawn**" in final_part(whole)["text"]
