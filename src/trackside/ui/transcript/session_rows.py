"""Keeps the rows in step with a session: what the model tells is taken over at most once a frame."""

import time

from PySide6.QtCore import QObject, QTimer, Signal

from trackside.chat.session import ChatSession
from trackside.domain.turn import Attempt, Turn
from trackside.ui.transcript.rows import Rows
from trackside.ui.transcript.turn_content import TurnContent
from trackside.ui.transcript.viewpoint import Viewpoint

_TICK_MS = 500
_REST_FACTOR = 3
"""A frame waits for this many times what the last one cost, so that input always gets through."""
_READ_S = 0.004
"""How long a long text is read at a time."""
_REFINED_AT_ONCE = 10
"""Turns between two looks at the clock: to know how tall one is, its answer has to be decoded."""


class SessionRows(QObject):
    """Follows the shown session. What it takes over is drawn by the viewpoint."""

    row_added = Signal(int)
    row_changed = Signal(int)
    row_replaced = Signal(int)
    """A row shows another text: what was selected there is gone."""
    answer_ended = Signal(int)

    def __init__(self, rows: Rows, viewpoint: Viewpoint, parent: QObject) -> None:
        super().__init__(parent)
        self._rows = rows
        self._viewpoint = viewpoint
        self._session: ChatSession | None = None
        self._changed: set[int] = set()
        self._last_cost_s = 0.0
        self._last_end_s = 0.0
        self._frame = QTimer(self, singleShot=True)
        self._frame.timeout.connect(self._draw_changes)
        self._tick = QTimer(self, interval=_TICK_MS)
        self._tick.timeout.connect(self._refresh_running)
        self._reading = QTimer(self, interval=0)
        self._reading.timeout.connect(self._read_on)
        self._refining = QTimer(self, interval=0)
        self._refining.timeout.connect(self._refine)
        viewpoint.placed.connect(self._read_what_is_seen)

    def show(self, session: ChatSession | None) -> None:
        """Follows another session, or none."""
        if (before := self._session) is not None:
            before.turn_added.disconnect(self._on_turn_added)
            before.attempt_added.disconnect(self._on_attempt_added)
            before.attempt_changed.disconnect(self._on_attempt)
            before.attempt_ended.disconnect(self._on_attempt_ended)
        self._session = session
        self._changed.clear()
        self._frame.stop()
        self._reading.stop()
        self._rows.dividers.session = session
        self._rows.show(session.turns if session is not None else [])
        if session is not None:
            session.turn_added.connect(self._on_turn_added)
            session.attempt_added.connect(self._on_attempt_added)
            session.attempt_changed.connect(self._on_attempt)
            session.attempt_ended.connect(self._on_attempt_ended)
        self._set_ticking()
        self._viewpoint.restart()
        self.refine_soon()

    @property
    def has_drawn_all(self) -> bool:
        """Whether all that the session told of has been taken over."""
        return not self._frame.isActive() and not self._reading.isActive()

    # -- what a person wants of it ---------------------------------------------------------------

    def try_now(self) -> None:
        if self._session is not None:
            self._session.try_now()

    def stop(self) -> None:
        if self._session is not None:
            self._session.stop()

    def choose_attempt(self, turn: Turn, index: int) -> None:
        if self._session is not None:
            self._session.choose_attempt(turn, index)

    def show_attempt(self, row: int, attempt_id: str) -> None:
        """Has a turn show this attempt, at once; an unknown id changes nothing."""
        turn = self._rows.turns[row]
        index = next((n for n, attempt in enumerate(turn.attempts) if attempt.id == attempt_id), -1)
        if index >= 0 and turn.attempts[index] is not turn.shown_attempt:
            self.choose_attempt(turn, index)
        if self._frame.isActive():
            self._frame.stop()
            self._draw_changes()

    # -- what happens ----------------------------------------------------------------------------

    def _on_turn_added(self, turn: Turn) -> None:
        row = self._rows.append(turn)
        self._set_ticking()
        self._viewpoint.go_to_end()
        self.row_added.emit(row)

    def _on_attempt_added(self, turn: Turn) -> None:
        self._note_change(turn.id)

    def _on_attempt(self, attempt: Attempt) -> None:
        row = self._rows.index_of(attempt.turn_id)
        if row is not None and (self._rows.turns[row].shown_attempt is attempt or not attempt.is_running):
            self._note_change(attempt.turn_id)

    def _on_attempt_ended(self, attempt: Attempt) -> None:
        self._on_attempt(attempt)
        row = self._rows.index_of(attempt.turn_id)
        if row is not None and self._rows.turns[row].shown_attempt is attempt:
            if self._frame.isActive():  # what is told of the end has to know it
                self._frame.stop()
                self._draw_changes()
            self.answer_ended.emit(row)

    def _note_change(self, turn_id: str) -> None:
        self._set_ticking()
        row = self._rows.index_of(turn_id)
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
            self.row_changed.emit(row)
        self._last_end_s = time.perf_counter()
        self._last_cost_s = self._last_end_s - began

    def _follow_row(self, row: int) -> None:
        content = self._rows.realised(row)
        if content is None:
            self._rows.estimate(row)
            self._viewpoint.place()
            self.row_replaced.emit(row)  # nobody knows what it showed
            return
        dirty = content.follow()
        if dirty is not None:
            self._draw(row, content, dirty)
        if content.is_replaced:
            self.row_replaced.emit(row)

    def _draw(self, row: int, content: TurnContent, dirty: int) -> None:
        self._rows.sync(row)
        self._viewpoint.place((row, dirty), foot=None if content.has_new_foot else content.foot_top)

    # -- what goes on by itself ------------------------------------------------------------------

    def _read_what_is_seen(self) -> None:
        if not self._reading.isActive() and any(c.answer.is_behind for _, c in self._rows.all_realised):
            self._reading.start()

    def _read_on(self) -> None:
        """Reads long answers a little at a time."""
        end_s = time.perf_counter() + _READ_S
        for row, content in self._rows.all_realised:
            if not content.answer.is_behind:
                continue
            dirty = content.read_on() or 0
            while time.perf_counter() < end_s and content.answer.is_behind:
                dirty = min(dirty, content.read_on() or 0)
            self._draw(row, content, dirty)
            return
        self._reading.stop()

    def refine_soon(self) -> None:
        """Finds out how tall earlier turns will be, when nothing else is to be done."""
        if self._rows.is_rough:
            self._refining.start()
        else:
            self._refining.stop()

    def _refine(self) -> None:
        end_s = time.perf_counter() + _READ_S
        while self._rows.is_rough and time.perf_counter() < end_s:
            self._rows.refine(_REFINED_AT_ONCE)
        self._viewpoint.place()
        if not self._rows.is_rough:
            self._refining.stop()

    def _refresh_running(self) -> None:
        for row, content in self._rows.all_realised:
            if content.attempt is not None and content.attempt.is_running:
                dirty = content.follow_state()
                if dirty is not None:
                    self._draw(row, content, dirty)
        self._set_ticking()

    def _set_ticking(self) -> None:
        is_running = self._session is not None and self._session.running_run is not None
        if is_running != self._tick.isActive():
            if is_running:
                self._tick.start()
            else:
                self._tick.stop()
