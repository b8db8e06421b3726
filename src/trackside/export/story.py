"""A session as one tells it: its turns with what parts them, and its facts in words."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from trackside import __version__
from trackside.domain.addresses import without_addresses
from trackside.domain.answer import Step, StepKind
from trackside.domain.conversation import divider_of
from trackside.domain.session import Session
from trackside.domain.turn import Attempt, AttemptState, Turn

ExportedSession = tuple[Session, Sequence[Turn]]
"""A session with its turns in order: what every format is made from."""

LONGEST_STEP = 2_000
"""Characters that a format for readers tells of what a step was called with, and of what came back."""
_LENGTH_REASONS = ("", "max_output_tokens", "length", "max_tokens")

READERS_LOSE = (
    "earlier attempts of a question, of which the chosen one is shown",
    f"what a step was called with and what came back, beyond {LONGEST_STEP:,} characters each",
    "drafts and what else only the window needs",
    "pictures of cited moments, whose addresses expire",
)
"""What no format that is made for reading carries."""


@dataclass(frozen=True, slots=True)
class ToldTurn:
    """A turn with its number in the session, from 1, and what has to be said before it."""

    number: int
    turn: Turn
    attempt: Attempt | None
    dividers: tuple[str, ...] = ()


def told_turns(session: Session, turns: Iterable[Turn]) -> Iterator[ToldTurn]:
    """The turns in order, each with its shown attempt and what parts it from the one before."""
    before: Turn | None = None
    for number, turn in enumerate(turns, 1):
        divider = divider_of(session, before, turn, lambda store_id: _store_name(session, store_id))
        yield ToldTurn(number, turn, turn.shown_attempt, (divider.words,) if divider else ())
        before = turn


def _store_name(session: Session, store_id: str) -> str:
    return session.store_name if store_id == session.store_id and session.store_name else store_id


def utc(when: datetime) -> str:
    """A time as ISO 8601 has it, in UTC, to the second."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if when.tzinfo else f"{when:%Y-%m-%dT%H:%M:%S}"


def facts_of(session: Session, turn_count: int) -> list[tuple[str, str]]:
    """What stands below a session's title: names and values. Nothing of the connection is in it."""
    store = session.store_name or session.store_id
    if session.store_name and session.store_id:
        store = f"{session.store_name} ({session.store_id})"
    facts = [
        ("Knowledge store", store),
        ("Begun", utc(session.created_at)),
        ("Last changed", utc(session.updated_at)),
        ("Questions", f"{turn_count:,}"),
        ("Tags", ", ".join(session.tags)),
        ("Branched from", session.branched_from),
        ("Server session", session.server_session_id or ""),
    ]
    return [(name, " ".join(value.split())) for name, value in facts if value]


def outcome(attempt: Attempt | None) -> str:
    """How an answer ended, in a sentence; empty for one that is whole."""
    if attempt is None:
        return "This question was never sent."
    failure = attempt.failure
    match attempt.state:
        case AttemptState.COMPLETED:
            return ""
        case AttemptState.STOPPED:
            return "Stopped before its end."
        case AttemptState.INTERRUPTED:
            return f"Interrupted. {failure.headline if failure else 'The connection dropped.'}"
        case AttemptState.FAILED:
            return f"Failed. {failure.headline if failure else 'The log has the details.'}"
        case AttemptState.INCOMPLETE:
            reason = attempt.answer.incomplete_reason or ""
            why = (
                "at the length limit" if reason in _LENGTH_REASONS else f"early ({reason.replace('_', ' ')})"
            )
            return f"Cut off {why}."
        case _:
            return "Still under way when this was exported."


def figures(turn: Turn, attempt: Attempt) -> str:
    """Attempts, tokens and time of an answer on one line; empty where nothing is known."""
    words = []
    if len(turn.attempts) > 1:
        words.append(f"attempt {turn.attempts.index(attempt) + 1} of {len(turn.attempts)}")
    if (usage := attempt.answer.usage) is not None:
        words.append(f"{usage.input_tokens:,} tokens in, {usage.output_tokens:,} out")
    if attempt.duration_s is not None:
        words.append(f"{attempt.duration_s:.1f} s")
    return " · ".join(words)


def steps_summary(steps: Sequence[Step]) -> str:
    """The folded line above an answer."""
    return "1 step" if len(steps) == 1 else f"{len(steps):,} steps"


def step_title(step: Step) -> str:
    match step.kind:
        case StepKind.WEB_SEARCH:
            return "Searched the web"
        case StepKind.COMMENTARY:
            return "Said on the way"
        case _:
            return " ".join(step.title.split())[:200] or "step"


def told_of_step(step: Step) -> list[str]:
    """What a step was called with and what came back, as far as it is told."""
    return [_shortened(without_addresses(text)) for text in (step.detail, step.result) if text.strip()]


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_STEP else f"{text[:LONGEST_STEP]}…"


def asked_with(turn: Turn) -> list[tuple[str, str]]:
    """What a question was asked with beside its words: names and texts, none of them empty."""
    ask = turn.ask
    preferred = "\n".join(f"{n}. {one.title or one.id} ({one.id})" for n, one in enumerate(ask.selections))
    return [
        (name, text)
        for name, text in (
            ("Instructions", ask.instructions.strip()),
            (f"Schema “{ask.schema.name}”" if ask.schema else "", ask.schema.text if ask.schema else ""),
            ("Preferred", preferred),
            ("Allowed", "Web search" if ask.web_search else ""),
        )
        if text
    ]


def imprint(losses: Sequence[str]) -> tuple[str, str]:
    """Two sentences for a file's end: who wrote it, and what it can't carry."""
    return (
        f"Exported by Trackside {__version__}. Times are UTC.",
        f"This file leaves out: {'; '.join(losses)}. Trackside’s JSON export has all that is kept.",
    )
