"""Object ids in the service's shapes: random ones, and lasting ones for the sample store."""

from __future__ import annotations

import hashlib
import uuid
from enum import Enum

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "sandbox.trackside.invalid")


class Prefix(Enum):
    """What an id starts with says what it names."""

    STORE = "ks_"
    ITEM = "ksi_"
    COLLECTION = "ksic_"
    SESSION = "sess_"
    RESPONSE = "resp_"
    MESSAGE = "msg_"
    CALL = "call_"
    FUNCTION_CALL = "fc_"
    FUNCTION_OUTPUT = "fco_"
    WEB_SEARCH = "ws_"


def new_id(prefix: Prefix) -> str:
    """An id that was never used before."""
    return prefix.value + str(uuid.uuid4())


def lasting_id(prefix: Prefix, *names: str) -> str:
    """The id that these names have in every run."""
    return prefix.value + str(uuid.uuid5(_NAMESPACE, "\x1f".join((prefix.value, *names))))


def new_asset_id() -> str:
    """24 hex digits that were never used before; uploads have such ids too."""
    return uuid.uuid4().hex[:24]


def lasting_asset_id(*names: str) -> str:
    """The 24 hex digits that these names have in every run."""
    return hashlib.sha256("\x1f".join(("asset", *names)).encode()).hexdigest()[:24]
