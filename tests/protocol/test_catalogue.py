"""Each plain call: what it sends, and what it makes of the answer."""

import json
from collections.abc import Awaitable, Callable

import httpx
import pytest

from protocol.asking import KEY, connection
from trackside.domain.connection import Secrets
from trackside.domain.failure import FailureKind, TracksideError
from trackside.domain.source import AssetType, ReadyState
from trackside.protocol.client import ServiceClient

STORE = {"_id": "ks_1", "name": "Races", "item_count": 2, "metadata": {"a": "b"}, "future": []}
ITEM = {
    "_id": "ksi_1",
    "asset_id": "a1",
    "asset_type": "video",
    "status": "ready",
    "system_metadata": {"asset_type": "video", "filename": "race.mp4", "duration": 12.5},
}
COLLECTION = {"_id": "ksic_1", "name": "Laps", "member_count": 3}
ASSET = {
    "_id": "65f0c3a2b1d4e5f60718293a",
    "status": "failed",
    "hls": {"manifest_url": "https://m"},
    "thumbnail": {"representative_url": "https://t"},
    "error": {"message": "no video track"},
}
HIT = {"rank": 1, "item_id": "ksi_1", "asset_type": "video", "matches": [{"start_sec": 1, "end_sec": 2.5}]}


def paged(*entries: object) -> dict[str, object]:
    info = {"limit_per_page": 50, "page": 2, "total_page": 3, "total_results": 101}
    return {"data": list(entries), "page_info": info}


Call = Callable[[ServiceClient], Awaitable[object]]
CALLS: list[tuple[str, Call, str, object, object]] = [
    ("GET", lambda c: c.stores(2), "/knowledge-stores?page=2&page_limit=50", None, paged(STORE)),
    ("GET", lambda c: c.store("ks_1"), "/knowledge-stores/ks_1", None, STORE),
    ("POST", lambda c: c.create_store("n", "d", {"enrichment_config": {"type": "description"}}),
     "/knowledge-stores",
     {"name": "n", "description": "d", "ingestion_config": {"enrichment_config": {"type": "description"}}},
     STORE),
    ("POST", lambda c: c.create_store("n"), "/knowledge-stores", {"name": "n"}, STORE),
    ("PATCH", lambda c: c.update_store("ks_1", name="m"), "/knowledge-stores/ks_1", {"name": "m"}, STORE),
    ("DELETE", lambda c: c.delete_store("ks_1"), "/knowledge-stores/ks_1", None, None),
    ("POST", lambda c: c.search("ks_1", "car", page_token="t"), "/knowledge-stores/ks_1/search",
     {"query": {"text": "car"}, "page_size": 10, "page_token": "t"}, {"data": [HIT], "next_page_token": "u"}),
    ("GET", lambda c: c.items("ks_1"), "/knowledge-stores/ks_1/items?page=1&page_limit=50", None,
     paged(ITEM)),
    ("GET", lambda c: c.item("ks_1", "ksi_1"), "/knowledge-stores/ks_1/items/ksi_1", None, ITEM),
    ("POST", lambda c: c.add_item("ks_1", "a1", AssetType.IMAGE), "/knowledge-stores/ks_1/items",
     {"asset_id": "a1", "asset_type": "image"}, ITEM),
    ("DELETE", lambda c: c.delete_item("ks_1", "ksi_1"), "/knowledge-stores/ks_1/items/ksi_1", None, None),
    ("GET", lambda c: c.collections("ks_1"), "/knowledge-stores/ks_1/item-collections?page=1&page_limit=50",
     None, paged(COLLECTION)),
    ("GET", lambda c: c.collection("ks_1", "ksic_1"), "/knowledge-stores/ks_1/item-collections/ksic_1", None,
     COLLECTION),
    ("POST", lambda c: c.create_collection("ks_1", "n"), "/knowledge-stores/ks_1/item-collections",
     {"name": "n"}, COLLECTION),
    ("PATCH", lambda c: c.update_collection("ks_1", "ksic_1", name="m"),
     "/knowledge-stores/ks_1/item-collections/ksic_1", {"name": "m"}, COLLECTION),
    ("DELETE", lambda c: c.delete_collection("ks_1", "ksic_1"),
     "/knowledge-stores/ks_1/item-collections/ksic_1", None, None),
    ("GET", lambda c: c.collection_items("ks_1", "ksic_1"),
     "/knowledge-stores/ks_1/item-collections/ksic_1/items?page=1&page_limit=50", None, paged(ITEM)),
    ("GET", lambda c: c.assets(filename="a b.mp4"), "/assets?page=1&page_limit=50&filename=a+b.mp4", None,
     paged(ASSET)),
    ("GET", lambda c: c.asset("a1"), "/assets/a1", None, ASSET),
    ("DELETE", lambda c: c.delete_asset("a1", force=True), "/assets/a1?force=true", None, None),
    ("DELETE", lambda c: c.delete_asset("a1"), "/assets/a1", None, None),
]  # fmt: skip


class Recorded:
    """A client whose service gives one answer and remembers the questions."""

    def __init__(self, body: object, status: int = 200) -> None:
        self.requests: list[httpx.Request] = []
        content = b"" if body is None else json.dumps(body).encode()

        def answering(request: httpx.Request) -> httpx.Response:
            self.requests.append(request)
            return httpx.Response(status, content=content)

        url = "http://127.0.0.1:9/v1.3"
        self.client = ServiceClient(connection(url), Secrets(KEY), transport=httpx.MockTransport(answering))


@pytest.mark.parametrize(("method", "call", "target", "sent", "body"), CALLS)
async def test_each_call(method: str, call: Call, target: str, sent: object, body: object) -> None:
    service = Recorded(body)
    result = await call(service.client)
    await service.client.aclose()
    [request] = service.requests
    assert (request.method, request.url.raw_path.decode()) == (method, "/v1.3" + target)
    assert request.headers["x-api-key"] == KEY
    assert (json.loads(request.content) if request.content else None) == sent
    assert (result is None) == (body is None)


@pytest.mark.parametrize(("method", "call", "target", "sent", "body"), CALLS)
async def test_each_call_translates_a_refusal(
    method: str, call: Call, target: str, sent: object, body: object
) -> None:
    service = Recorded({"code": "resource_not_exist", "message": "gone"}, 404)
    with pytest.raises(TracksideError) as caught:
        await call(service.client)
    await service.client.aclose()
    assert caught.value.failure.kind is FailureKind.NOT_FOUND


async def test_pages_and_values_are_read() -> None:
    page = await Recorded(paged(STORE)).client.stores()
    assert (page.page, page.total_pages, page.total_results) == (2, 3, 101)
    assert (page.entries[0].id, page.entries[0].item_count) == ("ks_1", 2)
    item = await Recorded(ITEM).client.item("ks_1", "ksi_1")
    assert (item.title, item.duration_s, item.state) == ("race.mp4", 12.5, ReadyState.READY)
    asset = await Recorded(ASSET).client.asset("x")
    assert (asset.hls_url, asset.error, asset.state) == ("https://m", "no video track", ReadyState.FAILED)
    found = await Recorded({"data": [HIT], "next_page_token": ""}).client.search("ks_1", "car")
    assert (found.hits[0].matches[0].end_s, found.next_page_token) == (2.5, None)


async def test_an_entry_that_cannot_be_read_costs_only_itself() -> None:
    page = await Recorded(paged(STORE, {"no": "id"}, 5)).client.stores()
    assert [store.id for store in page.entries] == ["ks_1"]


@pytest.mark.parametrize("body", [None, [], 5, {"data": 5}, {"data": [5]}, {"data": [{"_id": 5}]}])
async def test_an_answer_of_another_shape_is_told(body: object) -> None:
    with pytest.raises(TracksideError) as caught:
        await Recorded(body).client.stores()
    assert caught.value.failure.kind is FailureKind.BAD_ANSWER


async def test_an_empty_page_after_the_last_is_no_failure() -> None:
    assert (await Recorded({"data": []}).client.stores(9)).entries == ()


async def test_members_go_out_five_hundred_at_a_time() -> None:
    service = Recorded(None)
    await service.client.add_to_collection("ks_1", "ksic_1", [f"ksi_{n}" for n in range(1001)])
    await service.client.remove_from_collection("ks_1", "ksic_1", ["ksi_0"])
    await service.client.aclose()
    assert [len(json.loads(r.content)["item_ids"]) for r in service.requests] == [500, 500, 1, 1]
    assert [r.url.path.rpartition("/")[2] for r in service.requests] == ["add", "add", "add", "remove"]


async def test_an_unknown_state_counts_as_on_its_way() -> None:
    item = await Recorded({**ITEM, "status": "embedding"}).client.item("ks_1", "x")
    assert item.state is ReadyState.PROCESSING
