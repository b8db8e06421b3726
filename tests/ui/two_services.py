"""Two services behind sockets that write down every byte sent to them, and the connections to them."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

from trackside.domain.connection import Connection
from trackside.domain.settings import Settings
from trackside.storage.key_vault import SERVICE_NAME

WORK_KEY = "tlk_WorkKeyThatStaysAtWork"
PRIVATE_KEY = "tlk_PrivateKeyThatStaysPrivate"


class Wiretap:
    """Passes bytes on to a server, and keeps those of the requests."""

    def __init__(self, target_url: str) -> None:
        parts = urlsplit(target_url)
        assert parts.hostname is not None
        assert parts.port is not None
        self._target = (parts.hostname, parts.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._heard: list[bytes] = []
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}{parts.path}"
        self._start(self._accept)

    @property
    def heard(self) -> bytes:
        return b"".join(self._heard)

    def close(self) -> None:
        for open_socket in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)
            open_socket.close()
        for thread in self._threads:
            thread.join(5)

    def _start(self, work: object, *arguments: object) -> None:
        assert callable(work)
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                inner, _ = self._listener.accept()
                outer = socket.create_connection(self._target)
                self._sockets += [inner, outer]
                self._start(self._pass, inner, outer, self._heard)
                self._start(self._pass, outer, inner, None)

    @staticmethod
    def _pass(source: socket.socket, target: socket.socket, kept: list[bytes] | None) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if kept is not None:
                    kept.append(data)
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def tapped(target_url: str) -> Iterator[Wiretap]:
    tap = Wiretap(target_url)
    try:
        yield tap
    finally:
        tap.close()


def two_connections(work_url: str, private_url: str) -> Settings:
    """Settings with “Work” in use and “Private” beside it."""
    work, private = Connection("work", "Work", work_url), Connection("private", "Private", private_url)
    return Settings(connections=(work, private), connection_id="work")


def two_keys() -> dict[tuple[str, str], str]:
    """What a keyring holds of them."""
    return {(SERVICE_NAME, "work"): WORK_KEY, (SERVICE_NAME, "private"): PRIVATE_KEY}
