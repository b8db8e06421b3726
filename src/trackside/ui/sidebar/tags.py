"""Which tags sessions have: the known ones to tick, and a line for a new one."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QStyle,
    QStyleOptionButton,
    QVBoxLayout,
    QWidget,
)

from trackside.domain.session import Session
from trackside.domain.tags import TAG_LENGTH, clean_tag
from trackside.ui.check_box import CheckBox
from trackside.ui.labels import button_words, plain_label, plain_tooltip
from trackside.ui.theme import Theme

_LONGEST_PX = 280
"""How much of a tag is shown."""


class TagBox(CheckBox):
    """A tag to tick. Where only some of several sessions have it, it has a dash until it is touched."""

    def __init__(self, theme: Theme, tag: str, has: Qt.CheckState) -> None:
        shown = QFontMetrics(theme.font()).elidedText(tag, Qt.TextElideMode.ElideRight, theme.px(_LONGEST_PX))
        super().__init__(theme, button_words(shown))
        self.tag = tag
        self.before = has
        self.setTristate(has is Qt.CheckState.PartiallyChecked)
        self.setCheckState(has)
        self.setAccessibleName(tag)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.checkState() is not Qt.CheckState.PartiallyChecked:
            super().paintEvent(event)
            return
        option = QStyleOptionButton()
        self.initStyleOption(option)
        painter = QPainter(self)
        self.style().drawControl(QStyle.ControlElement.CE_CheckBox, option, painter, self)
        box = self.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self)
        painter.setPen(QPen(self._theme.color("text"), self._theme.px(2)))
        third = box.width() // 4
        painter.drawLine(box.left() + third, box.center().y(), box.right() - third, box.center().y())
        painter.end()


class TagsDialog(QDialog):
    """Tags of one session or several. `decided` tells which to add and which to take away, as two sets."""

    decided = Signal(set, set)

    def __init__(self, theme: Theme, sessions: list[Session], known: list[str], parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Tags")
        px = theme.px
        about = f"“{sessions[0].shown_title}”" if len(sessions) == 1 else f"{len(sessions):,} sessions"
        heading = plain_label(about, "muted", wraps=True)
        self._field = _TagField()
        self._field.setAccessibleName("New tag")
        self._field.setPlaceholderText("New tag")
        self._field.setMaxLength(TAG_LENGTH)
        self._field.entered.connect(self._add)
        add = QPushButton("Add")
        self._field.textChanged.connect(lambda text: add.setEnabled(bool(clean_tag(text))))
        add.setAutoDefault(False)
        add.setEnabled(False)
        add.clicked.connect(self._add)
        row = QHBoxLayout()
        row.setSpacing(px(8))
        row.addWidget(self._field, 1)
        row.addWidget(add)
        self._boxes: list[TagBox] = []
        ground = QWidget()
        self._column = QVBoxLayout(ground)
        self._column.setContentsMargins(px(4), px(4), px(4), px(4))
        self._column.setSpacing(px(6))
        self._column.addStretch(1)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidget(ground)
        self._area.setMinimumSize(px(280), px(160))
        self._none = plain_label("No tags yet. Write one above.", "small")
        self._column.insertWidget(0, self._none)
        for tag in sorted({*known, *(t for s in sessions for t in s.tags)}, key=str.casefold):
            self._put(TagBox(theme, tag, _state_of(tag, sessions)))
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.button(QDialogButtonBox.StandardButton.Ok).setText("Save")
        buttons.accepted.connect(self._decide)
        buttons.rejected.connect(self.reject)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(px(20), px(20), px(20), px(16))
        outer.setSpacing(px(12))
        outer.addWidget(heading)
        outer.addLayout(row)
        outer.addWidget(self._area, 1)
        outer.addWidget(buttons)
        self._field.setFocus()

    def _put(self, box: TagBox) -> None:
        box.setToolTip(plain_tooltip(box.tag))
        self._none.hide()
        self._column.insertWidget(len(self._boxes), box)
        self._boxes.append(box)
        if (ground := self._area.widget()) is not None:
            wanted = ground.minimumSizeHint().width() + self._area.verticalScrollBar().sizeHint().width()
            self._area.setMinimumWidth(max(self._area.minimumWidth(), wanted))

    def _add(self) -> None:
        """Ticks the tag that was typed; one that differs in its case alone is the same."""
        tag = clean_tag(self._field.text())
        if not tag:
            return
        box = next((b for b in self._boxes if b.tag.casefold() == tag.casefold()), None)
        if box is None:
            box = TagBox(self._theme, tag, Qt.CheckState.Unchecked)
            self._put(box)
        box.setCheckState(Qt.CheckState.Checked)
        self._field.clear()
        if (layout := self.layout()) is not None:
            layout.activate()
        self._column.activate()  # a new box has no place yet
        self._area.ensureWidgetVisible(box)

    def _decide(self) -> None:
        self._add()  # what stands in the line was meant, too
        changed = [box for box in self._boxes if box.checkState() is not box.before]
        added = {box.tag for box in changed if box.checkState() is Qt.CheckState.Checked}
        removed = {box.tag for box in changed if box.checkState() is Qt.CheckState.Unchecked}
        if added or removed:
            self.decided.emit(added, removed)
        self.accept()


class _TagField(QLineEdit):
    """Enter adds what is written; in an empty line it is the dialog's."""

    entered = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.text().strip():
            self.entered.emit()
        else:
            super().keyPressEvent(event)


def _state_of(tag: str, sessions: list[Session]) -> Qt.CheckState:
    having = sum(tag in session.tags for session in sessions)
    if having == len(sessions):
        return Qt.CheckState.Checked
    return Qt.CheckState.PartiallyChecked if having else Qt.CheckState.Unchecked
