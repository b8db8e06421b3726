"""Tasks with an owner."""

import asyncio
from collections.abc import Callable

import pytest

from trackside.chat.tasks import OwnedTasks
from trackside.domain.failure import Failure, FailureKind, TracksideError

FAILURE = Failure(FailureKind.CONNECTION, "No.")


async def _fail(error: Exception) -> None:
    raise error


async def test_a_failure_is_told() -> None:
    told: list[Failure] = []
    tasks = OwnedTasks(told.append)
    await tasks.start(_fail(TracksideError(FAILURE)))
    assert told == [FAILURE]
    await tasks.aclose()


async def test_a_bug_is_told_as_one_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    told: list[Failure] = []
    tasks = OwnedTasks(told.append)
    await tasks.start(_fail(ZeroDivisionError("secret words")))
    assert [(f.kind, f.detail) for f in told] == [(FailureKind.BUG, "ZeroDivisionError")]
    assert caplog.records[0].exc_info
    await tasks.aclose()


async def test_without_somebody_to_tell_nothing_is_raised(expected_log: Callable[[str], None]) -> None:
    expected_log("failed unexpectedly")
    tasks = OwnedTasks()
    for error in (TracksideError(FAILURE), ZeroDivisionError()):
        await tasks.start(_fail(error))
    await tasks.aclose()


async def test_closing_cancels_and_waits() -> None:
    ended: list[str] = []

    async def work() -> None:
        try:
            await asyncio.sleep(300)
        finally:
            await asyncio.sleep(0.001)
            ended.append("ended")

    tasks = OwnedTasks()
    begun = tasks.start(work())
    await asyncio.sleep(0)
    never_begun = tasks.start(work())  # its coroutine must not be called one that was never awaited
    await tasks.aclose()
    assert begun.done()
    assert never_begun.done()
    assert ended == ["ended"]
    await tasks.aclose()
