"""The transcript: turns in one column, following the end only while the reader is there.

A first, plain view: a widget a turn. What it shows (turns, attempts, answers) is the model's; nothing
but drawing lives here.
"""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QPushButton, QScrollArea, QVBoxLayout, QWidget

from trackside.chat.run import Run
from trackside.chat.session import ChatSession
from trackside.domain.citation import Citation, clock_range
from trackside.domain.failure import FailureAction
from trackside.domain.turn import Attempt, Turn
from trackside.ui.labels import plain_label
from trackside.ui.tab_order import put_in_order
from trackside.ui.theme import COLUMN_PX, Theme
from trackside.ui.transcript.turn_widget import TurnWidget

_AT_END_PX = 24
_FIRST_TURNS = 6
_TICK_MS = 500


class TranscriptView(QScrollArea):
    """Shows a session. `action_wanted` carries what a failure's buttons ask for."""

    action_wanted = Signal(Turn, FailureAction)
    copied = Signal(str)
    link_clicked = Signal(str)

    def __init__(
        self,
        theme: Theme,
        name_of: Callable[[str | None], str],
        run_of: Callable[[Attempt], Run | None],
        max_tries: int,
    ) -> None:
        super().__init__()
        self._theme = theme
        self._name_of = name_of
        self._run_of = run_of
        self._max_tries = max_tries
        self._session: ChatSession | None = None
        self._widgets: dict[str, TurnWidget] = {}
        self._waiting: list[Turn] = []
        self._follows = True

        self.setObjectName("transcript")
        self.setAccessibleName("Transcript")
        # A click on a button in it leaves the cursor in the message; Tab still reaches it.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._ground = QWidget()
        self._ground.setObjectName("column")
        self._column = QVBoxLayout(self._ground)
        self._column.setSpacing(0)
        self._empty = plain_label(role="muted", wraps=True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._column.addWidget(self._empty, 1)
        self._column.addStretch(0)
        self.setWidget(self._ground)

        self._jump = QPushButton("Jump to latest", self)
        self._jump.setProperty("kind", "button")
        self._jump.clicked.connect(self.follow)
        self._jump.hide()
        self._fill = QTimer(self, interval=0)
        self._fill.timeout.connect(self._add_earlier)
        self._tick = QTimer(self, interval=_TICK_MS)
        self._tick.timeout.connect(self._refresh_running)
        bar = self.verticalScrollBar()
        bar.valueChanged.connect(self._on_scrolled)
        bar.rangeChanged.connect(self._on_range_changed)
        self._ground.installEventFilter(self)
        theme.changed.connect(self._restyle)
        self._dress()

    # -- what is shown ---------------------------------------------------------------------------

    def show_session(self, session: ChatSession | None, empty_words: str = "") -> None:
        """Shows a session's turns, the newest at once and the earlier ones as time allows."""
        if self._session is not None:
            self._session.turn_added.disconnect(self._on_turn_added)
            self._session.attempt_added.disconnect(self._on_turn_changed)
            self._session.attempt_changed.disconnect(self._on_attempt)
            self._session.attempt_ended.disconnect(self._on_attempt)
        for widget in self._widgets.values():
            self._column.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self._widgets.clear()
        self._session = session
        self._follows = True
        self._waiting = []
        self._fill.stop()
        if session is not None:
            session.turn_added.connect(self._on_turn_added)
            session.attempt_added.connect(self._on_turn_changed)
            session.attempt_changed.connect(self._on_attempt)
            session.attempt_ended.connect(self._on_attempt)
            for turn in session.turns[-_FIRST_TURNS:]:
                self._append(turn)
            self._waiting = session.turns[:-_FIRST_TURNS]
            if self._waiting:
                self._fill.start()
        self.set_empty_words(empty_words)
        self._set_ticking()
        self.follow()

    def set_empty_words(self, words: str) -> None:
        self._empty.setText(words)
        self._empty.setVisible(not self._widgets)

    def refresh_titles(self) -> None:
        """Renders anew what lacks a title, once the store's item names are known."""
        for widget in self._widgets.values():
            widget.answer.refresh_titles()

    def follow(self) -> None:
        """Goes to the end and stays there."""
        self._follows = True
        bar = self.verticalScrollBar()
        bar.setValue(bar.maximum())
        self._place_jump()

    # -- turns -----------------------------------------------------------------------------------

    def _on_turn_added(self, turn: Turn) -> None:
        self._append(turn)
        self._empty.hide()
        self._set_ticking()
        self.follow()

    def _on_turn_changed(self, turn: Turn) -> None:
        if widget := self._widgets.get(turn.id):
            widget.refresh()
        self._set_ticking()

    def _on_attempt(self, attempt: Attempt) -> None:
        widget = self._widgets.get(attempt.turn_id)
        if widget is not None and (widget.turn.shown_attempt is attempt or not attempt.is_running):
            widget.refresh()
        self._set_ticking()

    def _append(self, turn: Turn) -> None:
        before = self._column.itemAt(self._column.count() - 2)
        last = before.widget() if before is not None else None
        widget = self._new_widget(turn)
        self._column.insertWidget(self._column.count() - 1, widget)
        put_in_order(last.tab_stops[-1] if isinstance(last, TurnWidget) else self, *widget.tab_stops)

    def _add_earlier(self) -> None:
        """Builds an earlier turn above what is seen, without moving it."""
        bar = self.verticalScrollBar()
        from_end = bar.maximum() - bar.value()
        if self._waiting:
            widget = self._new_widget(self._waiting.pop())
            self._column.insertWidget(1, widget)
            put_in_order(self, *widget.tab_stops)
        if not self._waiting:
            self._fill.stop()
        self._column.activate()
        self._ground.adjustSize()
        bar.setValue(bar.maximum() if self._follows else bar.maximum() - from_end)

    def _new_widget(self, turn: Turn) -> TurnWidget:
        widget = TurnWidget(turn, self._theme, self._name_of, self._run_of, self._max_tries)
        widget.action_wanted.connect(self.action_wanted)
        widget.citation_clicked.connect(self._copy_citation)
        widget.link_clicked.connect(self.link_clicked)
        widget.copy_wanted.connect(self._copy)
        session = self._session
        assert session is not None
        widget.try_now_wanted.connect(session.try_now)
        widget.stop_wanted.connect(session.stop)
        widget.attempt_wanted.connect(session.choose_attempt)
        self._widgets[turn.id] = widget
        widget.refresh()
        return widget

    def _refresh_running(self) -> None:
        for widget in self._widgets.values():
            attempt = widget.turn.shown_attempt
            if attempt is not None and attempt.is_running:
                widget.refresh_state()
        self._set_ticking()

    def _set_ticking(self) -> None:
        is_running = self._session is not None and self._session.running_run is not None
        if is_running != self._tick.isActive():
            if is_running:
                self._tick.start()
            else:
                self._tick.stop()

    def _copy(self, text: str, what: str) -> None:
        QApplication.clipboard().setText(text)
        self.copied.emit(f"Copied the {what}.")

    def _copy_citation(self, citation: Citation) -> None:
        title = (
            citation.title or self._name_of(citation.item_id) or citation.item_id or citation.url or "clip"
        )
        words = f"{title} {clock_range(citation)}".strip()
        if citation.item_id:
            words += f" ({citation.item_id})"
        QApplication.clipboard().setText(words)
        self.copied.emit(f"Copied the reference: {title} {clock_range(citation)}".strip() + ".")

    # -- place and look --------------------------------------------------------------------------

    def _on_scrolled(self, value: int) -> None:
        self._follows = value >= self.verticalScrollBar().maximum() - self._theme.px(_AT_END_PX)
        self._place_jump()

    def _on_range_changed(self, _low: int, high: int) -> None:
        if self._follows:
            self.verticalScrollBar().setValue(high)
        self._place_jump()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._ground and event.type() == QEvent.Type.LayoutRequest and self._follows:
            QTimer.singleShot(0, self, self._keep_at_end)
        return super().eventFilter(watched, event)

    def _keep_at_end(self) -> None:
        if self._follows:
            bar = self.verticalScrollBar()
            bar.setValue(bar.maximum())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._centre()
        self._place_jump()

    def _centre(self) -> None:
        free = self.viewport().width() - self._theme.px(COLUMN_PX)
        side = max(0, free // 2)
        self._column.setContentsMargins(side, self._theme.px(10), side, self._theme.px(10))

    def _place_jump(self) -> None:
        bar = self.verticalScrollBar()
        is_wanted = not self._follows and bar.maximum() > 0
        self._jump.setVisible(is_wanted)
        if is_wanted:
            self._jump.adjustSize()
            x = (self.viewport().width() - self._jump.width()) // 2
            self._jump.move(x, self.viewport().height() - self._jump.height() - self._theme.px(12))
            self._jump.raise_()

    def _restyle(self) -> None:
        self._dress()
        for widget in self._widgets.values():
            widget.restyle()
        self._centre()

    def _dress(self) -> None:
        size = self._theme.px(16)
        self._jump.setIcon(self._theme.icon("arrow-down"))
        self._jump.setIconSize(QSize(size, size))
