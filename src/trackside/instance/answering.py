"""The first window listens for later starts, on a local socket that only its user can reach.

The socket has a name that nobody can guess, and lies in a folder that is this user's alone. Where it is
stands in the data directory, and whoever can read that can read the sessions, too. So nobody can wait at a
known name for it, and one that is left over harms nobody.
"""

import contextlib
import os
import secrets
import stat
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from trackside.instance import wire
from trackside.instance.wire import Wish
from trackside.storage.files import write_whole
from trackside.storage.paths import DataPaths

_PREFIX, _ENDING = "trackside-", ".sock"
_MOST_AT_ONCE = 8


class Listener(QObject):
    """Tells `wanted` of each start that hands over. What isn't understood is passed over."""

    wanted = Signal(Wish)

    def __init__(self, paths: DataPaths) -> None:
        super().__init__()
        self._paths = paths
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.setMaxPendingConnections(_MOST_AT_ONCE)
        self._server.newConnection.connect(self._take)
        self._talking: set[QLocalSocket] = set()
        self._own_folder: Path | None = None

    def listen(self) -> bool:
        """Whether it listens; `publish` then says where."""
        name = f"{_PREFIX}{secrets.token_hex(8)}"
        if sys.platform == "win32":
            return self._server.listen(name)
        return any(self._server.listen(str(folder / f"{name}{_ENDING}")) for folder in self._folders())

    def publish(self) -> None:
        """Says where it listens, and clears away what a window that was killed has left. Blocks for the disk;
        raises OSError."""
        path = self._paths.window_address
        with contextlib.suppress(OSError, ValueError):  # no path at all, where the file was damaged
            with path.open("rb") as file:
                before = wire.address_in(file.read(wire.LIMIT_BYTES))
            _remove_socket(Path(before))
        write_whole(path, wire.published(self._server.fullServerName()))

    def close(self) -> None:
        """Listens no longer. Blocks for the disk, a moment."""
        self._server.close()
        for socket in list(self._talking):
            self._end(socket)
        with contextlib.suppress(OSError):
            self._paths.window_address.unlink(missing_ok=True)
        if self._own_folder is not None:
            with contextlib.suppress(OSError):
                self._own_folder.rmdir()

    def _folders(self) -> Iterator[Path]:
        """Where a socket of this user can lie, the best place first. The data directory may be on a disk that
        knows no sockets, or its name too long for one."""
        runtime = os.environ.get("XDG_RUNTIME_DIR", "")
        for folder in (Path(runtime) if runtime.startswith("/") else None, self._paths.instances):
            if folder is not None and _is_ours_alone(folder):
                yield folder
        self._own_folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        yield self._own_folder

    # -- one that calls --------------------------------------------------------------------------

    def _take(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.setParent(self)
            if len(self._talking) >= _MOST_AT_ONCE:
                socket.abort()
                socket.deleteLater()
                continue
            self._talking.add(socket)
            socket.setReadBufferSize(wire.LIMIT_BYTES + 1)
            socket.readyRead.connect(partial(self._hear, socket))
            socket.disconnected.connect(partial(self._end, socket))
            QTimer.singleShot(int(wire.ANSWER_S * 1000), socket, partial(self._end, socket))
            if socket.bytesAvailable():
                self._hear(socket)

    def _hear(self, socket: QLocalSocket) -> None:
        if socket not in self._talking:
            return
        if not socket.canReadLine():
            if socket.bytesAvailable() > wire.LIMIT_BYTES:
                self._end(socket)
            return
        wish = wire.heard(bytes(socket.readLine().data()))
        socket.write(wire.answer(is_done=wish is not None))
        socket.flush()
        socket.disconnectFromServer()
        if wish is not None:
            self.wanted.emit(wish)

    def _end(self, socket: QLocalSocket) -> None:
        if socket in self._talking:
            self._talking.discard(socket)
            socket.abort()
            socket.deleteLater()


def _is_ours_alone(folder: Path) -> bool:
    if sys.platform == "win32":
        return True
    try:
        facts = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(facts.st_mode) and facts.st_uid == os.getuid() and not facts.st_mode & 0o077


def _remove_socket(path: Path) -> None:
    """Deletes a socket of ours, and nothing else that such a file may name."""
    if path.name.startswith(_PREFIX) and path.suffix == _ENDING and stat.S_ISSOCK(path.lstat().st_mode):
        path.unlink()
