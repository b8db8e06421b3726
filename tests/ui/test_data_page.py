"""The settings' data page: how long things are kept, and deleting everything."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QPushButton

from desktop.hand import Hand
from trackside.domain.settings import Settings
from trackside.sandbox.server import SandboxServer
from trackside.storage.erasing import mark_of
from trackside.storage.owners import Owner
from trackside.storage.paths import DataPaths
from trackside.storage.settings import load_settings, save_settings
from trackside.ui.dialogs.delete_everything import DeleteEverythingDialog
from trackside.ui.settings.data_page import DataPage
from trackside.ui.settings.dialog import SettingsDialog
from trackside.ui.settings.opening import DATA
from ui.support import KEY, OpenWindow, rows

CTRL = Qt.KeyboardModifier.ControlModifier


async def open_page(hand: Hand) -> DataPage:
    await hand.press(Qt.Key.Key_Comma, CTRL)
    dialog = hand.find("Settings", SettingsDialog)
    dialog.show_page(DATA)
    await hand.until_words("Sessions ")
    page = dialog.page
    assert isinstance(page, DataPage)
    return page


async def ask(hand: Hand, text: str) -> None:
    await hand.press(Qt.Key.Key_N, CTRL)
    await hand.ask(f"/echo {text}")
    await hand.until(lambda: hand.answers == [text])
    await hand.until_answered()


def aged(paths: DataPaths, days: int) -> None:
    """Makes all sessions look as if nobody had used them for so many days."""
    time = (datetime.now(UTC) - timedelta(days=days)).isoformat()
    with closing(sqlite3.connect(paths.database)) as db:
        db.execute("UPDATE sessions SET updated_at = ?", (time,))
        db.execute("DELETE FROM session_uses")
        db.commit()


def choose(page: DataPage, words: str) -> None:
    box = next(b for b in page.findChildren(QComboBox) if "Unused" in b.accessibleName())
    box.setCurrentText(words)
    box.activated.emit(box.currentIndex())


def number(page: DataPage, name: str) -> QLineEdit:
    return next(field for field in page.findChildren(QLineEdit) if field.accessibleName() == name)


def set_number(page: DataPage, name: str, text: str) -> None:
    field = number(page, name)
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def test_what_retention_would_move_is_said_before_it_does(
    at_service: OpenWindow, data_paths: DataPaths
) -> None:
    async def before(hand: Hand) -> None:
        for text in ("one", "two", "three"):
            await ask(hand, text)

    async def after(hand: Hand) -> None:
        await hand.until(lambda: len(rows(hand)) == 3)
        page = await open_page(hand)
        choose(page, "After 90 days")
        await hand.until_words("2 sessions go to the trash at once.")
        assert len(rows(hand)) == 3, "and nothing has gone"
        await hand.click("Leave it")
        assert "at once" not in hand.words
        choose(page, "After 90 days")
        await hand.until_words("2 sessions go to the trash at once.")
        await hand.click("Move them")
        await hand.until_words("2 sessions that were not used for 90 days are in the trash now.")
        assert len(rows(hand)) == 1, "the one that is open stays"
        await hand.click("Close", hand.find("Settings", SettingsDialog))
        await hand.click("Undo")
        await hand.until(lambda: len(rows(hand)) == 3)

    at_service(before)
    aged(data_paths, 100)
    at_service(after)
    assert load_settings(data_paths.settings).settings.retention_days == 90


def test_an_own_number_of_days_and_of_backups_and_for_the_trash(
    at_service: OpenWindow, data_paths: DataPaths
) -> None:
    async def work(hand: Hand) -> None:
        page = await open_page(hand)
        choose(page, "After another number of days")
        set_number(page, "Days without use", "45")
        await hand.until(lambda: page.retention._days == 45)  # once it is known that it moves nothing
        set_number(page, "Daily backups kept", "3")
        set_number(page, "Days in the trash", "7")
        await hand.click("Close", hand.find("Settings", SettingsDialog))
        hand.window.sidebar.view_bar.show_view(hand.window.sidebar.rows.view, has_any=False)
        assert hand.window.sidebar.rows.kept_days == 7
        page = await open_page(hand)
        assert number(page, "Days without use").isVisible()
        await hand.click("Close", hand.find("Settings", SettingsDialog))

    at_service(work)
    settings = load_settings(data_paths.settings).settings
    assert (settings.retention_days, settings.backups_kept, settings.trash_days) == (45, 3, 7)


# -- deleting everything -----------------------------------------------------------------------------


async def ask_to_delete(hand: Hand) -> DeleteEverythingDialog:
    await open_page(hand)
    await hand.click("Delete everything…")
    await hand.until(lambda: isinstance(QApplication.activeModalWidget(), DeleteEverythingDialog))
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, DeleteEverythingDialog)
    return dialog


async def type_word(hand: Hand, dialog: DeleteEverythingDialog, word: str) -> None:
    field = dialog.findChild(QLineEdit)
    assert field is not None
    assert dialog.focusWidget() is field
    QTest.keyClicks(field, word)


def texts(paths: DataPaths) -> bytes:
    return b"".join(path.read_bytes() for path in paths.root.rglob("*") if path.is_file())


def test_everything_goes_and_the_window_is_as_at_its_first_start(
    open_window: OpenWindow, data_paths: DataPaths
) -> None:
    async def work(hand: Hand) -> None:
        await hand.click("Open the sandbox")
        await hand.until_connected()
        await ask(hand, "remember-this-word")
        await open_page(hand)
        await hand.click("Back up now")
        await hand.until_words("made by hand")
        await hand.click("Close", hand.find("Settings", SettingsDialog))
        dialog = await ask_to_delete(hand)
        delete = next(b for b in dialog.findChildren(QPushButton) if b.text() == "Delete everything")
        assert not delete.isEnabled()
        await type_word(hand, dialog, "Delete")
        assert delete.isEnabled()
        QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Return)
        await hand.until(lambda: hand.window.is_first_run, "the first run's page")
        await hand.until(lambda: rows(hand) == [])
        assert b"remember-this-word" not in texts(data_paths)
        assert not data_paths.backups.exists()
        assert not data_paths.settings.exists()
        assert not mark_of(data_paths).exists()
        assert data_paths.root.stat().st_mode & 0o077 == 0
        # And on, without a restart.
        await hand.click("Open the sandbox")
        await hand.until_connected()
        await ask(hand, "anew")
        assert len(rows(hand)) == 1

    async def later(hand: Hand) -> None:
        await hand.until(lambda: hand.answers == ["anew"])

    open_window(work)
    assert b"remember-this-word" not in texts(data_paths)
    open_window(later)


def test_without_the_word_nothing_is_deleted(at_service: OpenWindow, data_paths: DataPaths) -> None:
    async def work(hand: Hand) -> None:
        await ask(hand, "stays")
        dialog = await ask_to_delete(hand)
        await type_word(hand, dialog, "delet")
        QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Return)
        assert dialog.isVisible()
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
        await hand.until(lambda: not isinstance(QApplication.activeModalWidget(), DeleteEverythingDialog))
        await hand.click("Close", hand.find("Settings", SettingsDialog))
        assert hand.answers == ["stays"]

    at_service(work)
    assert b"stays" in texts(data_paths)


async def delete(hand: Hand) -> None:
    dialog = await ask_to_delete(hand)
    await type_word(hand, dialog, "delete")
    QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Return)


def test_while_an_answer_comes_it_is_refused(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        service.set_pace(30)
        await hand.press(Qt.Key.Key_N, CTRL)
        await hand.ask("/long 20")
        await hand.until(lambda: bool(hand.answers))
        await open_page(hand)
        await hand.click("Delete everything…")
        await hand.until_words("then delete everything.")
        await hand.press(Qt.Key.Key_Escape)
        service.set_pace(0)
        await hand.until_answered()

    at_service(work)


def test_another_process_on_the_same_data_is_named(at_service: OpenWindow, data_paths: DataPaths) -> None:
    async def work(hand: Hand) -> None:
        await ask(hand, "stays")
        with owner(data_paths):
            await delete(hand)
            await hand.until_words("Another Trackside uses this data just now.")
        await hand.until(lambda: hand.answers == ["stays"], "it is shown again")

    at_service(work)
    assert b"stays" in texts(data_paths)


@contextmanager
def owner(paths: DataPaths) -> Iterator[None]:
    mark = Owner(paths.instances, "another")
    try:
        yield
    finally:
        mark.release()


def test_what_cannot_be_deleted_is_said_and_tried_again_by_the_next_start(
    at_service: OpenWindow, data_paths: DataPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(hand: Hand) -> None:
        await ask(hand, "goes")
        await open_page(hand)
        await hand.click("Back up now")
        await hand.until_words("made by hand")
        await hand.click("Close", hand.find("Settings", SettingsDialog))

        def refuse(path: Path) -> None:
            raise PermissionError(13, "Permission denied", str(path))

        monkeypatch.setattr(Path, "rmdir", refuse)
        await delete(hand)
        await hand.until_words("Not everything could be deleted: Permission denied")
        monkeypatch.undo()
        await hand.until(lambda: hand.answers == [])

    async def later(hand: Hand) -> None:
        assert not mark_of(data_paths).exists()
        assert not data_paths.backups.exists()

    at_service(work)
    assert mark_of(data_paths).exists()
    at_service(later)


def test_a_key_that_the_keyring_keeps_is_said(
    at_service: OpenWindow, data_paths: DataPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trackside.chat.keys import ConnectionKeys
    from trackside.domain.failure import Failure, FailureKind, TracksideError

    async def refuse(*_: Any, **__: Any) -> None:
        raise TracksideError(Failure(FailureKind.KEYRING, "The keyring is locked.", "Unlock it."))

    async def work(hand: Hand) -> None:
        await ask(hand, "goes")
        monkeypatch.setattr(ConnectionKeys, "forget_all", refuse)
        await delete(hand)
        await hand.until_words("All else was deleted; remove the key in the keyring itself.")
        assert KEY not in hand.words

    at_service(work)
    assert b"goes" not in texts(data_paths)
    assert data_paths.database.exists()


def test_settings_that_nobody_knows_go_as_well(at_service: OpenWindow, data_paths: DataPaths) -> None:
    data_paths.root.mkdir(parents=True, exist_ok=True)
    save_settings(data_paths.settings, Settings(zoom=110), {"a_newer_one": "remember-this-word"})

    async def work(hand: Hand) -> None:
        await delete(hand)
        await hand.until_words("Everything was deleted.")

    at_service(work)
    assert b"remember-this-word" not in texts(data_paths)
    assert load_settings(data_paths.settings).settings.zoom == 100
