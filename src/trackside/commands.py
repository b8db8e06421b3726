"""The commands without a window, on the same core: no widget is imported here."""

import argparse
import asyncio
import io
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from trackside.chat.connections import Connections
from trackside.chat.exporting import export_sessions, exported_text
from trackside.chat.library import SessionLibrary
from trackside.chat.preferences import Preferences
from trackside.chat.session import ChatSession
from trackside.chat.turn_runner import TurnRunner
from trackside.diagnostics import open_log, private_umask
from trackside.domain.connection import DEFAULT_ID, SANDBOX_ID, is_loopback
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.domain.session import new_id
from trackside.domain.turn import Attempt, AttemptState
from trackside.protocol.retry import RetryPolicy
from trackside.storage.database import Database
from trackside.storage.journal import Journal
from trackside.storage.key_vault import KeyVault
from trackside.storage.owners import Owner
from trackside.storage.paths import DataPaths, data_paths, unwritable
from trackside.storage.sessions import SessionStore
from trackside.storage.settings import load_settings

_DONE, _USAGE, _REFUSED, _INTERRUPTED, _STOPPED = 0, 2, 3, 4, 130
_EXIT_CODES = {
    AttemptState.COMPLETED: _DONE,
    AttemptState.INCOMPLETE: _DONE,
    AttemptState.STOPPED: _STOPPED,
    AttemptState.INTERRUPTED: _INTERRUPTED,
}


def run(options: argparse.Namespace) -> int:
    """Runs a command; returns its exit code. Failures become a sentence on stderr."""
    private_umask()
    open_log(None)
    for stream in (sys.stdout, sys.stderr):
        # An answer may hold what the terminal's encoding lacks, and halves of surrogate pairs.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        match options.command:
            case "sandbox":
                return _serve_sandbox(options)
            case "ask":
                return asyncio.run(_ask(options))
            case _:
                return asyncio.run(_export(options))
    except TracksideError as error:
        _complain(error.failure)
        return _REFUSED
    except KeyboardInterrupt:
        return _STOPPED
    except BrokenPipeError:
        return _leave_stdout()


def _leave_stdout() -> int:
    """Nobody reads any more. What is still buffered must not raise once more at the interpreter's end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return _STOPPED


def _complain(failure: Failure) -> None:
    sys.stderr.write(f"trackside: {failure.sentence}\n")


def _usage(words: str) -> int:
    sys.stderr.write(f"trackside: {words}\n")
    return _USAGE


# -- sandbox -----------------------------------------------------------------------------------------


def _serve_sandbox(options: argparse.Namespace) -> int:
    from trackside.sandbox.faults import list_faults
    from trackside.sandbox.server import SandboxServer

    if options.fault == "list":
        sys.stdout.write(list_faults() + "\n")
        return _DONE
    state_dir = data_paths(options.data_dir).sandbox if options.data_dir else None
    try:
        server = SandboxServer(
            port=options.port, pace_tokens_s=options.pace, fault=options.fault, state_dir=state_dir
        )
    except ValueError as error:
        return _usage(str(error))
    is_ending = _asked_to_end()
    owner: Owner | None = None
    try:
        if state_dir is not None:
            owner = _state_owner(state_dir)
        try:
            address = server.start()
        except OSError as error:
            sys.stderr.write(f"trackside: the sandbox can't be served: {error.strerror or error}.\n")
            return _REFUSED
        sys.stdout.write(f"listening on {address}\n")
        sys.stdout.flush()
        while not is_ending():
            # Short, since Windows wakes no sleeper for a signal.
            time.sleep(0.1)
    finally:
        server.stop()
        if owner is not None:
            owner.release()
    return _DONE


def _state_owner(state_dir: Path) -> Owner:
    """One process at a time writes a sandbox's state; the window marks its own in the same way."""
    try:
        return Owner(state_dir, "in-use")
    except BlockingIOError as error:
        failure = Failure(
            FailureKind.STORAGE,
            f"Another sandbox keeps its state in {state_dir}.",
            "Choose another --data-dir.",
        )
        raise TracksideError(failure) from error
    except OSError as error:
        raise unwritable(state_dir, error) from error


def _asked_to_end() -> Callable[[], bool]:
    """Tells whether Ctrl+C or a polite kill came, from now on."""
    is_ending = False

    def end(_number: int, _frame: object) -> None:
        nonlocal is_ending
        is_ending = True

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    return lambda: is_ending


# -- the core without its window ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Core:
    store: SessionStore
    runner: TurnRunner
    connections: Connections
    library: SessionLibrary


@asynccontextmanager
async def _core(paths: DataPaths, base_url: str | None) -> AsyncIterator[_Core]:
    await asyncio.to_thread(paths.create)
    database = Database(paths.database)
    owner: Owner | None = None
    connections: Connections | None = None
    runner: TurnRunner | None = None
    try:
        await database.opened()
        try:
            owner = await asyncio.to_thread(Owner, paths.instances, new_id())
        except OSError as error:
            raise unwritable(paths.instances, error) from error
        store = SessionStore(database, owner.token)
        store.on_failure = _complain_of
        policy = RetryPolicy()
        runner = TurnRunner(store, lambda: policy, Journal)
        loaded = await asyncio.to_thread(load_settings, paths.settings)
        preferences = Preferences(
            replace(loaded, settings=replace(loaded.settings, connection_id=DEFAULT_ID))
        )
        connections = Connections(preferences, KeyVault(), base_url=base_url)
        yield _Core(store, runner, connections, SessionLibrary(store, runner, connections.client))
    finally:
        if runner is not None:
            await runner.aclose()
        if connections is not None:
            await connections.aclose()
        await asyncio.to_thread(database.close)
        if owner is not None:
            owner.release()


def _complain_of(error: BaseException) -> None:
    if isinstance(error, TracksideError):
        _complain(error.failure)
    else:
        sys.stderr.write(f"trackside: saving failed ({type(error).__name__}).\n")


# -- ask ---------------------------------------------------------------------------------------------


async def _ask(options: argparse.Namespace) -> int:
    try:
        instructions = await _text_of(options.instructions_file)
        schema = await _text_of(options.schema_file)
    except (OSError, UnicodeDecodeError) as error:
        return _usage(f"{getattr(error, 'filename', None) or 'a file'} can't be read: {error}.")
    async with _core(data_paths(options.data_dir), options.base_url) as core:
        await core.connections.load()
        if not core.connections.has_key and is_loopback(_host(core.connections.base_url)):
            core.connections.use_key_for_this_run(SANDBOX_ID)
        opened = await _session_for(core, options)
        # What isn't given stays as the session has it.
        if options.instructions_file:
            opened.set_instructions(instructions)
        if options.schema_file:
            opened.set_schema(schema)
        if options.steps:
            opened.set_include_steps(True)
        printer = _Printer(is_json=options.json, with_steps=options.steps, on_unread=opened.stop)
        core.runner.attempt_changed.connect(printer.show)
        ended: asyncio.Future[Attempt] = asyncio.get_running_loop().create_future()
        core.runner.attempt_ended.connect(ended.set_result)
        opened.ask(options.question)
        with _stopping_on_signal(opened):
            attempt = await ended
        printer.end(attempt, opened)
        if printer.is_unread:
            return _leave_stdout()
        return _EXIT_CODES.get(attempt.state, _REFUSED)


async def _session_for(core: _Core, options: argparse.Namespace) -> ChatSession:
    """A new session, one of our own, or a new one that goes on in a server session (`sess_…`)."""
    if options.session and not options.session.startswith("sess_"):
        opened = await core.library.open(options.session)
        if opened is None:
            raise TracksideError(
                Failure(
                    FailureKind.INPUT, f"There is no session {options.session} here.", "Is --data-dir right?"
                )
            )
        opened.session = replace(opened.session, connection_id=DEFAULT_ID)
    else:
        opened = core.library.create(DEFAULT_ID)
        if options.session:
            opened.session = replace(opened.session, server_session_id=options.session)
    opened.set_store(options.store, opened.session.store_name)
    return opened


class _Printer:
    """Streams the answer's text to stdout as it grows; states and steps go to stderr.

    When nobody reads stdout any more it says so once, by `on_unread`, and writes nothing more.
    """

    def __init__(self, *, is_json: bool, with_steps: bool, on_unread: Callable[[], None]) -> None:
        self.is_unread = False
        self._on_unread = on_unread
        self._is_json = is_json
        self._with_steps = with_steps
        self._printed = ""
        self._steps = 0
        self._state: AttemptState | None = None

    def show(self, attempt: Attempt) -> None:
        if (
            attempt.state is AttemptState.WAITING
            and self._state is not AttemptState.WAITING
            and attempt.failure
        ):
            sys.stderr.write(f"trackside: {attempt.failure.headline} Trying again.\n")
        self._state = attempt.state
        if self._with_steps:
            steps = attempt.answer.steps
            for step in steps[self._steps :]:
                sys.stderr.write(f"[{step.title}] {step.detail[:200]}\n")
            self._steps = max(self._steps, len(steps))
        if not self._is_json:
            self._print(attempt.answer.text)

    def end(self, attempt: Attempt, opened: ChatSession) -> None:
        self.show(attempt)
        answer = attempt.answer
        if self._is_json:
            usage = answer.usage
            document: dict[str, Any] = {
                "session": opened.session.id,
                "server_session_id": opened.session.server_session_id,
                "response_id": answer.response_id,
                "state": attempt.state.value,
                "text": answer.text,
                "annotations": [
                    {
                        "type": a.kind.value,
                        "start_index": a.start_index,
                        "end_index": a.end_index,
                        "item_id": a.item_id,
                        "start_sec": a.start_s,
                        "end_sec": a.end_s,
                        "title": a.title,
                        "url": a.url,
                    }
                    for a in answer.annotations
                ],
                "usage": {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
                if usage
                else None,
                "failure": attempt.failure.sentence if attempt.failure else None,
            }
            self._write(json.dumps(document, ensure_ascii=False) + "\n")
        elif self._printed and not self._printed.endswith("\n"):
            self._write("\n")
        if attempt.state is AttemptState.INCOMPLETE:
            sys.stderr.write("trackside: The answer was cut off at the length limit.\n")
        elif attempt.failure is not None:
            _complain(attempt.failure)

    def _print(self, text: str) -> None:
        if text == self._printed:
            return
        if text.startswith(self._printed):
            self._write(text[len(self._printed) :])
        else:
            # The service corrected what it had said; a terminal can't take it back.
            self._write(f"\n\n{text}")
        self._printed = text

    def _write(self, text: str) -> None:
        if self.is_unread:
            return
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except BrokenPipeError:
            # Caught here, since Qt swallows what a slot raises.
            self.is_unread = True
            self._on_unread()


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


# -- export ------------------------------------------------------------------------------------------


async def _export(options: argparse.Namespace) -> int:
    if bool(options.session) == options.all:
        return _usage("name one session, or --all.")
    async with _core(data_paths(options.data_dir), options.base_url) as core:
        ids = [s.id for s in await core.store.sessions()] if options.all else [options.session]
        if options.out == "-":
            sys.stdout.write(await exported_text(core.store, ids, options.format))
        else:
            await export_sessions(core.store, ids, options.format, Path(options.out))
    return _DONE
