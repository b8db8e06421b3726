"""The inspector's frame: four tabs and their panels."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QTabBar, QVBoxLayout

from trackside.ui.panels.editors import InstructionsPanel, SchemaPanel
from trackside.ui.panels.request import RequestPanel
from trackside.ui.panels.sources import SourcesPanel
from trackside.ui.theme import Theme
from trackside.ui.tokens import INSPECTOR_PX

TABS = ("Instructions", "Schema", "Sources", "Request")


class Inspector(QFrame):
    """Holds the panels; knows nothing of what is in them."""

    tab_changed = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("inspector")
        self._theme = theme
        self.instructions = InstructionsPanel(theme)
        self.schema = SchemaPanel(theme)
        self.sources = SourcesPanel(theme)
        self.request = RequestPanel(theme)
        self._tabs = QTabBar()
        self._tabs.setAccessibleName("Inspector")
        self._tabs.setDrawBase(False)
        self._tabs.setExpanding(False)
        self._stack = QStackedWidget()
        for name, panel in zip(
            TABS, (self.instructions, self.schema, self.sources, self.request), strict=True
        ):
            self._tabs.addTab(name)
            self._stack.addWidget(panel)
        self._tabs.currentChanged.connect(self._stack.setCurrentIndex)
        self._tabs.currentChanged.connect(self.tab_changed)
        self._line = QFrame()
        self._line.setObjectName("tabLine")
        self._column = QVBoxLayout(self)
        self._column.setSpacing(0)
        self._tab_row = QHBoxLayout()
        self._tab_row.addWidget(self._tabs)
        self._tab_row.addStretch(1)
        self._column.addLayout(self._tab_row)
        self._column.addWidget(self._line)
        self._column.addWidget(self._stack, 1)
        theme.changed.connect(self._dress)
        self._dress()

    @property
    def tab(self) -> int:
        return self._tabs.currentIndex()

    def show_tab(self, number: int) -> None:
        self._tabs.setCurrentIndex(number)

    def _dress(self) -> None:
        px = self._theme.px
        self.setFixedWidth(px(INSPECTOR_PX))
        self._column.setContentsMargins(0, px(14), 0, 0)
        self._tab_row.setContentsMargins(px(6), 0, 0, 0)
        self._tabs.setFixedHeight(px(38))
        self._line.setFixedHeight(1)
        self._line.setStyleSheet(f"background: {self._theme.tokens.line};")
