"""The fold on streams as they are known to come, and on those that broke other clients."""

import pytest

from trackside.domain.answer import KEPT_UNKNOWN_EVENTS, Answer, Step, StepKind
from trackside.domain.stream import (
    Annotation,
    AnnotationKind,
    ArgumentsDone,
    ContentPart,
    ItemAdded,
    ItemDone,
    ItemKind,
    KeepAlive,
    OutputItem,
    PartDone,
    Response,
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


def message(item_id: str, *texts: str, is_final: bool = True) -> OutputItem:
    content = tuple(ContentPart(text) for text in texts)
    return OutputItem(ItemKind.MESSAGE, item_id, "message", is_final=is_final, content=content)


def completed(*output: OutputItem, status: ResponseStatus = ResponseStatus.COMPLETED) -> ResponseUpdated:
    return ResponseUpdated(Response("resp_1", status, output=output), is_end=True)


def folded(*events: StreamEvent) -> Answer:
    answer = Answer()
    for event in events:
        answer.fold(event)
    return answer


def cite(start: int, end: int, item: str = "ksi_1") -> Annotation:
    return Annotation(AnnotationKind.VIDEO, start, end, item)


def test_done_events_that_repeat_the_text_do_not_double_it() -> None:
    answer = folded(
        ItemAdded(0, message("m", "")),
        TextDelta(0, "m", 0, "Two "),
        TextDelta(0, "m", 0, "cars."),
        TextDone(0, "m", 0, "Two cars."),
        PartDone(0, "m", 0, ContentPart("Two cars.")),
        ItemDone(0, message("m", "Two cars.")),
        completed(message("m", "Two cars.")),
        StreamDone(),
    )
    assert answer.text == "Two cars."
    assert answer.revision == 0
    assert answer.delta_count == 2


def test_a_done_event_is_right_where_the_deltas_were_not() -> None:
    answer = folded(TextDelta(0, "m", 0, "Tow cras"), TextDone(0, "m", 0, "Two cars."))
    assert answer.text == "Two cars."
    assert answer.revision == 1


def test_a_done_event_that_only_adds_the_end_is_no_revision() -> None:
    answer = folded(TextDelta(0, "m", 0, "Two"), TextDone(0, "m", 0, "Two cars."))
    assert (answer.text, answer.revision) == ("Two cars.", 0)


def test_an_empty_done_event_takes_nothing_away() -> None:
    answer = folded(
        TextDelta(0, "m", 0, "Two cars."), TextDone(0, "m", 0, ""), ItemDone(0, message("m")), completed()
    )
    assert answer.text == "Two cars."


def test_deltas_of_several_items_interleave() -> None:
    answer = folded(
        ItemAdded(0, message("a", is_final=False)),
        ItemAdded(1, message("b")),
        TextDelta(1, "b", 0, "The "),
        TextDelta(0, "a", 0, "Looking "),
        TextDelta(1, "b", 0, "answer"),
        TextDelta(0, "a", 0, "closer"),
    )
    assert answer.text == "The answer"
    assert answer.steps == [Step(StepKind.COMMENTARY, "commentary", "Looking closer")]
    assert answer.revision == 0


def test_an_earlier_item_that_still_grows_is_a_revision() -> None:
    answer = folded(
        ItemAdded(0, message("a")),
        ItemAdded(1, message("b")),
        TextDelta(1, "b", 0, "later"),
        TextDelta(0, "a", 0, "first"),
    )
    assert answer.text == "first\n\nlater"
    assert answer.revision == 1


def test_an_item_announced_empty_behind_the_growing_one_is_no_revision() -> None:
    answer = folded(
        ItemAdded(0, message("a", "")),
        ItemAdded(1, message("b", "")),
        TextDelta(0, "a", 0, "first"),
        TextDelta(0, "a", 0, " part"),
    )
    assert (answer.text, answer.revision) == ("first part", 0)


def test_same_id_in_two_items_is_told_apart_by_the_index() -> None:
    answer = folded(
        ItemAdded(0, message("msg_1", is_final=False)),
        ItemAdded(2, message("msg_1")),
        TextDelta(0, "msg_1", 0, "thinking"),
        TextDelta(2, "msg_1", 0, "answer"),
        completed(message("msg_1", "thinking", is_final=False), message("msg_1", "answer")),
    )
    assert answer.text == "answer"
    assert [s.detail for s in answer.steps] == ["thinking"]


def test_a_final_output_without_the_steps_does_not_turn_a_step_into_the_answer() -> None:
    """The output leaves intermediate items out, so its places are not the stream's indexes."""
    answer = folded(
        ItemAdded(0, message("", is_final=False)),
        TextDelta(0, "", 0, "Looking"),
        ItemAdded(1, message("")),
        TextDelta(1, "", 0, "It is red."),
        completed(message("", "It is red.")),
    )
    assert answer.text == "It is red."
    assert [s.detail for s in answer.steps] == ["Looking"]
    assert answer.revision == 0


def test_a_server_without_indexes_and_ids_streams_items_one_after_another() -> None:
    no_id = message("", is_final=False)
    call = OutputItem(ItemKind.FUNCTION_CALL, "", "function_call", name="look", arguments="{}")
    answer = folded(
        ItemAdded(-1, no_id),
        TextDelta(-1, "", 0, "Looking"),
        ItemDone(-1, message("", "Looking", is_final=False)),
        ItemAdded(-1, call),
        ItemDone(-1, call),
        TextDelta(-1, "", 0, "It is "),
        TextDelta(-1, "", 0, "red."),
        ItemDone(-1, message("", "It is red.")),
        StreamDone(),
    )
    assert answer.text == "It is red."
    assert [(s.kind, s.title, s.is_done) for s in answer.steps] == [
        (StepKind.COMMENTARY, "commentary", True),
        (StepKind.CALL, "look", True),
    ]


def test_text_events_before_their_item_is_announced_find_it_later() -> None:
    answer = folded(
        TextDelta(0, "m", 0, "Look"),
        ItemAdded(0, message("m", "", is_final=False)),
        TextDelta(0, "m", 0, "ing"),
        ItemDone(0, message("m", "Looking", is_final=False)),
    )
    assert answer.text == ""
    assert [s.detail for s in answer.steps] == ["Looking"]
    assert answer.revision == 1


def test_a_part_that_is_no_text_keeps_its_place() -> None:
    answer = folded(
        TextDelta(0, "m", 1, "spoken"),
        completed(message("m", "", "spoken")),
    )
    assert answer.text == "spoken"


def test_a_whole_text_in_one_part_replaces_what_came_in_two() -> None:
    answer = folded(
        TextDelta(0, "m", 0, "Two "), TextDelta(0, "m", 1, "cars."), ItemDone(0, message("m", "Two cars."))
    )
    assert answer.text == "Two cars."


def test_a_call_and_its_output_are_one_step() -> None:
    call = OutputItem(ItemKind.FUNCTION_CALL, "fc", "function_call", name="search", call_id="c1")
    output = OutputItem(ItemKind.FUNCTION_CALL_OUTPUT, "fo", "function_call_output", call_id="c1", output="3")
    answer = folded(ItemAdded(0, call), ArgumentsDone(0, "fc", '{"q":1}'))
    assert answer.steps == [Step(StepKind.CALL, "search", '{"q":1}')]
    answer.fold(ItemDone(1, output))
    assert answer.steps == [Step(StepKind.CALL, "search", '{"q":1}', "3", is_done=True)]


def test_calls_without_a_call_id_keep_their_own_outputs() -> None:
    def call(name: str) -> OutputItem:
        return OutputItem(ItemKind.FUNCTION_CALL, name, "function_call", name=name)

    def output(name: str, text: str) -> OutputItem:
        return OutputItem(ItemKind.FUNCTION_CALL_OUTPUT, name, "function_call_output", output=text)

    answer = folded(
        ItemDone(0, call("a")),
        ItemDone(1, output("ao", "1")),
        ItemDone(2, call("b")),
        ItemDone(3, output("bo", "2")),
    )
    assert [s.result for s in answer.steps] == ["", "1", "", "2"]


def test_web_search_progress_and_queries() -> None:
    item = OutputItem(ItemKind.WEB_SEARCH, "ws", "jockey:web_search", queries=("lap record",))
    answer = folded(WebSearchProgress(0, "ws", "in_progress"), WebSearchProgress(0, "ws", "searching"))
    assert answer.steps == [Step(StepKind.WEB_SEARCH, "web search")]
    answer.fold(WebSearchProgress(0, "ws", "completed"))
    answer.fold(ItemDone(0, item))
    assert answer.steps == [Step(StepKind.WEB_SEARCH, "web search", "lap record", is_done=True)]


def test_annotations_move_to_places_in_the_whole_text() -> None:
    first = ContentPart("🎬 one [1]", (cite(6, 8),))
    second = ContentPart(" two [2]", (cite(5, 7, "ksi_2"),))
    third = ContentPart("三 [3]", (cite(2, 4, "ksi_3"),))
    answer = folded(PartDone(0, "a", 0, first), PartDone(0, "a", 1, second), PartDone(1, "b", 0, third))
    assert [answer.text[a.start_index : a.end_index + 1] for a in answer.annotations] == ["[1]", "[2]", "[3]"]


@pytest.mark.parametrize("span", [(0, 3), (-1, 1), (2, 1), (99, 100)])
def test_an_annotation_beyond_its_part_is_left_out(span: tuple[int, int]) -> None:
    answer = folded(
        PartDone(0, "a", 0, ContentPart("abc", (cite(*span),))), PartDone(1, "b", 0, ContentPart("def"))
    )
    assert answer.annotations == []


def test_new_annotations_are_counted_once_and_leave_the_text_alone() -> None:
    part = ContentPart("a [1]", (cite(2, 4),))
    answer = folded(TextDelta(0, "m", 0, "a [1]"), PartDone(0, "m", 0, part))
    assert (answer.annotation_revision, answer.revision) == (1, 0)
    answer.fold(PartDone(0, "m", 0, part))
    assert (answer.annotation_revision, answer.revision) == (1, 0)


def test_the_session_is_known_from_the_first_event() -> None:
    created = Response("resp_1", ResponseStatus.IN_PROGRESS, session_id="sess_1", output=())
    answer = folded(ResponseUpdated(created, is_end=False))
    assert (answer.server_session_id, answer.response_id) == ("sess_1", "resp_1")
    assert not answer.has_content
    answer.fold(ResponseUpdated(Response("", ResponseStatus.UNKNOWN), is_end=False))
    assert (answer.server_session_id, answer.response_id) == ("sess_1", "resp_1")
    assert answer.status is ResponseStatus.IN_PROGRESS


def test_failure_keeps_what_came() -> None:
    answer = folded(TextDelta(0, "m", 0, "Two"), StreamFailed("server_error", "It broke."))
    assert (answer.text, answer.status, answer.error_message) == ("Two", ResponseStatus.FAILED, "It broke.")
    assert answer.is_over


def test_unfinished_items_of_a_failed_response_are_not_called_complete() -> None:
    call = OutputItem(ItemKind.FUNCTION_CALL, "fc", "function_call", ResponseStatus.IN_PROGRESS, name="n")
    answer = folded(completed(call, status=ResponseStatus.FAILED))
    assert answer.saved().items[0].item.status is ResponseStatus.INCOMPLETE


def test_an_open_step_is_still_open_after_saving() -> None:
    answer = folded(WebSearchProgress(0, "ws", "searching"), ItemAdded(1, message("m", "x", is_final=False)))
    restored = Answer.restored(answer.saved())
    assert [s.is_done for s in restored.steps] == [False, False]


def test_unknown_events_are_kept_up_to_a_limit() -> None:
    answer = folded(*(UnknownEvent("future", str(n)) for n in range(KEPT_UNKNOWN_EVENTS + 5)), KeepAlive())
    assert len(answer.unknown) == KEPT_UNKNOWN_EVENTS
    assert not answer.has_content


def test_tokens_are_estimated_until_the_service_counts() -> None:
    answer = folded(TextDelta(0, "m", 0, "äöü …🎬"))
    assert answer.estimated_tokens == 4  # 14 bytes
    done = Response("r", ResponseStatus.COMPLETED, usage=Usage(10, 77))
    answer.fold(ResponseUpdated(done, is_end=True))
    assert answer.estimated_tokens == 77


def test_a_long_answer_is_joined_only_when_read() -> None:
    """Folding many deltas between two readings must not join the text each time."""
    answer = folded(*(TextDelta(0, "m", 0, "x") for _ in range(20_000)))
    part = answer._output.items[0].part(0)
    assert len(part._chunks) > 20_000
    assert len(answer.text) == 20_000
    assert len(part._chunks) == 1


def test_a_late_text_end_without_a_name_finds_the_text_that_it_ends() -> None:
    answer = folded(
        TextDelta(-1, "", 0, "Two"),
        ItemDone(-1, message("", "Two cars.")),
        TextDone(-1, "", 0, "Two cars."),
        PartDone(-1, "", 0, ContentPart("Two cars.")),
        completed(message("", "Two cars.")),
    )
    assert answer.text == "Two cars."


def test_a_late_item_end_without_a_name_finds_its_text_among_open_items() -> None:
    answer = folded(
        ItemAdded(-1, message("", is_final=False)),
        TextDelta(-1, "", 0, "Looking"),
        ItemAdded(-1, message("")),
        TextDelta(-1, "", 0, "It is"),
        ItemDone(-1, message("", "Looking closer", is_final=False)),
        ItemDone(-1, message("", "It is red.")),
    )
    assert answer.text == "It is red."
    assert [s.detail for s in answer.steps] == ["Looking closer"]


def test_new_end_is_read_with_the_line_that_parts_it_from_the_item_before() -> None:
    answer = folded(TextDelta(0, "a", 0, "One."), TextDelta(1, "b", 0, ""))
    assert answer.text_from(4) == ""
    answer.fold(TextDelta(1, "b", 0, "Two."))
    assert answer.text_from(4) == "\n\nTwo."
    answer.fold(TextDelta(1, "b", 0, " Three."))
    assert answer.text_from(10) == " Three."
