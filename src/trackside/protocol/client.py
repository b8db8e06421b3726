"""Speaks to the service: the answer's stream, and what a chat needs first."""

from collections.abc import AsyncGenerator
from typing import Any

import httpx

from trackside.domain.connection import Connection, Secrets
from trackside.domain.stream import StreamEvent
from trackside.domain.turn import Ask
from trackside.protocol.answers import AFTER_DONE_S, AFTER_END_S, AnswerStream, Heard
from trackside.protocol.catalogue import PAGE_LIMIT, Catalogue
from trackside.protocol.http import CALL_TIMEOUT_S, HttpCore
from trackside.protocol.limits import Told
from trackside.protocol.outside import OutsideClients
from trackside.protocol.pictures import Pictures

__all__ = ["PAGE_LIMIT", "Heard", "ServiceClient"]


class ServiceClient(Catalogue):
    """One connection's calls. Every failure leaves it as a TracksideError; the key stays inside.

    `transport` replaces the network in tests; `after_done_s` and `after_end_s` are how long an answer's
    stream is read on after `[DONE]` and after a final response. Close it with `aclose`.
    """

    def __init__(
        self,
        connection: Connection,
        secrets: Secrets,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        after_done_s: float = AFTER_DONE_S,
        after_end_s: float = AFTER_END_S,
    ) -> None:
        super().__init__(HttpCore(connection, secrets, transport))
        self.connection = connection
        self._secrets = secrets
        self._transport = transport
        self._answers = AnswerStream(self._http, after_done_s=after_done_s, after_end_s=after_end_s)
        self._pictures = Pictures(connection, secrets, transport)

    @property
    def is_usable(self) -> bool:
        """False for one that can never send anything: with its CA file or proxy mended it takes another."""
        return self._http.is_usable

    async def aclose(self) -> None:
        await self._pictures.aclose()
        await self._http.aclose()

    def stream_answer(
        self,
        ask: Ask,
        *,
        server_session_id: str | None = None,
        recap: str = "",
        heard: Heard | None = None,
        told: Told | None = None,
    ) -> AsyncGenerator[StreamEvent, None]:
        """Events of an answer as they come, `StreamDone` last where the service sends it.

        `recap` is sent before the question, for a conversation that begins without what was asked earlier.

        Leaving the iteration in any way closes the socket, which is the only cancel there is. `heard`
        is called at every sign of life, keep-alive comments included, `told` once with what the response says
        of the service's limits. Raises TracksideError; one whose kind is INTERRUPTED or SILENCE may follow
        events that have to be kept.
        """
        return self._answers.events(ask, server_session_id, recap, heard, told)

    async def picture(self, url: str) -> bytes:
        """A small picture from a signed address, fetched without the key. Raises TracksideError."""
        return await self._pictures.fetch(url)

    async def call(
        self, method: str, path: str, *, timeout_s: float | None = CALL_TIMEOUT_S, **request: Any
    ) -> Any:
        """One JSON call: the decoded body, or None for an empty one. The uploads are built on it."""
        return await self._http.call(method, path, timeout_s=timeout_s, **request)

    def outside_clients(self, timeout: httpx.Timeout) -> OutsideClients:
        """For the hosts of a storage: reached as the service is, and told nothing of what is meant for it."""
        return OutsideClients(
            self.connection,
            self._secrets,
            self._transport,
            limits=httpx.Limits(),
            timeout=timeout,
            headers={},
        )
