"""Pictures of what is cited: one fetch an item, from the address that still holds, kept within bounds."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest
from PySide6.QtCore import QObject, Signal

from chat.support import soon
from trackside.chat import thumbnails as module
from trackside.chat.connections import Connections
from trackside.chat.preferences import Preferences
from trackside.chat.sources import Sources
from trackside.chat.thumbnails import Thumbnails, picture_key
from trackside.domain.citation import Citation
from trackside.domain.connection import DEFAULT_ID, TWELVELABS
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.domain.settings import Settings
from trackside.domain.source import Asset, ReadyState
from trackside.sandbox.server import SandboxServer
from trackside.storage.key_vault import KeyVault
from trackside.storage.settings import LoadedSettings

GONE = Failure(FailureKind.NOT_FOUND, "The picture is no longer there.")


@dataclass
class FakeClient:
    """Gives every asset and every picture but those that are gone; `hold` is waited for by every picture."""

    assets_asked: list[str] = field(default_factory=list)
    pictures_asked: list[str] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    hold: asyncio.Event | None = None
    running: int = 0
    most_running: int = 0
    size: int = 0

    async def asset(self, asset_id: str) -> Asset:
        self.assets_asked.append(asset_id)
        await asyncio.sleep(0)
        if asset_id in self.gone:
            raise TracksideError(GONE)
        return Asset(asset_id, ReadyState.READY, thumbnail_url=f"https://p.test/{asset_id}?signature=new")

    async def picture(self, url: str) -> bytes:
        self.pictures_asked.append(url)
        self.running += 1
        self.most_running = max(self.running, self.most_running)
        try:
            await (self.hold.wait() if self.hold else asyncio.sleep(0))
        finally:
            self.running -= 1
        if url in self.gone:
            raise TracksideError(GONE)
        return b"picture of " + url.encode() + b"." * self.size


class FakeConnections(QObject):
    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.active_id = DEFAULT_ID
        self.is_sandbox = False
        self.has_key = True
        self.service = FakeClient()

    async def client(self, _connection_id: str) -> FakeClient:
        return self.service


class FakeSources(QObject):
    items_changed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.assets: dict[str, str] = {}

    def asset_of(self, item_id: str | None) -> str:
        return self.assets.get(item_id or "", "")


@dataclass
class Scene:
    connections: FakeConnections = field(default_factory=FakeConnections)
    sources: FakeSources = field(default_factory=FakeSources)
    arrived: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.thumbnails = Thumbnails(cast("Any", self.connections), cast("Any", self.sources))
        self.thumbnails.arrived.connect(self.arrived.append)

    @property
    def service(self) -> FakeClient:
        return self.connections.service

    async def settled(self) -> None:
        await soon(lambda: not self.thumbnails._running and not self.thumbnails._waiting)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    made = Scene()
    yield made
    await made.thumbnails.aclose()


async def test_several_citations_of_an_item_cost_one_fetch(scene: Scene) -> None:
    scene.sources.assets["ksi_1"] = "a1"
    for start_s in (1.0, 2.0, 3.0):
        assert scene.thumbnails.picture_of(Citation("ksi_1", start_s=start_s)) is None
    await soon(lambda: scene.arrived)
    picture = scene.thumbnails.picture_of(Citation("ksi_1", start_s=9.0))
    assert picture == scene.thumbnails.kept("ksi_1") == b"picture of https://p.test/a1?signature=new"
    await scene.settled()
    assert (scene.arrived, scene.service.assets_asked) == (["ksi_1"], ["a1"])


async def test_an_address_that_still_holds_saves_the_way_over_the_asset(scene: Scene) -> None:
    scene.sources.assets["ksi_1"] = "a1"
    scene.thumbnails.picture_of(Citation("ksi_1", thumbnail_url="https://p.test/own?signature=1"))
    await soon(lambda: scene.arrived)
    assert scene.service.assets_asked == []
    assert scene.thumbnails.kept("ksi_1") == b"picture of https://p.test/own?signature=1"


async def test_an_address_that_has_expired_is_replaced_by_the_assets_own(scene: Scene) -> None:
    scene.sources.assets["ksi_1"] = "a1"
    scene.service.gone.add("https://p.test/own?signature=1")
    scene.thumbnails.picture_of(Citation("ksi_1", thumbnail_url="https://p.test/own?signature=1"))
    await soon(lambda: scene.arrived)
    assert scene.thumbnails.kept("ksi_1") == b"picture of https://p.test/a1?signature=new"


async def test_an_item_that_is_not_known_yet_is_fetched_once_it_is(scene: Scene) -> None:
    expired = "https://p.test/own?signature=1"
    scene.service.gone.add(expired)
    for _ in range(3):
        scene.thumbnails.picture_of(Citation("ksi_1"))
        scene.thumbnails.picture_of(Citation("ksi_2", thumbnail_url=expired))
        await scene.settled()
    assert scene.service.pictures_asked == [expired]
    scene.sources.assets |= {"ksi_1": "a1", "ksi_2": "a2"}
    scene.sources.items_changed.emit("ks_1")
    await soon(lambda: len(scene.arrived) == 2)
    assert sorted(scene.service.assets_asked) == ["a1", "a2"]


async def test_an_asset_named_by_itself_has_its_picture(scene: Scene) -> None:
    scene.thumbnails.picture_of(Citation(asset_id="a1"))
    await soon(lambda: scene.arrived == ["a1"])


async def test_an_address_alone_is_one_picture_however_it_is_signed(scene: Scene) -> None:
    scene.thumbnails.picture_of(Citation(thumbnail_url="https://p.test/x?signature=1"))
    await soon(lambda: scene.arrived == ["https://p.test/x"])
    assert scene.thumbnails.picture_of(Citation(thumbnail_url="https://p.test/x?signature=2"))


async def test_web_pages_texts_and_bare_times_have_no_picture(scene: Scene) -> None:
    for citation in (
        Citation(url="https://web.test/", thumbnail_url="https://web.test/x.png"),
        Citation(text_id="t"),
        Citation(start_s=1.0),
    ):
        assert picture_key(citation) == ""
        assert scene.thumbnails.picture_of(citation) is None
    await scene.settled()
    assert scene.service.pictures_asked == []


async def test_what_failed_is_not_tried_again_and_nobody_is_told(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    scene.sources.assets["ksi_1"] = "a1"
    scene.service.gone |= {"a1", "https://p.test/x?signature=1"}
    for _ in range(3):
        scene.thumbnails.picture_of(Citation("ksi_1"))
        scene.thumbnails.picture_of(Citation(thumbnail_url="https://p.test/x?signature=1"))
        await scene.settled()
    assert (len(scene.service.assets_asked), len(scene.service.pictures_asked)) == (1, 1)
    assert scene.arrived == []
    assert not [record for record in caplog.records if record.name.startswith("trackside")]


async def test_a_bug_is_not_taken_for_a_failure(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    async def broken(_asset_id: str) -> Asset:
        raise KeyError

    scene.service.asset = broken  # type: ignore[method-assign]
    scene.thumbnails.picture_of(Citation(asset_id="a1"))
    await scene.settled()
    assert "KeyError" in caplog.text


async def test_few_are_fetched_at_once_and_the_latest_first(scene: Scene) -> None:
    scene.service.hold = asyncio.Event()
    for number in range(20):
        scene.thumbnails.picture_of(Citation(thumbnail_url=f"https://p.test/{number}"))
    await soon(lambda: scene.service.running == 4)
    scene.service.hold.set()
    await soon(lambda: len(scene.arrived) == 20)
    assert scene.service.most_running == 4
    assert scene.service.pictures_asked[4] == "https://p.test/19"


async def test_an_answer_that_cites_without_end_does_not_fetch_without_end(scene: Scene) -> None:
    scene.service.hold = asyncio.Event()
    for number in range(5_000):
        scene.thumbnails.picture_of(Citation(asset_id=f"a{number}"))
        scene.thumbnails.picture_of(Citation(f"ksi_{number}"))
    scene.service.hold.set()
    await scene.settled()
    assert len(scene.service.assets_asked) < 100
    assert len(scene.thumbnails._unplaced) <= module.KEPT_PICTURES
    first = scene.service.assets_asked.count("a5")
    scene.thumbnails.picture_of(Citation(asset_id="a5"))  # what was passed over is fetched when seen again
    await scene.settled()
    assert (first, scene.service.assets_asked.count("a5")) == (0, 1)


async def test_pictures_that_nobody_looks_at_make_room(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT_PICTURES", 3)
    citations = [Citation(asset_id=f"a{number}") for number in range(4)]
    for citation in citations[:3]:
        scene.thumbnails.picture_of(citation)
        await scene.settled()
    assert scene.thumbnails.picture_of(citations[0])
    scene.thumbnails.picture_of(citations[3])
    await scene.settled()
    assert [scene.thumbnails.kept(f"a{n}") is not None for n in range(4)] == [True, False, True, True]
    scene.thumbnails.picture_of(citations[1])
    await scene.settled()
    assert scene.thumbnails.kept("a1") is not None


async def test_the_bytes_kept_are_bounded(scene: Scene) -> None:
    scene.service.size = 1 << 20
    for number in range(20):
        scene.thumbnails.picture_of(Citation(asset_id=f"a{number}"))
        await scene.settled()
    kept = [scene.thumbnails.kept(f"a{number}") or b"" for number in range(20)]
    assert 14 << 20 < sum(map(len, kept)) <= module.KEPT_BYTES
    assert kept[-1]


async def test_another_connection_starts_afresh(scene: Scene) -> None:
    cleared: list[None] = []
    scene.thumbnails.cleared.connect(lambda: cleared.append(None))
    scene.service.gone.add("a2")
    scene.thumbnails.picture_of(Citation(asset_id="a1"))
    scene.thumbnails.picture_of(Citation(asset_id="a2"))
    await scene.settled()
    scene.service.hold = asyncio.Event()
    scene.thumbnails.picture_of(Citation(asset_id="a3"))
    await soon(lambda: scene.service.running)
    late = scene.service
    scene.connections.service = FakeClient()
    scene.connections.changed.emit()
    assert cleared == [None]
    assert scene.thumbnails.kept("a1") is None
    await soon(lambda: not late.running)
    assert scene.arrived == ["a1"]
    for asset_id in ("a1", "a2", "a3"):
        scene.thumbnails.picture_of(Citation(asset_id=asset_id))
    await soon(lambda: len(scene.arrived) == 4)
    assert sorted(scene.service.assets_asked) == ["a1", "a2", "a3"]


async def test_without_a_key_nothing_is_asked_until_there_is_one(scene: Scene) -> None:
    scene.connections.has_key = False
    scene.thumbnails.picture_of(Citation(asset_id="a1"))
    await scene.settled()
    assert scene.service.assets_asked == []
    scene.connections.has_key = True
    scene.connections.changed.emit()
    scene.thumbnails.picture_of(Citation(asset_id="a1"))
    await soon(lambda: scene.arrived)


async def test_closing_breaks_off_and_starts_no_more(scene: Scene) -> None:
    scene.service.hold = asyncio.Event()
    for number in range(9):
        scene.thumbnails.picture_of(Citation(asset_id=f"a{number}"))
    await soon(lambda: scene.service.running == 4)
    await scene.thumbnails.aclose()
    scene.thumbnails.picture_of(Citation(asset_id="later"))
    await asyncio.sleep(0.01)
    assert (scene.service.running, len(scene.service.assets_asked)) == (0, 4)


# -- over a real socket ------------------------------------------------------------------------------


@pytest.fixture
def at_service(shared_sandbox: SandboxServer) -> Iterator[SandboxServer]:
    yield shared_sandbox
    shared_sandbox.set_fault(None)


async def test_the_samples_items_have_pictures_and_their_host_sees_no_key(at_service: SandboxServer) -> None:
    settings = Settings(
        connections=(replace(TWELVELABS, base_url=at_service.base_url),), connection_id=DEFAULT_ID
    )
    connections = Connections(Preferences(LoadedSettings(settings)), KeyVault(), environment={})
    connections.keys.use_for_this_run(DEFAULT_ID, "key")
    sources = Sources(connections)
    thumbnails = Thumbnails(connections, sources)
    arrived: list[str] = []
    thumbnails.arrived.connect(arrived.append)
    sources.refresh()
    await soon(lambda: sources.stores)
    store_id = next(store.id for store in sources.stores if store.item_count)
    sources.load_items(store_id)
    await soon(lambda: sources.items(store_id))
    items = [entry.item for entry in sources.items(store_id) or ()]
    before = len(at_service.requests)
    for item in items:
        assert sources.asset_of(item.id) == item.asset_id
        thumbnails.picture_of(Citation(item.id))
        thumbnails.picture_of(Citation(item.id, start_s=1.0, thumbnail_url=f"{at_service.base_url}/expired"))
    await soon(lambda: len(arrived) == len(items))
    pictures = [thumbnails.kept(item.id) or b"" for item in items]
    assert all(picture.startswith((b"\xff\xd8\xff", b"\x89PNG")) for picture in pictures)
    asked = at_service.requests[before:]
    assert [r.has_key for r in asked if r.path.startswith("/media/")] == [False] * len(items)
    assert len(asked) == 2 * len(items)
    assert sources.asset_of(None) == sources.asset_of("ksi_nowhere") == ""
    await thumbnails.aclose()
    await sources.aclose()
    await connections.aclose()
