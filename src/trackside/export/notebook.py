"""Jupyter notebook: each question as a cell that asks it again through the API, the answer as its output.

The notebook needs nothing but Python's standard library, and has no key: it takes that from the environment.
Format: nbformat 4.5.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from trackside.domain.connection import SERVICE_URL
from trackside.domain.session import Session, writable
from trackside.domain.turn import AnswerSchema, Ask, Turn
from trackside.export.citing import CitationWords
from trackside.export.quoting import escaped, lines_of, quoted
from trackside.export.replay import ASK_SOURCE
from trackside.export.story import ToldTurn, facts_of, imprint, outcome, told_turns, utc
from trackside.markup.readable import in_brackets, readable_source

LOSES = (
    "steps’ inputs and outputs",
    "attempts that aren't chosen",
    "pictures of cited moments",
    "drafts and tags",
)

_WIDTH = 88
_PIECE = re.compile(rf".{{1,{_WIDTH}}}(?:\s|\Z)|.{{1,{_WIDTH}}}|\s", re.DOTALL)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_IDENTITY = re.compile("[A-Za-z0-9_-]{1,64}")
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}
_NEEDS = (
    "The cells ask the questions again, in order, through the TwelveLabs API. They need Python 3.9 or newer "
    "and nothing else. Set `TWELVELABS_API_KEY` in the environment that Jupyter is started in; "
    "`TWELVELABS_BASE_URL` may name another address of the service. The outputs are the recorded answers "
    "until a cell is run."
)


def pieces(sessions: Sequence[tuple[Session, Sequence[Turn]]]) -> Iterator[str]:
    """The notebook's JSON in pieces, at least one a turn."""
    yield '{\n "cells": [\n'
    one = sessions[0][0] if len(sessions) == 1 else None
    title = one.shown_title if one else f"{len(sessions):,} sessions"
    yield _cell(_markdown("intro", f"# {_line(title)}\n\n{_NEEDS}"))
    yield ",\n" + _cell(_code("ask", ASK_SOURCE.format(address=SERVICE_URL)))
    for session, turns in sessions:
        yield ",\n" + _cell(
            _markdown(_identity("s", session.id), _heading(session, turns, has_title=one is None))
        )
        yield ",\n" + _cell(_code(_identity("n", session.id), "session_id = None  # a new conversation"))
        words = CitationWords(turns)
        for told in told_turns(session, turns):
            yield "".join(f",\n{_cell(cell)}" for cell in _told(told, words))
    yield ",\n" + _cell(_markdown("imprint", "\n\n".join(map(escaped, imprint(LOSES)))))
    metadata = json.dumps(_METADATA, indent=1).replace("\n", "\n ")
    yield f'\n ],\n "metadata": {metadata},\n "nbformat": 4,\n "nbformat_minor": 5\n}}\n'


def _heading(session: Session, turns: Sequence[Turn], *, has_title: bool) -> str:
    facts = "\n".join(f"- {name}: {_line(value)}" for name, value in facts_of(session, len(turns)))
    return f"# {_line(session.shown_title)}\n\n{facts}" if has_title else facts


def _told(told: ToldTurn, words: CitationWords) -> Iterator[dict[str, Any]]:
    turn, attempt = told.turn, told.attempt
    dividers = "".join(f"---\n\n*{_line(divider)}*\n\n" for divider in told.dividers)
    head = f"{dividers}## {told.number}. {utc(turn.asked_at)}\n\n{quoted(turn.ask.question)}"
    yield _markdown(_identity("q", turn.id), head)
    # The first question of a server session was sent without one, and maybe with a recap of the turns before.
    is_first = attempt is not None and attempt.tries > 0 and attempt.sent_session_id is None
    recap = attempt.recap if attempt is not None else ""
    outputs = list(_outputs(turn, words))
    yield _code(
        _identity("a", turn.id), _call(turn.ask, recap, is_first=is_first and told.number > 1), outputs
    )


def _outputs(turn: Turn, words: CitationWords) -> Iterator[dict[str, Any]]:
    attempt = turn.shown_attempt
    if attempt is not None and attempt.answer.has_text:
        answer = attempt.answer
        text = answer.text
        if turn.ask.schema is None:  # JSON stays what it is: a title in it might hold quotes
            text = readable_source(text, answer.annotations, in_brackets(words.label))
        yield {"name": "stdout", "output_type": "stream", "text": _lines(text.rstrip("\n") + "\n")}
    if end := outcome(attempt):
        yield {"name": "stderr", "output_type": "stream", "text": _lines(end + "\n")}


# -- Python ------------------------------------------------------------------------------------------


def _call(ask: Ask, recap: str, *, is_first: bool) -> str:
    """The Python that asks it once more."""
    arguments = [_literal(ask.content(recap)), f"knowledge_store_id={ask.store_id!r}"]
    arguments.append(f"session_id={'None' if is_first else 'session_id'}")
    if ask.instructions.strip():
        arguments.append(f"instructions={_literal(ask.instructions)}")
    if ask.schema is not None:
        arguments.append(f"schema={_schema(ask.schema)}")
        arguments.append(f"schema_name={_schema_name(ask.schema)!r}")
    if ask.selections:
        arguments.append(f"selections={[{'kind': s.kind.value, 'id': s.id} for s in ask.selections]!r}")
    if ask.web_search:
        arguments.append("web_search=True")
    lines = "".join(f"    {argument},\n" for argument in arguments)
    return f"answer, session_id = ask(\n{lines})"


def _literal(text: str) -> str:
    """A text as Python has it, in pieces of a readable width; `repr` lets nothing out of the quotes."""
    text = writable(text)
    pieces = [piece for line in text.splitlines(keepends=True) for piece in _PIECE.findall(line)]
    if len(pieces) < 2:
        return repr(text)
    return "\n".join(["(", *(f"        {piece!r}" for piece in pieces), "    )"])


def _schema(schema: AnswerSchema) -> str:
    text = writable(schema.text).strip()
    # Triple quotes keep it readable, where nothing in it can end them or mean something else in Python.
    is_readable = all(line.isprintable() for line in text.replace("\t", " ").split("\n"))
    if '"""' in text or "\\" in text or not is_readable:
        return f"json.loads({text!r})"
    return f'json.loads("""\n{text}\n""")'


def _schema_name(schema: AnswerSchema) -> str:
    """The name as the service takes it: letters, digits, “_” and “-”, 64 at most."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", schema.name).strip("_")[:64] or "answer"


# -- cells -------------------------------------------------------------------------------------------


def _identity(kind: str, of: str) -> str:
    """A cell's id as nbformat wants it: short, and of few letters. What was imported may have any other."""
    name = f"{kind}-{of}"
    return name if _IDENTITY.fullmatch(name) else f"{kind}-{hashlib.sha256(of.encode()).hexdigest()[:32]}"


def _markdown(identity: str, source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": identity, "metadata": {}, "source": _lines(source)}


def _code(identity: str, source: str, outputs: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": identity,
        "metadata": {},
        "outputs": list(outputs),
        "source": _lines(source),
    }


def _cell(cell: dict[str, Any]) -> str:
    text = json.dumps(cell, indent=1, ensure_ascii=False)
    return "  " + text.replace("\n", "\n  ")


def _lines(text: str) -> list[str]:
    """A text as notebooks keep it: a list of its lines."""
    return re.findall("[^\n]*\n|[^\n]+", _CONTROLS.sub("", writable(text)))


def _line(text: str) -> str:
    return escaped(" ".join(lines_of(text)))
