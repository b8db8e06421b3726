"""The failures of this run, without what was asked or said: for the diagnostics."""

import re
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime

from trackside.domain.failure import Failure, FailureKind
from trackside.domain.secrecy import redacted

_MOST = 30
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,47}")
"""What a code looks like. Anything else that a server puts there may be a sentence, and may quote."""
_ERROR_NAME = re.compile(r"[A-Z][A-Za-z]{2,40}(?=:|$)")
_LAYERS = {
    FailureKind.KEY: "key",
    FailureKind.NO_ACCESS: "access",
    FailureKind.CONNECTION: "network",
    FailureKind.INTERRUPTED: "network",
    FailureKind.SILENCE: "network",
    FailureKind.STORAGE: "disk",
    FailureKind.KEYRING: "keyring",
    FailureKind.INPUT: "input",
    FailureKind.BUG: "program",
}


@dataclass(frozen=True, slots=True)
class NotedFailure:
    """What is kept of a failure. `error` is the name of the exception behind it, if one was."""

    kind: FailureKind
    at: datetime | None
    layer: str
    status: int | None = None
    code: str = ""
    error: str = ""
    host: str = ""

    @property
    def words(self) -> str:
        """All but the time, in one line."""
        status = f"HTTP {self.status}" if self.status is not None else ""
        return ", ".join(
            filter(None, (self.kind.value, self.layer, status, self.code, self.error, self.host))
        )


def noted(failure: Failure, at: datetime | None, host: str = "") -> NotedFailure:
    """What may be kept of it. Neither headline nor advice nor detail: they quote servers, and those quote
    questions."""
    code = failure.code or ""
    code = code if _CODE.fullmatch(code) and redacted(code) == code else ""
    error = _ERROR_NAME.match(failure.detail)
    layer = str(failure.layer or _LAYERS.get(failure.kind, "service"))
    return NotedFailure(failure.kind, at, layer, failure.status, code, error[0] if error else "", host)


class LastFailures:
    """The newest of them, in memory alone. Those of attempts stand in the database, too."""

    def __init__(self) -> None:
        self._shown: deque[NotedFailure] = deque(maxlen=_MOST)
        self._of_attempts: deque[NotedFailure] = deque(maxlen=_MOST)

    @property
    def shown(self) -> tuple[NotedFailure, ...]:
        """Those that belong to no attempt, the latest first."""
        return tuple(self._shown)

    @property
    def of_attempts(self) -> tuple[NotedFailure, ...]:
        """Those of this run's attempts, the latest first."""
        return tuple(self._of_attempts)

    def note(self, failure: Failure, host: str = "") -> None:
        self._shown.appendleft(noted(failure, datetime.now(UTC), host))

    def note_attempt(self, failure: Failure) -> None:
        self._of_attempts.appendleft(noted(failure, datetime.now(UTC)))
