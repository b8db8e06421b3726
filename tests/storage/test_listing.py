"""Sessions page by page, as a list shows them."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from storage.support import WHEN, a_session, a_store, a_turn
from trackside.domain.session import Session
from trackside.storage.listing import Cursor
from trackside.storage.sessions import SessionStore


async def all_pages(store: SessionStore, length: int, *, in_trash: bool = False) -> list[tuple[Session, ...]]:
    pages: list[tuple[Session, ...]] = []
    after: Cursor | None = None
    while True:
        page = await store.page(after, length, in_trash=in_trash)
        pages.append(page.sessions)
        after = page.next
        if after is None:
            return pages


async def test_pages_hold_every_session_once_in_the_order_of_time(tmp_path: Path) -> None:
    async with a_store(tmp_path / "s.db") as store:
        for number in range(23):  # several of the same time, and one on a whole second
            then = WHEN.replace(microsecond=0) + timedelta(microseconds=number // 4 * 7)
            store.add_session(a_session(updated_at=then))
        store.add_session(a_session(trashed_at=WHEN))
        expected = [s.id for s in await store.sessions()]
        for length in (1, 5, 23, 24):
            pages = await all_pages(store, length)
            assert [s.id for page in pages for s in page] == expected
            assert {len(page) for page in pages[:-1]} <= {length}


async def test_the_trash_s_pages_follow_the_time_of_its_filling(tmp_path: Path) -> None:
    async with a_store(tmp_path / "s.db") as store:
        made = [a_session(trashed_at=WHEN + timedelta(days=n % 3), title=str(n)) for n in range(9)]
        for session in (*made, a_session()):
            store.add_session(session)
        found = [s for page in await all_pages(store, 4, in_trash=True) for s in page]
        assert found == sorted(made, key=lambda s: (s.trashed_at or WHEN, s.id), reverse=True)


async def test_what_may_be_long_is_left_out_and_all_else_is_there(tmp_path: Path) -> None:
    whole = a_session(
        tags=("crane", "sea"),
        draft="word " * 100,
        instructions="Be brief.",
        schema_text="{}",
        recap="Before.",
        pinned=True,
        unread=True,
        server_session_id="sess_1",
        snippet="The end.",
        reading_place="t 1",
        inspector_tab=2,
    )
    short = replace(whole, draft=("word " * 100)[:200], instructions="", schema_text="", recap=None)
    async with a_store(tmp_path / "s.db") as store:
        store.add_session(whole)
        store.add_session(a_session())
        assert [s for s in (await store.page(None, 9)).sessions if s.pinned] == [short]
        assert short in (await store.newest()).sessions


async def test_the_facts_of_a_session_are_whole_and_count_its_turns(tmp_path: Path) -> None:
    session = a_session(instructions="Be brief.")
    async with a_store(tmp_path / "s.db") as store:
        for position in range(3):
            store.add_turn(session, {}, a_turn(session, position=position))
        assert await store.facts(session.id) == replace(session, turn_count=3)
        assert await store.facts("nowhere") is None


async def test_what_has_been_in_the_trash_since_before_a_time(tmp_path: Path) -> None:
    old, new = a_session(trashed_at=WHEN - timedelta(days=31)), a_session(trashed_at=WHEN)
    async with a_store(tmp_path / "s.db") as store:
        for session in (old, new, a_session()):
            store.add_session(session)
        assert await store.trashed_before(WHEN - timedelta(days=30)) == [old.id]


async def test_facts_of_several_are_saved_at_once(tmp_path: Path) -> None:
    one, two = a_session(), a_session()
    async with a_store(tmp_path / "s.db") as store:
        store.add_session(one)
        store.add_session(two)
        store.update_sessions({one.id: {"archived": True}, two.id: {"tags": ("sea",)}})
        found = {s.id: s for s in await store.sessions()}
        assert found == {one.id: replace(one, archived=True), two.id: replace(two, tags=("sea",))}
