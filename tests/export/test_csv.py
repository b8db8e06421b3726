"""Clip lists as CSV: every citation a row, read back by readers of CSV, and no formula among them."""

import csv
import io
from typing import Any

import pytest

from export.cited import HOSTILE, a_clip, a_session, a_turn
from trackside.domain.stream import Annotation, AnnotationKind
from trackside.export.csv import COLUMNS, pieces


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True))


def rows(*turns: Any, **facts: Any) -> list[dict[str, str]]:
    return read("".join(pieces([(a_session(**facts), turns)])))


def test_every_citation_is_a_row() -> None:
    web = Annotation(AnnotationKind.URL, 0, 0, url="https://example.org/?a=1,2", title="Page")
    turns = (
        a_turn("Nothing is cited here."),
        a_turn("Boats leave [00:10-00:12.5].", web, number=1, question='Say "when", please\nnow'),
    )
    first, second = rows(*turns)
    assert first == {
        "session": "Harbour",
        "turn": "2",
        "asked_at": "2026-07-11T03:13:47+00:00",
        "question": 'Say "when", please\nnow',
        "quote": "",
        "kind": "web page",
        "title": "Page",
        "item_id": "",
        "collection_id": "",
        "url": "https://example.org/?a=1,2",
        "start": "",
        "end": "",
        "start_s": "",
        "end_s": "",
        "duration_s": "",
    }
    assert second["quote"] == "oats leave"
    names = ("start", "end", "start_s", "end_s", "duration_s")
    assert [second[name] for name in names] == ["00:00:10.000", "00:00:12.500", "10", "12.5", "2.5"]


def test_it_is_what_rfc_4180_and_excel_want() -> None:
    text = "".join(pieces([(a_session(), [a_turn("x", a_clip(1.25, 3.0))])]))
    assert text.startswith("\ufeff" + ",".join(COLUMNS) + "\r\n")
    assert text.endswith("\r\n")
    assert text.replace("\r\n", "").count("\n") == 0


def test_each_turn_gives_a_piece() -> None:
    found = list(pieces([(a_session(), [a_turn("x"), a_turn("y", number=1)])]))
    assert found[1:] == ["", ""]


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_stay_in_their_cell_and_are_no_formula(words: str) -> None:
    turn = a_turn(f"{words} [00:10]", a_clip(title=words, item_id=words, url=words), question=words)
    found = rows(turn, title=words)
    assert len(found) == 2
    for row in found:
        for cell in row.values():
            assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))
            assert "\0" not in cell
            cell.encode()  # no halves of surrogate pairs


@pytest.mark.parametrize("before", ["", " \t", "\u3000", "\u00a0", "\ufeff", "\u200b", "\n", "\u202e"])
@pytest.mark.parametrize("sign", "=+-@＝＋－＠")
def test_what_nobody_sees_hides_no_formula(before: str, sign: str) -> None:
    (row,) = rows(a_turn("Boats [00:10]", question=f"{before}{sign}1+1"))
    assert row["question"].startswith("'")


def test_a_line_of_a_megabyte_is_one_row() -> None:
    (row,) = rows(a_turn("word " * 200_000 + "[00:10]"))
    assert row["start_s"] == "10"
