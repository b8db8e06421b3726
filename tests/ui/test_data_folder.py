"""The window on data directories that are odd, damaged, newer, shared, or can't be written."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMenu

from desktop.hand import Hand, hold_window
from trackside.chat.connections import KEY_VARIABLE
from trackside.sandbox.server import SandboxServer
from trackside.storage.paths import DataPaths
from ui.support import KEY, OpenWindow, asked, rows

CTRL = Qt.KeyboardModifier.ControlModifier


def paths_in(root: Path) -> DataPaths:
    return DataPaths(root, root / "logs")


async def ask_and_see(hand: Hand) -> None:
    await hand.ask("/echo it works")
    await hand.until_answered()
    assert hand.answers[-1] == "it works"


def test_folder_that_is_a_file_is_said_and_nothing_else_fails(at_service: OpenWindow, tmp_path: Path) -> None:
    place = tmp_path / "occupied"
    place.write_text("not ours")

    async def work(hand: Hand) -> None:
        assert f"Nothing can be kept in {place}" in hand.words
        assert "Choose another folder with --data-dir" in hand.words
        assert "Until then, nothing of this run is kept." in hand.words
        await ask_and_see(hand)
        await hand.press(Qt.Key.Key_Equal, CTRL)
        await hand.click("Dismiss")
        assert "Nothing can be kept" not in hand.words

    at_service(work, paths=paths_in(place))
    assert place.read_text() == "not ours"


def test_newcomer_is_told_at_the_doors(open_window: OpenWindow, tmp_path: Path) -> None:
    place = tmp_path / "occupied"
    place.write_text("not ours")

    async def work(hand: Hand) -> None:
        await hand.until_words(f"Nothing can be kept in {place}")
        await hand.click("Open the sandbox")
        await hand.until_connected()
        assert f"Nothing can be kept in {place}" in hand.words
        await ask_and_see(hand)

    open_window(work, paths=paths_in(place))


def test_database_of_a_newer_version_is_left_alone(at_service: OpenWindow, data_paths: DataPaths) -> None:
    with sqlite3.connect(data_paths.database) as connection:
        connection.execute("CREATE TABLE future (thing TEXT)")
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    before = data_paths.database.read_bytes()

    async def work(hand: Hand) -> None:
        assert "newer version" in hand.words
        await ask_and_see(hand)

    at_service(work)
    assert data_paths.database.read_bytes() == before


def test_damaged_database_is_set_aside(
    at_service: OpenWindow, data_paths: DataPaths, expected_log: Any
) -> None:
    expected_log("the session database was corrupt")
    damaged = b"SQLite format 3\x00" + b"nonsense" * 1_000
    data_paths.database.write_bytes(damaged)

    async def work(hand: Hand) -> None:
        assert "The session database was damaged, so a new one was begun." in hand.words
        await ask_and_see(hand)

    async def later(hand: Hand) -> None:
        await hand.until_words("it works")
        assert "damaged" not in hand.words

    at_service(work)
    kept = [path for path in data_paths.root.iterdir() if path.is_file() and path.read_bytes() == damaged]
    assert len(kept) == 1
    at_service(later)


def test_broken_settings_are_set_aside_and_named(at_service: OpenWindow, data_paths: DataPaths) -> None:
    data_paths.settings.write_text('{"zoom": ')

    async def work(hand: Hand) -> None:
        assert "The settings were no valid JSON" in hand.words
        await ask_and_see(hand)

    at_service(work)
    assert len(list(data_paths.root.glob("settings.json.broken-*"))) == 1
    json.loads(data_paths.settings.read_text())


@pytest.mark.parametrize("name", ["two words", "Größe ☕ 資料", 'quote\'s "and" %20 #1'])
def test_any_path_will_do(at_service: OpenWindow, tmp_path: Path, name: str) -> None:
    async def work(hand: Hand) -> None:
        await ask_and_see(hand)

    async def later(hand: Hand) -> None:
        await hand.until_words("it works")

    at_service(work, paths=paths_in(tmp_path / name))
    at_service(later, paths=paths_in(tmp_path / name))


def test_two_windows_share_a_folder(
    at_service: OpenWindow, service: SandboxServer, data_paths: DataPaths, qapp: QApplication
) -> None:
    """The second neither takes the first one's running answer for a wreck nor loses its own."""

    async def first(hand: Hand) -> None:
        service.set_pace(50)
        await hand.ask("/long 20")
        await hand.until(lambda: bool(hand.answers))

        async def second(other: Hand) -> None:
            await other.until_connected()
            assert "Interrupted" not in other.words
            await other.press(Qt.Key.Key_N, CTRL)
            await other.ask("/echo from the second")
            await other.until(lambda: len(asked(service)) == 2)
            service.set_pace(0)
            await other.until_answered()
            assert other.answers == ["from the second"]

        environment = {KEY_VARIABLE: KEY}
        await hold_window(qapp, data_paths, second, base_url=service.base_url, environment=environment)
        await hand.until_answered()
        assert "Interrupted" not in hand.words

    async def later(hand: Hand) -> None:
        assert {title for title, _ in rows(hand)} == {"/long 20", "/echo from the second"}

    at_service(first)
    at_service(later)


def test_vanished_store_is_said_and_another_can_be_chosen(
    at_service: OpenWindow, open_window: OpenWindow, service: SandboxServer, data_paths: DataPaths
) -> None:
    async def before(hand: Hand) -> None:
        await ask_and_see(hand)

    async def after(hand: Hand) -> None:
        await hand.ask("/echo gone")
        await hand.until(lambda: hand.has("Choose another store"))
        assert not hand.has("Stop")
        await hand.click("Choose another store")
        (menu,) = [menu for menu in hand.window.header.findChildren(QMenu) if menu.isVisible()]
        action = next(action for action in menu.actions() if "Sample footage" in action.text())
        action.trigger()
        menu.close()
        await hand.press(Qt.Key.Key_N, CTRL)
        await ask_and_see(hand)

    at_service(before)
    with sqlite3.connect(data_paths.database) as connection:
        connection.execute("UPDATE sessions SET store_id = 'ks_vanished', server_session_id = NULL")
    connection.close()
    open_window(after, base_url=service.base_url, environment={KEY_VARIABLE: KEY})


def test_unreachable_service_is_said(open_window: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await hand.until_words("127.0.0.1:9 refused the connection. Is the service running there?")
        assert hand.has("Message")

    open_window(work, base_url="http://127.0.0.1:9/v1.3", environment={KEY_VARIABLE: KEY})


def test_plain_http_to_elsewhere_is_refused(open_window: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await hand.until_words("http://example.org/v1.3 would send your key unencrypted.")

    open_window(work, base_url="http://example.org/v1.3", environment={KEY_VARIABLE: KEY})
