"""Serves one stream, an HTTP chunk per event, to whoever connects: `python -m benchmarks.chunk_server N`.

It is a process of its own, so that its work is not measured, and sends without a pause, so that the
client is what is measured.
"""

import socketserver
import sys

from benchmarks.answers import events


def body(count: int) -> bytes:
    chunks = [b"%x\r\n%b\r\n" % (len(event), event) for event in [*events(count), b"data: [DONE]\n\n"]]
    return b"".join([*chunks, b"0\r\n\r\n"])


def main() -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    answer = head + body(int(sys.argv[1]))

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while line := self.rfile.readline():
                length = 0
                while line not in (b"\r\n", b""):
                    name, _, value = line.partition(b":")
                    if name.lower() == b"content-length":
                        length = int(value)
                    line = self.rfile.readline()
                self.rfile.read(length)
                self.wfile.write(answer)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        sys.stdout.write(f"{server.server_address[1]}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main()
