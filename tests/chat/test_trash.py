"""The trash: what is in it, what comes out of it again, and what goes for good."""

import asyncio
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from chat.support import World, soon
from trackside.chat.library import SessionLibrary
from trackside.domain.keeping import KEPT_DAYS, days_left
from trackside.domain.session import Session, new_id, now


async def kept(world: World, count: int, **facts: object) -> list[Session]:
    """Sessions on the disk, the latest first."""
    made = []
    for number in range(count):
        then = now() - timedelta(minutes=number)
        made.append(replace(Session(new_id(), "twelvelabs", then, then, title=str(number)), **facts))
        world.store.add_session(made[-1])
    return made


def anew(world: World) -> SessionLibrary:
    return SessionLibrary(world.store, world.runner, world.client_of)


async def test_what_was_put_in_last_comes_first_and_all_of_it_is_read(world: World) -> None:
    before = await kept(world, 230, trashed_at=now() - timedelta(days=1))
    (fresh,) = await kept(world, 1)
    library = anew(world)
    await library.load()
    library.trash([fresh.id])
    assert [s.id for s in library.trashed.sessions] == [fresh.id]
    await asyncio.gather(library.trashed.load(), library.trashed.load())
    assert library.trashed.is_whole
    ids = [s.id for s in library.trashed.sessions]
    assert ids[0] == fresh.id
    assert sorted(ids[1:]) == sorted(s.id for s in before)


async def test_what_is_restored_while_the_trash_is_read_does_not_come_back_into_it(world: World) -> None:
    before = await kept(world, 250, trashed_at=now())
    library = anew(world)
    told: list[list[Session]] = []
    library.trashed.loaded.connect(told.append)
    last = min(before, key=lambda s: s.id)
    reading = asyncio.ensure_future(library.trashed.load())
    await soon(lambda: told)
    some = told[0][0]
    assert [s.id for s in library.restore([some.id])] == [some.id]
    await reading
    assert some.id not in [s.id for s in library.trashed.sessions]
    assert last.id in [s.id for s in library.trashed.sessions]
    assert [s.trashed_at for s in library.sessions] == [None]


async def test_what_is_deleted_is_gone_and_can_not_be_restored(world: World) -> None:
    one, two = await kept(world, 2)
    library = anew(world)
    await library.load()
    opened = await library.open(one.id)
    assert opened is not None
    library.trash([one.id, two.id])
    await library.trashed.delete([one.id])
    assert [s.id for s in library.trashed.sessions] == [two.id]
    assert library.restore([one.id]) == []
    assert await library.open(one.id) is None
    assert [s.id for s in await world.store.trashed()] == [two.id]


async def test_only_what_is_in_the_trash_can_be_deleted(world: World) -> None:
    (one,) = await kept(world, 1)
    library = anew(world)
    await library.load()
    await library.trashed.delete([one.id])
    assert [s.id for s in await world.store.sessions()] == [one.id]


async def test_emptying_takes_what_was_never_looked_at_as_well(world: World) -> None:
    await kept(world, 25, trashed_at=now())
    (stays,) = await kept(world, 1)
    library = anew(world)
    await library.trashed.empty()
    assert await world.store.trashed() == library.trashed.sessions == []
    assert [s.id for s in await world.store.sessions()] == [stays.id]


async def test_thirty_days_are_kept_and_no_more(world: World) -> None:
    present = now().replace(hour=0, minute=0)
    (old,) = await kept(world, 1, trashed_at=present - timedelta(days=KEPT_DAYS, minutes=1))
    (young,) = await kept(world, 1, trashed_at=present + timedelta(days=1 - KEPT_DAYS, minutes=1))
    library = anew(world)
    await library.trashed.load()
    assert len(library.trashed.sessions) == 2
    for days in (0, 1, 2):  # it has to have been due for a few days, and the younger one is so a day later
        assert len(library.trashed.sessions) == 2
        await library.trashed.sweep(present + timedelta(days=days))
    assert [s.id for s in library.trashed.sessions] == [young.id]
    assert await world.store.session(old.id) is None


async def test_a_session_in_the_trash_is_not_opened(world: World) -> None:
    (one,) = await kept(world, 1, trashed_at=now())
    assert await anew(world).open(one.id) is None


@pytest.mark.parametrize(("hours", "days"), [(0, 30), (1, 30), (25, 29), (24 * 29 + 1, 1), (24 * 99, 1)])
def test_days_that_are_left(hours: int, days: int) -> None:
    present = now()
    session = Session("s", "c", present, present, trashed_at=present - timedelta(hours=hours))
    assert days_left(session, present) == days


async def test_a_clock_that_jumps_ahead_does_not_empty_it(world: World) -> None:
    (young,) = await kept(world, 1, trashed_at=now() - timedelta(days=20))
    library = anew(world)
    present = now()
    for days in (-19, -10, -1, 0):
        await library.trashed.sweep(present + timedelta(days=days))
    await library.trashed.sweep(present + timedelta(days=5_000))
    await library.trashed.sweep(present + timedelta(days=5_000, hours=1))
    await library.trashed.sweep(present + timedelta(days=1))
    assert await world.store.session(young.id) is not None
    for days in (10, 11, 12, 13):
        await library.trashed.sweep(present + timedelta(days=days))
    assert await world.store.session(young.id) is None


async def test_a_session_taken_out_while_it_is_about_to_be_deleted_stays_open(world: World) -> None:
    (one,) = await kept(world, 1)
    library = anew(world)
    await library.load()
    opened = await library.open(one.id)
    library.trash([one.id])
    library.restore([one.id])
    await library.trashed.delete([one.id])  # as the sweep does with what it found before
    assert await library.open(one.id) is opened
    assert [s.id for s in await world.store.sessions()] == [one.id]


async def test_a_page_of_what_is_no_longer_there_is_not_taken_in(world: World) -> None:
    gone = await kept(world, 150, trashed_at=now())
    library = anew(world)
    go_on = threading.Event()
    world.database.write(lambda _: go_on.wait(5))
    reading = asyncio.ensure_future(library.trashed.load())
    await asyncio.sleep(0.02)
    world.store.delete_trashed([s.id for s in gone])
    library.trashed.forget_all()
    go_on.set()
    await reading
    assert library.trashed.sessions == []
    assert library.trashed.is_whole
