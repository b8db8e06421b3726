"""`trackside ask`: one question, its answer streamed to stdout, the turn kept like the window's."""

import argparse
import asyncio
import signal
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from trackside.chat.session import ChatSession
from trackside.commands.choosing import chosen_connection
from trackside.commands.core import Core, opened_core
from trackside.commands.outcome import DONE, INTERRUPTED, REFUSED, STOPPED, leave_stdout, usage
from trackside.commands.printer import Printer
from trackside.domain.connection import DEFAULT_ID, SANDBOX_ID, Connection, is_loopback
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.domain.turn import Attempt, AttemptState
from trackside.storage.paths import data_paths

_EXIT_CODES = {
    AttemptState.COMPLETED: DONE,
    AttemptState.INCOMPLETE: DONE,
    AttemptState.STOPPED: STOPPED,
    AttemptState.INTERRUPTED: INTERRUPTED,
}


async def ask(options: argparse.Namespace) -> int:
    try:
        instructions = await _text_of(options.instructions_file)
        schema = await _text_of(options.schema_file)
    except (OSError, UnicodeDecodeError) as error:
        return usage(f"{getattr(error, 'filename', None) or 'a file'} can't be read: {error}.")
    async with opened_core(data_paths(options.data_dir), options.base_url) as core:
        opened = await _session_for(core, options)
        await _find_key(core, opened.session.connection_id)
        # What isn't given stays as the session has it.
        if options.instructions_file:
            opened.set_instructions(instructions)
        if options.schema_file:
            opened.set_schema(schema)
        if options.steps:
            opened.set_include_steps(True)
        printer = Printer(
            is_json=options.json,
            with_steps=options.steps,
            on_unread=opened.stop,
            limit_words=lambda: core.runner.limits.words_of(opened.session.connection_id),
        )
        core.runner.attempt_changed.connect(printer.show)
        ended: asyncio.Future[Attempt] = asyncio.get_running_loop().create_future()
        core.runner.attempt_ended.connect(ended.set_result)
        opened.ask(options.question, with_recap=False)
        with _stopping_on_signal(opened):
            attempt = await ended
        printer.end(attempt, opened)
        if printer.is_unread:
            return leave_stdout()
        return _EXIT_CODES.get(attempt.state, REFUSED)


async def _session_for(core: Core, options: argparse.Namespace) -> ChatSession:
    """A new session, one of our own, or a new one that goes on in a server session (`sess_…`)."""
    identity: str | None = options.session
    wanted: str | None = options.connection
    if identity is None or identity.startswith("sess_"):
        connection = chosen_connection(core.connections.all, wanted)
        opened = core.library.create(connection.id, server_session_id=identity)
    elif (found := await core.library.open(identity)) is not None:
        opened = found
        connection = _connection_of(core, opened, wanted)
        if opened.session.store_id and opened.session.store_id != options.store:
            raise _not_possible(
                f"That session asks the store {opened.session.store_id}.",
                "Ask it there too, or leave --session out.",
            )
    else:
        raise _not_possible(f"There is no session {identity} here.", "Is --data-dir right?")
    if options.base_url and connection.id != DEFAULT_ID:
        raise _not_possible(
            f"--base-url is not for the connection “{connection.name}”.",
            "It has an address of its own; leave one of both out.",
        )
    opened.set_store(options.store, opened.session.store_name)
    return opened


def _connection_of(core: Core, opened: ChatSession, wanted: str | None) -> Connection:
    """The connection that a session belongs to, which `wanted` must not contradict."""
    if opened.session.connection_id == SANDBOX_ID:
        raise _not_possible("That session belongs to the window's sandbox.", "Ask it there.")
    connection = core.connections.get(opened.session.connection_id)
    if connection is None:
        raise _not_possible(
            "That session's connection was removed.", "Open it in the window to move it to another one."
        )
    if wanted is not None and chosen_connection(core.connections.all, wanted) != connection:
        raise _not_possible(
            f"That session belongs to the connection “{connection.name}”.",
            "Ask it there: leave --connection out.",
        )
    return connection


async def _find_key(core: Core, connection_id: str) -> None:
    """Looks for the connection's key; a service on this computer does without."""
    connections = core.connections
    connection = connections.get(connection_id)
    if connection is not None:
        await connections.keys.find(connection)
    if not connections.keys.has_key(connection_id) and is_loopback(
        _host(connections.address_of(connection_id))
    ):
        connections.keys.use_for_this_run(connection_id, SANDBOX_ID)


def _not_possible(headline: str, advice: str) -> TracksideError:
    return TracksideError(Failure(FailureKind.INPUT, headline, advice))


class _stopping_on_signal:  # noqa: N801 -- reads as what it does, like contextlib's own
    """The first Ctrl+C stops the answer as Esc does; what came is kept."""

    def __init__(self, opened: ChatSession) -> None:
        self._opened = opened
        self._loop = asyncio.get_running_loop()

    def __enter__(self) -> None:
        with suppress(NotImplementedError):  # Windows: Ctrl+C ends the run instead
            for number in (signal.SIGINT, signal.SIGTERM):
                self._loop.add_signal_handler(number, self._opened.stop)

    def __exit__(self, *_: object) -> None:
        with suppress(NotImplementedError):
            for number in (signal.SIGINT, signal.SIGTERM):
                self._loop.remove_signal_handler(number)


async def _text_of(path: str | None) -> str:
    # An editor may have put a byte order mark before it.
    return await asyncio.to_thread(Path(path).read_text, encoding="utf-8-sig") if path else ""


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
