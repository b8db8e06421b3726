"""The quiet line above a turn whose conversation at the service is another than that of the turn before."""

from collections.abc import Callable, Sequence
from math import ceil

from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QPainter, QTextCharFormat, QTextLayout, QTextOption

from trackside.chat.session import ChatSession
from trackside.domain.conversation import Divider, divider_of
from trackside.domain.turn import Turn
from trackside.ui.transcript.look import Look

_PRESSED = "with a recap"
"""The words that lead to the recap."""


class Dividers:
    """Knows what stands above each turn of the shown session."""

    def __init__(self) -> None:
        self.session: ChatSession | None = None
        self.name_of_store: Callable[[str], str] = lambda store_id: store_id
        """The name of a store that is not the session's own."""

    def above(self, turns: Sequence[Turn], row: int) -> Divider | None:
        if self.session is None or row <= 0:
            return None
        return divider_of(self.session.session, turns[row - 1], turns[row], self._store_words)

    def _store_words(self, store_id: str) -> str:
        session = self.session.session if self.session is not None else None
        if session is not None and store_id == session.store_id and session.store_name:
            return session.store_name
        return self.name_of_store(store_id)


class DividerLine:
    """A divider laid out: its words in the middle, a line to both of their sides."""

    def __init__(self, divider: Divider, look: Look, width: int) -> None:
        self.divider = divider
        self._look = look
        self._width = width
        self._gap = look.px(12)
        layout = QTextLayout(divider.words, look.small.font)
        option = QTextOption(Qt.AlignmentFlag.AlignHCenter)
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        if divider.recap and (start := divider.words.rfind(_PRESSED)) >= 0:
            underline = QTextLayout.FormatRange()
            before = divider.words[:start].encode("utf-16-le", "replace")
            underline.start, underline.length = len(before) // 2, len(_PRESSED)  # Qt counts UTF-16 units
            underline.format = QTextCharFormat()
            underline.format.setFontUnderline(True)
            layout.setFormats([underline])
        room = max(look.px(80), width - 2 * (self._gap + look.px(24)))
        top, widest = 0.0, 0.0
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            line.setLineWidth(room)
            line.setPosition(QPointF((width - room) / 2, top))
            top += line.height()
            widest = max(widest, line.naturalTextWidth())
        layout.endLayout()
        self._layout = layout
        self._words_width = ceil(widest)
        self.words_height = ceil(top)

    @property
    def height(self) -> int:
        """With the air below it."""
        return self.words_height + self._look.px(18)

    def words_rect(self, top: int) -> QRect:
        """Where the words are, when the divider begins at `top`."""
        return QRect((self._width - self._words_width) // 2, top, self._words_width, self.words_height)

    def paint(self, painter: QPainter, place: QPoint) -> None:
        painter.setPen(self._look.muted)
        self._layout.draw(painter, QPointF(place))
        words = self.words_rect(0).translated(place)
        y = words.center().y()
        left, right = place.x(), place.x() + self._width
        for start, stop in ((left, words.left() - self._gap), (words.right() + 1 + self._gap, right)):
            if start < stop:
                painter.fillRect(start, y, stop - start, 1, self._look.line)
