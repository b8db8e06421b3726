"""A proxy that wants a login, sees every secret of a request, and can answer with all of them."""

import base64
import json
import re
import socket
import threading
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from trackside.sandbox.server import SandboxServer

ECHOES = (
    "400",
    "401",
    "403",
    "404",
    "407",
    "503",
    "html",
    "redirect",
    "reason",
    "garbage",
    "nested-error",
    "flat-error",
    "failed",
    "unknown",
    "malformed",
    "no-answer",
)
_SIGNATURE = re.compile(rb"(?<=signature=)[0-9a-f]{40}")


class PryingProxy:
    """Forwards to a sandbox, with `signature` in the place of every signed address's own. With an `echo` it
    answers questions itself, with whatever secrets came with them."""

    def __init__(self, sandbox: SandboxServer, user: str, password: str, signature: str) -> None:
        assert len(signature) == 40
        self.echo = ""
        self.seen: list[str] = []
        """Header values that came, of all requests."""
        self.targets: list[str] = []
        self.upstreams: set[HTTPConnection] = set()
        self.signatures = 0
        """How many were put in the place of others."""
        self.login = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        self.sandbox_port = urlsplit(sandbox.base_url).port or 0
        self.signature = signature.encode()
        handler = type("Handler", (_Handler,), {"proxy": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> "PryingProxy":
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        for upstream in list(self.upstreams):
            if upstream.sock is not None:
                with suppress(OSError):
                    upstream.sock.shutdown(socket.SHUT_RDWR)
        self._server.server_close()
        self._thread.join()

    def signed(self, content: bytes) -> bytes:
        changed, count = _SIGNATURE.subn(self.signature, content)
        self.signatures += count
        return changed


class _Handler(BaseHTTPRequestHandler):
    proxy: PryingProxy
    protocol_version = "HTTP/1.1"
    close_connection = True

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers.get("content-length", 0))))

    do_PUT = do_DELETE = do_POST  # noqa: N815 -- the base class's names

    def _serve(self, body: bytes) -> None:
        self.close_connection = True
        self.proxy.seen += self.headers.values()
        self.proxy.targets.append(self.path)
        try:
            if self.headers.get("proxy-authorization") != self.proxy.login:
                self._say(407, {"proxy-authenticate": 'Basic realm="x"'}, b"")
            elif self.proxy.echo and self.command == "POST":
                self._echo()
            else:
                self._forward(body)
        except OSError:
            pass  # whoever asked has gone

    def _say(self, status: int, headers: dict[str, str], body: bytes, reason: str = "") -> None:
        lines = [
            f"HTTP/1.1 {status} {reason or 'Told'}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        lines += [f"content-length: {len(body)}", "connection: close", "", ""]
        self.wfile.write("\r\n".join(lines).encode("latin-1") + body)

    def _echo(self) -> None:
        told = " | ".join([*self.headers.values(), self.proxy.login, *self._decoded()])
        one_line = {"x-request-id": told, "server": told, "set-cookie": f"k={told}", "request-id": told}
        error = {"code": self.headers.get("x-api-key"), "message": f"These are wrong: {told}"}
        echo = self.proxy.echo
        match echo:
            case "400" | "401" | "403" | "404" | "407" | "429" | "503":
                self._say(int(echo), one_line, json.dumps(error).encode())
            case "html":
                self._say(200, one_line | {"content-type": "text/html"}, f"<h1>{told}</h1>".encode())
            case "redirect":
                place = f"http://elsewhere.test/?key={self.headers.get('x-api-key')}"
                self._say(302, one_line | {"location": place}, told.encode())
            case "reason":
                self._say(418, one_line, b"", told)
            case "garbage":
                self.wfile.write(f"HTTP/1.1 200 OK\r\nno header {told}\r\n\r\n".encode("latin-1"))
            case "nested-error":
                self._stream(("error", {"type": "error", "error": error}))
            case "flat-error":
                self._stream(("error", {"type": "error", **error}))
            case "failed":
                response = {"id": "resp_1", "status": "failed", "error": error}
                self._stream(("response.failed", {"type": "response.failed", "response": response}))
            case "unknown":
                self._stream((f"response.{told}", {"type": "response.odd", "why": told, "more": error}))
            case "malformed":
                self._stream(("response.completed", f'{{"told": "{told}'))
            case "no-answer":
                self._say(200, one_line | {"content-type": "application/json"}, json.dumps([told]).encode())
            case _:
                raise AssertionError(echo)

    def _decoded(self) -> list[str]:
        return [base64.b64decode(self.proxy.login.removeprefix("Basic ")).decode()]

    def _stream(self, event: tuple[str, Any]) -> None:
        kind, data = event
        text = data if isinstance(data, str) else json.dumps(data)
        body = f"event: {kind}\ndata: {text}\n\ndata: [DONE]\n\n".encode()
        self._say(200, {"content-type": "text/event-stream"}, body)

    def _forward(self, body: bytes) -> None:
        parts = urlsplit(self.path)
        headers = {
            name: value
            for name, value in self.headers.items()
            if not name.lower().startswith(("proxy-", "connection", "host"))
        }
        upstream = HTTPConnection("127.0.0.1", self.proxy.sandbox_port, timeout=20)
        self.proxy.upstreams.add(upstream)
        try:
            path = f"{parts.path}?{parts.query}" if parts.query else parts.path
            upstream.request(self.command, path, body or None, headers)
            self._relay(upstream.getresponse())
        except (OSError, HTTPException):
            self.connection.shutdown(socket.SHUT_RDWR)
        finally:
            upstream.close()
            self.proxy.upstreams.discard(upstream)

    def _relay(self, answer: HTTPResponse) -> None:
        lines = [f"HTTP/1.1 {answer.status} {answer.reason}", "connection: close"]
        # The end of the connection is the body's, so that nothing has to be counted.
        lines += [
            f"{name}: {value}"
            for name, value in answer.getheaders()
            if name.lower() not in ("connection", "content-length", "transfer-encoding")
        ]
        self.wfile.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        kept = b""
        while chunk := answer.read1(65_536):
            whole, newline, kept = (kept + chunk).rpartition(b"\n")
            self.wfile.write(self.proxy.signed(whole + newline))
        self.wfile.write(self.proxy.signed(kept))

    def log_message(self, *_: object) -> None:
        pass
