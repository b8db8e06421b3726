"""Knowledge stores, items and collections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from sandbox.support import client_of, mp4, store_id
from trackside.sandbox.records import Item, ItemStatus, ItemType, item_status
from trackside.sandbox.server import SandboxServer


@pytest.fixture
async def store(client: httpx.AsyncClient) -> AsyncIterator[str]:
    """An empty store of the test's own."""
    identifier = (await client.post("/knowledge-stores", json={"name": "Own"})).json()["_id"]
    yield identifier
    await client.delete(f"/knowledge-stores/{identifier}")


async def uploaded(client: httpx.AsyncClient, name: str = "clip.mp4", content: bytes = b"") -> str:
    response = await client.post(
        "/assets", data={"method": "direct"}, files={"file": (name, content or mp4())}
    )
    assert response.status_code == 201, response.text
    return response.json()["_id"]  # type: ignore[no-any-return]


async def test_a_store_lives_and_dies(client: httpx.AsyncClient) -> None:
    created = await client.post(
        "/knowledge-stores", json={"name": "News", "description": "d", "metadata": {"team": "a"}}
    )
    assert created.status_code == 201
    store = created.json()
    assert store["_id"].startswith("ks_")
    assert store["item_count"] == 0

    changed = await client.patch(
        f"/knowledge-stores/{store['_id']}", json={"name": "Old news", "metadata": {}}
    )
    assert changed.status_code == 200
    shown = (await client.get(f"/knowledge-stores/{store['_id']}")).json()
    assert shown == changed.json()
    assert (shown["name"], shown["description"], shown["metadata"]) == ("Old news", "d", {})

    deleted = await client.delete(f"/knowledge-stores/{store['_id']}")
    assert (deleted.status_code, deleted.content) == (200, b"")
    gone = await client.get(f"/knowledge-stores/{store['_id']}")
    assert (gone.status_code, gone.json()["code"]) == (404, "resource_not_exist")


async def test_pages_end_with_an_empty_one(client: httpx.AsyncClient, store: str) -> None:
    names = [f"c{number}" for number in range(5)]
    for name in names:
        await client.post(f"/knowledge-stores/{store}/item-collections", json={"name": name})
    path = f"/knowledge-stores/{store}/item-collections"

    first = (await client.get(path, params={"page_limit": 3, "sort_by": "name", "sort_option": "asc"})).json()
    last = (await client.get(path, params={"page_limit": 3, "page": 2})).json()
    past = (await client.get(path, params={"page_limit": 3, "page": 3})).json()

    assert [entry["name"] for entry in first["data"]] == names[:3]
    assert first["page_info"] == {"limit_per_page": 3, "page": 1, "total_page": 2, "total_results": 5}
    assert len(last["data"]) == 2
    assert past["data"] == []
    assert past["page_info"]["page"] == 3


@pytest.mark.parametrize(
    "query",
    ["page=0", "page=-1", "page=x", "page_limit=0", "page_limit=51", "sort_by=colour", "sort_option=up"],
)
async def test_wrong_paging_is_refused(client: httpx.AsyncClient, query: str) -> None:
    response = await client.get(f"/knowledge-stores?{query}")

    assert (response.status_code, response.json()["code"]) == (400, "parameter_invalid")


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({}, 400, "name"),
        ({"name": ""}, 400, "name"),
        ({"name": 7}, 400, "$.name"),
        ({"name": "x", "metadata": {"a": None}}, 400, "metadata"),
        ({"name": "x", "ingestion_config": {}}, 400, "enrichment_config"),
        ({"name": "x", "ingestion_config": {"enrichment_config": {"type": "magic"}}}, 400, "type"),
        (
            {"name": "x", "ingestion_config": {"enrichment_config": {"type": "description"}}},
            400,
            "description",
        ),
    ],
)
async def test_wrong_stores_are_refused(
    client: httpx.AsyncClient, body: dict[str, Any], status: int, says: str
) -> None:
    response = await client.post("/knowledge-stores", json=body)

    assert response.status_code == status
    assert says in response.json()["message"]


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"type": "array", "properties": {}}, "json_schema"),
        ({"type": "object", "properties": {"a": {"type": "string"}}}, "json_schema.properties.a"),
        ({"type": "object", "properties": {"a": {"description": "d", "pattern": "x"}}},
         "json_schema.properties.a.pattern"),
        ({"type": "object", "properties": {"a": {"description": "d", "items": {"anyOf": []}}}},
         "json_schema.properties.a.items.anyOf"),
        ({"type": "object", "properties": {}, "additionalProperties": {}},
         "json_schema.additionalProperties"),
        ({"type": "object", "properties": {}, "required": ["b"]}, "json_schema.required"),
        ({"type": "object", "properties": {"a": {"description": "d", "type": "text"}}},
         "json_schema.properties.a.type"),
    ],
)  # fmt: skip
async def test_ingestion_schemas_outside_the_dialect_are_refused_by_path(
    client: httpx.AsyncClient, schema: dict[str, Any], path: str
) -> None:
    config = {"enrichment_config": {"type": "json_schema", "json_schema": schema}}

    response = await client.post("/knowledge-stores", json={"name": "x", "ingestion_config": config})

    assert response.status_code == 422
    assert f"invalid at {path}:" in response.json()["message"]


async def test_ingestion_config_is_kept_and_cannot_change(client: httpx.AsyncClient) -> None:
    config = {
        "enrichment_config": {
            "type": "json_schema",
            "json_schema": {
                "type": "object",
                "properties": {
                    "people": {"type": "array", "description": "who", "items": {"type": "string"}}
                },
                "required": ["people"],
                "additionalProperties": False,
            },
        }
    }
    created = await client.post("/knowledge-stores", json={"name": "x", "ingestion_config": config})
    path = f"/knowledge-stores/{created.json()['_id']}"
    assert created.json()["ingestion_config"] == config

    assert (await client.patch(path, json={"ingestion_config": config})).status_code == 400
    await client.delete(path)


async def test_an_item_is_added_listed_and_taken_out(client: httpx.AsyncClient, store: str) -> None:
    asset = await uploaded(client)
    path = f"/knowledge-stores/{store}/items"

    added = await client.post(path, json={"asset_id": asset, "asset_type": "video", "metadata": {"a": "b"}})

    assert added.status_code == 202
    item = added.json()
    assert item["_id"].startswith("ksi_")
    assert item["system_metadata"] == {
        "asset_type": "video", "filename": "clip.mp4", "size": len(mp4()), "width": 640, "height": 360,
        "duration": 12.5,
    }  # fmt: skip
    shown = (await client.get(f"{path}/{item['_id']}")).json()
    assert (shown["status"], shown["metadata"], shown["asset_id"]) == ("ready", {"a": "b"}, asset)
    assert (await client.get(f"/knowledge-stores/{store}")).json()["item_count"] == 1
    assert (await client.post(path, json={"asset_id": asset})).status_code == 400

    assert (await client.delete(f"{path}/{item['_id']}")).status_code == 200
    assert (await client.get(path)).json()["data"] == []
    assert (await client.get(f"{path}/{item['_id']}")).status_code == 404
    await client.delete(f"/assets/{asset}")


async def test_items_are_filtered_by_status(client: httpx.AsyncClient) -> None:
    path = f"/knowledge-stores/{await store_id(client)}/items"

    ready = (await client.get(path, params=[("status", "ready"), ("status", "failed")])).json()
    queued = (await client.get(path, params={"status": "queued"})).json()
    wrong = await client.get(path, params={"status": "asleep"})

    assert len(ready["data"]) == 3
    assert queued["data"] == []
    assert wrong.status_code == 400


async def test_wrong_items_are_refused(client: httpx.AsyncClient, store: str) -> None:
    path = f"/knowledge-stores/{store}/items"
    captions = await uploaded(client, "notes.vtt", b"WEBVTT\n")
    video = await uploaded(client)

    assert (await client.post(path, json={"asset_id": "f" * 24})).status_code == 404
    assert (await client.post(path, json={"asset_id": captions})).status_code == 400
    assert (await client.post(path, json={"asset_id": video, "asset_type": "image"})).status_code == 400
    assert (await client.post(path, json={})).json()["code"] == "parameter_not_provided"
    assert (await client.post("/knowledge-stores/ks_x/items", json={"asset_id": video})).status_code == 404


async def test_items_come_to_an_end_in_order(start: Callable[..., SandboxServer]) -> None:
    server = start(processing_s=0.3)
    async with client_of(server) as client:
        store = (await client.post("/knowledge-stores", json={"name": "s"})).json()["_id"]
        good, bad = await uploaded(client), await uploaded(client, "sandbox-fail.mp4")
        assert (await client.get(f"/assets/{good}")).json()["status"] == "processing"
        path = f"/knowledge-stores/{store}/items"
        items = [(await client.post(path, json={"asset_id": asset})).json() for asset in (good, bad)]
        seen: dict[str, list[str]] = {item["_id"]: [item["status"]] for item in items}
        while not all(states[-1] in ("ready", "failed") for states in seen.values()):
            for entry in (await client.get(path)).json()["data"]:
                if seen[entry["_id"]][-1] != entry["status"]:
                    seen[entry["_id"]].append(entry["status"])
            await asyncio.sleep(0.005)

    order = ["queued", "pending", "processing", "ready", "failed"]
    for states, last in zip(seen.values(), ("ready", "failed"), strict=True):
        assert (states[0], states[-1]) == ("queued", last)
        assert states == sorted(states, key=order.index)


def test_an_item_is_queued_pending_processing_ready() -> None:
    item = Item(
        id="ksi_1", store_id="ks_1", asset_id="a", asset_type=ItemType.VIDEO, created_s=0.0, updated_s=0.0,
        span_s=10.0,
    )  # fmt: skip

    states = [item_status(item, moment_s).value for moment_s in (0.5, 1.5, 5.0, 10.0)]

    assert states == ["queued", "pending", "processing", "ready"]
    assert item_status(replace(item, fails=True), 10.0) is ItemStatus.FAILED


async def test_collections_hold_items(client: httpx.AsyncClient) -> None:
    store = await store_id(client)
    path = f"/knowledge-stores/{store}/item-collections"
    ids = [item["_id"] for item in (await client.get(f"/knowledge-stores/{store}/items")).json()["data"]]

    created = await client.post(path, json={"name": "Mine", "description": "d"})
    assert created.status_code == 201
    one = f"{path}/{created.json()['_id']}"
    assert created.json()["_id"].startswith("ksic_")

    added = await client.post(f"{one}/items/add", json={"item_ids": [*ids, ids[0]]})
    assert added.json()["member_count"] == 3
    removed = await client.post(f"{one}/items/remove", json={"item_ids": [ids[0], "ksi_unknown"]})
    assert (removed.status_code, removed.content) == (200, b"")
    members = (await client.get(f"{one}/items", params={"page_limit": 1})).json()
    assert members["data"][0]["_id"] == ids[1]
    assert members["page_info"]["total_results"] == 2

    renamed = await client.patch(one, json={"name": "Ours"})
    assert (renamed.json()["name"], renamed.json()["description"]) == ("Ours", "d")
    assert (await client.get(one)).json() == renamed.json()
    assert (await client.post(path, json={"name": "Ours"})).status_code == 400
    assert (await client.delete(one)).status_code == 200
    assert (await client.get(one)).status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"item_ids": []}, 400),
        ({"item_ids": ["ksi_x"] * 501}, 400),
        ({"item_ids": ["ksi_x"]}, 404),
    ],
)
async def test_wrong_members_are_refused(
    client: httpx.AsyncClient, body: dict[str, Any], status: int
) -> None:
    store = await store_id(client)
    (sea,) = (await client.get(f"/knowledge-stores/{store}/item-collections")).json()["data"]

    path = f"/knowledge-stores/{store}/item-collections/{sea['_id']}/items/add"

    assert (await client.post(path, json=body)).status_code == status


async def test_deleting_an_item_takes_it_out_of_collections(client: httpx.AsyncClient, store: str) -> None:
    asset = await uploaded(client)
    item = (await client.post(f"/knowledge-stores/{store}/items", json={"asset_id": asset})).json()["_id"]
    path = f"/knowledge-stores/{store}/item-collections"
    one = f"{path}/{(await client.post(path, json={'name': 'c'})).json()['_id']}"
    await client.post(f"{one}/items/add", json={"item_ids": [item]})

    await client.delete(f"/knowledge-stores/{store}/items/{item}")

    assert (await client.get(one)).json()["member_count"] == 0
    await client.delete(f"/assets/{asset}")
