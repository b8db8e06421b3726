"""Backups in the settings, the way back from one, and what is offered after damage."""

import os
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QMessageBox, QPushButton

from desktop.hand import Hand
from trackside.domain.backup import BackupKind
from trackside.sandbox.server import SandboxServer
from trackside.storage import backup
from trackside.storage.backup import back_up, reader
from trackside.storage.backup_folder import BackupFolder
from trackside.storage.paths import DataPaths
from trackside.ui.settings.dialog import SettingsDialog
from trackside.ui.settings.opening import DATA
from ui.support import OpenWindow, rows

CTRL = Qt.KeyboardModifier.ControlModifier


async def ask(hand: Hand, text: str) -> None:
    await hand.press(Qt.Key.Key_N, CTRL)
    await hand.ask(f"/echo {text}")
    await hand.until(lambda: hand.answers == [text])
    await hand.until_answered()


async def a_backup(hand: Hand, data_paths: DataPaths) -> Path:
    """Made behind the window's back, once everything is saved."""
    unfinished = "SELECT count(*) FROM attempts WHERE state <> 'completed'"
    with closing(reader(data_paths.database)) as connection:
        await hand.until(lambda: connection.execute(unfinished).fetchone() == (0,))
        return back_up(connection, BackupFolder(data_paths.backups), BackupKind.DAILY).path


async def until_titles(hand: Hand, *expected: str) -> None:
    await hand.until(lambda: {title for title, _ in rows(hand)} == set(expected), f"{expected}")


def dialog(title: str = "Settings") -> QDialog:
    shown = [w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible()]
    return next(w for w in shown if w.windowTitle() == title)


async def open_settings(hand: Hand) -> None:
    await hand.press(Qt.Key.Key_Comma, CTRL)
    hand.find("Settings", SettingsDialog).show_page(DATA)
    await hand.until(lambda: "Sessions " in hand.words, "the sizes")


async def close(hand: Hand) -> None:
    await hand.click("Close", dialog())


async def answer_box(hand: Hand, words: str) -> None:
    await hand.until(lambda: QApplication.activeModalWidget() is not None)
    box = QApplication.activeModalWidget()
    assert isinstance(box, QMessageBox)
    button = next(b for b in box.buttons() if b.text().replace("&", "") == words)
    await hand.click_on(button)


def test_back_up_and_back_again(at_service: OpenWindow, data_paths: DataPaths) -> None:
    async def work(hand: Hand) -> None:
        await ask(hand, "then")
        await open_settings(hand)
        assert "no backups yet" in hand.words
        assert str(data_paths.root) in hand.words
        await hand.click("Back up now")
        await hand.until_words("made by hand")
        assert "1 session · " in hand.words
        await close(hand)
        await ask(hand, "later")
        await until_titles(hand, "/echo then", "/echo later")

        await open_settings(hand)
        await hand.until(lambda: hand.has("Restore…"))
        await hand.click("Restore…")
        await answer_box(hand, "Cancel")
        await until_titles(hand, "/echo then", "/echo later")
        await hand.click("Restore…")
        await answer_box(hand, "Restore")
        await hand.until_words("Restored the sessions of today")
        await until_titles(hand, "/echo then")
        await hand.until(lambda: hand.answers == ["then"], "the session that is there again")
        # And on as ever.
        await hand.ask("/echo and on")
        await hand.until_answered()
        assert hand.answers == ["then", "and on"]

    async def later(hand: Hand) -> None:
        await hand.until(lambda: hand.answers == ["then", "and on"])
        await until_titles(hand, "/echo then")

    at_service(work)
    at_service(later)
    kinds = [backup.kind for backup in BackupFolder(data_paths.backups).backups()]
    assert kinds == [BackupKind.BEFORE_RESTORE, BackupKind.BY_HAND]


def test_while_an_answer_is_coming_nothing_is_restored(
    at_service: OpenWindow, service: SandboxServer
) -> None:
    async def work(hand: Hand) -> None:
        await ask(hand, "then")
        await open_settings(hand)
        await hand.click("Back up now")
        await hand.until_words("made by hand")
        await close(hand)
        service.set_pace(30)
        await hand.press(Qt.Key.Key_N, CTRL)
        await hand.ask("/long 20")
        await hand.until(lambda: bool(hand.answers))
        await open_settings(hand)
        await hand.until(lambda: hand.has("Restore…"))
        await hand.click("Restore…")
        await answer_box(hand, "Restore")
        await hand.until_words("An answer is still coming. Stop it first")
        await close(hand)
        service.set_pace(0)
        await hand.until_answered()
        await until_titles(hand, "/echo then", "/long 20")

    at_service(work)


def test_a_damaged_backup_is_refused_and_nothing_changes(
    at_service: OpenWindow, data_paths: DataPaths
) -> None:
    async def work(hand: Hand) -> None:
        await ask(hand, "then")
        made = await a_backup(hand, data_paths)
        await open_settings(hand)
        await hand.until(lambda: hand.has("Restore…"))
        made.write_bytes(os.urandom(20_000))
        await hand.click("Restore…")
        await answer_box(hand, "Restore")
        await hand.until_words("This backup is damaged, so it was not restored. Nothing was changed.")
        await close(hand)
        assert hand.answers == ["then"]
        await hand.ask("/echo and on")
        await hand.until_answered()
        assert hand.answers == ["then", "and on"]
        await open_settings(hand)
        await hand.until_words("can't be read")
        assert not hand.find("Restore…").isEnabled()
        await close(hand)

    at_service(work)


def test_keyboard_alone_restores(at_service: OpenWindow, data_paths: DataPaths) -> None:
    async def work(hand: Hand) -> None:
        await ask(hand, "then")
        await a_backup(hand, data_paths)
        await ask(hand, "later")
        await open_settings(hand)
        await hand.until(lambda: hand.has("Restore…"))
        settings = dialog()
        for _ in range(40):
            widget = settings.focusWidget()
            if widget is not None and widget.accessibleName().startswith("Restore the backup of today"):
                break
            QTest.keyClick(widget or settings, Qt.Key.Key_Tab)
        assert widget is not None
        QTest.keyClick(widget, Qt.Key.Key_Space)
        await hand.until(lambda: isinstance(QApplication.activeModalWidget(), QMessageBox))
        box = QApplication.activeModalWidget()
        assert box is not None
        first = box.focusWidget()
        assert isinstance(first, QPushButton)
        assert first.text().replace("&", "") == "Cancel"
        QTest.keyClick(first, Qt.Key.Key_Tab)
        other = box.focusWidget()
        assert other is not None
        QTest.keyClick(other, Qt.Key.Key_Space)
        await hand.until_words("Restored the sessions of today")
        await until_titles(hand, "/echo then")

    at_service(work)


def test_after_damage_the_latest_backup_is_offered(
    at_service: OpenWindow, data_paths: DataPaths, expected_log: Any
) -> None:
    expected_log("the session database was corrupt")

    async def before(hand: Hand) -> None:
        await ask(hand, "then")
        await a_backup(hand, data_paths)

    async def after(hand: Hand) -> None:
        assert "The session database was damaged" in hand.words
        await until_titles(hand, "New session")
        offer = next(w for w in hand.words.split("\n") if w.startswith("Restore the backup of today"))
        await hand.click(offer)
        await answer_box(hand, "Restore")
        await hand.until_words("Restored the sessions of today")
        await until_titles(hand, "/echo then")
        await hand.until(lambda: hand.answers == ["then"])
        assert "was damaged" not in hand.words

    at_service(before)
    data_paths.database.write_bytes(os.urandom(20_000))
    at_service(after)


def test_in_memory_there_is_nothing_to_back_up(at_service: OpenWindow, tmp_path: Path) -> None:
    place = tmp_path / "occupied"
    place.write_text("not ours")

    async def work(hand: Hand) -> None:
        await hand.press(Qt.Key.Key_Comma, CTRL)
        hand.find("Settings", SettingsDialog).show_page(DATA)
        await hand.until_words("Nothing of this run is kept.")
        assert not hand.find("Back up now").isEnabled()
        await close(hand)

    at_service(work, paths=DataPaths(place, place / "logs"))


def test_a_full_disk_is_said_in_the_settings(at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = backup.shutil.disk_usage("/")._replace(free=0)  # type: ignore[attr-defined]

    async def work(hand: Hand) -> None:
        await ask(hand, "then")
        await open_settings(hand)
        monkeypatch.setattr(backup.shutil, "disk_usage", lambda _: usage)  # type: ignore[attr-defined]
        await hand.click("Back up now")
        await hand.until_words("The disk has no room for a backup of the sessions.")
        assert "no backups yet" in hand.words
        assert hand.find("Back up now").isEnabled()
        await close(hand)

    at_service(work)
