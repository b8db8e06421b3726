"""Finds out what could be wrong here, part by part, each of which can fail or hang alone."""

import asyncio
import logging
import os
import re
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from concurrent.futures import Future
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from getpass import getuser
from pathlib import Path
from typing import TypeVar

from trackside.chat import diagnosis_looks as looks
from trackside.chat.connections import Connections
from trackside.chat.last_failures import LastFailures, noted
from trackside.domain.connection import Connection, KeySource, Secrets
from trackside.domain.diagnosis import Fact, Part, PartName
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.domain.secrecy import redacted
from trackside.domain.settings import Settings
from trackside.storage.files import write_whole
from trackside.storage.paths import DataPaths

T = TypeVar("T")
_LIMIT_S = 8.0
"""How long a part may take, where nothing says otherwise: a disk may never answer."""
_TEST_LIMIT_S = 60.0
_log = logging.getLogger(__name__)


class Diagnosis:
    """Gathers all parts. It changes nothing, but asks the keyring and, if wanted, the service.

    `desktop` is what the window knows of screen and platform; `limits` says in words what is known of a
    connection's rate limits.
    """

    def __init__(
        self,
        paths: DataPaths,
        connections: Connections,
        settings: Callable[[], Settings],
        seen: LastFailures,
        *,
        desktop: Sequence[Fact] = (),
        limits: Callable[[str], str] = lambda _: "",
        is_window: bool = False,
    ) -> None:
        self._paths = paths
        self._connections = connections
        self._settings = settings
        self._seen = seen
        self._desktop = tuple(desktop)
        self._limits = limits
        self._is_window = is_window

    async def gather(self, connection_id: str, *, with_test: bool) -> AsyncGenerator[Part]:
        """The parts in the order in which they are known. Called on the loop, which it never holds up."""
        connection = self._connections.get(connection_id)
        settings = self._settings()
        known = self._connections.all
        hosts = {one.id: one.host for one in known}
        work: dict[PartName, Awaitable[Part]] = {
            PartName.VERSIONS: _in_thread(looks.versions),
            PartName.DESKTOP: self._told_desktop(),
            PartName.KEYRING: self._keyring(connection if with_test else None),
            PartName.NETWORK: self._network(connection),
            PartName.DATA: _in_thread(partial(looks.data, self._paths)),
            PartName.INSTANCE: _in_thread(partial(looks.instance, self._paths, is_window=self._is_window)),
            PartName.SETTINGS: _in_thread(partial(looks.settings, settings, known, connection_id)),
            PartName.LIMITS: self._rate_limits(known),
            PartName.FAILURES: _in_thread(partial(looks.failures, self._paths, self._seen, hosts)),
        }
        if with_test:
            work[PartName.TEST] = self._test(connection)
        tasks = [
            asyncio.ensure_future(_guarded(name, part, _TEST_LIMIT_S if name is PartName.TEST else _LIMIT_S))
            for name, part in work.items()
        ]
        try:
            for done in asyncio.as_completed(tasks):
                yield _clean(await done)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    # -- parts that are no mere looks ------------------------------------------------------------

    async def _told_desktop(self) -> Part:
        names = (
            "XDG_CURRENT_DESKTOP",
            "XDG_SESSION_TYPE",
            "QT_QPA_PLATFORM",
            "LANG",
            "LC_ALL",
            "QT_IM_MODULE",
        )
        found = [Fact(name, value) for name in names if (value := os.environ.get(name))]
        return Part(PartName.DESKTOP, (*self._desktop, *(found or [Fact("Environment", "says nothing")])))

    async def _keyring(self, read: Connection | None) -> Part:
        """`read` is a connection whose key is going to be read anyway."""
        state = await self._connections.keys.look_at_vault()
        if read is not None and not read.is_sandbox:
            await self._connections.keys.find(read)
        sources = [self._connections.keys.source_of(one.id) for one in self._connections.all]
        facts = [
            Fact("Back end", state.name),
            Fact("Can keep keys", "yes" if state.is_usable else f"no: {state.reason}"),
            *(
                Fact(f"Key of connection {number}", _SOURCE_WORDS[source])
                for number, source in enumerate(sources, start=1)
            ),
        ]
        is_needed = not any(source is KeySource.ENVIRONMENT for source in sources)
        troubles = () if state.is_usable or not is_needed else (state.reason or "Keys can’t be kept.",)
        return Part(PartName.KEYRING, tuple(facts), troubles)

    async def _network(self, connection: Connection | None) -> Part:
        from urllib.request import getproxies

        secrets = self._connections.keys.secrets_of(connection.id) if connection is not None else Secrets()

        def look() -> Part:
            part = looks.network(connection, getproxies(), os.environ)
            if connection is None:
                return part
            used = Fact("Proxy that is used", _used_proxy(connection, secrets))
            return replace(part, facts=(*part.facts, used))

        return await _in_thread(look)

    async def _rate_limits(self, known: Sequence[Connection]) -> Part:
        facts = [
            Fact(f"Connection {number}", self._limits(one.id) or "nothing is known")
            for number, one in enumerate(known, start=1)
        ]
        return Part(PartName.LIMITS, tuple(facts))

    async def _test(self, connection: Connection | None) -> Part:
        if connection is None:
            return Part(PartName.TEST, (Fact("Connection", "none is in use"),))
        if connection.is_sandbox:
            return Part(PartName.TEST, (Fact("Connection", "the sandbox, which needs no test"),))
        from trackside.chat.connection_test import ConnectionTest
        from trackside.domain.connection_test import StepName, StepState, TestStep

        secrets = await self._connections.keys.find(connection)
        steps: tuple[TestStep, ...] = ()
        async with aclosing(ConnectionTest().run(connection, secrets)) as changes:
            async for now in changes:
                steps = now
        facts = [Fact("Host", connection.host)]
        troubles = []
        for step in steps:
            state = step.state.value.replace("_", " ")
            words = step.words
            if step.note not in ("", state) and step.name is not StepName.STORES:
                words += f" ({step.note})"
            if step.state is StepState.FAILED:
                # Not the failure's own sentences, which may quote what a server said.
                words = noted(step.failure, None).words if step.failure is not None else ""
                troubles.append(f"The connection test failed at the step “{step.name.value}”.")
            facts.append(Fact(step.name.value, f"{state}: {words}" if words else state))
        return Part(PartName.TEST, tuple(facts), tuple(troubles))


_SOURCE_WORDS = {
    KeySource.KEYRING: "in the keyring",
    KeySource.ENVIRONMENT: "from the environment",
    KeySource.THIS_RUN: "for this run only",
    KeySource.NONE: "none is known",
}


def _used_proxy(connection: Connection, secrets: Secrets) -> str:
    """Host and port of the proxy that the connection's requests go by."""
    from trackside.protocol.network import proxy_for  # httpx: 0.1 s, on this thread

    try:
        proxy = proxy_for(connection, secrets, connection.base_url)
    except TracksideError as error:
        return error.failure.headline
    if proxy is None:
        return "none"
    return f"{proxy.url.host}:{proxy.url.port}" if proxy.url.port else proxy.url.host


async def _guarded(name: PartName, work: Awaitable[Part], limit_s: float) -> Part:
    """The part, or a sentence for why there is none."""
    try:
        async with asyncio.timeout(limit_s):
            return await work
    except TimeoutError:
        return Part(name, troubles=(f"This could not be found out within {limit_s:g} s.",))
    except TracksideError as error:
        return Part(name, troubles=(error.failure.headline,))
    except Exception as error:  # noqa: BLE001 -- the top of the task
        _log.exception("a part of the diagnosis failed")
        return Part(name, troubles=(f"This could not be found out ({type(error).__name__}).",))


async def _in_thread(work: Callable[[], T]) -> T:
    """On a daemon thread: one that hangs on a dead disk holds up neither the others nor the program's end."""
    future: Future[T] = Future()

    def run() -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 -- handed to whoever waits
            future.set_exception(error)

    threading.Thread(target=run, name="trackside-diagnosis", daemon=True).start()
    return await asyncio.wrap_future(future)


def _clean(part: Part) -> Part:
    """Whatever a part says, without secrets and without the user's name."""
    facts = tuple(Fact(fact.name, shown(fact.words)) for fact in part.facts)
    return Part(part.name, facts, tuple(shown(words) for words in part.troubles))


def shown(text: str) -> str:
    """The text as a report may say it: without secrets, with “~” for the user's folder."""
    home = str(Path.home())
    if len(home) > 1:
        text = re.sub(r"(?<![\w/\\.~-])" + re.escape(home) + r"(?![^/\\\s:,)])", "~", text)
    name = getuser()
    text = re.sub(rf"(?<=[/\\]){re.escape(name)}(?=[/\\]|$|[\s:,)])", "~", text)
    return redacted(text)


def now_in_words() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")


async def save_report(path: Path, text: str) -> None:
    """Writes a report, readable by its user alone. Raises TracksideError."""
    try:
        await asyncio.to_thread(write_whole, path, text.encode("utf-8", "replace"))
    except OSError as error:
        raise TracksideError(
            Failure(
                FailureKind.STORAGE,
                f"The report can’t be written: {error.strerror or error}.",
                "Choose another place.",
            )
        ) from error
