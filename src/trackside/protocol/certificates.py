"""Says of a refused certificate what is wrong with it: who issued it, until when it is valid, whose it is.

What a certificate says of itself was checked by nobody when it was refused; it is quoted, no more.
"""

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

from trackside.domain.failure import FailureLayer

Certificate = Mapping[str, Any]
"""In the shape of `SSLSocket.getpeercert`."""

_NOT_YET_VALID, _EXPIRED, _SELF_SIGNED = 9, 10, 18
_WRONG_NAMES = (62, 64)
_NAMES = ("commonName", "organizationName", "organizationalUnitName")
_LONGEST_NAME = 80
_NAMES_SHOWN = 4


def why_refused(
    error: ssl.SSLCertVerificationError,
    whose: str,
    host: str,
    chain: tuple[Certificate, ...],
    *,
    now: datetime | None = None,
) -> tuple[FailureLayer, str, str]:
    """Layer, headline and advice. `whose` is how the message calls the other side, `host` the name that was
    asked for, and `chain` what it presented, its own certificate first."""
    code = getattr(error, "verify_code", 0)
    present = now or datetime.now(UTC)
    if code == _EXPIRED or (code not in (*_WRONG_NAMES, _NOT_YET_VALID) and _out_of_date(chain, present) > 0):
        until = _date(_first(chain, "notAfter", lambda time: time < present))
        since = f" on {until}" if until else ""
        return (
            FailureLayer.TLS,
            f"The certificate of {whose} expired{since}.",
            "Whoever runs it has to renew it. Is this computer's clock right?",
        )
    if code == _NOT_YET_VALID or (code not in _WRONG_NAMES and _out_of_date(chain, present) < 0):
        since = _date(_first(chain, "notBefore", lambda time: time > present))
        return (
            FailureLayer.TLS,
            f"The certificate of {whose} is not valid yet{f', only from {since} on' if since else ''}.",
            "Is this computer's clock right?",
        )
    names = _alternative_names(chain)
    if code in _WRONG_NAMES or (host and names and not any(_fits(name, host) for name in names)):
        shown = ", ".join(_quotable(name) for name in names[:_NAMES_SHOWN])
        more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
        headline = f"The certificate of {whose} is for another host" + (f": {shown}{more}." if shown else ".")
        return FailureLayer.TLS, headline, "Check the address in the connection's settings."
    choose = "If you trust it, choose its CA file in the connection's settings."
    issuer = _named(chain[-1].get("issuer")) if chain else ""
    is_alone = len(chain) == 1 and chain[0].get("issuer") == chain[0].get("subject")
    if chain and (code == _SELF_SIGNED or is_alone):
        return (
            FailureLayer.TRUST,
            f"The certificate of {whose} is not trusted: nobody but itself vouches for “{issuer}”.",
            "If it is meant to be so, choose its certificate as CA file in the connection's settings.",
        )
    if issuer:
        return (
            FailureLayer.TRUST,
            f"The certificate of {whose} is issued by “{issuer}”, which this computer does not trust.",
            choose,
        )
    said = (getattr(error, "verify_message", "") or "unknown issuer").rstrip(".")
    return FailureLayer.TRUST, f"The certificate of {whose} is not trusted: {said}.", choose


def _out_of_date(chain: tuple[Certificate, ...], present: datetime) -> int:
    """1 when one of them has expired, -1 when one is not valid yet, else 0."""
    if _first(chain, "notAfter", lambda time: time < present):
        return 1
    return -1 if _first(chain, "notBefore", lambda time: time > present) else 0


def _first(chain: tuple[Certificate, ...], field: str, is_it: Any) -> datetime | None:
    for certificate in chain:
        time = _time(certificate.get(field))
        if time is not None and is_it(time):
            return time
    return None


def _time(text: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(text)), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _date(time: datetime | None) -> str:
    return f"{time.day} {time:%B %Y}" if time is not None else ""


def _alternative_names(chain: tuple[Certificate, ...]) -> list[str]:
    if not chain:
        return []
    entries = chain[0].get("subjectAltName", ())
    return [str(value) for kind, value in entries if kind in ("DNS", "IP Address")]


def _fits(name: str, host: str) -> bool:
    try:
        return ip_address(name) == ip_address(host)
    except ValueError:
        pass
    name, host = name.lower().rstrip("."), host.lower().rstrip(".")
    if name.startswith("*."):
        return host.partition(".")[2] == name[2:]
    return host == name


def _named(subject: object) -> str:
    """What a subject or an issuer calls itself: its common name, else its organization."""
    if not isinstance(subject, tuple):
        return ""
    parts = {str(key): str(value) for group in subject for key, value in group}
    return _quotable(next((parts[key] for key in _NAMES if parts.get(key)), ""))


def _quotable(text: str) -> str:
    """Anybody may write anything into a certificate: no line breaks, no turning of the writing direction."""
    return "".join(c if c.isprintable() else "�" for c in text.strip()[:_LONGEST_NAME])
