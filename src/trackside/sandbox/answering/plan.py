"""A whole answer as it will be told: its output items in order, before any of it is sent."""

from __future__ import annotations

from dataclasses import dataclass

from trackside.sandbox.answering.citing import WrittenText


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """A step: the search in the captions, as a call with JSON arguments."""

    item_id: str
    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class FunctionOutput:
    """What a call came back with, as JSON."""

    item_id: str
    call_id: str
    output: str


@dataclass(frozen=True, slots=True)
class WebSearch:
    """A step: what would have been searched for."""

    item_id: str
    queries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MessageItem:
    """Text for the user: commentary on the way, or the final answer."""

    item_id: str
    written: WrittenText
    is_final: bool


OutputItem = FunctionCall | FunctionOutput | WebSearch | MessageItem


@dataclass(frozen=True, slots=True)
class AnswerPlan:
    """An answer with its ids. `thinking_s` is how long nothing but keep-alives come first."""

    response_id: str
    session_id: str
    store_id: str
    created_at: str
    items: tuple[OutputItem, ...]
    input_tokens: int
    output_tokens: int
    thinking_s: float = 0.0


def count_tokens(text: str) -> int:
    """About as many tokens as a model would count."""
    return round(len(text.split()) * 1.3)
