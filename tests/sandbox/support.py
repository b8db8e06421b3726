"""What the sandbox's tests share: a small sample, clients, and a plain reader of event streams."""

from __future__ import annotations

import asyncio
import json
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from trackside.sandbox.server import SandboxServer

HARBOUR = """WEBVTT

00:00.000 --> 00:04.500
<v Ana>We leave the harbour at six, before the wind turns.

00:04.500 --> 00:09.000
<v Ben>The nets are mended; the café opens at dawn.

00:09.000 --> 00:14.000
<v Ana>Then the lighthouse goes dark &amp; the boats come home.
"""
MARKET = """WEBVTT

1
00:00:01.000 --> 00:00:05.000
Fish from the harbour, sold before noon.

2
00:00:05.000 --> 00:00:11.000
Bread and flowers: “the best of the week”.
"""
PLAYLIST = """#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:6
#EXTINF:6.0,
seg000.ts
#EXTINF:6.0,
seg001.ts
#EXT-X-ENDLIST
"""


def mp4(seconds: float = 12.5, size: tuple[int, int] = (640, 360)) -> bytes:
    """The boxes of an MP4 that a prober reads, without pictures."""

    def box(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I4s", 8 + len(body), name) + body

    mvhd = box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 1000, int(seconds * 1000)) + b"\0" * 80)
    tkhd = box(b"tkhd", b"\0" * 76 + struct.pack(">II", size[0] << 16, size[1] << 16))
    moov = box(b"moov", mvhd + box(b"trak", tkhd))
    return box(b"ftyp", b"isom\0\0\2\0isomiso2") + box(b"mdat", b"\0" * 4096) + moov


def build_sample(folder: Path) -> None:
    """Writes a sample of two videos, an image and a collection."""
    (folder / "harbour").mkdir()
    (folder / "harbour.mp4").write_bytes(mp4(14.0))
    (folder / "market.mp4").write_bytes(mp4(11.0))
    for name in ("harbour.png", "market.png", "poster.png"):
        (folder / name).write_bytes(
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 320, 180) + b"\x08\2\0\0\0"
        )
    (folder / "harbour.vtt").write_text(HARBOUR, "utf-8")
    (folder / "market.vtt").write_text(MARKET, "utf-8")
    (folder / "harbour" / "index.m3u8").write_text(PLAYLIST, "utf-8")
    for number in (0, 1):
        (folder / "harbour" / f"seg00{number}.ts").write_bytes(b"\x47" * 188 * (number + 1))
    clip = {"duration_s": 14.0, "width": 640, "height": 360, "fps": 25.0}
    manifest = {
        "store": {"name": "Sample", "description": "A morning by the sea"},
        "clips": [
            clip | {"name": "harbour", "filename": "harbour.mp4", "title": "Harbour at dawn",
                    "captions": "harbour.vtt", "thumbnail": "harbour.png", "playlist": "harbour/index.m3u8"},
            clip | {"name": "market", "filename": "market.mp4", "title": "Market day", "duration_s": 11.0,
                    "captions": "market.vtt", "thumbnail": "market.png", "playlist": None},
        ],
        "images": [{"name": "poster", "filename": "poster.png", "title": "Regatta poster",
                    "text": "A poster announcing the regatta in June", "thumbnail": "poster.png",
                    "width": 320, "height": 180}],
        "collections": [{"name": "Sea", "description": "By the water", "members": ["harbour", "poster"]}],
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")


def client_of(server: SandboxServer, key: str = "test-key") -> httpx.AsyncClient:
    """A client of this server; an empty key sends none."""
    headers = {"x-api-key": key} if key else {}
    return httpx.AsyncClient(base_url=server.base_url, headers=headers, timeout=10, trust_env=False)


async def store_id(client: httpx.AsyncClient) -> str:
    """The sample store's id."""
    stores = (await client.get("/knowledge-stores")).json()["data"]
    return next(store["_id"] for store in stores if store["name"] == "Sample")


def question(store: str, asked: str, /, **more: Any) -> dict[str, Any]:
    """The body of a question."""
    return {
        "knowledge_store_id": store,
        "input": [{"type": "message", "role": "user", "content": asked}],
        **more,
    }


async def ask(
    client: httpx.AsyncClient, asked: str, /, *, headers: Any = None, **more: Any
) -> dict[str, Any]:
    """The whole response to a question about the sample."""
    body = question(await store_id(client), asked, **more)
    response = await client.post("/responses", json=body, headers=headers)
    assert response.status_code == 200, response.text
    return response.json()  # type: ignore[no-any-return]


async def stream(
    client: httpx.AsyncClient, asked: str, /, *, fault: str = "", headers: Any = None, **more: Any
) -> bytes:
    """The bytes of a streamed answer."""
    body = question(await store_id(client), asked, stream=True, **more)
    sent = dict(headers or {}) | ({"X-Sandbox-Fault": fault} if fault else {})
    response = await client.post("/responses", json=body, headers=sent)
    assert response.status_code == 200, response.text
    return response.content


def frames(content: bytes) -> list[tuple[str, str]]:
    """(event, data) of every frame of a body with plain line ends."""
    found = []
    for frame in content.decode("utf-8").split("\n\n"):
        fields = {"event": "", "data": ""}
        for line in frame.split("\n"):
            name, _, value = line.partition(": ")
            if name in fields:
                fields[name] = value
        if frame:
            found.append((fields["event"], fields["data"]))
    return found


def events(content: bytes) -> list[dict[str, Any]]:
    """The events of a body, without [DONE] and keep-alives."""
    return [json.loads(data) for event, data in frames(content) if data not in ("", "[DONE]")]


def final_part(response: dict[str, Any]) -> dict[str, Any]:
    """The text part of the final answer."""
    return response["output"][-1]["content"][0]  # type: ignore[no-any-return]


def deltas(told: list[dict[str, Any]], output_index: int | None = None) -> str:
    """The joined deltas, of one output item or of all."""
    return "".join(
        event["delta"]
        for event in told
        if event["type"] == "response.output_text.delta" and output_index in (None, event.get("output_index"))
    )


async def until(condition: Callable[[], object], limit_s: float = 5.0) -> None:
    """Waits for something the server does on its own thread."""
    end_s = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end_s, "It did not happen in time"
        await asyncio.sleep(0.001)
