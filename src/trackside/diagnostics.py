"""The log file, the redaction of secrets, and the last nets under exceptions."""

import contextlib
import logging
import logging.handlers
import queue
import re
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

_LOG_BYTES = 1_000_000
_LOG_FILES = 3
_SECRET = re.compile(
    r"(?P<key>)tlk_[A-Za-z0-9]+"
    r"|(?P<header>(?:x-api-key|authorization|api[_-]?key)[\"']?\s*[:=,]\s*(?:b?[\"'])?(?:(?:bearer|basic)\s+)?)"
    r"[^\s\"',}]+"
    r"|(?P<query>(?:signature|x-amz-[a-z-]+|token|expires)=)[^\s&\"']+",
    re.IGNORECASE,
)
_log = logging.getLogger(__name__)


def redacted(text: str) -> str:
    """The text without keys, signatures and tokens: what may stand in a log."""
    return _SECRET.sub(lambda match: f"{match['header'] or match['query'] or ''}•••", text)


class RedactingFormatter(logging.Formatter):
    """Formats the whole line, traceback included, then blots out what looks like a secret."""

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


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
            file = logging.handlers.RotatingFileHandler(
                path, maxBytes=_LOG_BYTES, backupCount=_LOG_FILES, encoding="utf-8"
            )
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

    before = sys.excepthook, threading.excepthook
    sys.excepthook = hook
    threading.excepthook = thread_hook

    def put_back() -> None:
        sys.excepthook, threading.excepthook = before

    return put_back


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
