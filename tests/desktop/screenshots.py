"""Makes the pictures of the README: `python3 dev.py screenshots [--out DIR]`. Only the sandbox is asked."""

import argparse
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from desktop.hand import Hand, with_window
from trackside.domain.settings import Settings, ThemeChoice
from trackside.storage.paths import DataPaths

DEFAULT_OUT = Path(__file__).parents[2] / "packaging" / "screenshots"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT)
    out: Path = parser.parse_args().out
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setStyle("fusion")
    application.setQuitOnLastWindowClosed(False)
    for theme in (ThemeChoice.LIGHT, ThemeChoice.DARK):

        async def conversation(hand: Hand, theme: ThemeChoice = theme) -> None:
            await hand.until(lambda: hand.window.header.store.text() not in ("", "Fetching stores…"))
            await hand.ask("What happens in the harbour before the ferry arrives?")
            await hand.until_answered()
            await hand.ask("Compare the two sports clips in a table.")
            await hand.until_answered()
            await hand.ask("Which lanterns are lit while it rains?")
            await hand.until_answered()
            await hand.picture(out / f"window-{theme.value}.png")

        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder) / "data"
            settings = replace(Settings(), theme=theme)
            paths = DataPaths(root, root / "logs")
            with_window(application, paths, conversation, settings=settings, in_sandbox=True)
        sys.stdout.write(f"{out / f'window-{theme.value}.png'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
