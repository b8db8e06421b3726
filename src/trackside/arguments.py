"""The command line's words: what there is to type, and what it means."""

import argparse
from collections.abc import Sequence
from typing import NoReturn

from trackside import __version__
from trackside.chat.export_formats import FORMATS
from trackside.domain.secrecy import redacted
from trackside.export.timecode import FRAME_RATES

_KEY_OPTIONS = ("--api-key", "--apikey", "--api_key", "--key", "--token", "--password", "--proxy-password")
_NO_KEY_HERE = (
    "A key on the command line can be read by everybody on this computer, so there is no option for it. "
    "Set TWELVELABS_API_KEY, or enter the key in the window, which keeps it in the system's keyring. "
    "If what you typed was a real key, replace it: it may stand in your shell's history now."
)


def parsed(given: Sequence[str]) -> argparse.Namespace:
    """The options; `command` is None for the window. Ends the process where argparse does."""
    parser = _Parser(prog="trackside", description="Ask your videos and watch the answer stream in.")
    if any(word.partition("=")[0].lower() in _KEY_OPTIONS for word in given):
        parser.exit(2, f"trackside: {_NO_KEY_HERE}\n")
    parser.add_argument("--version", action="version", version=f"trackside {__version__}")
    parser.add_argument("--sandbox", action="store_true", help="open in the embedded sandbox")
    _add_common(parser, default=None)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    sandbox = commands.add_parser("sandbox", help="serve the embedded sandbox until stopped")
    sandbox.add_argument("--port", type=_port, default=0, metavar="N", help="0 picks a free one")
    sandbox.add_argument("--pace", type=_pace, default=40.0, metavar="TOKENS_PER_S", help="0 is flat out")
    sandbox.add_argument("--fault", metavar="NAME", help="break answers in a known way; “list” shows all")
    _add_common(sandbox)

    ask = commands.add_parser("ask", help="ask one question and stream the answer to stdout")
    ask.add_argument("question", metavar="QUESTION")
    ask.add_argument("--store", required=True, metavar="KS", help="the knowledge store's id")
    ask.add_argument("--session", metavar="ID", help="go on in this session (its own id or its sess_… id)")
    ask.add_argument("--connection", metavar="NAME", help="name or id of the connection to ask")
    ask.add_argument("--instructions-file", metavar="F")
    ask.add_argument("--schema-file", metavar="F")
    ask.add_argument("--steps", action="store_true", help="intermediate steps, on stderr")
    ask.add_argument("--json", action="store_true", help="one JSON object at the end instead of text")
    _add_common(ask)

    export = commands.add_parser("export", help="write sessions to a file")
    export.add_argument("session", nargs="?", metavar="SESSION")
    export.add_argument("--all", action="store_true")
    formats = ", ".join(FORMATS)
    export.add_argument("--format", default="json", choices=list(FORMATS), metavar="F", help=formats)
    export.add_argument("--out", required=True, metavar="PATH", help="“-” is stdout (not for pdf)")
    rates = f"frames a second of the edl: {', '.join(FRAME_RATES)}"
    export.add_argument("--fps", choices=list(FRAME_RATES), metavar="R", help=rates)
    _add_common(export)
    import_ = commands.add_parser("import", help="add the sessions of a JSON export")
    import_.add_argument("path", metavar="PATH")
    _add_common(import_)

    doctor = commands.add_parser("doctor", help="find out what is wrong here, to copy")
    doctor.add_argument("--connection", metavar="ID", help="test this one instead of the one in use")
    doctor.add_argument("--json", action="store_true", help="as one JSON object")
    doctor.add_argument("--no-test", action="store_true", help="ask no server")
    _add_common(doctor)

    # The window's own, which nobody types; no help keeps it off the list.
    commands.add_parser("export-job")
    return parser.parse_args(given)


class _Parser(argparse.ArgumentParser):
    """Repeats what was typed wrong, but no key."""

    def error(self, message: str) -> NoReturn:
        super().error(redacted(message))


def _add_common(parser: argparse.ArgumentParser, default: object = argparse.SUPPRESS) -> None:
    parser.add_argument("--data-dir", default=default, metavar="DIR", help="where sessions are kept")
    parser.add_argument("--base-url", default=default, metavar="URL", help="the service's address")


def _port(text: str) -> int:
    if not (text.isdecimal() and text.isascii() and int(text) <= 65535):
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


def _pace(text: str) -> float:
    try:
        pace = float(text)
    except ValueError:
        pace = -1.0
    if not 0 <= pace <= 1_000_000:
        raise argparse.ArgumentTypeError("a pace is a number from 0 up")
    return pace
