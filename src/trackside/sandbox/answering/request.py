"""The body of POST /responses, checked as the service checks it."""

from __future__ import annotations

from enum import Enum

import msgspec

from trackside.sandbox.answering.asking import selection_numbers
from trackside.sandbox.answering.schema import check_answer_schema
from trackside.sandbox.errors import invalid, not_found, session_invalid
from trackside.sandbox.records import Selection, Session
from trackside.sandbox.state import SandboxState

LONGEST_QUESTION = 10_000
LONGEST_INSTRUCTIONS = 2_000
WEB_SEARCH = "jockey:web_search"
INTERMEDIATE_OUTPUTS = "intermediate_outputs"


class SelectionKind(Enum):
    """What a selection points at."""

    ITEM = "item"
    COLLECTION = "collection"


class InputItem(msgspec.Struct):
    """The one item of `input`."""

    type: str
    role: str
    content: str


class SelectionBody(msgspec.Struct):
    """One of `selections`."""

    kind: SelectionKind
    id: str


class ToolBody(msgspec.Struct):
    """One of `tools`."""

    type: str


class TextFormat(msgspec.Struct):
    """`text.format`: free text, or JSON by a schema."""

    type: str
    name: str | None = None
    schema: dict[str, object] | None = None


class TextBody(msgspec.Struct):
    """`text`."""

    format: TextFormat | None = None


class ResponsesBody(msgspec.Struct):
    """The whole body; fields the service doesn't know are passed over, as it does."""

    knowledge_store_id: str
    input: list[InputItem]
    session_id: str | None = None
    instructions: str | None = None
    include: list[str] | None = None
    stream: bool = False
    selections: list[SelectionBody] | None = None
    text: TextBody | None = None
    tools: list[ToolBody] | None = None

    @property
    def question(self) -> str:
        """What the user asks."""
        return self.input[0].content

    @property
    def wants_steps(self) -> bool:
        """Whether the steps are to be part of the output."""
        return INTERMEDIATE_OUTPUTS in (self.include or [])

    @property
    def wants_web(self) -> bool:
        """Whether the web may be searched."""
        return bool(self.tools)

    @property
    def schema(self) -> dict[str, object] | None:
        """The schema the answer has to fulfil, if any."""
        return self.text.format.schema if self.text and self.text.format else None


def check_request(body: ResponsesBody, state: SandboxState) -> Session | None:
    """Raise what the service answers to a wrong request; else the session it goes on with, if any."""
    for tool in body.tools or []:
        if tool.type != WEB_SEARCH:
            raise invalid(f"The tool {tool.type} is not available. Known: {WEB_SEARCH}.", status=422)
    if len(body.input) != 1:
        raise invalid("The input parameter must have exactly one item.")
    message = body.input[0]
    if message.type != "message" or message.role != "user":
        raise invalid("The input item must be of type message with the role user.")
    if not message.content.strip() or len(message.content) > LONGEST_QUESTION:
        raise invalid(f"The content of the input must have 1 to {LONGEST_QUESTION:,} characters.")
    if len(body.instructions or "") > LONGEST_INSTRUCTIONS:
        raise invalid(f"The instructions parameter must have at most {LONGEST_INSTRUCTIONS:,} characters.")
    for entry in body.include or []:
        if entry != INTERMEDIATE_OUTPUTS:
            raise invalid(f"The include parameter takes {INTERMEDIATE_OUTPUTS} alone, not {entry}.")
    _check_format(body)
    store = state.store(body.knowledge_store_id)
    session = _session(body, state)
    for selection in body.selections or []:
        match selection.kind:
            case SelectionKind.ITEM:
                _check_selected(selection, selection.id in state.items, store.id, state)
            case SelectionKind.COLLECTION:
                _check_selected(selection, selection.id in state.collections, store.id, state)
    count = len(body.selections or []) or len(session.selections if session else ())
    for number in selection_numbers(message.content):
        if number >= count:
            raise invalid(f"{{{{sel:{number}}}}} is out of range: there are {count} selections.")
    return session


def selections_of(body: ResponsesBody) -> tuple[Selection, ...]:
    """The request's own selections."""
    return tuple(Selection(entry.kind.value, entry.id) for entry in body.selections or [])


def _session(body: ResponsesBody, state: SandboxState) -> Session | None:
    if body.session_id is None:
        return None
    session = state.sessions.get(body.session_id)
    if session is None:
        raise session_invalid(body.session_id)
    if session.store_id != body.knowledge_store_id:
        raise invalid(
            f"The session {session.id} belongs to another knowledge store than {body.knowledge_store_id}."
        )
    return session


def _check_selected(selection: SelectionBody, is_there: bool, store_id: str, state: SandboxState) -> None:
    if not is_there:
        raise not_found(f"selected {selection.kind.value}", selection.id)
    record = state.items.get(selection.id) or state.collections[selection.id]
    if record.store_id != store_id:
        raise invalid(f"The selected {selection.kind.value} {selection.id} is not in this knowledge store.")


def _check_format(body: ResponsesBody) -> None:
    wanted = body.text.format if body.text else None
    if wanted is None:
        return
    match wanted.type:
        case "text":
            wanted.schema = None
        case "json_schema":
            if not wanted.name or len(wanted.name) > 64:
                raise invalid("The text.format.name parameter must have 1 to 64 characters.")
            if wanted.schema is None:
                raise invalid("The text.format.schema parameter is required.")
            check_answer_schema(wanted.schema)
        case _:
            raise invalid("The text.format.type parameter must be text or json_schema.")
