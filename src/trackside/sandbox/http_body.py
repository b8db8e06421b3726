"""Reads request bodies and queries, and refuses what doesn't fit, in the service's words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from trackside.sandbox.errors import ErrorCode, ServiceError, invalid, not_provided

Body = TypeVar("Body")
_MISSING = re.compile(r"missing required field `([^`]+)`")
_METADATA_PAIRS = 50


def json_response(content: object, status: int = 200) -> Response:
    """`content` as JSON, in UTF-8."""
    return Response(msgspec.json.encode(content), status, media_type="application/json")


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body, refused with 413 as soon as it is longer than `limit` bytes."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise too_large(limit)
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > limit:
            raise too_large(limit)
    return bytes(body)


async def read_json(request: Request, limit: int) -> dict[str, object]:
    """The body as a JSON object; 415 for another content type, 400 for what isn't JSON."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json" and not content_type.endswith("+json"):
        raise ServiceError(
            415, ErrorCode.UNSUPPORTED_MEDIA_TYPE, "The request's Content-Type must be application/json."
        )
    body = await read_body(request, limit)
    try:
        content = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise invalid(f"The request body is not valid JSON: {error}") from None
    except RecursionError:
        raise invalid("The request body is nested too deeply.") from None
    if not isinstance(content, dict):
        raise invalid("The request body must be a JSON object.")
    return content


async def read_struct(request: Request, limit: int, shape: type[Body]) -> Body:
    """The body in the given shape; unknown fields are passed over."""
    return to_struct(await read_json(request, limit), shape)


def to_struct(content: object, shape: type[Body]) -> Body:
    """`content` in the given shape, or the 400 that names what doesn't fit."""
    try:
        return msgspec.convert(content, shape)
    except msgspec.ValidationError as error:
        missing = _MISSING.search(str(error))
        if missing:
            raise not_provided(missing.group(1)) from None
        raise invalid(f"The request body is invalid: {error}") from None


def too_large(limit: int) -> ServiceError:
    """The 413 for a body of more than `limit` bytes."""
    return ServiceError(413, ErrorCode.PAYLOAD_TOO_LARGE, f"The body is larger than {limit:,} bytes.")


def whole_number(request: Request, name: str, default: int, highest: int | None = None) -> int:
    """A query parameter from 1 up to `highest`."""
    text = request.query_params.get(name)
    if text is None or text == "":
        return default
    number = int(text) if re.fullmatch(r"-?\d{1,9}", text) else 0
    if number < 1 or (highest is not None and number > highest):
        upper = f" to {highest}" if highest is not None else " up"
        raise invalid(f"The {name} parameter must be a whole number from 1{upper}.")
    return number


def choice(request: Request, name: str, known: Sequence[str]) -> str:
    """A query parameter that is one of the known words; the first is its default."""
    text = request.query_params.get(name) or known[0]
    if text not in known:
        raise invalid(f"The {name} parameter must be one of: {', '.join(known)}.")
    return text


def listed(request: Request, name: str) -> list[str]:
    """A query parameter that may come several times, or once with commas."""
    values = [*request.query_params.getlist(name), *request.query_params.getlist(f"{name}[]")]
    return [part.strip() for value in values for part in value.split(",") if part.strip()]


def page_of(request: Request, records: Sequence[dict[str, object]]) -> dict[str, object]:
    """The page of `records` that the query asks for, with its page_info."""
    page = whole_number(request, "page", 1)
    limit = whole_number(request, "page_limit", 10, highest=50)
    return {
        "data": records[(page - 1) * limit : page * limit],
        "page_info": {
            "limit_per_page": limit,
            "page": page,
            "total_page": -(-len(records) // limit),
            "total_results": len(records),
        },
    }


def checked_metadata(metadata: dict[str, object] | None, what: str = "metadata") -> dict[str, object]:
    """The metadata when the service would take it: flat, with short keys, no nulls."""
    metadata = metadata or {}
    if len(metadata) > _METADATA_PAIRS:
        raise invalid(f"The {what} parameter takes at most {_METADATA_PAIRS} pairs.")
    for key, value in metadata.items():
        words = isinstance(value, list) and all(isinstance(entry, str) for entry in value)
        if not key or len(key) > 128 or not (words or isinstance(value, str | int | float | bool)):
            raise invalid(
                f"The {what} parameter is invalid at {key!r}: "
                "values are text, numbers, booleans or lists of text."
            )
        if isinstance(value, str) and len(value) > 8192:
            raise invalid(f"The {what} parameter is invalid at {key!r}: the value is too long.")
    return metadata
