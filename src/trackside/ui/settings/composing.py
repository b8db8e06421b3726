"""The settings' page of how questions are written."""

from enum import Enum

from trackside.domain.settings import Settings
from trackside.ui.check_box import CheckBox
from trackside.ui.labels import plain_label
from trackside.ui.settings.choices import Pills, show_checked
from trackside.ui.settings.page import SettingsPage
from trackside.ui.theme import Theme


class _Sends(Enum):
    ENTER = True
    CONTROL_ENTER = False


class ComposingPage(SettingsPage):
    """Which Enter sends, and the spelling."""

    owned = ("enter_sends", "spell_check")

    def __init__(self, theme: Theme, width: int) -> None:
        super().__init__(theme, width)
        self.add_heading("Composing")
        sends = ((_Sends.ENTER, "Enter"), (_Sends.CONTROL_ENTER, "Ctrl+Enter"))
        self._sends = Pills(
            self, "Sends", sends, lambda choice: self.changed.emit({"enter_sends": choice.value})
        )
        self.rows.add("Send with", *self._sends.buttons)
        self._other = plain_label("", "muted", wraps=True)
        self.rows.add("", self._other, stretch=self._other)
        self._spelling = CheckBox(theme, "Underline words that are misspelt")
        self._spelling.toggled.connect(lambda is_on: self.changed.emit({"spell_check": is_on}))
        self.rows.add("Spelling", self._spelling)
        self._why_not = plain_label("", "muted", wraps=True)
        self._why_not.hide()
        self.rows.add("", self._why_not, stretch=self._why_not)
        self.column.addStretch(1)

    def show_settings(self, settings: Settings) -> None:
        self._sends.show(_Sends(settings.enter_sends))
        with_enter = "Shift+Enter breaks the line. Ctrl+Enter sends, too."
        self._other.setText(with_enter if settings.enter_sends else "Enter and Shift+Enter break the line.")
        show_checked(self._spelling, settings.spell_check)

    def show_spelling(self, why_not: str) -> None:
        """Why no spelling can be checked on this computer; empty while it may be."""
        self._why_not.setVisible(bool(why_not))
        self._why_not.setText(why_not)
