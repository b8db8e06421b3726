"""What the settings show of a connection beside its settings: whom its CA file trusts, the system's proxy."""

import asyncio
from urllib.parse import urlsplit

from trackside.domain.certificate import Authority
from trackside.domain.connection import Connection, ProxyChoice, Secrets


async def authorities_in(path: str) -> tuple[Authority, ...]:
    """Whom a CA file trusts. Raises TracksideError when it is none."""

    def read() -> tuple[Authority, ...]:
        from trackside.protocol.ca_file import read_ca_file  # ssl: off the loop, when somebody has a file

        return read_ca_file(path)

    return await asyncio.to_thread(read)


async def system_proxy_words(connection: Connection) -> str:
    """The proxy that the system's settings name for a connection's address right now, in words. Raises
    TracksideError when they name one that can't be used."""

    def look() -> str:
        from dataclasses import replace

        from trackside.protocol.network import proxy_for  # httpx: off the loop

        asked = replace(connection, proxy=ProxyChoice.SYSTEM)
        proxy = proxy_for(asked, Secrets(), connection.base_url)
        if proxy is None:
            return f"none for {connection.host}"
        parts = urlsplit(str(proxy.url))  # without the login, which httpx keeps apart
        host = parts.hostname or ""
        return f"{parts.scheme}://{host}:{parts.port}" if parts.port else f"{parts.scheme}://{host}"

    return await asyncio.to_thread(look)
