"""The sources panel: the items of the store that is asked."""

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from trackside.chat.sources import NamedItem
from trackside.domain.citation import clock
from trackside.domain.source import AssetType, ReadyState
from trackside.ui.filter_field import FilterField
from trackside.ui.labels import plain_label, plain_tooltip
from trackside.ui.theme import Theme

_STATE_WORDS = {
    ReadyState.QUEUED: "queued",
    ReadyState.PENDING: "waiting to be processed",
    ReadyState.PROCESSING: "processing (1–10 min is usual)",
    ReadyState.READY: "ready",
    ReadyState.FAILED: "failed",
}
_NO_STORE = "Choose a knowledge store above the transcript to see its items."


class SourcesPanel(QWidget):
    """A list of items with their states; a filter by name."""

    reload_wanted = Signal()
    message_wanted = Signal()
    """Whoever was here goes on to the message."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._items: list[NamedItem] = []
        self._shown: tuple[str, list[NamedItem] | None] = ("", None)
        self._title = plain_label(_NO_STORE, "muted", wraps=True)
        self._filter = FilterField("Filter items", "Filter items")
        self._filter.textChanged.connect(self._refresh)
        self._filter.left.connect(self.message_wanted)
        self._reload = QPushButton("Refresh")
        self._reload.clicked.connect(self.reload_wanted)
        self.list = QListWidget()
        self.list.setAccessibleName("Sources")
        self.list.setWordWrap(True)
        self._row = QHBoxLayout()
        self._row.addWidget(self._filter, 1)
        self._row.addWidget(self._reload)
        self._column = QVBoxLayout(self)
        self._column.addWidget(self._title)
        self._column.addLayout(self._row)
        self._column.addWidget(self.list, 1)
        theme.changed.connect(self._dress)
        self._dress()

    def show_items(self, store_name: str, items: list[NamedItem] | None) -> None:
        """`items` None means that they are still on their way."""
        if (store_name, items) == self._shown:
            return  # what is selected and where one is stay
        self._shown = (store_name, items)
        self._items = items or []
        if not store_name:
            self._title.setText(_NO_STORE)
        elif items is None:
            self._title.setText(f"{store_name}: fetching its items…")
        elif not items:
            self._title.setText(f"{store_name} has no items yet.")
        else:
            count = "1 item" if len(items) == 1 else f"{len(items)} items"
            self._title.setText(f"{store_name}: {count}")
        self._refresh()

    def _refresh(self) -> None:
        needle = self._filter.text().casefold().strip()
        self.list.clear()
        px = self._theme.px
        for entry in self._items:
            if needle not in entry.name.casefold():
                continue
            words = _STATE_WORDS[entry.item.state]
            if entry.item.duration_s:
                words = f"{clock(entry.item.duration_s)} · {words}"
            is_image = entry.item.asset_type is AssetType.IMAGE
            icon = self._theme.icon("image" if is_image else "video", "muted", 18)
            row = QListWidgetItem(icon, f"{entry.name}\n{words}")
            row.setToolTip(plain_tooltip(entry.item.id))
            row.setSizeHint(QSize(0, px(50)))
            self.list.addItem(row)

    def _dress(self) -> None:
        px = self._theme.px
        self._column.setContentsMargins(px(14), px(14), px(14), px(14))
        self._column.setSpacing(px(9))
        self.list.setIconSize(QSize(px(18), px(18)))
        self._refresh()
