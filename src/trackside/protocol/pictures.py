"""Fetches small pictures from signed addresses, which belong to other hosts: the key stays here."""

import asyncio
from dataclasses import replace

import httpx

from trackside.domain.connection import Connection, Secrets
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.protocol.errors import failure_of_status
from trackside.protocol.http import TRANSPORT_ERRORS
from trackside.protocol.outside import OutsideClients, is_allowed_outside
from trackside.protocol.transport_errors import failure_of_error

PICTURE_LIMIT = 1 << 20
"""Bytes of the largest picture that is taken; a preview has a few kilobytes."""
PICTURE_TIMEOUT_S = 10.0
_REDIRECTS = 3
_AT_ONCE = 4
_GONE = (401, 403, 404, 410)
"""What storages say to an address that has expired."""


class Pictures:
    """Pictures by address. Every failure leaves it as a TracksideError that doesn't hold the address:
    whoever has that can see the picture."""

    def __init__(
        self, connection: Connection, secrets: Secrets, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._connection = connection
        self._clients = OutsideClients(
            connection,
            secrets,
            transport,
            limits=httpx.Limits(max_connections=_AT_ONCE),
            timeout=httpx.Timeout(None),  # each picture has a limit as a whole
            headers={"accept": "image/*"},
        )

    async def aclose(self) -> None:
        await self._clients.aclose()

    async def fetch(self, address: str, *, timeout_s: float = PICTURE_TIMEOUT_S) -> bytes:
        """The picture's bytes, of any image type: at most `PICTURE_LIMIT` of them within `timeout_s`."""
        try:
            async with asyncio.timeout(timeout_s):
                return await self._fetched(address)
        except TimeoutError:
            failure = Failure(FailureKind.CONNECTION, "The picture took too long to come.")
        except TRANSPORT_ERRORS as error:
            # The error's own words may quote the address.
            failure = replace(failure_of_error(error, "The picture’s host"), detail=type(error).__name__)
        # Raised out here, because inside the except block the cause would hang on.
        raise TracksideError(failure)

    async def _fetched(self, address: str) -> bytes:
        url = self._checked(httpx.URL(address))
        for _ in range(_REDIRECTS + 1):
            client = await self._clients.client_for(url)
            async with client.stream("GET", url) as response:
                if response.next_request is None:
                    return await _picture_in(response)
                target = response.next_request.url
            if target.scheme != url.scheme:
                raise _refused("The picture’s address leads to another scheme.")
            url = self._checked(target)
        raise _refused("The picture’s address leads from one place to the next.")

    def _checked(self, url: httpx.URL) -> httpx.URL:
        if not is_allowed_outside(self._connection, url):
            raise _refused("The picture’s address can’t be used.")
        return url


async def _picture_in(response: httpx.Response) -> bytes:
    if response.status_code in _GONE:
        raise TracksideError(
            Failure(FailureKind.NOT_FOUND, "The picture is no longer there.", status=response.status_code)
        )
    if not response.is_success:
        # Without the body, in which storages quote the signature.
        raise TracksideError(failure_of_status(response.status_code, {}, b""))
    kind = response.headers.get("content-type", "").lower()
    # A body in an encoding could grow beyond the limit at once; none was asked for.
    encoding = response.headers.get("content-encoding", "identity").lower()
    if not kind.startswith("image/") or encoding != "identity":
        raise _refused("What came is no picture.")
    length = response.headers.get("content-length", "")
    picture = bytearray()
    if not (length.isdecimal() and int(length[:20]) > PICTURE_LIMIT):
        async for piece in response.aiter_bytes():
            picture += piece
            if len(picture) > PICTURE_LIMIT:
                break
        else:
            if not picture:
                raise _refused("What came is no picture.")
            return bytes(picture)
    raise _refused("The picture is too large.")


def _refused(headline: str) -> TracksideError:
    return TracksideError(Failure(FailureKind.BAD_ANSWER, headline))
