"""Runs benchmarks, each in a fresh process: `python -m benchmarks [NAME…]` with PYTHONPATH=tests."""

import argparse
import importlib
import json
import os
import platform
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.figures import Figure

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / ".bench" / "results.json"

BENCHMARKS = {
    "decode_socket": "One HTTP chunk an event over a loopback socket, against httpx alone",
    "decode_memory": "A stream in 16 KB chunks, against httpx-sse with msgspec",
    "long_line": "A line of 16 MB, against one of 1 MB",
    "stop": "Stopping an answer → the server sees the socket closed",
    "startup": "Process start → first painted window, against an empty one",
    "memory": "Resident memory before the first question, against an empty window",
    "startup_big": "Process start with a million messages → first paint → sidebar, against a blank one",
    "sidebar": "20,000 sessions in the sidebar: reading, scrolling, changes, memory",
    "many": "50 sessions that stream at once through one window",
    "transcript_stream": "A frame of a growing answer of 20 KB and 200 KB, against plain text appended",
    "transcript_megabyte": "A frame of a growing answer of 1 MB",
    "transcript_giant": "A frame of an answer that is one block of 200 KB: code, list, table, paragraph",
    "transcript_live": "200 KB at 1,000 deltas a second in real time: stalls of the loop, processor time",
    "transcript_memory": "Resident memory of an answer of 1 MB",
    "transcript_sessions": "Resident memory that opening and closing sessions leaves behind",
    "transcript_find": "Finding words in 10,000 turns: the first result, and all of them",
    "search": "Searching 1,000,000 messages as one types; saves and the loop meanwhile",
    "transcript_turns": "10,000 turns: opening, memory, wheel, jumps, resizing, against 100 turns",
    "open": "Opening 10,000 turns from the disk: until the last screen, stalls, memory",
    "bytes": "Bytes written to disk for an answer of 1 MB that streams for a minute",
    "kill": "kill -9 at 200 random moments: what is lost, and whether the database is whole",
    "settings": "The settings, from their keys to their paint",
    "connection_test": "A whole connection test over TLS, and how soon a silent host is told",
    "export": "1,000 turns to each format from a running window: time, stalls, cancelling",
    "keyring": "The loop while the keyring answers, hangs, dies or is missing; when a hung one is given up",
}
"""Name of a module here, with a `run() -> list[Figure]`, and what it measures."""


def figures_of(name: str) -> list[Figure]:
    """The figures of one benchmark from a process of its own; raises CalledProcessError."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "tests"), str(ROOT / "src")])}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--in-process", name],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    return [Figure(**figure) for figure in json.loads(done.stdout)]


def table(rows: list[Figure]) -> str:
    marks = {True: "reached", False: "MISSED", None: ""}
    cells = [
        (row.name, f"{row.value:,.3g}", row.unit, row.target, marks[row.reached], row.yardstick)
        for row in rows
    ]
    widths = [max(len(cell[column]) for cell in cells) for column in range(6)]
    lines = []
    for cell in cells:
        aligned = [
            text.rjust(width) if column == 1 else text.ljust(width)
            for column, (text, width) in enumerate(zip(cell, widths, strict=True))
        ]
        lines.append("  ".join(aligned).rstrip())
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--in-process", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    names = options.names or list(BENCHMARKS)
    if unknown := [name for name in names if name not in BENCHMARKS]:
        parser.error(f"There is no benchmark {unknown[0]}. There are: {', '.join(BENCHMARKS)}.")
    if options.in_process:
        figures = importlib.import_module(f"benchmarks.{names[0]}").run()
        sys.stdout.write(json.dumps([asdict(figure) for figure in figures]))
        return 0
    results: dict[str, list[Figure]] = {}
    failed: list[str] = []
    for name in names:
        sys.stdout.write(f"\n{name} — {BENCHMARKS[name]}\n")
        sys.stdout.flush()
        try:
            results[name] = figures_of(name)
        except subprocess.CalledProcessError as error:
            failed.append(name)
            sys.stdout.write(f"failed with status {error.returncode}\n")
            continue
        sys.stdout.write(table(results[name]))
    RESULTS.parent.mkdir(exist_ok=True)
    report = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "figures": {name: [asdict(figure) for figure in rows] for name, rows in results.items()},
        "failed": failed,
    }
    RESULTS.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    missed = any(row.reached is False for rows in results.values() for row in rows)
    return 1 if failed or missed else 0


if __name__ == "__main__":
    sys.exit(main())
