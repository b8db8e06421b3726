"""Above the list: which sessions it shows, a menu to choose others, and the way back."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from trackside.domain.keeping import KEPT_DAYS
from trackside.ui.labels import button_words, plain_label, plain_tooltip
from trackside.ui.sidebar.views import ALL_SESSIONS, ARCHIVE, TRASH, SidebarView, ViewKind
from trackside.ui.theme import Theme

_LONGEST = 24


class ViewBar(QWidget):
    """Says which view is shown; passes on which one is wanted."""

    chosen = Signal(SidebarView)
    empty_trash_wanted = Signal()
    restore_wanted = Signal()
    delete_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._view = ALL_SESSIONS
        self.kept_days = KEPT_DAYS
        """For how long the trash keeps what is in it."""
        self.tags: Callable[[], list[str]] = list
        """The tags that can be chosen, asked for when the menu opens."""
        self.button = QToolButton()
        self.button.setProperty("kind", "flat")
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the chevron stands behind the words
        self.button.clicked.connect(self._open_menu)
        self._menu = QMenu(self)
        self._line = plain_label(role="small", wraps=True)
        self._back = QPushButton("All sessions")
        self._back.setProperty("kind", "flat")
        self._back.setAccessibleName("Back to all sessions")
        self._back.clicked.connect(lambda: self.chosen.emit(ALL_SESSIONS))
        self._empty = QPushButton("Empty trash…")
        self._empty.setProperty("kind", "flat")
        self._empty.clicked.connect(self.empty_trash_wanted)
        self._top = QHBoxLayout()
        self._top.addWidget(self.button)
        self._top.addStretch(1)
        self._restore = QPushButton("Restore")
        self._restore.setProperty("kind", "flat")
        self._restore.clicked.connect(self.restore_wanted)
        self._delete = QPushButton("Delete now…")
        self._delete.setProperty("kind", "flat")
        self._delete.clicked.connect(self.delete_wanted)
        self._chosen = QHBoxLayout()
        self._chosen.addWidget(self._restore)
        self._chosen.addStretch(1)
        self._chosen.addWidget(self._delete)
        self._buttons = QHBoxLayout()
        self._buttons.addWidget(self._back)
        self._buttons.addStretch(1)
        self._buttons.addWidget(self._empty)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addLayout(self._top)
        self._column.addWidget(self._line)
        self._column.addLayout(self._buttons)
        self._column.addLayout(self._chosen)
        theme.changed.connect(self._dress)
        self._dress()
        self.show_view(ALL_SESSIONS, has_any=False)

    def show_view(self, view: SidebarView, *, has_any: bool) -> None:
        """`has_any`: whether anything is listed, and so could be emptied."""
        self._view = view
        is_usual = view == ALL_SESSIONS
        words = view.words if len(view.words) <= _LONGEST else f"{view.words[: _LONGEST - 1]}…"
        self.button.setText(button_words(words))
        self.button.setToolTip(plain_tooltip(f"Shown: {view.words}. Choose others."))
        self.button.setAccessibleName(f"Shown sessions: {view.words}")
        self._line.setText(view.line(self.kept_days))
        self._line.setVisible(not is_usual)
        self._back.setVisible(not is_usual)
        self._empty.setVisible(view.is_trash)
        self._empty.setEnabled(has_any)
        for button in (self._restore, self._delete):
            button.setVisible(view.is_trash)

    def show_choice(self, *, has_any: bool) -> None:
        """Whether anything is selected that could be restored or deleted."""
        for button in (self._restore, self._delete):
            button.setEnabled(has_any)

    def _open_menu(self) -> None:
        """Opens it under its button: not as the button's own menu, which would run a loop in the window's."""
        self._menu.clear()
        group = QActionGroup(self._menu)
        tags = [SidebarView(ViewKind.TAG, tag) for tag in self.tags()]
        for views in ([ALL_SESSIONS], tags, [ARCHIVE, TRASH]):
            for view in views:
                action = self._menu.addAction(button_words(view.words))
                action.setCheckable(True)
                action.setChecked(view == self._view)
                action.triggered.connect(lambda _=False, view=view: self.chosen.emit(view))
                group.addAction(action)
            self._menu.addSeparator()
        self._menu.popup(self.button.mapToGlobal(self.button.rect().bottomLeft()))

    def _dress(self) -> None:
        theme, px = self._theme, self._theme.px
        self.button.setIcon(theme.icon("chevron-down", "muted", 14))
        self._back.setIcon(theme.icon("chevron-left", "muted", 14))
        for button in (self.button, self._back):
            button.setIconSize(QSize(px(14), px(14)))
        self._column.setSpacing(px(4))
        self._line.setContentsMargins(px(8), 0, px(8), 0)
