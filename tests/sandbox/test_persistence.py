"""What survives a restart, and what a broken state file does."""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from sandbox.support import ask, client_of, final_part, mp4, store_id, until
from trackside.sandbox.server import SandboxServer


async def test_sample_ids_are_the_same_in_every_run(start: Callable[..., SandboxServer]) -> None:
    seen = []
    for server in (start(), start()):
        async with client_of(server) as client:
            store = await store_id(client)
            items = (await client.get(f"/knowledge-stores/{store}/items")).json()["data"]
            collections = (await client.get(f"/knowledge-stores/{store}/item-collections")).json()["data"]
            seen.append((store, items, collections))

    assert seen[0] == seen[1]
    assert seen[0][2][0]["member_count"] == 2


async def test_everything_survives_a_restart(start: Callable[..., SandboxServer], tmp_path: Path) -> None:
    server = start(state_dir=tmp_path)
    async with client_of(server) as client:
        session = (await ask(client, "What of the harbour?"))["session_id"]
        store = (await client.post("/knowledge-stores", json={"name": "Mine", "metadata": {"n": 1}})).json()
        files = {"file": ("clip.mp4", mp4())}
        fields = {"method": "direct", "enable_hls": "true", "user_metadata": '{"a": "b"}'}
        asset = (await client.post("/assets", data=fields, files=files)).json()["_id"]
        path = f"/knowledge-stores/{store['_id']}/items"
        item = (await client.post(path, json={"asset_id": asset})).json()
        request = {"filename": "b.mp4", "type": "video", "total_size": 10}
        upload = (await client.post("/assets/multipart-uploads", json=request)).json()
        async with httpx.AsyncClient(trust_env=False) as anyone:
            await anyone.put(upload["upload_urls"][0]["url"], content=b"x" * 10)
    server.stop()

    again = start(state_dir=tmp_path)
    async with client_of(again) as client:
        kept = (await client.get(f"/knowledge-stores/{store['_id']}")).json()
        assert kept == store | {"item_count": 1}
        assert (await client.get(f"{path}/{item['_id']}")).json()["asset_id"] == asset
        detail = (await client.get(f"/assets/{asset}")).json()
        assert detail["user_metadata"] == {"a": "b"}
        async with httpx.AsyncClient(trust_env=False) as anyone:
            assert (await anyone.get(detail["hls"]["manifest_url"])).content == mp4()
        follow_up = await ask(client, "And what happens after that?", session_id=session)
        assert "What follows" in final_part(follow_up)["text"]
        status = (await client.get(f"/assets/multipart-uploads/{upload['upload_id']}")).json()
        assert status["status"] == "active"


async def test_the_file_follows_a_change_without_a_stop(
    start: Callable[..., SandboxServer], tmp_path: Path
) -> None:
    async with client_of(start(state_dir=tmp_path)) as client:
        await client.post("/knowledge-stores", json={"name": "Mine"})
        await until((tmp_path / "state.json").exists)

    saved = json.loads((tmp_path / "state.json").read_text())
    assert "Mine" in [store["name"] for store in saved["stores"]]


async def test_what_was_deleted_of_the_sample_stays_deleted(
    start: Callable[..., SandboxServer], tmp_path: Path
) -> None:
    server = start(state_dir=tmp_path)
    async with client_of(server) as client:
        store = await store_id(client)
        await client.patch(f"/knowledge-stores/{store}", json={"name": "Renamed"})
        items = (await client.get(f"/knowledge-stores/{store}/items")).json()["data"]
        await client.delete(f"/knowledge-stores/{store}/items/{items[0]['_id']}")
        await client.delete(f"/assets/{items[1]['asset_id']}", params={"force": "true"})
    server.stop()

    async with client_of(start(state_dir=tmp_path)) as client:
        assert (await client.get(f"/knowledge-stores/{store}")).json()["name"] == "Renamed"
        left = (await client.get(f"/knowledge-stores/{store}/items")).json()["data"]
        assert [entry["_id"] for entry in left] == [items[2]["_id"]]
        assert len((await client.get("/assets")).json()["data"]) == 2


@pytest.mark.parametrize(
    "content", [b"{", b"\xff\xfe\x00", b'{"version": 99}', b'{"stores": [{"id": 3}]}', b""]
)
async def test_a_broken_state_file_is_set_aside(
    start: Callable[..., SandboxServer], tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "state.json").write_bytes(content)

    server = start(state_dir=tmp_path)

    async with client_of(server) as client:
        assert await store_id(client)
    assert (tmp_path / "state.broken-1.json").read_bytes() == content
    (record,) = [record for record in caplog.records if record.name.startswith("trackside")]
    assert record.levelno == logging.WARNING


def test_without_a_state_folder_nothing_is_left(
    start: Callable[..., SandboxServer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    server = start()
    assert len(list(tmp_path.iterdir())) == 1

    server.stop()

    assert list(tmp_path.iterdir()) == []
