"""How long the trash keeps what is in it."""

from datetime import datetime, timedelta

from trackside.domain.session import Session

KEPT_DAYS = 30
"""Unless the settings say another number."""


def days_left(session: Session, present: datetime, kept_days: int = KEPT_DAYS) -> int:
    """How many days a session in the trash can still be restored, a day that has begun included."""
    since = session.trashed_at or present
    left = since + timedelta(days=kept_days) - present
    return max(1, min(kept_days, -(-left // timedelta(days=1))))
