"""Plain text export: what one reads in the window, for mails and for whatever takes nothing else."""

from collections.abc import Iterator, Sequence

from trackside.domain.session import Session
from trackside.domain.turn import Attempt, Turn
from trackside.export.citing import CitationWords, references
from trackside.export.quoting import lines_of
from trackside.export.story import (
    READERS_LOSE,
    ExportedSession,
    ToldTurn,
    asked_with,
    facts_of,
    figures,
    imprint,
    outcome,
    step_title,
    steps_summary,
    told_of_step,
    told_turns,
    utc,
)
from trackside.markup.copying import to_plain
from trackside.markup.whole import is_json, whole_blocks

LOSES: tuple[str, ...] = (
    *READERS_LOSE,
    "emphasis, links’ targets and tables’ lines",
)
_WIDEST_RULE = 72


def pieces(sessions: Sequence[ExportedSession]) -> Iterator[str]:
    """The text in pieces, at least one a turn."""
    for session, turns in sessions:
        yield _heading(session, turns)
        words = CitationWords(turns)
        for told in told_turns(session, turns):
            yield _told(told, words)
    yield f"{'-' * _WIDEST_RULE}\n" + "\n".join(imprint(LOSES)) + "\n"


def _heading(session: Session, turns: Sequence[Turn]) -> str:
    title = _line(session.shown_title)
    facts = "\n".join(f"{name}: {_line(value)}" for name, value in facts_of(session, len(turns)))
    return f"{title}\n{'=' * min(max(len(title), 3), _WIDEST_RULE)}\n{facts}\n\n"


def _told(told: ToldTurn, words: CitationWords) -> str:
    turn, attempt = told.turn, told.attempt
    parts = [f"*** {_line(divider)}" for divider in told.dividers]
    head = f"[{told.number}] {utc(turn.asked_at)}"
    parts.append(f"{head}\n{'-' * len(head)}\n{_behind('> ', turn.ask.question)}")
    parts += [f"{name}:\n{_behind('  ', text)}" for name, text in asked_with(turn)]
    if attempt is not None:
        parts += _answer(turn, attempt, words)
    if end := outcome(attempt):
        parts.append(f"[{_line(end)}]")
    if attempt is not None and (line := figures(turn, attempt)):
        parts.append(f"({line})")
    return "\n\n".join(parts) + "\n\n\n"


def _answer(turn: Turn, attempt: Attempt, words: CitationWords) -> list[str]:
    parts = []
    if attempt.recap:
        parts.append(f"Recap of the earlier turns that was sent with it:\n{_behind('  ', attempt.recap)}")
    if steps := attempt.answer.steps:
        told = [f"{steps_summary(steps)}:"]
        for step in steps:
            told.append(f"  - {_line(step_title(step))}")
            told += [_behind("    ", text) for text in told_of_step(step)]
        parts.append("\n".join(told))
    if attempt.answer.has_text:
        parts.append(answer_text(turn, attempt, words))
    if cited := references(attempt.answer):
        parts.append("\n".join(["Cited:", *(f"  - {_line(words.reference(one))}" for one in cited)]))
    return parts


def answer_text(turn: Turn, attempt: Attempt, words: CitationWords) -> str:
    """An answer as one reads it, citations in brackets."""
    text = attempt.answer.text
    blocks, context = whole_blocks(
        text,
        attempt.answer.annotations,
        as_json=is_json(text, wants_json=turn.ask.schema is not None),
    )
    return "\n".join(lines_of(to_plain(blocks, context, lambda citation: f"[{words.label(citation)}]")))


def _behind(mark: str, text: str) -> str:
    return "\n".join(f"{mark}{line}".rstrip(" ") for line in lines_of(text.strip("\n")))


def _line(text: str) -> str:
    return " ".join(" ".join(lines_of(text)).split())
