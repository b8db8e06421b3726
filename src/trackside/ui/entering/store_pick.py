"""Which knowledge store is asked first: a list to choose from, or what to do without any."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from trackside.domain.source import KnowledgeStore
from trackside.ui.filter_field import FilterField
from trackside.ui.labels import plain_label, plain_tooltip
from trackside.ui.theme import Theme

_FILTERED_FROM = 8
"""So many stores are found sooner by typing than by looking."""
_MOST_ROWS = 6
_ROW_PX = 34
_EDGES_PX = 6
_ROLE = Qt.ItemDataRole.UserRole
_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class StorePick(QWidget):
    """Shows the stores once the key is kept. `picked` carries the store, or None to go in without one."""

    picked = Signal(object)
    again_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._stores: tuple[KnowledgeStore, ...] = ()
        self.question = plain_label("", wraps=True)
        self.filter = FilterField("Filter the knowledge stores", "Filter")
        self.filter.textChanged.connect(self._fill)
        self.filter.returnPressed.connect(self._pick)
        self.filter.installEventFilter(self)
        self.list = QListWidget()
        self.list.setAccessibleName("Knowledge stores")
        self.list.setObjectName("storeList")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.installEventFilter(self)
        self.list.itemDoubleClicked.connect(lambda _: self._pick())
        self._nothing = plain_label("No store has this in its name.", "muted")
        self.go = QPushButton("Ask this store")
        self.go.setProperty("kind", "primary")
        self.go.clicked.connect(self._pick)
        self.again = QPushButton("Look again")
        self.again.clicked.connect(self.again_wanted)
        self.enter = QPushButton("Enter anyway")
        self.enter.clicked.connect(lambda: self.picked.emit(None))
        self._buttons = QHBoxLayout()
        for button in (self.go, self.again, self.enter):
            self._buttons.addWidget(button)
        self._buttons.addStretch(1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        for widget in (self.question, self.filter, self.list, self._nothing):
            self._column.addWidget(widget)
        self._column.addLayout(self._buttons)
        theme.changed.connect(self._dress)
        self._dress()

    def show_stores(self, stores: Sequence[KnowledgeStore]) -> None:
        """Offers these, the first one preselected; the one that is chosen already stays so."""
        chosen = self._current
        self._stores = tuple(stores)
        self.question.setText("Which knowledge store do you want to ask? You can change it later.")
        is_new = self.list.isHidden() or self.isHidden()
        self._show(self.list, self.go)
        self.filter.setVisible(len(stores) >= _FILTERED_FROM)
        self._fill()
        self._fit_list()
        if chosen is not None and not is_new:
            self._select(chosen.id)
        if is_new:
            (self.list if self.filter.isHidden() else self.filter).setFocus()

    def show_none(self) -> None:
        """Says that there is none, and what helps."""
        self.question.setText(
            "This account has no knowledge store yet. Make one in the TwelveLabs dashboard, then look again."
        )
        self._show(self.again, self.enter)
        self.again.setFocus()

    def show_unlisted(self) -> None:
        """The key is good, but the service did not list the stores this time."""
        self.question.setText(
            "The key works, so you can go in now. The stores’ menu there fetches them later."
        )
        self._show(self.enter)
        self.enter.setFocus()

    def clear(self) -> None:
        self._stores = ()
        self.filter.clear()
        self.list.clear()
        self.hide()

    # -- inside ----------------------------------------------------------------------------------

    @property
    def _current(self) -> KnowledgeStore | None:
        item = self.list.currentItem()
        chosen_id = item.data(_ROLE) if self.list.count() else ""
        return next((store for store in self._stores if store.id == chosen_id), None)

    def _show(self, *shown: QWidget) -> None:
        for widget in (self.filter, self.list, self._nothing, self.go, self.again, self.enter):
            widget.setVisible(widget in shown)
        self.show()

    def _fill(self) -> None:
        wanted = self.filter.text().strip().casefold()
        self.list.clear()
        for store in self._stores:
            if wanted in store.name.casefold() or wanted in store.description.casefold():
                count = store.item_count
                items = "" if count is None else f"  ·  {count:,} item{'' if count == 1 else 's'}"
                item = QListWidgetItem(f"\u2068{store.name or store.id}\u2069{items}")
                item.setData(_ROLE, store.id)
                item.setToolTip(plain_tooltip(store.description))
                self.list.addItem(item)
        self.list.setCurrentRow(0)
        has_any = self.list.count() > 0
        self._nothing.setVisible(not has_any)
        self.go.setEnabled(has_any)

    def _select(self, store_id: str) -> None:
        for row in range(self.list.count()):
            if self.list.item(row).data(_ROLE) == store_id:
                self.list.setCurrentRow(row)

    def _pick(self) -> None:
        if (store := self._current) is not None:
            self.picked.emit(store)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter chooses in the list; the arrows go to the list while one types, and what is typed in the
        list filters."""
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        is_list = watched is self.list
        if is_list and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._pick()
            return True
        if not is_list and event.key() in _MOVES:
            QApplication.sendEvent(self.list, event)
            return True
        if is_list and not self.filter.isHidden() and event.text().isprintable() and event.text().strip():
            self.filter.setFocus()
            QApplication.sendEvent(self.filter, event)
            return True
        return super().eventFilter(watched, event)

    def _dress(self) -> None:
        px = self._theme.px
        self._column.setSpacing(px(8))
        self._buttons.setSpacing(px(8))
        self._fit_list()

    def _fit_list(self) -> None:
        """As high as its rows, up to a few; filtering changes nothing of that."""
        self.list.ensurePolished()
        rows = max(1, min(len(self._stores), _MOST_ROWS))
        height = self.list.sizeHintForRow(0) if self.list.count() else self._theme.px(_ROW_PX)
        margins = self.list.height() - self.list.viewport().height() if self.list.isVisible() else 0
        self.list.setFixedHeight(rows * height + max(margins, self._theme.px(_EDGES_PX)))
