"""The connection test as the window runs it: the wire off the loop, where the key is kept, the report."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from trackside import __version__
from trackside.domain.connection_test import (
    StepName,
    Steps,
    StepState,
    report_of,
    step_of,
    untested_steps,
    with_step,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from trackside.domain.connection import Connection, Secrets
    from trackside.domain.source import KnowledgeStore, Page
    from trackside.protocol.probe import Probe


class ConnectionTest:
    """One test after the other of whatever connection. `key_words` say where the key is kept."""

    def __init__(self, key_words: str = "") -> None:
        self._key_words = key_words
        self._connection: Connection | None = None
        self.steps: Steps = untested_steps()
        self.stores: Page[KnowledgeStore] | None = None
        """The first page of the stores, once a test has passed."""

    @property
    def report(self) -> str:
        """What was found, as text to pass on; no secret is in it."""
        return report_of(self._connection, self.steps, __version__, datetime.now().astimezone())

    async def run(self, connection: Connection, secrets: Secrets) -> AsyncGenerator[Steps, None]:
        """All steps after each change; the last are final. Never raises for a connection that fails: the
        steps say so. Whoever leaves early closes the iterator, which ends the request."""
        self._connection, self.steps, self.stores = connection, untested_steps(), None
        yield self.steps
        probe = await asyncio.to_thread(_new_probe, connection, secrets)
        async with aclosing(probe.run()) as changes:
            async for steps in changes:
                self.steps = with_key_words(steps, self._key_words)
                yield self.steps
        self.stores = probe.stores


def with_key_words(steps: Steps, words: str) -> Steps:
    """The steps with where the key is kept, once it was accepted."""
    step = step_of(steps, StepName.KEY)
    if step.state is not StepState.PASSED or not words:
        return steps
    return with_step(steps, replace(step, note=words))


def _new_probe(connection: Connection, secrets: Secrets) -> Probe:
    """Blocks, since it imports what speaks to the network."""
    import anyio._backends._asyncio  # noqa: F401 -- httpx would import it on the loop, at its first request

    from trackside.protocol.probe import Probe  # httpx: 0.1 s, off the loop

    return Probe(connection, secrets)
