"""Addresses that work without a key for a while: an expiry and an HMAC of it in the query."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from urllib.parse import quote

from trackside.sandbox.errors import ErrorCode, ServiceError


class Signer:
    """Signs paths with a secret that lives as long as the process."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)

    def sign(self, path: str, expires_s: float) -> str:
        """`path` with a query that opens it until `expires_s` (seconds since 1970)."""
        stamp = f"{expires_s:.3f}"
        return f"{quote(path)}?expires={stamp}&signature={self._signature(path, stamp)}"

    def check(self, path: str, expires: str, signature: str, now_s: float) -> None:
        """Raise the 403 of an address that was altered or has expired."""
        if not hmac.compare_digest(self._signature(path, expires).encode(), signature.encode()):
            raise ServiceError(403, ErrorCode.UNAUTHORIZED, "The signature of this address is wrong.")
        if now_s >= float(expires):
            raise ServiceError(403, ErrorCode.UNAUTHORIZED, "This address has expired. Ask for a new one.")

    def seal(self, text: str) -> str:
        """`text` with its signature, for tokens that a client hands back."""
        return f"{text}.{self._signature('token', text)}"

    def unseal(self, token: str) -> str | None:
        """The text of a token made by `seal`, or None when it was made elsewhere."""
        text, _, signature = token.rpartition(".")
        genuine = hmac.compare_digest(self._signature("token", text).encode(), signature.encode())
        return text if genuine else None

    def _signature(self, path: str, stamp: str) -> str:
        return hmac.new(self._secret, f"{path}\n{stamp}".encode(), hashlib.sha256).hexdigest()[:40]
