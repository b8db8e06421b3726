"""The sidebar: new session, search, the list, and the connection at its foot."""

from datetime import datetime, time, timedelta

from PySide6.QtCore import QModelIndex, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QListView,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from trackside.domain.session import Session, SessionState
from trackside.ui.actions import keys_for
from trackside.ui.filter_field import FilterField
from trackside.ui.labels import plain_label
from trackside.ui.sidebar.painter import RowPainter
from trackside.ui.sidebar.rows import SessionRows, grouped
from trackside.ui.theme import Theme
from trackside.ui.tokens import SIDEBAR_PX

_LONGEST_DAY_MS = 3_600_000
"""A timer knows nothing of a night in which the computer slept, so the day is looked at every hour."""


class SessionList(QListView):
    """The list itself, with the keys that a list of sessions has."""

    clicked_on = Signal(QModelIndex)
    walked_to = Signal(QModelIndex)
    entered = Signal()
    rename_wanted = Signal(QModelIndex)
    trash_wanted = Signal()

    @property
    def is_editing(self) -> bool:
        """Whether a title is being typed in its place."""
        return self.state() == QAbstractItemView.State.EditingState

    def keyPressEvent(self, event: QKeyEvent) -> None:
        before = self.currentIndex()
        match event.key():
            case Qt.Key.Key_F2:
                if before.isValid():
                    self.rename_wanted.emit(before)
            case Qt.Key.Key_Delete:
                self.trash_wanted.emit()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if not self.is_editing:
                self.entered.emit()
            case _:
                super().keyPressEvent(event)
                if self.currentIndex() != before:
                    self.walked_to.emit(self.currentIndex())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        # Another button opens the menu of a session, not the session.
        if event.button() == Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            self.clicked_on.emit(self.indexAt(event.position().toPoint()))

    def keyboardSearch(self, _text: str) -> None:
        """Letters lead nowhere: each would open another session."""


class Sidebar(QFrame):
    """Shows sessions; everything a person does to them leaves as a signal."""

    new_wanted = Signal()
    session_chosen = Signal(str)
    rename_wanted = Signal(str, str)
    pin_wanted = Signal(Session)
    trash_wanted = Signal(Session)
    export_wanted = Signal(Session)
    hide_wanted = Signal()
    settings_wanted = Signal()
    message_wanted = Signal()
    """Whoever was here goes on to the message."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("sidebar")
        self._theme = theme
        self._sessions: list[Session] = []
        self._states: dict[str, SessionState] = {}
        self._shown_id = ""
        self._marked_id = ""
        """The session that was chosen here, which may still be on its way."""

        self.new_button = QPushButton("New session")
        self.new_button.setProperty("kind", "primary")
        self.new_button.setAccessibleName("New session")
        self.new_button.clicked.connect(self.new_wanted)
        self._hide_button = QToolButton()
        self._hide_button.setProperty("kind", "button")
        self._hide_button.setAccessibleName("Hide sidebar")
        self._hide_button.setToolTip(f"Hide sidebar ({keys_for('sidebar')})")
        self._hide_button.clicked.connect(self.hide_wanted)

        self.search = FilterField("Search sessions", "Search all sessions")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._refresh)
        self.search.left.connect(self.message_wanted)
        self._search_keys = plain_label(keys_for("search"), "small")
        self._search_keys.setParent(self.search)
        self._search_keys.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._search_row = QHBoxLayout(self.search)
        self._search_row.addStretch(1)
        self._search_row.addWidget(self._search_keys)

        self._rows = SessionRows(self)
        self.list = SessionList()
        self.list.setObjectName("sessions")
        self.list.setAccessibleName("Sessions")
        self.list.setModel(self._rows)
        self._painter = RowPainter(theme, self.list)
        self._painter.title_given.connect(self.rename_wanted)
        self.list.setItemDelegate(self._painter)
        self._painter.closeEditor.connect(self._refresh)  # after the list, which ends its editing first
        self.list.setMouseTracking(True)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._open_menu)
        self.list.rename_wanted.connect(self.list.edit)
        self.list.trash_wanted.connect(self._trash_current)
        self.list.clicked_on.connect(self._click)
        self.list.walked_to.connect(self._choose)
        self.list.entered.connect(self.message_wanted)
        self._empty = plain_label(role="small", wraps=True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)

        self._connection = plain_label(role="small", wraps=True)
        self._settings = QToolButton()
        self._settings.setProperty("kind", "flat")
        self._settings.setAccessibleName("Settings")
        self._settings.setToolTip(f"Settings ({keys_for('settings')})")
        self._settings.clicked.connect(self.settings_wanted)
        self._foot = QWidget()
        self._foot.setObjectName("foot")
        self._foot.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)

        self._midnight = QTimer(self, singleShot=True)
        self._midnight.timeout.connect(self._refresh)
        self._lay_out()
        theme.changed.connect(self._dress)
        self._dress()
        self._refresh()

    def show_sessions(self, sessions: list[Session], states: dict[str, SessionState]) -> None:
        self._sessions, self._states = sessions, states
        self._refresh()

    def show_current(self, session_id: str) -> None:
        """Marks the session that is open, without opening it again."""
        self._shown_id = self._marked_id = session_id
        self._mark()

    def show_connection(self, words: str) -> None:
        self._connection.setText(words)

    def next_session(self, step: int) -> None:
        """Goes to the session below (1) or above (-1) the one that is open."""
        ids = [row.session.id for row in self._rows.entries if row.session is not None]
        if not ids:
            return
        place = ids.index(self._marked_id) + step if self._marked_id in ids else 0
        if 0 <= place < len(ids):
            self._open(ids[place])
            self._mark()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.new_button, 1)
        top.addWidget(self._hide_button)
        foot = QHBoxLayout(self._foot)
        foot.addWidget(self._connection, 1)
        foot.addWidget(self._settings, 0, Qt.AlignmentFlag.AlignVCenter)
        column = QVBoxLayout(self)
        column.addLayout(top)
        column.addWidget(self.search)
        column.addWidget(self.list, 1)
        column.addWidget(self._empty, 1)
        column.addWidget(self._foot)
        self._column, self._top, self._foot_row = column, top, foot

    def _dress(self) -> None:
        theme, px = self._theme, self._theme.px
        self.setFixedWidth(px(SIDEBAR_PX))
        self._column.setContentsMargins(px(12), px(12), px(12), px(8))
        self._column.setSpacing(px(8))
        self._top.setSpacing(px(8))
        self._foot_row.setContentsMargins(0, px(8), 0, 0)
        self._search_row.setContentsMargins(0, 0, px(10), 0)
        self.new_button.setIcon(theme.icon("plus", "on_accent"))
        self._hide_button.setIcon(theme.icon("sidebar"))
        self._settings.setIcon(theme.icon("settings", "muted", 18))
        for button in (self.new_button, self._hide_button, self._settings):
            button.setIconSize(QSize(px(18), px(18)))
        self.list.doItemsLayout()

    def _refresh(self) -> None:
        if self.list.is_editing:
            return  # the end of it refreshes
        present = datetime.now().astimezone()
        self._midnight.start(min(_ms_to_midnight(present), _LONGEST_DAY_MS))
        needle = self.search.text().strip()
        self._search_keys.setVisible(not self.search.text())
        rows = grouped(self._sessions, self._states, needle, present)
        place = self.list.verticalScrollBar().value()
        self._rows.show(rows)
        self.list.setVisible(bool(rows))
        self._empty.setVisible(not rows)
        self._empty.setText(
            f"No session has “{needle}” in its title or last words." if needle else "No sessions yet."
        )
        self._mark()
        self.list.verticalScrollBar().setValue(place)

    def _mark(self) -> None:
        row = self._rows.row_of(self._marked_id)
        self.list.setCurrentIndex(self._rows.index(row) if row >= 0 else QModelIndex())

    def _session_at(self, index: QModelIndex) -> Session | None:
        return self._rows.entries[index.row()].session if index.isValid() else None

    def _click(self, index: QModelIndex) -> None:
        if self._session_at(index) is not None:
            self._choose(index)
            self.message_wanted.emit()

    def _choose(self, index: QModelIndex) -> None:
        if session := self._session_at(index):
            self._open(session.id)

    def _open(self, session_id: str) -> None:
        # One that is shown is opened again when another is on its way.
        if session_id != self._shown_id or self._marked_id != self._shown_id:
            self._marked_id = session_id
            self.session_chosen.emit(session_id)

    def _edit_title(self, session_id: str) -> None:
        if (row := self._rows.row_of(session_id)) >= 0:
            self.list.edit(self._rows.index(row))

    def _trash_current(self) -> None:
        if session := self._session_at(self.list.currentIndex()):
            self.trash_wanted.emit(session)

    def _open_menu(self, place: QPoint) -> None:
        index = self.list.indexAt(place)
        session = self._session_at(index)
        if session is None:
            return
        theme = self._theme
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(theme.icon("edit"), "Rename", lambda: self._edit_title(session.id))
        pin = "Unpin" if session.pinned else "Pin"
        menu.addAction(theme.icon("pin"), pin, lambda: self.pin_wanted.emit(session))
        menu.addAction("Export as JSON…", lambda: self.export_wanted.emit(session))
        menu.addSeparator()
        menu.addAction(theme.icon("trash"), "Move to trash", lambda: self.trash_wanted.emit(session))
        menu.popup(self.list.viewport().mapToGlobal(place))


def _ms_to_midnight(present: datetime) -> int:
    """How long today is still today."""
    tomorrow = datetime.combine(present.date() + timedelta(days=1), time()).astimezone()
    return int((tomorrow - present).total_seconds() * 1000) + 1000
