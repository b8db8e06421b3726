"""Where a link leads: what may be opened, and how its target is told to a person before that."""

import re
import unicodedata
from urllib.parse import quote, unquote_to_bytes

LONGEST_TARGET = 8_192
_LONGEST_HOST = 253

_WEB = re.compile(r"(https?)://([^/?#\\]*)((?:[/?#].*)?)", re.IGNORECASE | re.DOTALL)
_MAIL = re.compile(r"mailto:([^?]*)(\?.*)?", re.IGNORECASE | re.DOTALL)
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_ADDRESS_6 = re.compile(r"\[[0-9a-f:.]{2,45}\]")
_DOTS = re.compile("[\u3002\uff0e\uff61]")
_MAIL_FIELDS = frozenset({"to", "cc", "bcc", "subject", "body", "in-reply-to"})
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ENCODED = re.compile(r"(?:%[89A-Fa-f][0-9A-Fa-f])+")
_SAFE = "%/:=&?~#+!$,;'@()*[].-_"
_ASCII = re.compile(r"[!-~]*")
# Letters and marks by Unicode's book, but nothing is seen of them.
_UNSEEN = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u2800\u3164\uffa0"
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)


def safe_target(href: str) -> str:
    """The target, normalised to ASCII, of a web or mail link; empty for anything that must not be opened."""
    href = href.strip(" ")
    if len(href) > LONGEST_TARGET or any(unicodedata.category(char) in ("Cc", "Cs") for char in href):
        return ""
    if match := _WEB.fullmatch(href):
        user, at, place = match[2].rpartition("@")
        host, port = _parted(place)
        host = _ascii_host(host)
        if not host or port is None:
            return ""
        return f"{match[1].lower()}://{_encoded(user, '@')}{at}{host}{port}{_encoded(match[3])}"
    if match := _MAIL.fullmatch(href):
        fields = [field.partition("=")[0].lower() for field in (match[2] or "?")[1:].split("&") if field]
        if "@" not in match[1] or not _MAIL_FIELDS.issuperset(fields):
            return ""
        return f"mailto:{_encoded(match[1], '?#/')}{_encoded(match[2] or '')}"
    return ""


def shown_target(href: str) -> str:
    """The target as a person can judge it. What could deceive is spelled out:

    characters that can't be seen as “‹U+202E›”, a host of foreign letters in both its forms, and a user's
    name before the host, which looks like a host itself, behind the address.
    """
    notes = []
    shown = href
    if match := _WEB.fullmatch(href.strip(" ")):
        user, _, place = match[2].rpartition("@")
        host, port = _parted(place)
        ascii_host = _ascii_host(host) or host
        if (native := _native_host(ascii_host)) != ascii_host:
            notes.append(_visible(native))
        if user:
            notes.append(f"with the user name “{_visible(_readable(user))}”")
        shown = f"{match[1].lower()}://{ascii_host}{place[len(host) :] if port is None else port}{match[3]}"
    shown = _visible(_readable(shown))
    return f"{shown} ({'; '.join(notes)})" if notes else shown


def host_of(href: str) -> str:
    """The host of a web link, for a short hint at where it leads; empty for other targets."""
    match = _WEB.fullmatch(href.strip(" "))
    if not match:
        return ""
    host, _ = _parted(match[2].rpartition("@")[2])
    return _visible(_ascii_host(host) or host)


def _parted(place: str) -> tuple[str, str | None]:
    """Host and port with its colon; the port is None when it isn't one."""
    host, colon, port = place, "", ""
    if not place.endswith("]") and ":" in place:
        host, colon, port = place.rpartition(":")
    if not colon or not port:
        return host, ""
    is_port = port.isascii() and port.isdecimal() and len(port) <= 5 and int(port) < 65_536
    return host, f":{port}" if is_port else None


def _ascii_host(host: str) -> str:
    """The host as it is looked up (IDNA without the older mapping of ß and ς); empty when it is none."""
    if len(host) > _LONGEST_HOST:
        return ""
    host = host.lower()
    if _ADDRESS_6.fullmatch(host):
        return host
    if not host.isascii():
        host = _DOTS.sub(".", unicodedata.normalize("NFKC", host)).lower()
        if not all(_is_seen(char) for char in host):
            return ""
        labels = [label if label.isascii() else "xn--" + _punycode(label) for label in host.split(".")]
        host = ".".join(labels)
    return host if len(host) <= _LONGEST_HOST and _HOST.fullmatch(host) else ""


def _punycode(label: str) -> str:
    return label.encode("punycode", "replace").decode("ascii")


def _native_host(host: str) -> str:
    labels = []
    for label in host.split("."):
        try:
            native = label[4:].encode("ascii").decode("punycode") if label.startswith("xn--") else label
        except (UnicodeError, OverflowError, ValueError):
            native = label
        labels.append(native)
    return ".".join(labels)


def _encoded(text: str, but: str = "") -> str:
    """All but plain address characters, and those in `but`, percent-encoded; what is encoded stays so."""
    safe = "".join(char for char in _SAFE if char not in but)
    return quote(_LONE_PERCENT.sub("%25", text), safe=safe)


def _readable(text: str) -> str:
    """Percent-encoded letters as letters; what is encoded in ASCII stays, since it means something there."""
    return _ENCODED.sub(_decoded, text) if "%" in text else text


def _decoded(match: re.Match[str]) -> str:
    try:
        return unquote_to_bytes(match[0]).decode("utf-8")
    except UnicodeDecodeError:
        return match[0]


def _visible(text: str) -> str:
    if _ASCII.fullmatch(text):
        return text
    return "".join(char if char == " " or _is_seen(char) else f"‹U+{ord(char):04X}›" for char in text)


def _is_seen(char: str) -> bool:
    """Whether something is drawn for it: no control, format, space, private or unassigned character."""
    return unicodedata.category(char)[0] not in "CZ" and char not in _UNSEEN
