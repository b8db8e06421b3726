"""What a second start says to the first, and what that answers: a line of JSON each, small and versioned."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

LIMIT_BYTES = 2048
"""Of a line. Whatever is longer is no message of ours."""
ANSWER_S = 2.0
"""How long an answer may take."""
_VERSION = 1
_WINDOW, _SANDBOX = "window", "sandbox"
_TOKEN_LENGTH = 256
_TOKENS = ("XDG_ACTIVATION_TOKEN", "DESKTOP_STARTUP_ID")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the second start was for. `token` is the desktop's leave to come forward, which was given to it
    and which Wayland asks for."""

    in_sandbox: bool = False
    token: str = ""


def wish_of(environment: Mapping[str, str], *, in_sandbox: bool) -> Wish:
    token = next((value for name in _TOKENS if (value := environment.get(name))), "")
    return Wish(in_sandbox, token if _is_token(token) else "")


def said(wish: Wish) -> bytes:
    return _line(
        {"trackside": _VERSION, "open": _SANDBOX if wish.in_sandbox else _WINDOW, "token": wish.token}
    )


def heard(line: bytes) -> Wish | None:
    """The wish, or None for what is no message, or one of another version."""
    match _read(line):
        case {"trackside": version, "open": ("window" | "sandbox") as what, "token": str(token)} if (
            version == _VERSION
        ):
            return Wish(what == _SANDBOX, token if _is_token(token) else "")
        case _:
            return None


def answer(*, is_done: bool) -> bytes:
    return _line({"trackside": _VERSION, "done": is_done})


def is_done(line: bytes) -> bool:
    match _read(line):
        case {"trackside": int(), "done": True}:
            return True
        case _:
            return False


def published(address: str) -> bytes:
    """What stands in the file that names the address."""
    return _line({"trackside": _VERSION, "address": address})


def address_in(content: bytes) -> str:
    """The address, or nothing."""
    match _read(content):
        case {"address": str(address)}:
            return address
        case _:
            return ""


def _line(message: dict[str, object]) -> bytes:
    return json.dumps(message).encode() + b"\n"


def _read(line: bytes) -> object:
    if len(line) > LIMIT_BYTES:
        return None
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _is_token(token: str) -> bool:
    return len(token) <= _TOKEN_LENGTH and token.isascii() and token.isprintable()
