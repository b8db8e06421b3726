"""The sandbox as a service of its own process: `python -m benchmarks.service [--pace TOKENS_PER_S]`.

Writes its address, then a line for each line that it reads: `requests` asks how many there have been,
`disconnects` for the times (time.monotonic) at which streaming clients were seen to leave, `open` for
the number of open streams, in JSON.
"""

import argparse
import json
import sys

from trackside.sandbox.server import SandboxServer


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pace", type=float, default=0.0)
    sandbox = SandboxServer(pace_tokens_s=parser.parse_args().pace, processing_s=0.0)
    answers = {
        "requests": lambda: len(sandbox.requests),
        "disconnects": lambda: sandbox.disconnects,
        "open": lambda: sandbox.open_streams,
    }
    sys.stdout.write(f"{sandbox.start()}\n")
    sys.stdout.flush()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answers[line.strip()]()) + "\n")
        sys.stdout.flush()
    sandbox.stop()


if __name__ == "__main__":
    main()
