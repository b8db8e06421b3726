"""Where a conversation at the service begins anew: lost, in another store, branched; recap or none."""

import asyncio

import pytest

from chat.support import DONE, DROPPED, WHOLE, S, World, created, words
from trackside.chat.session import ChatSession
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.domain.turn import QUESTION_LIMIT, AnswerSchema, Turn

LOST = Failure(FailureKind.DEAD_SESSION, "The service no longer knows this conversation.", status=400)
REFUSED = Failure(FailureKind.KEY, "The service refused the key.", status=401)
SECOND = [created("sess_2"), *words("New"), DONE]
RECAP = "Earlier in this conversation:\n\nQuestion: One?\nAnswer: Allofit.\n\nThe question now:"


async def asked(world: World, opened: ChatSession, *questions: str) -> Turn:
    for question in questions:
        turn = opened.ask(question)
        await world.ended(turn)
    return turn


async def reopened(world: World, opened: ChatSession) -> ChatSession:
    """As another start of the program finds it."""
    opened.flush()
    world.library._open.clear()
    again = await world.library.open(opened.session.id)
    assert again is not None
    assert again is not opened
    return again


async def test_a_conversation_that_goes_on_carries_nothing(world: World) -> None:
    service, opened = world.use(WHOLE), world.session()
    await asked(world, opened, "One?", "Two?")
    assert not opened.begins_anew
    assert opened.recap_for("Three?") == ""
    assert service.recaps == ["", ""]


async def test_a_question_that_never_got_through_leaves_nothing_to_carry(world: World) -> None:
    service, opened = world.use([REFUSED], WHOLE), world.session()
    await asked(world, opened, "One?")
    assert not opened.begins_anew
    await asked(world, opened, "Two?")
    assert service.recaps == ["", ""]


async def test_a_forgotten_conversation_offers_a_recap_and_a_retry_carries_it(world: World) -> None:
    service, opened = world.use(WHOLE, [LOST], SECOND), world.session()
    turn = await asked(world, opened, "One?", "Two?")
    assert opened.is_forgotten
    assert opened.begins_anew
    opened.retry(turn)
    attempt = await world.ended(turn)
    assert (attempt.state, attempt.sent_session_id, attempt.recap) == (S.COMPLETED, None, RECAP)
    assert service.recaps == ["", "", RECAP]
    assert opened.session.server_session_id == "sess_2"
    assert not opened.begins_anew
    again = await reopened(world, opened)
    kept = again.turns[1].attempts
    assert [a.recap for a in kept] == ["", RECAP]
    assert again.live_server_session_id == "sess_2"


async def test_plain_retry_and_another_question_begin_anew_as_well(world: World) -> None:
    service, opened = world.use(WHOLE, [LOST], [LOST], SECOND), world.session()
    turn = await asked(world, opened, "One?", "Two?")
    again = await reopened(world, opened)  # it is known from what was saved
    assert again.begins_anew
    again.retry()
    await world.ended(again.turns[1])
    await asked(world, again, "Three?")
    assert [sent for _, sent in service.requests] == [None, "sess_1", None, None]
    assert service.recaps == ["", "", RECAP, RECAP]
    assert turn.id == again.turns[1].id


async def test_the_recap_as_edited_is_sent_once_and_survives_a_restart(world: World) -> None:
    service, opened = world.use(WHOLE, [LOST], SECOND, SECOND), world.session()
    await asked(world, opened, "One?", "Two?")
    opened.set_recap("  We spoke of ships.\n")
    opened = await reopened(world, opened)
    assert opened.recap_for("Three?") == "We spoke of ships."
    await asked(world, opened, "Three?")
    assert service.recaps[-1] == "We spoke of ships."
    assert opened.session.recap is None
    await asked(world, opened, "Four?")
    assert service.recaps[-1] == ""
    assert (await reopened(world, opened)).session.recap is None


async def test_an_edited_recap_waits_until_a_conversation_has_begun(world: World) -> None:
    service, opened = world.use(WHOLE, [LOST], [REFUSED], [REFUSED], SECOND), world.session()
    turn = await asked(world, opened, "One?", "Two?")
    opened.set_recap("Ships.")
    opened.retry(turn)
    await world.ended(turn)
    assert opened.begins_anew
    opened.set_recap("Boats.")
    opened.retry(turn)
    await world.ended(turn)
    await asked(world, opened, "Three?")
    assert service.recaps[2:] == ["Ships.", "Boats.", "Boats."]


async def test_no_recap_is_a_choice(world: World) -> None:
    service, opened = world.use(WHOLE, [LOST], SECOND), world.session()
    turn = await asked(world, opened, "One?", "Two?")
    opened.set_recap("")
    opened.retry(turn)
    attempt = await world.ended(turn)
    assert (attempt.recap, service.recaps[-1]) == ("", "")


async def test_a_retry_carries_what_its_attempt_carried(world: World) -> None:
    service, opened = world.use(WHOLE, [LOST], [REFUSED], SECOND), world.session()
    turn = await asked(world, opened, "One?", "Two?")
    opened.retry(turn)
    await world.ended(turn)
    opened.retry(turn)
    await world.ended(turn)
    assert service.recaps[2:] == [RECAP, RECAP]


async def test_a_retry_in_the_conversation_that_knows_it_all_carries_nothing(world: World) -> None:
    service = world.use(WHOLE, [LOST], [created("sess_2"), *words("x"), DROPPED], SECOND)
    opened = world.session()
    turn = await asked(world, opened, "One?", "Two?")
    opened.retry(turn)
    await world.ended(turn)
    opened.retry(turn)
    attempt = await world.ended(turn)
    assert (attempt.sent_session_id, attempt.recap) == ("sess_2", "")
    assert service.recaps[-1] == ""


async def test_an_earlier_turn_asked_again_without_a_conversation_does_not_begin_one(world: World) -> None:
    service, opened = world.use(WHOLE, WHOLE, [LOST], SECOND, WHOLE), world.session()
    await asked(world, opened, "One?", "Two?", "Three?")
    opened.retry(opened.turns[1])
    await world.ended(opened.turns[1])
    assert (service.requests[-1][1], service.recaps[-1]) == (None, RECAP)
    # That one doesn't know of the third turn: the next question may not go on in it.
    assert opened.begins_anew


async def test_recap_and_question_fit_together_or_are_refused(world: World) -> None:
    service, opened = world.use([created(), *words("word " * 9_000), DONE], [LOST], SECOND), world.session()
    await asked(world, opened, "One?", "Two?")
    long = "x" * 8_000
    assert 1_000 < len(opened.recap_for(long)) < 2_000
    opened.set_recap("y" * 2_500)
    with pytest.raises(TracksideError, match="together") as caught:
        opened.ask(long)
    assert caught.value.failure.kind is FailureKind.INPUT
    assert len(opened.turns) == 2
    opened.set_recap(None)
    await asked(world, opened, long)
    assert len(service.recaps[-1]) + 2 + len(long) <= QUESTION_LIMIT
    opened.set_store("ks_2", "Land")
    assert opened.recap_for("x" * 9_900) == ""


async def test_a_command_goes_on_as_it_is_and_never_carries_a_recap(world: World) -> None:
    service, opened = world.use(WHOLE, [LOST]), world.session()
    await asked(world, opened, "One?", "Two?")
    turn = opened.ask("Three?", with_recap=False)
    assert (await world.ended(turn)).failure == LOST
    assert [sent for _, sent in service.requests] == [None, "sess_1", "sess_1"]
    assert service.recaps == ["", "", ""]


# -- stores -----------------------------------------------------------------------------------------


async def test_another_store_begins_anew_with_the_same_choice(world: World) -> None:
    service, opened = world.use(WHOLE, SECOND, WHOLE), world.session("ks_1")
    await asked(world, opened, "One?")
    opened.set_store("ks_2", "Land")
    assert opened.begins_anew
    assert not opened.is_forgotten
    await asked(world, opened, "Two?", "Three?")
    assert [(ask.store_id, sent) for ask, sent in service.requests] == [
        ("ks_1", None),
        ("ks_2", None),
        ("ks_2", "sess_2"),
    ]
    assert service.recaps == ["", RECAP, ""]


async def test_no_conversation_is_ever_asked_about_another_store(world: World) -> None:
    """Back and forth, asking and retrying: what a server session was begun with stays its store."""
    number = 0

    def script() -> list[object]:
        nonlocal number
        number += 1
        return [created(f"sess_{number}"), *words("x"), DONE]

    service = world.use(*[script() for _ in range(40)])  # type: ignore[arg-type]
    opened = world.session("ks_1")
    store_of: dict[str, str] = {}
    for step in range(30):
        if step % 3 == 2:
            opened.set_store(f"ks_{step % 2 + 1}", "Other")
        if step % 5 == 4:
            opened.retry(opened.turns[step % len(opened.turns)])
            turn = opened.turns[step % len(opened.turns)]
        else:
            turn = opened.ask(f"{step}?")
        attempt = await world.ended(turn)
        ask, sent = service.requests[-1]
        if sent is not None:
            assert store_of[sent] == ask.store_id, step
        assert attempt.answer.server_session_id is not None
        store_of[attempt.answer.server_session_id] = ask.store_id
    assert len(set(store_of.values())) == 2


# -- branches ---------------------------------------------------------------------------------------


async def test_a_moved_session_tells_the_new_service_nothing_of_the_old_one(world: World) -> None:
    service, opened = world.use(WHOLE, WHOLE, SECOND, SECOND), world.session()
    await asked(world, opened, "One?", "Two?")
    opened.set_connection("other")
    with pytest.raises(TracksideError, match="No knowledge store is chosen"):
        opened.retry(opened.turns[1])
    assert opened.turns[1].ask.store_id == "ks_1"
    opened.set_store("store_b", "There")
    opened = await reopened(world, opened)
    opened.retry(opened.turns[1])
    attempt = await world.ended(opened.turns[1])
    assert (service.requests[-1][0].store_id, service.requests[-1][1]) == ("store_b", None)
    assert attempt.recap == RECAP
    assert opened.session.server_session_id == "sess_2"
    opened = await reopened(world, opened)
    assert [turn.ask.store_id for turn in opened.turns] == ["ks_1", "store_b"]
    opened.retry(opened.turns[0])
    await world.ended(opened.turns[0])
    assert (service.requests[-1][0].store_id, service.requests[-1][1]) == ("store_b", "sess_2")
    copy = await world.library.branch(opened.session.id, 1)
    assert copy is not None
    assert copy.session.moved_turns == 1


async def test_what_the_old_service_says_after_a_move_is_not_kept_for_the_new_one(world: World) -> None:
    held = asyncio.Event()
    world.use([held, *WHOLE])
    opened = world.session()
    turn = opened.ask("One?")
    await asyncio.sleep(0.01)
    opened.set_connection("other")
    opened.set_store("ks_1", "Here as well")
    held.set()
    await world.ended(turn)
    assert opened.session.server_session_id is None


async def test_a_branch_has_the_turns_up_to_there_and_no_conversation(world: World) -> None:
    service, source = world.use(WHOLE), world.session()
    source.set_instructions("Be brief.")
    source.set_draft("half a thought")
    await asked(world, source, "One?", "Two?", "Three?")
    source.set_draft("half a thought")
    source.retry(source.turns[0])
    await world.ended(source.turns[0])
    branch = await world.library.branch(source.session.id, 2)
    assert branch is not None
    facts = branch.session
    assert [t.ask.question for t in branch.turns] == ["One?", "Two?"]
    assert [len(t.attempts) for t in branch.turns] == [2, 1]
    assert (facts.title, facts.branched_from, facts.branched_turns) == ("One? (branch)", "One?", 2)
    assert (facts.server_session_id, facts.draft, facts.instructions) == (None, "", "Be brief.")
    assert (facts.store_id, facts.snippet, facts.turn_count) == ("ks_1", "Allofit.", 2)
    assert branch.begins_anew
    await asked(world, branch, "Else?")
    assert service.requests[-1][1] is None
    assert "Question: Two?" in service.recaps[-1]
    assert "Three?" not in service.recaps[-1]
    assert [t.ask.question for t in source.turns] == ["One?", "Two?", "Three?"]
    assert source.session.draft == "half a thought"
    assert branch.session.id in [s.id for s in world.library.sessions]


async def test_a_copied_turn_is_never_asked_again_in_the_other_sessions_conversation(world: World) -> None:
    service, source = world.use(WHOLE), world.session("ks_1")
    await asked(world, source, "One?", "Two?")
    branch = await world.library.branch(source.session.id, 2)
    assert branch is not None
    branch.set_store("ks_2", "Land")
    branch.retry(branch.turns[1])
    await world.ended(branch.turns[1])
    ask, sent = service.requests[-1]
    assert (ask.store_id, sent, service.recaps[-1]) == ("ks_1", None, RECAP)


async def test_a_branch_before_the_first_turn_is_empty_and_kept(world: World) -> None:
    world.use(WHOLE)
    source = world.session()
    await asked(world, source, "One?")
    branch = await world.library.branch(source.session.id, 0, draft="One, but better?")
    assert branch is not None
    assert branch.turns == []
    assert not branch.begins_anew
    assert (await reopened(world, branch)).session.draft == "One, but better?"


async def test_a_session_that_is_gone_can_not_be_branched(world: World) -> None:
    assert await world.library.branch("nowhere", 1) is None


async def test_a_schema_goes_along_with_the_recap(world: World) -> None:
    service, opened = world.use(WHOLE, [LOST], SECOND), world.session()
    await asked(world, opened, "One?", "Two?")
    opened.set_schema('{"type": "object"}')
    await asked(world, opened, "Three?")
    assert service.requests[-1][0].schema == AnswerSchema("answer", '{"type": "object"}')
    assert service.recaps[-1] == RECAP


async def test_an_old_forgetting_does_not_cost_the_conversation_of_today(world: World) -> None:
    service, opened = world.use(WHOLE, [LOST], SECOND), world.session()
    old = await asked(world, opened, "One?", "Two?")
    await asked(world, opened, "Three?")
    opened.retry(old)
    await world.ended(old)
    assert (service.requests[-1][1], service.recaps[-1]) == ("sess_2", "")
    assert opened.session.server_session_id == "sess_2"
