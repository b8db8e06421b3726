"""The real widgets among the painted turns: notices with their buttons, and the row of actions."""

from functools import partial

from PySide6.QtCore import QObject, QRect, Qt, Signal
from PySide6.QtWidgets import QApplication, QWidget

from trackside.domain.failure import FailureAction
from trackside.domain.turn import Turn
from trackside.ui.tab_order import put_in_order
from trackside.ui.theme import Theme
from trackside.ui.transcript.action_bar import ActionBar
from trackside.ui.transcript.notice_card import NoticeCard
from trackside.ui.transcript.turn_content import TurnContent

Seen = list[tuple[int, TurnContent, QRect]]
"""Rows on the screen, with their rectangles on the viewport."""


class RowWidgets(QObject):
    """Places them. One bar of actions serves all rows: it stands at the one that is pointed or walked to."""

    action_wanted = Signal(Turn, FailureAction)
    try_now_wanted = Signal()
    stop_wanted = Signal()
    attempt_wanted = Signal(Turn, int)
    copy_wanted = Signal(Turn)
    details_wanted = Signal(str, str)

    def __init__(self, theme: Theme, ground: QWidget, view: QWidget) -> None:
        super().__init__(view)
        self._theme = theme
        self._ground = ground
        self._view = view
        self._cards: dict[int, NoticeCard] = {}
        self._measuring: NoticeCard | None = None
        """Finds out how tall the notices of turns are that are not on the screen."""
        self.bar = ActionBar(theme, ground)
        self.bar.hide()
        self.bar.retry_wanted.connect(lambda turn: self.action_wanted.emit(turn, FailureAction.RETRY))
        self.bar.copy_wanted.connect(self.copy_wanted)
        self.bar.attempt_wanted.connect(self.attempt_wanted)
        self._order: list[QWidget] = []

    @property
    def all(self) -> list[QWidget]:
        """Those that stand there now, as they are read."""
        return [*(self._cards[row] for row in sorted(self._cards)), self.bar]

    def clear(self) -> None:
        """Other turns are shown."""
        for row in list(self._cards):
            self._drop(row)
        self.bar.hide()
        self.bar.turn = None

    def measure_notice(self, row: int, content: TurnContent) -> int:
        """The height that a row's notice takes, on the screen or not."""
        assert content.notice is not None
        card = self._cards.get(row)
        if card is None:
            if self._measuring is None:
                self._measuring = NoticeCard(self._theme, self._ground)
                self._measuring.hide()
            card = self._measuring
        card.show_notice(content.notice)
        return card.height_at(content.stage.width)

    def _new_card(self, turn: Turn) -> NoticeCard:
        card = NoticeCard(self._theme, self._ground)
        card.action_wanted.connect(partial(self.action_wanted.emit, turn))
        card.try_now_wanted.connect(self.try_now_wanted)
        card.stop_wanted.connect(self.stop_wanted)
        card.copy_wanted.connect(self.details_wanted)
        return card

    def place(self, seen: Seen, active_row: int) -> None:
        """Puts every widget where its row is. The focus of one that goes is the view's."""
        focused = QApplication.focusWidget()
        is_ours = focused is not None and self._ground.isAncestorOf(focused)
        with_notice = {row for row, content, _ in seen if content.notice is not None}
        for row in [row for row in self._cards if row not in with_notice]:
            self._drop(row)
        is_bar_shown = False
        for row, content, rect in seen:
            if content.notice is not None:
                if (card := self._cards.get(row)) is None:
                    card = self._cards[row] = self._new_card(content.turn)
                card.show_notice(content.notice)
                place = content.notice_rect.translated(rect.topLeft())
                if card.geometry() != place:
                    card.setGeometry(place)
                if card.isHidden():
                    card.show()
            if row == active_row and content.has_actions:
                self._place_bar(content, rect)
                is_bar_shown = True
        if not is_bar_shown and not self.bar.isHidden():
            self.bar.hide()
        self._put_in_order()
        if is_ours and focused is not None and not focused.isVisible():
            self._view.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _place_bar(self, content: TurnContent, rect: QRect) -> None:
        inset = self._theme.px(7)  # flat buttons are wider than their words
        place = content.actions_rect.translated(rect.topLeft()).adjusted(-inset, 0, 0, 0)
        self.bar.show_turn(content.turn, content.notice)
        if self.bar.geometry() != place:
            self.bar.setGeometry(place)
        if self.bar.isHidden():
            self.bar.show()

    def restyle(self) -> None:
        for card in self._cards.values():
            card.restyle()
        if self._measuring is not None:
            self._measuring.restyle()
        self.bar.restyle()

    def _drop(self, row: int) -> None:
        card = self._cards.pop(row)
        card.hide()  # hands the focus on, if it has it
        card.deleteLater()

    def _put_in_order(self) -> None:
        order: list[QWidget] = [
            *(button for row in sorted(self._cards) for button in self._cards[row].buttons),
            *self.bar.buttons,
        ]
        if order != self._order:
            self._order = order
            put_in_order(self._view, *order)
