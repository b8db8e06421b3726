"""The transcript: one scroll area for a whole session, whatever its length.

Turns are painted, not widgets. This is assembly, and what Qt asks of a scroll area; what it is made of
stands in the modules beside it.
"""

from collections.abc import Callable, Iterable
from typing import cast

from PySide6.QtCore import QPoint, QPointF, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QFrame, QPushButton, QWidget

from trackside.chat.run import Run
from trackside.chat.session import ChatSession
from trackside.domain.citation import Citation
from trackside.domain.failure import FailureAction
from trackside.domain.search import HitField, SearchHit
from trackside.domain.settings import Settings
from trackside.domain.turn import Attempt, Turn
from trackside.ui.labels import plain_label
from trackside.ui.theme import Theme
from trackside.ui.transcript.accessible import Announcer, install_accessible_factory
from trackside.ui.transcript.deeds import Deeds
from trackside.ui.transcript.finder import Match
from trackside.ui.transcript.finding import Finding
from trackside.ui.transcript.hit_places import found_on_screen
from trackside.ui.transcript.look import Look
from trackside.ui.transcript.marks import Marker
from trackside.ui.transcript.nodes import ViewNodes
from trackside.ui.transcript.page import Page
from trackside.ui.transcript.painting import TurnPainter
from trackside.ui.transcript.panel import CopyButton
from trackside.ui.transcript.places import STEPS, Place
from trackside.ui.transcript.pointing import Pointing, Spot, Zone
from trackside.ui.transcript.row_focus import RowFocus
from trackside.ui.transcript.row_widgets import RowWidgets
from trackside.ui.transcript.rows import Rows
from trackside.ui.transcript.scroll_bar import SlimScrollBar
from trackside.ui.transcript.selector import Selector
from trackside.ui.transcript.session_rows import SessionRows
from trackside.ui.transcript.stage import Stage
from trackside.ui.transcript.texts import TurnTexts
from trackside.ui.transcript.viewpoint import AT_END_PX, Viewpoint
from trackside.ui.transcript.walking import Walking

_LINE_PX = 20
_WHEEL_LINES = 3
_LEAST_PX = 40
"""Less than its scroll bar would like: in a low window the message needs the room."""
_COPIED_MS = 1_500
_BY_KEY = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)


class TranscriptView(QAbstractScrollArea):
    """Shows a session. Points and rectangles are the viewport's, `y` and `top` the whole column's."""

    action_wanted = Signal(Turn, FailureAction)
    citation_clicked = Signal(Citation)
    link_clicked = Signal(str)
    recap_wanted = Signal(str)
    branch_wanted = Signal(Turn)
    edit_wanted = Signal(Turn)
    copied = Signal(str)
    typed = Signal(str)
    """Words typed while a turn had the focus: they are meant for the message."""
    paste_wanted = Signal()
    """The same of what is pasted."""

    def __init__(
        self,
        theme: Theme,
        name_of: Callable[[Citation], str],
        run_of: Callable[[Attempt], Run | None],
        thumbnail_of: Callable[[Citation], QPixmap | None] = lambda _: None,
    ) -> None:
        super().__init__()
        self._theme = theme
        self._make_look: Callable[[], Look] = lambda: Look(theme, name_of, thumbnail_of)
        self._stage = Stage(self._make_look(), run_of, theme.px)
        self._line_step: Callable[[], int] = lambda: theme.px(_LINE_PX)
        self._widgets = RowWidgets(theme, self.viewport(), self)
        self.rows = Rows(self._stage, self._widgets.measure_notice)
        self.viewpoint = Viewpoint(self, self.rows, self._line_step)
        self.page = Page(self.viewport(), self.rows, self.viewpoint)
        self._session_rows = SessionRows(self.rows, self.viewpoint, self)
        self.row_focus = RowFocus(self.page, self.viewpoint, self._line_step, self)
        self.texts = TurnTexts(self.rows)
        self.selector = Selector(self.page, self)
        self.deeds = Deeds(self.rows, self._stage.label_of, self)
        self.finding = Finding(theme, self.texts, lambda: self.page.first_row, self)
        self._marker = Marker(theme, self.selector, self.finding)
        self._painter = TurnPainter(theme)
        self._walking = Walking(self, self.selector)
        self._pointing = Pointing(self, self, self.selector)
        self.nodes = ViewNodes(
            self.page, self.texts, self.row_focus, self.press_spot, self._accessible_widgets
        )
        self._hovered = Spot(Zone.GROUND)
        self._copied_code: tuple[int, int] | None = None
        self._wheel_rest = QPointF()
        self._set_up()
        self.announcer = Announcer(self, self.nodes)
        install_accessible_factory()
        self._join()
        self._dress()

    def _set_up(self) -> None:
        self.setObjectName("transcript")
        self.setAccessibleName("Transcript")
        self.setFrameShape(QFrame.Shape.NoFrame)
        # A click on a button in it leaves the cursor in the message; one into the text takes the focus.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setVerticalScrollBar(SlimScrollBar(self._theme))
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.viewport().setMouseTracking(True)
        self.viewport().installEventFilter(self._pointing)
        self._empty = plain_label(role="muted", wraps=True)
        self._empty.setParent(self.viewport())
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._jump = QPushButton("Jump to latest", self)
        self._jump.setProperty("kind", "button")
        self._jump.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the cursor in the message
        self._jump.setAutoDefault(True)
        self._jump.hide()
        self._copied_timer = QTimer(self, singleShot=True, interval=_COPIED_MS)

    def _join(self) -> None:
        self._theme.changed.connect(self._restyle)
        self._jump.clicked.connect(self.follow)
        self._copied_timer.timeout.connect(self._forget_copied_code)
        self.viewpoint.placed.connect(self._place_widgets)
        self.viewpoint.placed.connect(self.finding.postpone)
        self.row_focus.moved.connect(self._on_focus_moved)
        self._session_rows.row_added.connect(self._on_row_added)
        self._session_rows.row_changed.connect(self._on_row_changed)
        self._session_rows.row_replaced.connect(self.selector.row_changed)
        self._session_rows.answer_ended.connect(self._on_answer_ended)
        self.selector.changed.connect(self.viewport().update)
        self.selector.offered.connect(lambda: self.deeds.offer_selection(self.selector.selection))
        self.finding.looks_different.connect(self.viewport().update)
        self.finding.match_wanted.connect(self._show_found)
        self.finding.closed.connect(self._leave_find)
        widgets, deeds, session = self._widgets, self.deeds, self._session_rows
        widgets.action_wanted.connect(self.action_wanted)
        widgets.try_now_wanted.connect(session.try_now)
        widgets.stop_wanted.connect(session.stop)
        widgets.attempt_wanted.connect(session.choose_attempt)
        widgets.copy_wanted.connect(deeds.copy_answer)
        widgets.details_wanted.connect(deeds.copy_text)
        deeds.copied.connect(self.copied)
        deeds.link_wanted.connect(self.link_clicked)
        deeds.citation_wanted.connect(self.citation_clicked)
        deeds.action_wanted.connect(self.action_wanted)
        deeds.select_all_wanted.connect(self.selector.select_all)
        deeds.find_wanted.connect(self.open_find)
        deeds.recap_wanted.connect(self.recap_wanted)
        deeds.branch_wanted.connect(self.branch_wanted)
        deeds.edit_wanted.connect(self.edit_wanted)

    # -- what is shown ---------------------------------------------------------------------------

    def show_session(self, session: ChatSession | None, empty_words: str = "") -> None:
        """Shows a session's turns from the end."""
        self.selector.forget()
        self.row_focus.forget()
        self._hovered = Spot(Zone.GROUND)
        self._copied_code = None
        self.deeds.close_menu()
        self._widgets.clear()
        self._session_rows.show(session)
        self.finding.forget()
        self.set_empty_words(empty_words)
        self.announcer.rows_reset()

    def set_empty_words(self, words: str) -> None:
        self._empty.setText(words)
        self._empty.setVisible(not len(self.rows))

    def refresh_titles(self) -> None:
        """Draws anew what may have a title by now."""
        for row, content in self.rows.all_realised:
            content.forget_documents()
            self.announcer.row_changed(row)
        self.viewpoint.place(everything=True)

    @property
    def has_drawn_all(self) -> bool:
        """Whether all that has come by now can be seen or scrolled to."""
        return self._session_rows.has_drawn_all

    def use_settings(self, settings: Settings) -> None:
        """Whether an answer's end is followed while it comes in."""
        viewpoint = self.viewpoint
        if viewpoint.may_follow != settings.follow_answers:
            viewpoint.may_follow = settings.follow_answers
            viewpoint.hold_on()

    def follow(self) -> None:
        """Goes to the end, and stays there where ends are followed."""
        self.viewpoint.go_to_end()

    def open_find(self) -> None:
        """Opens the field to find in this session; what is selected on one line is looked for."""
        self.finding.open(self.deeds.selected_words(self.selector.selection))

    def show_hit(self, hit: SearchHit) -> None:
        """Goes to what a search across all sessions has found in a turn of this one, and marks it there.

        Where the words can't be seen, the turn is shown; a turn that is not there changes nothing.
        """
        row = self.rows.index_of(hit.turn_id)
        if row is None:
            return
        self._session_rows.show_attempt(row, hit.attempt_id)
        content = self.rows.content(row)
        if hit.field is HitField.ANSWER:
            content.read_on(content.answer.rest)
        elif hit.field is HitField.STEP:
            self.toggle_steps(row, wanted=True)
        self.viewpoint.let_go()
        place = found_on_screen(self.texts, row, hit)
        if place is not None:
            self.finding.open_at(place.words, place.match)
        else:
            self.finding.forget()
            self.viewpoint.show_row(row)

    def _leave_find(self) -> None:
        self.viewpoint.hold_on()
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _on_row_added(self, row: int) -> None:
        self._empty.hide()
        self.announcer.row_inserted(row)
        self.finding.row_changed(row)

    def _on_row_changed(self, row: int) -> None:
        self.announcer.text_grew(row)
        self.finding.row_changed(row)
        self.selector.row_grew(row)

    def _on_answer_ended(self, row: int) -> None:
        self.announcer.answer_finished(lambda: self.texts.ending_words(row))

    # -- drawing ---------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        for rect in cast("Iterable[QRect]", event.region()):
            painter.setClipRect(rect)
            painter.fillRect(rect, self._painter.ground)
            for row, content, origin in self.page.seen(rect.top(), rect.bottom() + 1):
                self._painter.paint(painter, row, content, origin, rect, self._marker, self._copy_button)
                if row == self.row_focus.row and self.row_focus.is_shown:
                    self._painter.paint_focus(painter, content, origin)
        painter.end()

    def _copy_button(self, row: int, part: int) -> CopyButton:
        if self._copied_code == (row, part):
            return CopyButton.DONE
        hovered = self._hovered
        is_here = hovered.zone is Zone.CODE_COPY and (hovered.row, hovered.part) == (row, part)
        return CopyButton.HOVERED if is_here else CopyButton.RESTING

    def _forget_copied_code(self) -> None:
        self._copied_code = None
        self.viewport().update()

    def _restyle(self) -> None:
        line = self.viewpoint.place_of_line()
        self._dress()
        self._painter.restyle()
        self._stage.restyle(self._make_look())
        self._widgets.restyle()
        self.finding.restyle()
        self._lay_out_anew(line)

    def _lay_out_anew(self, line: tuple[Place, int] | None) -> None:
        self.rows.forget_layout()
        self.viewpoint.show_line(line)
        self._session_rows.refine_soon()

    def _dress(self) -> None:
        self.setMinimumHeight(self._theme.px(_LEAST_PX))
        size = self._theme.px(16)
        self._jump.setIcon(self._theme.icon("arrow-down"))
        self._jump.setIconSize(QSize(size, size))

    # -- place -----------------------------------------------------------------------------------

    def scrollContentsBy(self, _dx: int, _dy: int) -> None:
        self.viewpoint.on_scroll_bar()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # Asked of the layout there is: after the next line it is another one.
        line = self.viewpoint.place_of_line()
        if self._stage.resize(self.viewport().width()):
            self._lay_out_anew(line)
        else:
            self.viewpoint.place(everything=True)
        self._empty.setGeometry(self.viewport().rect().adjusted(20, 20, -20, -20))
        self.finding.place()

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned, pixels = event.angleDelta(), event.pixelDelta()
        if not pixels.isNull():
            move = QPointF(pixels)
        else:
            move = QPointF(turned) * (_WHEEL_LINES * self._line_step() / 120)
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and not move.x():
            move = move.transposed()
        # A fine wheel turns by less than a pixel a time; what was too little counts the next time.
        self._wheel_rest += move
        across, along = int(self._wheel_rest.x()), int(self._wheel_rest.y())
        self._wheel_rest -= QPointF(across, along)
        if abs(along) >= abs(across) and along:
            self.scroll_by(-along)
        elif across:
            self._scroll_sideways(event.position().toPoint(), -across)
        event.accept()

    def _scroll_sideways(self, point: QPoint, pixels: int) -> None:
        """Moves the wide code or table under a point."""
        spot = self.page.spot_at(point)
        if spot.row >= 0 and self.rows.content(spot.row).scroll_sideways(spot.part, pixels):
            self.viewport().update()

    def scroll_by(self, pixels: int) -> None:
        self.page.scroll_by(pixels)

    def scroll_page(self, step: int) -> None:
        self.scroll_by(step * max(1, self.viewpoint.height - 2 * self._line_step()))

    def go_to_start(self) -> None:
        self.viewpoint.scroll_to(0)

    def show_place(self, place: Place) -> None:
        """Scrolls as far as it takes to have a place on the screen."""
        if place.row < len(self.rows):
            air = self._line_step()
            self.viewpoint.show_place(place, above=air + self.finding.covered, below=2 * air)

    def _show_found(self, match: Match) -> None:
        content = self.rows.content(match.row)
        content.read_on(content.answer.rest)  # a match may stand where nobody has read yet
        if match.part == STEPS:
            self.toggle_steps(match.row, wanted=True)
        top = content.block_top(match.part)
        content.measure(top, top + 1)
        if content.section(match.part) is not None:
            spans = self.finding.spans(content.rendered(match.part).text)
            start = spans[match.ordinal][0] if match.ordinal < len(spans) else 0
            self.viewpoint.let_go()
            self.show_place(Place(match.row, match.part, start))
        self.viewport().update()

    def _place_widgets(self) -> None:
        if (point := self._pointing.resting_at) is not None:
            self._hovered = self.page.spot_at(point)  # another turn may have come under the mouse
        seen = [
            (row, content, QRect(origin, QSize(self._stage.width, content.height)))
            for row, content, origin in self.page.seen(0, self.viewport().height())
        ]
        self._widgets.place(seen, self._active_row())
        is_wanted = not self.viewpoint.follows and self.viewpoint.y < self.viewpoint.limit - AT_END_PX
        if is_wanted == self._jump.isHidden():
            if self._jump.hasFocus():
                self.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self._jump.setVisible(is_wanted)
        if is_wanted:
            self._place_jump()

    def _active_row(self) -> int:
        """The turn whose actions are shown: the one pointed at, walked to, or the last one."""
        bar, focused = self._widgets.bar, QApplication.focusWidget()
        if bar.turn is not None and focused is not None and bar.isAncestorOf(focused):
            row = self.rows.index_of(bar.turn.id)
            if row is not None:
                return row
        if self._hovered.row >= 0:
            return self._hovered.row
        focus = self.row_focus
        return focus.row if focus.is_shown and focus.row >= 0 else len(self.rows) - 1

    def _place_jump(self) -> None:
        self._jump.adjustSize()
        x = (self.viewport().width() - self._jump.width()) // 2
        place = QPoint(x, self.viewport().height() - self._jump.height() - self._theme.px(12))
        if self._jump.pos() != place:
            self._jump.move(place)
            self._jump.raise_()

    def _accessible_widgets(self) -> list[QWidget]:
        return [*self._widgets.all, self._jump, self.finding.bar]

    # -- what mouse and keys ask -----------------------------------------------------------------

    def spot_at(self, point: QPoint) -> Spot:
        return self.page.spot_at(point)

    def place_at(self, point: QPoint) -> Place | None:
        return self.page.place_at(point)

    def press_spot(self, spot: Spot) -> None:
        match spot.zone:
            case Zone.STEPS:
                self.toggle_steps(spot.row)
            case Zone.CODE_COPY:
                self.deeds.copy_code(spot.row, spot.part)
                self._copied_code = (spot.row, spot.part)
                self._copied_timer.start()
                self.viewport().update()
            case Zone.RECAP:
                self.deeds.show_recap(self.rows.turns[spot.row])
            case Zone.TARGET if spot.target is not None:
                self.deeds.press(spot.target)
            case _:
                pass

    def hover_spot(self, spot: Spot) -> None:
        before, self._hovered = self._hovered, spot
        if Zone.CODE_COPY in (before.zone, spot.zone) and before != spot:
            self.viewport().update()
        if before.row != spot.row:
            self._place_widgets()

    def open_menu(self, spot: Spot, at: QPoint) -> None:
        self.deeds.open_menu(spot, at, self.selector.selection)

    def open_menu_by_key(self) -> None:
        row = self.row_focus.row if self.row_focus.row >= 0 else len(self.rows) - 1
        if row >= 0:
            rect = self.page.row_rect(row)
            y = min(max(0, rect.top()), self.viewpoint.height - 1)
            point = QPoint(rect.left() + self._line_step(), y)
            self.open_menu(Spot(Zone.GROUND, row), self.viewport().mapToGlobal(point))

    def chip_words(self, citation: Citation) -> str:
        return self._stage.label_of(citation)

    def toggle_steps(self, row: int, *, wanted: bool | None = None) -> None:
        """Unfolds a turn's steps or folds them."""
        content = self.rows.content(row) if 0 <= row < len(self.rows) else None
        if content is None or not content.steps or content.are_steps_open is wanted:
            return
        was_following = self.viewpoint.follows
        self.rows.toggle_steps(row)
        self.announcer.row_changed(row)
        self.viewpoint.let_go()
        self.viewpoint.place((row, content.steps_line.top()))
        if was_following:
            self.viewpoint.hold_on()

    def copy_selection(self) -> None:
        self.deeds.copy_selection(self.selector.selection)

    def type_on(self, text: str) -> None:
        self.typed.emit(text)

    def paste(self) -> None:
        self.paste_wanted.emit()

    def current_row(self) -> int:
        """The turn that the keyboard is at, or -1."""
        return self.row_focus.row

    def walk(self, step: int) -> None:
        self.row_focus.walk(step)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._walking.press(event):
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.row_focus.enter(by_key=event.reason() in _BY_KEY)
        self._place_widgets()
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() is not Qt.FocusReason.PopupFocusReason:
            self.row_focus.leave()
        self.viewport().update()

    def _on_focus_moved(self, row: int) -> None:
        self.announcer.row_focused(row)
        self._place_widgets()
        self.viewport().update()
