"""The second start: asks the first to come forward. It has no window and no loop, so it may wait."""

import sys
import time
from contextlib import suppress

from PySide6.QtNetwork import QLocalSocket

from trackside.instance import wire
from trackside.instance.place import WindowPlace
from trackside.instance.wire import Wish
from trackside.storage.paths import DataPaths

_STARTING_S = 4.0
"""How long the first may take until it listens: it paints first, and may have been started a moment ago."""
_AGAIN_S = 0.05


def has_handed_over(paths: DataPaths, place: WindowPlace, wish: Wish) -> bool:
    """Whether the window that has the place came forward. False when that is gone, and the place ours, or
    when it doesn't answer (`place.is_ours` tells which)."""
    end_s = time.monotonic() + _STARTING_S
    while True:
        address = _address(paths)
        if address and (outcome := _asked(address, wish)) is not None:
            return outcome
        if time.monotonic() >= end_s or not place.is_taken():
            return False
        time.sleep(_AGAIN_S)


def _asked(address: str, wish: Wish) -> bool | None:
    """Whether it did as it was asked; None when nobody listens (yet)."""
    end_s = time.monotonic() + wire.ANSWER_S
    socket = QLocalSocket()
    socket.connectToServer(address)
    if not socket.waitForConnected(_left_ms(end_s)):
        is_mute = socket.error() == QLocalSocket.LocalSocketError.SocketTimeoutError
        return False if is_mute else None
    _let_come_forward()
    socket.write(wire.said(wish))
    line = b""
    while b"\n" not in line and len(line) <= wire.LIMIT_BYTES:
        if not socket.bytesAvailable() and not socket.waitForReadyRead(_left_ms(end_s)):
            break
        line += socket.read(wire.LIMIT_BYTES).data()
    socket.abort()
    return wire.is_done(line)


def _left_ms(end_s: float) -> int:
    return max(1, int((end_s - time.monotonic()) * 1000))


def _address(paths: DataPaths) -> str:
    with suppress(OSError), paths.window_address.open("rb") as file:
        return wire.address_in(file.read(wire.LIMIT_BYTES + 1))
    return ""


def _let_come_forward() -> None:
    """Windows lets only the program in front bring another one there: this one, which was just started."""
    if sys.platform == "win32":
        import ctypes

        any_process = -1
        ctypes.windll.user32.AllowSetForegroundWindow(any_process)
