"""Sessions made up by Hypothesis: every field of theirs takes any value that the program can give it."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from trackside.domain.answer import Answer, SavedAnswer, SavedItem
from trackside.domain.failure import Failure, FailureKind
from trackside.domain.session import Session
from trackside.domain.stream import (
    Annotation,
    AnnotationKind,
    ContentPart,
    ItemKind,
    OutputItem,
    ResponseStatus,
    UnknownEvent,
    Usage,
)
from trackside.domain.turn import AnswerSchema, Ask, Attempt, AttemptState, Selection, SelectionKind, Turn

_FIRST = datetime(2026, 1, 1, tzinfo=UTC)
# No lone surrogates: neither the database nor the wire can hold them.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
ids = st.text("abcdef0123456789", min_size=8, max_size=8)
maybe = texts | st.none()
times = st.integers(0, 10**9).map(lambda n: _FIRST + timedelta(microseconds=n * 997))
seconds = st.floats(0, 1e6) | st.none()
counts = st.integers(0, 10**6)
tags = st.lists(texts.map(lambda text: " ".join(text.split())).filter(bool), max_size=2, unique=True).map(
    tuple
)

annotations = st.builds(
    Annotation,
    st.sampled_from(AnnotationKind),
    counts,
    counts,
    item_id=maybe,
    collection_id=maybe,
    start_s=seconds,
    end_s=seconds,
    title=maybe,
    url=maybe,
)
parts = st.builds(ContentPart, texts, st.lists(annotations, max_size=1).map(tuple))
items = st.builds(
    OutputItem,
    st.sampled_from(ItemKind),
    texts,
    texts,
    st.sampled_from(ResponseStatus),
    st.booleans(),
    st.lists(parts, max_size=2).map(tuple),
    texts,
    texts,
    texts,
    texts,
    st.lists(texts, max_size=1).map(tuple),
)
answers = st.builds(
    SavedAnswer,
    st.lists(st.builds(SavedItem, st.integers(-1, 9), items), max_size=2).map(tuple),
    maybe,
    maybe,
    st.sampled_from(ResponseStatus),
    st.builds(Usage, counts, counts) | st.none(),
    maybe,
    st.lists(st.builds(UnknownEvent, texts, texts, texts), max_size=1).map(tuple),
)
failures = st.builds(
    Failure,
    st.sampled_from(FailureKind),
    texts,
    texts,
    texts,
    counts | st.none(),
    maybe,
    seconds,
    st.dictionaries(texts, texts, max_size=1),
)
asks = st.builds(
    Ask,
    texts,
    texts,
    texts,
    st.builds(AnswerSchema, texts, texts) | st.none(),
    st.lists(st.builds(Selection, st.sampled_from(SelectionKind), texts, texts), max_size=1).map(tuple),
    st.booleans(),
    st.booleans(),
)
ends = st.sampled_from([state for state in AttemptState if state.is_final])


@st.composite
def turns(draw: st.DrawFn, session_id: str, position: int, turn_id: str) -> Turn:
    asked_at = _FIRST + timedelta(minutes=position)
    turn = Turn(turn_id, session_id, position, draw(asks), asked_at)
    for number in range(1, draw(st.integers(0, 3)) + 1):
        turn.attempts.append(
            Attempt(
                f"{turn_id}.{number}",
                turn_id,
                number,
                draw(ends),
                Answer.restored(draw(answers)),
                draw(failures | st.none()),
                asked_at + timedelta(seconds=number),
                draw(seconds),
                draw(seconds),
                draw(counts),
                draw(texts.filter(bool) | st.none()),
                draw(texts),
            )
        )
    turn.chosen = draw(st.integers(-1, len(turn.attempts) - 1))
    return turn


@st.composite
def sessions(draw: st.DrawFn) -> list[tuple[Session, list[Turn]]]:
    made = []
    for session_id in draw(st.lists(ids, max_size=2, unique=True)):
        count = draw(st.integers(0, 4))
        session = Session(
            session_id,
            draw(texts.filter(bool)),
            draw(times),
            draw(times),
            title=draw(texts),
            title_is_own=draw(st.booleans()),
            store_id=draw(texts),
            store_name=draw(texts),
            server_session_id=draw(maybe),
            snippet=draw(texts),
            draft=draw(texts),
            instructions=draw(texts),
            schema_text=draw(texts),
            include_steps=draw(st.booleans()),
            web_search=draw(st.booleans()),
            pinned=draw(st.booleans()),
            unread=draw(st.booleans()),
            failed=draw(st.booleans()),
            archived=draw(st.booleans()),
            tags=draw(tags),
            recap=draw(maybe),
            branched_from=draw(texts),
            branched_turns=draw(counts),
            moved_turns=draw(counts),
            reading_place=draw(texts),
            inspector_tab=draw(st.integers(-1, 3)),
            turn_count=count,
        )
        made.append((session, [draw(turns(session_id, n, f"{session_id}-{n}")) for n in range(count)]))
    return made
