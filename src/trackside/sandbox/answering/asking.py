"""What a question asks for: the shape of the answer, how many quotes, whether it follows the last one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from trackside.sandbox.answering.citing import CitationForm

USUAL_QUOTES = 4
_SELECTION = re.compile(r"\{\{sel:(\d+)\}\}")
_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_AT_MOST = re.compile(
    r"(?:at most|no more than|maximum of|max\.?|up to|only|exactly)\s+"
    r"(\d{1,2}|one|two|three|four|five|six)\s+"
    r"(?:clips?|quotes?|moments?|bullets?|points?|results?|items?|citations?|examples?)",
    re.IGNORECASE,
)
_BRIEF = re.compile(r"\b(?:brief(?:ly)?|in one sentence|one sentence|in short)\b", re.IGNORECASE)
_NO_TABLE = re.compile(r"\b(?:no|without|never use|avoid)\s+(?:a\s+|any\s+)?tables?\b", re.IGNORECASE)
_TABLE = re.compile(r"\b(?:compare|comparison|table|list)\b", re.IGNORECASE)
_CODE = re.compile(r"\b(?:json|code)\b", re.IGNORECASE)
_OVERVIEW = re.compile(
    r"\b(?:summar\w+|overview|about|what is in|what's in|which clips|everything)\b",
    re.IGNORECASE,
)
_FOLLOW_UP = re.compile(
    r"\b(?:after that|after this|then what|what then|happens? (?:then|next)|and then|comes next|next|go on|"
    r"continue|afterwards|later on)\b",
    re.IGNORECASE,
)


class Shape(Enum):
    """How the quotes are laid out."""

    BULLETS = "bullets"
    TABLE = "table"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the question and the instructions ask for. `kept` names the instructions that are followed."""

    shape: Shape
    quotes: int
    is_follow_up: bool
    wants_overview: bool
    kept: tuple[str, ...]


def read_wish(question: str, instructions: str) -> Wish:
    """The wishes in a question, bounded by the instructions."""
    kept = []
    quotes = _at_most(question)
    bound = _at_most(instructions)
    if bound is not None:
        kept.append(f"at most {bound} quote{'s' if bound > 1 else ''}")
        quotes = min(bound, quotes or bound)
    shape = Shape.BULLETS
    if _CODE.search(question):
        shape = Shape.CODE
    elif _TABLE.search(question) and not _NO_TABLE.search(question):
        shape = Shape.TABLE
    if _NO_TABLE.search(instructions):
        kept.append("no table")
        shape = Shape.BULLETS if shape is Shape.TABLE else shape
    return Wish(
        shape=shape,
        quotes=quotes or USUAL_QUOTES,
        is_follow_up=bool(_FOLLOW_UP.search(question)),
        wants_overview=bool(_OVERVIEW.search(question)),
        kept=tuple(kept),
    )


def read_citation_form(header: str | None, question: str) -> CitationForm:
    """The form asked for in the header X-Sandbox-Citations or in the question; ValueError when unknown."""
    if header:
        return CitationForm(header.strip().lower())
    words = question.casefold()
    if "vref" in words:
        return CitationForm.VREF
    if "tref" in words:
        return CitationForm.TREF
    return CitationForm.TIMES if "bracketed times" in words else CitationForm.ANNOTATIONS


def selection_numbers(question: str) -> list[int]:
    """The N of every {{sel:N}} in a question."""
    return [int(number) for number in _SELECTION.findall(question)]


def without_selections(question: str, names: list[str]) -> str:
    """The question with the names of what it points at in place of {{sel:N}}."""
    return _SELECTION.sub(lambda match: names[int(match.group(1))], question)


def _at_most(text: str) -> int | None:
    found = _AT_MOST.search(text)
    if found:
        word = found.group(1).lower()
        return max(1, _NUMBERS.get(word) or int(word))
    return 1 if _BRIEF.search(text) else None
