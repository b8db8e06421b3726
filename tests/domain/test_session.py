import pytest

from trackside.domain.session import (
    TITLE_LENGTH,
    UNTITLED,
    Session,
    file_name_from_title,
    new_id,
    now,
    snippet_of,
    title_from_question,
)


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("What happens?", "What happens?"),
        ("  two\n lines ", "two lines"),
        ("", ""),
        ("word " * 30, "word word word word word word word word word word word…"),
        ("x" * 100, "x" * (TITLE_LENGTH - 1) + "…"),
    ],
)
def test_a_title_is_the_question_cut_at_a_word(question: str, title: str) -> None:
    assert title_from_question(question) == title
    assert len(title) <= TITLE_LENGTH


def test_ids_are_unique_and_sort_by_time() -> None:
    ids = [new_id() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert [i[:12] for i in ids] == sorted(i[:12] for i in ids)


def test_snippets_are_one_line_without_loud_marks() -> None:
    assert snippet_of("# The **answer**\n\n- `one` | two") == "The answer - one two"
    assert snippet_of("Passages on *lanterns*, `lit`.") == "Passages on lanterns, lit."
    assert len(snippet_of("word " * 200)) <= 120


def test_a_session_without_title_says_so() -> None:
    session = Session("s", "c", now(), now())
    assert session.shown_title == UNTITLED
    assert now().tzinfo is not None


def test_control_characters_reach_neither_title_nor_snippet() -> None:
    assert title_from_question("What\x00 is\x1b[31m this\x85?") == "What is [31m this ?"
    assert snippet_of("One\x07 two\u200d") == "One two\u200d"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Key plays, week 9", "Key plays_ week 9"),
        ("../etc/passwd", "_etc_passwd"),
        ("..", "session"),
        ("港のクレーン", "港のクレーン"),
        ("a" * 300, "a" * 80),
        ("𠮷" * 80, "𠮷" * 50),
    ],
)
def test_title_makes_a_file_name_that_every_system_takes(title: str, name: str) -> None:
    assert file_name_from_title(title) == name
