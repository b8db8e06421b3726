"""Signed addresses of media: whoever has one sees the video, and they expire. No file gets any."""

import re
from dataclasses import replace

from trackside.domain.answer import SavedAnswer, SavedItem
from trackside.domain.stream import Annotation, ContentPart, OutputItem

_NAMED = re.compile(
    r"(?P<name>(?:thumbnail|hls|manifest|representative|video|image|stream|poster|preview)_?urls?)"
    r"(?P<colon>\\*[\"']\s*:\s*)"
    r"(?:(?P<quote>\\*[\"']).*?(?=(?P=quote)|\Z)|(?P<list>\[)[^][{}]*)",
    re.IGNORECASE | re.DOTALL,
)
"""A member with its value, one address or a list of them: of JSON, which may itself stand in a JSON string
and so have backslashes before its quotes, or of what Python prints. It may be cut off."""
_ADDRESS = re.compile(r"https?:(?:\\*/){2}(?:[^\s\"'<>\\]|\\+(?:/|u[0-9a-f]{4}))*", re.IGNORECASE)
_SIGNED = re.compile(
    r"(?:[?&;]|\\u0026|\\u003f)(?:x-(?:amz|goog|oss)-(?:signature|credential|security-token)|signature|sig|"
    r"policy|key-pair-id|awsaccesskeyid|hdn(?:ts|ea|tl)|(?:access_|auth_)?token|jwt)=",
    re.IGNORECASE,
)
_QUERY = re.compile(r"\?|\\u003f", re.IGNORECASE)


def without_addresses(text: str) -> str:
    """A text, mostly JSON, with nothing in the members that hold addresses of media, and no signature in any
    address that stands elsewhere."""
    lower = text.lower()
    if "url" in lower:
        text = _NAMED.sub(_emptied, text)
    return _ADDRESS.sub(_unsigned, text) if "http" in lower else text


def _emptied(member: re.Match[str]) -> str:
    return f"{member['name']}{member['colon']}{member['quote'] or member['list']}"


def _unsigned(address: re.Match[str]) -> str:
    return _QUERY.split(address[0], maxsplit=1)[0] if _SIGNED.search(address[0]) else address[0]


def unsigned(answer: SavedAnswer) -> SavedAnswer:
    """The answer without signed addresses: those of its annotations, and those in what steps and unknown
    events brought along."""
    return replace(
        answer,
        items=tuple(SavedItem(entry.output_index, _item(entry.item)) for entry in answer.items),
        unknown=tuple(replace(event, data=without_addresses(event.data)) for event in answer.unknown),
    )


def _item(item: OutputItem) -> OutputItem:
    return replace(
        item,
        content=tuple(map(_part, item.content)),
        arguments=without_addresses(item.arguments),
        output=without_addresses(item.output),
    )


def _part(part: ContentPart) -> ContentPart:
    if not any(one.thumbnail_url or one.hls_url or one.url for one in part.annotations):
        return part
    return replace(part, annotations=tuple(map(_annotation, part.annotations)))


def _annotation(one: Annotation) -> Annotation:
    url = without_addresses(one.url) if one.url else one.url
    return replace(one, url=url, thumbnail_url=None, hls_url=None)
