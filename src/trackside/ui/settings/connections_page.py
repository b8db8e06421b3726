"""The settings' page about connections: which there are, the selected one's facts, and the keyring."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from trackside.domain.connection import SANDBOX_ID
from trackside.ui.check_box import CheckBox
from trackside.ui.flow import FlowLayout
from trackside.ui.labels import plain_label
from trackside.ui.settings.connection_editor import ConnectionEditor, ShownConnection
from trackside.ui.settings.connection_list import ConnectionList, ListedConnection
from trackside.ui.settings.inline import say, words_below
from trackside.ui.settings.page import SettingsPage, page_button
from trackside.ui.theme import Theme

_DESCRIPTION = "A session belongs to the connection that it was begun with."
_PLAINTEXT = "Keep keys in a plain file"
_PLAINTEXT_RISK = (
    "The only keyring here writes keys to a file that every program of yours can read, and that backups "
    "carry along. Without this, keys are used for this run only."
)


@dataclass(frozen=True, slots=True)
class KeyringFacts:
    """The keyring in words."""

    words: str
    is_plaintext: bool = False
    """Whether the only keyring would write keys to a plain file."""
    is_plaintext_allowed: bool = False
    has_keys: bool = False


class ConnectionsPage(SettingsPage):
    """Shows what it is given; what was chosen leaves as a signal, and the editor's as the editor's."""

    connection_selected = Signal(str)
    add_wanted = Signal()
    duplicate_wanted = Signal(str)
    removal_wanted = Signal(str)
    move_wanted = Signal(str, int)
    """One place up (-1) or down (1)."""
    forget_all_wanted = Signal()

    def __init__(self, theme: Theme, width: int) -> None:
        super().__init__(theme, width)
        self._listed: list[ListedConnection] = []
        self.add_heading("Connections", _DESCRIPTION)
        self.list = ConnectionList(theme)
        self.list.connection_selected.connect(self._on_selected)
        self.list.move_wanted.connect(self._move)
        self.list.remove_wanted.connect(self._remove)
        self.column.addWidget(self.list)
        buttons = QWidget()
        flow = FlowLayout(buttons)
        flow.set_gap(theme.px(6))
        self._add = page_button("Add")
        self._duplicate = page_button("Duplicate")
        self._remove_button = page_button("Remove…")
        self._up = page_button("Move up")
        self._down = page_button("Move down")
        for button, does in (
            (self._add, self.add_wanted.emit),
            (self._duplicate, lambda: self.duplicate_wanted.emit(self.list.selected_id)),
            (self._remove_button, self._remove),
            (self._up, lambda: self._move(-1)),
            (self._down, lambda: self._move(1)),
        ):
            button.clicked.connect(lambda _=False, does=does: does())
            flow.addWidget(button)
        self._add.setAccessibleName("Add a connection")
        self.column.addWidget(buttons)
        self._problem = words_below("error")
        self.column.addWidget(self._problem)
        self._title = plain_label(role="heading", wraps=True)
        self.column.addWidget(self._title)
        self.editor = ConnectionEditor(theme, width)
        self.list.edit_wanted.connect(self.editor.focus_name)
        self.column.addWidget(self.editor)
        self.add_heading("Keyring")
        self._keyring = plain_label(role="muted", wraps=True)
        self._forget_all = page_button("Forget all keys…", "danger")
        self._forget_all.clicked.connect(self.forget_all_wanted)
        self.rows.add("Keys are kept in", self._keyring, self._forget_all, stretch=self._keyring)
        self.editor.tab_after = self._forget_all
        self._plaintext = CheckBox(theme, _PLAINTEXT)
        self._plaintext.clicked.connect(lambda is_on: self.changed.emit({"allow_plaintext_keyring": is_on}))
        self.rows.add("", self._plaintext)
        self._risk = plain_label(_PLAINTEXT_RISK, "error", wraps=True)
        self.rows.add("", self._risk, stretch=self._risk)
        self.column.addStretch(1)

    # -- what is shown ---------------------------------------------------------------------------

    def show_connections(self, listed: Sequence[ListedConnection], selected_id: str) -> None:
        """Lists them, with one of them selected."""
        self._listed = list(listed)
        self.list.show_connections(self._listed, selected_id)
        self._show_choice()

    def show_connection(self, shown: ShownConnection) -> None:
        """Shows the selected one's facts."""
        self._title.setText(shown.connection.name)
        self.editor.show_connection(shown)

    def show_keyring(self, facts: KeyringFacts) -> None:
        self._keyring.setText(facts.words)
        self._forget_all.setEnabled(facts.has_keys)
        has_choice = facts.is_plaintext or facts.is_plaintext_allowed
        self._plaintext.setVisible(has_choice)
        self._risk.setVisible(has_choice)
        self._plaintext.setChecked(facts.is_plaintext_allowed)

    def show_problem(self, words: str) -> None:
        """What did not succeed; empty for nothing."""
        say(self._problem, words)

    def _show_choice(self) -> None:
        place = next((n for n, c in enumerate(self._listed) if c.id == self.list.selected_id), 0)
        is_own = bool(self._listed) and self.list.selected_id != SANDBOX_ID
        last = len(self._listed) - 2  # the sandbox keeps its place at the end
        self._duplicate.setEnabled(is_own)
        self._remove_button.setEnabled(is_own)
        for button, is_possible in ((self._up, place > 0), (self._down, place < last)):
            if button.hasFocus() and not (is_own and is_possible):
                self.list.setFocus()  # else it leaps to whatever is next
            button.setEnabled(is_own and is_possible)

    # -- what was done ---------------------------------------------------------------------------

    def _on_selected(self, connection_id: str) -> None:
        self.show_problem("")
        self._show_choice()
        self.connection_selected.emit(connection_id)

    def _move(self, step: int) -> None:
        button = self._up if step < 0 else self._down
        if button.isEnabled():
            self.move_wanted.emit(self.list.selected_id, step)

    def _remove(self) -> None:
        if self._remove_button.isEnabled():
            self.removal_wanted.emit(self.list.selected_id)


def confirmation(parent: QWidget, text: str, consequences: str, words: str) -> QMessageBox:
    """Asks before something is gone for good; whoever opens it hears `accepted` when it shall be."""
    box = QMessageBox(parent.window())
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(text)
    box.setInformativeText(consequences)
    button = box.addButton(words, QMessageBox.ButtonRole.AcceptRole)
    button.setProperty("kind", "danger")
    cancel = box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(cancel)
    box.setEscapeButton(cancel)
    return box
