"""Controls that the pages of the settings are made of: pills of which one is on, numbers with a unit."""

from collections.abc import Callable, Sequence
from enum import Enum
from functools import partial
from typing import Generic, TypeVar

from PySide6.QtCore import QRegularExpression, Qt
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QLabel, QLineEdit, QPushButton

from trackside.ui.labels import plain_label
from trackside.ui.settings.page import SettingsPage, page_button

E = TypeVar("E", bound=Enum)
_NUMBER_PX = 72


class Pills(Generic[E]):
    """One of a few, each a button. `name` stands before each one's words for those who can't see the row."""

    def __init__(
        self, page: SettingsPage, name: str, choices: Sequence[tuple[E, str]], take: Callable[[E], None]
    ) -> None:
        self._group = QButtonGroup(page)
        self.buttons: list[QPushButton] = []
        self._choices = [choice for choice, _ in choices]
        for choice, words in choices:
            pill = page_button(words, "pill")
            pill.setCheckable(True)
            pill.setAccessibleName(f"{name}: {words}")
            pill.clicked.connect(partial(take, choice))
            self._group.addButton(pill)
            self.buttons.append(pill)

    def show(self, chosen: E) -> None:
        for choice, button in zip(self._choices, self.buttons, strict=True):
            button.setChecked(choice is chosen)
            # Tab stops at the one that is on, the arrows go to the others. Qt does so once one was focused.
            policy = Qt.FocusPolicy.StrongFocus if choice is chosen else Qt.FocusPolicy.ClickFocus
            button.setFocusPolicy(policy)


class NumberField(QLineEdit):
    """A whole number within bounds, taken when it is finished. One that is out of them is not taken, and the
    row says why; the setting stays."""

    def __init__(
        self, page: SettingsPage, name: str, bounds: tuple[int, int], take: Callable[[int], None]
    ) -> None:
        super().__init__()
        self._bounds = bounds
        self._number = 0
        self._take = take
        self._words: QLabel | None = None
        # Digits alone: what else some languages write numbers with is not what int() reads.
        digits = f"[0-9]{{0,{len(str(bounds[1])) + 1}}}"
        self.setValidator(QRegularExpressionValidator(QRegularExpression(digits), self))
        self.setAccessibleName(name)
        self.setFixedWidth(page.theme.px(_NUMBER_PX))
        self.setToolTip(f"{bounds[0]} to {bounds[1]:,}")
        self.editingFinished.connect(self._finish)
        self.textEdited.connect(self._take_words_back)

    def show_number(self, number: int) -> None:
        """What is set. What is being typed stays."""
        self._number = number
        if self.hasFocus() and self.isModified() and self.text() != str(number):
            return
        self.setText(str(number))
        self._take_words_back()

    def say_in(self, words: QLabel) -> None:
        """Where it says what is wrong with a number."""
        self._words = words
        words.hide()

    @property
    def _typed(self) -> int | None:
        """The number that stands there; None while it is none within the bounds."""
        number = int(self.text()) if self.text() else -1
        return number if self._bounds[0] <= number <= self._bounds[1] else None

    def _finish(self) -> None:
        number = self._typed
        if number is None:
            self._say_what_is_wrong()
        elif number != self._number:
            self._take(number)

    def _say_what_is_wrong(self) -> None:
        if self._words is None:
            self.setText(str(self._number))
            return
        least, most = self._bounds
        self._words.setText(f"This has to be {least} to {most:,}. It is still {self._number:,}.")
        self._words.show()
        self.setAccessibleDescription(self._words.text())

    def _take_words_back(self) -> None:
        if self._words is not None and self._typed is not None:
            self._words.hide()
            self.setAccessibleDescription("")


def add_number(page: SettingsPage, words: str, field: NumberField, unit: str) -> None:
    """Adds a row of a number, with what it counts, and below it what is wrong with it."""
    beside = plain_label(unit, "muted", wraps=True)
    page.rows.add(words, field, beside, stretch=beside)
    problem = plain_label("", "error", wraps=True)
    page.rows.add("", problem, stretch=problem)
    field.say_in(problem)


def show_checked(box: QCheckBox, is_on: bool) -> None:
    """Shows what is set without saying that it was changed."""
    was_blocked = box.blockSignals(True)
    box.setChecked(is_on)
    box.blockSignals(was_blocked)
