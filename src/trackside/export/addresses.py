"""Signed addresses of media: whoever has one sees the video, and they expire. No file gets any."""

import re
from dataclasses import replace

from trackside.domain.answer import SavedAnswer, SavedItem
from trackside.domain.stream import ContentPart, OutputItem

_NAMED = re.compile(
    r'(?P<quote>\\*")(?P<name>thumbnail_url|hls_url|thumbnail_urls|manifest_url|representative_url)(?P=quote)'
    r'(?P<colon>\s*:\s*)(?P=quote)[^"\\]*(?:\\/[^"\\]*)*(?P=quote)'
)
"""A member of JSON, which may itself stand in a JSON string and so have backslashes before its quotes."""


def without_addresses(text: str) -> str:
    """Raw JSON with nothing in the members that hold signed addresses."""
    if "_url" not in text:
        return text
    return _NAMED.sub(r"\g<quote>\g<name>\g<quote>\g<colon>\g<quote>\g<quote>", text)


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
    if not any(one.thumbnail_url or one.hls_url for one in part.annotations):
        return part
    annotations = tuple(replace(one, thumbnail_url=None, hls_url=None) for one in part.annotations)
    return replace(part, annotations=annotations)
