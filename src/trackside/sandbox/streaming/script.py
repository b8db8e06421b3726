"""The event sequence of an answer: what is told, in the service's order, with nothing gone wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from trackside.sandbox.answering.plan import (
    AnswerPlan,
    FunctionCall,
    FunctionOutput,
    MessageItem,
    OutputItem,
    WebSearch,
)

# About as much as a token: a word, or a piece of a longer one, with the white space before it.
_PIECE = re.compile(r"\s*\S{1,8}|\s+")

Payload = dict[str, object]


@dataclass(frozen=True, slots=True)
class Told:
    """One event; `tokens` is what it counts for at the set pace."""

    payload: Payload
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Thought:
    """A while in which only keep-alives come."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Broken:
    """Bytes that pose as an event."""

    content: bytes


Beat = Told | Thought | Broken


def tell(plan: AnswerPlan) -> Iterator[Beat]:
    """Every event of the answer, from response.created to response.completed."""
    yield from opening(plan)
    for index, item in enumerate(plan.items):
        yield from tell_item(item, index)
    yield closing(plan)


def opening(plan: AnswerPlan) -> Iterator[Beat]:
    """What comes before any output."""
    yield Told({"type": "response.created", "response": response_object(plan, "in_progress", output=[])})
    yield Told({"type": "response.in_progress", "response": response_object(plan, "in_progress", output=[])})
    if plan.thinking_s:
        yield Thought(plan.thinking_s)


def closing(plan: AnswerPlan) -> Told:
    """The event that carries the whole answer."""
    return Told({"type": "response.completed", "response": response_object(plan, "completed")})


def tell_item(item: OutputItem, index: int) -> Iterator[Beat]:
    """One output item, from added to done."""
    yield added(item, index)
    match item:
        case MessageItem():
            yield part_added(item, index)
            for piece in split_deltas(item.written.text):
                yield delta(item, index, piece)
            yield from text_done(item, index)
        case FunctionCall():
            yield Told({
                "type": "response.function_call_arguments.done",
                "item_id": item.item_id,
                "output_index": index,
                "arguments": item.arguments,
            })  # fmt: skip
        case WebSearch():
            for stage in ("in_progress", "searching", "completed"):
                yield Told(
                    {"type": f"jockey:web_search.{stage}", "item_id": item.item_id, "output_index": index},
                    tokens=4,
                )
        case FunctionOutput():
            pass
        case _:
            assert_never(item)
    yield done(item, index)


def added(item: OutputItem, index: int) -> Told:
    """response.output_item.added, after a moment's work."""
    payload: Payload = {
        "type": "response.output_item.added",
        "output_index": index,
        "item": item_object(item, "in_progress", is_empty=True),
    }
    return Told(payload, tokens=6)


def part_added(item: MessageItem, index: int) -> Told:
    """response.content_part.added, with no text and no annotations yet."""
    return Told({
        "type": "response.content_part.added",
        **_place(item, index),
        "part": {"type": "output_text", "text": "", "annotations": []},
    })  # fmt: skip


def delta(item: MessageItem, index: int, piece: str) -> Told:
    """response.output_text.delta."""
    return Told({"type": "response.output_text.delta", **_place(item, index), "delta": piece}, tokens=1)


def text_done(item: MessageItem, index: int) -> Iterator[Told]:
    """response.output_text.done and response.content_part.done, the latter with the annotations."""
    place = _place(item, index)
    yield Told({"type": "response.output_text.done", **place, "text": item.written.text})
    yield Told({"type": "response.content_part.done", **place, "part": part_object(item)})


def done(item: OutputItem, index: int, status: str = "completed") -> Told:
    """response.output_item.done."""
    return Told({
        "type": "response.output_item.done",
        "output_index": index,
        "item": item_object(item, status),
    })  # fmt: skip


def split_deltas(text: str) -> Iterator[str]:
    """The text in pieces that join to it exactly."""
    for match in _PIECE.finditer(text):
        yield match.group()


def part_object(item: MessageItem) -> Payload:
    """A message's one content part."""
    return {
        "type": "output_text",
        "text": item.written.text,
        "annotations": list(item.written.annotations),
    }


def item_object(item: OutputItem, status: str, *, is_empty: bool = False) -> Payload:
    """An output item as the service writes it; empty when it has only just been added."""
    match item:
        case MessageItem():
            empty = {"type": "output_text", "text": "", "annotations": []}
            return {
                "type": "message",
                "id": item.item_id,
                "status": status,
                "role": "assistant",
                "phase": "final_answer" if item.is_final else "commentary",
                "content": [empty if is_empty else part_object(item)],
            }
        case FunctionCall():
            return {
                "type": "function_call",
                "id": item.item_id,
                "status": status,
                "name": item.name,
                "call_id": item.call_id,
                "arguments": "" if is_empty else item.arguments,
            }
        case FunctionOutput():
            return {
                "type": "function_call_output",
                "id": item.item_id,
                "status": status,
                "call_id": item.call_id,
                "output": "" if is_empty else item.output,
            }
        case WebSearch():
            return {
                "type": "jockey:web_search",
                "id": item.item_id,
                "status": status,
                "action": {"queries": list(item.queries)},
            }
        case _:
            assert_never(item)


def response_object(
    plan: AnswerPlan,
    status: str,
    *,
    output: list[Payload] | None = None,
    reason: str | None = None,
) -> Payload:
    """The response as the service writes it; the whole output unless told otherwise."""
    shown: Payload = {
        "id": plan.response_id,
        "type": "response",
        "object": "response",
        "status": status,
        "incomplete_details": None if reason is None else {"reason": reason},
        "output": [item_object(item, "completed") for item in plan.items] if output is None else output,
        "session_id": plan.session_id,
        "knowledge_store_id": plan.store_id,
        "created_at": plan.created_at,
    }
    if status != "in_progress":
        shown["usage"] = {"input_tokens": plan.input_tokens, "output_tokens": plan.output_tokens}
    return shown


def _place(item: MessageItem, index: int) -> Payload:
    return {"item_id": item.item_id, "output_index": index, "content_index": 0}
