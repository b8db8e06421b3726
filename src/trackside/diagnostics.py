"""The log file, the redaction of secrets, and the last nets under exceptions."""

import atexit
import contextlib
import logging
import logging.handlers
import os
import queue
import sys
import threading
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType

from trackside.domain.secrecy import keep_secret, redacted

__all__ = [
    "RedactingFormatter",
    "catch_exceptions",
    "catch_qt_messages",
    "keep_secret",
    "open_log",
    "redacted",
]

_LOG_BYTES = 1_000_000
_LOG_FILES = 3
_log = logging.getLogger(__name__)


class RedactingFormatter(logging.Formatter):
    """Formats the whole line, traceback included, then blots out what looks like a secret."""

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


class _PrivateFileHandler(logging.handlers.RotatingFileHandler):
    """Its files are their user's alone, also one that was there before with wider rights."""

    def _open(self) -> TextIOWrapper:
        stream = super()._open()
        with contextlib.suppress(OSError, AttributeError):  # Windows knows no such rights of an open file
            os.fchmod(stream.fileno(), 0o600)
        return stream


def open_log(path: Path | None) -> Callable[[], None]:
    """The log goes to a file that only its user can read; without one, warnings and worse go to stderr.

    The file is written on a thread of its own, since whoever logs may be the window's. Returns what writes
    the rest and closes the log.
    """
    handler: logging.Handler = logging.StreamHandler()
    handler.setLevel(logging.WARNING)
    listener: logging.handlers.QueueListener | None = None
    if path is not None:
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = _PrivateFileHandler(path, maxBytes=_LOG_BYTES, backupCount=_LOG_FILES, encoding="utf-8")
            lines: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
            listener = logging.handlers.QueueListener(lines, file)
            listener.start()
            handler = logging.handlers.QueueHandler(lines)  # formats, and so redacts, before it is queued
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    # A question stands in no log, so neither do other people's request lines.
    for name in ("httpx", "httpcore", "uvicorn", "qasync", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # The sandbox's upload parser warns of what is the uploader's fault, and is told of it anyway.
    logging.getLogger("python_multipart").setLevel(logging.ERROR)

    def close() -> None:
        root.removeHandler(handler)
        if listener is not None:
            listener.stop()
            for sink in listener.handlers:
                sink.close()

    return close


def catch_exceptions(tell: Callable[[str], None]) -> Callable[[], None]:
    """Exceptions that nobody caught: logged with their traceback, told once. Qt's slots end up here.

    `tell` is called on whatever thread it happened. Returns what puts everything back.
    """
    told: set[str] = set()

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        _log.error("an unexpected error", exc_info=(kind, error, trace))
        if kind.__name__ not in told:
            told.add(kind.__name__)
            tell(kind.__name__)

    def thread_hook(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            hook(args.exc_type, args.exc_value, args.exc_traceback)

    before = sys.excepthook, threading.excepthook, sys.unraisablehook
    sys.excepthook = hook
    threading.excepthook = thread_hook
    sys.unraisablehook = _log_unraisable

    def put_back() -> None:
        sys.excepthook, threading.excepthook, sys.unraisablehook = before

    return put_back


def _log_unraisable(unraisable: "sys.UnraisableHookArgs") -> None:
    """What is raised while something is cleared away. Python would print the thing itself, and so whatever
    its repr says."""
    where = f"{type(unraisable.object).__module__}.{type(unraisable.object).__qualname__}"
    error = unraisable.exc_value
    trace = (unraisable.exc_type, error, unraisable.exc_traceback) if error is not None else None
    _log.error("an unexpected error that could not be raised, in a %s", where, exc_info=trace)


def catch_qt_messages() -> None:
    """Qt's own messages go to the log instead of the terminal."""
    from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

    levels = {
        QtMsgType.QtDebugMsg: logging.DEBUG,
        QtMsgType.QtInfoMsg: logging.INFO,
        QtMsgType.QtWarningMsg: logging.WARNING,
        QtMsgType.QtCriticalMsg: logging.ERROR,
        QtMsgType.QtFatalMsg: logging.CRITICAL,
    }
    qt_log = logging.getLogger("qt")

    def handle(kind: QtMsgType, _context: QMessageLogContext, message: str | None) -> None:
        qt_log.log(levels.get(kind, logging.WARNING), "%s", message)

    qInstallMessageHandler(handle)
    # What Qt says while the interpreter ends has no Python any more to be said to.
    atexit.register(qInstallMessageHandler, None)
