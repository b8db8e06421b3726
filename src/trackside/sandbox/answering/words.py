"""Cuts text into the words that searching compares: lower case, without endings, without stop words."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
_ENDINGS = ("ingly", "edly", "ings", "ies", "ing", "ed", "es", "ly", "s")

_STOP_TEXT = """
a about after again all am an and any anyone anything are as at be because been before being between both
but by can could did do does doing done down during each ever every everything few find for from further get
give go got had happen happens happened has have having he her here hers him his how i if in into is it its
just know let like list long look made make many me mention mentioned more most much my no nor not now of off
on once only or other our out over please quote quotes said same say says scene scenes she should show shows
so some someone something such talk talks tell than that the their them then there these they thing things
this those through to too under until up us use very was way we were what whats when where which while who
whom why will with would you your clip clips video videos moment moments part parts sandbox vref tref
bracketed times compare table json code summary summarize summarise overview next short brief
store footage library speak speaks
"""


def stem(word: str) -> str:
    """The word without its ending; good enough to let “boats” find “boat”."""
    word = word.casefold().replace("’", "'").removesuffix("'s")
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word.removesuffix(ending) + ("y" if ending == "ies" else "")
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]
    return word.removesuffix("e") if len(word) > 3 else word


def raw_words(text: str) -> list[str]:
    """The words as they are written, in order."""
    return _WORD.findall(text)


STOP_WORDS = frozenset(raw_words(_STOP_TEXT))


def search_terms(text: str) -> list[str]:
    """The terms of a text in order: stems without stop words, and pairs of characters of CJK text."""
    terms = []
    for word in raw_words(text):
        if _WIDE.search(word):
            for run in _WIDE.findall(word):
                terms += [run[i : i + 2] for i in range(len(run) - 1)] or [run]
        elif word.casefold().replace("’", "'") not in STOP_WORDS:
            terms.append(stem(word))
    return terms


def keywords(text: str, limit: int = 4) -> list[str]:
    """The words that carry the question, as they were written, each once."""
    kept: dict[str, str] = {}
    for word in raw_words(text):
        if word.casefold().replace("’", "'") not in STOP_WORDS:
            kept.setdefault(stem(word), word)
    return list(kept.values())[:limit]
