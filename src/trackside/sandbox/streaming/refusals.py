"""Faults of HTTP: answers that are no stream at all."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import msgspec
from starlette.responses import Response

from trackside.sandbox.errors import ErrorCode, ServiceError, no_endpoint, session_invalid
from trackside.sandbox.faults import Fault, FaultName

_BUSY_PAGE = (
    "<!DOCTYPE html>\n<html><head><title>503 Service Temporarily Unavailable</title></head>\n"
    "<body><center><h1>503 Service Temporarily Unavailable</h1></center><hr>\n"
    "<center>nginx</center></body></html>\n"
)
_PORTAL_PAGE = (
    "<!DOCTYPE html>\n<html><head><title>Sign in to the network</title></head>\n"
    "<body><p>Please accept the terms to go on.</p></body></html>\n"
)


def error_response(error: ServiceError) -> Response:
    """A refusal as the service writes it."""
    body = {"code": error.code.value, "message": error.message}
    if error.code is ErrorCode.API_KEY_INVALID:
        body["docs_url"] = "https://docs.twelvelabs.io/docs/get-started/introduction"
    return _json(error.status, body)


def refusal(fault: Fault, path: str) -> Response | None:
    """The answer that a fault of an HTTP status gives; None for a fault of another sort."""
    match fault.name:
        case FaultName.RATE_LIMIT:
            return _rate_limited({"Retry-After": str(int(fault.number))})
        case FaultName.RATE_LIMIT_DATE:
            return _rate_limited({"Retry-After": format_datetime(_ahead(fault), usegmt=True)})
        case FaultName.RATE_LIMIT_MESSAGE:
            return _rate_limited({}, f" after {_ahead(fault):%Y-%m-%dT%H:%M:%SZ}")
        case FaultName.RATE_LIMIT_BARE:
            return Response(status_code=429)
        case FaultName.PLAN_LIMIT:
            resets = datetime.now(UTC).replace(hour=0, minute=0, second=0) + timedelta(days=1)
            message = (
                f"You have reached the daily limit of your plan. It resets at {resets:%Y-%m-%dT%H:%M:%SZ}."
            )
            return _json(429, {"code": ErrorCode.PLAN_LIMIT_EXCEEDED.value, "message": message})
        case FaultName.SERVER_ERROR:
            error = {"code": ErrorCode.INTERNAL.value, "message": "Something went wrong on our side."}
            return _json(int(fault.number), {"error": error})
        case FaultName.UNAVAILABLE_HTML:
            return Response(_BUSY_PAGE, 503, media_type="text/html")
        case FaultName.UNAUTHORIZED:
            return error_response(key_refused())
        case FaultName.FORBIDDEN:
            message = "Your key is not allowed to use this resource."
            return error_response(ServiceError(403, ErrorCode.API_NOT_ALLOWED, message))
        case FaultName.NOT_FOUND_ENDPOINT:
            return error_response(no_endpoint(path))
        case FaultName.LOST_SESSION:
            return error_response(session_invalid("given"))
        case FaultName.HTML_BODY:
            return Response(_PORTAL_PAGE, 200, media_type="text/html")
        case FaultName.EMPTY_BODY:
            return Response(b"", 200, media_type="text/event-stream")
        case _:
            return None


def key_refused() -> ServiceError:
    """The 401 for a missing or wrong key."""
    return ServiceError(401, ErrorCode.API_KEY_INVALID, "The API key is missing or invalid.")


def _rate_limited(headers: dict[str, str], when: str = "") -> Response:
    message = f"You have exceeded the rate limit (2 req/1minutes). Please try again later{when}."
    return _json(429, {"code": ErrorCode.TOO_MANY_REQUESTS.value, "message": message}, headers)


def _ahead(fault: Fault) -> datetime:
    # Rounded up, because neither form can say fractions.
    return datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=fault.number + 1)


def _json(status: int, body: Mapping[str, object], headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(body), status, headers, "application/json")
