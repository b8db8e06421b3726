"""The command line: the window, `sandbox`, `ask` and `export`."""

import gc
import sys
from collections.abc import Sequence
from typing import Any


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs what the arguments ask for; returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    plain = _window_options(given)
    if plain is not None:
        return _run_window(**plain)
    from trackside.arguments import parsed

    options = parsed(given)
    if options.command is None:
        return _run_window(options.data_dir, options.base_url, in_sandbox=options.sandbox)
    from trackside import commands

    return commands.run(options)


def _run_window(data_dir: str | None = None, base_url: str | None = None, *, in_sandbox: bool = False) -> int:
    # What is made on the way to the window stays: looking for garbage among it takes a tenth of the time.
    # `live` lets that begin once everything is there.
    gc.disable()
    from trackside.ui.pyside import leave_sources_alone

    leave_sources_alone()
    from trackside.app import run_window

    return run_window(data_dir, base_url, in_sandbox=in_sandbox)


def _window_options(given: Sequence[str]) -> dict[str, Any] | None:
    """What the window is started with, or None where there is more to understand: argparse with all
    commands would cost every start of the window 7 ms."""
    names = {"--data-dir": "data_dir", "--base-url": "base_url"}
    options: dict[str, Any] = {}
    words = iter(given)
    for word in words:
        name, has_value, value = word.partition("=")
        if word == "--sandbox":
            options["in_sandbox"] = True
        elif name not in names:
            return None
        else:
            options[names[name]] = value if has_value else next(words, "-")
            if options[names[name]].startswith("-"):
                return None
    return options


if __name__ == "__main__":
    sys.exit(main())
