"""Sessions to export, and texts that mean no good."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from trackside.domain.answer import Answer, SavedAnswer, SavedItem
from trackside.domain.failure import Failure, FailureKind
from trackside.domain.session import Session
from trackside.domain.stream import (
    Annotation,
    AnnotationKind,
    ContentPart,
    ItemKind,
    OutputItem,
    ResponseStatus,
    Usage,
)
from trackside.domain.turn import AnswerSchema, Ask, Attempt, AttemptState, Turn
from trackside.export import json
from trackside.export.story import ExportedSession

WHEN = datetime(2026, 7, 11, 3, 13, 47, 123456, UTC)
SIGNED = "https://media.example/a.m3u8?X-Amz-Signature=5ec7e7"

HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(2)> </style><style>*{display:none}</style>\n\n"
    "[click](javascript:alert(3)) [data](data:text/html,hi) <javascript:alert(4)> [ref] `<b>code</b>`\n\n"
    "[ref]: javascript:alert(5)\n\n"
    "<!-- never closed\n\n<details><summary>\n\n"
    "\u202eturned around\n\nx\x00y\x07z \u2066 isolate\n\n"
    + "> " * 60
    + "deep\n\n"
    + "".join("  " * depth + "- n\n" for depth in range(60))
    + "\n```html\n<script>in code</script>\n</code></pre>"
)
"""An answer with everything that could reach beyond its place; its last fence is never closed."""

STEPS = (
    OutputItem(
        ItemKind.FUNCTION_CALL,
        "f1",
        "function_call",
        ResponseStatus.COMPLETED,
        name="search_video",
        call_id="c1",
        arguments='{"query": "goal </details>"}',
    ),
    OutputItem(
        ItemKind.FUNCTION_CALL_OUTPUT,
        "f2",
        "function_call_output",
        ResponseStatus.COMPLETED,
        call_id="c1",
        output=f'```\n{{"hls_url": "{SIGNED}", "hits": 3}}',
    ),
)


def citing(title: str, start: int = 0, end: int = 0) -> Annotation:
    return Annotation(
        AnnotationKind.VIDEO,
        start,
        end,
        item_id="ksi_1",
        start_s=134,
        end_s=151,
        title=title,
        thumbnail_url=SIGNED,
        hls_url=SIGNED,
    )


def an_answer(
    text: str, *annotations: Annotation, steps: tuple[OutputItem, ...] = (), server: str = "sess_1"
) -> Answer:
    message = OutputItem(
        ItemKind.MESSAGE,
        "m",
        "message",
        ResponseStatus.COMPLETED,
        content=(ContentPart(text, annotations),),
    )
    items = tuple(SavedItem(index, item) for index, item in enumerate((*steps, message)))
    return Answer.restored(SavedAnswer(items, "resp_1", server, ResponseStatus.COMPLETED, Usage(900, 250)))


def a_turn(
    question: str,
    answer: Answer,
    number: int = 0,
    state: AttemptState = AttemptState.COMPLETED,
    *,
    sent_in: str | None = "",
    schema: AnswerSchema | None = None,
    instructions: str = "",
) -> Turn:
    """`sent_in` is the server session it was asked in; without one given, the first turn's is none."""
    asked_at = WHEN + timedelta(minutes=number)
    ask = Ask(question, "ks_1", instructions, schema)
    turn = Turn(f"t{number}", "s1", number, ask, asked_at)
    server = ("sess_1" if number else None) if sent_in == "" else sent_in
    turn.attempts.append(
        Attempt(f"a{number}", turn.id, 1, state, answer, None, asked_at, 0.4, 3.2, 1, server)
    )
    return turn


def a_session(**facts: object) -> Session:
    named: dict[str, object] = {"title": "The final quarter", "store_id": "ks_1", "store_name": "Yard"}
    return Session("s1", "twelvelabs", WHEN, WHEN, **{**named, **facts})  # type: ignore[arg-type]


def a_story() -> tuple[Session, list[Turn]]:
    """Five turns in which everything happens that an export has to tell."""
    whole = a_turn(
        "What happens?\nAnd when?", an_answer('They score <vref id="1" start="2:14" end="2:31"/>.')
    )
    whole.attempts.insert(0, Attempt("a0-0", "t0", 1, AttemptState.STOPPED, an_answer("Earlier try")))
    whole.attempts[1].number = 2
    broken = a_turn(
        "Again?", an_answer("Part", citing("Yard plan"), steps=STEPS), 1, AttemptState.INTERRUPTED
    )
    broken.attempts[0].failure = Failure(FailureKind.INTERRUPTED, "The connection dropped.")
    stopped = a_turn("Stopped?", an_answer("Only a pa"), 2, AttemptState.STOPPED)
    anew = a_turn("Anew?", an_answer("Yes.", server="sess_2"), 3, sent_in=None, instructions="Be brief.")
    anew.attempts[0].recap = "Earlier: they scored."
    structured = a_turn(
        "As JSON?",
        an_answer('{"clips": [1, 2], "note": "</script>"}', server="sess_2"),
        4,
        sent_in="sess_2",
        schema=AnswerSchema("clips", '{"type": "object"}'),
    )
    return a_session(tags=("Sport",)), [whole, broken, stopped, anew, structured]


def as_json(sessions: Sequence[ExportedSession]) -> str:
    """The sessions as our JSON, in one piece."""
    return "".join(json.pieces(sessions))
