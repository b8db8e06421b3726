"""What every page of the settings is: rows under headings, changed at once, following the settings."""

from typing import ClassVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from trackside.domain.settings import Settings
from trackside.ui.dialogs.setting_rows import SettingRows
from trackside.ui.labels import plain_label
from trackside.ui.theme import Theme


class SettingsPage(QWidget):
    """A page is made when it is first looked at. What was changed leaves as a signal, and what changed
    elsewhere comes in with `show_settings`."""

    changed = Signal(dict)
    """Names and values of the settings that the user changed here."""
    owned: ClassVar[tuple[str, ...]] = ()
    """The names of the settings that “Restore defaults” is about on this page."""

    def __init__(self, theme: Theme, width: int) -> None:
        """`width` is what there is for the rows, in pixels."""
        super().__init__()
        self.theme = theme
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(theme.px(10))
        self.rows = SettingRows(theme, self.column, width)

    def show_settings(self, settings: Settings) -> None:
        """Shows what is set now; must not emit `changed`."""

    def add_heading(self, words: str, text: str = "") -> None:
        """A part's heading, below a line unless it is the first; `text` explains the part."""
        if self.column.count():
            line = QFrame()
            line.setFixedHeight(1)
            line.setProperty("kind", "line")
            self.column.addWidget(line)
        label = QLabel(words)
        label.setProperty("role", "heading")
        self.column.addWidget(label)
        if text:
            self.column.addWidget(plain_label(text, "muted", wraps=True))


def page_button(words: str, kind: str = "") -> QPushButton:
    """A button that Enter in a field beside it doesn't press."""
    button = QPushButton(words)
    button.setAutoDefault(False)
    if kind:
        button.setProperty("kind", kind)
    return button
