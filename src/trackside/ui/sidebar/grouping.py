"""The words for a session's time: the heading it stands under, and the row's own."""

from collections.abc import Callable
from datetime import datetime, time, timedelta

from PySide6.QtCore import QLocale

from trackside.domain.keeping import days_left
from trackside.domain.session import Session
from trackside.ui.sidebar.views import SidebarView

PINNED = "Pinned"
_WORDS = QLocale(QLocale.Language.English)
"""Names of days and months are in the language of the window, whatever the system's is."""


def heading_of(session: Session, view: SidebarView, present: datetime) -> str:
    """Pinned, Today, Yesterday, Previous 7 days, then months.

    `present` is local time, and so is the session's: in the summer or winter time of its own day.
    """
    if view.has_pins and session.pinned:
        return PINNED
    when = _time_of(session, view)
    days = (present.date() - when.date()).days
    if days <= 0:
        return "Today"
    if days == 1:
        return "Yesterday"
    if days <= 7:
        return "Previous 7 days"
    month = _WORDS.standaloneMonthName(when.month, QLocale.FormatType.LongFormat)
    return month if when.year == present.year else f"{month} {when.year}"


def stands_with(first: Session, view: SidebarView, present: datetime) -> Callable[[Session], bool]:
    """Tells of a session that comes after another one in the view whether it has the same heading. Cheaper
    than the headings themselves, for whoever looks for where a group ends."""
    if view.has_pins and first.pinned:
        return lambda session: session.pinned
    day = _time_of(first, view).date()
    days = (present.date() - day).days
    if days <= 1:
        begin = min(day, present.date())
    elif days <= 7:
        begin = present.date() - timedelta(days=7)
    else:
        begin = day.replace(day=1)
    since = datetime.combine(begin, time()).astimezone()
    if view.is_trash:
        return lambda session: (session.trashed_at or session.updated_at) >= since
    return lambda session: session.updated_at >= since


def when_words(session: Session, view: SidebarView, present: datetime, kept_days: int) -> str:
    """The time of a row, or how long it can still be restored."""
    if view.is_trash:
        left = days_left(session, present, kept_days)
        return "last day" if left == 1 else f"{left} days left"
    when = _time_of(session, view)
    days = (present.date() - when.date()).days
    if days <= 0:
        return when.strftime("%H:%M")
    if days <= 7:
        return _WORDS.dayName(when.isoweekday(), QLocale.FormatType.ShortFormat)
    return f"{when.day} {_WORDS.monthName(when.month, QLocale.FormatType.ShortFormat)}"


def _time_of(session: Session, view: SidebarView) -> datetime:
    trashed_at = session.trashed_at if view.is_trash else None
    return (trashed_at or session.updated_at).astimezone()
