"""All sessions: the list, opening, making, and the trash."""

import asyncio
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chat.support import S, World, created, soon, words
from trackside.chat.library import SessionLibrary
from trackside.domain.session import Session, SessionState, new_id, now
from trackside.domain.tags import retagged


def anew(world: World) -> SessionLibrary:
    """The library as the next start sees it."""
    return SessionLibrary(world.store, world.runner, world.client_of)


def noted(library: SessionLibrary) -> list[tuple[str, str]]:
    told: list[tuple[str, str]] = []
    library.session_added.connect(lambda s: told.append(("added", s.id)))
    library.session_removed.connect(lambda s: told.append(("removed", s.id)))
    return told


async def test_a_session_is_kept_from_the_first_thing_in_it(world: World) -> None:
    told = noted(world.library)
    blank, drafted, asked = world.session(), world.session(), world.session()
    assert told == [("added", s.session.id) for s in (blank, drafted, asked)]
    drafted.set_draft("half a")
    drafted.flush()
    await world.ended(asked.ask("Why?"))
    library = anew(world)
    await library.load()
    assert {s.id for s in library.sessions} == {drafted.session.id, asked.session.id}


async def test_the_latest_comes_first(world: World) -> None:
    one, two = world.session(), world.session()
    await world.ended(two.ask("Two?"))
    await world.ended(one.ask("One?"))
    assert [s.id for s in world.library.sessions] == [one.session.id, two.session.id]


async def test_an_opened_session_has_its_turns_and_stays_open(world: World) -> None:
    opened = world.session()
    await world.ended(opened.ask("Why?"))
    library = anew(world)
    await library.load()
    both = await asyncio.gather(library.open(opened.session.id), library.open(opened.session.id))
    assert both[0] is both[1] is await library.open(opened.session.id)
    assert both[0] is not None
    assert [turn.ask.question for turn in both[0].turns] == ["Why?"]
    assert both[0].turns[0].attempts[0].answer.text == "Allofit."
    assert await library.open("nowhere") is None


async def test_a_new_session_takes_over_what_its_template_was_set_to(world: World) -> None:
    template = replace(
        world.session().session,
        store_id="ks_9",
        instructions="Be brief.",
        schema_text="{}",
        include_steps=True,
        draft="mine",
        server_session_id="sess_1",
        title="Old",
    )
    made = world.library.create("twelvelabs", template).session
    assert (made.store_id, made.instructions, made.schema_text, made.include_steps) == (
        "ks_9",
        "Be brief.",
        "{}",
        True,
    )
    assert (made.draft, made.server_session_id, made.title) == ("", None, "")
    elsewhere = world.library.create("sandbox", template).session
    assert (elsewhere.store_id, elsewhere.instructions) == ("", "")


async def test_sessions_made_while_the_list_is_read_stay(world: World) -> None:
    old = world.session()
    await world.ended(old.ask("Why?"))
    library = anew(world)
    loading = asyncio.ensure_future(library.load())
    made = library.create("twelvelabs")
    await loading
    assert {s.id for s in library.sessions} == {old.session.id, made.session.id}


async def test_the_trash_takes_a_session_and_gives_it_back(world: World) -> None:
    opened = world.session()
    await world.ended(opened.ask("Why?"))
    told = noted(world.library)
    world.library.trash([opened.session.id])
    assert world.library.sessions == []
    assert await world.store.sessions() == []
    world.library.restore([opened.session.id])
    assert [s.id for s in world.library.sessions] == [opened.session.id]
    assert [s.id for s in await world.store.sessions()] == [opened.session.id]
    assert told == [("removed", opened.session.id), ("added", opened.session.id)]


async def test_what_runs_is_stopped_on_its_way_into_the_trash(world: World) -> None:
    world.use([created(), *words("Part"), asyncio.Event()])
    opened = world.session()
    turn = opened.ask("Why?")
    await soon(lambda: turn.attempts[0].answer.has_text)
    before = opened.session
    opened.set_draft("half a")
    world.library.trash([before.id])
    assert turn.attempts[0].state is S.STOPPED
    world.library.restore([before.id])
    (listed,) = world.library.sessions
    assert listed == opened.session
    assert (listed.draft, listed.snippet) == ("half a", "Part")
    (kept,) = await world.store.sessions()
    assert (kept.draft, kept.snippet) == ("half a", "Part")


@pytest.mark.parametrize("is_open", [True, False])
async def test_a_session_is_renamed_and_pinned_whether_it_is_open_or_not(is_open: bool, world: World) -> None:
    opened = world.session()
    await world.ended(opened.ask("Why?"))
    library = world.library if is_open else anew(world)
    await library.load()
    told: list[Session] = []
    library.session_changed.connect(told.append)
    library.rename(opened.session.id, " Mine ")
    await library.change([opened.session.id], lambda _: {"pinned": True})
    library.rename("nowhere", "x")
    (kept,) = await world.store.sessions()
    assert (kept.title, kept.title_is_own, kept.pinned) == ("Mine", True, True)
    assert [s.title for s in told] == ["Mine", "Mine"]
    assert library.sessions[0].pinned


async def test_a_name_of_nothing_but_spaces_changes_nothing(world: World) -> None:
    opened = world.session()
    await world.ended(opened.ask("Why?"))
    library = anew(world)
    await library.load()
    library.rename(opened.session.id, "   ")
    (kept,) = await world.store.sessions()
    assert kept.title == "Why?"


async def test_the_dot_of_every_session(world: World) -> None:
    world.use([created(), *words("x"), asyncio.Event()])
    opened = world.session()
    opened.ask("Why?")
    library: Any = world.library
    assert library.state_of(opened.session) is SessionState.STREAMING
    opened.stop()
    assert library.state_of(opened.session) is SessionState.UNREAD
    closed = replace(opened.session, id="other", unread=False, failed=True)
    assert library.state_of(closed) is SessionState.FAILED


async def test_flushing_saves_what_is_typed_everywhere(world: World) -> None:
    sessions = [world.session() for _ in range(3)]
    for number, opened in enumerate(sessions):
        opened.set_draft(str(number))
    world.library.flush()
    assert {s.draft for s in await world.store.sessions()} == {"0", "1", "2"}


async def many(world: World, count: int, **facts: Any) -> list[Session]:
    """Sessions on the disk, the latest first."""
    made = []
    for number in range(count):
        then = now() - timedelta(minutes=number + 1)
        session = Session(new_id(), "twelvelabs", then, then, title=str(number), store_id="ks_1")
        usual = {"instructions": "Long. " * 9, "pinned": number == count - 1}
        made.append(replace(session, **(usual | facts)))
        world.store.add_session(made[-1])
    return made


async def test_the_newest_and_the_pinned_come_first_and_the_rest_in_pages(world: World) -> None:
    made = await many(world, 450)
    library = anew(world)
    pages: list[list[Session]] = []
    library.page_loaded.connect(pages.append)
    await library.load()
    assert [s.title for s in library.sessions] == [*(str(n) for n in range(200)), "449"]
    assert not library.is_whole
    await library.load_rest()
    assert library.is_whole
    assert [s.id for s in library.sessions] == [s.id for s in made]
    assert [len(page) for page in pages] == [50, 50, 50, 50, 49]
    assert {s.instructions for s in library.sessions} == {""}, "what may be long is not listed"


async def test_what_happens_while_pages_come_is_not_undone_by_them(world: World) -> None:
    made = await many(world, 330)
    library = anew(world)
    await library.load()
    early = await library.open(made[320].id)
    assert early is not None
    assert early.session.instructions
    early.rename("Early")
    library.trash([made[5].id, made[310].id])
    world.store.trash_sessions([made[310].id])
    await world.ended(early.ask("Why?"))
    await library.load_rest()
    assert library.sessions[0].title == "Early"
    ids = [s.id for s in library.sessions]
    assert len(ids) == len(set(ids)) == 328
    assert made[5].id not in ids
    assert made[310].id not in ids


async def test_facts_of_many_are_changed_and_kept(world: World) -> None:
    made = await many(world, 60)
    library = anew(world)
    await library.load()
    opened = await library.open(made[3].id)
    assert opened is not None
    told: list[str] = []
    library.session_changed.connect(lambda s: told.append(s.id))
    ids = [s.id for s in made[:50]]
    await library.change(
        [*ids, "nowhere"], lambda s: {"tags": retagged(s.tags, {"sea"}, ()), "archived": True}
    )
    assert told == ids
    assert opened.session.tags == ("sea",)
    assert library.tags == ["sea"]
    kept = {s.id: s for s in await world.store.sessions()}
    assert [kept[s.id].tags for s in made] == [("sea",)] * 50 + [()] * 10
    assert [kept[s.id].archived for s in made] == [True] * 50 + [False] * 10
    assert {s.instructions for s in kept.values()} == {"Long. " * 9}, "what is not listed is not lost"
    await library.change(ids, lambda _: {"tags": ()})
    assert library.tags == []


async def test_a_duplicate_has_the_turns_but_not_the_conversation(world: World) -> None:
    opened = world.session()
    await world.ended(opened.ask("Why?"))
    opened.set_instructions("Be brief.")
    copy = await world.library.duplicate(opened.session.id)
    assert copy is not None
    assert (copy.title, copy.server_session_id, copy.branched_turns) == ("Why? (copy)", None, 1)
    again = await world.library.open(copy.id)
    assert again is not None
    assert again.session.instructions == "Be brief."
    assert [t.ask.question for t in again.turns] == ["Why?"]
    assert again.turns[0].id != opened.turns[0].id
    assert await world.library.duplicate("nowhere") is None


async def test_what_was_typed_into_a_new_session_is_listed_when_it_is_left(world: World) -> None:
    opened = world.session()
    opened.set_draft("half a")
    world.library.refresh(opened.session.id)
    listed = world.library.listed(opened.session.id)
    assert listed is not None
    assert listed.draft == "half a"


async def test_a_page_of_what_was_there_before_a_restore_is_not_listed(world: World) -> None:
    """A restore forgets all while the rest of the list may be on its way."""
    await many(world, 300)
    library = anew(world)
    await library.load()
    go_on = threading.Event()
    held = world.database.write(lambda _: go_on.wait(5))
    reading = asyncio.ensure_future(library.load_rest())
    await asyncio.sleep(0.02)
    library.forget_all()
    go_on.set()
    await asyncio.wrap_future(held)
    await reading
    assert library.sessions == []
    assert library.is_whole
