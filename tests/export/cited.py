"""What the tests of exports share: sessions whose answers cite."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from trackside.domain.failure import Failure, FailureKind
from trackside.domain.session import Session
from trackside.domain.stream import (
    Annotation,
    AnnotationKind,
    ContentPart,
    ItemKind,
    OutputItem,
    Response,
    ResponseStatus,
    ResponseUpdated,
    Usage,
)
from trackside.domain.turn import Ask, Attempt, AttemptState, Turn

WHEN = datetime(2026, 7, 11, 3, 13, 47, 123456, UTC)
HOSTILE = (
    '=HYPERLINK("http://evil","x")',
    "+1+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "  =1",
    "a\0b",
    "<script>alert(1)</script>",
    "\u202egnp.exe",
    "line\r\nline\u2028line\u0085line",
    "\ud800",
    "'''\"\"\"\\",
    "{x} %s ]] --> */",
    "$" * 20 + "`" * 20,
)
"""Words that some program somewhere takes for more than words."""


def a_session(**facts: Any) -> Session:
    session = Session("s1", "twelvelabs", WHEN, WHEN, title="Harbour", store_id="ks_1", store_name="Sea")
    return replace(session, **facts)


def a_turn(
    text: str,
    *annotations: Annotation,
    number: int = 0,
    question: str = "What happens?",
    state: AttemptState = AttemptState.COMPLETED,
    sent_session_id: str | None = None,
    recap: str = "",
    **ask: Any,
) -> Turn:
    turn = Turn(f"t{number}", "s1", number, Ask(question, "ks_1", **ask), WHEN)
    attempt = Attempt(f"a{number}", turn.id, 1, state=state, tries=1, sent_session_id=sent_session_id)
    attempt.recap = recap
    message = OutputItem(
        ItemKind.MESSAGE,
        "msg",
        "message",
        ResponseStatus.COMPLETED,
        content=(ContentPart(text, annotations),),
    )
    response = Response(
        "resp", ResponseStatus.COMPLETED, session_id="sess_1", output=(message,), usage=Usage(1, 2)
    )
    attempt.answer.fold(ResponseUpdated(response, is_end=True))
    if state is AttemptState.FAILED:
        attempt.failure = Failure(FailureKind.SERVICE, "The service has trouble.")
    turn.attempts.append(attempt)
    return turn


def a_clip(start: float | None = 1.0, end: float | None = 2.0, **facts: Any) -> Annotation:
    """An annotation over the first character."""
    facts = {"item_id": "ksi_1", "title": "Boats.mp4"} | facts
    return Annotation(AnnotationKind.VIDEO, 0, 0, start_s=start, end_s=end, **facts)
