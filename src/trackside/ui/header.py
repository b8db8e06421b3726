"""The line above the transcript: title, knowledge store, server session, export."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QFontMetrics, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QSizePolicy, QToolButton

from trackside.domain.session import Session
from trackside.domain.source import KnowledgeStore
from trackside.ui.chevron import paint_chevron
from trackside.ui.labels import button_words, elided_title, plain_label, plain_tooltip
from trackside.ui.shortcuts import Shortcuts
from trackside.ui.theme import Theme
from trackside.ui.tokens import HEADER_PX

_ID_HEAD = 9
_ID_TAIL = 3


class _MenuPill(QToolButton):
    """A pill with a chevron at its end, since it opens a menu that isn't the button's own."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setProperty("hasMenu", "true")

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        paint_chevron(self, self._theme)


class Header(QFrame):
    """Shows the open session's facts; passes on which store was chosen."""

    store_chosen = Signal(KnowledgeStore)
    stores_wanted = Signal()
    server_session_clicked = Signal(str)
    export_wanted = Signal()
    sidebar_wanted = Signal()
    inspector_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("header")
        self._theme = theme
        self._title_text = ""
        self._server_session_id = ""
        self._sidebar = self._tool("Show sidebar", "button")
        self._sidebar.clicked.connect(self.sidebar_wanted)
        self._title = plain_label(role="title")
        self._title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.store = self._named(_MenuPill(theme), "Knowledge store", "pill")
        self.store.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        # Not as the button's own menu, which would run a loop inside the window's.
        self.store.clicked.connect(self.open_stores)
        self._menu = QMenu(self.store)
        self._menu.aboutToShow.connect(self._fill_menu)
        self._menu.aboutToShow.connect(self.stores_wanted)
        self._group = QActionGroup(self)
        self._stores: tuple[list[KnowledgeStore], str] = ([], "")
        self._fill_menu()
        self._server = self._tool("Server session", "pill")
        self._server.clicked.connect(lambda: self.server_session_clicked.emit(self._server_session_id))
        self.export = self._tool("Export", "button")
        self.export.setText("Export")
        self.export.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.export.clicked.connect(self.export_wanted)
        self._inspector = self._tool("Show or hide inspector", "button")
        self._inspector.clicked.connect(self.inspector_wanted)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self._sidebar)
        self._row.addWidget(self._title, 1)
        for widget in (self.store, self._server, self.export, self._inspector):
            self._row.addWidget(widget)
        theme.changed.connect(self._dress)
        self._dress()

    def open_stores(self) -> None:
        """Opens the menu under its button."""
        self._menu.popup(self.store.mapToGlobal(self.store.rect().bottomLeft()))

    def show_session(self, session: Session | None) -> None:
        self._title_text = session.shown_title if session else ""
        self._server_session_id = (session.server_session_id or "") if session else ""
        self.export.setEnabled(session is not None and session.turn_count > 0)
        self._fit()

    def show_stores(self, stores: list[KnowledgeStore], chosen_id: str, words: str) -> None:
        """The menu's stores; `words` stand on the button."""
        self.store.setText(button_words(words))
        self.store.setToolTip(plain_tooltip(f"Knowledge store: {words}"))
        self._stores = (stores, chosen_id)
        # An open menu is left alone while one chooses from it; an empty one is waited at.
        if self._menu.isVisible() and not self._group.actions():
            self._fill_menu()

    def _fill_menu(self) -> None:
        stores, chosen_id = self._stores
        self._menu.clear()
        for store in stores:
            count = f" · {store.item_count} items" if store.item_count is not None else ""
            action = QAction(button_words(f"{store.name}{count}"), self._menu)
            action.setCheckable(True)
            action.setChecked(store.id == chosen_id)
            action.triggered.connect(lambda _=False, store=store: self.store_chosen.emit(store))
            self._group.addAction(action)
            self._menu.addAction(action)
        if not stores:
            self._menu.addAction("No knowledge store is known yet").setEnabled(False)

    def show_sidebar_button(self, is_shown: bool) -> None:
        self._sidebar.setVisible(is_shown)

    def show_keys(self, shortcuts: Shortcuts) -> None:
        """Says which keys do the same as the buttons."""
        for button, command in (
            (self._sidebar, "sidebar"),
            (self.export, "export"),
            (self._inspector, "inspector"),
        ):
            button.setToolTip(shortcuts.tooltip(button.accessibleName(), command))

    def _tool(self, name: str, kind: str) -> QToolButton:
        return self._named(QToolButton(), name, kind)

    def _named(self, button: QToolButton, name: str, kind: str) -> QToolButton:
        button.setProperty("kind", kind)
        button.setAccessibleName(name)
        button.setToolTip(name)
        return button

    def _dress(self) -> None:
        theme, px = self._theme, self._theme.px
        self.setFixedHeight(px(HEADER_PX))
        self._row.setContentsMargins(px(20), px(8), px(20), px(8))
        self._row.setSpacing(px(10))
        for button, icon, role in (
            (self._sidebar, "sidebar", "text"),
            (self._inspector, "inspector", "text"),
            (self.store, "store", "muted"),
        ):
            button.setIcon(theme.icon(icon, role))
            button.setIconSize(QSize(px(16), px(16)))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """The title takes what is left; a narrow window drops the server session first."""
        px = self._theme.px
        identity = self._server_session_id
        if len(identity) > _ID_HEAD + _ID_TAIL + 1:
            identity = f"{identity[:_ID_HEAD]}…{identity[-_ID_TAIL:]}"
        self._server.setText(button_words(f"Session {identity}"))
        self._server.setToolTip(
            plain_tooltip(f"The service's conversation {self._server_session_id}. Click copies it.")
        )
        font = self._theme.font(18, bold=True)
        always = [self._sidebar, self.store, self.export, self._inspector]
        taken = sum(w.sizeHint().width() + px(10) for w in always if not w.isHidden()) + px(40)
        wanted = min(QFontMetrics(font).horizontalAdvance(self._title_text), px(280))
        server_width = self._server.sizeHint().width() + px(10)
        has_server = bool(identity) and self.width() - taken - server_width >= wanted
        self._server.setVisible(has_server)
        room = max(px(40), self.width() - taken - (server_width if has_server else 0))
        self._title.setText(elided_title(self._title_text, QFontMetrics(font), room))
        self._title.setToolTip(plain_tooltip(self._title_text))
