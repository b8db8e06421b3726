"""What is said under an attempt that did not end well, with buttons for what can be done."""

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QPushButton, QVBoxLayout, QWidget

from trackside.domain.failure import FailureAction
from trackside.ui.flow import FlowLayout
from trackside.ui.labels import plain_label
from trackside.ui.tab_order import put_in_order
from trackside.ui.theme import Theme, repolish
from trackside.ui.transcript.words import Notice

_ACTION_WORDS = {
    FailureAction.RETRY: "Retry",
    FailureAction.OPEN_CONNECTION: "Open connection settings",
    FailureAction.NEW_SERVER_SESSION: "Go on in a new conversation",
    FailureAction.CHOOSE_STORE: "Choose another store",
    FailureAction.CHOOSE_CA_FILE: "Choose a CA file",
}


class NoticeCard(QFrame):
    """Shows a notice. What a person wants of it leaves as signals."""

    action_wanted = Signal(FailureAction)
    try_now_wanted = Signal()
    stop_wanted = Signal()
    copy_wanted = Signal(str, str)
    """What to copy, and the word for it."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._shown: Notice | None = None
        self._text = plain_label(wraps=True, is_selectable=True)
        # Selectable by the mouse alone: the arrow keys are the transcript's.
        self._text.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.buttons: list[QPushButton] = []
        self._row = FlowLayout()
        self._column = QVBoxLayout(self)
        self._column.addWidget(self._text)
        self._column.addLayout(self._row)
        self.restyle()

    def restyle(self) -> None:
        px = self._theme.px
        inset = px(7)
        self._column.setContentsMargins(px(10) - inset, px(8), px(10), px(8))
        self._column.setSpacing(px(4))
        self._text.setIndent(inset)
        self._row.set_gap(px(6))

    def show_notice(self, notice: Notice) -> None:
        if notice == self._shown:
            return
        old, self._shown = self._shown, notice
        self._text.setText(notice.text)
        if old is not None and _buttons_of(old) == _buttons_of(notice):
            return  # only the countdown moved: the buttons keep their focus
        self.setProperty("kind", "error" if notice.is_error else "warning")
        repolish(self)
        self.buttons = []
        while (item := self._row.takeAt(0)) is not None:
            if widget := item.widget():
                widget.hide()  # hands the focus on, if it has it
                widget.deleteLater()
        if notice.is_waiting:
            self._add_button(notice.now_words, self.try_now_wanted.emit, is_main=True)
            self._add_button("Stop", self.stop_wanted.emit)
        for number, action in enumerate(notice.actions):
            self._add_button(
                _ACTION_WORDS[action], partial(self.action_wanted.emit, action), is_main=number == 0
            )
        if notice.detail:
            self._add_button("Copy details", partial(self.copy_wanted.emit, notice.detail, "details"))
        put_in_order(*self.buttons)

    def height_at(self, width: int) -> int:
        """How tall it is at this width."""
        self._column.activate()
        height = self._column.heightForWidth(width)
        return height if height > 0 else self._column.sizeHint().height()

    def _add_button(self, words: str, slot: object, *, is_main: bool = False) -> None:
        button = QPushButton(words)
        button.setAutoDefault(True)  # Enter presses it, as Space does
        button.setProperty("isMain", "true" if is_main else "false")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        assert callable(slot)
        button.clicked.connect(lambda: slot())
        self._row.addWidget(button)
        button.show()  # now, not in the next round of the loop
        self.buttons.append(button)


def _buttons_of(notice: Notice) -> tuple[object, ...]:
    """What its buttons and its colour follow from."""
    return notice.is_waiting, notice.now_words, notice.is_error, notice.actions, notice.detail
