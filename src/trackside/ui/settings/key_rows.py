"""A connection's key in the settings: it goes in, is shown as present, and never comes out."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QLineEdit

from trackside.domain.failure import Failure, FailureKind
from trackside.ui.check_box import CheckBox
from trackside.ui.dialogs.setting_rows import SettingRows
from trackside.ui.labels import plain_label
from trackside.ui.settings.inline import say, words_below
from trackside.ui.settings.page import page_button
from trackside.ui.theme import Theme

_REFUSED = (FailureKind.KEY, FailureKind.NO_ACCESS)
_BREAKS_OFF = "Removing it breaks off answers that stream with it."


@dataclass(frozen=True, slots=True)
class GivenKey:
    """A key that was typed, and what shall be done with it. It is tested first unless that failed already."""

    key: str
    for_this_run: bool
    untested: bool = False

    def __repr__(self) -> str:
        return "GivenKey(…)"


class KeyRows(QObject):
    """The rows about the key. Whoever gets a key calls `show_outcome` when it is known what came of it."""

    key_given = Signal(GivenKey)
    removal_wanted = Signal()

    def __init__(self, theme: Theme, rows: SettingRows) -> None:
        super().__init__()
        self._has_key = False
        self._state = plain_label(role="muted", wraps=True)
        self._remove = page_button("Remove key")
        self._remove.clicked.connect(self.removal_wanted)
        rows.add("Key", self._state, self._remove, stretch=self._state)
        self.field = QLineEdit()
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self.field.setAccessibleName("API key")
        self.field.returnPressed.connect(self._give)
        self.field.textChanged.connect(self._on_typed)
        self._save = page_button("Save key")
        self._save.clicked.connect(self._give)
        rows.add("", self.field, self._save, stretch=self.field)
        self._for_run = CheckBox(theme, "Use for this run only, keep it nowhere")
        rows.add("", self._for_run)
        self._problem = words_below("error")
        self._anyway = page_button("Save it untested")
        self._anyway.clicked.connect(lambda: self._give(untested=True))
        self._anyway.hide()
        rows.add("", self._problem, self._anyway, stretch=self._problem)

    def show_state(self, words: str, *, has_key: bool, can_remove: bool) -> None:
        """Whether there is a key, and where it is kept."""
        self._has_key = has_key
        self._state.setText(f"Present: {words}. {_BREAKS_OFF}" if has_key and can_remove else _capital(words))
        self._remove.setEnabled(can_remove)
        self.field.setPlaceholderText("Paste to replace it" if has_key else "Paste a key")
        self._on_typed()

    def forget(self) -> None:
        """Forgets what was typed and said: it was about another connection."""
        self.field.clear()
        self._say(None)

    def show_busy(self, is_busy: bool) -> None:
        """While a key is tested and saved."""
        for widget in (self.field, self._save, self._anyway, self._for_run):
            widget.setEnabled(not is_busy)
        self._save.setText("Testing…" if is_busy else "Save key")
        if not is_busy:
            self._on_typed()

    def show_outcome(self, failure: Failure | None) -> None:
        """What came of the key. One that was taken is forgotten here; one that could not be tested can be
        saved all the same."""
        if failure is None:
            self.field.clear()
        self._say(failure)
        if failure is not None and self.field.text() and failure.kind not in (*_REFUSED, FailureKind.INPUT):
            self._anyway.show()

    def _say(self, failure: Failure | None) -> None:
        say(self._problem, failure.sentence if failure is not None else "")
        self._anyway.hide()

    def _on_typed(self) -> None:
        has_text = bool(self.field.text().strip())
        self._save.setEnabled(has_text and self.field.isEnabled())
        if not has_text:
            self._anyway.hide()

    def _give(self, *, untested: bool = False) -> None:
        if key := self.field.text().strip():
            self._say(None)
            self.key_given.emit(GivenKey(key, self._for_run.isChecked(), untested))


def _capital(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."
