"""The commands without a window, on the same core: no widget is imported here."""

import argparse
import asyncio
import io
import sys

from trackside.commands.outcome import REFUSED, STOPPED, complain, leave_stdout
from trackside.diagnostics import open_log
from trackside.domain.failure import TracksideError
from trackside.hardening import harden
from trackside.storage.paths import private_umask


def run(options: argparse.Namespace) -> int:
    """Runs a command; returns its exit code. Failures become a sentence on stderr."""
    harden()
    private_umask()
    open_log(None)
    for stream in (sys.stdout, sys.stderr):
        # An answer may hold what the terminal's encoding lacks, and halves of surrogate pairs.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        match options.command:
            case "sandbox":
                from trackside.commands.sandbox import serve_sandbox

                return serve_sandbox(options)
            case "ask":
                from trackside.commands.ask import ask

                return asyncio.run(ask(options))
            case "import":
                from trackside.commands.import_ import import_

                return asyncio.run(import_(options))
            case "doctor":
                from trackside.commands.doctor import doctor

                return asyncio.run(doctor(options))
            case "export-job":
                from trackside.commands.export_job import export_job

                return export_job()
            case _:
                from trackside.commands.export import export

                return asyncio.run(export(options))
    except TracksideError as error:
        complain(error.failure)
        return REFUSED
    except KeyboardInterrupt:
        return STOPPED
    except BrokenPipeError:
        return leave_stdout()
