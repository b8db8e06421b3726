"""How texts are compared in a search: without case, accents and width, and cut into words.

SQLite's own word cutters know the Unicode of 2012, see a run of Chinese or Japanese as one word, and can't
say where in the text a word stands. So it is cut here, once for the index, the query and the places of what
is found. The index's cutter (`ascii`: a word is what is made of ASCII letters, digits and all beyond ASCII)
finds these words again as they are.

Scripts that put no spaces between words are cut into pairs of neighbouring characters, with a run's last
character by itself: every piece of such a text is a phrase of pairs, and each character begins a word.
"""

import re
import unicodedata
from bisect import bisect_right

_UNSPACED = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\u1780-\u17ff"  # Myanmar, Khmer
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303c\u3040-\u30ff\u3100-\u318f"
    "\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff"
    "\U00016fe0-\U00018d0f\U0001aff0-\U0001b16f\U00020000-\U0003ffff"
)
_NO_WORD = r"\x00-\x2f\x3a-\x60\x7b-\x7f"
"""What parts words in a folded text."""
SPACED_LETTER = f"[^{_NO_WORD}{_UNSPACED}]"
GAP = f"[{_NO_WORD}]"
UNSPACED_RUN = re.compile(f"[{_UNSPACED}]+")
RUN = re.compile(f"(?P<unspaced>[{_UNSPACED}]+)|{SPACED_LETTER}+")
_FOREIGN = re.compile("[^\x00-\x7f]+")
_LOOSE = re.compile(
    "[\u3040-\u30ff][\u3099\u309a]|[\uff66-\uff9d][\uff9e\uff9f]|[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?"
)
"""Characters of Japanese and Korean in the pieces that some systems (macOS in names of files) and narrow
type write them in."""
_NO_WIDTH = "\u200b"
_BARE = {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
"""Letters with a stroke and the like, which Unicode doesn't take apart."""
_DROPPED = ("Mn", "Me", "Cf")
_TATWEEL = "\u0640"


class _Folds(dict[str, str]):
    """What a character is compared as: nothing, one or more lower-case letters, or a space."""

    def __missing__(self, char: str) -> str:
        self[char] = folded = _folded(char)
        return folded


def _folded(char: str) -> str:
    if unicodedata.category(char) in _DROPPED or char == _TATWEEL:
        return ""
    if UNSPACED_RUN.match(char):
        # Taken apart, a Korean syllable would be three letters and a Japanese one lose its voice.
        letters = unicodedata.normalize("NFKC", char).casefold()
    else:
        letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).casefold())
    folded = ""
    for letter in letters:
        category = unicodedata.category(letter)
        if category in _DROPPED:
            continue
        is_word = letter.isalnum() or (category == "Mc" and not letter.isascii())
        folded += _BARE.get(letter, letter) if is_word else " "
    return folded


_folds = _Folds()


def folded(text: str) -> str:
    """The text as it is compared. All beyond ASCII that is in it belongs to words."""
    if text.isascii():
        return text.lower()
    return _FOREIGN.sub(_fold_run, _joined(text)).lower()


def _joined(text: str) -> str:
    """The text with such pieces as one character, each followed by nothing visible for as many as are gone,
    so that every other character stays at its place."""
    return _LOOSE.sub(lambda m: unicodedata.normalize("NFKC", m[0]).ljust(len(m[0]), _NO_WIDTH), text)


def _fold_run(match: re.Match[str]) -> str:
    return "".join(map(_folds.__getitem__, match[0]))


def index_words(text: str) -> str:
    """What the index is given of a text: its words in order, parted by anything that is none."""
    words = folded(text)
    return words if words.isascii() else UNSPACED_RUN.sub(_cut_run, words)


def _cut_run(match: re.Match[str]) -> str:
    return f" {' '.join(pairs(match[0]))} {match[0][-1]} "


def pairs(run: str) -> list[str]:
    """The neighbouring characters of a run, two by two."""
    return [run[place : place + 2] for place in range(len(run) - 1)]


class FoldedText:
    """A text as it is compared, that knows which place in the original a place in it is."""

    def __init__(self, original: str) -> None:
        self.original = _joined(original)
        self.text = folded(self.original)
        self._from: list[int] = []
        self._to: list[int] = []
        if not original.isascii():
            self._note_bends()

    def _note_bends(self) -> None:
        """Notes the places after which the two run on side by side."""
        grown = 0
        for match in _FOREIGN.finditer(self.original):
            for place, char in enumerate(match[0], match.start()):
                length = len(_folds[char])
                if length != 1:
                    at = place + grown
                    # All letters that a character became stand where it stands.
                    self._from += [at + n for n in range(1, length)] + [at + length]
                    self._to += [place] * (length - 1) + [place + 1]
                    grown += length - 1

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original that `text[start:end]` was made from, with the marks that belong to its
        last letter; `end` is beyond `start`."""
        first, last = self._place(start), self._place(end - 1) + 1
        while (
            last < len(self.original)
            and not self.original[last].isascii()
            and not _folds[self.original[last]]
        ):
            last += 1
        return first, last

    def _place(self, place: int) -> int:
        bend = bisect_right(self._from, place) - 1
        return place if bend < 0 else self._to[bend] + place - self._from[bend]
