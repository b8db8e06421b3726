"""The line for finding: its keys, what it asks for and what it says."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from trackside.domain.settings import Settings, ThemeChoice
from trackside.ui.theme import Theme
from trackside.ui.transcript.find_bar import FindBar
from trackside.ui.transcript.query import Query

SHIFT = Qt.KeyboardModifier.ShiftModifier


@dataclass
class Stage:
    """A bar in a window, and what it has asked for."""

    bar: FindBar
    theme: Theme
    asked: list[Any] = field(default_factory=list)

    def button(self, name: str) -> QToolButton:
        return next(b for b in self.bar.findChildren(QToolButton) if b.accessibleName() == name)

    @property
    def words(self) -> str:
        return self.bar.findChild(QLabel).text()  # type: ignore[union-attr]

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        focus = QApplication.focusWidget()
        assert focus is not None
        QTest.keyClick(focus, key, modifiers)

    def taken(self) -> list[Any]:
        asked, self.asked[:] = list(self.asked), []
        return asked


@pytest.fixture
def stage(qtbot: QtBot, qapp: QApplication) -> Iterator[Stage]:
    sheet, font, palette = qapp.styleSheet(), qapp.font(), qapp.palette()
    theme = Theme(qapp, Settings(theme=ThemeChoice.LIGHT))
    window = QWidget()
    window.resize(800, 300)
    bar = FindBar(theme, window)
    stage = Stage(bar, theme)
    bar.query_changed.connect(stage.asked.append)
    bar.next_wanted.connect(lambda: stage.asked.append("next"))
    bar.previous_wanted.connect(lambda: stage.asked.append("previous"))
    bar.closed.connect(lambda: stage.asked.append("closed"))
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    yield stage
    theme.dismiss()
    qapp.setStyleSheet(sheet)
    qapp.setFont(font)
    qapp.setPalette(palette)


def test_bar_is_hidden_until_it_is_opened(stage: Stage) -> None:
    assert stage.bar.isHidden()
    stage.bar.open("some\nwords")
    assert stage.bar.isVisible()
    assert stage.bar.field.hasFocus()
    assert stage.bar.field.selectedText() == "some words"
    assert stage.taken() == [Query("some words")]


def test_opening_it_again_keeps_the_words(stage: Stage) -> None:
    stage.bar.open("words")
    stage.press(Qt.Key.Key_Escape)
    stage.taken()
    stage.bar.open("")
    assert stage.bar.field.text() == "words"
    assert stage.taken() == [Query("words")]


def test_each_keystroke_asks(stage: Stage) -> None:
    stage.bar.open()
    stage.taken()
    QTest.keyClicks(stage.bar.field, "ab")
    assert stage.taken() == [Query("a"), Query("ab")]


def test_enter_and_f3_step_and_leave_the_focus(stage: Stage) -> None:
    stage.bar.open("word")
    stage.taken()
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F3):
        stage.press(key)
        stage.press(key, SHIFT)
    assert stage.taken() == ["next", "previous"] * 3
    assert stage.bar.field.hasFocus()


def test_buttons_step_and_leave_the_focus(stage: Stage) -> None:
    stage.bar.open("word")
    stage.bar.show_state(1, 2, is_complete=True)
    stage.taken()
    QTest.mouseClick(stage.button("Next match"), Qt.MouseButton.LeftButton)
    QTest.mouseClick(stage.button("Previous match"), Qt.MouseButton.LeftButton)
    assert stage.taken() == ["next", "previous"]
    assert stage.bar.field.hasFocus()


def test_toggles_ask_anew(stage: Stage) -> None:
    stage.bar.open("word")
    stage.taken()
    QTest.mouseClick(stage.button("Match case"), Qt.MouseButton.LeftButton)
    QTest.mouseClick(stage.button("Whole word"), Qt.MouseButton.LeftButton)
    QTest.mouseClick(stage.button("Match case"), Qt.MouseButton.LeftButton)
    assert stage.taken() == [Query("word", True), Query("word", True, True), Query("word", False, True)]


def test_escape_closes_once_and_reaches_nobody_else(stage: Stage) -> None:
    stopped: list[bool] = []
    action = QAction(stage.bar.window())
    action.setShortcut("Esc")
    action.triggered.connect(stopped.append)
    stage.bar.window().addAction(action)
    stage.bar.open("word")
    stage.taken()
    stage.press(Qt.Key.Key_Escape)
    stage.bar.close_bar()
    assert stage.taken() == ["closed"]
    assert stage.bar.isHidden()
    stage.bar.open()
    stage.press(Qt.Key.Key_Tab)
    stage.press(Qt.Key.Key_Escape)
    assert stage.bar.isHidden()
    assert stopped == []


def test_close_button_closes(stage: Stage) -> None:
    stage.bar.open("word")
    stage.taken()
    QTest.mouseClick(stage.button("Close"), Qt.MouseButton.LeftButton)
    assert stage.taken() == ["closed"]


def test_tab_walks_and_space_presses(stage: Stage) -> None:
    stage.bar.open("word")
    stage.bar.show_state(1, 2, is_complete=True)
    stage.taken()
    names = []
    for _ in range(5):
        stage.press(Qt.Key.Key_Tab)
        focus = QApplication.focusWidget()
        assert focus is not None
        names.append(focus.accessibleName())
    assert names == ["Match case", "Whole word", "Previous match", "Next match", "Close"]
    stage.press(Qt.Key.Key_Backtab, SHIFT)
    stage.press(Qt.Key.Key_Space)
    assert stage.taken() == ["next"]


def test_words_say_where_one_is(stage: Stage) -> None:
    stage.bar.open("word")
    for state, words in (
        ((0, 0, False), "Searching…"),
        ((1, 57, False), "57+"),
        ((3, 57, True), "3 of 57"),
        ((1_000, 12_345, True), "1,000 of 12,345"),
        ((0, 0, True), "No results"),
    ):
        stage.bar.show_state(*state)
        assert stage.words == words
        assert stage.button("Next match").isEnabled() is (state[1] > 0)
    stage.bar.field.clear()
    stage.bar.show_state(0, 0, is_complete=True)
    assert stage.words == ""


def test_every_control_has_a_name(stage: Stage) -> None:
    assert stage.bar.field.accessibleName() == "Find in session"
    buttons = stage.bar.findChildren(QToolButton)
    assert all(button.accessibleName() and not button.icon().isNull() for button in buttons)
    assert len({button.accessibleName() for button in buttons}) == 5


def test_bar_follows_theme_and_zoom(stage: Stage) -> None:
    before, icon = stage.bar.sizeHint(), stage.button("Close").icon().cacheKey()
    stage.theme.use(Settings(theme=ThemeChoice.DARK, zoom=200))
    after = stage.bar.sizeHint()
    assert after.height() > 1.7 * before.height()
    assert after.width() > 1.7 * before.width()
    assert stage.button("Close").icon().cacheKey() != icon


def test_bar_mirrors_from_right_to_left(stage: Stage) -> None:
    stage.bar.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    stage.bar.open("مرحبا")
    stage.bar.resize(stage.bar.sizeHint())
    QApplication.processEvents()
    assert stage.button("Close").x() < stage.button("Next match").x() < stage.bar.field.x()


def test_long_words_are_cut_rather_than_slow(stage: Stage) -> None:
    stage.bar.open("x" * 50_000)
    assert len(stage.bar.query.words) == 1_000
