"""Whom a CA file trusts, for whoever chooses one."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any

from trackside.domain.certificate import Authority
from trackside.domain.failure import Failure, FailureKind, FailureLayer, TracksideError
from trackside.protocol.tls import own_certificates

_NAMES = ("commonName", "organizationName", "organizationalUnitName")
_LONGEST_NAME = 80


def read_ca_file(path: str) -> tuple[Authority, ...]:
    """The authorities in a file, in its order. Blocks. Raises TracksideError when it can't be used, or holds
    none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=own_certificates(path))
    except (ssl.SSLError, ValueError) as error:
        raise _unusable(path, "is damaged: it holds no certificate that can be read") from error
    authorities = tuple(_authority(found) for found in context.get_ca_certs())
    if not authorities:
        raise _unusable(path, "holds a server's certificate, not its issuer's")
    return authorities


def _authority(found: dict[str, Any]) -> Authority:
    parts = dict(_pairs(found.get("subject", ())))
    name = next((parts[key] for key in _NAMES if parts.get(key)), "An authority without a name")
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name[:_LONGEST_NAME])
    until_s = ssl.cert_time_to_seconds(str(found["notAfter"]))
    return Authority(shown, datetime.fromtimestamp(until_s, UTC))


def _pairs(subject: Any) -> Iterator[tuple[str, str]]:
    for group in subject:
        for key, value in group:
            yield str(key), str(value)


def _unusable(path: str, why: str) -> TracksideError:
    return TracksideError(
        Failure(
            FailureKind.CONNECTION,
            f"“{PurePath(path).name or path}” {why}.",
            "Choose a file with the issuer's certificate (.pem, .crt or .cer).",
            layer=FailureLayer.CA_FILE,
        )
    )
