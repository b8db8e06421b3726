"""Going on from an earlier turn: the service can't rewind a conversation, so it is done in a copy."""

from typing import Any

from PySide6.QtCore import QObject

from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.domain.turn import Turn
from trackside.ui.desk import Desk
from trackside.ui.dialogs.recap import open_recap
from trackside.ui.theme import Theme

_EDITED = "The service can't rewind a conversation, so this goes on in a copy."


class Branching(QObject):
    """Makes new sessions of the turns up to one, and shows what such a session told the service of them."""

    def __init__(self, desk: Desk, theme: Theme) -> None:
        super().__init__(desk)
        self._desk = desk
        self._theme = theme
        transcript = desk.transcript
        transcript.branch_wanted.connect(self.branch)
        transcript.edit_wanted.connect(self.edit)
        transcript.recap_wanted.connect(self._show_recap)

    def branch(self, turn: Turn) -> None:
        """Opens a new session with the turns up to this one."""
        title = self._desk.session.session.shown_title if self._desk.session is not None else ""
        news = f"This is a copy. “{title}” stays as it is."
        self._desk.tasks.start(self._open_copy(turn, news, is_whole=True))

    def edit(self, turn: Turn) -> None:
        """Opens a new session with the turns before this one, its question in the message."""
        ask = turn.ask
        self._desk.tasks.start(
            self._open_copy(
                turn,
                _EDITED,
                is_whole=False,
                draft=ask.question,
                instructions=ask.instructions,
                schema_text=ask.schema.text if ask.schema is not None else "",
                include_steps=ask.include_steps,
                web_search=ask.web_search,
            )
        )

    async def _open_copy(self, turn: Turn, news: str, *, is_whole: bool, **facts: Any) -> None:
        source = self._desk.session
        if source is None or turn not in source.turns:
            return  # of a session that was shown before
        count = source.turns.index(turn) + is_whole
        copy = await self._desk.library.branch(source.session.id, count, **facts)
        if copy is None:
            raise TracksideError(
                Failure(FailureKind.STORAGE, "This session is not there any more.", "Choose another one.")
            )
        if self._desk.session is source:  # else something was chosen while it was made: the list has it
            self._desk.show_made(copy)
            self._desk.window.notices.show_news(news)

    def _show_recap(self, recap: str) -> None:
        open_recap(self._theme, recap, self._desk.window)
