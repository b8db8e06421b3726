"""Sessions as HTML for pages: what Qt's text document can lay out, with everything unfolded."""

from collections.abc import Iterator, Sequence
from html import escape

from trackside.domain.answer import Step
from trackside.domain.session import Session
from trackside.domain.turn import Attempt, AttemptState, Turn
from trackside.export.citing import CitationWords, in_a_line, references
from trackside.export.html import answer_html
from trackside.export.quoting import lines_of
from trackside.export.story import (
    READERS_LOSE,
    ToldTurn,
    asked_with,
    facts_of,
    figures,
    imprint,
    outcome,
    step_title,
    steps_summary,
    told_turns,
    utc,
)

_UNFOLDED = "what steps were called with and what came back"
LOSES: tuple[str, ...] = (*(loss for loss in READERS_LOSE if "step" not in loss), _UNFOLDED)

STYLE = """
h1 { font-size: 17pt; font-weight: 600; margin-top: 0; margin-bottom: 6pt; }
h2 { font-size: 13pt; font-weight: 600; } h3 { font-size: 12pt; font-weight: 600; }
h4, h5, h6 { font-size: 10pt; font-weight: 600; }
p, li { line-height: 135%; }
a { color: #1a6841; text-decoration: none; }
p.when, p.figures, p.facts, p.imprint { color: #626c66; font-size: 8.5pt; }
p.when { font-weight: 400; margin-top: 0; margin-bottom: 2px; }
table.question { border-width: 0; margin-top: 14px; margin-bottom: 4px; }
td.question { background-color: #eef1ef; border-width: 0; padding: 6px; font-weight: 600; }
.left { text-align: left; } .center { text-align: center; } .right { text-align: right; }
p.aside { color: #626c66; font-size: 9pt; }
p.notice { color: #8a5c00; font-size: 9pt; } p.error { color: #b3261e; font-size: 9pt; }
p.divider { color: #8a5c00; font-size: 9pt; margin-top: 14pt; }
pre { background-color: #f1f4f2; white-space: pre-wrap; font-size: 8.5pt; }
code { font-size: 9pt; }
blockquote { color: #626c66; }
table { border-collapse: collapse; border-width: 1px; border-style: solid; border-color: #c4cbc6;
    margin-top: 4px; margin-bottom: 8px; }
th, td { padding: 3px; border-width: 1px; border-style: solid; border-color: #c4cbc6; }
th { background-color: #f1f4f2; font-weight: 600; }
.chip { color: #1a6841; background-color: #e3f1e9; font-size: 9pt; }
.keyword { color: #7a3e9d; } .string { color: #1a6841; } .comment { color: #626c66; font-style: italic; }
.number { color: #8a5c00; } .name { color: #1f5f99; }
"""
"""Of it Qt's text document takes what it knows; it fits points and pixels to the paper."""

_BROKEN = (AttemptState.FAILED, AttemptState.INTERRUPTED)


def session_pieces(session: Session, turns: Sequence[Turn]) -> Iterator[str]:
    """A session's heading, its turns, and what the pages can't carry: HTML, each piece whole in itself."""
    facts = "<br>".join(f"{name}: {_shown(value)}" for name, value in facts_of(session, len(turns)))
    yield f'<h1>{_shown(session.shown_title)}</h1><p class="facts">{facts}</p>'
    words = CitationWords(turns)
    for told in told_turns(session, turns):
        yield _told(told, words)
    yield f'<hr><p class="imprint">{"<br>".join(_shown(sentence) for sentence in imprint(LOSES))}</p>'


def _told(told: ToldTurn, words: CitationWords) -> str:
    turn, attempt = told.turn, told.attempt
    parts = [f'<p class="divider">{_shown(divider)}</p>' for divider in told.dividers]
    question = _words(turn.ask.question.strip())
    # A table, since blocks have no padding; and so the line above the question stays on its page.
    parts.append(
        '<table class="question" width="100%"><tr><td class="question">'
        f'<p class="when">{told.number} · {utc(turn.asked_at)}</p>{question}</td></tr></table>'
    )
    for name, text in asked_with(turn):
        body = f"<pre>{escape(_plain(text))}</pre>" if name.startswith("Schema") else _aside(text)
        parts.append(f'<p class="aside"><b>{_shown(name)}</b></p>{body}')
    if attempt is not None:
        parts += _answer(turn, attempt, words)
    if end := outcome(attempt):
        kind = "error" if attempt is not None and attempt.state in _BROKEN else "notice"
        parts.append(f'<p class="{kind}">{_shown(end)}</p>')
    if attempt is not None and (line := figures(turn, attempt)):
        parts.append(f'<p class="figures">{_shown(line)}</p>')
    return "\n".join(parts)


def _answer(turn: Turn, attempt: Attempt, words: CitationWords) -> Iterator[str]:
    if attempt.recap:
        yield '<p class="aside"><b>Recap of the earlier turns that was sent with it</b></p>'
        yield _aside(attempt.recap)
    if steps := attempt.answer.steps:
        titles = "; ".join(map(_step, steps))
        yield f'<p class="aside"><b>{steps_summary(steps)}:</b> {titles}</p>'
    if attempt.answer.has_text:
        yield answer_html(turn, attempt, words)
    if cited := references(attempt.answer):
        lines = "<br>".join(
            f"{number}. {_shown(words.reference(one))}" for number, one in enumerate(cited, 1)
        )
        yield f'<p class="aside"><b>Cited</b><br>{lines}</p>'


def _step(step: Step) -> str:
    return _shown(step_title(step))


def _aside(text: str) -> str:
    return f'<p class="aside">{_words(text)}</p>'


def _plain(text: str) -> str:
    return "\n".join(lines_of(text))


def _words(text: str) -> str:
    """Foreign words with their line ends."""
    return escape(_plain(text), quote=False).replace("\n", "<br>")


def _shown(text: str) -> str:
    """Foreign words on one line."""
    return escape(in_a_line(" ".join(text.split())), quote=False)
