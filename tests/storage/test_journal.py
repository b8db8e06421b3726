"""The journal: replayed it is the answer, and it is hardly larger than what was received."""

import zlib
from collections.abc import Iterable
from dataclasses import replace

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.streams import Intended, honest_streams
from storage.support import created, delta
from trackside.domain.answer import Answer, SavedAnswer
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
    WebSearchProgress,
)
from trackside.storage.journal import Journal, JournalRow, encoded, replayed


def journalled(
    events: Iterable[StreamEvent], save_after: Iterable[int] = ()
) -> tuple[Answer, list[JournalRow]]:
    """Folds and journals the events as the runner does, with saves after the given numbers of events."""
    answer, journal, rows = Answer(), Journal(), []
    saves = set(save_after)
    for number, event in enumerate(events):
        journal.add(event, answer)
        answer.fold(event)
        if number in saves:
            rows += encoded(journal.take())
    rows += encoded(journal.take())
    assert not journal
    return answer, rows


def size(rows: list[JournalRow]) -> int:
    return sum(len(kind) + len(body if isinstance(body, bytes) else body.encode()) for kind, body in rows)


_indexes = st.integers(-1, 2)
_ids = st.sampled_from(["", "msg_0", "msg_1", "fc_1"])
_parts = st.integers(0, 2)
_texts = st.sampled_from(["", "a", "ab", "abc", "é🎬", "b\n", "x" * 50])
_annotation = Annotation(AnnotationKind.VIDEO, 0, 1, "ksi_1", start_s=1.5, end_s=2.5, title="T")
_contents = st.lists(st.builds(ContentPart, _texts, st.sampled_from([(), (_annotation,)])), max_size=2).map(
    tuple
)
_items = st.builds(
    OutputItem,
    st.sampled_from(list(ItemKind)),
    _ids,
    st.just("message"),
    st.sampled_from(list(ResponseStatus)),
    is_final=st.booleans(),
    content=_contents,
    name=st.sampled_from(["", "search"]),
    call_id=st.sampled_from(["", "call_1"]),
    arguments=_texts,
    output=_texts,
    queries=st.sampled_from([(), ("one", "two")]),
)
_responses = st.builds(
    Response,
    st.sampled_from(["", "resp_1"]),
    st.sampled_from(list(ResponseStatus)),
    session_id=st.sampled_from([None, "sess_1"]),
    output=st.none() | st.lists(_items, max_size=2).map(tuple),
    incomplete_reason=st.sampled_from([None, "max_output_tokens"]),
    error_code=st.sampled_from([None, "internal"]),
)
_events: st.SearchStrategy[StreamEvent] = st.one_of(
    st.builds(TextDelta, _indexes, _ids, _parts, _texts),
    st.builds(TextDelta, _indexes, _ids, _parts, _texts),
    st.builds(TextDone, _indexes, _ids, _parts, _texts),
    st.builds(PartDone, _indexes, _ids, _parts, st.builds(ContentPart, _texts), st.booleans()),
    st.builds(ItemAdded, _indexes, _items),
    st.builds(ItemDone, _indexes, _items),
    st.builds(ArgumentsDone, _indexes, _ids, _texts),
    st.builds(WebSearchProgress, _indexes, _ids, st.sampled_from(["searching", "completed"])),
    st.builds(ResponseUpdated, _responses, st.booleans()),
    st.builds(StreamFailed, st.none(), _texts),
    st.builds(UnknownEvent, st.just("response.future"), _texts),
    st.just(KeepAlive()),
    st.just(StreamDone()),
)


@settings(max_examples=300, deadline=None)
@given(honest_streams(), st.sets(st.integers(0, 40)))
def test_a_replayed_journal_is_the_answer(stream: Intended, saves: set[int]) -> None:
    answer, rows = journalled(stream.events, saves)
    assert replayed(rows).saved() == answer.saved()
    assert replayed(rows).text == stream.text


@settings(max_examples=800, deadline=None)
@given(st.lists(_events, max_size=14), st.sets(st.integers(0, 14)))
def test_a_replayed_journal_is_the_answer_whatever_a_server_sends(
    events: list[StreamEvent], saves: set[int]
) -> None:
    answer, rows = journalled(events, saves)
    assert replayed(rows).saved() == answer.saved()


@settings(max_examples=100, deadline=None)
@given(st.lists(_events, max_size=14))
def test_an_answer_comes_back_from_its_saved_form(events: list[StreamEvent]) -> None:
    answer, _ = journalled(events)
    saved = msgspec.json.decode(msgspec.json.encode(answer.saved()), type=SavedAnswer)
    assert saved == answer.saved()
    restored = Answer.restored(saved)
    assert restored.saved() == saved
    assert restored.text == answer.text


def test_neighbouring_deltas_are_one_row() -> None:
    events = [delta("word ") for _ in range(1_000)]
    answer, rows = journalled(events)
    assert len(rows) == 1
    assert replayed(rows).text == answer.text
    assert size(rows) < len(answer.text) + 100


def test_journalling_leaves_the_events_themselves_alone() -> None:
    events = [delta("one "), delta("two"), delta("step", 1)]
    before = [replace(event) for event in events]
    journalled(events)
    assert events == before


def test_the_text_that_done_events_repeat_is_not_written() -> None:
    text = "The harbour wakes. " * 2_000
    words = [delta(word + " ") for word in text.split()]
    text = "".join(event.text for event in words)
    annotations = (_annotation,)
    part = ContentPart(text, annotations)
    item = OutputItem(ItemKind.MESSAGE, "msg_0", "message", ResponseStatus.COMPLETED, content=(part,))
    whole = Response("resp_1", ResponseStatus.COMPLETED, session_id="sess_1", output=(item,))
    events = [
        created(),
        ItemAdded(0, replace(item, status=ResponseStatus.IN_PROGRESS, content=(ContentPart(""),))),
        *words,
        TextDone(0, "msg_0", 0, text),
        PartDone(0, "msg_0", 0, part),
        ItemDone(0, item),
        ResponseUpdated(whole, is_end=True),
        StreamDone(),
    ]
    answer, rows = journalled(events, range(0, len(events), 200))
    assert replayed(rows).saved() == answer.saved()
    assert answer.annotations == list(annotations)
    assert size(rows) < 0.2 * len(text.encode())  # words that say the same again and again


def test_text_that_only_a_done_event_brought_is_written() -> None:
    events = [created(), delta("The harbor"), TextDone(0, "msg_0", 0, "The harbour wakes.")]
    answer, rows = journalled(events)
    assert answer.text == "The harbour wakes."
    assert replayed(rows).text == answer.text


def test_keepalives_leave_no_trace() -> None:
    _, rows = journalled([KeepAlive()] * 100)
    assert rows == []


def test_what_a_later_version_wrote_is_passed_over() -> None:
    _, rows = journalled([delta("one "), delta("two", 1)])
    rows[1:1] = [
        ("SomethingNew", "{}"),
        ("TextDelta", "{"),
        ("TextDelta", '{"output_index": "x"}'),
        ("TextDelta", b"\x78\x9c nothing that was deflated"),
    ]
    assert replayed(rows).text == "one \n\ntwo"


def test_a_long_row_is_deflated_and_comes_back() -> None:
    text = "".join(f"{number} waves, 波と風, 🎬. " for number in range(3_000))
    answer, rows = journalled([created(), delta(text)])
    assert replayed(rows).saved() == answer.saved()
    assert size(rows) < len(text.encode()) / 2


def test_an_answer_of_hundreds_of_steps_is_replayed_and_no_text_of_it_written_twice() -> None:
    events: list[StreamEvent] = [created()]
    for number in range(300):
        item = OutputItem(ItemKind.MESSAGE, f"msg_{number}", "message", is_final=number == 299)
        words = [f"Step {number} looks at what the camera saw, {chr(97 + n)}. " for n in range(8)]
        text = "".join(words)
        part = ContentPart(text)
        events += [
            ItemAdded(number, item),
            *(TextDelta(number, item.id, 0, word) for word in words),
            TextDone(number, item.id, 0, text),
            PartDone(number, item.id, 0, part),
            ItemDone(number, replace(item, content=(part,))),
        ]
    answer, rows = journalled(events, range(0, len(events), 20))
    assert replayed(rows).saved() == answer.saved()
    abridged = [body for kind, body in rows if kind.endswith("~")]
    assert len(abridged) == 3 * 300
    assert not any("camera" in (zlib.decompress(b).decode() if isinstance(b, bytes) else b) for b in abridged)
