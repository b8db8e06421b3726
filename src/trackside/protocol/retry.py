"""Pure decision: try again, and after how long?"""

import random
from dataclasses import dataclass

from trackside.domain.failure import Failure, FailureKind

_PASSING = {FailureKind.RATE_LIMIT, FailureKind.SERVICE, FailureKind.CONNECTION}


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how patiently. Delays are in seconds.

    Only before the first event of a stream: what comes after is decided by the user, because nothing
    resumes and a second answer costs again.
    """

    max_tries: int = 4
    base_delay_s: float = 1.0
    max_delay_s: float = 30.0
    rate_limit_delay_s: float = 30.0
    """For a 429 without any hint: the limit seen is about two a minute."""
    max_hint_s: float = 600.0
    """A Retry-After beyond this is shown, not waited for."""

    def delay_s(self, failure: Failure, tries: int, *, jitter: float | None = None) -> float | None:
        """Delay before the next try, or None to give up. `tries` counts those already made.

        `jitter` in 0…1 spreads the delay; None draws one.
        """
        if failure.kind not in _PASSING or tries >= self.max_tries:
            return None
        if failure.status is not None and failure.status < 400:
            return None  # An address that leads elsewhere goes on doing so.
        spread = random.random() if jitter is None else jitter  # noqa: S311 -- no secret depends on it
        if failure.retry_after_s is not None:
            if failure.retry_after_s > self.max_hint_s:
                return None
            # A little later than asked, and not all clients at once.
            return failure.retry_after_s + 0.1 + 0.4 * spread
        if failure.kind is FailureKind.RATE_LIMIT:
            return self.rate_limit_delay_s + 2.0 * spread
        ceiling = min(self.max_delay_s, self.base_delay_s * 2.0 ** (tries - 1))
        return ceiling * (0.5 + 0.5 * spread)
