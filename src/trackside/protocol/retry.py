"""Pure decision: try again, and after how long?"""

import random
from dataclasses import dataclass

from trackside.domain.failure import Failure, FailureKind, FailureLayer
from trackside.domain.rate_limit import LONGEST_WAIT_S

_LASTING = {
    FailureLayer.HEADERS,
    FailureLayer.PROXY_SETTINGS,
    FailureLayer.PROXY_LOGIN,
    FailureLayer.CA_FILE,
    FailureLayer.TRUST,
}
"""What stays as it is until somebody mends it; a login that is wrong again and again may lock an account."""
_PASSING = {FailureKind.SERVICE, FailureKind.CONNECTION}


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how patiently. Delays are in seconds.

    Only before the first event of a stream: what comes after is decided by the user, because nothing
    resumes and a second answer costs again.
    """

    max_tries: int = 4
    """Requests that may fail, the first included; 1 for never again by itself. Refusals for the rate have a
    count of their own, since they say when to come again."""
    base_delay_s: float = 1.0
    max_delay_s: float = 30.0
    rate_limit_delay_s: float = 30.0
    """For a 429 without any hint: the limit seen is about two a minute."""
    max_hint_s: float = LONGEST_WAIT_S
    """A Retry-After beyond this is shown, not waited for."""
    max_refusals: int = 20
    """How often one question is sent against a rate limit that doesn't end."""

    def delay_s(self, failure: Failure, tries: int, *, jitter: float | None = None) -> float | None:
        """Delay before the next try, or None to give up. `tries` counts those that failed in its way: against
        the rate limit, or in any other.

        `jitter` in 0…1 spreads the delay; None draws one.
        """
        if failure.kind is FailureKind.RATE_LIMIT:
            if self.max_tries <= 1 or tries >= self.max_refusals:
                return None
            return self.limited_s(failure, jitter=jitter)
        if failure.kind not in _PASSING or failure.layer in _LASTING or tries >= self.max_tries:
            return None
        if failure.status is not None and failure.status < 400:
            return None  # An address that leads elsewhere goes on doing so.
        if failure.retry_after_s is not None:
            return self._after_hint(failure.retry_after_s, jitter)
        ceiling = min(self.max_delay_s, self.base_delay_s * 2.0 ** (tries - 1))
        return ceiling * (0.5 + 0.5 * _spread(jitter))

    def limited_s(self, failure: Failure, *, jitter: float | None = None) -> float | None:
        """For how long a 429 closes the connection to all questions; None when that is too long to wait."""
        if failure.retry_after_s is not None:
            return self._after_hint(failure.retry_after_s, jitter)
        return self.rate_limit_delay_s + 2.0 * _spread(jitter)

    def _after_hint(self, hint_s: float, jitter: float | None) -> float | None:
        """A little later than asked, and not all clients at once."""
        return None if hint_s > self.max_hint_s else hint_s + 0.1 + 0.4 * _spread(jitter)


def _spread(jitter: float | None) -> float:
    return random.random() if jitter is None else jitter  # noqa: S311 -- no secret depends on it
