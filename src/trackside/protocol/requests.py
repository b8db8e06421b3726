"""The JSON that this client sends, by the rules of `POST /responses`: nothing that was not asked for."""

import json
import math
import re
from typing import Any

from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.domain.turn import AnswerSchema, Ask

WEB_SEARCH_TOOL = "jockey:web_search"
STEPS = "intermediate_outputs"
_SCHEMA_NAME_LENGTH = 64


def response_request(
    ask: Ask,
    *,
    server_session_id: str | None = None,
    recap: str = "",
    model: str | None = None,
    stream: bool = True,
) -> dict[str, Any]:
    """The body of `POST /responses`; a recap stands before the question. Raises TracksideError when the
    schema is no JSON object."""
    body: dict[str, Any] = {
        "knowledge_store_id": ask.store_id,
        "input": [{"type": "message", "role": "user", "content": ask.content(recap)}],
        "stream": stream,
    }
    if model:
        body["model"] = model
    if server_session_id:
        body["session_id"] = server_session_id
    if ask.instructions.strip():
        body["instructions"] = ask.instructions
    if ask.web_search:
        body["tools"] = [{"type": WEB_SEARCH_TOOL}]
    if ask.include_steps:
        body["include"] = [STEPS]
    if ask.selections:
        body["selections"] = [{"kind": s.kind.value, "id": s.id} for s in ask.selections]
    if ask.schema is not None:
        body["text"] = {"format": _schema_format(ask.schema)}
    return body


def encoded(body: Any) -> bytes:
    """JSON as it is sent. Halves of surrogate pairs, which no UTF-8 can hold, become U+FFFD."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def _schema_format(schema: AnswerSchema) -> dict[str, Any]:
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", schema.name).strip("_")[:_SCHEMA_NAME_LENGTH]
    return {
        "type": "json_schema",
        "name": name or "answer",
        "schema": parsed_schema(schema.text),
        "strict": True,
    }


def parsed_schema(text: str) -> dict[str, Any]:
    """The schema as a JSON object; raises TracksideError that names the line of what is wrong."""
    try:
        value = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise _bad_schema(f"Line {error.lineno}, column {error.colno}: {error.msg}.") from error
    except ValueError as error:
        raise _bad_schema(f"{error}") from error
    except RecursionError as error:
        raise _bad_schema("It is nested too deeply.") from error
    if not isinstance(value, dict):
        raise _bad_schema("A schema is a JSON object, in braces.")
    return value


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is no JSON.")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits} is too large a number.")
    return number


def _bad_schema(why: str) -> TracksideError:
    return TracksideError(
        Failure(FailureKind.INPUT, "The schema is no valid JSON, so nothing was sent.", why)
    )
