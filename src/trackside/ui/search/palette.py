"""The palette: a card over the window with a field, what narrows the search down, and a list."""

from PySide6.QtCore import QEvent, QModelIndex, QObject, QRect, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from trackside.ui.labels import plain_label
from trackside.ui.search.entries import Entry, EntryRows
from trackside.ui.search.field import SearchField
from trackside.ui.search.filters import FilterRow
from trackside.ui.search.ground import Ground
from trackside.ui.search.painter import EntryPainter
from trackside.ui.theme import Theme, repolish

_WIDTH_PX, _HEIGHT_PX = 640, 520
_TOP_PX, _MARGIN_PX = 64, 16
_ROOM_FOR_TITLE_PX = 420
_MOST_CHARACTERS = 1_000
_STEPS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}


class SearchPalette(QFrame):
    """Shows what it is told, and tells what is typed and chosen. The field has the focus all the time."""

    changed = Signal()
    """Other words or filters."""
    chosen = Signal(Entry)
    entered = Signal()
    """Enter was pressed; whoever knows whether the list is up to date chooses."""
    dismissed = Signal()
    """Esc, or a click beside it: it shall go, and the focus back to where it was."""

    def __init__(self, theme: Theme, window: QWidget) -> None:
        self._ground = Ground(theme, window)
        super().__init__(self._ground)
        self._theme = theme
        self._window = window
        self.setObjectName("palette")
        self.setAccessibleName("Search and commands")
        self._title = plain_label("Search and commands", "title")
        self.field = SearchField()
        self.field.setAccessibleName("Search sessions")
        self.field.setPlaceholderText("Search all sessions, or type a command")
        self.field.setMaxLength(_MOST_CHARACTERS)
        self.filters = FilterRow(theme)
        self._message = plain_label(wraps=True)
        self._message.setAccessibleName("Search result")
        self._message.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.rows = EntryRows(self)
        self.has_walked = False
        """Whether a line was walked to since the words are these."""
        self.list = QListView()
        self._set_up_list()
        self._column = QVBoxLayout(self)
        for widget in (self._title, self.field, self.filters, self._message):
            self._column.addWidget(widget)
        self._column.addWidget(self.list, 1)
        self.setFocusProxy(self.field)
        self.field.textChanged.connect(self._on_changed)
        self.filters.changed.connect(self._on_changed)
        self.field.moved.connect(self._move)
        self.field.paged.connect(self._page)
        self.field.ended.connect(self._go_to_end)
        self.field.entered.connect(self.entered)
        self._ground.pressed.connect(self.dismissed)
        theme.changed.connect(self._dress)
        window.installEventFilter(self)
        self._ground.hide()
        self._dress()

    def _set_up_list(self) -> None:
        view = self.list
        view.setObjectName("sessions")
        view.setAccessibleName("Results")
        view.setModel(self.rows)
        view.setItemDelegate(EntryPainter(self._theme, view))
        view.setMouseTracking(True)
        view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.clicked.connect(self._click)

    # -- coming and going ------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        return not self._ground.isHidden()

    def open(self, words: str) -> None:
        """Shows the palette with these words, ready to be typed over."""
        blocked = self.field.blockSignals(True)
        self.field.setText(words)
        self.field.blockSignals(blocked)
        self.has_walked = False
        self._ground.show()
        self._ground.raise_()
        self.place()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def close_palette(self) -> None:
        """Goes. Whoever has it go gives the focus away before, so that it goes nowhere else in between."""
        self._ground.hide()

    # -- what is shown ---------------------------------------------------------------------------

    def show_entries(self, entries: list[Entry], *, keep: str = "") -> None:
        """Shows other lines. The one that `keep` identifies stays chosen, else the first is."""
        self.rows.show(entries)
        row = self.rows.row_of(keep) if keep else -1
        self._choose_row(row if row >= 0 else self.rows.nearest(0, 1), is_first=row < 0)

    def show_message(self, words: str, *, is_error: bool = False) -> None:
        """A sentence above the list; none hides it."""
        role = "error" if is_error else "muted"
        if self._message.property("role") != role:
            self._message.setProperty("role", role)
            repolish(self._message)
        self._message.setText(words)
        self._message.setVisible(bool(words))

    def announce(self, words: str) -> None:
        """Has a screen reader say what the eye sees in the list, where the focus isn't."""
        if self.is_open and words and QAccessible.isActive():
            event = QAccessibleAnnouncementEvent(self.field, words)
            event.setPoliteness(QAccessible.AnnouncementPoliteness.Polite)
            QAccessible.updateAccessibility(event)

    @property
    def current(self) -> Entry | None:
        """The line that Enter opens."""
        index = self.list.currentIndex()
        return self.rows.entries[index.row()] if index.isValid() else None

    def _on_changed(self) -> None:
        self.has_walked = False
        self.changed.emit()

    # -- moving ----------------------------------------------------------------------------------

    def _move(self, step: int) -> None:
        self._walk_to(self.rows.nearest(self.list.currentIndex().row() + step, step))

    def _page(self, direction: int) -> None:
        """As far as a screenful of the list goes."""
        here = self.list.currentIndex()
        if not here.isValid():
            return
        wanted = self.list.visualRect(here).center().y() + direction * self.list.viewport().height()
        row = here.row()
        while (following := self.rows.nearest(row + direction, direction)) >= 0:
            y = self.list.visualRect(self.rows.index(following)).center().y()
            if (y - wanted) * direction > 0 and row != here.row():
                break
            row = following
        self._walk_to(row)

    def _go_to_end(self, direction: int) -> None:
        last = len(self.rows.entries) - 1
        self._walk_to(self.rows.nearest(0 if direction < 0 else last, -direction))

    def _walk_to(self, row: int) -> None:
        if row < 0 or row == self.list.currentIndex().row():
            return
        self.has_walked = True
        self._choose_row(row)
        entry = self.rows.entries[row]
        places = [n for n in range(len(self.rows.entries)) if self.rows.nearest(n, 1) == n]
        self.announce(f"{entry.described or entry.title.text}, {places.index(row) + 1} of {len(places)}")

    def _choose_row(self, row: int, *, is_first: bool = False) -> None:
        self.list.setCurrentIndex(self.rows.index(row) if row >= 0 else QModelIndex())
        if is_first or (row >= 0 and row == self.rows.nearest(0, 1)):
            self.list.scrollToTop()  # the heading above it, too

    def _click(self, index: QModelIndex) -> None:
        entry = self.rows.entries[index.row()]
        if self.rows.nearest(index.row(), 1) == index.row():
            self.chosen.emit(entry)

    # -- keys ------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        # Else the window takes Esc to stop an answer.
        is_key = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride
        if is_key and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """What the field and the pills have no use for comes here, and goes no further."""
        if event.key() == Qt.Key.Key_Escape:
            self.dismissed.emit()
        elif event.key() in _STEPS:
            self.field.setFocus(Qt.FocusReason.OtherFocusReason)
        event.accept()

    def focusNextPrevChild(self, is_next: bool) -> bool:
        """Tab goes round inside: the field and the pills."""
        filters = self.filters
        pills = [filters.store, filters.date, filters.state, filters.tag, filters.citations]
        stops: list[QWidget] = [self.field, *(pill for pill in pills if not pill.isHidden())]
        here = next((n for n, stop in enumerate(stops) if stop.hasFocus()), 0)
        reason = Qt.FocusReason.TabFocusReason if is_next else Qt.FocusReason.BacktabFocusReason
        stops[(here + (1 if is_next else -1)) % len(stops)].setFocus(reason)
        return True

    # -- look ------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window and event.type() == QEvent.Type.Resize and self.is_open:
            self.place()
        return super().eventFilter(watched, event)

    def place(self) -> None:
        """In the middle of the window, nearer to its top, as large as there is room for."""
        px, room = self._theme.px, self._window.rect()
        margin = px(_MARGIN_PX)
        width = min(px(_WIDTH_PX), room.width() - 2 * margin)
        height = min(px(_HEIGHT_PX), room.height() - 2 * margin)
        top = max(margin, min(px(_TOP_PX), (room.height() - height) // 2))
        has_room = height >= px(_ROOM_FOR_TITLE_PX)
        self._title.setVisible(has_room)
        side, above, below = (22, 20, 12) if has_room else (12, 12, 6)
        self._column.setContentsMargins(px(side), px(above), px(side), px(below))
        self._ground.setGeometry(room)
        self._ground.card = QRect((room.width() - width) // 2, top, width, height)
        self.setGeometry(self._ground.card)
        self._ground.update()

    def _dress(self) -> None:
        px = self._theme.px
        self._column.setSpacing(px(8))
        self._message.setContentsMargins(px(10), px(4), px(10), px(4))
        self.filters.dress()
        self.list.doItemsLayout()
        if self.is_open:
            self.place()
