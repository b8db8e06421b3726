"""The page of the shortcuts, by keyboard."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from trackside.domain.settings import Settings, ThemeChoice
from trackside.ui.settings.key_field import KeyField
from trackside.ui.settings.shortcuts import ShortcutsPage
from trackside.ui.theme import Theme

CTRL = Qt.KeyboardModifier.ControlModifier


class Page:
    """The page with what it is meant to change."""

    def __init__(self, theme: Theme) -> None:
        self.settings = Settings()
        self.page = ShortcutsPage(theme, 600)
        self.page.changed.connect(self._take)
        self.page.show_settings(self.settings)
        self.page.show()
        self.page.activateWindow()
        QTest.qWaitForWindowActive(self.page)

    def _take(self, changes: dict[str, object]) -> None:
        self.settings = replace(self.settings, **changes)  # type: ignore[arg-type]
        self.page.show_settings(self.settings)

    def field(self, command: str) -> KeyField:
        found = self.page.findChildren(KeyField)
        return next(field for field in found if field.accessibleName().startswith(f"Keys of {command}:"))

    def button(self, name: str) -> QPushButton:
        found = self.page.findChildren(QPushButton)
        return next(b for b in found if name in (b.text(), b.accessibleName()))

    def press(self, command: str, key: Qt.Key, modifiers: Qt.KeyboardModifier = CTRL) -> None:
        """Begins with Enter, as a hand on the keyboard does."""
        field = self.field(command)
        field.setFocus()
        QTest.keyClick(field, Qt.Key.Key_Space)
        QTest.keyClick(field, key, modifiers)

    @property
    def problem(self) -> str:
        found = self.page.findChildren(QLabel)
        label = next(one for one in found if one.accessibleName() == "What is wrong with the keys")
        return label.text() if label.isVisible() else ""


@pytest.fixture
def page(qapp: QApplication) -> Iterator[Page]:
    theme = Theme(qapp, Settings(theme=ThemeChoice.LIGHT))
    made = Page(theme)
    yield made
    made.page.deleteLater()
    theme.dismiss()


def test_a_command_is_given_other_keys(page: Page) -> None:
    page.press("New session", Qt.Key.Key_J)
    assert page.settings.shortcuts == {"new": "Ctrl+J"}
    assert page.field("New session").text() == "Ctrl+J"
    assert page.problem == ""


def test_escape_leaves_the_old_keys_and_backspace_none(page: Page) -> None:
    page.press("New session", Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)
    assert page.settings.shortcuts == {}
    assert page.field("New session").text() == "Ctrl+N"
    page.press("New session", Qt.Key.Key_Backspace, Qt.KeyboardModifier.NoModifier)
    assert page.settings.shortcuts == {"new": ""}
    assert page.field("New session").text() == "None"


def test_leaving_the_field_leaves_the_old_keys(page: Page) -> None:
    field = page.field("New session")
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_Space)
    assert field.text() == "Press keys…"
    page.field("Quit").setFocus()
    assert field.text() == "Ctrl+N"


def test_a_conflict_is_named_and_settled_only_when_wanted(page: Page) -> None:
    page.press("Find in this session", Qt.Key.Key_N)
    assert page.problem == "Ctrl+N is “New session” already."
    assert page.settings.shortcuts == {}
    page.button("Take them").click()
    assert page.settings.shortcuts == {"find": "Ctrl+N", "new": ""}
    assert page.problem == ""


def test_keys_for_typing_are_refused(page: Page) -> None:
    page.press("New session", Qt.Key.Key_C)
    assert "needed for typing" in page.problem
    assert not page.button("Take them").isVisible()
    assert page.settings.shortcuts == {}


def test_one_and_all_go_back_to_what_they_came_with(page: Page) -> None:
    page.press("New session", Qt.Key.Key_J)
    page.press("Quit", Qt.Key.Key_L)
    page.button("Reset the keys of New session").click()
    assert page.settings.shortcuts == {"quit": "Ctrl+L"}
    page.button("Reset all").click()
    assert page.settings.shortcuts == {}
    assert not page.button("Reset all").isEnabled()
