"""What is known of one connection's secrets, and what the keyring's answers make of it."""

import asyncio
import json
import math
from collections import Counter
from dataclasses import dataclass, field, replace

from trackside.domain.connection import Connection, KeySource, ProxyChoice, Secrets
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.domain.key_place import key_place, place_words, proxy_place
from trackside.storage.key_vault import HEADERS_MARK, PROXY_MARK

NO_SECRETS = Secrets()


@dataclass(slots=True)
class Held:
    """What is known of one connection's secrets."""

    secrets: Secrets = field(default=NO_SECRETS, repr=False)
    source: KeySource = KeySource.NONE
    looked_up: set[str] = field(default_factory=set)
    """The accounts that the keyring was asked for: each look can be a prompt, so nobody looks twice
    unasked."""
    versions: Counter[str] = field(default_factory=Counter)
    """How often each account was set or removed here: what the keyring answers to an earlier question is
    outdated by that."""
    readings: set[asyncio.Task[None]] = field(default_factory=set)
    ask_again_s: float = math.inf
    """From when on the loop's clock nobody minds another look: the keyring was not there at the last one."""
    failure: Failure | None = None
    """Why the keyring's last answer was none."""
    place: str | None = None
    """Whom the key and the secret headers are for, as `key_place` says it; None before it was asked for."""
    proxy_place: str = ""
    """Whom the proxy's password is for."""
    waits: int = 0
    """Calls to the keyring that have taken a while."""


def missing_accounts(connection: Connection, secrets: Secrets) -> list[str]:
    """The accounts that a connection needs and that nothing is known of yet."""
    missing = [] if secrets.key else [connection.id]
    has_login = connection.proxy is ProxyChoice.MANUAL and connection.proxy_user
    if has_login and not secrets.proxy_password:
        missing.append(connection.id + PROXY_MARK)
    if any(header.is_secret for header in connection.headers) and not secrets.headers:
        missing.append(connection.id + HEADERS_MARK)
    return missing


def bound(text: str, place: str | None) -> str:
    """What is kept of a secret: whom it is for stands beside it, where whoever can change the settings' file
    can't change it."""
    return f"{text}\n{place}" if text and place else text


def fill(held: Held, connection: Connection, found: dict[str, str]) -> None:
    """Takes what the keyring had where nothing else is known. Raises TracksideError for a key that is none,
    and for one that was given for another host."""
    secrets = held.secrets
    password, proxy = _parted(found.get(connection.id + PROXY_MARK, ""))
    if password and proxy in ("", proxy_place(connection.proxy_url)):
        secrets = replace(secrets, proxy_password=secrets.proxy_password or password)
    place = key_place(connection.base_url)
    text, headers_place = _parted(found.get(connection.id + HEADERS_MARK, ""))
    if text and headers_place == place and not secrets.headers:
        secrets = replace(secrets, headers=_headers_in(text))
    key, given_for = _parted(found.get(connection.id, "").strip())
    key = key.strip()
    is_wanted = bool(key) and not secrets.key
    is_good = key.isascii() and key.isprintable() and " " not in key
    if is_wanted and is_good and given_for == place:
        secrets, held.source = replace(secrets, key=key), KeySource.KEYRING
    held.secrets = secrets
    if is_wanted and not is_good:
        raise TracksideError(
            Failure(FailureKind.KEYRING, "What the keyring holds is no API key.", "Enter the key again.")
        )
    if is_wanted and given_for != place:
        raise TracksideError(meant_for_another(f"The key of “{connection.name}”", given_for, place))


def meant_for_another(what: str, given_for: str, place: str) -> Failure:
    """Why a key is not sent: the address is no longer the one that it was given for."""
    host = place_words(place)
    return Failure(
        FailureKind.KEY,
        f"{what} was given for {place_words(given_for)} and is not sent to {host}.",
        f"If {host} is right, enter its key in the connection's settings; else correct the address.",
    )


def _parted(text: str) -> tuple[str, str]:
    """A kept secret, and whom it is for."""
    secret, newline, place = text.rpartition("\n")
    return (secret, place) if newline else (text, "")


def _headers_in(text: str) -> tuple[tuple[str, str], ...]:
    try:
        value = json.loads(text)
    except ValueError:
        return ()
    if not isinstance(value, dict):
        return ()
    return tuple((name, part) for name, part in value.items() if isinstance(part, str))
