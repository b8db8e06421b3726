"""One step of a connection test: a dot for its state, words, and a note at the end."""

import re
import time

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from trackside.domain.connection_test import StepState, TestStep
from trackside.ui.labels import plain_label
from trackside.ui.theme import Theme

_DOT_PX = 14
_TURN_S = 1.2
_FRAME_MS = 40
_TOLD_AFTER_S = 2
"""A step that takes no longer needs no clock."""
_LONG_WORD = re.compile(r"\S{36,}")
_FILLED = {StepState.PASSED: "accent", StepState.FAILED: "error"}


class StateDot(QWidget):
    """Full when passed or failed, a ring before, a turning arc while the step runs."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._state = StepState.WAITING
        self._is_doubtful = False
        self._frames = QTimer(self)
        self._frames.setInterval(_FRAME_MS)
        self._frames.timeout.connect(self.update)

    def show_state(self, state: StepState, *, is_doubtful: bool = False) -> None:
        self._state, self._is_doubtful = state, is_doubtful
        self._turn_or_rest()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(_DOT_PX), self._theme.px(_DOT_PX))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._turn_or_rest()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._frames.stop()

    def _turn_or_rest(self) -> None:
        is_turning = self._state is StepState.RUNNING and self.isVisible() and not self._theme.reduced_motion
        if is_turning and not self._frames.isActive():
            self._frames.start()
        elif not is_turning:
            self._frames.stop()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        size = self._theme.px(_DOT_PX)
        pen_width = max(1.5, size / 8)
        inset = pen_width / 2 + 0.5
        centre = QPointF(self.width() / 2, self.height() / 2)
        edge = QRectF(centre.x() - size / 2, centre.y() - size / 2, size, size).adjusted(
            inset, inset, -inset, -inset
        )
        role = _FILLED.get(self._state, "")
        if self._is_doubtful and self._state is not StepState.FAILED:
            role = "warning"
        if role:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color(role))
            painter.drawEllipse(centre, size / 2, size / 2)
            return
        painter.setPen(QPen(self._theme.color("control_line"), pen_width))
        painter.drawEllipse(edge)
        if self._state is StepState.RUNNING:
            is_still = self._theme.reduced_motion
            start = 0.25 if is_still else -(time.monotonic() % _TURN_S) / _TURN_S
            pen = QPen(self._theme.color("accent"), pen_width)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawArc(edge, round(start * 360 * 16), 110 * 16)
        elif self._state is StepState.SKIPPED:
            painter.drawLine(
                QPointF(edge.left() + size / 4, centre.y()), QPointF(edge.right() - size / 4, centre.y())
            )


class StepRow(QWidget):
    """Shows a step. Its height stays the same from first to last, unless its words need more."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._step: TestStep | None = None
        self._began = 0.0
        self.dot = StateDot(theme)
        self.words = plain_label("", "step", wraps=True)
        self.note = plain_label("", "muted", wraps=True)
        self.note.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self.dot)
        self._row.addWidget(self.words, 1)
        self._row.addWidget(self.note)
        self._clock = QTimer(self)
        self._clock.setInterval(1_000)
        self._clock.timeout.connect(self._show_note)
        self.dress()

    def dress(self) -> None:
        """Fits it to the theme's zoom."""
        px = self._theme.px
        self._row.setContentsMargins(0, px(4), 0, px(4))
        self._row.setSpacing(px(14))
        self.setMinimumHeight(px(28))

    def show_step(self, step: TestStep) -> None:
        if step == self._step:
            return
        was_running = self._step is not None and self._step.state is StepState.RUNNING
        self._step = step
        is_running = step.state is StepState.RUNNING
        if is_running and not was_running:
            self._began = time.monotonic()
            self._clock.start()
        elif not is_running:
            self._clock.stop()
        self.dot.show_state(step.state, is_doubtful=step.is_doubtful)
        self.words.setText(_breakable(step.words))
        self.setAccessibleName(step.sentence)
        self._colour(step)
        self._show_note()

    def _colour(self, step: TestStep) -> None:
        role = "step"
        if step.state is StepState.FAILED:
            role = "stepFailed"
        elif step.is_doubtful:
            role = "stepDoubtful"
        elif step.state in (StepState.WAITING, StepState.SKIPPED, StepState.NOT_TRIED):
            role = "muted"
        if self.words.property("role") != role:
            self.words.setProperty("role", role)
            self.words.style().unpolish(self.words)
            self.words.style().polish(self.words)

    def _show_note(self) -> None:
        step = self._step
        if step is None:
            return
        note = step.note
        if step.state is StepState.RUNNING:
            passed_s = int(time.monotonic() - self._began)
            note = f"{passed_s} s" if passed_s >= _TOLD_AFTER_S else note
        self.note.setText(_breakable(note))
        self.note.setVisible(bool(note))
        self._fit_note()

    def _fit_note(self) -> None:
        """As wide as its text, up to half of the row: there it wraps."""
        metrics = self.note.fontMetrics()
        wanted = max((metrics.horizontalAdvance(line) for line in self.note.text().splitlines()), default=0)
        self.note.setFixedWidth(min(wanted + 2, max(1, self.width() // 2)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_note()


def _breakable(text: str) -> str:
    """The text with places where a very long host name may go on in the next line."""
    return _LONG_WORD.sub(lambda found: re.sub(r"([.\-_:/])", "\\1\u200b", found[0]), text)
