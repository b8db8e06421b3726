"""Whatever is sent, the sandbox answers with a reason and never fails itself."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trackside.sandbox.server import SandboxServer

STORE_FIELDS = ["name", "description", "metadata", "ingestion_config"]
FIELDS = [
    "knowledge_store_id", "input", "session_id", "instructions", "include", "stream", "selections", "text",
    "tools", "query", "filter", "page_size", "page_token", "asset_id", "asset_type", "item_ids", "filename",
    "type", "total_size", "completed_chunks", "start", "count", "schema", "format", "content", "role", "kind",
    "enrichment_config", "json_schema", "properties", "anyOf", "$ref", "$defs", "enum", "items", "pattern",
    "minItems", "maxItems", "minLength", "maxLength", "minimum", "maximum", "multipleOf", "required", "const",
    *STORE_FIELDS,
]  # fmt: skip
NAMES = ["STORE", "message", "user", "item", "json_schema", "object", "video", "array", "string", "#/$defs/x"]
WORDS = st.one_of(st.sampled_from(NAMES), st.text(max_size=20))
NUMBERS = st.one_of(st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False))
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, WORDS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(FIELDS), WORDS), inner, max_size=4),
    ),
    max_leaves=20,
)
BODIES = st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=8)
PATHS = [
    "/responses", "/knowledge-stores", "/knowledge-stores/STORE/search", "/knowledge-stores/STORE/items",
    "/knowledge-stores/STORE/item-collections", "/assets/multipart-uploads", "/assets",
]  # fmt: skip


@pytest.fixture(scope="module")
def http(shared: SandboxServer) -> Any:
    """A blocking client, and the sample store's id."""
    with httpx.Client(base_url=shared.base_url, headers={"x-api-key": "k"}, trust_env=False) as client:
        yield client, client.get("/knowledge-stores").json()["data"][-1]["_id"]


def put_in(value: Any, store: str) -> Any:
    match value:
        case dict():
            return {key: put_in(inner, store) for key, inner in value.items()}
        case list():
            return [put_in(inner, store) for inner in value]
        case _:
            return store if value == "STORE" else value


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(PATHS), body=BODIES)
def test_no_body_breaks_an_endpoint(http: Any, path: str, body: dict[str, Any]) -> None:
    client, store = http

    response = client.post(path.replace("STORE", store), json=put_in(body, store))

    assert response.status_code < 500, response.text
    if response.status_code >= 400:
        assert set(response.json()) == {"code", "message"}


@settings(max_examples=150, deadline=None)
@given(body=BODIES, schema=st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=6))
def test_no_question_breaks_the_answering(http: Any, body: dict[str, Any], schema: dict[str, Any]) -> None:
    client, store = http
    sent = body | {
        "knowledge_store_id": store,
        "input": [{"type": "message", "role": "user", "content": str(body.get("content", "harbour")) or "x"}],
        "text": {"format": {"type": "json_schema", "name": "x", "schema": schema}},
    }

    response = client.post("/responses", json=sent)

    assert response.status_code < 500, response.text


@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=200))
def test_no_form_breaks_the_uploads(http: Any, content: bytes) -> None:
    client, _ = http

    for boundary in ("b", '"', "x" * 71):
        headers = {"content-type": f"multipart/form-data; boundary={boundary}"}
        response = client.post("/assets", content=b"--b\r\n" + content, headers=headers)
        assert 400 <= response.status_code < 500, response.text
