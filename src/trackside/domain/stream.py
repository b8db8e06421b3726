"""The union of stream events as everything above the wire sees them."""

from dataclasses import dataclass
from enum import StrEnum


class ResponseStatus(StrEnum):
    """`status` of a response or an output item; the service's own words."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
    UNKNOWN = "unknown"


class ItemKind(StrEnum):
    """What an output item is."""

    MESSAGE = "message"
    FUNCTION_CALL = "function_call"
    FUNCTION_CALL_OUTPUT = "function_call_output"
    WEB_SEARCH = "web_search"
    OTHER = "other"


class AnnotationKind(StrEnum):
    """What a citation annotation points at."""

    VIDEO = "video_citation"
    IMAGE = "image_citation"
    COLLECTION = "collection_citation"
    URL = "url_citation"


@dataclass(frozen=True, slots=True)
class Annotation:
    """A citation over a span of its part's text.

    `start_index` and `end_index` count Unicode code points and are both inclusive, as the service has
    them. Times are in seconds; both absent mean the whole video.
    """

    kind: AnnotationKind
    start_index: int
    end_index: int
    item_id: str | None = None
    collection_id: str | None = None
    start_s: float | None = None
    end_s: float | None = None
    title: str | None = None
    url: str | None = None
    thumbnail_url: str | None = None
    hls_url: str | None = None


@dataclass(frozen=True, slots=True)
class ContentPart:
    """One text part of a message."""

    text: str
    annotations: tuple[Annotation, ...] = ()


@dataclass(frozen=True, slots=True)
class OutputItem:
    """One item of a response's output. Fields that its kind lacks are empty."""

    kind: ItemKind
    id: str
    type: str
    status: ResponseStatus = ResponseStatus.UNKNOWN
    is_final: bool = True
    """False for commentary and for every phase this client doesn't know."""
    content: tuple[ContentPart, ...] = ()
    name: str = ""
    call_id: str = ""
    arguments: str = ""
    output: str = ""
    queries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the service counts them."""

    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Response:
    """The state of a response that an event carries; `output` is None where the event left it out."""

    id: str
    status: ResponseStatus
    session_id: str | None = None
    store_id: str | None = None
    created_at: str | None = None
    output: tuple[OutputItem, ...] | None = None
    usage: Usage | None = None
    incomplete_reason: str | None = None
    error_code: str | None = None
    error_message: str | None = None


@dataclass(frozen=True, slots=True)
class ResponseUpdated:
    """`response.created`, `.in_progress`, `.completed`, `.incomplete` and `.failed`."""

    response: Response
    is_end: bool


@dataclass(frozen=True, slots=True)
class ItemAdded:
    output_index: int
    item: OutputItem


@dataclass(frozen=True, slots=True)
class ItemDone:
    output_index: int
    item: OutputItem


@dataclass(slots=True)
class TextDelta:
    """The next piece of a part's text. Not frozen: it is made a thousand times a second, and freezing
    trebles what that costs."""

    output_index: int
    item_id: str
    content_index: int
    text: str


@dataclass(frozen=True, slots=True)
class TextDone:
    """A part's whole text: the authority where it disagrees with the joined deltas."""

    output_index: int
    item_id: str
    content_index: int
    text: str


@dataclass(frozen=True, slots=True)
class PartDone:
    """A part's whole text and its annotations; `is_done` is False for `content_part.added`."""

    output_index: int
    item_id: str
    content_index: int
    part: ContentPart
    is_done: bool = True


@dataclass(frozen=True, slots=True)
class ArgumentsDone:
    output_index: int
    item_id: str
    arguments: str


@dataclass(frozen=True, slots=True)
class WebSearchProgress:
    output_index: int
    item_id: str
    phase: str


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """A sign of life without content."""


@dataclass(frozen=True, slots=True)
class StreamFailed:
    """An `error` event."""

    code: str | None
    message: str


@dataclass(frozen=True, slots=True)
class UnknownEvent:
    """An event this client doesn't know or can't read; kept for the request inspector, never fatal."""

    type: str
    data: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StreamDone:
    """`[DONE]`: the stream is over."""


StreamEvent = (
    ResponseUpdated
    | ItemAdded
    | ItemDone
    | TextDelta
    | TextDone
    | PartDone
    | ArgumentsDone
    | WebSearchProgress
    | KeepAlive
    | StreamFailed
    | UnknownEvent
    | StreamDone
)
