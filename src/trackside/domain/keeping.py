"""How long the trash keeps what is in it."""

from datetime import datetime, timedelta

from trackside.domain.session import Session

KEPT_DAYS = 30


def days_left(session: Session, present: datetime) -> int:
    """How many days a session in the trash can still be restored, a day that has begun included."""
    since = session.trashed_at or present
    left = since + timedelta(days=KEPT_DAYS) - present
    return max(1, min(KEPT_DAYS, -(-left // timedelta(days=1))))
