"""One connection's HTTP: sends with its key, keeps the key to itself, turns every error into a Failure."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from trackside import __version__
from trackside.domain.connection import Connection, Secrets
from trackside.domain.failure import Failure, FailureKind, FailureLayer, TracksideError
from trackside.domain.stream import ResponseUpdated, StreamEvent, StreamFailed, UnknownEvent
from trackside.protocol.blotting import Blot
from trackside.protocol.bodies import ACCEPTED_ENCODINGS, whole_body
from trackside.protocol.errors import failure_of_body, failure_of_status
from trackside.protocol.network import client_options, extra_headers
from trackside.protocol.proxies import chosen_proxy
from trackside.protocol.requests import encoded
from trackside.protocol.transport_errors import failure_of_error

CALL_TIMEOUT_S = 60.0
TRANSPORT_ERRORS = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, UnicodeError)
"""What httpx and the layers below it let out; a host name that IDNA refuses is a UnicodeError."""

_POOL_SIZE = 256


class HttpCore:
    """Sends requests and reads whole answers. Every failure leaves it as a TracksideError that neither
    holds the key nor is chained to an exception that might."""

    def __init__(
        self, connection: Connection, secrets: Secrets, transport: httpx.AsyncBaseTransport | None
    ) -> None:
        self.connection = connection
        key = secrets.key.strip()
        self._blotted = Blot(connection, secrets, ())
        self._unusable = _address_is_usable(connection.base_url)
        if not (key.isascii() and key.isprintable()):
            self._unusable = Failure(
                FailureKind.KEY, "The key has characters that no key has.", "Paste it once more."
            )
            key = ""
        self._client: httpx.AsyncClient | None = None
        if self._unusable is None:
            try:
                self._client = self._made_client(key, secrets, transport)
            except TracksideError as error:
                self._unusable = error.failure

    def _made_client(
        self, key: str, secrets: Secrets, transport: httpx.AsyncBaseTransport | None
    ) -> httpx.AsyncClient:
        connection = self.connection
        proxy = chosen_proxy(connection, secrets, connection.base_url)
        if proxy is not None:  # with a login of the environment's, perhaps
            self._blotted = Blot(connection, secrets, (proxy,))
        headers = httpx.Headers({"user-agent": f"trackside/{__version__}"})
        headers.update(extra_headers(connection, secrets))
        headers.update({"x-api-key": key, "accept-encoding": ACCEPTED_ENCODINGS})
        return httpx.AsyncClient(
            base_url=connection.base_url,
            headers=headers,
            # Cookies would go back with every later request, and one that can't be sent would break them all.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            event_hooks={"request": [self._check_origin]},
            **client_options(
                connection,
                secrets,
                connection.base_url,
                limits=httpx.Limits(max_connections=_POOL_SIZE, max_keepalive_connections=16),
                transport=transport,
            ),
        )

    async def _check_origin(self, request: httpx.Request) -> None:
        """Wherever a path came from, the key goes to the service's own host and port alone."""
        base = httpx.URL(self.connection.base_url)
        asked = request.url
        if (asked.scheme, asked.host, asked.port) != (base.scheme, base.host, base.port):
            raise httpx.UnsupportedProtocol("an address beyond the service's own")

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    def usable(self) -> httpx.AsyncClient:
        """The client, or a TracksideError when key, address or proxy settings can't be used at all."""
        if self._unusable is not None or self._client is None:
            raise TracksideError(self._unusable or Failure(FailureKind.BUG, "The connection was not set up."))
        if self._client.is_closed:
            raise TracksideError(
                Failure(FailureKind.CONNECTION, "The connection was changed or removed.", "Try again.")
            )
        return self._client

    @property
    def is_usable(self) -> bool:
        """Whether it can be asked anything; what it can't be used for may be mended, but not in this one."""
        return self._unusable is None

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        return await self.call("GET", path, params=params)

    async def call(
        self,
        method: str,
        path: str,
        *,
        timeout_s: float | None = CALL_TIMEOUT_S,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        **request: Any,
    ) -> Any:
        """One JSON call: the decoded body, or None for an empty one."""
        client = self.usable()
        if json is not None:
            request["content"] = encoded(json)
            headers = {**(headers or {}), "content-type": "application/json"}
        failure: Failure | None = None
        response: httpx.Response | None = None
        body = b""
        try:
            async with (
                asyncio.timeout(timeout_s),
                client.stream(method, path, headers=headers, **request) as response,
            ):
                body = await whole_body(response)
        except TimeoutError:
            failure = Failure(
                FailureKind.CONNECTION,
                f"{self.connection.host} took longer than {timeout_s or 0:g} s to answer.",
                "Check the network, then try again.",
                layer=FailureLayer.REACH,
            )
        except TRANSPORT_ERRORS as error:
            failure = failure_of_error(error, self.connection.host)
        # Raised out here, because inside the except block the cause would hang on: its text may echo the key.
        if failure is not None or response is None:
            raise self.failed(failure or Failure(FailureKind.BUG, "No answer and no error came."))
        if not response.is_success:
            raise self.refused(response, body)
        return self._decoded(response, body)

    def _decoded(self, response: httpx.Response, body: bytes) -> Any:
        if not body.strip():
            return None
        try:
            return msgspec.json.decode(body)
        except (msgspec.DecodeError, RecursionError):
            pass
        raise self.no_answer(response, body)

    def refused(self, response: httpx.Response, body: bytes) -> TracksideError:
        """For an error status."""
        body = self._blotted(body.decode("utf-8", "replace")).encode()
        return self.failed(failure_of_status(response.status_code, response.headers, body))

    def no_answer(self, response: httpx.Response, body: bytes) -> TracksideError:
        """For a 2xx whose body is not what was asked for."""
        body = self._blotted(body.decode("utf-8", "replace")).encode()
        return self.failed(failure_of_body(response.headers.get("content-type", ""), body))

    def failed(self, failure: Failure) -> TracksideError:
        """The failure as an exception, with the key blotted out should a server have echoed it."""
        return TracksideError(
            replace(
                failure,
                headline=self._blotted(failure.headline),
                advice=self._blotted(failure.advice),
                detail=self._blotted(failure.detail),
                code=None if failure.code is None else self._blotted(failure.code),
                headers={name: self._blotted(value) for name, value in failure.headers.items()},
            )
        )

    def blotted_event(self, event: StreamEvent) -> StreamEvent:
        """The event with the key blotted out of what becomes a Failure or goes to the inspector."""
        match event:
            case StreamFailed(code, message):
                return StreamFailed(code and self._blotted(code), self._blotted(message))
            case UnknownEvent(kind, data, reason):
                return UnknownEvent(self._blotted(kind), self._blotted(data), self._blotted(reason))
            case ResponseUpdated(response, is_end) if response.error_message or response.error_code:
                told = replace(
                    response,
                    error_message=response.error_message and self._blotted(response.error_message),
                    error_code=response.error_code and self._blotted(response.error_code),
                )
                return ResponseUpdated(told, is_end)
        return event


def segment(text: str) -> str:
    """An id as one path segment, whatever a broken server put into it."""
    return "%2E" * len(text) if text in (".", "..") else quote(text, safe="", errors="replace")


def _address_is_usable(url: str) -> Failure | None:
    try:
        httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        return failure_of_error(httpx.InvalidURL(str(error)), url)
    return None
