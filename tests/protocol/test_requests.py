import json

import pytest

from trackside.domain.failure import FailureKind, TracksideError
from trackside.domain.turn import AnswerSchema, Ask, Selection, SelectionKind
from trackside.protocol.requests import encoded, parsed_schema, response_request


def test_nothing_is_sent_that_was_not_asked_for() -> None:
    assert response_request(Ask("What?", "ks_1")) == {
        "knowledge_store_id": "ks_1",
        "input": [{"type": "message", "role": "user", "content": "What?"}],
        "stream": True,
    }


def test_everything_that_can_be_asked_for() -> None:
    ask = Ask(
        "What is in {{sel:0}}?",
        "ks_1",
        instructions="Be brief.",
        schema=AnswerSchema("My schema: v2", '{"type": "object"}'),
        selections=(
            Selection(SelectionKind.ITEM, "ksi_1", "t"),
            Selection(SelectionKind.COLLECTION, "ksic_1"),
        ),
        include_steps=True,
        web_search=True,
    )
    body = response_request(ask, server_session_id="sess_1", model="jockey1.0", stream=False)
    assert body == {
        "knowledge_store_id": "ks_1",
        "input": [{"type": "message", "role": "user", "content": "What is in {{sel:0}}?"}],
        "stream": False,
        "model": "jockey1.0",
        "session_id": "sess_1",
        "instructions": "Be brief.",
        "tools": [{"type": "jockey:web_search"}],
        "include": ["intermediate_outputs"],
        "selections": [{"kind": "item", "id": "ksi_1"}, {"kind": "collection", "id": "ksic_1"}],
        "text": {
            "format": {
                "type": "json_schema",
                "name": "My_schema_v2",
                "schema": {"type": "object"},
                "strict": True,
            }
        },
    }


@pytest.mark.parametrize(("name", "sent"), [("", "answer"), ("日本", "answer"), ("x" * 99, "x" * 64)])
def test_schema_names_are_made_sendable(name: str, sent: str) -> None:
    body = response_request(Ask("x", "ks", schema=AnswerSchema(name, "{}")))
    assert body["text"]["format"]["name"] == sent


def test_a_recap_stands_before_the_question() -> None:
    body = response_request(Ask("And now?", "ks"), recap="Earlier: one.")
    assert body["input"][0]["content"] == "Earlier: one.\n\nAnd now?"


def test_blank_instructions_are_left_out() -> None:
    assert "instructions" not in response_request(Ask("x", "ks", instructions=" \n"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{\n  "a": }', "Line 2, column 8"),
        ("[]", "in braces"),
        ("", "Line 1"),
        ('{"minimum": NaN}', "NaN"),
        ('{"minimum": -Infinity}', "-Infinity"),
        ('{"minimum": 1e999}', "too large"),
        ('{"a":' * 100_000, "nested too deeply"),
        ('{"a": ' + "9" * 5000 + "}", "digits"),
    ],
)
def test_a_schema_that_cannot_be_sent_says_why(text: str, said: str) -> None:
    with pytest.raises(TracksideError) as caught:
        parsed_schema(text)
    assert caught.value.failure.kind is FailureKind.INPUT
    assert said in caught.value.failure.advice


def test_text_is_sent_as_utf8_and_broken_text_too() -> None:
    assert encoded({"a": "Grüße 🚗"}) == '{"a":"Grüße 🚗"}'.encode()
    assert json.loads(encoded({"a": "x\ud83d", "b": "\ud83d\ude97"})) == {"a": "x\ufffd", "b": "🚗"}
