"""Where one was in each session, and which panel stood beside it: kept when it is left, there on return.

A place is told by the text at the top of the view, not by pixels of the column, so that it is the same line
in a window of another width and at another zoom.
"""

import time
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer

from trackside.chat.session import ChatSession
from trackside.ui.panels.inspector import TABS, Inspector
from trackside.ui.transcript.places import Place
from trackside.ui.transcript.turn_content import TurnContent
from trackside.ui.transcript.view import TranscriptView

_NOTED_EVERY_MS = 1_000
_READ_S = 0.03
"""How long a long answer is read at once for the line that is looked for in it."""


@dataclass(frozen=True, slots=True)
class ReadingPlace:
    """A line of a turn, and how far below the view's top it begins, in pixels at 100 %."""

    turn_id: str
    part: int
    position: int
    below: int

    def __str__(self) -> str:
        return f"{self.turn_id} {self.part} {self.position} {self.below}"

    @classmethod
    def read(cls, text: str) -> "ReadingPlace | None":
        """None for what says no place; see `Session.reading_place`."""
        try:
            turn_id, part, position, below = text.split(" ")
            return cls(turn_id, int(part), int(position), int(below))
        except ValueError:
            return None


class ReadingPlaces(QObject):
    """Follows the shown session: `leave` before it goes from the screen, `enter` when another is there."""

    def __init__(self, transcript: TranscriptView, inspector: Inspector) -> None:
        super().__init__(transcript)
        self._transcript = transcript
        self._inspector = inspector
        self._session: ChatSession | None = None
        self._timer = QTimer(self, singleShot=True, interval=_NOTED_EVERY_MS)
        self._timer.timeout.connect(self._note)
        transcript.viewpoint.placed.connect(self._note_soon)
        inspector.tab_changed.connect(self._note_tab)

    def leave(self) -> None:
        """Notes the place for good; what is saved of the session afterwards has it."""
        self._timer.stop()
        if self._session is not None:
            self._note()
            self._session = None

    def enter(self, session: ChatSession | None) -> None:
        """Goes to where this session was left, in the transcript and in the inspector."""
        if session is None:
            return
        place = ReadingPlace.read(session.session.reading_place)
        if place is not None:
            self._show(place)
        if 0 <= session.session.inspector_tab < len(TABS):
            self._inspector.show_tab(session.session.inspector_tab)
        self._session = session

    # -- noting ----------------------------------------------------------------------------------

    def _note_soon(self) -> None:
        if self._session is not None and not self._timer.isActive():
            self._timer.start()

    def _note(self) -> None:
        if self._session is not None:
            self._session.set_reading_place(self._here())

    def _note_tab(self, number: int) -> None:
        if self._session is not None:
            self._session.set_inspector_tab(number)

    def _here(self) -> str:
        """The place that the view shows; empty for the end, which goes on being shown."""
        view = self._transcript
        viewpoint, rows = view.viewpoint, view.rows
        line = viewpoint.place_of_line() if not viewpoint.is_at_end else None
        if line is None:
            return ""
        (row, part, position), below = line
        return str(ReadingPlace(rows.turns[row].id, part, position, round(below * 100 / self._zoom)))

    @property
    def _zoom(self) -> int:
        return max(1, self._transcript.rows.stage.px(100))

    # -- going there -----------------------------------------------------------------------------

    def _show(self, place: ReadingPlace) -> None:
        """A turn that isn't there any more leaves the view at its end."""
        view = self._transcript
        row = view.rows.index_of(place.turn_id)
        if row is None:
            return
        content = view.rows.content(row)
        part = _nearest_part(content, place.part)
        is_same = part == place.part
        position = min(max(0, place.position), len(content.rendered(part).text)) if is_same else 0
        below = round(place.below * self._zoom / 100) if is_same else 0
        view.viewpoint.let_go()
        view.viewpoint.show_line((Place(row, part, position), below))
        view.viewpoint.hold_on()


def _nearest_part(content: TurnContent, wanted: int) -> int:
    """The part, once a long answer was read that far, or the last one before it that there is."""
    end_s = time.perf_counter() + _READ_S
    while content.answer.is_behind and len(content.answer) <= wanted and time.perf_counter() < end_s:
        content.read_on()
    there = list(content.parts)
    return max((part for part in there if part <= wanted), default=there[0])
