"""The key in what was pasted: people copy headers, assignments and quotes along with it."""

import re
import unicodedata

from trackside.domain.failure import Failure, FailureKind, TracksideError

MAX_KEY_LENGTH = 512
"""Characters; the service's have about 40."""

_IN_HEADER = re.compile(
    r"""x-api-key["'\u201c\u201d]?\s*[:=]\s*["'\u201c\u201d]?([^\s"'\u201c\u201d,;]+)""",
    re.IGNORECASE,
)
_IN_ASSIGNMENT = re.compile(
    r"(?:export\s+|set\s+|\$env:|-e\s+)?[a-z][a-z0-9_]*key[a-z0-9_]*\s*[=:]\s*(.+)", re.IGNORECASE | re.DOTALL
)
_BEARER = re.compile(r"(?:authorization\s*:\s*)?bearer\s+(\S+)", re.IGNORECASE)
_AROUND = " \t\r\n\"'`\u201c\u201d\u2018\u2019\u00ab\u00bb<>,;"
_SHORTENED = re.compile(r"\u2026|\.\.\.|\u2022{2,}|\*{3,}")


def key_in(text: str) -> str:
    """The key alone. Raises TracksideError that says what is wrong, without quoting any of it."""
    # Invisible characters come along from web pages; other blanks are blanks.
    seen = "".join(
        " " if c.isspace() else c for c in text if unicodedata.category(c) not in ("Cf", "Cc") or c.isspace()
    )
    key = seen.strip(_AROUND)
    for pattern in (_IN_HEADER, _BEARER, _IN_ASSIGNMENT):
        found = pattern.search(key) if pattern is _IN_HEADER else pattern.fullmatch(key)
        if found is not None:
            key = found[1].strip(_AROUND)
            break
    if not key:
        raise _no_key("Paste it whole, without spaces.")
    if "://" in key:
        raise _no_key("It is an address; the key stands in the dashboard of TwelveLabs.")
    if _SHORTENED.search(key):
        raise _no_key("It was copied in a shortened form; the dashboard has a button that copies it whole.")
    if any(c.isspace() for c in key):
        raise _no_key("Paste it whole, without spaces.")
    if not key.isascii() or not key.isprintable():
        raise _no_key("It has characters that no key has; copy it once more.")
    if len(key) > MAX_KEY_LENGTH:
        raise _no_key("It is far too long; copy the key alone.")
    return key


def _no_key(advice: str) -> TracksideError:
    return TracksideError(Failure(FailureKind.KEY, "This is no API key.", advice))
