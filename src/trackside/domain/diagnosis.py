"""What a diagnosis says: parts with facts, as text to copy and as JSON. Nothing secret is in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

LEFT_OUT = "Keys, passwords, questions, answers, titles and the names of stores and videos are left out."
_WIDTH = 22


class PartName(StrEnum):
    """The parts in their order."""

    VERSIONS = "versions"
    DESKTOP = "desktop"
    KEYRING = "keyring"
    NETWORK = "network"
    DATA = "data"
    INSTANCE = "instance"
    SETTINGS = "settings"
    LIMITS = "limits"
    FAILURES = "failures"
    TEST = "test"

    @property
    def heading(self) -> str:
        return _HEADINGS[self]


_HEADINGS = {
    PartName.VERSIONS: "Versions",
    PartName.DESKTOP: "Desktop",
    PartName.KEYRING: "Keyring",
    PartName.NETWORK: "Network",
    PartName.DATA: "Data folder",
    PartName.INSTANCE: "This run",
    PartName.SETTINGS: "Settings",
    PartName.LIMITS: "Rate limits",
    PartName.FAILURES: "Last failures",
    PartName.TEST: "Connection test",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One line: what it is about, and what there is to say."""

    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Part:
    """What was found out about one thing. `troubles` are sentences about what is wrong with it; with any,
    the part has failed."""

    name: PartName
    facts: tuple[Fact, ...] = ()
    troubles: tuple[str, ...] = ()

    @property
    def is_fine(self) -> bool:
        return not self.troubles


def as_text(parts: Sequence[Part], made_at: str) -> str:
    """The parts as plain text, for a mail or an issue. `made_at` says when, in words."""
    blocks = [f"Trackside diagnostics, {made_at}\n{LEFT_OUT}"]
    for part in parts:
        lines = [part.name.heading, *(f"  ! {words}" for words in part.troubles)]
        for fact in part.facts:
            first, *more = fact.words.splitlines() or [""]
            lines.append(f"  {fact.name + ':':<{_WIDTH}} {first}".rstrip())
            lines += [f"  {'':<{_WIDTH}} {line}" for line in more]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def as_document(parts: Sequence[Part], made_at: str) -> dict[str, object]:
    """The same as plain values for JSON."""
    return {
        "made_at": made_at,
        "is_fine": all(part.is_fine for part in parts),
        "parts": {
            part.name.value: {
                "is_fine": part.is_fine,
                "troubles": list(part.troubles),
                "facts": [{"name": fact.name, "words": fact.words} for fact in part.facts],
            }
            for part in parts
        },
    }
