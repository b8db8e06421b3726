"""What the sandbox hangs on a request on its way through: its fault, and its body for the record."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from trackside.sandbox.faults import Fault

_FAULT = "trackside.fault"
_BODY = "trackside.body"

# ASGI's own type of a scope.
Scope = MutableMapping[str, Any]


def set_fault(scope: Scope, fault: Fault | None) -> None:
    """Let this fault strike the request."""
    scope[_FAULT] = fault


def fault_of(scope: Scope) -> Fault | None:
    """The fault that strikes the request, if any."""
    fault = scope.get(_FAULT)
    return fault if isinstance(fault, Fault) else None


def note_body(scope: Scope, body: object) -> None:
    """Keep the parsed body for the request's record."""
    scope[_BODY] = body


def body_of(scope: Scope) -> object:
    """The parsed body, if it was noted."""
    return scope.get(_BODY)
