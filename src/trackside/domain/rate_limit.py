"""What is known of how many questions the service takes, and how that is said."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import isfinite

LONGEST_WAIT_S = 600.0
"""A limit that lasts longer is said, but nothing waits in line for its end."""
_SLACK_S = 5.0
"""By which a wait may grow beyond that, so that not all clients come at once."""
_PLAN_DAY = timedelta(days=1)
"""For how long a used up plan is believed when nothing was said of its reset."""
_MINUTE_S, _HOUR_S, _DAY_S = 60.0, 3_600.0, 86_400.0
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class LimitHints:
    """What one response says of a window of questions; None for what it leaves out. Times are in seconds from
    the moment that it came, so that it doesn't matter what the service's clock shows."""

    limit: int | None = None
    remaining: int | None = None
    resets_in_s: float | None = None
    window_s: float | None = None
    is_accepted: bool = False
    """Whether the question was taken."""

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing of the window."""
        return replace(self, is_accepted=False) == LimitHints()


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What is known of one connection's limits. Times are of this computer's wall clock, in UTC.

    `learnt_at` is when the newest of it was learnt: a clock that shows an earlier time has been set back
    since, and then nothing lasts longer than it would have from there.
    """

    learnt_at: datetime
    limit: int | None = None
    """Questions in a window."""
    remaining: int | None = None
    """How many of them are left until `resets_at`."""
    resets_at: datetime | None = None
    window_s: float | None = None
    blocked_until: datetime | None = None
    """What a refusal said, or what is waited after one that said nothing."""
    is_plan_used_up: bool = False
    plan_resets_at: datetime | None = None

    def noted(self, hints: LimitHints, present: datetime) -> "RateLimit":
        """With what a response says. What it leaves out of a new window is unknown."""
        if hints.is_empty:
            return self
        limit = self.limit if hints.limit is None else hints.limit
        window_s = self.window_s if hints.window_s is None else hints.window_s
        known = replace(self, learnt_at=present, limit=limit, window_s=window_s)
        if hints.remaining is None and hints.resets_in_s is None:
            return known
        resets_at = None if hints.resets_in_s is None else after(present, hints.resets_in_s)
        return replace(known, remaining=hints.remaining, resets_at=resets_at)

    def blocked(self, for_s: float, present: datetime) -> "RateLimit":
        """After a refusal that has to be waited out."""
        return replace(self, learnt_at=present, blocked_until=after(present, for_s))

    def with_plan_used_up(self, resets_in_s: float | None, present: datetime) -> "RateLimit":
        """After the refusal that the plan's own limit is reached."""
        resets_at = None if resets_in_s is None else after(present, resets_in_s)
        return replace(self, learnt_at=present, is_plan_used_up=True, plan_resets_at=resets_at)

    def accepted(self, present: datetime) -> "RateLimit":
        """After a question that the service took: no refusal holds any more."""
        if self.blocked_until is None and not self.is_plan_used_up:
            return self
        return replace(
            self, learnt_at=present, blocked_until=None, is_plan_used_up=False, plan_resets_at=None
        )

    def moved(self, by: timedelta) -> "RateLimit":
        """As it is on a clock that shows so much more."""
        if not by:
            return self
        return replace(
            self,
            learnt_at=_moved(self.learnt_at, by) or self.learnt_at,
            resets_at=_moved(self.resets_at, by),
            blocked_until=_moved(self.blocked_until, by),
            plan_resets_at=_moved(self.plan_resets_at, by),
        )

    # -- what follows from it ----------------------------------------------------------------------

    def blocked_s(self, present: datetime) -> float:
        """How long a refusal still lasts, in seconds."""
        return _until(self.blocked_until, present)

    def window_left_s(self, present: datetime) -> float:
        """How long the window that is known still lasts; 0 when there is none."""
        return _until(self.resets_at, present)

    def left(self, present: datetime) -> int | None:
        """How many questions are left in the window that lasts; None when that isn't known."""
        return self.remaining if self.window_left_s(present) > 0.0 else None

    def wait_s(self, present: datetime) -> float:
        """How long questions have to wait, in seconds. What lasts very long is not waited for."""
        window_s = self.window_left_s(present) if self.left(present) == 0 else 0.0
        waits = (self.blocked_s(present), window_s)
        return max(wait_s if wait_s <= LONGEST_WAIT_S + _SLACK_S else 0.0 for wait_s in waits)

    def is_plan_over(self, present: datetime) -> bool:
        """Whether the plan's limit is used up and not yet reset."""
        if not self.is_plan_used_up:
            return False
        if self.plan_resets_at is not None:
            return present < self.plan_resets_at
        return present < self.learnt_at + _PLAN_DAY

    def is_idle(self, present: datetime) -> bool:
        """Whether time changes nothing of what it says any more."""
        lasting = (self.blocked_s(present), self.window_left_s(present))
        return not any(lasting) and not self.is_plan_over(present)

    def words(self, present: datetime) -> str:
        """What holds now, as a phrase without a full stop; empty when nothing is known to. `present` is in
        the time zone that times are said in."""
        if self.is_plan_over(present):
            return self._plan_words(present)
        blocked_s = self.blocked_s(present)
        if blocked_s > LONGEST_WAIT_S + _SLACK_S and self.blocked_until is not None:
            return f"Rate limited until {moment(self.blocked_until, present)}"
        wait_s = self.wait_s(present)
        if self.limit:
            left = self.left(present)
            used = self.limit if wait_s else None if left is None else max(0, self.limit - left)
            if used is not None:
                span_s = wait_s or self.window_left_s(present)
                words = f"{used} of {_questions(self.limit)} used{self._window_words(span_s)}"
                return f"{words}, next in {span_words(wait_s)}" if wait_s else words
        if wait_s:
            return f"Rate limited, next question in {span_words(wait_s)}"
        return ""

    def _plan_words(self, present: datetime) -> str:
        if self.plan_resets_at is None:
            return "The plan's limit is used up"
        at = moment(self.plan_resets_at, present)
        if self.plan_resets_at - present <= _PLAN_DAY:
            return f"Daily limit reached, resets at {at}"
        return f"The plan's limit is used up, resets on {at}"

    def _window_words(self, left_s: float) -> str:
        match self.window_s:
            case None | 60.0:
                return " this minute" if left_s <= _MINUTE_S + _SLACK_S else ""
            case 3_600.0:
                return " this hour"
            case 86_400.0:
                return " in 24 hours"
            case _:
                return ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a question waits: 1 is first in line. `in_s`: when it can go at the earliest, in seconds; 0 when
    only the questions before it are waited for."""

    number: int
    in_s: float
    length: int = 1
    """How many wait in the line."""
    is_estimated: bool = False
    """Whether the time follows from a limit that was told once, and not from when the line goes on."""

    @property
    def ordinal(self) -> str:
        return _ORDINALS[self.number - 1] if self.number <= len(_ORDINALS) else f"number {self.number}"


_ORDINALS = (
    *("first", "second", "third", "fourth", "fifth", "sixth"),
    *("seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth"),
)


def after(present: datetime, seconds: float) -> datetime:
    """So many seconds later, or the last day there is for what lies beyond all calendars."""
    if not isfinite(seconds):
        seconds = 0.0
    try:
        return present + timedelta(seconds=max(0.0, seconds))
    except OverflowError:
        return datetime.max.replace(tzinfo=present.tzinfo) - _PLAN_DAY


def span_words(seconds: float) -> str:
    """A duration as a countdown says it: “1 min 5 s”, never 0 while something is left."""
    whole = max(1, round(seconds))
    if whole >= _HOUR_S:
        hours, rest = divmod(round(whole / 60), 60)
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    minutes, rest = divmod(whole, 60)
    words = [f"{minutes} min"] * (minutes > 0) + [f"{rest} s"] * (rest > 0 or not minutes)
    return " ".join(words)


def moment(time: datetime, present: datetime) -> str:
    """A time in the zone of `present`: “02:00”, with the day when it is more than a day away."""
    local = time.astimezone(present.tzinfo)
    if abs(time - present) <= _PLAN_DAY:
        return f"{local:%H:%M}"
    year = f" {local.year}" if local.year != present.year else ""
    return f"{local.day} {_MONTHS[local.month - 1]}{year}, {local:%H:%M}"


def _questions(count: int) -> str:
    return "1 question" if count == 1 else f"{count:,} questions"


def _until(time: datetime | None, present: datetime) -> float:
    return 0.0 if time is None else max(0.0, (time - present).total_seconds())


def _moved(time: datetime | None, by: timedelta) -> datetime | None:
    if time is None:
        return None
    try:
        return time + by
    except OverflowError:
        return time
