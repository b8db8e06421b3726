"""The official SDK, driven against the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from sandbox.support import mp4
from trackside.sandbox.limits import Limits
from trackside.sandbox.server import SandboxServer

twelvelabs = pytest.importorskip("twelvelabs")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def sdk(
    start: Callable[..., SandboxServer], monkeypatch: pytest.MonkeyPatch
) -> Iterator[twelvelabs.TwelveLabs]:
    """The SDK's client of a server of its own."""
    monkeypatch.delenv("TWELVELABS_BASE_URL", raising=False)
    server = start()
    server.set_limits(Limits(chunk=1_000))
    with httpx.Client(trust_env=False, timeout=10) as http:
        yield twelvelabs.TwelveLabs(api_key="k", base_url=server.base_url, httpx_client=http)


def asked(text: str) -> list[object]:
    return [twelvelabs.ResponseInputItem(type="message", role="user", content=text)]


def test_answers_whole_and_streamed(sdk: twelvelabs.TwelveLabs) -> None:
    (store,) = list(sdk.knowledge_stores.list())

    whole = sdk.responses.create(
        knowledge_store_id=store.id, input=asked("harbour"), include=["intermediate_outputs"]
    )
    told = list(
        sdk.responses.create_stream(
            knowledge_store_id=store.id, input=asked("market bread"), session_id=whole.session_id
        )
    )

    assert [item.type for item in whole.output] == [
        "function_call",
        "function_call_output",
        "message",
        "message",
    ]
    assert told[0].type == "response.created"
    assert told[-1].type == "response.completed"
    text = "".join(event.delta for event in told if event.type == "response.output_text.delta")
    part = told[-1].response.output[0].content[0]
    assert part.text == text
    assert part.annotations[0].start_index < part.annotations[0].end_index
    assert told[-1].response.session_id == whole.session_id
    numbers = [event.sequence_number for event in told]
    assert numbers == sorted(numbers)


def test_structured_answers(sdk: twelvelabs.TwelveLabs) -> None:
    (store,) = list(sdk.knowledge_stores.list())
    schema = {"type": "object", "properties": {"title": {"type": "string"}}}

    whole = sdk.responses.create(
        knowledge_store_id=store.id,
        input=asked("harbour"),
        text={"format": {"type": "json_schema", "name": "t", "schema": schema}},  # type: ignore[arg-type]
    )

    assert whole.output[0].content[0].text == '{"title":"Harbour at dawn"}'


def test_stores_items_and_collections(sdk: twelvelabs.TwelveLabs, tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(mp4())
    store = sdk.knowledge_stores.create(name="Mine", metadata={"a": "b"})
    sdk.knowledge_stores.update(store.id, name="Ours")
    with (tmp_path / "clip.mp4").open("rb") as file:
        asset = sdk.assets.create(method="direct", file=file, enable_hls=True, user_metadata='{"take": 1}')
    item = sdk.knowledge_store_items.create(store.id, asset_id=asset.id, asset_type="video")
    collection = sdk.knowledge_store_item_collections.create(store.id, name="C")
    sdk.knowledge_store_item_collections.add_items(store.id, collection.id, item_ids=[item.id])

    assert sdk.knowledge_stores.retrieve(store.id).name == "Ours"
    assert [entry.id for entry in sdk.knowledge_store_items.list(store.id, page_limit=1)] == [item.id]
    assert sdk.knowledge_store_items.retrieve(store.id, item.id).status == "ready"
    assert [entry.member_count for entry in sdk.knowledge_store_item_collections.list(store.id)] == [1]
    assert [e.id for e in sdk.knowledge_store_item_collections.list_items(store.id, collection.id)] == [
        item.id
    ]
    assert sdk.assets.retrieve(asset.id).hls.manifest_url
    assert len(list(sdk.assets.list(page_limit=1))) == 4
    with pytest.raises(twelvelabs.core.ApiError) as caught:
        sdk.assets.delete(asset.id)
    assert caught.value.status_code == 409
    sdk.knowledge_store_item_collections.remove_items(store.id, collection.id, item_ids=[item.id])
    sdk.knowledge_store_item_collections.delete(store.id, collection.id)
    sdk.knowledge_store_items.delete(store.id, item.id)
    sdk.assets.delete(asset.id)
    sdk.knowledge_stores.delete(store.id)
    assert len(list(sdk.knowledge_stores.list())) == 1


def test_search(sdk: twelvelabs.TwelveLabs) -> None:
    (store,) = list(sdk.knowledge_stores.list())

    found = sdk.knowledge_stores.search(
        store.id, query={"text": "harbour"}, include_metadata=True, page_size=1
    )  # type: ignore[arg-type]

    assert found.data[0].matches[0].end_sec > 0
    assert found.next_page_token


def test_multipart_uploads(sdk: twelvelabs.TwelveLabs, tmp_path: Path) -> None:
    (tmp_path / "long.mp4").write_bytes(mp4() * 5)

    done = sdk.multipart_upload.upload_file(tmp_path / "long.mp4", file_type="video")

    assert done.asset_url
    assert sdk.assets.retrieve(done.asset_id).size == len(mp4()) * 5
    assert list(sdk.multipart_upload.list_incomplete_uploads()) == []


def test_errors_are_the_sdk_ones(sdk: twelvelabs.TwelveLabs) -> None:
    with pytest.raises(twelvelabs.BadRequestError):
        sdk.knowledge_stores.create(name="")
    with pytest.raises(twelvelabs.core.ApiError) as caught:
        sdk.knowledge_stores.retrieve("ks_none")
    assert caught.value.status_code == 404
