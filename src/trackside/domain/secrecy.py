"""What must not stand in a log or a report: values known to be secret, and what looks like one."""

import re
import threading
from collections.abc import Iterable

BLOT = "•••"
_SHORTEST = 5
"""A shorter “secret” is none, and blotting it out would garble every line."""
_NO_SECRETS = frozenset({"sandbox"})
"""What the embedded service takes for a key."""

_VALUE = r"(?:(?!%26)[^\s&\"'<>\\])+"
"""Of a query's parameter, also of one inside of another address."""
_LOOKS_SECRET = re.compile(
    r"(?P<login>\b[a-z][a-z0-9+.-]{0,20}://)[^\s/?#\"'<>]+(?=@)"
    r"|(?P<key>)\btlk_[A-Za-z0-9_-]+"
    # A cookie's and a digest's value have blanks and equals signs, so all of the line is theirs.
    r"|(?P<line>\b(?:set-)?cookie2?[\"']?\s*[:,]\s*(?:b?[\"'])?|\bauthorization[\"']?\s*[:=,]\s*(?:b?[\"'])?digest\s+)"
    r"[^\r\n']+"
    r"|(?P<header>\b(?:x-api-key|(?:proxy-)?authorization|(?:x-)?(?:auth|access|api|id|refresh)[_-]?(?:key|token)"
    r"|client[_-]?secret|passw(?:or)?d)[\"']?\s*[:=,]\s*(?:b?[\"'])?"
    r"(?:(?:bearer|basic|negotiate|ntlm|token|aws4-hmac-sha256)\s+)?)[^\s\"',}&;]+"
    # Amazon's, Google's, CloudFront's, Azure's and Akamai's ways to sign an address, and everybody else's.
    r"|(?P<query>(?:signature|x-(?:amz|goog)-[a-z-]+|awsaccesskeyid|googleaccessid|key-pair-id|token|expires"
    r"|hdn(?:ts|ea|tl)|__token__|__gda__|hmac|(?:(?<=[?&;])|(?<=%3F)|(?<=%26))(?:sig|policy|auth|key|secret|sas"
    r"|st|se|exp|verify|hash|s))(?:=|%3D))" + _VALUE,
    re.IGNORECASE,
)

_lock = threading.Lock()
_spellings: tuple[str, ...] = ()
"""Longest first, so that no secret leaves the end of a longer one behind."""


def keep_secret(*values: str) -> None:
    """From here on `redacted` blots these values out wherever they stand, whatever their shape.

    They stay known until the process ends: what was logged with one may be written later.
    """
    global _spellings
    fresh = [v for v in values if len(v) >= _SHORTEST and v not in _NO_SECRETS and v not in _spellings]
    if not fresh:
        return
    with _lock:
        found = {*_spellings, *(spelling for value in fresh for spelling in spellings_of(value))}
        _spellings = tuple(sorted(found, key=len, reverse=True))


def forget_secrets() -> None:
    """Knows none any more."""
    global _spellings
    with _lock:
        _spellings = ()


def spellings_of(value: str) -> Iterable[str]:
    """The value as programs write it: plain, in JSON (also in JSON's own string) and in a repr, in an address
    (also in another one), on a page, in one case, and in base64."""
    import json
    from base64 import b64encode, urlsafe_b64encode
    from html import escape
    from urllib.parse import quote, quote_plus

    raw = value.encode("utf-8", "surrogatepass")
    in_json = json.dumps(value)[1:-1]
    in_address = quote(raw, safe="")
    found = {
        value,
        value.lower(),
        value.upper(),
        repr(value)[1:-1],
        escape(value),
        escape(value, quote=False),
        in_json,
        in_json.replace("/", "\\/"),
        json.dumps(value, ensure_ascii=False)[1:-1],
        json.dumps(in_json)[1:-1],
        quote(raw),
        in_address,
        quote(in_address, safe=""),
        quote_plus(raw),
        b64encode(raw).decode().rstrip("="),
        urlsafe_b64encode(raw).decode().rstrip("="),
    }
    # Servers write the digits of %2F in either case.
    return found | {_lower_escapes(spelling) for spelling in found if "%" in spelling}


def _lower_escapes(text: str) -> str:
    head, *rest = text.split("%")
    return "%".join([head, *(piece[:2].lower() + piece[2:] for piece in rest)])


def redacted(text: str) -> str:
    """The text without secrets that are known, and without what looks like a key, a login, a cookie, a
    signature or a token."""
    for spelling in _spellings:
        if spelling in text:
            text = text.replace(spelling, BLOT)
    return _LOOKS_SECRET.sub(_blotted, text)


def _blotted(match: re.Match[str]) -> str:
    kept = match["login"] or match["line"] or match["header"] or match["query"] or ""
    return f"{kept}{BLOT}"
