"""The clients of the connections, each made off the loop when it is first needed."""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from trackside.domain.connection import Connection, Secrets

if TYPE_CHECKING:
    from trackside.protocol.client import ServiceClient


@dataclass(frozen=True, slots=True, eq=False)
class _Client:
    """A client and what it was made for: with another key or other settings it is another client."""

    connection: Connection
    secrets: Secrets = field(repr=False)
    making: "asyncio.Task[ServiceClient]"


class Clients:
    """One client a connection. One whose key or settings are no longer in use lives on for the answers that
    still stream from it."""

    def __init__(self) -> None:
        self._clients: dict[str, _Client] = {}
        self._retired: list[_Client] = []

    async def get(self, connection: Connection, secrets: Secrets) -> "ServiceClient":
        """The client for exactly this."""
        kept = self._clients.get(connection.id)
        if kept is not None and _is_useless(kept.making):
            kept = None  # what it could not be made with may be mended by now
        if kept is None or (kept.connection, kept.secrets) != (connection, secrets):
            if kept is not None:
                self._retired.append(kept)
            making = asyncio.to_thread(new_client, connection, secrets)
            task = asyncio.get_running_loop().create_task(making, name=f"client {connection.id}")
            kept = self._clients[connection.id] = _Client(connection, secrets, task)
        return await asyncio.shield(kept.making)

    async def forget(self, connection_id: str) -> None:
        """Closes a connection's clients; answers that stream from them are broken off."""
        forgotten = [client for client in self._retired if client.connection.id == connection_id]
        self._retired = [client for client in self._retired if client not in forgotten]
        if kept := self._clients.pop(connection_id, None):
            forgotten.append(kept)
        for client in forgotten:
            await asyncio.wait({client.making})
            if not _has_failed(client.making):
                await client.making.result().aclose()

    async def aclose(self) -> None:
        for connection_id in {client.connection.id for client in (*self._clients.values(), *self._retired)}:
            await self.forget(connection_id)


def _has_failed(making: "asyncio.Task[ServiceClient]") -> bool:
    return making.done() and (making.cancelled() or making.exception() is not None)


def _is_useless(making: "asyncio.Task[ServiceClient]") -> bool:
    return making.done() and (_has_failed(making) or not making.result().is_usable)


def new_client(connection: Connection, secrets: Secrets) -> "ServiceClient":
    """A client of one's own. Blocks, since it imports what speaks to the network."""
    import anyio._backends._asyncio  # noqa: F401 -- httpx would import it on the loop, at its first request

    from trackside.protocol.client import ServiceClient  # httpx: 0.1 s, off the loop

    return ServiceClient(connection, secrets)
