"""Starting, stopping, keys, pace, and what the server says about itself."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from sandbox.support import (
    ask,
    client_of,
    final_part,
    frames,
    mp4,
    question,
    store_id,
    stream,
    until,
)
from trackside.sandbox.server import SandboxServer


def sandbox_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith(("trackside", "asyncio"))]


def drafts(state_dir: Path) -> list[Path]:
    return list((state_dir / "files").glob("*.part"))


def test_importing_the_sandbox_imports_no_web_server() -> None:
    code = (
        "import sys, trackside.sandbox.server, trackside.sandbox.faults\n"
        "found = {'starlette', 'uvicorn', 'h11', 'PySide6', 'httpx'} & set(sys.modules)\n"
        "own = {name for name in sys.modules if name.startswith('trackside.')}\n"
        "assert not found, found\n"
        "assert all(name.startswith('trackside.sandbox') for name in own), own\n"
    )
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    )


def test_start_gives_the_base_address_and_stop_leaves_nothing(sample_dir: Path) -> None:
    before = len(sandbox_threads())
    server = SandboxServer(sample_dir=sample_dir)
    assert server.base_url == ""

    base_url = server.start()

    assert base_url == server.base_url == server.start()
    assert base_url.startswith("http://127.0.0.1:")
    assert base_url.endswith("/v1.3")
    server.stop()
    server.stop()
    assert len(sandbox_threads()) == before
    port = int(base_url.split(":")[2].removesuffix("/v1.3"))
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_taken_port_is_an_error_of_start(start: Callable[..., SandboxServer]) -> None:
    port = int(start().base_url.split(":")[2].removesuffix("/v1.3"))

    with pytest.raises(OSError):
        SandboxServer(port=port).start()


def test_a_stopped_port_can_be_used_again(start: Callable[..., SandboxServer]) -> None:
    server = start()
    port = int(server.base_url.split(":")[2].removesuffix("/v1.3"))
    httpx.get(f"{server.base_url}/knowledge-stores", headers={"x-api-key": "k"}, trust_env=False)
    server.stop()

    assert start(port=port).base_url == f"http://127.0.0.1:{port}/v1.3"


def test_a_broken_manifest_is_an_error_of_start(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{")

    server = SandboxServer(sample_dir=tmp_path)

    with pytest.raises(ValueError, match="truncated"):
        server.start()
    server.stop()


def test_without_a_sample_the_account_is_empty(start: Callable[..., SandboxServer], tmp_path: Path) -> None:
    server = start(sample_dir=tmp_path / "nowhere")

    answer = httpx.get(f"{server.base_url}/knowledge-stores", headers={"x-api-key": "k"}, trust_env=False)

    assert answer.json()["data"] == []


async def test_stop_ends_open_streams_quickly_and_quietly(
    start: Callable[..., SandboxServer], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    server = start(pace_tokens_s=5.0)
    async with client_of(server) as client:
        body = question(await store_id(client), "/long 50", stream=True)
        async with client.stream("POST", "/responses", json=body) as response:
            pieces = response.aiter_raw()
            await anext(pieces)
            begun = time.monotonic()
            await asyncio.to_thread(server.stop)
            assert time.monotonic() - begun < 1.0
            with pytest.raises(httpx.HTTPError):
                async for _ in pieces:
                    pass

    assert server.open_streams == 0
    assert server.disconnects == []
    assert [
        record for record in caplog.records if record.name.startswith(("uvicorn", "trackside", "asyncio"))
    ] == []


@pytest.mark.parametrize(("key", "status"), [("", 401), ("sandbox-invalid", 401), ("any", 200)])
async def test_keys(shared: SandboxServer, key: str, status: int) -> None:
    async with client_of(shared, key) as client:
        response = await client.get("/knowledge-stores")

    assert response.status_code == status
    if status == 401:
        assert response.json()["code"] == "api_key_invalid"


async def test_a_key_without_jockey_has_assets_only(shared: SandboxServer) -> None:
    async with client_of(shared, "sandbox-no-jockey") as client:
        assert (await client.get("/assets")).status_code == 200
        for answer in (
            await client.get("/knowledge-stores"),
            await client.post("/responses", json=question("ks_x", "hi")),
        ):
            assert answer.status_code == 404
            assert answer.json()["code"] == "endpoint_not_exists"


async def test_unknown_paths_and_methods(client: httpx.AsyncClient, shared: SandboxServer) -> None:
    missing = await client.get("/indexes")
    assert (missing.status_code, missing.json()["code"]) == (404, "endpoint_not_exists")

    outside = await client.get(shared.base_url.removesuffix("/v1.3") + "/v1.2/assets")
    assert (outside.status_code, outside.json()["code"]) == (404, "endpoint_not_exists")

    wrong = await client.delete("/knowledge-stores")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")


async def test_requests_are_recorded_without_their_keys(start: Callable[..., SandboxServer]) -> None:
    server = start()
    async with client_of(server, "very-secret") as client:
        store = await store_id(client)
        await client.post("/responses", json=question(store, "harbour", instructions="be kind"))
        await client.post("/responses", json={"nothing": True})
    async with client_of(server, "") as client:
        await client.get("/assets")

    first, asked, wrong, keyless = server.requests
    assert (first.method, first.path, first.status, first.has_key) == (
        "GET",
        "/v1.3/knowledge-stores",
        200,
        True,
    )
    assert isinstance(asked.body, dict)
    assert asked.body["instructions"] == "be kind"
    assert (wrong.status, wrong.body) == (400, {"nothing": True})
    assert (keyless.status, keyless.has_key) == (401, False)
    assert "very-secret" not in repr(server.requests)


async def test_pace_can_be_changed_while_an_answer_streams(start: Callable[..., SandboxServer]) -> None:
    server = start(pace_tokens_s=20.0)
    async with client_of(server) as client:
        body = question(await store_id(client), "/long 5", stream=True)
        async with client.stream("POST", "/responses", json=body) as response:
            pieces = response.aiter_raw()
            await anext(pieces)
            server.set_pace(0)
            rest = [piece async for piece in pieces]

    assert b"[DONE]" in rest[-1]


async def test_every_event_leaves_at_once(start: Callable[..., SandboxServer]) -> None:
    server = start(pace_tokens_s=100.0)
    async with client_of(server) as client:
        body = question(await store_id(client), "/echo one two three four", stream=True)
        arrivals = []
        async with client.stream("POST", "/responses", json=body) as response:
            async for piece in response.aiter_raw():
                if b"output_text.delta" in piece:
                    arrivals.append(time.monotonic())

    assert len(arrivals) == 4
    assert arrivals == sorted(arrivals)


async def test_thinking_shows_signs_of_life_in_their_forms(client: httpx.AsyncClient) -> None:
    content = await stream(client, "/think 0.1 harbour")

    opening = content.partition(b"event: response.output_item.added")[0]
    assert b'data: {"type":"keepalive"' in opening
    assert b"event: keepalive\n\n" in opening
    assert b"\n: keep-alive\n\n" in opening


async def test_echo_comes_back_verbatim(client: httpx.AsyncClient) -> None:
    text = "  a\n\n**b** \u2028 [00:00-00:09] <vref id='x'/> 👩‍👩‍👧 \ue200cite\ue202x\ue201  "

    told = frames(await stream(client, "/echo " + text))

    assert told
    whole = await client.post("/responses", json=question(await store_id(client), "/echo " + text))
    assert whole.json()["output"][0]["content"][0]["text"] == text


async def test_long_has_about_the_size_asked_for_and_repeats(client: httpx.AsyncClient) -> None:
    asked = question(await store_id(client), "/long 40")

    texts = [
        (await client.post("/responses", json=asked)).json()["output"][0]["content"][0]["text"]
        for _ in range(2)
    ]

    assert texts[0] == texts[1]
    assert 39 * 1024 < len(texts[0].encode()) <= 40 * 1024
    for mark in ("## ", "\n1. ", "| Clip", "```python", "> “"):
        assert mark in texts[0]


def zipped(folder: Path, archive: Path) -> Path:
    with zipfile.ZipFile(archive, "w") as file:
        for path in folder.rglob("*"):
            file.write(path, f"sample/{path.relative_to(folder).as_posix()}")
    return archive


async def test_a_sample_inside_an_archive_is_served(
    start: Callable[..., SandboxServer], sample_dir: Path, tmp_path: Path
) -> None:
    archive = zipped(sample_dir, tmp_path / "package.zip")
    with zipfile.ZipFile(archive) as opened:
        server = start(sample_dir=zipfile.Path(opened, "sample/"))
        async with client_of(server) as client:
            assert "lighthouse goes dark" in final_part(await ask(client, "lighthouse"))["text"]
            (asset,) = (await client.get("/assets", params={"filename": "harbour"})).json()["data"]
            playlist = (await client.get(asset["hls"]["manifest_url"])).text
            segment = playlist.splitlines()[4]
            assert (await client.get(segment)).content == b"\x47" * 188
        server.stop()


async def test_stop_cuts_uploads_and_downloads(start: Callable[..., SandboxServer], tmp_path: Path) -> None:
    server = start(state_dir=tmp_path)

    async def endless() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n'
        while True:
            yield b"\0" * 1000
            await asyncio.sleep(0.01)

    async with client_of(server) as client:
        files = {"file": ("big.mp4", mp4() + b"\0" * 30_000_000)}
        asset = (
            await client.post("/assets", data={"method": "direct", "enable_hls": "true"}, files=files)
        ).json()
        address = (await client.get(f"/assets/{asset['_id']}")).json()["hls"]["manifest_url"]
        headers = {"content-type": "multipart/form-data; boundary=b"}
        sending = asyncio.create_task(client.post("/assets", content=endless(), headers=headers))
        await until(lambda: drafts(tmp_path))
        async with client.stream("GET", address) as response:
            await anext(response.aiter_raw())
            begun = time.monotonic()
            await asyncio.to_thread(server.stop)
            assert time.monotonic() - begun < 1.0
        with pytest.raises(httpx.HTTPError):
            await sending

    assert not drafts(tmp_path)
