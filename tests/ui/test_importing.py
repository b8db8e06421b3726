"""Importing in the window: chosen in a dialog, told in a sentence, seen in the list and the open session."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from desktop.hand import Hand
from export.telling import a_story
from trackside.export.json import pieces
from trackside.export.story import ExportedSession
from ui.support import OpenWindow, choose, rows


def exported(sessions: Sequence[ExportedSession]) -> str:
    return "".join(pieces(sessions))


async def import_file(hand: Hand, path: Path) -> None:
    """Runs the command, and chooses the file in the system's dialog."""
    next(action for action in hand.window.actions() if action.text() == "Import sessions…").trigger()
    await hand.until(lambda: bool(hand.window.findChildren(QFileDialog)), "a dialog")
    (dialog,) = hand.window.findChildren(QFileDialog)
    dialog.fileSelected.emit(str(path))
    dialog.reject()
    await hand.until(lambda: not hand.window.findChildren(QFileDialog), "no dialog")


def a_file(folder: Path, count: int) -> Path:
    session, turns = a_story()
    path = folder / f"{count} turns.json"
    path.write_text(exported([(session, turns[:count])]), encoding="utf-8")
    return path


def test_sessions_are_imported_and_open_ones_show_what_is_new(at_service: OpenWindow, tmp_path: Path) -> None:
    async def work(hand: Hand) -> None:
        await import_file(hand, a_file(tmp_path, 1))
        await hand.until_words("Imported 1 session.")
        await hand.until(lambda: "The final quarter" in [title for title, _ in rows(hand)], "a row")
        await choose(hand, "The final quarter")
        await hand.until_words("And when?")
        assert "Anew?" not in hand.words
        await import_file(hand, a_file(tmp_path, 5))
        await hand.until_words("Added 4 questions to 1 known session.")
        await hand.until_words("As JSON?")
        assert [title for title, _ in rows(hand)].count("The final quarter") == 1

    at_service(work)


def test_a_file_that_is_none_of_ours_is_told(at_service: OpenWindow, tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text('{"log": {}}', encoding="utf-8")

    async def work(hand: Hand) -> None:
        await import_file(hand, path)
        await hand.until_words("This is no export of Trackside.")
        await import_file(hand, a_file(tmp_path, 1))
        await hand.until_words("Imported 1 session.")

    at_service(work)
