"""What the sidebar tells of a session: its dot, its title, its draft."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from chat.support import DONE, DROPPED, WHOLE, World, created, ended, soon, words
from trackside.chat import edited_session
from trackside.chat.session import ChatSession
from trackside.domain.session import Session, SessionState


async def kept(world: World, opened: ChatSession) -> Session:
    detail = await world.store.session(opened.session.id)
    assert detail is not None
    return detail.session


@pytest.mark.parametrize(
    ("script", "is_shown", "state"),
    [
        (WHOLE, False, SessionState.UNREAD),
        (WHOLE, True, SessionState.IDLE),
        ([created(), DROPPED], False, SessionState.FAILED),
        ([created(), DROPPED], True, SessionState.FAILED),
    ],
)
async def test_the_dot_says_how_it_went(
    script: list[Any], is_shown: bool, state: SessionState, world: World
) -> None:
    world.use(script, WHOLE)
    opened = world.session()
    opened.set_shown(is_shown)
    await world.ended(opened.ask("Why?"))
    assert opened.state is state
    session = await kept(world, opened)
    assert (session.unread, session.failed) == (not is_shown, state is SessionState.FAILED)
    opened.set_shown(True)
    await world.ended(opened.ask("And?"))
    assert opened.state is SessionState.IDLE
    assert not (await kept(world, opened)).unread


async def test_the_title_is_the_first_question_s_until_it_is_given(world: World) -> None:
    world.use(WHOLE)
    opened = world.session()
    await world.ended(opened.ask("One " + "word " * 40))
    assert opened.session.title.startswith("One word")
    assert len(opened.session.title) <= 60
    opened.rename("  Mine ")
    opened.rename("   ")
    await world.ended(opened.ask("Two?"))
    assert (await kept(world, opened)).title == "Mine"


async def test_a_draft_is_saved_a_moment_after_the_last_key(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edited_session, "_DRAFT_SAVE_S", 0.02)
    opened = world.session()
    for length in range(1, 6):
        opened.set_draft("draft"[:length])
    assert await world.store.sessions() == []
    await asyncio.sleep(0.06)
    assert [s.draft for s in await world.store.sessions()] == ["draft"]
    opened.set_draft("draft, longer")
    opened.flush()
    assert (await kept(world, opened)).draft == "draft, longer"
    opened.flush()


async def test_a_draft_that_was_sent_is_gone(world: World) -> None:
    world.use(WHOLE)
    opened = world.session()
    opened.set_draft("What happens?")
    await world.ended(opened.ask("What happens?"))
    assert (await kept(world, opened)).draft == ""


async def test_what_is_typed_while_an_answer_comes_is_not_undone_by_its_end(world: World) -> None:
    pause = asyncio.Event()
    world.use([created(), *words("x"), pause, ended(), DONE])
    opened = world.session()
    turn = opened.ask("Why?")
    await soon(lambda: turn.attempts[0].answer.has_text)
    opened.set_draft("And")
    opened.set_facts(pinned=True)
    pause.set()
    await world.ended(turn)
    session = await kept(world, opened)
    assert (session.draft, session.pinned, session.server_session_id) == ("And", True, "sess_1")
    assert replace(opened.session, turn_count=1) == session


@pytest.mark.parametrize("name", ["instructions", "schema", "draft"])
async def test_what_is_typed_into_a_new_session_is_kept(name: str, world: World) -> None:
    opened = world.session()
    assert opened.is_blank
    getattr(opened, f"set_{name}")("Be brief.")
    opened.flush()
    session = await kept(world, opened)
    assert "Be brief." in (session.instructions, session.schema_text, session.draft)


async def test_a_draft_that_was_deleted_stays_deleted(world: World) -> None:
    opened = world.session()
    opened.set_draft("secret")
    opened.flush()
    opened.set_draft("")
    opened.flush()
    assert (await kept(world, opened)).draft == ""


async def test_looking_at_a_session_undoes_nothing_that_another_window_wrote(world: World) -> None:
    opened = world.session()
    await world.ended(opened.ask("Why?"))
    world.store.update_session(opened.session.id, {"title": "Theirs", "draft": "theirs"})
    opened.set_shown(True)
    opened.set_draft(opened.session.draft)
    opened.flush()
    session = await kept(world, opened)
    assert (session.title, session.draft) == ("Theirs", "theirs")


async def test_a_turn_of_another_store_is_asked_again_in_its_own_conversation(world: World) -> None:
    service = world.use(
        [created("sess_a"), *words("One."), DONE],
        [created("sess_a"), *words("Two."), DONE],
        [created("sess_b"), *words("Three."), DONE],
        [created("sess_a"), *words("Again."), DONE],
    )
    opened = world.session("ks_1")
    await world.ended(opened.ask("First?"))
    old = opened.ask("Second?")
    await world.ended(old)
    opened.set_store("ks_2", "Land")
    await world.ended(opened.ask("Third?"))
    opened.retry(old)
    await world.ended(old)
    assert [(ask.store_id, sent) for ask, sent in service.requests] == [
        ("ks_1", None),
        ("ks_1", "sess_a"),
        ("ks_2", None),
        ("ks_1", "sess_a"),
    ]
    assert opened.session.server_session_id == (await kept(world, opened)).server_session_id == "sess_b"


async def test_sessions_that_are_done_with_are_put_away(world: World) -> None:
    first = world.session()
    await world.ended(first.ask("Why?"))
    for number in range(12):
        opened = world.session()
        await world.ended(opened.ask(f"And {number}?"))
        opened.set_shown(False)
    again = await world.library.open(first.session.id)
    assert again is not first
    assert again is not None
    assert [turn.ask.question for turn in again.turns] == ["Why?"]
