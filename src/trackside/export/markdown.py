"""Markdown export: for notes, wikis and whatever else reads it; steps are folded in <details>."""

from collections.abc import Iterator, Sequence

from trackside.domain.answer import Step
from trackside.domain.citation import Citation
from trackside.domain.session import Session
from trackside.domain.turn import Attempt, Turn
from trackside.export.citing import CitationWords, references
from trackside.export.quoting import escaped, fenced, lines_of, quoted, settled
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
from trackside.markup.readable import in_brackets, readable_source
from trackside.markup.whole import is_json

LOSES: tuple[str, ...] = READERS_LOSE


def pieces(sessions: Sequence[ExportedSession]) -> Iterator[str]:
    """The document in pieces, at least one a turn."""
    for session, turns in sessions:
        yield _heading(session, turns)
        words = CitationWords(turns)
        for told in told_turns(session, turns):
            yield _told(told, words)
    first, second = imprint(LOSES)
    yield f"---\n\n{escaped(first)}  \n{escaped(second)}\n"


def _heading(session: Session, turns: Sequence[Turn]) -> str:
    facts = "\n".join(f"- {name}: {_line(value)}" for name, value in facts_of(session, len(turns)))
    return f"# {_line(session.shown_title)}\n\n{facts}\n\n"


def _told(told: ToldTurn, words: CitationWords) -> str:
    turn, attempt = told.turn, told.attempt
    parts = [f"---\n\n*{_line(divider)}*" for divider in told.dividers]
    parts.append(f"## {told.number}. {utc(turn.asked_at)}")
    parts.append(quoted(turn.ask.question))
    for name, text in asked_with(turn):
        parts.append(_folded(name, [fenced(text, "json" if name.startswith("Schema") else "")]))
    if attempt is not None:
        parts += _answer(turn, attempt, words)
    if end := outcome(attempt):
        parts.append(f"**{_line(end)}**")
    if attempt is not None and (line := figures(turn, attempt)):
        parts.append(f"<sub>{_line(line)}</sub>")
    return "\n\n".join(parts) + "\n\n"


def _answer(turn: Turn, attempt: Attempt, words: CitationWords) -> list[str]:
    parts = []
    if attempt.recap:
        parts.append(_folded("Recap of the earlier turns that was sent with it", [fenced(attempt.recap)]))
    if steps := attempt.answer.steps:
        parts.append(_folded(steps_summary(steps), [_step(step) for step in steps]))
    if attempt.answer.has_text:
        parts.append(answer_markdown(turn, attempt, words))
    if cited := references(attempt.answer):
        parts.append("\n".join(["Cited:", "", *(f"- {_line(words.reference(one))}" for one in cited)]))
    return parts


def answer_markdown(turn: Turn, attempt: Attempt, words: CitationWords) -> str:
    """An answer's source with its citations in words; JSON in a fence."""
    text = attempt.answer.text
    if is_json(text, wants_json=turn.ask.schema is not None):
        return fenced(readable_source(text, attempt.answer.annotations, in_brackets(words.label)), "json")

    def told(citation: Citation) -> str:
        return f"\\[{escaped(words.label(citation))}\\]"

    return settled(readable_source(text, attempt.answer.annotations, told).strip("\n"))


def _step(step: Step) -> str:
    parts = [f"**{_line(step_title(step))}**"]
    parts += [fenced(text) for text in told_of_step(step)]
    return "\n\n".join(parts)


def _folded(summary: str, parts: list[str]) -> str:
    body = "\n\n".join(parts)
    return f"<details>\n<summary>{_html_line(summary)}</summary>\n\n{body}\n\n</details>"


def _html_line(text: str) -> str:
    """Words for the midst of HTML, where Markdown's escapes mean nothing."""
    return " ".join(lines_of(text)).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _line(text: str) -> str:
    """Words as one line that reads as just these."""
    return escaped(" ".join(" ".join(lines_of(text)).split()))
