"""Notebooks: valid ones, whose cells ask the recorded questions again."""

import ast
import io
import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from export.cited import HOSTILE, a_clip, a_session, a_turn
from trackside.domain.turn import AnswerSchema, Ask, AttemptState, Selection, SelectionKind, Turn
from trackside.export.notebook import pieces
from trackside.sandbox.server import SandboxServer

FIXTURES = Path(__file__).parents[1] / "fixtures"


def notebook(*turns: Turn, **facts: Any) -> dict[str, Any]:
    document = json.loads("".join(pieces([(a_session(**facts), turns)])))
    assert isinstance(document, dict)
    return document


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def calls(document: dict[str, Any]) -> list[str]:
    """The code of the cells that ask."""
    return [source(cell) for cell in document["cells"] if cell["id"].startswith("a-")]


def asked(code: str) -> dict[str, Any]:
    """What a cell calls `ask` with."""
    got: dict[str, Any] = {}

    def ask(question: str, **rest: Any) -> tuple[str, str]:
        got.update(rest, question=question)
        return "", "sess_new"

    exec(code, {"ask": ask, "session_id": "sess_before", "json": json})
    return got


def test_it_is_valid() -> None:
    turns = [a_turn("Boats [00:10].", a_clip()), a_turn("", number=1, state=AttemptState.FAILED)]
    text = "".join(pieces([(a_session(), turns), (a_session(id="s2"), [a_turn("x", number=2)])]))
    schema = json.loads((FIXTURES / "nbformat.v4.5.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft4Validator(schema).validate(json.loads(text))


def test_it_has_what_the_format_asks_for() -> None:
    document = notebook(a_turn("Boats.\nAnd more."), a_turn("Half", number=1, state=AttemptState.STOPPED))
    assert (document["nbformat"], document["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in document["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in document["cells"]:
        wanted = {"cell_type", "id", "metadata", "source"}
        if cell["cell_type"] == "code":
            wanted |= {"execution_count", "outputs"}
            ast.parse(source(cell))
        assert set(cell) == wanted
    first, second = (cell["outputs"] for cell in document["cells"] if cell["id"].startswith("a-"))
    assert first == [{"name": "stdout", "output_type": "stream", "text": ["Boats.\n", "And more.\n"]}]
    assert second[1] == {"name": "stderr", "output_type": "stream", "text": ["Stopped before its end.\n"]}


def test_a_cell_asks_with_all_that_the_question_was_asked_with() -> None:
    turn = a_turn(
        "{}",
        question="Where is {{sel:0}}?\nSay it " + "at length " * 30,
        instructions="Be brief.",
        schema=AnswerSchema("My schema", '{"type": "object",\n "properties": {}}'),
        selections=(Selection(SelectionKind.ITEM, "ksi_1", "Boats"),),
        web_search=True,
    )
    assert asked(*calls(notebook(turn))) == {
        "question": turn.ask.question,
        "knowledge_store_id": "ks_1",
        "session_id": "sess_before",
        "instructions": "Be brief.",
        "schema": {"type": "object", "properties": {}},
        "schema_name": "My_schema",
        "selections": [{"kind": "item", "id": "ksi_1"}],
        "web_search": True,
    }


def test_a_new_server_session_is_one_in_the_replay_too() -> None:
    turns = (
        a_turn("One"),
        a_turn("Two", number=1, sent_session_id="sess_1"),
        a_turn("Three", number=2, recap="Earlier: one and two."),
    )
    first, second, third = map(asked, calls(notebook(*turns)))
    assert (first["session_id"], second["session_id"]) == ("sess_before", "sess_before")
    assert third["session_id"] is None
    assert third["question"] == "Earlier: one and two.\n\nWhat happens?"


def test_cells_have_ids_that_the_format_takes_whatever_the_imported_ones_were() -> None:
    turns = [replace(a_turn("Boats [00:10]"), id=identity) for identity in ("../é", "x" * 70, "x" * 71)]
    ids = [cell["id"] for cell in notebook(*turns, id="s 1\n")["cells"]]
    assert all(re.fullmatch("[A-Za-z0-9_-]{1,64}", identity) for identity in ids)
    assert len(set(ids)) == len(ids)


def test_each_turn_gives_a_piece() -> None:
    turns = [a_turn("x", number=n) for n in range(5)]
    assert len(list(pieces([(a_session(), turns)]))) >= 5


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_stay_words(words: str) -> None:
    schema = AnswerSchema(words, words)
    turn = a_turn(
        f"{words} [00:10]", a_clip(title=words), question=f"{words} ?", instructions=words, schema=schema
    )
    document = notebook(turn, title=words)
    (code,) = calls(document)
    (statement,) = ast.parse(code).body
    assert isinstance(statement, ast.Assign)
    assert isinstance(statement.value, ast.Call)
    for argument in (*statement.value.args, *(keyword.value for keyword in statement.value.keywords)):
        assert isinstance(argument, ast.Constant | ast.Name | ast.Call)
    told = asked(code.replace("json.loads(", "str("))
    assert told["question"] == f"{words} ?".replace("\ud800", "\ufffd")
    for cell in document["cells"]:
        if cell["cell_type"] == "markdown":
            assert "<script" not in source(cell).replace("\\<", "")


@pytest.fixture
def service(shared_sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxServer]:
    """The sandbox, as a notebook's environment names it."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TWELVELABS_API_KEY", "k")
    monkeypatch.setenv("TWELVELABS_BASE_URL", shared_sandbox.base_url)
    shared_sandbox.set_pace(0)
    shared_sandbox.requests.clear()
    yield shared_sandbox
    shared_sandbox.set_fault(None)


def cells_of(service: SandboxServer, *questions: str) -> list[str]:
    """The code of a notebook that asks these in one session."""
    store = _store(service)
    turns = []
    for number, question in enumerate(questions):
        turn = a_turn("x", number=number, sent_session_id="sess_1" if number else None)
        turn.ask = Ask(question, store)
        turns.append(turn)
    return [source(cell) for cell in notebook(*turns)["cells"] if cell["cell_type"] == "code"]


def test_the_cells_run_one_after_another(service: SandboxServer) -> None:
    answers = _run(cells_of(service, "/echo “Grüße” 🎬\n\nand more", "/echo again"))
    assert [answer.strip() for answer in answers] == ["“Grüße” 🎬\n\nand more", "again"]
    bodies = [request.body for request in service.requests if request.path.endswith("/responses")]
    assert [isinstance(body, dict) and "session_id" in body for body in bodies] == [False, True]


@pytest.mark.parametrize("fault", ["crlf", "interleaved", "no-event-lines", "unknown-event", "no-done"])
def test_an_answer_is_read_however_it_is_framed(fault: str, service: SandboxServer) -> None:
    cells = cells_of(service, "/echo one two three")
    service.set_fault(fault)
    assert [answer.strip() for answer in _run(cells)] == ["one two three"]


@pytest.mark.parametrize(("fault", "words"), [("failed", r"\w+ "), ("drop=5", "end"), ("server-error", "50")])
def test_a_failure_is_raised_with_its_words(fault: str, words: str, service: SandboxServer) -> None:
    cells = cells_of(service, "/echo one two three four five six seven eight")
    service.set_fault(fault)
    with pytest.raises(RuntimeError, match=words):
        _run(cells)


def test_without_a_key_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TWELVELABS_API_KEY", raising=False)
    document = notebook(a_turn("x"))
    with pytest.raises(RuntimeError, match="TWELVELABS_API_KEY"):
        _run([source(cell) for cell in document["cells"] if cell["cell_type"] == "code"])


def _store(sandbox: SandboxServer) -> str:
    import httpx

    with httpx.Client(trust_env=False, headers={"x-api-key": "k"}) as client:
        return str(client.get(f"{sandbox.base_url}/knowledge-stores").json()["data"][0]["_id"])


def _run(cells: Sequence[str]) -> list[str]:
    """Runs code cells in order, as a notebook does; what the asking ones printed."""
    names: dict[str, Any] = {}
    printed = []
    for cell in cells:
        said = io.StringIO()
        with redirect_stdout(said):
            exec(cell, names)
        if cell.startswith("answer"):
            printed.append(said.getvalue())
    return printed
