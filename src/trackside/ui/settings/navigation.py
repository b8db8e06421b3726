"""The list of the settings' pages, and the line that finds the page of a setting."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QListWidget, QVBoxLayout, QWidget

from trackside.ui.filter_field import FilterField
from trackside.ui.labels import plain_label
from trackside.ui.search.texts import matches_words
from trackside.ui.theme import Theme

_WIDTH_PX = 170
_ENTRY_PX = 32


class Navigation(QWidget):
    """Shows the pages whose name or words begin with what was typed."""

    chosen = Signal(int)

    def __init__(self, theme: Theme, names: Sequence[str], words: Mapping[str, str]) -> None:
        """`words`: what a page is about, by its name."""
        super().__init__()
        self.setObjectName("settingsNavigation")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self._known = [f"{name} {words.get(name, '')}" for name in names]
        self.field = FilterField("Find a setting", "Find a setting")
        self.field.textChanged.connect(self._filter)
        self.field.returnPressed.connect(self._leave)
        self.field.left.connect(self._leave)
        self.field.installEventFilter(self)
        self.list = QListWidget()
        self.list.setObjectName("settingsPages")
        self.list.setAccessibleName("Pages of the settings")
        self.list.addItems(list(names))
        self.list.currentRowChanged.connect(self.chosen)
        self._none = plain_label("No setting is found", "small", wraps=True)
        self._none.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._none.hide()
        self._column = QVBoxLayout(self)
        self._column.addWidget(self.field)
        self._column.addWidget(self._none)
        self._column.addWidget(self.list, 1)

    def dress(self) -> None:
        """Takes over the zoom."""
        px = self._theme.px
        self.setFixedWidth(px(_WIDTH_PX))
        self._column.setContentsMargins(px(8), px(12), px(8), px(8))
        self._column.setSpacing(px(8))
        for row in range(self.list.count()):
            self.list.item(row).setSizeHint(QSize(0, px(_ENTRY_PX)))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() == Qt.Key.Key_Down
        ):
            self._leave()
            return True
        return super().eventFilter(watched, event)

    def _leave(self) -> None:
        self.list.setFocus()

    def _filter(self, text: str) -> None:
        typed = text.casefold().split()
        found = [row for row, known in enumerate(self._known) if matches_words(known, typed)]
        for row in range(self.list.count()):
            self.list.item(row).setHidden(row not in found)
        self._none.setVisible(not found)
        if found and self.list.currentRow() not in found:
            self.list.setCurrentRow(found[0])
