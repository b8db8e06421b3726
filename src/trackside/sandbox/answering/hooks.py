"""Questions that try the client, not the captions: `/long N`, `/echo TEXT`, `/think SECONDS QUESTION`."""

from __future__ import annotations

import re
from dataclasses import dataclass

_HOOK = re.compile(r"\s*/(long|echo|think)(?:\s(.*))?$", re.DOTALL)
_LONGEST_KB = 20_000
_LONGEST_THOUGHT_S = 600.0


@dataclass(frozen=True, slots=True)
class Hooked:
    """A question freed from its hook. `text` is the whole answer, when the hook gives it."""

    question: str
    text: str | None = None
    thinking_s: float = 0.0


def read_hook(question: str) -> Hooked:
    """What a question's hook asks for; a question without one comes back as it is."""
    found = _HOOK.match(question)
    if found is None:
        return Hooked(question)
    rest = found.group(2) or ""
    first, _, left = rest.strip().partition(" ")
    match found.group(1):
        case "echo":
            return Hooked(question, text=rest)
        case "long" if first.isdecimal():
            return Hooked(question, text=long_text(min(int(first), _LONGEST_KB) * 1024))
        case "think" if re.fullmatch(r"\d+(?:\.\d+)?", first):
            return Hooked(left.strip() or question, thinking_s=min(float(first), _LONGEST_THOUGHT_S))
        case _:
            return Hooked(question)


def long_text(size: int) -> str:
    """Markdown of about `size` bytes with headings, lists, tables, code and quotes; the same each time."""
    sections, length, number = [], 0, 0
    while length < size:
        number += 1
        section = _section(number)
        sections.append(section)
        length += len(section.encode())
    return "".join(sections).encode()[: max(size, 1)].decode("utf-8", "ignore")


def _section(number: int) -> str:
    rows = "\n".join(
        f"| {row} | Clip {number}.{row} | {row * 7 % 60:02}:{row * 13 % 60:02} |" for row in range(1, 6)
    )
    return (
        f"## Part {number}: what the cameras saw\n\n"
        f"In part {number} the **harbour** wakes: nets are hauled in, *gulls* circle, and the café opens its "
        f"shutters. A line may well run on for a while, so that wrapping has something to do — see "
        f"[the notes](https://example.com/sandbox/{number}) and `frame_{number:05}.png`.\n\n"
        f"1. First, the boats leave ({number % 12 + 1} of them).\n"
        f"2. Then the market fills.\n   - bread, fish, flowers\n   - 日本語 and العربية stand here too 🎬\n"
        f"3. At last the lamps go on.\n\n"
        f"> “We wait for the wind,” says the skipper, “and part {number} waits with us.”\n\n"
        f"| # | Clip | Time |\n|--:|:--|:-:|\n{rows}\n\n"
        f"```python\ndef part_{number}(frames: list[int]) -> int:\n"
        f'    """Sum of the frames of part {number}."""\n'
        f"    return sum(frame * {number} for frame in frames)\n"
        "```\n\n"
    )
