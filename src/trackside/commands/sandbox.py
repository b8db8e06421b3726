"""`trackside sandbox`: serves the embedded service until it is asked to end."""

import argparse
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from trackside.commands.outcome import DONE, REFUSED, usage
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.storage.owners import Owner
from trackside.storage.paths import data_paths, unwritable


def serve_sandbox(options: argparse.Namespace) -> int:
    from trackside.sandbox.faults import list_faults
    from trackside.sandbox.server import SandboxServer

    if options.fault == "list":
        sys.stdout.write(list_faults() + "\n")
        return DONE
    state_dir = data_paths(options.data_dir).sandbox if options.data_dir else None
    try:
        server = SandboxServer(
            port=options.port, pace_tokens_s=options.pace, fault=options.fault, state_dir=state_dir
        )
    except ValueError as error:
        return usage(str(error))
    is_ending = _asked_to_end()
    owner: Owner | None = None
    try:
        if state_dir is not None:
            owner = _state_owner(state_dir)
        try:
            address = server.start()
        except OSError as error:
            sys.stderr.write(f"trackside: the sandbox can't be served: {error.strerror or error}.\n")
            return REFUSED
        sys.stdout.write(f"listening on {address}\n")
        sys.stdout.flush()
        while not is_ending():
            # Short, since Windows wakes no sleeper for a signal.
            time.sleep(0.1)
    finally:
        server.stop()
        if owner is not None:
            owner.release()
    return DONE


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
