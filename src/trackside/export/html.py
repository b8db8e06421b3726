"""HTML export: one file that needs nothing else, runs nothing and loads nothing."""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from functools import cache
from html import escape
from importlib.resources import files

from trackside.domain.answer import Step
from trackside.domain.citation import Citation
from trackside.domain.session import Session
from trackside.domain.turn import Attempt, AttemptState, Turn
from trackside.export.citing import CitationWords, address_of, in_a_line, references
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
from trackside.markup.copying import Dress, to_html
from trackside.markup.highlight import Highlighter
from trackside.markup.links import safe_target
from trackside.markup.whole import is_json, whole_blocks

LOSES: tuple[str, ...] = READERS_LOSE
_NOWHERE = "base-uri 'none'; form-action 'none'"


def pieces(sessions: Sequence[ExportedSession]) -> Iterator[str]:
    """The page in pieces, at least one a turn."""
    yield _head(sessions)
    titles = []
    for number, (session, turns) in enumerate(sessions, 1):
        titles.append(_shown(session.shown_title))
        yield _session_head(number, session, turns)
        words = CitationWords(turns)
        for told in told_turns(session, turns):
            yield _told(number, told, words)
        yield "</section>\n"
    lines = "".join(f"<p>{_shown(sentence)}</p>\n" for sentence in imprint(LOSES))
    yield _contents(titles)
    yield f"<footer>\n{lines}</footer>\n</main>\n</body>\n</html>\n"


@cache
def _style() -> str:
    return files("trackside.resources").joinpath("export", "sessions.css").read_text(encoding="utf-8")


def _head(sessions: Sequence[ExportedSession]) -> str:
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; {_NOWHERE}"
    title = _shown(sessions[0][0].shown_title) if len(sessions) == 1 else f"{len(sessions):,} sessions"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n"
    )


def _contents(titles: Sequence[str]) -> str:
    """Links to the sessions. It stands at the page's end, where all of them are known, and is shown at its
    beginning: sessions are read one by one, and only once."""
    if len(titles) < 2:
        return ""
    lines = "".join(f'<li><a href="#s{number}">{title}</a></li>\n' for number, title in enumerate(titles, 1))
    return f'<nav aria-label="Sessions">\n<ol>\n{lines}</ol>\n</nav>\n'


def _session_head(number: int, session: Session, turns: Sequence[Turn]) -> str:
    facts = "".join(
        f"<dt>{name}</dt><dd>{_shown(value)}</dd>\n" for name, value in facts_of(session, len(turns))
    )
    title = _shown(session.shown_title)
    return f'<section id="s{number}">\n<h1>{title}</h1>\n<dl class="facts">\n{facts}</dl>\n'


def _told(session_number: int, told: ToldTurn, words: CitationWords) -> str:
    turn, attempt = told.turn, told.attempt
    place = f"s{session_number}t{told.number}"
    parts = [f'<div class="divider">{_shown(divider)}</div>' for divider in told.dividers]
    when = utc(turn.asked_at)
    parts.append(
        f'<article id="{place}">\n<p class="when"><a href="#{place}">{told.number}</a> · '
        f'<time datetime="{when}">{when}</time></p>'
    )
    parts.append(f'<div class="question">{_words(turn.ask.question.strip())}</div>')
    for name, text in asked_with(turn):
        tag = "pre" if name.startswith("Schema") else "div"
        body = _code("\n".join(lines_of(text)), "json") if tag == "pre" else _words(text)
        parts.append(_folded(_shown(name), f'<{tag} class="words">{body}</{tag}>'))
    if attempt is not None:
        parts += _answer(turn, attempt, words)
    if end := outcome(attempt):
        has_failed = attempt is not None and attempt.state is AttemptState.FAILED
        parts.append(f'<p class="notice{" error" * has_failed}">{_shown(end)}</p>')
    if attempt is not None and (line := figures(turn, attempt)):
        parts.append(f'<p class="figures">{_shown(line)}</p>')
    return "\n".join(parts) + "\n</article>\n"


def _answer(turn: Turn, attempt: Attempt, words: CitationWords) -> list[str]:
    parts = []
    if attempt.recap:
        summary = "Recap of the earlier turns that was sent with it"
        parts.append(_folded(summary, f'<div class="words">{_words(attempt.recap)}</div>'))
    if steps := attempt.answer.steps:
        parts.append(_folded(steps_summary(steps), "\n".join(map(_step, steps))))
    if attempt.answer.has_text:
        parts.append(f'<div class="answer">\n{answer_html(turn, attempt, words)}\n</div>')
    if cited := references(attempt.answer):
        lines = "".join(f"<li>{_shown(words.reference(one))}</li>\n" for one in cited)
        parts.append(f'<div class="cited">Cited\n<ul>\n{lines}</ul>\n</div>')
    return parts


def answer_html(turn: Turn, attempt: Attempt, words: CitationWords) -> str:
    """An answer's Markdown as HTML, its citations as labelled chips."""
    text = attempt.answer.text
    blocks, context = whole_blocks(
        text,
        attempt.answer.annotations,
        as_json=is_json(text, wants_json=turn.ask.schema is not None),
    )
    dress = Dress(lambda citation: _chip(citation, words), _code, 'class="%s"')
    return to_html(blocks, context, words.label, dress)


def _chip(citation: Citation, words: CitationWords) -> str:
    label = escape(words.label(citation), quote=False)
    hint = escape(words.reference(citation))
    if target := safe_target(address_of(citation)):
        rel = "noopener noreferrer"
        return f'<a class="chip" href="{escape(target)}" rel="{rel}" title="{hint}"><bdi>{label}</bdi></a>'
    return f'<bdi class="chip" title="{hint}">{label}</bdi>'


def _code(text: str, language: str) -> str:
    """Code in its colours, a segment after the other, since long code in one would stay plain."""
    highlighter = Highlighter(language)
    pieces = []
    for segment in _segments(text):
        for run in highlighter.highlight(segment):
            words = escape(run.text, quote=False)
            pieces.append(f'<span class="{run.role}">{words}</span>' if run.role else words)
    return "".join(pieces)


_SEGMENT = 4_096


def _segments(text: str) -> Iterator[str]:
    """The text cut at line ends."""
    at = 0
    while at < len(text):
        end = text.find("\n", at + _SEGMENT)
        end = len(text) if end < 0 else end + 1
        yield text[at:end]
        at = end


def _step(step: Step) -> str:
    parts = [f"<h4>{_shown(step_title(step))}</h4>"]
    parts += [f'<div class="words">{_words(text)}</div>' for text in told_of_step(step)]
    return "\n".join(parts)


def _folded(summary: str, body: str) -> str:
    return f"<details>\n<summary>{summary}</summary>\n{body}\n</details>"


def _words(text: str) -> str:
    """Foreign words with their line ends."""
    return escape("\n".join(lines_of(text)), quote=False)


def _shown(text: str) -> str:
    """Foreign words on one line, which turn no direction but their own."""
    return escape(in_a_line(" ".join(text.split())), quote=False)
