"""What the process itself lets out: no core dump, and no secret in a traceback.

Its core dump would hold every key in memory, and would be written to wherever the user happens to be.

PR_SET_DUMPABLE = 0 would forbid more: other programs of this user could not look into the memory either. But
it gives /proc/PID to root, and the desktop's portals read /proc/PID/root to learn who asks them for a file
dialog, for an address to be opened or for a secret: they would refuse us.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading
    from types import TracebackType

# Done before the first paint, so what a crash alone needs is imported then.

_CORE_PATTERN = Path("/proc/sys/kernel/core_pattern")


def harden() -> None:
    """Called first of all by whatever may come to hold a key: the window, `ask`, `doctor`."""
    forbid_core_dumps()
    print_tracebacks_redacted()


def forbid_core_dumps() -> None:
    """Sets the soft limit alone, so that a program which is started from here can have dumps of its own."""
    if sys.platform == "win32":
        return
    import resource

    with contextlib.suppress(OSError, ValueError):  # a limit that is less than ours already
        _, most = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (_limit(), most))


def _limit() -> int:
    """0, as everywhere. Where Linux hands dumps to a program (systemd's, Ubuntu's), it does so whatever the
    limit is, unless that is 1: the kernel then hands over nothing (core(5), fs/coredump.c)."""
    with contextlib.suppress(OSError):
        if sys.platform == "linux" and _CORE_PATTERN.read_bytes().startswith(b"|"):
            return 1
    return 0


def print_tracebacks_redacted() -> None:
    """From here on what nobody caught is printed as Python prints it, but without secrets. The window's own
    net (diagnostics.catch_exceptions) takes the place of this one."""
    import threading

    sys.excepthook = _print
    threading.excepthook = _print_of_thread
    sys.unraisablehook = _print_unraisable


def _print(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    from traceback import format_exception

    from trackside.domain.secrecy import redacted

    lines = redacted("".join(format_exception(kind, error, trace)))
    with contextlib.suppress(OSError, ValueError, AttributeError):  # stderr is closed, or there is none
        sys.stderr.write(lines)


def _print_of_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and args.exc_type is not SystemExit:
        _print(args.exc_type, args.exc_value, args.exc_traceback)


def _print_unraisable(args: sys.UnraisableHookArgs) -> None:
    """Python would print the thing itself, too, and so whatever its repr says."""
    if args.exc_value is not None:
        _print(args.exc_type, args.exc_value, args.exc_traceback)
