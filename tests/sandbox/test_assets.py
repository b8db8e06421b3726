"""Assets: direct and by address, multipart uploads, media with ranges and signatures."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.support import client_of, mp4, store_id, until
from trackside.sandbox.limits import Limits
from trackside.sandbox.server import SandboxServer


@pytest.fixture
async def anyone() -> AsyncIterator[httpx.AsyncClient]:
    """A client without a key."""
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


async def upload(
    client: httpx.AsyncClient, name: str = "clip.mp4", content: bytes | None = None, **fields: str
) -> dict[str, Any]:
    files = {"file": (name, mp4() if content is None else content)}
    response = await client.post("/assets", data={"method": "direct", **fields}, files=files)
    assert response.status_code == 201, response.text
    return (await client.get(f"/assets/{response.json()['_id']}")).json()  # type: ignore[no-any-return]


async def test_a_direct_upload_becomes_ready(client: httpx.AsyncClient) -> None:
    asset = await upload(
        client, enable_hls="true", enable_thumbnail="true", user_metadata='{"take": 3, "x": ""}'
    )

    assert len(asset["_id"]) == 24
    assert int(asset["_id"], 16)
    assert (asset["method"], asset["status"], asset["file_type"]) == ("direct", "ready", "video/mp4")
    assert (asset["size"], asset["duration"]) == (len(mp4()), 12.5)
    assert asset["user_metadata"] == {"take": 3}
    assert asset["technical_metadata"]["video_width"] == 640
    assert asset["hls"]["status"] == asset["thumbnail"]["status"] == "ready"


async def test_uploaded_media_is_served_as_it_came(
    client: httpx.AsyncClient, anyone: httpx.AsyncClient
) -> None:
    asset = await upload(client, enable_hls="true", enable_thumbnail="true")

    video = await anyone.get(asset["hls"]["manifest_url"])
    picture = await anyone.get(asset["thumbnail"]["representative_url"])

    assert (video.content, video.headers["content-type"]) == (mp4(), "video/mp4")
    assert (picture.content[:8], picture.headers["content-type"]) == (b"\x89PNG\r\n\x1a\n", "image/png")


async def test_without_the_flags_there_is_nothing_to_play(client: httpx.AsyncClient) -> None:
    asset = await upload(client)

    assert "hls" not in asset
    assert "thumbnail" not in asset


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("clip.mp4", b"not a video at all", "not a video"),
        ("clip.mp4", b"", "empty"),
        ("a.exe", b"MZ", "damaged"),
    ],
)
async def test_unreadable_files_fail_with_a_reason(
    client: httpx.AsyncClient, name: str, content: bytes, says: str
) -> None:
    asset = await upload(client, name, content)

    assert asset["status"] == "failed"
    assert says in asset["error"]["message"]


@pytest.mark.parametrize(
    ("name", "head", "kind"),
    [
        ("a.png", b"\x89PNG\r\n\x1a\n", "image"),
        ("a.jpg", b"\xff\xd8\xff\xe0", "image"),
        ("a.mp3", b"ID3\x04", "audio"),
        ("a.wav", b"RIFF\0\0\0\0WAVE", "audio"),
        ("a.webm", b"\x1aE\xdf\xa3", "video"),
    ],
)
async def test_kinds_are_told_by_the_first_bytes(
    client: httpx.AsyncClient, name: str, head: bytes, kind: str
) -> None:
    asset = await upload(client, name, head + b"\0" * 64)

    listed = await client.get("/assets", params={"asset_types": kind, "asset_ids": asset["_id"]})

    assert [entry["_id"] for entry in listed.json()["data"]] == [asset["_id"]]
    assert asset["status"] == "ready"


async def test_assets_are_found_by_name_and_id(client: httpx.AsyncClient) -> None:
    asset = await upload(client, "Löwe im Zoo.MP4")

    by_name = (await client.get("/assets", params={"filename": "zoo"})).json()["data"]
    by_ids = (await client.get("/assets", params={"asset_ids": ["0" * 24, asset["_id"]]})).json()["data"]

    assert [entry["filename"] for entry in by_name] == ["Löwe im Zoo.MP4"]
    assert [entry["_id"] for entry in by_ids] == [asset["_id"]]


async def test_a_used_asset_is_deleted_by_force_alone(client: httpx.AsyncClient) -> None:
    asset = (await upload(client))["_id"]
    store = (await client.post("/knowledge-stores", json={"name": "s"})).json()["_id"]
    await client.post(f"/knowledge-stores/{store}/items", json={"asset_id": asset})

    refused = await client.delete(f"/assets/{asset}")
    assert (refused.status_code, refused.json()["code"]) == (409, "resource_in_use")
    forced = await client.delete(f"/assets/{asset}", params={"force": "true"})
    assert (forced.status_code, forced.content) == (200, b"")
    assert (await client.get(f"/assets/{asset}")).status_code == 404
    assert (await client.get(f"/knowledge-stores/{store}/items")).json()["data"] == []


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "method"),
        ({"method": "post"}, "method"),
        ({"method": "direct"}, "file"),
        ({"method": "url"}, "url"),
        ({"method": "url", "url": "https://example.com/a.mp4"}, "on this computer only"),
        ({"method": "url", "url": "file:///etc/passwd"}, "http"),
        ({"method": "url", "url": "https://localhost/a.mp4"}, "http addresses only"),
        ({"method": "url", "url": "http://127.0.0.1:1/a.mp4"}, "could not be fetched"),
    ],
)
async def test_wrong_forms_are_refused(client: httpx.AsyncClient, fields: dict[str, str], says: str) -> None:
    response = await client.post(
        "/assets", files={name: (None, value) for name, value in fields.items()} or {"x": (None, "y")}
    )

    assert response.status_code == 400
    assert says in response.json()["message"]


async def test_wrong_fields_beside_a_file_are_refused(client: httpx.AsyncClient) -> None:
    files = {"file": ("clip.mp4", mp4())}
    for wrong in ({"user_metadata": "{"}, {"user_metadata": "[]"}, {"enable_hls": "maybe"}):
        response = await client.post("/assets", data={"method": "direct", **wrong}, files=files)
        assert response.status_code == 400


async def test_an_asset_by_address_is_fetched(shared: SandboxServer, client: httpx.AsyncClient) -> None:
    source = await upload(client, "source.mp4", enable_hls="true")

    created = await client.post(
        "/assets", files={"method": (None, "url"), "url": (None, source["hls"]["manifest_url"])}
    )

    assert created.status_code == 201, created.text
    asset = (await client.get(f"/assets/{created.json()['_id']}")).json()
    assert (asset["method"], asset["size"], asset["status"]) == ("url", len(mp4()), "ready")
    assert asset["filename"].endswith(".mp4")


async def test_an_address_that_answers_otherwise_is_refused(
    shared: SandboxServer, client: httpx.AsyncClient
) -> None:
    form = {"method": (None, "url"), "url": (None, f"{shared.base_url}/assets")}

    response = await client.post("/assets", files=form)

    assert response.status_code == 400
    assert "answered 401" in response.json()["message"]


async def test_uploads_beyond_the_limits_are_refused(start: Callable[..., SandboxServer]) -> None:
    server = start()
    server.set_limits(Limits(direct_upload=8_000, image=2_000))
    async with client_of(server) as client:
        for name, content in (("big.mp4", b"\0" * 9_000), ("big.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 3_000)):
            files = {"file": (name, content)}
            response = await client.post("/assets", data={"method": "direct"}, files=files)
            assert (response.status_code, response.json()["code"]) == (413, "payload_too_large")
        assert len((await client.get("/assets")).json()["data"]) == 3


async def test_an_upload_given_up_midway_leaves_no_file(
    start: Callable[..., SandboxServer], tmp_path: Path
) -> None:
    server = start(state_dir=tmp_path)

    async def half() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n' + b"\0" * 70_000
        await asyncio.sleep(30)

    async with client_of(server) as client:
        headers = {"content-type": "multipart/form-data; boundary=b"}
        sending = asyncio.create_task(client.post("/assets", content=half(), headers=headers))
        await until(lambda: list((tmp_path / "files").glob("*.part")))
        sending.cancel()
        await asyncio.wait([sending])
        await until(lambda: not list((tmp_path / "files").iterdir()))
        assert len((await client.get("/assets")).json()["data"]) == 3


async def test_captions_beside_a_video_are_quoted(client: httpx.AsyncClient) -> None:
    store = (await client.post("/knowledge-stores", json={"name": "s"})).json()["_id"]
    asset = await upload(client, "Interview.mp4")
    item = (await client.post(f"/knowledge-stores/{store}/items", json={"asset_id": asset["_id"]})).json()
    captions = b"1\r\n00:00:02,000 --> 00:00:04,500\r\nA zebra crosses the road.\r\n\r\n"
    notes = await upload(client, "interview.SRT", captions)
    assert notes["status"] == "ready"

    body = {"knowledge_store_id": store, "input": [{"type": "message", "role": "user", "content": "zebra?"}]}
    part = (await client.post("/responses", json=body)).json()["output"][0]["content"][0]

    assert "A zebra crosses the road." in part["text"]
    (note,) = part["annotations"]
    assert (note["item_id"], note["start_sec"], note["end_sec"]) == (item["_id"], 2.0, 4.5)


def chunks_of(content: bytes, size: int) -> list[bytes]:
    return [content[start : start + size] for start in range(0, len(content), size)]


async def test_a_multipart_upload_from_start_to_asset(
    start: Callable[..., SandboxServer], anyone: httpx.AsyncClient
) -> None:
    server = start()
    server.set_limits(Limits(chunk=1_000, presigned_at_first=2))
    content = mp4()
    async with client_of(server) as client:
        request = {"filename": "long.mp4", "type": "video", "total_size": len(content), "enable_hls": True}
        created = await client.post("/assets/multipart-uploads", json=request)
        assert created.status_code == 201
        opened = created.json()
        pieces = chunks_of(content, opened["chunk_size"])
        assert opened["total_chunks"] == len(pieces)
        assert [entry["chunk_index"] for entry in opened["upload_urls"]] == [1, 2]
        path = f"/assets/multipart-uploads/{opened['upload_id']}"
        more = await client.post(f"{path}/presigned-urls", json={"start": 3, "count": 50})
        assert more.json()["count"] == len(pieces) - 2
        addresses = {e["chunk_index"]: e["url"] for e in opened["upload_urls"] + more.json()["upload_urls"]}

        reports = []
        for index in reversed(range(1, len(pieces) + 1)):
            sent = await anyone.put(addresses[index], content=pieces[index - 1])
            etag = sent.headers["etag"]
            assert etag.strip('"') == hashlib.md5(pieces[index - 1]).hexdigest()
            reports.append(
                {
                    "chunk_index": index,
                    "proof": etag,
                    "proof_type": "etag",
                    "chunk_size": len(pieces[index - 1]),
                }
            )

        first = (await client.post(path, json={"completed_chunks": reports[:2]})).json()
        assert (first["processed_chunks"], first["total_completed"]) == (2, 2)
        assert "url" not in first
        status = (await client.get(path, params={"page_limit": 50})).json()
        assert (status["status"], status["chunks_completed"], status["chunks_pending"]) == (
            "active",
            2,
            len(pieces) - 2,
        )
        assert {entry["status"] for entry in status["uploaded_chunks"]} == {"completed", "pending"}
        (waiting,) = (await client.get("/assets/multipart-uploads")).json()["data"]
        assert waiting["upload_id"] == opened["upload_id"]

        last = (await client.post(path, json={"completed_chunks": reports})).json()
        assert (last["processed_chunks"], last["duplicate_chunks"]) == (len(pieces) - 2, 2)
        assert last["url"].endswith(f"/v1.3/assets/{opened['asset_id']}")
        assert (await client.get(path)).json()["status"] == "completed"
        assert (await client.get("/assets/multipart-uploads")).json()["data"] == []
        asset = (await client.get(f"/assets/{opened['asset_id']}")).json()
        assert (asset["method"], asset["status"], asset["duration"]) == ("multipart", "ready", 12.5)
        assert (await anyone.get(asset["hls"]["manifest_url"])).content == content


async def test_wrong_chunks_are_refused(
    start: Callable[..., SandboxServer], anyone: httpx.AsyncClient
) -> None:
    server = start()
    server.set_limits(Limits(chunk=1_000))
    async with client_of(server) as client:
        request = {"filename": "a.mp4", "type": "video", "total_size": 1_500}
        opened = (await client.post("/assets/multipart-uploads", json=request)).json()
        path = f"/assets/multipart-uploads/{opened['upload_id']}"
        first = opened["upload_urls"][0]["url"]

        assert (await anyone.put(first, content=b"x" * 1_001)).status_code == 413
        assert (await anyone.put(first.replace("/1?", "/2?"), content=b"x")).status_code == 403
        short = (await anyone.put(first, content=b"x" * 10)).headers["etag"]
        report = {"chunk_index": 1, "proof": short, "proof_type": "etag", "chunk_size": 10}
        for wrong in (
            report,
            report | {"proof": "0"},
            report | {"chunk_index": 2},
            report | {"proof_type": "md5"},
        ):
            answer = await client.post(path, json={"completed_chunks": [wrong]})
            assert answer.status_code == 400
        for start_index, count in ((0, 1), (3, 1), (1, 0), (1, 51)):
            body = {"start": start_index, "count": count}
            assert (await client.post(f"{path}/presigned-urls", json=body)).status_code == 400


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"total_size": 0}, 400), ({"total_size": 11 * 1024**3}, 413), ({"type": "text"}, 400),
     ({"filename": " "}, 400),
     ({"type": "image", "total_size": 33 * 1024**2}, 413)],
)  # fmt: skip
async def test_wrong_uploads_are_refused(
    client: httpx.AsyncClient, changes: dict[str, Any], status: int
) -> None:
    request = {"filename": "a.mp4", "type": "video", "total_size": 10} | changes

    assert (await client.post("/assets/multipart-uploads", json=request)).status_code == status
    assert (await client.get("/assets/multipart-uploads/nothing")).status_code == 404


async def test_expired_addresses_are_refused_and_renewed(
    start: Callable[..., SandboxServer], anyone: httpx.AsyncClient
) -> None:
    server = start()
    server.set_limits(Limits(chunk_url_s=-1.0, media_url_s=-1.0))
    async with client_of(server) as client:
        request = {"filename": "a.mp4", "type": "video", "total_size": 10}
        opened = (await client.post("/assets/multipart-uploads", json=request)).json()
        assert (await anyone.put(opened["upload_urls"][0]["url"], content=b"x" * 10)).status_code == 403
        (asset, *_) = (await client.get("/assets")).json()["data"]
        expired = await anyone.get(asset["thumbnail"]["representative_url"])
        assert (expired.status_code, "expired" in expired.json()["message"]) == (403, True)

        server.set_limits(replace(Limits(), upload_s=3600))
        path = f"/assets/multipart-uploads/{opened['upload_id']}/presigned-urls"
        renewed = (await client.post(path, json={"start": 1, "count": 1})).json()["upload_urls"][0]["url"]
        assert (await anyone.put(renewed, content=b"x" * 10)).status_code == 200
        (asset, *_) = (await client.get("/assets")).json()["data"]
        assert (await anyone.get(asset["thumbnail"]["representative_url"])).status_code == 200


async def test_an_expired_upload_takes_nothing(
    start: Callable[..., SandboxServer], anyone: httpx.AsyncClient
) -> None:
    server = start()
    server.set_limits(Limits(upload_s=0.0))
    async with client_of(server) as client:
        request = {"filename": "a.mp4", "type": "video", "total_size": 10}
        opened = (await client.post("/assets/multipart-uploads", json=request)).json()
        path = f"/assets/multipart-uploads/{opened['upload_id']}"
        assert (await client.get(path)).json()["status"] == "expired"
        assert (await anyone.put(opened["upload_urls"][0]["url"], content=b"x" * 10)).status_code == 400
        assert (await client.post(path, json={"completed_chunks": []})).status_code == 400


@pytest.mark.parametrize(
    ("header", "status", "span"),
    [
        ("bytes=0-9", 206, (0, 9)),
        ("bytes=100-", 206, (100, None)),
        ("bytes=-5", 206, (-5, None)),
        ("bytes=0-999999", 206, (0, None)),
        ("bytes=-", 200, None),
        ("bytes=1-2,4-5", 200, None),
        ("lines=1-2", 200, None),
        ("bytes=999999-", 416, None),
    ],
)
async def test_ranges(
    client: httpx.AsyncClient,
    anyone: httpx.AsyncClient,
    header: str,
    status: int,
    span: tuple[int, int | None] | None,
) -> None:
    assets = (await client.get("/assets", params={"filename": "market"})).json()["data"]
    address, whole = assets[0]["hls"]["manifest_url"], mp4(11.0)

    answer = await anyone.get(address, headers={"range": header})

    assert answer.status_code == status
    assert answer.headers["accept-ranges"] == "bytes"
    if status == 206 and span:
        expected = whole[span[0] :] if span[1] is None else whole[span[0] : span[1] + 1]
        assert answer.content == expected
        first = span[0] if span[0] >= 0 else len(whole) + span[0]
        assert answer.headers["content-range"] == f"bytes {first}-{first + len(expected) - 1}/{len(whole)}"
    elif status == 200:
        assert answer.content == whole
    else:
        assert answer.headers["content-range"] == f"bytes */{len(whole)}"


async def test_a_playlist_leads_to_its_segments(client: httpx.AsyncClient, anyone: httpx.AsyncClient) -> None:
    (asset,) = (await client.get("/assets", params={"filename": "harbour"})).json()["data"]

    playlist = await anyone.get(asset["hls"]["manifest_url"])

    assert playlist.headers["content-type"] == "application/vnd.apple.mpegurl"
    segments = [line for line in playlist.text.splitlines() if not line.startswith("#")]
    assert len(segments) == 2
    for number, address in enumerate(segments, 1):
        segment = await anyone.get(address)
        assert (segment.status_code, len(segment.content)) == (200, 188 * number)
        assert segment.headers["content-type"] == "video/mp2t"
    head = await anyone.head(segments[0])
    assert (head.status_code, head.headers["content-length"], head.content) == (200, "188", b"")


async def test_media_opens_with_its_signature_alone(
    client: httpx.AsyncClient, anyone: httpx.AsyncClient
) -> None:
    (asset,) = (await client.get("/assets", params={"filename": "harbour"})).json()["data"]
    address = asset["hls"]["manifest_url"]
    path, _, query = address.partition("?")

    assert (await anyone.get(path)).status_code == 403
    assert (await anyone.get(f"{path}?{query[:-1]}")).status_code == 403
    assert (await anyone.get(address.replace("index.m3u8", "seg000.ts"))).status_code == 403
    assert (await anyone.get(address.replace("expires=", "expires=9"))).status_code == 403
    assert (await anyone.get(path, headers={"x-api-key": "k"})).status_code == 403


async def test_deleted_media_is_gone(client: httpx.AsyncClient, anyone: httpx.AsyncClient) -> None:
    asset = await upload(client, enable_hls="true")
    await client.delete(f"/assets/{asset['_id']}")

    assert (await anyone.get(asset["hls"]["manifest_url"])).status_code == 404


async def search(client: httpx.AsyncClient, **body: Any) -> httpx.Response:
    return await client.post(f"/knowledge-stores/{await store_id(client)}/search", json=body)


async def test_search_ranks_clips_and_images(client: httpx.AsyncClient) -> None:
    found = (await search(client, query={"text": "harbour regatta"}, include_metadata=True)).json()

    assert [hit["rank"] for hit in found["data"]] == list(range(1, len(found["data"]) + 1))
    image, *_ = [hit for hit in found["data"] if hit["asset_type"] == "image"]
    video, *_ = [hit for hit in found["data"] if hit["asset_type"] == "video"]
    assert "matches" not in image
    assert "harbour" in video["matches"][0]["transcription"]
    assert video["matches"][0]["end_sec"] > video["matches"][0]["start_sec"]
    assert video["matches"][0]["modalities"] == ["visual"]
    assert video["metadata"]["system"]["duration"] in (11.0, 14.0)
    assert found["effective_search_options"] == {"video": {"modalities": ["visual"]}}
    assert "next_page_token" not in found


async def test_search_filters_and_groups(client: httpx.AsyncClient) -> None:
    images = await search(client, query={"text": "harbour regatta"}, filter={"asset_type": {"eq": "image"}})
    assert {hit["asset_type"] for hit in images.json()["data"]} == {"image"}

    options = {"video": {"modalities": ["audio", "visual"]}}
    grouped = await search(
        client, query={"text": "harbour dawn week"}, group_by="item", search_options=options
    )
    ids = [hit["item_id"] for hit in grouped.json()["data"]]
    assert len(ids) == len(set(ids)) == 2
    assert max(len(hit["matches"]) for hit in grouped.json()["data"]) > 1
    assert grouped.json()["effective_search_options"] == options

    one = await search(client, query={"text": "harbour dawn week"}, filter={"item_id": {"in": ids[:1]}})
    assert {hit["item_id"] for hit in one.json()["data"]} == {ids[0]}


async def test_search_pages_by_token(client: httpx.AsyncClient) -> None:
    query: dict[str, Any] = {"query": {"text": "harbour dawn week"}, "page_size": 1}
    hits, token = [], None
    while True:
        page = (await search(client, **query, **({"page_token": token} if token else {}))).json()
        hits += page["data"]
        token = page.get("next_page_token")
        if token is None:
            break

    assert [hit["rank"] for hit in hits] == list(range(1, len(hits) + 1))
    assert len(hits) > 2
    first = (await search(client, **query)).json()["next_page_token"]
    for wrong in (first[:-1], "x", ""):
        assert (await search(client, **query, page_token=wrong)).status_code == 400
    assert (await search(client, query={"text": "bread"}, page_size=1, page_token=first)).status_code == 400


async def test_an_old_page_token_is_gone(start: Callable[..., SandboxServer]) -> None:
    server = start()
    server.set_limits(Limits(page_token_s=-1.0))
    async with client_of(server) as client:
        query: dict[str, Any] = {"query": {"text": "harbour dawn week"}, "page_size": 1}
        token = (await search(client, **query)).json()["next_page_token"]

        assert (await search(client, **query, page_token=token)).status_code == 410


@pytest.mark.parametrize(
    "body",
    [{}, {"query": {}}, {"query": {"text": " "}}, {"query": {"text": "a"}, "page_size": 51},
     {"query": {"text": "a"}, "group_by": "clip"},
     {"query": {"text": "a"}, "search_options": {"video": {"modalities": []}}}],
)  # fmt: skip
async def test_wrong_searches_are_refused(client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    assert (await search(client, **body)).status_code == 400
    missing = await client.post("/knowledge-stores/ks_x/search", json=body)
    assert missing.status_code == 404
