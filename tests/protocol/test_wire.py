"""From bytes to domain events: whole streams from files, each event type, and whatever else may come."""

import json
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackside.domain.answer import Answer, StepKind
from trackside.domain.citation import find_citations
from trackside.domain.stream import (
    Annotation,
    AnnotationKind,
    ArgumentsDone,
    ContentPart,
    ItemAdded,
    ItemDone,
    ItemKind,
    KeepAlive,
    PartDone,
    ResponseStatus,
    ResponseUpdated,
    StreamDone,
    StreamEvent,
    StreamFailed,
    TextDelta,
    TextDone,
    UnknownEvent,
    Usage,
    WebSearchProgress,
)
from trackside.protocol.sse import ServerSentEvent, SseDecoder
from trackside.protocol.wire import parse_event, parse_response

FIXTURES = Path(__file__).parents[1] / "fixtures"
FILES = sorted(path.name for path in FIXTURES.glob("*.sse"))


def read(data: str, event: str = "message") -> StreamEvent:
    return parse_event(ServerSentEvent(event, data, "", None))


def events_of(name: str) -> list[StreamEvent]:
    decoder = SseDecoder()
    stream = (FIXTURES / name).read_bytes()
    return [parse_event(e) for e in [*decoder.feed(stream), *decoder.end()]]


def answer_of(name: str) -> Answer:
    answer = Answer()
    for event in events_of(name):
        answer.fold(event)
    return answer


# -- whole streams ----------------------------------------------------------------------------------


def test_plain_answer_with_annotations() -> None:
    answer = answer_of("plain_annotated.sse")
    assert answer.text.startswith("The video captures a red car 🚗 on lap three [1], then")
    assert [answer.text[a.start_index : a.end_index + 1] for a in answer.annotations] == ["[1]", "[2]"]
    assert answer.annotations[0].start_s == 134.0
    assert answer.server_session_id == "sess_6a51b4cb1f0e4a1d"
    assert answer.usage == Usage(12625, 289)
    assert answer.status is ResponseStatus.COMPLETED
    assert not answer.unknown
    spans = find_citations(answer.text, answer.annotations)
    assert [answer.text[s.start : s.end] for s in spans] == ["[1]", "[00:02:14-00:02:31]", "[2]"]


def test_intermediate_outputs_and_interleaved_commentary() -> None:
    answer = answer_of("steps_interleaved.sse")
    assert answer.text.startswith("Both clips show the harbour <vref")
    assert answer.text.endswith("</vref>.")
    call, commentary = answer.steps
    assert (call.kind, call.title, call.result, call.is_done) == (
        StepKind.CALL,
        "analyze_video",
        "2 matches",
        True,
    )
    assert (commentary.kind, commentary.detail) == (StepKind.COMMENTARY, "I compare the two clips.")
    assert answer.revision == 0


def test_web_search() -> None:
    answer = answer_of("web_search.sse")
    [step] = answer.steps
    assert (step.kind, step.detail, step.is_done) == (
        StepKind.WEB_SEARCH,
        "lap record\nsuzuka 2026",
        True,
    )
    [span] = find_citations(answer.text, answer.annotations)
    assert span.citation is not None
    assert span.citation.url == "https://example.org/record"
    assert answer.text[: span.start] + answer.text[span.end :] == "The record is 1:14.2."


def test_failed_answer_keeps_its_text_and_says_why() -> None:
    answer = answer_of("failed.sse")
    assert (answer.text, answer.status) == ("The first half", ResponseStatus.FAILED)
    assert (answer.error_code, answer.error_message) == ("server_error", "The model stopped unexpectedly.")


def test_incomplete_answer() -> None:
    answer = answer_of("incomplete.sse")
    assert answer.status is ResponseStatus.INCOMPLETE
    assert answer.incomplete_reason == "max_output_tokens"
    assert answer.text.endswith('{"sta')
    assert answer.is_over


def test_responses_stream_of_another_service() -> None:
    answer = answer_of("openai_style.sse")
    assert (answer.text, answer.revision) == ("Hello there.", 0)
    assert answer.usage == Usage(37, 11)
    assert Counter(u.type for u in answer.unknown) == {
        "response.reasoning_summary_text.delta": 1,
        "response.output_text.annotation.added": 1,
    }


def test_bare_server() -> None:
    answer = answer_of("bare.sse")
    assert (answer.text, answer.server_session_id) == ("Two cars meet.", "sess_bare")
    assert answer.is_over
    assert answer.revision == 0


@pytest.mark.parametrize("name", FILES)
def test_every_cut_of_a_stream_gives_the_same_answer(name: str) -> None:
    stream = (FIXTURES / name).read_bytes()
    expected = events_of(name)
    for cut in range(len(stream) + 1):
        decoder = SseDecoder()
        served = decoder.feed(stream[:cut]) + decoder.feed(stream[cut:]) + decoder.end()
        if cut % 37 == 0:
            assert [parse_event(e) for e in served] == expected
        else:
            assert len(served) == len(expected)


@pytest.mark.parametrize("name", FILES)
def test_at_every_event_the_text_is_a_beginning_of_the_whole(name: str) -> None:
    whole, answer = answer_of(name).text, Answer()
    for event in events_of(name):
        answer.fold(event)
        assert whole.startswith(answer.text)


# -- each type --------------------------------------------------------------------------------------

PLACE = {"output_index": 2, "item_id": "m", "content_index": 1, "sequence_number": 9}


@pytest.mark.parametrize(
    ("body", "event"),
    [
        ({"type": "response.output_text.delta", **PLACE, "delta": "x"}, TextDelta(2, "m", 1, "x")),
        ({"type": "response.output_text.delta", "delta": "x"}, TextDelta(-1, "", 0, "x")),
        ({"type": "response.output_text.delta", "delta": None, "item_id": None}, TextDelta(-1, "", 0, "")),
        ({"type": "response.output_text.delta", **PLACE, "output_index": "3", "delta": "x"},
         TextDelta(3, "m", 1, "x")),
        ({"type": "response.output_text.done", **PLACE, "text": "x"}, TextDone(2, "m", 1, "x")),
        ({"type": "response.content_part.added", **PLACE, "part": {"type": "output_text", "text": ""}},
         PartDone(2, "m", 1, ContentPart(""), is_done=False)),
        ({"type": "response.content_part.done", **PLACE, "part": {"text": "x", "annotations": None}},
         PartDone(2, "m", 1, ContentPart("x"))),
        ({"type": "response.function_call_arguments.done", **PLACE, "arguments": {"a": 1}},
         ArgumentsDone(2, "m", '{"a":1}')),
        ({"type": "jockey:web_search.searching", **PLACE}, WebSearchProgress(2, "m", "searching")),
        ({"type": "keepalive"}, KeepAlive()),
        ({"type": "error", "code": "c", "message": "m"}, StreamFailed("c", "m")),
        ({"type": "error", "error": {"code": 7, "message": "m"}}, StreamFailed("7", "m")),
        ({"type": "error", "error": "m"}, StreamFailed(None, "m")),
        ({"type": "error"}, StreamFailed(None, "")),
    ],
)  # fmt: skip
def test_each_event_type(body: dict[str, object], event: StreamEvent) -> None:
    assert read(json.dumps(body)) == event


@pytest.mark.parametrize(
    ("kind", "status", "expected", "is_end"),
    [
        ("created", "in_progress", ResponseStatus.IN_PROGRESS, False),
        ("in_progress", None, ResponseStatus.UNKNOWN, False),
        ("completed", "completed", ResponseStatus.COMPLETED, True),
        ("completed", "incomplete", ResponseStatus.INCOMPLETE, True),
        ("completed", None, ResponseStatus.COMPLETED, True),
        ("completed", "in_progress", ResponseStatus.COMPLETED, True),
        ("completed", "brand_new", ResponseStatus.COMPLETED, True),
        ("incomplete", None, ResponseStatus.INCOMPLETE, True),
        ("failed", None, ResponseStatus.FAILED, True),
        ("failed", "completed", ResponseStatus.FAILED, True),
    ],
)
def test_response_events(kind: str, status: str | None, expected: ResponseStatus, is_end: bool) -> None:
    event = read(json.dumps({"type": f"response.{kind}", "response": {"id": "r", "status": status}}))
    assert isinstance(event, ResponseUpdated)
    assert (event.response.status, event.is_end) == (expected, is_end)


def test_a_final_event_without_a_response_still_ends_the_answer() -> None:
    event = read('{"type":"response.completed"}')
    assert isinstance(event, ResponseUpdated)
    assert event.is_end
    assert event.response.output is None


@pytest.mark.parametrize(
    ("phase", "is_final"),
    [(None, True), ("final_answer", True), ("", True), ("commentary", False), ("musing", False)],
)
def test_an_unknown_phase_is_intermediate(phase: str | None, is_final: bool) -> None:
    item = {"type": "message", "id": "m", "phase": phase}
    event = read(json.dumps({"type": "response.output_item.added", "output_index": 0, "item": item}))
    assert isinstance(event, ItemAdded)
    assert event.item.is_final is is_final


def test_items_of_every_kind() -> None:
    def kind(type_name: str) -> ItemKind:
        event = read(json.dumps({"type": "response.output_item.done", "item": {"type": type_name}}))
        assert isinstance(event, ItemDone)
        return event.item.kind

    assert kind("message") is ItemKind.MESSAGE
    assert kind("function_call") is ItemKind.FUNCTION_CALL
    assert kind("function_call_output") is ItemKind.FUNCTION_CALL_OUTPUT
    assert kind("jockey:web_search") is kind("web_search_call") is ItemKind.WEB_SEARCH
    assert kind("reasoning") is ItemKind.OTHER


def test_done_marker_and_keepalive_without_a_type() -> None:
    assert read(" [DONE] ") == StreamDone()
    assert read("", "keepalive") == KeepAlive()
    assert read("{}", "keepalive") == KeepAlive()


def test_the_event_line_stands_in_for_a_missing_type() -> None:
    assert read('{"delta":"x"}', "response.output_text.delta") == TextDelta(-1, "", 0, "x")
    assert read('{"error":{"message":"m"}}') == StreamFailed(None, "m")
    assert read('{"code":"c","message":"m"}') == StreamFailed("c", "m")


# -- what is odd costs only itself ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "event_name", "kept_type"),
    [
        ('{"type":"response.future","x":1}', "message", "response.future"),
        ('{"type":"response.output_item.added","output_index":0}', "message", "message"),
        ('{"type":"response.output_item.done","item":null}', "response.output_item.done",
         "response.output_item.done"),
        ('{"type":"response.content_part.done"}', "message", "message"),
        ('{"type":"response.output_text.delta","delta":5}', "message", "response.output_text.delta"),
        ('{"type":5}', "message", "message"),
        ("[1,2]", "message", "message"),
        ("{", "x", "x"),
        ("null", "message", "message"),
        ("plain words", "message", "message"),
        ("", "message", "message"),
        ("[" * 100_000, "message", "message"),
        ('{"a":' * 100_000, "message", "message"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_kept(data: str, event_name: str, kept_type: str) -> None:
    event = read(data, event_name)
    assert isinstance(event, UnknownEvent)
    assert event.type == kept_type
    assert data.startswith(event.data)
    assert len(event.data) <= 4000


def test_half_a_surrogate_pair_costs_one_character_not_the_delta() -> None:
    data = r'{"type":"response.output_text.delta","output_index":0,"delta":"car \ud83d"}'
    assert read(data) == TextDelta(0, "", 0, "car \ufffd")
    assert read(data.replace("car ", r"\ud83d\ude97 ")) == TextDelta(0, "", 0, "🚗 \ufffd")


def test_numbers_that_are_none_cost_only_themselves() -> None:
    spans = ('"start_sec":NaN,"end_sec":1e400', '"start_sec":-1,"end_sec":1e12')
    for times in spans:
        data = (
            '{"type":"response.content_part.done","part":{"text":"abc","annotations":'
            '[{"type":"video_citation","start_index":0,"end_index":1,' + times + "}]}}"
        )
        event = read(data)
        assert isinstance(event, PartDone)
        assert event.part.annotations == (Annotation(AnnotationKind.VIDEO, 0, 1),)


def test_odd_annotations_cost_only_themselves() -> None:
    good = {"type": "image_citation", "start_index": 0, "end_index": 0, "item_id": "ksi_1"}
    odd: list[object] = [
        5,
        None,
        {},
        {"type": "video_citation"},
        {**good, "start_index": "x"},
        {**good, "type": "?"},
    ]
    part = {"text": "x", "annotations": [*odd, good]}
    event = read(json.dumps({"type": "response.content_part.done", "part": part}))
    assert isinstance(event, PartDone)
    assert [a.kind for a in event.part.annotations] == [AnnotationKind.IMAGE]


def test_odd_items_and_parts_keep_their_places() -> None:
    content = [{"type": "refusal", "refusal": "no"}, 5, {"type": "output_text", "text": "x"}]
    output = [5, {"type": "message", "id": "m", "content": content}]
    event = read(json.dumps({"type": "response.completed", "response": {"output": output}}))
    assert isinstance(event, ResponseUpdated)
    assert event.response.output is not None
    odd, message = event.response.output
    assert odd.kind is ItemKind.OTHER
    assert [p.text for p in message.content] == ["", "", "x"]


def test_content_may_be_a_plain_string() -> None:
    event = read('{"type":"response.output_item.done","item":{"type":"message","content":"x"}}')
    assert isinstance(event, ItemDone)
    assert event.item.content == (ContentPart("x"),)


KNOWN_TYPES = [
    "response.created", "response.completed", "response.failed", "response.output_item.added",
    "response.output_item.done", "response.content_part.done", "response.output_text.delta",
    "response.output_text.done", "response.function_call_arguments.done", "jockey:web_search.completed",
    "keepalive", "error", "future",
]  # fmt: skip
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(KNOWN_TYPES)
)
names = st.sampled_from(
    [
        "type", "response", "item", "part", "delta", "text", "output", "content", "annotations", "status",
        "output_index", "content_index", "item_id", "id", "error", "code", "message", "arguments", "action",
        "queries", "usage", "phase", "start_index", "end_index", "incomplete_details", "reason",
    ]
)  # fmt: skip
values = st.recursive(
    scalars, lambda v: st.lists(v, max_size=4) | st.dictionaries(names, v, max_size=6), max_leaves=20
)
bodies = st.dictionaries(names, values, max_size=6).flatmap(
    lambda body: st.sampled_from(KNOWN_TYPES).map(lambda kind: {**body, "type": kind})
)


@given(bodies | values, st.sampled_from([*KNOWN_TYPES, "message"]))
def test_no_json_raises(body: object, event: str) -> None:
    answer = Answer()
    answer.fold(read(json.dumps(body), event))
    assert Answer.restored(answer.saved()).saved() == answer.saved()
    assert isinstance(answer.text.encode(), bytes)


@given(st.text(max_size=40) | st.sampled_from(['{"type":"', "[DONE", "\ud800"]), st.text(max_size=5))
def test_no_text_raises(data: str, event: str) -> None:
    Answer().fold(read(data, event))


# -- a whole response object ------------------------------------------------------------------------


def test_a_whole_response_object() -> None:
    body = {"id": "r", "status": "completed", "output": [{"type": "message", "content": [{"text": "x"}]}]}
    response = parse_response(json.dumps(body).encode())
    assert response.output is not None
    assert response.output[0].content == (ContentPart("x"),)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"5", b"<html>", b'{"id":5}', b"[" * 100_000, b"\xff"])
def test_what_is_no_response_object_raises_value_error(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".+") as caught:
        parse_response(body)
    assert not isinstance(caught.value, msgspec.ValidationError)
