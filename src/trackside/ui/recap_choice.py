"""Joins the recap's card to the session: when it is offered, what it says, what is made of it."""

from collections.abc import Callable

from PySide6.QtCore import QObject

from trackside.chat.session import ChatSession
from trackside.domain.recap import RECAP_LENGTH, has_past, room_beside
from trackside.ui.composer.composer import Composer


class RecapChoice(QObject):
    """Shows the card whenever the next question begins a conversation that doesn't know the turns above."""

    def __init__(self, composer: Composer, opened: Callable[[], ChatSession | None]) -> None:
        super().__init__(composer)
        self._composer = composer
        self._opened = opened
        self._shown: ChatSession | None = None
        self._room = RECAP_LENGTH
        self._is_offered = False
        composer.recap.recap_changed.connect(self._take)
        composer.draft_changed.connect(self._on_draft)

    def refresh(self) -> None:
        """Takes over what the session has come to."""
        opened, card = self._opened(), self._composer.recap
        if opened is not self._shown:
            self._shown = opened
            card.leave()
        self._is_offered = opened is not None and opened.begins_anew
        if opened is None or not self._is_offered:
            if not card.isHidden():
                card.leave()
        else:
            own, question = opened.session.recap, self._composer.message.toPlainText().strip()
            self._room = room_beside(question)
            card.show_recap(
                _words(opened),
                own if own is not None else opened.recap_for(question),
                is_edited=bool(own),
                is_wanted=own is None or bool(own.strip()),
            )
        self._composer.show_length()

    def _take(self, recap: str | None) -> None:
        if (opened := self._opened()) is not None:
            opened.set_recap(recap)
            self.refresh()

    def _on_draft(self, text: str) -> None:
        """A long question takes the room of a recap that is made for it."""
        if self._is_offered and room_beside(text.strip()) != self._room:
            self.refresh()


def _words(opened: ChatSession) -> str:
    turn = opened.last_turn
    is_unanswered = turn is not None and not has_past([turn])
    count = len(opened.turns) - is_unanswered
    turns = "the turn above" if count == 1 else f"the {count:,} turns above"
    if opened.is_forgotten:
        begins = "The service has forgotten this conversation. What is asked next begins a new one"
    else:
        begins = "The next question begins a new conversation at the service"
    return f"{begins}. It does not know {turns}."
