"""How a command ends: the exit codes that scripts rely on, and the sentence on stderr."""

import os
import sys

from trackside.domain.failure import Failure, TracksideError

DONE, USAGE, REFUSED, INTERRUPTED, STOPPED = 0, 2, 3, 4, 130


def complain(failure: Failure) -> None:
    sys.stderr.write(f"trackside: {failure.sentence}\n")


def complain_of(error: BaseException) -> None:
    """What a save failed with."""
    if isinstance(error, TracksideError):
        complain(error.failure)
    else:
        sys.stderr.write(f"trackside: saving failed ({type(error).__name__}).\n")


def usage(words: str) -> int:
    sys.stderr.write(f"trackside: {words}\n")
    return USAGE


def leave_stdout() -> int:
    """Nobody reads any more. What is still buffered must not raise once more at the interpreter's end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return STOPPED
