"""Clip list as CSV: a row for every citation, for spreadsheets and scripts.

RFC 4180: lines end in CRLF, cells are quoted where they must be. The text begins with a byte order mark,
since Excel takes a file without one for the system's old code page; Python reads it as “utf-8-sig”.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from trackside.domain.session import Session
from trackside.domain.turn import Turn
from trackside.export.citing import address_of
from trackside.export.clips import Clip, NameOf, clips_of

LOSES = (
    "answers but for the sentences that cite",
    "answers that cite nothing",
    "steps",
    "attempts that aren't chosen",
)

COLUMNS = (
    "session",
    "turn",
    "asked_at",
    "question",
    "quote",
    "kind",
    "title",
    "item_id",
    "collection_id",
    "url",
    "start",
    "end",
    "start_s",
    "end_s",
    "duration_s",
)
_MARK = "\ufeff"
_NOT_KEPT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_FORMULA = tuple("=+-@＝＋－＠﹢﹣﹦﹫")
_UNSEEN = re.compile("^[\\s\xad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]*")


def pieces(
    sessions: Sequence[tuple[Session, Sequence[Turn]]], *, name_of: NameOf = lambda _: ""
) -> Iterator[str]:
    """The header, then each turn's rows at once; a turn that cites nothing gives an empty piece."""
    yield _MARK + _rows([COLUMNS])
    for session, turns in sessions:
        for number, turn in enumerate(turns, 1):
            yield _rows(_row(session, number, clip) for clip in clips_of(turn, name_of))


def _row(session: Session, number: int, clip: Clip) -> tuple[str, ...]:
    duration = clip.end_s - clip.start_s if clip.start_s is not None and clip.end_s is not None else None
    return (
        _cell(session.shown_title),
        str(number),
        clip.turn.asked_at.isoformat(timespec="seconds"),
        _cell(clip.turn.ask.question),
        _cell(clip.quote),
        clip.kind.value,
        _cell(clip.title),
        _cell(clip.item_id),
        _cell(clip.citation.collection_id or ""),
        _cell(address_of(clip.citation)),
        _clock(clip.start_s),
        _clock(clip.end_s),
        _seconds(clip.start_s),
        _seconds(clip.end_s),
        _seconds(duration),
    )


def _cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe before it makes it words."""
    kept = _NOT_KEPT.sub("", text)
    words = _UNSEEN.sub("", kept, count=1)
    is_formula = words.startswith(_FORMULA) or kept.startswith(("\t", "\r", "\n"))
    return f"'{kept}" if is_formula else kept


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.3f}".rstrip("0").rstrip(".")


def _clock(seconds: float | None) -> str:
    if seconds is None:
        return ""
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"


def _rows(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()
