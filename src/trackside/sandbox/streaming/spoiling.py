"""Faults in what is told: answers that fail, are cut, interleave, or hold events nobody expects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, zip_longest

from trackside.sandbox.answering.citing import WrittenText
from trackside.sandbox.answering.hooks import long_text
from trackside.sandbox.answering.plan import AnswerPlan, MessageItem, OutputItem, count_tokens
from trackside.sandbox.faults import Fault, FaultName
from trackside.sandbox.streaming.script import (
    Beat,
    Broken,
    Told,
    added,
    closing,
    delta,
    done,
    item_object,
    opening,
    part_added,
    response_object,
    split_deltas,
    tell,
    tell_item,
    text_done,
)

FAILURE_CODE = "internal_error"
FAILURE_MESSAGE = "The sandbox was asked to let this answer fail on the way."
CUT_REASON = "max_output_tokens"
_ASIDE = (
    "Looking at the clips one by one: the first sets the place, the second the people, "
    "the third what they do. This is commentary and runs beside the answer."
)


def tell_with(plan: AnswerPlan, fault: Fault | None) -> Iterator[Beat]:
    """The answer's events as the fault spoils them; faults of bytes and of HTTP leave them as they are."""
    match fault.name if fault else None:
        case FaultName.MALFORMED_EVENT:
            broken = (
                b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"Th'
            )
            return _with_one_more(plan, Broken(broken + b"\n\n"))
        case FaultName.UNKNOWN_EVENT:
            return _with_one_more(plan, _unknown_event(plan))
        case FaultName.INTERLEAVED:
            return _interleaved(plan)
        case FaultName.FAILED:
            return _stopped_midway(plan, _failed(plan))
        case FaultName.ERROR_EVENT:
            return _stopped_midway(plan, _error_event(is_flat=bool(fault and fault.value == "flat")))
        case FaultName.INCOMPLETE:
            return _incomplete(plan, has_own_event=bool(fault and fault.value == "event"))
        case FaultName.GIANT_EVENT:
            return _giant(plan, int((fault.number if fault else 1) * 1024 * 1024))
        case _:
            return tell(plan)


def cut(plan: AnswerPlan) -> AnswerPlan:
    """The plan with its final text cut at half, as at the token limit."""
    items: list[OutputItem] = []
    for item in plan.items:
        if isinstance(item, MessageItem) and item.is_final:
            text = item.written.text[: len(item.written.text) // 2]
            whole = tuple(
                note
                for note in item.written.annotations
                if isinstance(note["end_index"], int) and note["end_index"] < len(text)
            )
            items.append(replace(item, written=WrittenText(text, whole)))
        else:
            items.append(item)
    return replace(plan, items=tuple(items), output_tokens=plan.output_tokens // 2)


def failed_object(plan: AnswerPlan) -> dict[str, object]:
    """The response of an answer that failed midway, with what there was of it."""
    half = cut(plan)
    shown = response_object(half, "failed", output=[item_object(item, "failed") for item in half.items])
    return shown | {"error": {"code": FAILURE_CODE, "message": FAILURE_MESSAGE}}


def _with_one_more(plan: AnswerPlan, extra: Beat) -> Iterator[Beat]:
    deltas = 0
    for beat in tell(plan):
        yield beat
        deltas += _is_delta(beat)
        if deltas == 3:
            deltas += 1
            yield extra


def _unknown_event(plan: AnswerPlan) -> Told:
    return Told({
        "type": "response.storyboard.frame",
        "response_id": plan.response_id,
        "frame": {"number": 7, "palette": ["#204060", "#f0c040"], "delta": "not text of the answer"},
    })  # fmt: skip


def _stopped_midway(plan: AnswerPlan, last: Told) -> Iterator[Beat]:
    total = sum(_is_delta(beat) for beat in tell(plan))
    told = 0
    for beat in tell(plan):
        yield beat
        told += _is_delta(beat)
        if told >= max(1, total // 2):
            break
    yield last


def _failed(plan: AnswerPlan) -> Told:
    return Told({"type": "response.failed", "response": failed_object(plan)})


def _error_event(*, is_flat: bool) -> Told:
    error = {"code": FAILURE_CODE, "message": FAILURE_MESSAGE}
    return Told({"type": "error", **(error if is_flat else {"error": error})})


def _incomplete(plan: AnswerPlan, *, has_own_event: bool) -> Iterator[Beat]:
    half = cut(plan)
    yield from opening(half)
    for index, item in enumerate(half.items):
        beats = list(tell_item(item, index))
        is_last = index == len(half.items) - 1
        yield from beats[:-1]
        yield done(item, index, "incomplete" if is_last else "completed")
    yield Told({
        "type": "response.incomplete" if has_own_event else "response.completed",
        "response": incomplete_object(half),
    })  # fmt: skip


def incomplete_object(half: AnswerPlan) -> dict[str, object]:
    """The response of an answer that has been cut."""
    output = [item_object(item, "completed") for item in half.items[:-1]]
    output.append(item_object(half.items[-1], "incomplete"))
    return response_object(half, "incomplete", output=output, reason=CUT_REASON)


def _giant(plan: AnswerPlan, size: int) -> Iterator[Beat]:
    final = plan.items[-1]
    if not isinstance(final, MessageItem):
        return
    giant = replace(final, written=WrittenText(long_text(size)))
    plan = replace(plan, items=(*plan.items[:-1], giant), output_tokens=count_tokens(giant.written.text))
    index = len(plan.items) - 1
    yield from opening(plan)
    for earlier, item in enumerate(plan.items[:-1]):
        yield from tell_item(item, earlier)
    yield added(giant, index)
    yield part_added(giant, index)
    yield delta(giant, index, giant.written.text)
    yield from text_done(giant, index)
    yield done(giant, index)
    yield closing(plan)


def _interleaved(plan: AnswerPlan) -> Iterator[Beat]:
    final = plan.items[-1]
    if not isinstance(final, MessageItem):
        return
    aside = MessageItem(f"{final.item_id}_aside", WrittenText(_ASIDE), is_final=False)
    plan = replace(plan, items=(*plan.items[:-1], aside, final))
    first, second = len(plan.items) - 2, len(plan.items) - 1
    yield from opening(plan)
    for earlier, item in enumerate(plan.items[:-2]):
        yield from tell_item(item, earlier)
    yield from (
        added(aside, first),
        added(final, second),
        part_added(aside, first),
        part_added(final, second),
    )
    pairs = zip_longest(
        (delta(aside, first, piece) for piece in split_deltas(aside.written.text)),
        (delta(final, second, piece) for piece in split_deltas(final.written.text)),
    )
    yield from (beat for beat in chain.from_iterable(pairs) if beat is not None)
    yield from text_done(aside, first)
    yield done(aside, first)
    yield from text_done(final, second)
    yield done(final, second)
    yield closing(plan)


def _is_delta(beat: Beat) -> bool:
    return isinstance(beat, Told) and beat.payload["type"] == "response.output_text.delta"
