"""Reads WebVTT and SubRip captions into cues. Forgiving: what makes no sense is passed over."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

_TIMING = re.compile(
    r"(?:(\d+):)?(\d{1,2}):(\d{2})[.,](\d{1,3})\s*-->\s*(?:(\d+):)?(\d{1,2}):(\d{2})[.,](\d{1,3})"
)
_VOICE = re.compile(r"<v(?:\.[^ \t>]*)?[ \t]+([^>]+)>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^>]*>|<\d[\d:.]*>|\{\\[^}]*\}")


@dataclass(frozen=True, slots=True)
class Cue:
    """One caption: when it is shown, what it says, and who says it (empty when nobody is named)."""

    start_s: float
    end_s: float
    text: str
    speaker: str = ""


def parse_captions(text: str) -> tuple[Cue, ...]:
    """The cues of a WebVTT or SubRip file, in the order of their times."""
    cues = []
    for block in re.split(r"\n[ \t]*\n", text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")):
        cue = _cue(block.strip("\n").split("\n"))
        if cue is not None:
            cues.append(cue)
    return tuple(sorted(cues, key=lambda cue: (cue.start_s, cue.end_s)))


def _cue(lines: list[str]) -> Cue | None:
    for number, line in enumerate(lines[:2]):
        timing = _TIMING.search(line)
        if timing is None:
            continue
        start_s, end_s = _seconds(*timing.group(1, 2, 3, 4)), _seconds(*timing.group(5, 6, 7, 8))
        raw = " ".join(lines[number + 1 :])
        voice = _VOICE.search(raw)
        speaker = html.unescape(voice.group(1)).strip() if voice else ""
        words = " ".join(html.unescape(_TAG.sub("", raw)).split())
        return Cue(start_s, max(start_s, end_s), words, speaker) if words else None
    return None


def _seconds(hours: str | None, minutes: str, seconds: str, fraction: str) -> float:
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + int(fraction.ljust(3, "0")) / 1000
