"""A certificate authority, as the settings name it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Authority:
    """Whose certificates a CA file trusts, and until when (UTC)."""

    name: str
    until: datetime

    def words(self, present: datetime) -> str:
        """`Harbour CA, until 4 May 2031`; an expired one says so."""
        day = f"{self.until.day} {self.until:%B %Y}"
        return f"{self.name}, expired on {day}" if self.until < present else f"{self.name}, until {day}"


def words_of(authorities: tuple[Authority, ...], present: datetime) -> str:
    """All of a file's authorities; of many only the first ones are named."""
    named = [authority.words(present) for authority in authorities[:3]]
    if more := len(authorities) - len(named):
        named.append(f"and {more:,} more")
    return "; ".join(named)
