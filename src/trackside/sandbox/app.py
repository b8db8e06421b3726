"""The sandbox as an ASGI application: keys, faults, routes, and errors in the service's shape."""

from __future__ import annotations

import logging

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Mount, Route, Router
from starlette.types import Message, Receive, Scope, Send

from trackside.sandbox.answering.answerer import Answerer
from trackside.sandbox.answering.library import Librarian
from trackside.sandbox.asset_view import AssetView
from trackside.sandbox.endpoints.assets import AssetEndpoints
from trackside.sandbox.endpoints.collections import CollectionEndpoints
from trackside.sandbox.endpoints.items import ItemEndpoints
from trackside.sandbox.endpoints.media import MediaEndpoints
from trackside.sandbox.endpoints.responses import ResponseEndpoints
from trackside.sandbox.endpoints.search import SearchEndpoints
from trackside.sandbox.endpoints.stores import StoreEndpoints
from trackside.sandbox.endpoints.uploads import UploadEndpoints
from trackside.sandbox.errors import ErrorCode, ServiceError, invalid, no_endpoint
from trackside.sandbox.scope import body_of, set_fault
from trackside.sandbox.service import RequestRecord, Service
from trackside.sandbox.streaming.refusals import error_response, key_refused, refusal

_log = logging.getLogger(__name__)

BASE_PATH = "/v1.3"
FAULT_HEADER = "x-sandbox-fault"
# Keys that are refused on purpose; any other that isn't empty is taken.
INVALID_KEY = "sandbox-invalid"
NO_JOCKEY_KEY = "sandbox-no-jockey"
_JOCKEY_FAMILIES = ("/responses", "/knowledge-stores")


class SandboxApp:
    """Every request passes here: recorded, its key looked at, its fault decided, then routed."""

    def __init__(self, service: Service) -> None:
        self._service = service
        view, librarian = AssetView(service), Librarian(service.state, service.files)
        items, uploads = ItemEndpoints(service), UploadEndpoints(service)
        below: list[Route] = [
            *ResponseEndpoints(service, Answerer(service, librarian, view)).routes(),
            *StoreEndpoints(service).routes(),
            *SearchEndpoints(service, librarian).routes(),
            *items.routes(),
            *CollectionEndpoints(service, items).routes(),
            *uploads.routes(),
            *AssetEndpoints(service, view).routes(),
        ]
        self._router = Router(
            [Mount(BASE_PATH, Router(below, redirect_slashes=False, default=_no_endpoint)),
             *MediaEndpoints(service, view).open_routes(), *uploads.open_routes()],
            redirect_slashes=False,
            default=_no_endpoint,
        )  # fmt: skip

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        started = False

        async def recording(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                key = bool(headers.get("x-api-key"))
                self._service.tally.note_request(
                    RequestRecord(scope["method"], scope["path"], message["status"], key, body_of(scope))
                )
            await send(message)

        # Route needs this to raise for a wrong method instead of answering in plain text.
        scope["app"] = self
        try:
            refused = self._refused(scope, headers)
            await (refused or self._router)(scope, receive, recording)
        except ServiceError as error:
            await error_response(error)(scope, receive, recording)
        except HTTPException as error:
            await error_response(_translated(error, scope["path"]))(scope, receive, recording)
        except ClientDisconnect:
            return
        except Exception:  # noqa: BLE001 - the top: a bug becomes a logged 500
            _log.exception("The sandbox failed at %s %s", scope["method"], scope["path"])
            if not started:
                failure = ServiceError(500, ErrorCode.INTERNAL, "The sandbox itself has failed; see its log.")
                await error_response(failure)(scope, receive, recording)

    def _refused(self, scope: Scope, headers: dict[str, str]) -> Response | None:
        """What answers the request without routing it: a wrong key or signature raises, a fault answers."""
        path: str = scope["path"]
        below = path.removeprefix(BASE_PATH)
        if below == path:
            self._check_signature(scope)
        else:
            _check_key(headers.get("x-api-key", ""), below)
        try:
            fault = self._service.faults.strike(below, headers.get(FAULT_HEADER))
        except ValueError as error:
            raise invalid(f"The header {FAULT_HEADER} is invalid: {error}") from None
        set_fault(scope, fault)
        return refusal(fault, path) if fault else None

    def _check_signature(self, scope: Scope) -> None:
        query = dict(
            part.partition("=")[::2] for part in scope["query_string"].decode("latin-1").split("&") if part
        )
        if not scope["path"].startswith(("/media/", "/uploads/")):
            raise no_endpoint(scope["path"])
        self._service.signer.check(
            scope["path"], query.get("expires", ""), query.get("signature", ""), self._service.now_s()
        )


def _check_key(key: str, below: str) -> None:
    if not key.strip() or key == INVALID_KEY:
        raise key_refused()
    if key == NO_JOCKEY_KEY and below.startswith(_JOCKEY_FAMILIES):
        raise no_endpoint(below)


def _translated(error: HTTPException, path: str) -> ServiceError:
    if error.status_code == 405:
        return ServiceError(405, ErrorCode.METHOD_NOT_ALLOWED, f"{path} does not take this method.")
    return no_endpoint(path)


async def _no_endpoint(scope: Scope, _receive: Receive, _send: Send) -> None:
    raise no_endpoint(scope["path"])
