"""JSON to domain events. Liberal in what it reads: a broken or unknown event is kept, never fatal."""

import json
import math
from dataclasses import replace
from typing import Any, TypeVar

import msgspec

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
from trackside.protocol import events
from trackside.protocol.sse import ServerSentEvent

DONE = "[DONE]"
_ABSENT = -1
_KEPT_RAW = 4_000
_MAX_SECONDS = 1e7

StructT = TypeVar("StructT", bound=msgspec.Struct)

_decode = msgspec.json.Decoder(events.WireEvent).decode
_TextDelta = events.TextDeltaEvent
_KNOWN: dict[str, type[msgspec.Struct]] = {
    str(cls.__struct_config__.tag): cls
    for cls in events.WireEvent.__args__  # each has a tag
}


def parse_event(sse: ServerSentEvent) -> StreamEvent:
    """The domain event in one server-sent event. Never raises: what can't be read is an UnknownEvent."""
    data = sse.data
    try:
        wire = _decode(data)
        if type(wire) is _TextDelta:
            return TextDelta(wire.output_index, wire.item_id, wire.content_index, wire.delta)
        return _event(wire) or _unknown(sse.event, data, "It carries nothing.")
    except (msgspec.DecodeError, UnicodeEncodeError) as error:  # ValidationError is a DecodeError too
        return _parse_oddity(sse, str(error))
    except RecursionError as error:
        return _unknown(sse.event, data, str(error))


def parse_response(body: bytes) -> Response:
    """A whole response object (the answer to `stream: false`); raises ValueError for anything else."""
    try:
        wire = msgspec.convert(msgspec.json.decode(body), events.WireResponse, strict=False)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(f"This is no response object: {error}") from error
    if wire.id is None and not isinstance(wire.output, list):
        raise ValueError("This is no response object: it has neither id nor output.")
    return _response(wire)


def _parse_oddity(sse: ServerSentEvent, why: str) -> StreamEvent:
    """Reads what the strict decoder refused: `[DONE]`, a missing type, numbers as strings, bare errors."""
    data = sse.data
    text = data.strip()
    if text == DONE:
        return StreamDone()
    if not text and sse.event == "keepalive":
        return KeepAlive()
    try:
        value = _json(text) if text.startswith("{") else None
        if not isinstance(value, dict):
            return _unknown(sse.event, data, why)
        kind = value.get("type")
        if not isinstance(kind, str) or not kind:
            kind = sse.event
            if kind == "message" and (
                isinstance(value.get("error"), dict) or {"code", "message"} <= value.keys()
            ):
                kind = "error"
        cls = _KNOWN.get(kind)
        if cls is None:
            return _unknown(kind, data)
        known = {name: entry for name, entry in value.items() if entry is not None}
        read = _read(cls, known | {"type": kind})
        return (_event(read) if read is not None else None) or _unknown(kind, data, why)
    except (ValueError, RecursionError):
        return _unknown(sse.event, data, why)


def _unknown(kind: str, data: str, reason: str = "") -> UnknownEvent:
    return UnknownEvent(kind, data[:_KEPT_RAW], reason)


def _json(text: str) -> Any:
    """JSON, with what msgspec refuses and other writers produce: halves of surrogate pairs (as U+FFFD),
    NaN, and numbers beyond a float (as null). Raises ValueError."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):
        value = json.loads(text, parse_constant=lambda _: None, parse_float=_finite)
        mended = json.dumps(value, ensure_ascii=False).encode("utf-16-le", "surrogatepass")
        return msgspec.json.decode(mended.decode("utf-16-le", "replace"))


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _read(cls: type[StructT], value: object) -> StructT | None:
    try:
        return msgspec.convert(value, cls, strict=False)
    except msgspec.ValidationError:
        return None


def _event(wire: Any) -> StreamEvent | None:
    """The domain event, or None for one without the thing that it is about."""
    match wire:
        case events.TextDeltaEvent():
            return TextDelta(wire.output_index, wire.item_id, wire.content_index, wire.delta)
        case events.TextDoneEvent():
            return TextDone(*_place(wire), wire.text or "")
        case events.PartAddedEvent() | events.PartDoneEvent():
            if wire.part is None:
                return None
            return PartDone(*_place(wire), _part(wire.part), is_done=type(wire) is events.PartDoneEvent)
        case events.ItemAddedEvent() | events.ItemDoneEvent():
            if wire.item is None:
                return None
            index = _ABSENT if wire.output_index is None else wire.output_index
            item = _item(wire.item)
            return ItemAdded(index, item) if type(wire) is events.ItemAddedEvent else ItemDone(index, item)
        case events.ResponseEvent():
            return _response_event(wire)
        case events.ArgumentsDoneEvent():
            index, item_id, _ = _place(wire)
            return ArgumentsDone(index, item_id, _as_text(wire.arguments))
        case events.SearchInProgress() | events.SearchSearching() | events.SearchCompleted():
            index, item_id, _ = _place(wire)
            return WebSearchProgress(index, item_id, str(wire.__struct_config__.tag).rpartition(".")[2])
        case events.ErrorEvent():
            inner = wire.error if isinstance(wire.error, dict) else {}
            code = wire.code or inner.get("code")
            message = wire.message or inner.get("message") or _as_text(wire.error)
            return StreamFailed(str(code) if code else None, str(message or ""))
        case _:
            return KeepAlive()


def _place(wire: events.Placed) -> tuple[int, str, int]:
    index = _ABSENT if wire.output_index is None else wire.output_index
    return index, wire.item_id or "", wire.content_index or 0


_END_STATUS: dict[type[events.ResponseEvent], ResponseStatus] = {
    events.Completed: ResponseStatus.COMPLETED,
    events.Incomplete: ResponseStatus.INCOMPLETE,
    events.Failed: ResponseStatus.FAILED,
}


def _response_event(wire: events.ResponseEvent) -> ResponseUpdated:
    response = _response(wire.response or events.WireResponse())
    end = _END_STATUS.get(type(wire))
    if end is None:
        return ResponseUpdated(response, is_end=False)
    # `incomplete` has no event of its own on this service: the status decides, the type fills in.
    if (
        response.status in (ResponseStatus.UNKNOWN, ResponseStatus.IN_PROGRESS)
        or end is ResponseStatus.FAILED
    ):
        response = replace(response, status=end)
    return ResponseUpdated(response, is_end=True)


def _response(wire: events.WireResponse) -> Response:
    error = wire.error if isinstance(wire.error, dict) else {}
    details = wire.incomplete_details if isinstance(wire.incomplete_details, dict) else {}
    usage = _read(events.WireUsage, wire.usage) if isinstance(wire.usage, dict) else None
    output = None
    if isinstance(wire.output, list):
        # An item that can't be read keeps its place: places are indexes.
        output = tuple(_item(_read(events.WireItem, raw) or _UNREADABLE_ITEM) for raw in wire.output)
    return Response(
        id=wire.id or "",
        status=_status(wire.status),
        session_id=wire.session_id or None,
        store_id=wire.knowledge_store_id or None,
        created_at=wire.created_at if isinstance(wire.created_at, str) else None,
        output=output,
        usage=Usage(usage.input_tokens or 0, usage.output_tokens or 0) if usage else None,
        incomplete_reason=_as_text(details.get("reason")) or None,
        error_code=_as_text(error.get("code")) or None,
        error_message=_as_text(error.get("message")) or (wire.error if isinstance(wire.error, str) else None),
    )


_UNREADABLE_ITEM = events.WireItem(type="unreadable")
_UNREADABLE_PART = events.WirePart()
_ITEM_KINDS = {
    "message": ItemKind.MESSAGE,
    "function_call": ItemKind.FUNCTION_CALL,
    "function_call_output": ItemKind.FUNCTION_CALL_OUTPUT,
}


def _item(wire: events.WireItem) -> OutputItem:
    type_name = wire.type or "message"
    kind = _ITEM_KINDS.get(type_name)
    if kind is None:
        kind = ItemKind.WEB_SEARCH if "web_search" in type_name else ItemKind.OTHER
    content = wire.content
    if isinstance(content, str):
        content = [{"type": "output_text", "text": content}]
    elif not isinstance(content, list):
        content = []
    # A part that can't be read, or that is no text, keeps its place too.
    parts = [_read(events.WirePart, raw) or _UNREADABLE_PART for raw in content or ()]
    action = wire.action if isinstance(wire.action, dict) else {}
    queries = action.get("queries")
    return OutputItem(
        kind=kind,
        id=wire.id or "",
        type=type_name,
        status=_status(wire.status),
        is_final=wire.phase in (None, "", "final_answer"),
        content=tuple(map(_part, parts)),
        name=wire.name or "",
        call_id=wire.call_id or "",
        arguments=_as_text(wire.arguments),
        output=_as_text(wire.output),
        queries=tuple(q for q in queries if isinstance(q, str)) if isinstance(queries, list) else (),
    )


def _part(wire: events.WirePart) -> ContentPart:
    raw = wire.annotations if isinstance(wire.annotations, list) else []
    return ContentPart(wire.text or "", tuple(a for a in map(_annotation, raw) if a is not None))


def _annotation(raw: object) -> Annotation | None:
    wire = _read(events.WireAnnotation, raw)
    if wire is None:
        return None
    try:
        kind = AnnotationKind(wire.type)
    except ValueError:
        return None
    return Annotation(
        kind=kind,
        start_index=wire.start_index,
        end_index=wire.end_index,
        item_id=wire.item_id,
        collection_id=wire.collection_id,
        start_s=_seconds(wire.start_sec),
        end_s=_seconds(wire.end_sec),
        title=wire.title,
        url=wire.url,
        thumbnail_url=wire.thumbnail_url,
        hls_url=wire.hls_url,
    )


def _seconds(value: float | None) -> float | None:
    """A place in a video, or None for what can't be one."""
    return value if value is not None and 0 <= value < _MAX_SECONDS else None


def _status(word: str | None) -> ResponseStatus:
    try:
        return ResponseStatus(word or "")
    except ValueError:
        return ResponseStatus.UNKNOWN


def _as_text(value: object) -> str:
    """A string as it is, nothing for None, and JSON for what a server sent unquoted."""
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
