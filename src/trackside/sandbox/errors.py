"""The service's errors: a status, one of its codes, and a plain message."""

from __future__ import annotations

from enum import Enum


class ErrorCode(Enum):
    """The service's codes as far as it names them; the last six are the sandbox's words for the rest."""

    PARAMETER_INVALID = "parameter_invalid"
    PARAMETER_NOT_PROVIDED = "parameter_not_provided"
    RESOURCE_NOT_EXIST = "resource_not_exist"
    API_KEY_INVALID = "api_key_invalid"
    UNAUTHORIZED = "unauthorized"
    API_NOT_ALLOWED = "api_not_allowed"
    TOO_MANY_REQUESTS = "too_many_requests"
    PLAN_LIMIT_EXCEEDED = "plan_limit_exceeded"
    ENDPOINT_NOT_EXISTS = "endpoint_not_exists"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    CONFLICT = "resource_in_use"
    CURSOR_EXPIRED = "page_token_expired"
    PAYLOAD_TOO_LARGE = "payload_too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    INTERNAL = "internal_server_error"


class ServiceError(Exception):
    """A refusal on its way to the client, turned into an HTTP answer in one place (app.py)."""

    def __init__(self, status: int, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def invalid(message: str, *, status: int = 400) -> ServiceError:
    """The error for a request that is wrong."""
    return ServiceError(status, ErrorCode.PARAMETER_INVALID, message)


def not_provided(parameter: str) -> ServiceError:
    """The error for a required parameter that is missing."""
    return ServiceError(400, ErrorCode.PARAMETER_NOT_PROVIDED, f"The {parameter} parameter is required.")


def not_found(what: str, identifier: str) -> ServiceError:
    """The error for an object that isn't there."""
    return ServiceError(
        404, ErrorCode.RESOURCE_NOT_EXIST, f"The {what} with the id {identifier} does not exist."
    )


def no_endpoint(path: str) -> ServiceError:
    """The error for a path that isn't there, or not for this key."""
    return ServiceError(
        404, ErrorCode.ENDPOINT_NOT_EXISTS, f"The endpoint {path} does not exist or is not open to this key."
    )


def session_invalid(session_id: str) -> ServiceError:
    """The error for a session that the server has never known or has forgotten."""
    return invalid(f"The session {session_id} is invalid or has expired. Omit session_id to start a new one.")
