"""The settings' page of the shortcuts: all are shown, all can be changed, conflicts are named."""

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QFrame, QGridLayout, QPushButton

from trackside.domain.settings import Settings
from trackside.ui.actions import COMMANDS, Command
from trackside.ui.labels import plain_label
from trackside.ui.settings.key_field import KeyField
from trackside.ui.settings.page import SettingsPage, page_button
from trackside.ui.shortcuts import FIXED, owner_of, refusal, sequences, shown, with_keys, without_choice
from trackside.ui.theme import Theme

_KEYS_PX = 150


class ShortcutsPage(SettingsPage):
    """A row a command: its words, its keys, and the way back to those it came with."""

    def __init__(self, theme: Theme, width: int) -> None:
        super().__init__(theme, width)
        self._chosen: Mapping[str, str] = {}
        self._fields: dict[str, KeyField] = {}
        self._resets: dict[str, QPushButton] = {}
        self._wanted: tuple[str, QKeySequence] | None = None
        """A command and keys that another one has."""
        px = theme.px
        self.add_heading("Shortcuts", "Press a command's keys to give it others; Backspace leaves none.")
        self._card = QFrame(self)
        self._card.setProperty("kind", "warning")
        card = QGridLayout(self._card)
        card.setContentsMargins(px(12), px(8), px(12), px(8))
        self._problem = plain_label("", wraps=True)
        self._problem.setAccessibleName("What is wrong with the keys")
        self._take = page_button("Take them", "")
        self._take.clicked.connect(self._take_from_owner)
        card.addWidget(self._problem, 0, 0)
        card.addWidget(self._take, 0, 1, Qt.AlignmentFlag.AlignRight)
        card.setColumnStretch(0, 1)
        self._card.hide()
        self._grid = grid = QGridLayout()
        grid.setHorizontalSpacing(px(8))
        grid.setVerticalSpacing(px(3))
        grid.setColumnStretch(0, 1)
        for number, command in enumerate(COMMANDS):
            self._add_row(grid, 2 * number, command)  # between two rows there is room for the card
        self.column.addLayout(grid)
        reset = page_button("Reset all")
        reset.clicked.connect(lambda: self._choose({}))
        self._reset_all = reset
        self.column.addWidget(reset, 0, Qt.AlignmentFlag.AlignLeft)
        self.add_heading("Fixed")
        fixed = QGridLayout()
        fixed.setVerticalSpacing(px(6))
        fixed.setColumnStretch(0, 1)
        for number, (keys, words) in enumerate(FIXED):
            fixed.addWidget(plain_label(words, wraps=True), number, 0)
            native = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
            fixed.addWidget(plain_label(native, "muted"), number, 1, Qt.AlignmentFlag.AlignRight)
        self.column.addLayout(fixed)
        self.column.addStretch(1)

    def show_settings(self, settings: Settings) -> None:
        self._chosen = settings.shortcuts
        for command in COMMANDS:
            keys = sequences(command, self._chosen)
            self._fields[command.name].show_keys(shown(keys))
            self._resets[command.name].setVisible(command.name in self._chosen)
        self._reset_all.setEnabled(bool(self._chosen))

    def _add_row(self, grid: QGridLayout, number: int, command: Command) -> None:
        field = KeyField(command.words)
        field.setFixedWidth(self.theme.px(_KEYS_PX))
        field.given.connect(partial(self._give, command.name))
        reset = page_button("Reset", "flat")
        reset.setAccessibleName(f"Reset the keys of {command.words}")
        policy = reset.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        reset.setSizePolicy(policy)
        reset.clicked.connect(lambda: self._reset(command.name))
        self._fields[command.name] = field
        self._resets[command.name] = reset
        grid.addWidget(plain_label(command.words, wraps=True), number, 0)
        grid.addWidget(reset, number, 1)
        grid.addWidget(field, number, 2)

    def _give(self, name: str, keys: QKeySequence) -> None:
        self._card.hide()
        self._wanted = None
        if keys.isEmpty():
            self._choose(with_keys(self._chosen, name, keys))
            return
        if why := refusal(keys):
            self._show_problem(name, why, can_take=False)
            return
        owner = owner_of(keys, self._chosen, but=name)
        if owner is None:
            self._choose(with_keys(self._chosen, name, keys))
            return
        self._wanted = (name, keys)
        self._show_problem(name, f"{shown([keys])} is “{owner.words}” already.", can_take=True)

    def _take_from_owner(self) -> None:
        if self._wanted is not None:
            name, keys = self._wanted
            self._wanted = None
            self._choose(with_keys(self._chosen, name, keys))
            self._fields[name].setFocus()

    def _reset(self, name: str) -> None:
        self._fields[name].setFocus()  # the button goes
        self._choose(without_choice(self._chosen, name))

    def _choose(self, chosen: dict[str, str]) -> None:
        self._card.hide()
        self.changed.emit({"shortcuts": chosen})

    def _show_problem(self, name: str, words: str, *, can_take: bool) -> None:
        """Says it below the command that the keys were for."""
        row = next(number for number, command in enumerate(COMMANDS) if command.name == name)
        self._grid.addWidget(self._card, 2 * row + 1, 0, 1, 3)
        self.setTabOrder(self._fields[name], self._take)
        self._problem.setText(words)
        self._take.setVisible(can_take)
        self._card.show()
        if can_take:
            self._take.setFocus()
