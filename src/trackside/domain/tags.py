"""Tags: the user's own words for sessions."""

from collections.abc import Collection

TAG_LENGTH = 40


def clean_tag(text: str) -> str:
    """What was typed as a tag: one line without spaces around it; empty if there is nothing in it."""
    return " ".join(text.split())[:TAG_LENGTH].strip()


def retagged(tags: Collection[str], added: Collection[str], removed: Collection[str]) -> tuple[str, ...]:
    """Tags after a change, in the alphabet's order."""
    wanted = {*tags, *added} - {*removed}
    return tuple(sorted(wanted, key=lambda tag: (tag.casefold(), tag)))
