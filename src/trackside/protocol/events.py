"""The JSON of stream events and response objects as the wire has it, for msgspec to decode.

Every field may be absent or null: servers leave out indexes, ids and `output`. Nested values whose
shape varies are read one by one further down, so that one odd annotation costs only itself.
"""

from typing import Any

import msgspec


class WireAnnotation(msgspec.Struct):
    type: str
    start_index: int
    end_index: int
    item_id: str | None = None
    collection_id: str | None = None
    start_sec: float | None = None
    end_sec: float | None = None
    title: str | None = None
    url: str | None = None
    thumbnail_url: str | None = None
    hls_url: str | None = None


class WirePart(msgspec.Struct):
    type: str | None = None
    text: str | None = None
    annotations: Any = None


class WireItem(msgspec.Struct):
    type: str | None = None
    id: str | None = None
    status: str | None = None
    phase: str | None = None
    content: Any = None
    name: str | None = None
    call_id: str | None = None
    arguments: Any = None
    output: Any = None
    action: Any = None


class WireUsage(msgspec.Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None


class WireResponse(msgspec.Struct):
    id: str | None = None
    status: str | None = None
    session_id: str | None = None
    knowledge_store_id: str | None = None
    created_at: Any = None
    output: Any = None
    usage: Any = None
    incomplete_details: Any = None
    error: Any = None


class ResponseEvent(msgspec.Struct, tag_field="type"):
    response: WireResponse | None = None


class Created(ResponseEvent, tag="response.created"):
    pass


class InProgress(ResponseEvent, tag="response.in_progress"):
    pass


class Completed(ResponseEvent, tag="response.completed"):
    pass


class Incomplete(ResponseEvent, tag="response.incomplete"):
    pass


class Failed(ResponseEvent, tag="response.failed"):
    pass


class ItemEvent(msgspec.Struct, tag_field="type"):
    output_index: int | None = None
    item: WireItem | None = None


class ItemAddedEvent(ItemEvent, tag="response.output_item.added"):
    pass


class ItemDoneEvent(ItemEvent, tag="response.output_item.done"):
    pass


class Placed(msgspec.Struct, tag_field="type"):
    item_id: str | None = None
    output_index: int | None = None
    content_index: int | None = None


class PartAddedEvent(Placed, tag="response.content_part.added"):
    part: WirePart | None = None


class PartDoneEvent(Placed, tag="response.content_part.done"):
    part: WirePart | None = None


class TextDeltaEvent(msgspec.Struct, tag_field="type", tag="response.output_text.delta", gc=False):
    """By far the most frequent one, so nothing in it may be null: those are left out before a second try."""

    output_index: int = -1
    item_id: str = ""
    content_index: int = 0
    delta: str = ""


class TextDoneEvent(Placed, tag="response.output_text.done"):
    text: str | None = None


class ArgumentsDoneEvent(Placed, tag="response.function_call_arguments.done"):
    arguments: Any = None


class SearchInProgress(Placed, tag="jockey:web_search.in_progress"):
    pass


class SearchSearching(Placed, tag="jockey:web_search.searching"):
    pass


class SearchCompleted(Placed, tag="jockey:web_search.completed"):
    pass


class KeepAliveEvent(msgspec.Struct, tag_field="type", tag="keepalive"):
    pass


class ErrorEvent(msgspec.Struct, tag_field="type", tag="error"):
    code: Any = None
    message: Any = None
    error: Any = None


WireEvent = (
    TextDeltaEvent
    | TextDoneEvent
    | PartAddedEvent
    | PartDoneEvent
    | ItemAddedEvent
    | ItemDoneEvent
    | Created
    | InProgress
    | Completed
    | Incomplete
    | Failed
    | ArgumentsDoneEvent
    | SearchInProgress
    | SearchSearching
    | SearchCompleted
    | KeepAliveEvent
    | ErrorEvent
)
