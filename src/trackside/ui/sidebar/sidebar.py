"""The sidebar: new session, search, the list, and the connection at its foot."""

from datetime import datetime

from PySide6.QtCore import QModelIndex, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from trackside.domain.session import Session, SessionState
from trackside.ui.sidebar.painter import RowPainter
from trackside.ui.sidebar.rows import SessionRows, grouped
from trackside.ui.theme import SIDEBAR_PX, Theme


class SessionList(QListView):
    """The list itself, with the keys that a list of sessions has."""

    rename_wanted = Signal(QModelIndex)
    trash_wanted = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_F2:
                self.rename_wanted.emit(self.currentIndex())
            case Qt.Key.Key_Delete:
                self.trash_wanted.emit()
            case _:
                super().keyPressEvent(event)


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

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("sidebar")
        self._theme = theme
        self._sessions: list[Session] = []
        self._states: dict[str, SessionState] = {}
        self._shown_id = ""

        self.new_button = QPushButton("New session")
        self.new_button.setProperty("kind", "primary")
        self.new_button.setAccessibleName("New session")
        self.new_button.clicked.connect(self.new_wanted)
        self._hide_button = QToolButton()
        self._hide_button.setProperty("kind", "button")
        self._hide_button.setAccessibleName("Hide sidebar")
        self._hide_button.setToolTip("Hide sidebar (Ctrl+B)")
        self._hide_button.clicked.connect(self.hide_wanted)

        self.search = QLineEdit()
        self.search.setPlaceholderText("Search all sessions")
        self.search.setAccessibleName("Search sessions")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._refresh)

        self._rows = SessionRows(self)
        self.list = SessionList()
        self.list.setObjectName("sessions")
        self.list.setAccessibleName("Sessions")
        self.list.setModel(self._rows)
        self._painter = RowPainter(theme, self.list)
        self._painter.commitData.connect(self._take_title)
        self.list.setItemDelegate(self._painter)
        self.list.setMouseTracking(True)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._open_menu)
        self.list.rename_wanted.connect(self.list.edit)
        self.list.trash_wanted.connect(self._trash_current)
        self.list.selectionModel().currentChanged.connect(self._choose)
        self._empty = QLabel()
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self._empty.setProperty("role", "small")

        self._connection = QLabel()
        self._connection.setWordWrap(True)
        self._connection.setProperty("role", "small")
        self._settings = QToolButton()
        self._settings.setProperty("kind", "flat")
        self._settings.setAccessibleName("Settings")
        self._settings.setToolTip("Settings (Ctrl+,)")
        self._settings.clicked.connect(self.settings_wanted)
        self._foot = QWidget()
        self._foot.setObjectName("foot")
        self._foot.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)

        self._lay_out()
        theme.changed.connect(self._dress)
        self._dress()
        self._refresh()

    def show_sessions(self, sessions: list[Session], states: dict[str, SessionState]) -> None:
        self._sessions, self._states = sessions, states
        self._refresh()

    def show_current(self, session_id: str) -> None:
        """Marks the session that is open, without opening it again."""
        self._shown_id = session_id
        self._mark()

    def show_connection(self, words: str) -> None:
        self._connection.setText(words)

    def next_session(self, step: int) -> None:
        """Goes to the session below (1) or above (-1) the one that is open."""
        ids = [row.session.id for row in self._rows.entries if row.session is not None]
        if not ids:
            return
        place = ids.index(self._shown_id) + step if self._shown_id in ids else 0
        if 0 <= place < len(ids):
            self.session_chosen.emit(ids[place])

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
        self.new_button.setIcon(theme.icon("plus", "on_accent"))
        self._hide_button.setIcon(theme.icon("sidebar"))
        self._settings.setIcon(theme.icon("settings", "muted", 18))
        for button in (self.new_button, self._hide_button, self._settings):
            button.setIconSize(QSize(px(18), px(18)))
        self.list.doItemsLayout()

    def _refresh(self) -> None:
        needle = self.search.text().strip()
        rows = grouped(self._sessions, self._states, needle, datetime.now().astimezone())
        self._rows.show(rows)
        self.list.setVisible(bool(rows))
        self._empty.setVisible(not rows)
        self._empty.setText(
            f"No session has “{needle}” in its title or last words." if needle else "No sessions yet."
        )
        self._mark()

    def _mark(self) -> None:
        model = self.list.selectionModel()
        row = self._rows.row_of(self._shown_id)
        was_blocked = model.blockSignals(True)
        index = self._rows.index(row) if row >= 0 else QModelIndex()
        self.list.setCurrentIndex(index)
        model.blockSignals(was_blocked)
        self.list.viewport().update()

    def _session_at(self, index: QModelIndex) -> Session | None:
        return self._rows.entries[index.row()].session if index.isValid() else None

    def _choose(self, index: QModelIndex) -> None:
        session = self._session_at(index)
        if session is not None and session.id != self._shown_id:
            self._shown_id = session.id
            self.session_chosen.emit(session.id)

    def _take_title(self, editor: QWidget) -> None:
        session = self._session_at(self.list.currentIndex())
        if session is not None and isinstance(editor, QLineEdit) and editor.text().strip():
            self.rename_wanted.emit(session.id, editor.text())

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
        menu.addAction(theme.icon("edit"), "Rename", lambda: self.list.edit(index))
        pin = "Unpin" if session.pinned else "Pin"
        menu.addAction(theme.icon("pin"), pin, lambda: self.pin_wanted.emit(session))
        menu.addAction("Export as JSON…", lambda: self.export_wanted.emit(session))
        menu.addSeparator()
        menu.addAction(theme.icon("trash"), "Move to trash", lambda: self.trash_wanted.emit(session))
        menu.popup(self.list.viewport().mapToGlobal(place))
