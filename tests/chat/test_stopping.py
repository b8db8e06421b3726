"""Stop, whenever it comes: what came stays, it ends once, and nothing slips in afterwards."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest

from chat.support import (
    BUSY,
    DONE,
    DROPPED,
    FakeKeeper,
    FakeService,
    S,
    Seen,
    Step,
    a_turn,
    created,
    ended,
    soon,
    words,
)
from trackside.chat.turn_runner import TurnRunner
from trackside.domain.failure import FailureKind
from trackside.domain.stream import ResponseStatus, StreamEvent
from trackside.domain.turn import Attempt, AttemptState, Turn
from trackside.protocol.retry import RetryPolicy
from trackside.storage.journal import Journal


class Scene:
    """An attempt that hangs at a moment of choice."""

    def __init__(self, *script: Step, source_hangs: bool = False) -> None:
        self.keeper = FakeKeeper()
        policy = RetryPolicy(base_delay_s=300, max_delay_s=300)
        self.runner = TurnRunner(self.keeper, lambda: policy, Journal)
        self.seen = Seen(self.runner)
        self.turn: Turn = a_turn()
        self.attempt: Attempt = self.turn.attempts[0]
        self.service = FakeService([script])
        self.hang = asyncio.Event()
        self.source_hangs = source_hangs

    def start(self) -> None:
        self.runner.start(self.turn, self.attempt, self.source, None)

    async def source(self) -> FakeService:
        if self.source_hangs:
            await self.hang.wait()
        return self.service


Moment = Callable[[], tuple[Scene, Callable[[Scene], object], AttemptState, str]]


def _queued() -> Any:
    return Scene(created()), lambda s: True, S.STOPPED, ""


def _waiting_for_a_client() -> Any:
    return Scene(source_hangs=True), lambda s: s.attempt.state is S.CONNECTING, S.STOPPED, ""


def _connecting() -> Any:
    return Scene(asyncio.Event()), lambda s: s.service.requests, S.STOPPED, ""


def _waiting_for_a_retry() -> Any:
    return Scene(BUSY), lambda s: s.attempt.state is S.WAITING, S.STOPPED, ""


def _before_the_first_token() -> Any:
    return Scene(created(), asyncio.Event()), lambda s: s.attempt.state is S.STREAMING, S.STOPPED, ""


def _streaming() -> Any:
    scene = Scene(created(), *words("Part of it"), asyncio.Event())
    return scene, lambda s: s.attempt.answer.text == "Partofit", S.STOPPED, "Partofit"


def _after_the_final_response() -> Any:
    scene = Scene(created(), *words("All"), ended(), asyncio.Event())
    return scene, lambda s: s.attempt.answer.is_over, S.COMPLETED, "All"


def _after_a_cut_off() -> Any:
    scene = Scene(created(), *words("All"), ended(ResponseStatus.INCOMPLETE), asyncio.Event())
    return scene, lambda s: s.attempt.answer.is_over, S.INCOMPLETE, "All"


def _after_done() -> Any:
    scene = Scene(created(), *words("All"), ended(), DONE, asyncio.Event())
    return scene, lambda s: s.attempt.answer.is_over, S.COMPLETED, "All"


MOMENTS = [
    _queued,
    _waiting_for_a_client,
    _connecting,
    _waiting_for_a_retry,
    _before_the_first_token,
    _streaming,
    _after_the_final_response,
    _after_a_cut_off,
    _after_done,
]


@pytest.mark.parametrize("moment", MOMENTS)
async def test_stop_ends_an_attempt_at_once_and_keeps_what_came(moment: Moment) -> None:
    scene, has_come, state, text = moment()
    scene.start()
    await soon(lambda: has_come(scene))
    was_running = scene.runner.run_of(scene.attempt) is not None
    scene.runner.stop(scene.attempt)
    # At once: without a turn of the loop.
    assert (scene.attempt.state, scene.attempt.answer.text) == (state, text)
    assert scene.seen.ends == [scene.attempt.id]
    assert scene.attempt.failure is None
    assert scene.runner.running == []
    scene.runner.stop(scene.attempt)
    if was_running:  # after [DONE] the client reads on for a moment, so that the socket can be used again
        await soon(lambda: scene.service.left == len(scene.service.requests))
    assert scene.keeper.of("attempt")[-1] == (scene.attempt.id, state, text)
    saved = len(scene.keeper.saved)
    await scene.runner.aclose()
    assert scene.seen.ends == [scene.attempt.id]
    assert len(scene.keeper.saved) == saved


@pytest.mark.parametrize("moment", MOMENTS)
async def test_closing_interrupts_an_attempt_and_saves_it(moment: Moment) -> None:
    scene, has_come, stopped_state, text = moment()
    state = S.INTERRUPTED if stopped_state is S.STOPPED else stopped_state
    scene.start()
    await soon(lambda: has_come(scene))
    await scene.runner.aclose()
    assert (scene.attempt.state, scene.attempt.answer.text) == (state, text)
    assert scene.keeper.of("attempt")[-1] == (scene.attempt.id, state, text)
    assert scene.seen.ends == [scene.attempt.id]
    assert scene.service.left == len(scene.service.requests)
    if state is S.INTERRUPTED:
        assert scene.attempt.failure is not None
        assert scene.attempt.failure.kind is FailureKind.INTERRUPTED
    await scene.runner.aclose()


async def test_closing_waits_for_every_task() -> None:
    scenes = [moment() for moment in MOMENTS for _ in range(3)]
    (runner := scenes[0][0].runner)
    before = asyncio.all_tasks()
    for scene, *_ in scenes:
        runner.start(scene.turn, scene.attempt, scene.source, None)
    await asyncio.sleep(0.02)
    await runner.aclose()
    assert asyncio.all_tasks() == before
    assert all(scene.attempt.state.is_final for scene, *_ in scenes)


async def test_a_socket_that_is_slow_to_close_is_waited_for_at_the_end() -> None:
    scene = Scene()
    closed: list[str] = []

    class Slow(FakeService):
        async def stream_answer(self, ask: Any, **_: Any) -> AsyncGenerator[StreamEvent, None]:
            try:
                yield created()
                await asyncio.sleep(300)
            finally:
                await asyncio.sleep(0.02)
                closed.append("closed")

    scene.service = Slow([])
    scene.start()
    await soon(lambda: scene.attempt.state is S.STREAMING)
    scene.runner.stop(scene.attempt)
    await scene.runner.aclose()
    assert closed == ["closed"]


# -- whoever is told may stop it --------------------------------------------------------------------


@pytest.mark.parametrize("when", [S.CONNECTING, S.STREAMING, S.WAITING])
async def test_a_slot_may_stop_the_attempt_that_it_is_told_of(when: AttemptState) -> None:
    scene = Scene(BUSY) if when is S.WAITING else Scene(created(), *words("x y z"), asyncio.Event())

    def stop(attempt: Attempt) -> None:
        if attempt.state is when:
            scene.runner.stop(attempt)

    scene.runner.attempt_changed.connect(stop)
    scene.start()
    await scene.seen.end_of(scene.attempt)
    await scene.runner.aclose()
    assert (scene.attempt.state, scene.attempt.answer.text) == (S.STOPPED, "")
    # What was folded after the end would be on the screen and not on the disk.
    assert scene.keeper.saved[-1] == ("attempt", (scene.attempt.id, S.STOPPED, ""))
    assert scene.seen.ends == [scene.attempt.id]


async def test_stopping_when_the_server_session_is_told_keeps_it() -> None:
    scene = Scene(created(), *words("x"), asyncio.Event())
    scene.runner.server_session_known.connect(lambda *_: scene.runner.stop(scene.attempt))
    scene.start()
    await scene.seen.end_of(scene.attempt)
    await scene.runner.aclose()
    assert scene.keeper.of("server session") == [("s", "sess_1")]
    assert scene.keeper.saved[-1][0] == "attempt"


async def test_a_cancel_from_elsewhere_still_saves_the_attempt() -> None:
    scene = Scene(created(), *words("Part"), asyncio.Event())
    scene.start()
    await scene.seen.until(lambda: scene.attempt.answer.text)
    run = scene.runner.run_of(scene.attempt)
    assert run is not None
    assert run.task is not None
    run.task.cancel()
    await scene.seen.end_of(scene.attempt)
    assert scene.keeper.of("attempt")[-1] == (scene.attempt.id, S.STOPPED, "Part")
    await scene.runner.aclose()


async def test_a_break_down_while_stopping_changes_nothing() -> None:
    scene = Scene(created(), *words("Part"), asyncio.Event(), DROPPED)
    scene.start()
    await scene.seen.until(lambda: scene.attempt.answer.text)
    pause = scene.service.scripts[0][-2]
    assert isinstance(pause, asyncio.Event)
    pause.set()
    scene.runner.stop(scene.attempt)
    await scene.runner.aclose()
    assert (scene.attempt.state, scene.attempt.failure) == (S.STOPPED, None)
