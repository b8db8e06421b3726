"""Tasks with an owner: none is forgotten, and what one raises is told."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from trackside.domain.failure import Failure, FailureKind, TracksideError

_log = logging.getLogger(__name__)
T = TypeVar("T")


async def seen_through(work: Callable[[], T], give_up: Callable[[], None]) -> T:
    """Does it on another thread. One that is cancelled is told to give up and waited for, so that it does not
    work on in a folder that is somebody else's by then."""
    working = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        give_up()
        await asyncio.wait({working})
        if not working.cancelled():
            working.exception()
        raise


class OwnedTasks:
    """Starts tasks and sees them through. A TracksideError goes to `on_failure`; anything else is a bug,
    which is logged and told as one."""

    def __init__(self, on_failure: Callable[[Failure], None] | None = None) -> None:
        self._on_failure = on_failure
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(
            self._guarded(work), name=getattr(work, "__qualname__", "task")
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # One that is cancelled before its first step never came to await its work.
        task.add_done_callback(lambda _: work.close())
        return task

    async def aclose(self) -> None:
        """Cancels what still runs and waits for its end."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except TracksideError as error:
            self._tell(error.failure)
        except Exception as error:  # noqa: BLE001 -- the top of the task
            _log.exception("a task failed unexpectedly")
            self._tell(
                Failure(
                    FailureKind.BUG,
                    "Something went wrong inside Trackside.",
                    "The log has the details.",
                    type(error).__name__,
                )
            )

    def _tell(self, failure: Failure) -> None:
        if self._on_failure is not None:
            self._on_failure(failure)
