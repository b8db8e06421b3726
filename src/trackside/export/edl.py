"""Clip list as an edit decision list (CMX 3600): each cited clip an event, one after another."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from trackside.domain.session import Session
from trackside.domain.turn import Turn
from trackside.export.citing import address_of
from trackside.export.clips import Clip, ClipKind, NameOf, clips_of, one_line
from trackside.export.timecode import FRAME_RATES, FrameRate

LOSES = (
    "citations without times and of web pages",
    "answers but for the sentences that cite",
    "steps",
    "attempts that aren't chosen",
)

_POINT_S = 5.0
"""How long a clip is whose end the answer doesn't say."""
_RECORD_START_S = 3600
"""Programmes begin at one o'clock by custom, which leaves room for what stands before them."""
_COUNTED = 999
_REEL_LENGTH = 8
_RESERVED = {"AX", "BL", "BLACK"}
"""What means something else where a reel's name stands: an auxiliary source, and black."""
_COMMENT_LENGTH = 200


def pieces(
    sessions: Sequence[tuple[Session, Sequence[Turn]]],
    *,
    name_of: NameOf = lambda _: "",
    rate: FrameRate = FRAME_RATES["25"],
) -> Iterator[str]:
    """The title, then each turn's events at once; a turn that cites no clip gives an empty piece."""
    title = sessions[0][0].shown_title if len(sessions) == 1 else f"Clips of {len(sessions)} sessions"
    # Seventy columns, as CMX's own lists have.
    yield f"TITLE: {one_line(title, 60)}\nFCM: {'DROP FRAME' if rate.is_drop else 'NON-DROP FRAME'}\n\n"
    events = _Events(rate)
    for session, turns in sessions:
        for turn in turns:
            clips = clips_of(turn, name_of)
            yield "".join(events.lines(session, clip) for clip in clips)
    yield events.rest()


class _Events:
    """Counts the events, and where on the programme's timeline the next one begins."""

    def __init__(self, rate: FrameRate) -> None:
        self._rate = rate
        self._count = 0
        self._record = rate.nominal * _RECORD_START_S
        if rate.is_drop:
            self._record -= 108  # of an hour's numbers are dropped
        self._reels: dict[str, str] = {}
        self._taken = set(_RESERVED)
        self._numbers: dict[str, int] = {}
        """The last that was given to each beginning of a name."""
        self._held_back = ""
        """What was skipped before the first event: programs know comments only behind one."""

    def rest(self) -> str:
        """What has to be said at the end."""
        return self._held_back

    def lines(self, session: Session, clip: Clip) -> str:
        """A clip's event with its comments, or a comment that says why there is none."""
        if reason := self._reason_to_skip(clip):
            comment = _comment(f"SKIPPED, {reason}")
            if not self._count:
                self._held_back += comment
                return ""
            return comment
        start, length = self._place(clip)
        lines = self._event(clip, start, length) + _comment(f"FROM CLIP NAME: {clip.title}")
        if clip.item_id != clip.title:
            lines += _comment(f"ITEM ID: {clip.item_id}")
        if not _has_end(clip):
            lines += _comment(f"NO END WAS CITED: {_POINT_S:g} SECONDS TAKEN")
        lines += _comment(f"SESSION: {session.shown_title}")
        lines += _comment(f"QUESTION: {clip.turn.ask.question}")
        if clip.quote:
            lines += _comment(f"QUOTE: {clip.quote}")
        held_back, self._held_back = self._held_back, ""
        return lines + held_back

    def _reason_to_skip(self, clip: Clip) -> str:
        name = clip.title or address_of(clip.citation) or clip.citation.collection_id or "a text"
        if clip.kind is not ClipKind.CLIP:
            return f"NO TIMES: {name}"
        if clip.start_s is None:
            return f"TIMES THAT MAKE NO SENSE: {name}"
        start, length = self._place(clip)
        if not clip.item_id:
            return f"NO VIDEO IS NAMED FOR {self._rate.timecode(start)}"
        return f"LATER THAN A DAY: {name}" if start + length >= self._rate.frames_a_day else ""

    def _place(self, clip: Clip) -> tuple[int, int]:
        """First frame and number of frames."""
        begin = clip.start_s or 0.0
        end = clip.end_s if clip.end_s is not None and _has_end(clip) else begin + _POINT_S
        start = self._rate.frames(begin)
        return start, max(1, self._rate.frames(end) - start)

    def _event(self, clip: Clip, start: int, length: int) -> str:
        self._count += 1
        places = (start, start + length, self._record, self._record + length)
        times = " ".join(self._rate.timecode(place) for place in places)
        self._record += length
        reel = self._reel(clip)
        warning = _comment(f"CMX 3600 COUNTS {_COUNTED} EVENTS") if self._count == _COUNTED + 1 else ""
        # B: the picture and its sound.
        return f"{warning}{self._count:03}  {reel:<{_REEL_LENGTH}} B     C        {times}\n"

    def _reel(self, clip: Clip) -> str:
        """A name of its own for each item: up to eight capitals and digits, as CMX's decks took them."""
        if clip.item_id not in self._reels:
            stem = re.sub(r"\.\w{1,5}\Z", "", clip.title)
            plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode().upper()
            letters = re.sub("[^A-Z0-9]", "", plain)[:_REEL_LENGTH] or "CLIP"
            name, number = letters, self._numbers.get(letters, 1)
            while name in self._taken:
                number += 1
                name = f"{letters[: _REEL_LENGTH - len(str(number))]}{number}"
            self._numbers[letters] = number
            self._taken.add(name)
            self._reels[clip.item_id] = name
        return self._reels[clip.item_id]


def _has_end(clip: Clip) -> bool:
    return clip.start_s is not None and clip.end_s is not None and clip.end_s > clip.start_s


def _comment(text: str) -> str:
    """A line that programs show and don't obey. What it quotes can't end it and begin an event."""
    return f"* {one_line(text, _COMMENT_LENGTH)}\n"
