"""Find in the session: what counts as a match, which rows are looked at, and the steps between matches."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from trackside.ui.transcript.finder import Match, Query, SessionFinder, occurrences
from trackside.ui.transcript.sieve import RoughTexts, Sieve

QUESTION = -2


def found(text: str, words: str, *, case: bool = False, whole: bool = False) -> list[str]:
    places = occurrences(text, Query(words, case, whole))
    return [text[start : start + length] for start, length in places]


# -- occurrences -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("One, two, ONE.", "one", ["One", "ONE"]),
        ("aaaa", "aa", ["aa", "aa"]),
        (
            "the\u00a0end and the\u2028end, the \n end",
            "the end",
            ["the\u00a0end", "the\u2028end", "the \n end"],
        ),
        ("see \ufffc\u200bthere", "see there", ["see \ufffc\u200bthere"]),
        ("soft\u00adware soft\u200bware", "software", ["soft\u00adware", "soft\u200bware"]),
        ("Die Straße, STRASSE", "strasse", ["Straße", "STRASSE"]),
        ("Straße", "stras", []),
        ("aßb sß", "ss", ["ß", "ß"]),
        ("今天東京很熱", "東京", ["東京"]),
        ("ΟΔΟΣ οδός", "οδος", ["ΟΔΟΣ"]),
        ("a.c abc", "a.c", ["a.c"]),
        ("😀 ok 😀", "ok 😀", ["ok 😀"]),
        ("anything", "", []),
        ("any thing", " \u200b", []),
    ],
)
def test_occurrences_are_what_one_would_take_for_the_same(text: str, words: str, expected: list[str]) -> None:
    assert found(text, words) == expected


def test_match_case_tells_capitals_apart() -> None:
    assert found("Word word WORD", "word", case=True) == ["word"]
    assert found("ß ss", "ss", case=True) == ["ss"]


@pytest.mark.parametrize(
    ("text", "words", "count"),
    [
        ("cat concat cats cat_1 cat", "cat", 2),
        ("über überall", "über", 1),
        ("cafe\u0301 cafe", "cafe", 1),
        ("C++ and C++11", "c++", 2),
        ("このAPIは速い", "api", 1),
        ("今天東京很熱", "東京", 1),
        ("end\ufffc\u200b end", "end", 2),
        ("aa aaa", "aa", 1),
    ],
)
def test_whole_words_end_where_words_end(text: str, words: str, count: int) -> None:
    assert len(found(text, words, whole=True)) == count


_TEXTS = st.text(st.sampled_from("aAsSßẞfi\ufb01éİkK \u00a0\u2028\u200b\ufffc._東\u0301"), max_size=24)


@given(_TEXTS, _TEXTS.filter(lambda words: len(words) < 5), st.booleans(), st.booleans())
def test_what_is_found_folds_to_the_query(text: str, words: str, case: bool, whole: bool) -> None:
    query = Query(words, case, whole)
    end = 0
    for start, length in occurrences(text, query):
        assert start >= end
        assert length > 0
        assert query.folded(text[start : start + length]) == query.folded(words)
        end = start + length
    assert end <= len(text)


@given(_TEXTS, _TEXTS, _TEXTS)
def test_a_text_that_has_the_words_is_found(before: str, words: str, after: str) -> None:
    query = Query(words.strip() and f"x{words}x")
    assert query.is_empty or occurrences(before + query.words + after, query)


# -- the sieve -------------------------------------------------------------------------------------


def passes(source: str, words: str) -> bool:
    sieve = Sieve(Query(words))
    rough = RoughTexts(lambda: 1, lambda _: source)
    return sieve.lets_through(rough.read(0)) and sieve.lets_source_through(source)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("a **bold** word", "bold word"),
        ("un`code`d and ~~st~~ruck", "uncoded and struck"),
        ("see [the page](https://example.com/a_(b) 'title') now", "the page now"),
        ("two [API](https://example.com)s", "apis"),
        ('the <vref id="ksi_1" start="00:12"/> speaker', "the speaker"),
        ("at [00:12–00:20] she says", "at she says"),
        ("mark \ue200cite\ue201here", "mark here"),
        ("> quoted\n> lines", "quoted lines"),
        ("caf&eacute; &amp; bar", "café & bar"),
        (r"1 \* 2 \[x\]", "1 * 2 [x]"),
        ('{"a": "caf\\u00e9\\nbar"}', "café"),
        ("no\u00a0break and\u200b more", "break and more"),
        ("Die Straße", "strasse"),
        ("STRASSE", "straße"),
        ("`handlers[name](event)`", "handlers[name](event)"),
        (r"in C:\temp\new", r"c:\temp\new"),
        ("matrix [i][j] here", "[i][j]"),
        ("the sum $\\alpha + x$ is", "α"),
        ("東京**タワー**", "東京タワー"),
        ("a -> b", "->"),
        ("K for Kelvin", "k for kelvin"),
        ("\udc80 lone", "lone"),
        ("[year [2024] of]", "[2024]"),
        ("nul\0nul", "nulnul"),
    ],
)
def test_sieve_lets_through_what_is_shown(source: str, words: str) -> None:
    assert passes(source, words)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("the one and the other", "and one"),
        ("see [the page](https://example.com)", "pages"),
        ("東京", "京東"),
        ("plain C", "c++"),
        ("a b", "->"),
        ("grüße", "größe"),
        ("costs $5", "zebra"),
    ],
)
def test_sieve_holds_back_what_cannot_be_there(source: str, words: str) -> None:
    assert not passes(source, words)


@given(
    st.lists(st.text(st.sampled_from("ab *_`[](<>\\&;:0\0ß$\u200b"), max_size=30), min_size=1, max_size=70)
)
def test_rough_texts_are_each_rows_own(sources: list[str]) -> None:
    together = RoughTexts(lambda: len(sources), lambda row: sources[row])
    for row, source in enumerate(sources):
        assert together.read(row) == RoughTexts(lambda: 1, lambda _, source=source: source).read(0)


@given(_TEXTS, _TEXTS, _TEXTS)
def test_sieve_never_holds_back_plain_text(before: str, words: str, after: str) -> None:
    shown = before + "x" + words + after
    for query in (Query("x" + words), Query("x" + words.upper()), Query("x" + words, is_case_sensitive=True)):
        if occurrences(shown, query):
            assert passes(shown, query.words)


# -- the session -----------------------------------------------------------------------------------


class Rows:
    """Rows as a view would have them; `looked_at` are those whose Markdown was read."""

    def __init__(self, answers: list[str]) -> None:
        self.answers = answers
        self.looked_at: list[int] = []
        self.sources_read = 0

    def row_count(self) -> int:
        return len(self.answers)

    def raw_text(self, row: int) -> str:
        self.sources_read += 1
        return f"Question {row}\n{self.answers[row]}"

    def shown_parts(self, row: int) -> Iterable[tuple[int, str]]:
        self.looked_at.append(row)
        yield QUESTION, f"Question {row}"
        for number, block in enumerate(self.answers[row].split("\n\n")):
            yield number, block.replace("*", "")


def made(qtbot: QtBot, rows: Rows, words: str, start: int = 0, **how: bool) -> SessionFinder:
    finder = SessionFinder(rows)
    finder.search(Query(words, **how), start)
    qtbot.waitUntil(lambda: finder.is_complete)
    return finder


def state(finder: SessionFinder) -> tuple[Match | None, int, int]:
    return finder.current, finder.number, finder.count


def test_first_match_is_the_next_from_where_one_reads(qtbot: QtBot) -> None:
    rows = Rows(["word", "word\n\nmore **wor**d word", "none", "word"])
    assert state(made(qtbot, rows, "word", 2)) == (Match(3, 0, 0), 5, 5)
    assert state(made(qtbot, rows, "word", 1)) == (Match(1, 0, 0), 2, 5)


def test_search_goes_on_at_the_top(qtbot: QtBot) -> None:
    rows = Rows(["word", "none", "none"])
    assert state(made(qtbot, rows, "word", 1)) == (Match(0, 0, 0), 1, 1)


def test_wanted_match_comes_first_if_it_is_there(qtbot: QtBot) -> None:
    rows = Rows(["word", "word and word and word", "word"])
    finder = SessionFinder(rows)
    told: list[Match] = []
    finder.first_found.connect(told.append)
    for wanted, expected in ((Match(1, 0, 2), Match(1, 0, 2)), (Match(1, 0, 3), Match(1, 0, 0))):
        finder.search(Query("word"), 1, wanted)
        qtbot.waitUntil(lambda: finder.is_complete)
        assert told.pop() == finder.current == expected
        assert finder.next() is not None
    finder.search(Query("word"), 1)
    assert finder.current == Match(1, 0, 0), "what was wanted once is forgotten"


def test_steps_go_round_in_the_order_of_reading(qtbot: QtBot) -> None:
    rows = Rows(["word word", "none", "first\n\nword"])
    finder = made(qtbot, rows, "word")
    forwards = [finder.next() for _ in range(3)]
    assert forwards == [Match(0, 0, 1), Match(2, 1, 0), Match(0, 0, 0)]
    assert [finder.previous() for _ in range(3)] == [Match(2, 1, 0), Match(0, 0, 1), Match(0, 0, 0)]
    finder.previous()
    assert finder.number == 3


def test_single_match_steps_to_itself(qtbot: QtBot) -> None:
    finder = made(qtbot, Rows(["none", "word"]), "word")
    assert finder.next() == finder.previous() == Match(1, 0, 0)


def test_question_is_searched_before_its_answer(qtbot: QtBot) -> None:
    finder = made(qtbot, Rows(["a question"]), "question")
    assert finder.current == Match(0, QUESTION, 0)
    assert finder.next() == Match(0, 0, 0)


def test_no_results_are_a_result(qtbot: QtBot) -> None:
    rows = Rows(["one", "two"])
    finder = made(qtbot, rows, "three")
    assert state(finder) == (None, 0, 0)
    assert finder.next() is None
    assert finder.previous() is None
    assert rows.looked_at == []


def test_case_and_whole_word_count(qtbot: QtBot) -> None:
    rows = Rows(["Word sword", "words word"])
    assert made(qtbot, rows, "word").count == 4
    assert made(qtbot, rows, "word", is_whole_word=True).count == 2
    assert made(qtbot, rows, "word", is_case_sensitive=True).count == 3


def test_no_rows_and_no_words_are_complete_at_once(qtbot: QtBot) -> None:
    finder = SessionFinder(Rows([]))
    finder.search(Query("word"), 7)
    assert finder.is_complete
    finder.search(Query(" "), 0)
    assert finder.is_complete
    assert state(finder) == (None, 0, 0)


@pytest.fixture(scope="module")
def many() -> Rows:
    answers = [f"The **speaker** number {row} says this and that." for row in range(10_000)]
    answers[-1] += " Zebra **cross**ing"
    return Rows(answers)


def test_only_rows_that_may_have_it_are_read(qtbot: QtBot, many: Rows) -> None:
    many.looked_at.clear()
    finder = made(qtbot, many, "zebra crossing")
    assert state(finder) == (Match(9_999, 0, 0), 1, 1)
    assert many.looked_at == [9_999]
    finder.search(Query("nowhere"), 0)
    qtbot.waitUntil(lambda: finder.is_complete)
    assert finder.count == 0
    assert many.looked_at == [9_999]


def test_first_match_comes_before_all_are_counted(qtbot: QtBot, many: Rows) -> None:
    finder = SessionFinder(many)
    told: list[Match] = []
    finder.first_found.connect(told.append)
    finder.search(Query("speaker"), 5_000)
    assert finder.current == Match(5_000, 0, 0)
    assert told == [Match(5_000, 0, 0)]
    assert not finder.is_complete
    # Steps don't wait for the count either, not even back over the rows that come last.
    assert finder.previous() == Match(4_999, 0, 0)
    qtbot.waitUntil(lambda: finder.is_complete)
    assert (finder.number, finder.count) == (5_000, 10_000)
    assert told == [Match(5_000, 0, 0)]
    finder.stop()
    assert state(finder) == (None, 0, 0)


def test_prepared_finder_says_nothing_until_it_searches(qtbot: QtBot, many: Rows) -> None:
    finder = SessionFinder(many)
    told: list[int] = []
    finder.changed.connect(lambda: told.append(finder.count))
    finder.prepare()
    qtbot.wait(30)
    assert told == []
    finder.search(Query("zebra"), 0)
    qtbot.waitUntil(lambda: finder.is_complete)
    assert told[-1] == 1


def test_sources_are_read_once_and_before_there_are_words(qtbot: QtBot, many: Rows) -> None:
    finder = SessionFinder(many)
    many.sources_read = 0
    finder.search(Query(""), 0)
    qtbot.waitUntil(lambda: many.sources_read == 10_000)
    finder.search(Query("nowhere"), 0)
    qtbot.waitUntil(lambda: finder.is_complete)
    assert many.sources_read == 10_000
    finder.stop()
    finder.search(Query("nowhere"), 0)
    qtbot.waitUntil(lambda: finder.is_complete)
    assert many.sources_read == 20_000


def test_giant_row_is_read_in_slices(qtbot: QtBot) -> None:
    block = "word " * 2_000
    rows = Rows(["\n\n".join([block] * 60)])
    finder = SessionFinder(rows)
    finder.search(Query("word"), 0)
    assert not finder.is_complete
    qtbot.waitUntil(lambda: finder.is_complete)
    assert finder.count == 120_000
    assert rows.looked_at == [0]


# -- rows that change ------------------------------------------------------------------------------


def change(qtbot: QtBot, finder: SessionFinder, rows: Rows, row: int, answer: str) -> None:
    """Changes a row and waits until the finder has looked at it."""
    if row == len(rows.answers):
        rows.answers.append(answer)
    rows.answers[row] = answer
    with qtbot.waitSignal(finder.changed):
        finder.row_changed(row)


def test_growing_row_keeps_the_current_match(qtbot: QtBot) -> None:
    rows = Rows(["word", "word"])
    finder = made(qtbot, rows, "word", 1)
    change(qtbot, finder, rows, 1, "word and word")
    assert state(finder) == (Match(1, 0, 0), 2, 3)


def test_lost_match_gives_way_to_the_next(qtbot: QtBot) -> None:
    rows = Rows(["word", "word", "word"])
    finder = made(qtbot, rows, "word", 1)
    change(qtbot, finder, rows, 1, "another answer")
    assert state(finder) == (Match(2, 0, 0), 2, 2)
    change(qtbot, finder, rows, 2, "another answer")
    assert state(finder) == (Match(0, 0, 0), 1, 1)
    change(qtbot, finder, rows, 0, "another answer")
    assert state(finder) == (None, 0, 0)


def test_step_from_a_match_that_is_gone_goes_to_the_next(qtbot: QtBot) -> None:
    rows = Rows(["word word", "word"])
    finder = made(qtbot, rows, "word")
    change(qtbot, finder, rows, 0, "none")
    assert finder.next() == Match(1, 0, 0)


def test_added_row_is_counted_without_taking_one_there(qtbot: QtBot) -> None:
    rows = Rows(["none"])
    finder = made(qtbot, rows, "word")
    told: list[Match] = []
    finder.first_found.connect(told.append)
    change(qtbot, finder, rows, 1, "a word")
    assert state(finder) == (Match(1, 0, 0), 1, 1)
    assert finder.is_complete
    assert told == []


def test_row_that_changes_every_moment_is_read_rarely(qtbot: QtBot) -> None:
    rows = Rows(["word"])
    finder = made(qtbot, rows, "word")
    rows.looked_at.clear()
    for _ in range(50):
        rows.answers[0] += " word"
        finder.row_changed(0)
    qtbot.waitUntil(lambda: finder.count == 51)
    assert rows.looked_at == [0]


def test_stopped_finder_takes_no_notice_of_rows(qtbot: QtBot) -> None:
    rows = Rows(["word"])
    finder = made(qtbot, rows, "word")
    finder.stop()
    rows.answers[0] = "other word"
    finder.row_changed(0)
    assert state(finder) == (None, 0, 0)
    finder.search(Query("other"), 0)
    assert finder.count == 1


def test_rows_added_while_nobody_searched_are_found(qtbot: QtBot) -> None:
    rows = Rows(["none"])
    finder = made(qtbot, rows, "word")
    rows.answers += ["word"] * 40
    finder.search(Query("word"), 0)
    qtbot.waitUntil(lambda: finder.is_complete)
    assert finder.count == 40


def test_finder_ends_with_its_owner(qtbot: QtBot, many: Rows) -> None:
    owner = QObject()
    finder = SessionFinder(many, owner)
    finder.search(Query("speaker"), 0)
    many.looked_at.clear()
    owner.deleteLater()
    qtbot.waitSignal(owner.destroyed).wait()
    qtbot.wait(5)
    assert many.looked_at == []
