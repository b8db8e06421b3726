"""One connection's HTTP: sends with its key, keeps the key to itself, turns every error into a Failure."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import msgspec
import truststore

from trackside import __version__
from trackside.domain.connection import Connection, Secrets, is_loopback
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.domain.stream import ResponseUpdated, StreamEvent, StreamFailed, UnknownEvent
from trackside.protocol.errors import failure_of_body, failure_of_error, failure_of_status
from trackside.protocol.requests import encoded
from trackside.protocol.silence import SilenceGuard

CALL_TIMEOUT_S = 60.0
TRANSPORT_ERRORS = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, UnicodeError)
"""What httpx and the layers below it let out; a host name that IDNA refuses is a UnicodeError."""

_ERROR_BODY_LIMIT = 1 << 20
_JSON_BODY_LIMIT = 64 << 20
_WRITE_TIMEOUT_S = 60.0
_STORAGE_READ_TIMEOUT_S = 120.0
_PICTURES_AT_ONCE = 4
_POOL_SIZE = 256
_SHORTEST_SECRET = 5
"""A shorter “key” is no secret, and blotting it out would garble every message."""


class HttpCore:
    """Sends requests and reads whole answers. Every failure leaves it as a TracksideError that neither
    holds the key nor is chained to an exception that might."""

    def __init__(
        self, connection: Connection, secrets: Secrets, transport: httpx.AsyncBaseTransport | None
    ) -> None:
        self.connection = connection
        key = secrets.key.strip()
        self._secrets = _spellings(key) if len(key) >= _SHORTEST_SECRET else ()
        self._unusable: Failure | None = None
        if not (key.isascii() and key.isprintable()):
            self._unusable = Failure(
                FailureKind.KEY, "The key has characters that no key has.", "Paste it once more."
            )
            key = ""
        self._client: httpx.AsyncClient | None = None
        try:
            self._client = self._made_client(key, transport)
        except (ValueError, httpx.InvalidURL, ImportError) as error:
            self._unusable = _unusable_settings(connection, error)

    def _made_client(self, key: str, transport: httpx.AsyncBaseTransport | None) -> httpx.AsyncClient:
        connection = self.connection
        return httpx.AsyncClient(
            base_url=connection.base_url,
            headers={"x-api-key": key, "user-agent": f"trackside/{__version__}"},
            # No read timeout here: the silence guard watches streams, and calls have a limit as a whole.
            timeout=httpx.Timeout(
                connect=connection.connect_timeout_s,
                read=None,
                write=_WRITE_TIMEOUT_S,
                pool=connection.connect_timeout_s,
            ),
            limits=httpx.Limits(max_connections=_POOL_SIZE, max_keepalive_connections=16),
            follow_redirects=False,
            transport=transport,
            **_network(connection.base_url),
        )

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    def usable(self) -> httpx.AsyncClient:
        """The client, or a TracksideError when key, address or proxy settings can't be used at all."""
        if self._unusable is not None or self._client is None:
            raise TracksideError(self._unusable or Failure(FailureKind.BUG, "The connection was not set up."))
        return self._client

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
                body = await bounded_body(response)
        except TimeoutError:
            failure = Failure(
                FailureKind.CONNECTION,
                f"{self.connection.host} took longer than {timeout_s or 0:g} s to answer.",
                "Check the network, then try again.",
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

    def _blotted(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "•••")
        return text


async def bounded_body(
    response: httpx.Response,
    guard: SilenceGuard | None = None,
    chunks: AsyncIterator[bytes] | None = None,
    start: bytes = b"",
) -> bytes:
    """The whole body, cut at a limit: an error page of gigabytes helps nobody."""
    limit = _JSON_BODY_LIMIT if response.is_success else _ERROR_BODY_LIMIT
    body = bytearray(start)
    source = chunks if chunks is not None else response.aiter_bytes()
    while len(body) < limit:
        chunk = await (guard.next(source) if guard else anext(source, None))
        if chunk is None:
            break
        body += chunk
    return bytes(body[:limit])


def storage_client(url: str) -> httpx.AsyncClient:
    """A client for a presigned address: it belongs to another host, which must not see the key."""
    timeout = httpx.Timeout(_WRITE_TIMEOUT_S, read=_STORAGE_READ_TIMEOUT_S)
    return httpx.AsyncClient(timeout=timeout, **(_network(url) | {"verify": _tls_context()}))


def picture_client(url: str, transport: httpx.AsyncBaseTransport | None) -> httpx.AsyncClient:
    """A client for pictures on hosts like this address's: they see no key, and their cookies are not kept."""
    return httpx.AsyncClient(
        headers={
            "accept": "image/*",
            "accept-encoding": "identity",
            "user-agent": f"trackside/{__version__}",
        },
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        timeout=None,  # noqa: S113 -- each picture has a limit as a whole
        limits=httpx.Limits(max_connections=_PICTURES_AT_ONCE),
        follow_redirects=False,
        transport=transport,
        **(_network(url) | {"verify": _tls_context()}),
    )


def segment(text: str) -> str:
    """An id as one path segment, whatever a broken server put into it."""
    return "%2E" * len(text) if text in (".", "..") else quote(text, safe="", errors="replace")


def _network(url: str) -> dict[str, Any]:
    """A proxy in the environment must not get to see this computer's own servers (it couldn't reach them
    anyway); TLS goes by the system's certificate store."""
    return {
        "trust_env": not is_loopback(urlsplit(url).hostname or ""),
        "verify": False if url.startswith("http:") else _tls_context(),
    }


def _tls_context() -> ssl.SSLContext:
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _spellings(key: str) -> tuple[str, ...]:
    """The key as a server or an exception may echo it: plain, escaped as in repr or JSON, in an address."""
    in_json = msgspec.json.encode(key).decode()
    return tuple(dict.fromkeys((key, repr(key)[1:-1], in_json[1:-1], quote(key), quote(key, safe=""))))


def _unusable_settings(connection: Connection, error: Exception) -> Failure:
    try:
        httpx.URL(connection.base_url)
    except (httpx.InvalidURL, ValueError):
        return failure_of_error(httpx.InvalidURL(str(error)), connection.base_url)
    return Failure(
        FailureKind.CONNECTION,
        "The proxy in your environment can't be used.",
        "Check HTTPS_PROXY, ALL_PROXY and NO_PROXY.",
        f"{type(error).__name__}: {error}",
    )
