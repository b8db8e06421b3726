"""The sidebar: new session, search, the list, and the connection at its foot."""

from collections.abc import Callable, Iterable
from datetime import datetime, time, timedelta
from functools import partial

from PySide6.QtCore import QPoint, QSize, Qt, QTimer, Signal, SignalInstance
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QToolButton, QVBoxLayout

from trackside.domain.session import Session
from trackside.ui.labels import plain_label
from trackside.ui.search.door import SearchDoor
from trackside.ui.shortcuts import Shortcuts
from trackside.ui.sidebar.deeds import SessionDeed, session_menu
from trackside.ui.sidebar.foot import SidebarFoot
from trackside.ui.sidebar.painter import RowPainter
from trackside.ui.sidebar.rows import SessionRows
from trackside.ui.sidebar.session_list import SessionList
from trackside.ui.sidebar.view_bar import ViewBar
from trackside.ui.sidebar.views import ALL_SESSIONS, SidebarView, has_anything
from trackside.ui.theme import Theme
from trackside.ui.tokens import SIDEBAR_PX

_LONGEST_DAY_MS = 3_600_000
"""A timer knows nothing of a night in which the computer slept, so the day is looked at every hour."""


class Sidebar(QFrame):
    """Shows sessions; everything a person does to them leaves as a signal."""

    new_wanted = Signal()
    session_chosen = Signal(str)
    view_wanted = Signal(SidebarView)
    rename_wanted = Signal(str, str)
    deed_wanted = Signal(SessionDeed, list)
    """What shall be done, and the sessions to do it to."""
    export_wanted = Signal(list)
    empty_trash_wanted = Signal()
    drag_wanted = Signal(list)
    """Sessions that are being dragged out of the list."""
    hide_wanted = Signal()
    message_wanted = Signal()
    """Whoever was here goes on to the message."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("sidebar")
        self.theme = theme
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
        self._hide_button.clicked.connect(self.hide_wanted)

        self.search = SearchDoor(theme)
        self.search.left.connect(self.message_wanted)

        self.view_bar = ViewBar(theme)
        self.view_bar.chosen.connect(self.view_wanted)
        self.view_bar.empty_trash_wanted.connect(self.empty_trash_wanted)
        self.view_bar.restore_wanted.connect(self._restore_chosen)
        self.view_bar.delete_wanted.connect(self._remove_chosen)

        self.rows = SessionRows(self)
        self.list = SessionList(self.rows)
        self.list.setObjectName("sessions")
        self.list.setAccessibleName("Sessions")
        self._painter = RowPainter(theme, self.list)
        self._painter.title_given.connect(partial(self._tell, self.rename_wanted))
        self._painter.closeEditor.connect(self._catch_up)  # after the list, which ends its editing first
        self.list.setItemDelegate(self._painter)
        self.list.rename_wanted.connect(self.list.edit)
        self.list.trash_wanted.connect(self._remove_chosen)
        self.list.opened.connect(self._open)
        self.list.clicked_on.connect(self._leave_for_message)
        self.list.entered.connect(self._enter)
        self.list.doubleClicked.connect(self._enter_trashed)
        self.list.menu_wanted.connect(self._open_menu)
        self.list.drag_wanted.connect(lambda: self._tell(self.drag_wanted, self.list.chosen))
        self.list.selectionModel().selectionChanged.connect(self._show_choice)
        self.rows.modelReset.connect(self._show_view)
        self.rows.rowsInserted.connect(self._follow_rows)
        self.rows.rowsRemoved.connect(self._follow_rows)
        self._empty = plain_label(role="small", wraps=True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)

        self.foot = SidebarFoot(theme)

        self._untold: list[Callable[[], None]] | None = None
        """What was done while nobody could hear of it; None while somebody does."""
        self._is_behind = False
        """Whether the rows wait for the end of an edit to be put under another day's headings."""
        self._midnight = QTimer(self, singleShot=True)
        self._midnight.timeout.connect(self._regroup)
        self._lay_out()
        theme.changed.connect(self._dress)
        self._dress()
        self._show_view()
        self._regroup()

    def show_first(self, sessions: Iterable[Session]) -> None:
        """Lists the newest sessions before there is anybody to hear of what is done to them: that is kept
        until `begin`."""
        self._untold = []
        worthy = list(filter(has_anything, sessions))
        self.rows.show(ALL_SESSIONS, ALL_SESSIONS.arranged(worthy), datetime.now().astimezone())

    def begin(self) -> None:
        """Tells what has been done until now; from here on somebody hears of it."""
        untold, self._untold = self._untold or (), None
        for tell in untold:
            tell()

    @property
    def chosen_id(self) -> str:
        """The session that was chosen and isn't shown yet; empty if there is none."""
        return self._marked_id if self._marked_id != self._shown_id else ""

    def _tell(self, signal: SignalInstance, *what: object) -> None:
        if self._untold is None:
            signal.emit(*what)
        else:
            self._untold.append(partial(signal.emit, *what))

    def show_current(self, session_id: str) -> None:
        """Marks the session that is open, without opening it again."""
        self._shown_id = self._marked_id = session_id
        self._painter.show_open(session_id)
        self._mark()
        self.list.viewport().update()

    def show_keys(self, shortcuts: Shortcuts) -> None:
        """Says which keys do the same as the controls."""
        self._hide_button.setToolTip(shortcuts.tooltip("Hide sidebar", "sidebar"))
        self.foot.show_keys(shortcuts)
        self.search.show_keys(shortcuts.words_of("search"))

    def next_session(self, step: int) -> None:
        """Goes to the session below (1) or above (-1) the one that is open."""
        session = None if self.rows.view.is_trash else self.rows.neighbour(self._marked_id, step)
        if session is not None:
            self._open(session)
            self._mark()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.new_button, 1)
        top.addWidget(self._hide_button)
        column = QVBoxLayout(self)
        column.addLayout(top)
        column.addWidget(self.search)
        column.addWidget(self.view_bar)
        column.addWidget(self.list, 1)
        column.addWidget(self._empty, 1)
        column.addWidget(self.foot)
        self._column, self._top = column, top

    def _dress(self) -> None:
        theme, px = self.theme, self.theme.px
        self.setFixedWidth(px(SIDEBAR_PX))
        self._column.setContentsMargins(px(12), px(12), px(12), px(8))
        self._column.setSpacing(px(8))
        self._top.setSpacing(px(8))
        self.new_button.setIcon(theme.icon("plus", "on_accent"))
        self._hide_button.setIcon(theme.icon("sidebar"))
        for button in (self.new_button, self._hide_button):
            button.setIconSize(QSize(px(18), px(18)))
        air = theme.gap(16)
        self.list.use_heights(px(20) + air // 4, px(24) + theme.gap(10), px(39) + air)

    # -- rows ------------------------------------------------------------------------------------

    def _show_view(self) -> None:
        """Other sessions are listed than before."""
        self._show_emptiness()
        self._show_choice()
        self._mark()

    def _follow_rows(self) -> None:
        self._show_emptiness()
        if self.rows.has(self._marked_id) and not self.list.selectionModel().hasSelection():
            self._mark()

    def _show_choice(self) -> None:
        if self.rows.view.is_trash:
            self.view_bar.show_choice(has_any=self.list.selectionModel().hasSelection())

    def _show_emptiness(self) -> None:
        has_any = self.rows.session_count > 0
        self.view_bar.show_view(self.rows.view, has_any=has_any)
        if not has_any and self.window().focusWidget() is self.list:  # also behind a dialog
            self.view_bar.button.setFocus(Qt.FocusReason.OtherFocusReason)  # else it leaps to the foot
        self.list.setVisible(has_any)
        self._empty.setVisible(not has_any)
        self._empty.setText(self.rows.view.empty_words)

    def keep_trash_for(self, days: int) -> None:
        """For how long the trash keeps what is in it, for the words that say so."""
        if days != self.rows.kept_days:
            self.rows.kept_days = self.view_bar.kept_days = days
            self._show_view()
            self.rows.regroup(datetime.now().astimezone())

    def _regroup(self) -> None:
        """Puts the rows under the headings of the day."""
        present = datetime.now().astimezone()
        self._midnight.start(min(_ms_to_midnight(present), _LONGEST_DAY_MS))
        self._is_behind = self.list.is_editing  # the end of it catches up
        if not self._is_behind:
            place = self.list.verticalScrollBar().value()
            self.rows.regroup(present)
            self.list.verticalScrollBar().setValue(place)

    def _catch_up(self) -> None:
        if self._is_behind:
            self._regroup()

    def _mark(self) -> None:
        """Selects the session that is open, and no other."""
        if self.rows.view.is_trash:
            return
        row = self.rows.row_of(self._marked_id)
        if row < 0:
            self.list.clearSelection()
            self.list.selectionModel().clearCurrentIndex()
            return
        index = self.rows.index(row)
        if index != self.list.currentIndex() or not self.list.selectionModel().isSelected(index):
            self.list.select_only(index)  # else it may be one of several

    def picture_of_current(self) -> QPixmap:
        """The row that is being dragged, as it looks."""
        return self.list.viewport().grab(self.list.visualRect(self.list.currentIndex()))

    def refresh_selection(self) -> None:
        """Selects the open session again, after others were pressed but not opened."""
        self.list.clearSelection()
        self._mark()

    # -- what is done ----------------------------------------------------------------------------

    def _open(self, session: Session) -> None:
        # One that is shown is opened again when another is on its way.
        is_shown = session.id == self._shown_id and self._marked_id == self._shown_id
        if not is_shown and session.trashed_at is None:
            self._marked_id = session.id
            self._tell(self.session_chosen, session.id)

    def _leave_for_message(self) -> None:
        if not self.rows.view.is_trash:
            self.message_wanted.emit()

    def _enter(self) -> None:
        if not self.rows.view.is_trash:
            # Tab comes to a view whose first session nobody has opened yet.
            if (session := self.rows.session_at(self.list.currentIndex().row())) is not None:
                self._open(session)
            self.message_wanted.emit()
        elif chosen := self.list.chosen:
            self._act(SessionDeed.OPEN if len(chosen) == 1 else SessionDeed.RESTORE, chosen)

    def _enter_trashed(self) -> None:
        if self.rows.view.is_trash:
            self._enter()

    def _restore_chosen(self) -> None:
        if chosen := self.list.chosen:
            self._act(SessionDeed.RESTORE, chosen)

    def _remove_chosen(self) -> None:
        if chosen := self.list.chosen:
            self._act(SessionDeed.DELETE if self.rows.view.is_trash else SessionDeed.TRASH, chosen)

    def _act(self, deed: SessionDeed, sessions: list[Session]) -> None:
        if deed is SessionDeed.RENAME:
            if (row := self.rows.row_of(sessions[0].id)) >= 0:
                self.list.edit(self.rows.index(row))
        else:
            # As they are by now: a menu may stand open for a while.
            present = [self.rows.session(s.id) or s for s in sessions]
            if deed is SessionDeed.EXPORT:
                self._tell(self.export_wanted, present)
            else:
                self._tell(self.deed_wanted, deed, present)

    def _open_menu(self, place: QPoint) -> None:
        """About the session at that place, or about all that are selected if it is one of them."""
        session = self.rows.session_at(self.list.indexAt(place).row())
        if session is None:
            return
        chosen = self.list.chosen
        targets = chosen if any(s.id == session.id for s in chosen) else [session]
        menu = session_menu(self.theme, targets, self._act, self)
        self._show_targets({s.id for s in targets})
        menu.aboutToHide.connect(lambda: self._show_targets(set()))
        menu.popup(self.list.viewport().mapToGlobal(place))

    def _show_targets(self, session_ids: set[str]) -> None:
        self._painter.show_targets(session_ids)
        self.list.viewport().update()


def _ms_to_midnight(present: datetime) -> int:
    """How long today is still today."""
    tomorrow = datetime.combine(present.date() + timedelta(days=1), time()).astimezone()
    return int((tomorrow - present).total_seconds() * 1000) + 1000
