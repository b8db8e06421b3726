"""The plain text export."""

from collections.abc import Sequence

from export.telling import HOSTILE, SIGNED, a_session, a_story, a_turn, an_answer
from trackside.export.story import ExportedSession
from trackside.export.text import LOSES, pieces


def exported(sessions: Sequence[ExportedSession]) -> str:
    return "".join(pieces(sessions))


def test_a_story_is_told_in_full() -> None:
    text = exported([a_story()])
    for piece in (
        "The final quarter\n=================\n",
        "Knowledge store: Yard (ks_1)",
        "[1] 2026-07-11T03:13:47Z\n------------------------\n> What happens?\n> And when?\n",
        "They score [Yard plan 02:14–02:31].",
        "  - Yard plan 02:14–02:31 (item ksi_1)",
        "(attempt 2 of 2 · 900 tokens in, 250 out · 3.2 s)",
        "[Interrupted. The connection dropped.]",
        "[Stopped before its end.]",
        "*** A new conversation begins here, with a recap.",
        "  Earlier: they scored.",
        "Instructions:\n  Be brief.",
        "1 step:\n  - search_video",
        '"note": "</script>"',
    ):
        assert piece in text, piece
    assert SIGNED not in text
    assert all(loss in text for loss in LOSES)


def test_each_turn_is_a_piece_at_least() -> None:
    session, turns = a_story()
    assert len(list(pieces([(session, turns)]))) >= len(turns)


def test_controls_are_left_out_and_directions_end_with_their_line() -> None:
    text = exported([(a_session(title="a\x07\u202eb"), [a_turn("q\x00\u202e\nr", an_answer(HOSTILE))])])
    assert not {"\x00", "\x07"} & set(text)
    for line in text.split("\n"):
        assert line.count("\u202e") == line.count("\u202c")


def test_a_megabyte_in_a_line_is_exported() -> None:
    text = exported([(a_session(), [a_turn("x" * 1_000_000, an_answer("word " * 200_000))])])
    assert "x" * 1_000_000 in text
    assert text.count("word") == 200_000
