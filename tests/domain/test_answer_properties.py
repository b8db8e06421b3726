"""The fold against generated streams: the intended text, whatever a server leaves out."""

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.streams import Intended, honest_streams
from trackside.domain.answer import Answer
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


def fold_watched(events: tuple[StreamEvent, ...] | list[StreamEvent]) -> Answer:
    """Folds, and checks after every event that text only grew at its end while `revision` stayed."""
    answer = Answer()
    shown, revision = "", 0
    for event in events:
        answer.fold(event)
        assert answer.revision >= revision
        # Asked before the whole text, which it may not need.
        grown = answer.text_from(len(shown))
        has_text = answer.has_text
        assert has_text == bool(answer.text)
        if answer.revision == revision:
            assert shown + grown == answer.text, event
        shown, revision = answer.text, answer.revision
    return answer


@settings(max_examples=400)
@given(honest_streams())
def test_every_honest_stream_ends_in_the_intended_text(intended: Intended) -> None:
    answer = fold_watched(intended.events)
    assert answer.text == intended.text
    assert [p.text for p in answer.parts if p.text] == [
        p.text for i in intended.items if i.is_final for p in i.content
    ]
    commentary = ["".join(p.text for p in i.content) for i in intended.items if not i.is_final]
    assert [step.detail for step in answer.steps] == commentary
    assert answer.is_over


@given(honest_streams())
def test_an_answer_survives_saving(intended: Intended) -> None:
    answer = fold_watched(intended.events)
    restored = Answer.restored(answer.saved())
    assert restored.saved() == answer.saved()
    assert (restored.text, restored.steps, restored.parts) == (answer.text, answer.steps, answer.parts)


indexes = st.integers(-2, 3)
ids = st.sampled_from(["", "a", "b"])
texts = st.sampled_from(["", "x", "xy", "xyz", "q", "\ud83d", "…🎬"])
annotations = st.builds(Annotation, st.sampled_from(AnnotationKind), st.integers(-5, 9), st.integers(-5, 9))
parts = st.builds(ContentPart, texts, st.lists(annotations, max_size=2).map(tuple))
items = st.builds(
    OutputItem,
    st.sampled_from(ItemKind),
    ids,
    st.just("t"),
    st.sampled_from(ResponseStatus),
    is_final=st.booleans(),
    content=st.lists(parts, max_size=2).map(tuple),
    call_id=ids,
    output=texts,
)
responses = st.builds(
    Response,
    ids,
    st.sampled_from(ResponseStatus),
    output=st.none() | st.lists(items, max_size=3).map(tuple),
)
any_events: st.SearchStrategy[StreamEvent] = st.one_of(
    st.builds(TextDelta, indexes, ids, indexes, texts),
    st.builds(TextDone, indexes, ids, indexes, texts),
    st.builds(PartDone, indexes, ids, indexes, parts, st.booleans()),
    st.builds(ItemAdded, indexes, items),
    st.builds(ItemDone, indexes, items),
    st.builds(ArgumentsDone, indexes, ids, texts),
    st.builds(WebSearchProgress, indexes, ids, st.sampled_from(["searching", "completed"])),
    st.builds(ResponseUpdated, responses, st.booleans()),
    st.builds(StreamFailed, st.none() | texts, texts),
    st.builds(UnknownEvent, texts, texts),
    st.just(KeepAlive()),
    st.just(StreamDone()),
)


@settings(max_examples=400)
@given(st.lists(any_events, max_size=25))
def test_no_order_of_events_breaks_the_fold_or_the_revision(events: list[StreamEvent]) -> None:
    answer = fold_watched(events)
    assert all(0 <= a.start_index <= a.end_index < len(answer.text) for a in answer.annotations)
    assert answer.estimated_tokens >= 0
    restored = Answer.restored(answer.saved())
    assert restored.saved() == answer.saved()
    assert (restored.text, restored.steps) == (answer.text, answer.steps)


@given(st.lists(any_events, max_size=12), st.lists(texts, max_size=8))
def test_reading_in_between_changes_nothing(events: list[StreamEvent], deltas: list[str]) -> None:
    events = [*events, *(TextDelta(0, "a", 0, text) for text in deltas)]
    unread = Answer()
    for event in events:
        unread.fold(event)
    assert fold_watched(events).saved() == unread.saved()
