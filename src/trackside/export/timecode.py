"""Frame rates and timecode: seconds as hours, minutes, seconds and frames (SMPTE ST 12-1)."""

from dataclasses import dataclass
from fractions import Fraction

_HOURS = 24


@dataclass(frozen=True, slots=True)
class FrameRate:
    """`nominal` frames are counted in a second of timecode; `exact` is how many really pass in one."""

    name: str
    words: str
    nominal: int
    exact: Fraction
    is_drop: bool = False

    @property
    def frames_a_day(self) -> int:
        """After so many frames the timecode begins anew."""
        dropped = 2 * (60 - 6) * _HOURS if self.is_drop else 0
        return self.nominal * 3600 * _HOURS - dropped

    def frames(self, seconds: float) -> int:
        """The frame that is nearest to a time; halves go up, so that one and the same time never differs."""
        return int(Fraction(seconds) * self.exact + Fraction(1, 2))

    def timecode(self, frame: int) -> str:
        """A frame's timecode; “;” before the frames says that numbers are dropped. Begins anew every day."""
        frame %= self.frames_a_day
        if self.is_drop:
            # The numbers 00 and 01 are left out at each minute but every tenth; no picture is.
            tens, rest = divmod(frame, 17_982)
            frame += 18 * tens + (2 * ((rest - 2) // 1_798) if rest > 1 else 0)
        seconds, frames = divmod(frame, self.nominal)
        mark = ";" if self.is_drop else ":"
        clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        return f"{clock}{mark}{frames:02}"


def _ntsc(nominal: int) -> Fraction:
    return Fraction(nominal * 1000, 1001)


FRAME_RATES = {
    rate.name: rate
    for rate in (
        FrameRate("23.976", "23.976", 24, _ntsc(24)),
        FrameRate("24", "24", 24, Fraction(24)),
        FrameRate("25", "25", 25, Fraction(25)),
        FrameRate("29.97", "29.97 non-drop", 30, _ntsc(30)),
        FrameRate("29.97df", "29.97 drop-frame", 30, _ntsc(30), is_drop=True),
        FrameRate("30", "30", 30, Fraction(30)),
        FrameRate("50", "50", 50, Fraction(50)),
        FrameRate("59.94", "59.94", 60, _ntsc(60)),
        FrameRate("60", "60", 60, Fraction(60)),
    )
}
"""By the name that the command line and the settings know."""
