"""How an attempt ends: which state a failure or a whole answer leads to, and in what words."""

from trackside.domain.answer import Answer
from trackside.domain.failure import Failure, FailureKind
from trackside.domain.stream import ResponseStatus
from trackside.domain.turn import AttemptState

ANSWERED = (AttemptState.COMPLETED, AttemptState.INCOMPLETE)
"""Ends that only an answer leads to that has begun."""


def state_after(failure: Failure, *, has_event: bool) -> AttemptState:
    """Where a failure leads: a stream that broke is interrupted, everything else has failed."""
    is_broken = failure.kind in (FailureKind.INTERRUPTED, FailureKind.SILENCE)
    if is_broken or (has_event and failure.kind is FailureKind.CONNECTION):
        return AttemptState.INTERRUPTED
    return AttemptState.FAILED


def ending_of(answer: Answer) -> tuple[AttemptState, Failure | None]:
    """What the service said that is over: completed, cut off, failed, or over without an answer."""
    match answer.status:
        case ResponseStatus.FAILED:
            message = answer.error_message or "It gave no reason."
            detail = f"{answer.error_code or ''} {answer.response_id or ''}".strip()
            failure = Failure(
                FailureKind.ANSWER_FAILED,
                "The service could not finish the answer.",
                f"It says: {message}",
                detail,
                code=answer.error_code,
            )
            return AttemptState.FAILED, failure
        case ResponseStatus.INCOMPLETE:
            return AttemptState.INCOMPLETE, None
        case _ if not answer.has_content:
            return AttemptState.FAILED, EMPTY
        case _:
            return AttemptState.COMPLETED, None


BROKEN_OFF = Failure(
    FailureKind.INTERRUPTED,
    "The connection closed before the answer's end.",
    "The service does not resume a stream, so a retry asks again.",
)
CLOSED = Failure(
    FailureKind.INTERRUPTED,
    "Trackside was closed before the answer's end.",
    "The service does not resume a stream, so a retry asks again.",
)
UNSENT = Failure(
    FailureKind.INTERRUPTED,
    "Trackside was closed before the question was sent.",
    "It is kept; a retry asks it.",
)
EMPTY = Failure(
    FailureKind.BAD_ANSWER, "The service ended without an answer.", "Ask again, or ask in other words."
)
BUG = Failure(FailureKind.BUG, "Something went wrong inside Trackside.", "The log has the details.")
