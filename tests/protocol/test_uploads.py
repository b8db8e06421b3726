"""Uploads against a small service with a storage host beside it."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from protocol.asking import KEY, connection
from protocol.raw_server import Exchange, RawServer, raw_server
from trackside.domain.connection import ExtraHeader, Secrets
from trackside.domain.failure import FailureKind, FailureLayer, TracksideError
from trackside.domain.source import ReadyState, Upload, UploadChunk
from trackside.protocol import uploads
from trackside.protocol.client import ServiceClient
from trackside.protocol.uploads import send_chunks, upload_file, upload_url

ASSET = {"_id": "65f0c3a2b1d4e5f60718293a", "status": "processing"}
CHUNK = 1000


class FakeService:
    """Takes assets and multipart uploads; its storage is another server, with addresses that expire."""

    def __init__(self) -> None:
        self.size = 0
        self.parts: dict[int, bytes] = {}
        self.reported: dict[int, dict[str, object]] = {}
        self.created: dict[str, object] = {}
        self.form = b""
        self.expired: set[int] = set()
        self.renewals: list[int] = []
        self.refuse_part: tuple[int, int] | None = None
        self.addresses_at_once = 100
        self.pages_repeat = False
        self.storage_url = ""

    @property
    def total(self) -> int:
        return -(-self.size // CHUNK)

    def addresses(self, start: int, *, fresh: bool = False) -> list[dict[str, object]]:
        count = min(self.addresses_at_once, self.total - start + 1)
        mark = "fresh" if fresh else "first"
        return [
            {"chunk_index": n, "url": f"{self.storage_url}/part/{n}?sig={mark}"}
            for n in range(start, start + count)
        ]

    async def api(self, exchange: Exchange) -> None:
        assert exchange.header("x-api-key") == KEY
        path = exchange.target.removeprefix("/v1.3")
        match exchange.method, path.partition("?")[0]:
            case "POST", "/assets":
                self.form = exchange.body
                answer: object = ASSET
            case "POST", "/assets/multipart-uploads":
                self.created = json.loads(exchange.body)
                self.size = int(str(self.created["total_size"]))
                answer = {
                    "upload_id": "up/1",
                    "asset_id": ASSET["_id"],
                    "chunk_size": CHUNK,
                    "total_chunks": self.total,
                    "upload_urls": self.addresses(1),
                    "upload_headers": {"x-storage": "yes"},
                }
            case "POST", "/assets/multipart-uploads/up%2F1/presigned-urls":
                start = json.loads(exchange.body)["start"]
                self.renewals.append(start)
                answer = {"upload_urls": self.addresses(start, fresh=True)}
            case "POST", "/assets/multipart-uploads/up%2F1":
                for chunk in json.loads(exchange.body)["completed_chunks"]:
                    self.reported[chunk["chunk_index"]] = chunk
                answer = {}
            case "GET", "/assets/multipart-uploads/up%2F1":
                page = int(re.findall(r"page=(\d+)", path)[0])
                known = [{"index": n, "status": "completed"} for n in sorted(self.reported)]
                known.append({"index": 99, "status": "failed"})
                answer = {"uploaded_chunks": known if page == 1 or self.pages_repeat else []}
            case "GET", _:
                answer = ASSET
            case _:
                raise AssertionError(exchange.target)
        await exchange.reply(200, json.dumps(answer).encode())

    async def storage(self, exchange: Exchange) -> None:
        assert KEY.encode() not in exchange.head
        assert exchange.header("x-api-key") is None
        assert exchange.header("x-storage") == "yes"
        number = int(re.findall(r"/part/(\d+)", exchange.target)[0])
        if number in self.expired and "sig=first" in exchange.target:
            await exchange.reply(403, b"<Error>Request has expired</Error>")
        elif self.refuse_part and self.refuse_part[0] == number:
            await exchange.reply(self.refuse_part[1], b"<Error/>")
        else:
            self.parts[number] = exchange.body
            await exchange.reply(200, b"", f'etag: "e{number}"')


@asynccontextmanager
async def service(fake: FakeService) -> AsyncIterator[tuple[ServiceClient, RawServer]]:
    async with asyncio.timeout(20), raw_server(fake.storage) as storage, raw_server(fake.api) as api:
        fake.storage_url = f"http://127.0.0.1:{storage.port}"
        client = ServiceClient(connection(api.url), Secrets(KEY))
        try:
            yield client, storage
        finally:
            await client.aclose()


@pytest.fixture
def small_direct_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "DIRECT_LIMIT", 500)


def file_of(tmp_path: Path, size: int, name: str = "clip.mp4") -> Path:
    path = tmp_path / name
    path.write_bytes(bytes(n * 7 % 251 for n in range(size)))
    return path


async def test_a_small_file_goes_up_in_one_form(tmp_path: Path) -> None:
    fake = FakeService()
    path = file_of(tmp_path, 600_000, 'my "best" clip é.mp4')
    steps: list[tuple[int, int]] = []
    async with service(fake) as (client, _):
        asset = await upload_file(client, path, lambda sent, total: steps.append((sent, total)))
    assert (asset.id, asset.state) == (ASSET["_id"], ReadyState.PROCESSING)
    assert path.read_bytes() in fake.form
    assert 'filename="my %22best%22 clip é.mp4"'.encode() in fake.form
    for field in ('name="method"\r\n\r\ndirect', 'name="enable_hls"\r\n\r\ntrue', "Content-Type: video/mp4"):
        assert field.encode() in fake.form
    assert steps[-1] == (600_000, 600_000)
    assert steps == sorted(steps)
    assert len(steps) > 1


async def test_an_address_is_fetched_by_the_service(tmp_path: Path) -> None:
    fake = FakeService()
    async with service(fake) as (client, _):
        await upload_url(client, "https://example.org/a.mp4?x=1&y=2")
    assert b'name="method"\r\n\r\nurl\r\n' in fake.form
    assert b'name="url"\r\n\r\nhttps://example.org/a.mp4?x=1&y=2\r\n' in fake.form


@pytest.mark.usefixtures("small_direct_limit")
@pytest.mark.parametrize("size", [501, 1000, 1001, 12_345])
async def test_a_large_file_goes_up_in_chunks(tmp_path: Path, size: int) -> None:
    fake = FakeService()
    path = file_of(tmp_path, size)
    steps: list[tuple[int, int]] = []
    async with service(fake) as (client, _):
        asset = await upload_file(client, path, lambda sent, total: steps.append((sent, total)))
    assert asset.id == ASSET["_id"]
    assert b"".join(fake.parts[n] for n in sorted(fake.parts)) == path.read_bytes()
    assert sorted(fake.reported) == list(range(1, fake.total + 1))
    assert fake.reported[1]["proof"] == '"e1"'
    assert sum(int(str(chunk["chunk_size"])) for chunk in fake.reported.values()) == size
    assert steps[-1] == (size, size)
    assert (fake.created["type"], fake.created["filename"]) == ("video", "clip.mp4")


@pytest.mark.usefixtures("small_direct_limit")
async def test_an_audio_file_is_called_one(tmp_path: Path) -> None:
    fake = FakeService()
    async with service(fake) as (client, _):
        await upload_file(client, file_of(tmp_path, 700, "talk.mp3"))
    assert fake.created["type"] == "audio"


@pytest.mark.usefixtures("small_direct_limit")
async def test_an_expired_address_is_renewed(tmp_path: Path) -> None:
    fake = FakeService()
    fake.expired = {3, 4, 5}
    path = file_of(tmp_path, 5_500)
    async with service(fake) as (client, _):
        await upload_file(client, path)
    assert b"".join(fake.parts[n] for n in sorted(fake.parts)) == path.read_bytes()
    assert fake.renewals == [3]  # the answer has the later ones too


@pytest.mark.usefixtures("small_direct_limit")
async def test_addresses_that_did_not_come_at_first_are_asked_for(tmp_path: Path) -> None:
    fake = FakeService()
    fake.addresses_at_once = 2
    path = file_of(tmp_path, 5_500)
    async with service(fake) as (client, _):
        await upload_file(client, path)
    assert len(fake.parts) == 6
    assert fake.renewals == [3, 5]


@pytest.mark.usefixtures("small_direct_limit")
async def test_an_upload_that_broke_off_goes_on_where_it_was(tmp_path: Path) -> None:
    fake = FakeService()
    fake.refuse_part = (4, 500)
    path = file_of(tmp_path, 6_200)
    async with service(fake) as (client, storage):
        with pytest.raises(TracksideError) as caught:
            await upload_file(client, path)
        assert caught.value.failure.kind is FailureKind.SERVICE
        assert sorted(fake.reported) == [1, 2, 3]  # what arrived was reported before giving up
        fake.refuse_part = None
        before = len(storage.requests)
        chunks = tuple(UploadChunk(n, f"{fake.storage_url}/part/{n}?sig=first") for n in range(1, 8))
        upload = Upload("up/1", str(ASSET["_id"]), CHUNK, 7, chunks, {"x-storage": "yes"})
        steps: list[int] = []
        await send_chunks(client, path, upload, lambda sent, _: steps.append(sent))
    assert len(storage.requests) - before == 4
    assert steps == [4_000, 5_000, 6_000, 6_200]
    assert b"".join(fake.parts[n] for n in sorted(fake.parts)) == path.read_bytes()


@pytest.mark.usefixtures("small_direct_limit")
async def test_a_service_that_repeats_its_only_page_is_not_asked_for_ever(tmp_path: Path) -> None:
    fake = FakeService()
    fake.pages_repeat = True
    async with service(fake) as (client, _):
        await upload_file(client, file_of(tmp_path, 2_500))
    assert sorted(fake.parts) == [1, 2, 3]


@pytest.mark.usefixtures("small_direct_limit")
@pytest.mark.parametrize("status", [403, 410])
async def test_the_storage_s_refusal_is_not_blamed_on_the_key(tmp_path: Path, status: int) -> None:
    fake = FakeService()
    fake.refuse_part = (1, status)
    async with service(fake) as (client, _):
        with pytest.raises(TracksideError) as caught:
            await upload_file(client, file_of(tmp_path, 2_500))
    assert caught.value.failure.kind is FailureKind.REFUSED_REQUEST
    assert len(fake.renewals) == 1


async def test_a_file_that_changed_since_is_not_sent(tmp_path: Path) -> None:
    fake = FakeService()
    path = file_of(tmp_path, 2_500)
    for upload in (Upload("up/1", "a", CHUNK, 9, ()), Upload("up/1", "a", 0, 0, ())):
        async with service(fake) as (client, _):
            with pytest.raises(TracksideError) as caught:
                await send_chunks(client, path, upload)
        assert caught.value.failure.kind is FailureKind.INPUT


@pytest.mark.usefixtures("small_direct_limit")
async def test_an_address_that_never_comes_is_told(tmp_path: Path) -> None:
    fake = FakeService()
    fake.addresses_at_once = 0
    async with service(fake) as (client, _):
        with pytest.raises(TracksideError) as caught:
            await upload_file(client, file_of(tmp_path, 2_500))
    assert caught.value.failure.kind is FailureKind.BAD_ANSWER


async def test_a_missing_file_and_one_too_large_are_told(tmp_path: Path) -> None:
    fake = FakeService()
    huge = tmp_path / "huge.png"
    with huge.open("wb") as file:
        file.truncate(uploads.DIRECT_IMAGE_LIMIT + 1)
    async with service(fake) as (client, _):
        for path, said in ((tmp_path / "none.mp4", "can't be read"), (huge, "too large")):
            with pytest.raises(TracksideError) as caught:
                await upload_file(client, path)
            assert caught.value.failure.kind is FailureKind.INPUT
            assert said in caught.value.failure.headline


async def test_a_proxy_does_not_see_a_storage_on_this_computer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_direct_limit: None
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    fake = FakeService()
    async with service(fake) as (client, _):
        await upload_file(client, file_of(tmp_path, 1_500))
    assert sorted(fake.parts) == [1, 2]


async def test_a_cancelled_upload_closes_its_socket(tmp_path: Path) -> None:
    arrived = asyncio.Event()

    async def handle(exchange: Exchange) -> None:
        arrived.set()
        await exchange.client_closed()

    async with asyncio.timeout(5), raw_server(handle) as server:
        client = ServiceClient(connection(server.url), Secrets(KEY))
        task = asyncio.create_task(upload_file(client, file_of(tmp_path, 1000)))
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await server.closed.wait()
        await client.aclose()


@pytest.mark.usefixtures("small_direct_limit")
async def test_a_storage_is_told_nothing_that_is_meant_for_the_service(tmp_path: Path) -> None:
    fake = FakeService()
    headers = (ExtraHeader("X-Gateway", "open"), ExtraHeader("Authorization", is_secret=True))
    async with service(fake) as (client, storage):
        with_headers = replace(client.connection, headers=headers)
        secrets = Secrets(KEY, headers=(("Authorization", "Bearer hush-hush"),))
        told = ServiceClient(with_headers, secrets)
        await upload_file(told, file_of(tmp_path, 1_500))
        await told.aclose()
        assert len(storage.requests) == 2
        for request in storage.requests:
            assert request.header("x-gateway") is request.header("authorization") is None


@pytest.mark.usefixtures("small_direct_limit")
async def test_a_storage_that_leads_elsewhere_is_not_followed(tmp_path: Path) -> None:
    fake = FakeService()

    async def elsewhere(exchange: Exchange) -> None:
        raise AssertionError("It was sent elsewhere.")

    async def leading(exchange: Exchange) -> None:
        await exchange.reply(307, b"", f"location: {other.url}/part/1?sig=SIGNED")

    fake.storage = leading  # type: ignore[method-assign]
    async with raw_server(elsewhere) as other, service(fake) as (client, _):
        with pytest.raises(TracksideError) as caught:
            await upload_file(client, file_of(tmp_path, 900))
    assert caught.value.failure.headline == "The storage refused a part of the file."
    assert "SIGNED" not in repr(caught.value.failure)


@pytest.mark.parametrize(
    "address",
    ["http://storage.test/part/1?sig=SIGNED", "ftp://a.test/SIGNED", "https://u:SIGNED@a.test/", "x"],
)
@pytest.mark.usefixtures("small_direct_limit")
async def test_a_file_is_not_sent_in_the_clear_or_to_no_address(address: str, tmp_path: Path) -> None:
    path = file_of(tmp_path, 900)
    upload = Upload("up/1", str(ASSET["_id"]), CHUNK, 1, (UploadChunk(1, address),), {})
    fake = FakeService()
    fake.size = 900
    async with service(fake) as (client, storage):
        with pytest.raises(TracksideError, match="can't be used for the file") as caught:
            await send_chunks(client, path, upload)
        assert storage.requests == []
    assert "SIGNED" not in repr(caught.value.failure)


@pytest.mark.usefixtures("small_direct_limit")
async def test_a_storage_that_can_not_be_reached_is_told_without_its_address(tmp_path: Path) -> None:
    fake = FakeService()
    async with service(fake) as (client, _):
        chunk = UploadChunk(1, "https://storage.invalid/part/1?sig=SIGNED")
        fake.size = 900
        upload = Upload("up/1", str(ASSET["_id"]), CHUNK, 1, (chunk,), {})
        with pytest.raises(TracksideError) as caught:
            await send_chunks(client, file_of(tmp_path, 900), upload)
    assert caught.value.failure.layer is FailureLayer.ADDRESS
    assert "SIGNED" not in repr(caught.value.failure)
