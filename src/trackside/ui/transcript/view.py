"""The transcript: one scroll area for a whole session, whatever its length.

Turns are painted, not widgets. What the model tells is taken over at most once a frame, and only what
looks different is drawn.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import cast

from PySide6.QtCore import QPoint, QRect, QSize, Qt, QTimer, Signal
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
from trackside.domain.turn import Attempt, Turn
from trackside.ui.labels import plain_label
from trackside.ui.theme import Theme
from trackside.ui.transcript.accessible import Announcer, NodeTarget, install_accessible_factory
from trackside.ui.transcript.deeds import Deeds
from trackside.ui.transcript.finder import Match
from trackside.ui.transcript.finding import Finding
from trackside.ui.transcript.look import Look
from trackside.ui.transcript.marks import Marker
from trackside.ui.transcript.painting import TurnPainter
from trackside.ui.transcript.panel import CopyButton
from trackside.ui.transcript.places import STEPS, Place
from trackside.ui.transcript.pointing import Pointing, Spot, Zone
from trackside.ui.transcript.row_widgets import RowWidgets
from trackside.ui.transcript.rows import Rows
from trackside.ui.transcript.scroll_bar import SlimScrollBar
from trackside.ui.transcript.selector import Selector
from trackside.ui.transcript.spots import spot_in, targets_in
from trackside.ui.transcript.stage import Stage
from trackside.ui.transcript.texts import TurnTexts
from trackside.ui.transcript.turn_content import TurnContent
from trackside.ui.transcript.viewpoint import AT_END_PX, Viewpoint
from trackside.ui.transcript.walking import Walking

_TICK_MS = 500
_LINE_PX = 20
_WHEEL_LINES = 3
_WALK_LINES = 3
_REST_FACTOR = 3
"""A frame waits for this many times what the last one cost, so that input always gets through."""
_READ_S = 0.004
"""How long a long text is read at a time."""


class TranscriptView(QAbstractScrollArea):
    """Shows a session. Points and rectangles are the viewport's, `y` and `top` the whole column's."""

    action_wanted = Signal(Turn, FailureAction)
    citation_clicked = Signal(Citation)
    link_clicked = Signal(str)
    copied = Signal(str)
    typed = Signal(str)
    """Words typed while a turn had the focus: they are meant for the message."""

    def __init__(
        self,
        theme: Theme,
        name_of: Callable[[str | None], str],
        run_of: Callable[[Attempt], Run | None],
        max_tries: int,
        thumbnail_of: Callable[[Citation], QPixmap | None] = lambda _: None,
    ) -> None:
        super().__init__()
        self._theme = theme
        self._name_of = name_of
        self._thumbnail_of = thumbnail_of
        self._session: ChatSession | None = None
        look = Look(theme, name_of, thumbnail_of)
        self._stage = Stage(look, run_of, max_tries, theme.px)
        self._widgets = RowWidgets(theme, self.viewport(), self)
        self.rows = Rows(self._stage, self._widgets.measure_notice)
        self.texts = TurnTexts(self.rows)
        self.viewpoint = Viewpoint(self, self.rows, lambda: theme.px(_LINE_PX))
        self.selector = Selector(self, self)
        self.deeds = Deeds(self.rows, self._stage.label_of, self)
        self.finding = Finding(theme, self.texts, lambda: self.first_seen_row, self)
        self._marker = Marker(theme, self.selector, self.finding)
        self._painter = TurnPainter(theme)
        self._walking = Walking(self, self.selector)
        self._pointing = Pointing(self, self, self.selector)
        self._current_row = -1
        self._hovered = Spot(Zone.GROUND)
        self._copied_code: tuple[int, int] | None = None
        self._shows_focus = False
        self._changed: set[int] = set()
        self._last_cost_s = 0.0
        self._last_end_s = 0.0
        self._set_up()
        self._join()
        self.announcer = Announcer(self, self)
        install_accessible_factory()
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
        self._jump.hide()
        self._frame = QTimer(self, singleShot=True)
        self._tick = QTimer(self, interval=_TICK_MS)
        self._reading = QTimer(self, interval=0)
        self._copied_timer = QTimer(self, singleShot=True, interval=1_500)

    def _join(self) -> None:
        self._jump.clicked.connect(self.follow)
        self._frame.timeout.connect(self._draw_changes)
        self._tick.timeout.connect(self._refresh_running)
        self._reading.timeout.connect(self._read_on)
        self._copied_timer.timeout.connect(self._forget_copied_code)
        self._theme.changed.connect(self._restyle)
        self.viewpoint.placed.connect(self._on_placed)
        self.selector.changed.connect(self.viewport().update)
        self.selector.offered.connect(lambda: self.deeds.offer_selection(self.selector.selection))
        self.finding.looks_different.connect(self.viewport().update)
        self.finding.match_wanted.connect(self._show_found)
        self.finding.closed.connect(lambda: self.setFocus(Qt.FocusReason.OtherFocusReason))
        widgets, deeds = self._widgets, self.deeds
        widgets.action_wanted.connect(self.action_wanted)
        widgets.try_now_wanted.connect(self._try_now)
        widgets.stop_wanted.connect(self._stop)
        widgets.attempt_wanted.connect(self._choose_attempt)
        widgets.copy_wanted.connect(deeds.copy_answer)
        widgets.details_wanted.connect(deeds.copy_text)
        deeds.copied.connect(self.copied)
        deeds.link_wanted.connect(self.link_clicked)
        deeds.citation_wanted.connect(self.citation_clicked)
        deeds.action_wanted.connect(self.action_wanted)
        deeds.select_all_wanted.connect(self.selector.select_all)
        deeds.find_wanted.connect(self.open_find)

    # -- what is shown ---------------------------------------------------------------------------

    def show_session(self, session: ChatSession | None, empty_words: str = "") -> None:
        """Shows a session's turns from the end."""
        if self._session is not None:
            self._session.turn_added.disconnect(self._on_turn_added)
            self._session.attempt_added.disconnect(self._on_turn_changed)
            self._session.attempt_changed.disconnect(self._on_attempt)
            self._session.attempt_ended.disconnect(self._on_attempt_ended)
        self._session = session
        self._changed.clear()
        self._frame.stop()
        self._reading.stop()
        self.selector.forget()
        self.finding.forget()
        self._current_row = -1
        self._hovered = Spot(Zone.GROUND)
        self._widgets.clear()
        self.rows.show(session.turns if session is not None else [])
        if session is not None:
            session.turn_added.connect(self._on_turn_added)
            session.attempt_added.connect(self._on_turn_changed)
            session.attempt_changed.connect(self._on_attempt)
            session.attempt_ended.connect(self._on_attempt_ended)
        self.set_empty_words(empty_words)
        self._set_ticking()
        self.announcer.rows_reset()
        self.viewpoint.restart()

    def set_empty_words(self, words: str) -> None:
        self._empty.setText(words)
        self._empty.setVisible(not len(self.rows))

    def refresh_titles(self) -> None:
        """Draws anew what may have a title by now."""
        for row, content in self.rows.all_realised:
            content.forget_documents()
            self.announcer.row_changed(row)
        self.viewpoint.place(everything=True)

    def follow(self) -> None:
        """Goes to the end and stays there."""
        self.viewpoint.go_to_end()

    def open_find(self) -> None:
        """Opens the field to find in this session; what is selected on one line is looked for."""
        self.finding.open(self._selected_words())

    # -- what happens ----------------------------------------------------------------------------

    def _on_turn_added(self, turn: Turn) -> None:
        row = self.rows.append(turn)
        self._empty.hide()
        self._set_ticking()
        self.follow()
        self.announcer.row_inserted(row)
        self.finding.row_changed(row)

    def _on_turn_changed(self, turn: Turn) -> None:
        self._note_change(turn.id)

    def _on_attempt(self, attempt: Attempt) -> None:
        row = self.rows.index_of(attempt.turn_id)
        if row is not None and (self.rows.turns[row].shown_attempt is attempt or not attempt.is_running):
            self._note_change(attempt.turn_id)

    def _on_attempt_ended(self, attempt: Attempt) -> None:
        self._on_attempt(attempt)
        row = self.rows.index_of(attempt.turn_id)
        if row is not None and self.rows.turns[row].shown_attempt is attempt:
            self.announcer.answer_finished(self.texts.ending_words(row))

    def _try_now(self) -> None:
        if self._session is not None:
            self._session.try_now()

    def _stop(self) -> None:
        if self._session is not None:
            self._session.stop()

    def _choose_attempt(self, turn: Turn, index: int) -> None:
        if self._session is not None:
            self._session.choose_attempt(turn, index)

    def _note_change(self, turn_id: str) -> None:
        self._set_ticking()
        row = self.rows.index_of(turn_id)
        if row is None:
            return
        self._changed.add(row)
        if self._frame.isActive():
            return
        wait_s = self._last_end_s + _REST_FACTOR * self._last_cost_s - time.perf_counter()
        if wait_s <= 0:
            self._draw_changes()
        else:
            self._frame.start(int(wait_s * 1000) + 1)

    def _draw_changes(self) -> None:
        began = time.perf_counter()
        changed, self._changed = self._changed, set()
        for row in changed:
            self._follow_row(row)
            self.announcer.text_grew(row)
            self.finding.row_changed(row)
        self._last_end_s = time.perf_counter()
        self._last_cost_s = self._last_end_s - began

    def _follow_row(self, row: int) -> None:
        content = self.rows.realised(row)
        if content is None:
            self.rows.estimate(row)
            self.viewpoint.place()
            return
        dirty = content.follow()
        if dirty is not None:
            self._show_change(row, content, dirty)

    def _show_change(self, row: int, content: TurnContent, dirty: int) -> None:
        self.rows.sync(row)
        if content.answer.is_behind and not self._reading.isActive():
            self._reading.start()
        self.viewpoint.place((row, dirty))

    def _read_on(self) -> None:
        """Reads long answers a little at a time."""
        end_s = time.perf_counter() + _READ_S
        for row, content in self.rows.all_realised:
            if not content.answer.is_behind:
                continue
            dirty = content.read_on()
            while time.perf_counter() < end_s and content.answer.is_behind:
                dirty = min(dirty, content.read_on())
            self._show_change(row, content, dirty)
            return
        self._reading.stop()

    def _refresh_running(self) -> None:
        for row, content in self.rows.all_realised:
            if content.attempt is not None and content.attempt.is_running:
                dirty = content.follow_state()
                if dirty is not None:
                    self._show_change(row, content, dirty)
        self._set_ticking()

    def _set_ticking(self) -> None:
        is_running = self._session is not None and self._session.running_run is not None
        if is_running != self._tick.isActive():
            if is_running:
                self._tick.start()
            else:
                self._tick.stop()

    # -- place -----------------------------------------------------------------------------------

    def scrollContentsBy(self, _dx: int, _dy: int) -> None:
        self.viewpoint.on_scroll_bar()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._stage.resize(self.viewport().width()):
            self.rows.forget_layout()
        self._empty.setGeometry(self.viewport().rect().adjusted(20, 20, -20, -20))
        self.finding.place()
        self.viewpoint.place(everything=True)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned, pixels = event.angleDelta(), event.pixelDelta()
        a_notch = _WHEEL_LINES * self._theme.px(_LINE_PX)
        across = pixels.x() or turned.x() * a_notch // 120
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and not across:
            across = pixels.y() or turned.y() * a_notch // 120
        elif step := pixels.y() or turned.y() * a_notch // 120:
            across = 0
            self.scroll_by(-step)
        if across:
            self._scroll_sideways(event.position().toPoint(), -across)
        event.accept()

    def _scroll_sideways(self, point: QPoint, pixels: int) -> None:
        """Moves the wide code or table under a point."""
        spot = self.spot_at(point)
        if spot.row >= 0 and self.rows.content(spot.row).scroll_sideways(spot.part, pixels):
            self.viewport().update()

    def scroll_by(self, pixels: int) -> None:
        self.viewpoint.scroll_to(self.viewpoint.y + pixels)

    def scroll_page(self, step: int) -> None:
        self.scroll_by(step * max(1, self.viewpoint.height - self._theme.px(2 * _LINE_PX)))

    def go_to_start(self) -> None:
        self.viewpoint.scroll_to(0)

    def show_place(self, place: Place) -> None:
        """Scrolls as far as it takes to have a place on the screen."""
        if place.row < len(self.rows):
            content = self.rows.content(place.row)
            content.measure(content.block_top(place.part), content.block_top(place.part) + 1)
            section = content.section(place.part)
            if section is not None:
                rect = content.rendered(place.part).rect_of(place.position)
                top = section.rect.top() + rect.top() - self._theme.px(_LINE_PX)
                self.viewpoint.show_row(place.row, top, rect.height() + 2 * self._theme.px(_LINE_PX))

    @property
    def first_seen_row(self) -> int:
        return self.rows.at(self.viewpoint.y) if len(self.rows) else 0

    def _show_found(self, match: Match) -> None:
        content = self.rows.content(match.row)
        if match.part == STEPS and not content.are_steps_open:
            self.toggle_steps(match.row)
        content.measure(content.block_top(match.part), content.block_top(match.part) + 1)
        if content.section(match.part) is None:
            return
        spans = self.finding.spans(content.rendered(match.part).text)
        start = spans[match.ordinal][0] if match.ordinal < len(spans) else 0
        self.show_place(Place(match.row, match.part, start))
        self.viewport().update()

    def _on_placed(self) -> None:
        height = self.viewport().height()
        seen = [
            (row, content, QRect(origin, QSize(self._stage.width, content.height)))
            for row, content, origin in self._seen(0, height)
        ]
        self._widgets.place(seen, self._active_row())
        is_wanted = not self.viewpoint.follows and self.viewpoint.y < self.viewpoint.limit - AT_END_PX
        if is_wanted == self._jump.isHidden():
            self._jump.setVisible(is_wanted)
        if is_wanted:
            self._place_jump()

    def _active_row(self) -> int:
        """The turn whose actions are shown: the one pointed at, walked to, or the last one."""
        bar = self._widgets.bar
        focused = QApplication.focusWidget()
        if bar.turn is not None and focused is not None and bar.isAncestorOf(focused):
            row = self.rows.index_of(bar.turn.id)
            if row is not None:
                return row
        if self._hovered.row >= 0:
            return self._hovered.row
        return self._current_row if self._shows_focus and self._current_row >= 0 else len(self.rows) - 1

    def _place_jump(self) -> None:
        self._jump.adjustSize()
        x = (self.viewport().width() - self._jump.width()) // 2
        place = QPoint(x, self.viewport().height() - self._jump.height() - self._theme.px(12))
        if self._jump.pos() != place:
            self._jump.move(place)
            self._jump.raise_()

    # -- drawing ---------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        ground = self._theme.color("background")
        for rect in cast("Iterable[QRect]", event.region()):
            painter.setClipRect(rect)
            painter.fillRect(rect, ground)
            for row, content, origin in self._seen(rect.top(), rect.bottom() + 1):
                self._painter.paint(painter, row, content, origin, rect, self._marker, self._copy_button)
                if row == self._current_row and self._shows_focus:
                    self._painter.paint_focus(painter, content, origin)
        painter.end()

    def _seen(self, top: int, bottom: int) -> Iterator[tuple[int, TurnContent, QPoint]]:
        """The rows between two heights of the viewport, with their left tops."""
        left, y = self._stage.left, self.viewpoint.y
        for row, row_top in self.rows.between(y + top, y + bottom):
            yield row, self.rows.content(row), QPoint(left, row_top - y)

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
        self._dress()
        self._stage.restyle(Look(self._theme, self._name_of, self._thumbnail_of))
        self._widgets.restyle()
        self.finding.restyle()
        self.rows.forget_layout()
        self.viewpoint.place(everything=True)

    def _dress(self) -> None:
        size = self._theme.px(16)
        self._jump.setIcon(self._theme.icon("arrow-down"))
        self._jump.setIconSize(QSize(size, size))

    # -- what the mouse asks ---------------------------------------------------------------------

    def _row_at(self, point: QPoint) -> tuple[int, TurnContent, QPoint] | None:
        return next(self._seen(point.y(), point.y() + 1), None)

    def spot_at(self, point: QPoint) -> Spot:
        found = self._row_at(point)
        if found is None:
            return Spot(Zone.GROUND)
        row, content, origin = found
        return spot_in(row, content, point - origin)

    def place_at(self, point: QPoint) -> Place | None:
        """The place in the text that is nearest to a point."""
        if not len(self.rows):
            return None
        y = min(max(point.y(), 0), self.viewport().height() - 1)
        row = self.rows.at(self.viewpoint.y + y)
        content = self.rows.content(row)
        origin = QPoint(self._stage.left, self.rows.top(row) - self.viewpoint.y)
        part, position = content.position_at(QPoint(point.x(), y) - origin)
        return Place(row, part, position)

    def overshoot(self, point: QPoint) -> int:
        """How far a point is below the viewport (positive) or above it (negative)."""
        if point.y() < 0:
            return point.y()
        return max(0, point.y() - self.viewport().height() + 1)

    def press_spot(self, spot: Spot) -> None:
        match spot.zone:
            case Zone.STEPS:
                self.toggle_steps(spot.row)
            case Zone.CODE_COPY:
                self.copy_code(spot.row, spot.part)
            case Zone.TARGET if spot.target is not None:
                self.deeds.press(spot.target)
            case _:
                pass

    def copy_code(self, row: int, part: int) -> None:
        self.deeds.copy_code(row, part)
        self._copied_code = (row, part)
        self._copied_timer.start()
        self.viewport().update()

    def hover_spot(self, spot: Spot) -> None:
        before, self._hovered = self._hovered, spot
        if Zone.CODE_COPY in (before.zone, spot.zone) and before != spot:
            self.viewport().update()
        if before.row != spot.row:
            self._on_placed()

    def open_menu(self, spot: Spot, at: QPoint) -> None:
        self.deeds.open_menu(spot, at, self.selector.selection)

    def chip_words(self, citation: Citation) -> str:
        return self._stage.label_of(citation)

    # -- what keys ask ---------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._walking.press(event):
            super().keyPressEvent(event)

    def walk(self, step: int) -> None:
        """Goes to the next turn, or first to the rest of a tall one."""
        if not len(self.rows):
            return
        self._shows_focus = True
        if self._current_row < 0:
            last = self.rows.at(self.viewpoint.y + self.viewpoint.height - 1)
            self.focus_row(last if step < 0 else self.rows.at(self.viewpoint.y))
            return
        top = self.rows.top(self._current_row) - self.viewpoint.y
        bottom = top + self.rows.heights[self._current_row]
        is_more = bottom > self.viewpoint.height if step > 0 else top < 0
        is_near = bottom > 0 and top < self.viewpoint.height
        if is_more and is_near:
            self.scroll_by(step * _WALK_LINES * self._theme.px(_LINE_PX))
        else:
            self.focus_row(min(max(0, self._current_row + step), len(self.rows) - 1), from_end=step < 0)

    def focus_row(self, row: int, *, from_end: bool = False) -> None:
        """Makes a turn the current one and shows as much of it as there is room for."""
        self._current_row = row
        content = self.rows.content(row)
        height = self.viewpoint.height
        if from_end and content.height > height:
            self.viewpoint.show_row(row, content.height - height)
        else:
            self.viewpoint.show_row(row)
        self.announcer.row_focused(row)
        self._on_placed()
        self.viewport().update()

    def toggle_steps(self, row: int, *, wanted: bool | None = None) -> None:
        """Unfolds a turn's steps or folds them."""
        if not 0 <= row < len(self.rows):
            return
        content = self.rows.content(row)
        if not content.steps or content.are_steps_open is wanted:
            return
        self.rows.toggle_steps(row)
        self.announcer.row_changed(row)
        self.viewpoint.follows = False
        self.viewpoint.place((row, content.steps_line.top()))

    def copy_selection(self) -> None:
        self.deeds.copy_selection(self.selector.selection)

    def open_menu_by_key(self) -> None:
        row = self._current_row if self._current_row >= 0 else len(self.rows) - 1
        if row < 0:
            return
        top = max(0, self.rows.top(row) - self.viewpoint.y)
        point = QPoint(self._stage.left + self._theme.px(20), min(top, self.viewpoint.height - 1))
        self.open_menu(Spot(Zone.GROUND, row), self.viewport().mapToGlobal(point))

    def type_on(self, text: str) -> None:
        self.typed.emit(text)

    def _selected_words(self) -> str:
        selection = self.selector.selection
        if selection is None or selection.first[:2] != selection.last[:2]:
            return ""
        first = selection.first
        rendered = self.rows.content(first.row).rendered(first.part)
        words = rendered.plain_text(first.position, selection.last.position)
        return "" if "\n" in words else words

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._shows_focus = event.reason() is not Qt.FocusReason.MouseFocusReason
        if self._shows_focus and self._current_row < 0 and len(self.rows):
            self._current_row = self.rows.at(self.viewpoint.y + self.viewpoint.height - 1)
        if self._current_row >= 0:
            self.announcer.row_focused(self._current_row)
        self._on_placed()
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() is not Qt.FocusReason.PopupFocusReason:
            self._shows_focus = False
        self.viewport().update()

    # -- what screen readers ask -----------------------------------------------------------------

    def current_row(self) -> int:
        """The turn that the keyboard is at, or -1."""
        return self._current_row

    def row_count(self) -> int:
        return len(self.rows)

    def row_words(self, row: int) -> str:
        return self.texts.row_words(row)

    def row_rect(self, row: int) -> QRect:
        top = self.rows.top(row) - self.viewpoint.y
        return QRect(self._stage.left, top, self._stage.width, self.rows.heights[row])

    def row_at(self, point: QPoint) -> int:
        found = self._row_at(point)
        return -1 if found is None else found[0]

    def row_targets(self, row: int) -> list[NodeTarget]:
        content = self.rows.realised(row)
        if content is None:
            return []
        return list(targets_in(row, content, self.row_rect(row).topLeft(), self.press_spot))

    def child_widgets(self) -> list[QWidget]:
        return [w for w in (*self._widgets.all, self._jump, self.finding.bar) if not w.isHidden()]
