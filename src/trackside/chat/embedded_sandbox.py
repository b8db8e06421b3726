"""The embedded service, started when it is first needed."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from trackside.domain.failure import Failure, FailureKind, TracksideError

if TYPE_CHECKING:
    from trackside.sandbox.server import SandboxServer

_log = logging.getLogger(__name__)


class EmbeddedSandbox:
    """`state_dir` is asked where it remembers its sessions, when it starts."""

    def __init__(self, state_dir: Callable[[], Path | None]) -> None:
        self._state_dir = state_dir
        self._server: SandboxServer | None = None
        self._start: asyncio.Task[str] | None = None

    @property
    def running_url(self) -> str | None:
        """Its address while it runs."""
        return self._server.base_url if self._server is not None else None

    async def url(self) -> str:
        """Its address; starts it first. Raises TracksideError when that fails; the next call tries again."""
        if self._start is None:
            starting = asyncio.to_thread(self._started)
            self._start = asyncio.get_running_loop().create_task(starting, name="sandbox")
        try:
            return await asyncio.shield(self._start)
        except Exception as error:
            self._start = None
            _log.warning("the sandbox could not start", exc_info=error)
            raise TracksideError(
                Failure(FailureKind.CONNECTION, "The sandbox could not start.", "Try again.", str(error))
            ) from error

    async def aclose(self) -> None:
        """Ends it; it can be started again."""
        if self._start is not None:
            await asyncio.gather(self._start, return_exceptions=True)
        if self._server is not None:
            await asyncio.to_thread(self._server.stop)
            self._server = None
        self._start = None

    def _started(self) -> str:
        from trackside.sandbox.server import SandboxServer  # starlette and uvicorn: 0.2 s, when needed

        server = SandboxServer(state_dir=self._state_dir())
        url: str = server.start()
        self._server = server
        return url
