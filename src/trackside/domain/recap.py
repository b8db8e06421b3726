"""A recap: what a new conversation at the service is told of the turns before it."""

import json
import re
import unicodedata
from collections.abc import Sequence

from trackside.domain.answer import Answer
from trackside.domain.citation import clock_range as times_of
from trackside.domain.citation import find_citations, showable_length
from trackside.domain.stream import Annotation
from trackside.domain.turn import QUESTION_LIMIT, RECAP_BREAK, AttemptState, Selection, Turn

RECAP_LENGTH = 6_000
"""Characters of a recap made from turns, at most; the rest of the service's limit is the question's."""
SHORTEST_RECAP = 300
"""With less room than this there is no use in one."""

_HEAD = "Earlier in this conversation:"
_LEFT_OUT = "(What came before that is left out.)"
_TAIL = "The question now:"
_QUESTION, _ANSWER = "Question: ", "\nAnswer: "
_CUT_OFF, _NO_END = "\nAnswer (cut off): ", "\nAnswer (not finished): "
_LEAST_ENTRY = 160
"""A turn that would get less room than this is left out, and so are those before it."""
_LEAST_QUESTION = 200
_LONGEST_READ = 4
"""So many times the room of an answer are looked at: what citations and gaps took is the text's again."""
_ZERO_WIDTH_JOINER, _VARIATIONS = "\u200d", range(0xFE00, 0xFE10)

_DEEPEST_INDENT = 8
_CLOSING = tuple(" .,;:!?…)]\n")
_SELECTED = re.compile(r"\{\{sel:(\d{1,4})\}\}")


def room_beside(question: str) -> int:
    """Characters that a recap may have with this question, at most `RECAP_LENGTH`."""
    return max(0, min(RECAP_LENGTH, QUESTION_LIMIT - len(RECAP_BREAK) - len(question)))


def has_past(turns: Sequence[Turn]) -> bool:
    """Whether there is an answer among these that a recap could speak of."""
    return any(_is_answered(turn) for turn in reversed(turns))


def recap_of(turns: Sequence[Turn], room: int = RECAP_LENGTH) -> str:
    """The turns in plain words, at most `room` characters: the newest are kept fullest, the oldest go first.

    Each says what its chosen attempt says. Turns without an answer are left out. Empty if there is no other,
    or too little room.
    """
    if room < SHORTEST_RECAP:
        return ""
    left = room - len(_HEAD) - len(_LEFT_OUT) - len(_TAIL) - 3 * len(RECAP_BREAK)
    entries: list[str] = []
    is_all = True
    for turn in reversed(turns):
        if not _is_answered(turn):
            continue
        # Half of what is left for each, so that an endless answer leaves room for those before it.
        share = max(left // 2, min(left, _LEAST_ENTRY)) - len(RECAP_BREAK)
        if share < _LEAST_ENTRY - len(RECAP_BREAK):
            is_all = False
            break
        if not (entry := _entry(turn, share)):
            continue
        entries.append(entry)
        left -= len(entry) + len(RECAP_BREAK)
    if not entries:
        return ""
    middle = [] if is_all else [_LEFT_OUT]
    return RECAP_BREAK.join([_HEAD, *middle, *reversed(entries), _TAIL])


def _is_answered(turn: Turn) -> bool:
    attempt = turn.shown_attempt
    return attempt is not None and attempt.answer.has_text


def _entry(turn: Turn, most: int) -> str:
    attempt = turn.shown_attempt
    assert attempt is not None
    match attempt.state:
        case AttemptState.COMPLETED:
            answer_head = _ANSWER
        case AttemptState.INCOMPLETE:
            answer_head = _CUT_OFF
        case _:
            answer_head = _NO_END
    room = most - len(_QUESTION) - len(answer_head)
    question = _with_named_selections(turn.ask.question.strip(), turn.ask.selections)
    question = shortened(_without_gaps(question), max(min(_LEAST_QUESTION, room // 2), room // 3))
    room -= len(question)
    words = _answer_words(attempt.answer, room, is_json=turn.ask.schema is not None)
    if not words:
        return ""
    return f"{_QUESTION}{question}{answer_head}{shortened(words, room)}"


def _with_named_selections(question: str, selections: tuple[Selection, ...]) -> str:
    """`{{sel:0}}` means nothing, or something else, in another request: the name is put in its place."""

    def name(match: re.Match[str]) -> str:
        number = int(match[1])
        title = selections[number].title if number < len(selections) else ""
        return f"“{title}”" if title else "the selected one"

    return _SELECTED.sub(name, question)


def _answer_words(answer: Answer, room: int, *, is_json: bool) -> str:
    text, annotations, most = answer.text, answer.annotations, _LONGEST_READ * room
    if len(text) > most:
        text = text[:most]
        text = text[: showable_length(text)]  # half a citation is none
        annotations = [a for a in annotations if a.end_index < len(text)]
    elif is_json and (words := _json_words(text)):
        return words
    return _without_gaps(_with_short_citations(text, annotations))


def _with_short_citations(text: str, annotations: Sequence[Annotation] = ()) -> str:
    """Titles and times in brackets for citations; those that have neither go, with the space before them."""
    pieces: list[str] = []
    at = 0
    for span in find_citations(text, annotations):
        citation = span.citation
        words = " ".join(filter(None, (citation.title, times_of(citation)))) if citation is not None else ""
        before, at = text[at : span.start], span.end
        if words and span.start < span.end:
            pieces += [before, f"[{words}]"]
        else:
            is_closed = at == len(text) or text.startswith(_CLOSING, at)
            pieces.append(before.rstrip(" ") if is_closed else before)
    return "".join([*pieces, text[at:]])


def _json_words(text: str) -> str:
    """An answer by a schema, on one line; nothing when it isn't whole."""
    try:
        return json.dumps(_plain_value(json.loads(text)), ensure_ascii=False)
    except (ValueError, RecursionError):
        return ""


def _plain_value(value: object) -> object:
    match value:
        case str():
            return _with_short_citations(value).strip()
        case list():
            return [_plain_value(entry) for entry in value]
        case dict():
            return {key: _plain_value(entry) for key, entry in value.items()}
        case _:
            return value


def _without_gaps(text: str) -> str:
    """No empty lines, which part the turns; of the spaces before a line only a few."""
    lines = []
    for line in text.split("\n"):
        if words := line.strip():
            indent = min(len(line) - len(line.lstrip()), _DEEPEST_INDENT)
            lines.append(" " * indent + words)
    return "\n".join(lines).lstrip()


def shortened(text: str, length: int) -> str:
    """The text's beginning, cut at a word or at least between whole letters."""
    if len(text) <= length:
        return text
    if length < 1:
        return ""
    cut = length - 1
    word = max(text.rfind(" ", 0, cut + 1), text.rfind("\n", 0, cut + 1))
    if word > cut - 40 and word > 0:
        cut = word
    else:
        while cut > 0 and _is_joined(text, cut):
            cut -= 1
    return f"{text[:cut].rstrip()}…"


def _is_joined(text: str, place: int) -> bool:
    """Whether the letters on both sides are drawn as one."""
    after = text[place]
    return (
        bool(unicodedata.combining(after))
        or after == _ZERO_WIDTH_JOINER
        or ord(after) in _VARIATIONS
        or text[place - 1] == _ZERO_WIDTH_JOINER
    )
