"""Blots a connection's secrets out of whatever a server or an exception may have echoed."""

from base64 import b64encode

from trackside.domain.connection import Connection, Secrets
from trackside.domain.network_rules import ProxyAddress
from trackside.domain.secrecy import BLOT, keep_secret, spellings_of

_SHORTEST = 5
"""A shorter “secret” is none, and blotting it out would garble every message."""


class Blot:
    """Called with a text, gives it without the secrets, in whatever spelling they stand there."""

    def __init__(self, connection: Connection, secrets: Secrets, proxies: tuple[ProxyAddress, ...]) -> None:
        logins = [(connection.proxy_user, secrets.proxy_password)]
        logins += [(proxy.user, proxy.password) for proxy in proxies]
        values = [secrets.key.strip()]
        for _, value in secrets.headers:
            # Of “Bearer …” a server may name the latter alone.
            values += [value.strip(), *value.split()[1:]]
        for user, password in logins:
            # As Proxy-Authorization carries it; its base64 tells nothing of the password's own.
            login = b64encode(f"{user}:{password}".encode("utf-8", "surrogatepass")).decode()
            values += [password, login.rstrip("=")] if password else []
        values = [value for value in values if len(value) >= _SHORTEST]
        keep_secret(*values)
        found = {spelling for value in values for spelling in spellings_of(value)}
        self._spellings = tuple(sorted(found, key=len, reverse=True))

    def __call__(self, text: str) -> str:
        for spelling in self._spellings:
            text = text.replace(spelling, BLOT)
        return text
