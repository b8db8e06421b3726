"""The guard's own rules; its use on a stream is in test_answers."""

import asyncio

import pytest

from trackside.protocol.silence import SilenceGuard, StreamSilentError


async def test_a_result_in_time_is_handed_on() -> None:
    async with SilenceGuard(5) as guard:
        assert await guard.wait(asyncio.sleep(0, "x")) == "x"


async def test_silence_raises_and_the_task_is_not_left_cancelled() -> None:
    async with SilenceGuard(0.02) as guard:
        with pytest.raises(StreamSilentError) as caught:
            await guard.wait(asyncio.sleep(10))
    assert caught.value.limit_s == 0.02
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    await asyncio.sleep(0)


async def test_each_wait_has_the_whole_limit() -> None:
    async with SilenceGuard(0.15) as guard:
        for _ in range(10):
            await guard.wait(asyncio.sleep(0.03))


async def test_time_spent_elsewhere_is_no_silence() -> None:
    async with SilenceGuard(0.05) as guard:
        await guard.wait(asyncio.sleep(0))
        await asyncio.sleep(0.12)
        assert await guard.wait(asyncio.sleep(0, "x")) == "x"


async def test_a_cancel_from_outside_stays_a_cancel() -> None:
    async def wait() -> None:
        async with SilenceGuard(0.05) as guard:
            await guard.wait(asyncio.sleep(10))

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_errors_pass_through() -> None:
    async def fail() -> None:
        raise KeyError

    async with SilenceGuard(5) as guard:
        with pytest.raises(KeyError):
            await guard.wait(fail())


async def test_finishing_bounds_all_waits_together() -> None:
    async def ping_for_ever(guard: SilenceGuard) -> None:
        while True:
            await guard.wait(asyncio.sleep(0.01))

    async with asyncio.timeout(5), SilenceGuard(60) as guard:
        guard.finish_within(0.05)
        with pytest.raises(StreamSilentError):
            await ping_for_ever(guard)


async def test_many_waits_share_one_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    armed: list[float] = []
    original = loop.call_at

    def counting(when: float, *args: object, **kwargs: object) -> asyncio.TimerHandle:
        armed.append(when)
        return original(when, *args, **kwargs)

    monkeypatch.setattr(loop, "call_at", counting)
    async with SilenceGuard(30) as guard:
        for _ in range(500):
            await guard.wait(asyncio.sleep(0))
    assert len(armed) == 1
