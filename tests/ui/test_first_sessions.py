"""The newest sessions are listed before there is anything behind them: what is done then is not lost."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desktop.hand import Hand
from trackside.domain.failure import Failure
from trackside.domain.session import Session, new_id, now
from trackside.startup import DataOpening, OpenedData
from trackside.storage.database import Database
from trackside.storage.paths import DataPaths
from trackside.storage.sessions import SessionStore
from trackside.ui.main_window import MainWindow
from ui.support import OpenWindow
from ui.test_sidebar import make_sessions, titles, until_titles


def opened(paths: DataPaths) -> OpenedData:
    """What is there when the window has been painted with its parts."""
    opening = DataOpening(paths)
    opening.begin()
    return opening.result()


def show_newest(window: MainWindow, paths: DataPaths) -> None:
    data = opened(paths)
    data.close()
    assert data.newest is not None
    window.sidebar.show_first(data.newest.sessions)


def click(window: MainWindow, title: str) -> None:
    view = window.sidebar.list
    row = next(n for n in range(view.model().rowCount()) if view.model().index(n, 0).data() == title)
    place = view.visualRect(view.model().index(row, 0)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_click_before_the_rest_is_there_opens_the_session(
    at_service: OpenWindow, data_paths: DataPaths
) -> None:
    async def before(hand: Hand) -> None:
        await make_sessions(hand, "older", "newer")

    def early(window: MainWindow) -> None:
        show_newest(window, data_paths)
        click(window, "/echo older")

    async def after(hand: Hand) -> None:
        await hand.until(lambda: hand.answers == ["older"], "the session that was clicked")
        assert titles(hand) == ["/echo newer", "/echo older"]

    at_service(before)
    at_service(after, early=early)


def test_deed_before_the_rest_is_there_is_done(at_service: OpenWindow, data_paths: DataPaths) -> None:
    async def before(hand: Hand) -> None:
        await make_sessions(hand, "older", "newer")

    def early(window: MainWindow) -> None:
        show_newest(window, data_paths)
        click(window, "/echo older")
        QTest.keyClick(window.sidebar.list, Qt.Key.Key_Delete)
        assert window.sidebar.rows.session_count == 2

    async def after(hand: Hand) -> None:
        await until_titles(hand, ["/echo newer"])

    at_service(before)
    at_service(after, early=early)


def test_rows_that_are_shown_are_not_shown_anew(at_service: OpenWindow, data_paths: DataPaths) -> None:
    """The list would leap from under a hand that scrolls in it."""
    resets: list[bool] = []

    async def before(hand: Hand) -> None:
        await make_sessions(hand, "older", "newer")

    def early(window: MainWindow) -> None:
        show_newest(window, data_paths)
        window.sidebar.rows.modelReset.connect(lambda: resets.append(True))

    async def after(hand: Hand) -> None:
        await until_titles(hand, ["/echo newer", "/echo older"])

    at_service(before)
    at_service(after, early=early)
    assert resets == []


def test_close_before_the_rest_is_there_closes(open_window: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await hand.until(lambda: not hand.window.isVisible(), "the window to be closed")

    open_window(work, early=lambda window: window.close())


def test_newest_come_with_the_database_pinned_ones_behind(data_paths: DataPaths) -> None:
    database = Database(data_paths.database)
    store = SessionStore(database, "nobody")
    sessions = [Session(new_id(), "sandbox", now(), now(), title=str(n), pinned=n == 0) for n in range(300)]
    for session in sessions:
        store.add_session(session)
    database.close()
    data = opened(data_paths)
    data.close()
    assert data.newest is not None
    assert list(data.newest.sessions) == [*reversed(sessions[100:]), sessions[0]]
    assert data.problem is None


def test_folder_that_cannot_be_used_leaves_a_database_in_memory(tmp_path: Path) -> None:
    place = tmp_path / "occupied"
    place.write_text("not ours")
    data = opened(DataPaths(place, place / "logs"))
    data.close()
    assert isinstance(data.problem, Failure)
    assert not data.is_folder_usable
    assert data.newest is None
    assert data.database.path is None
