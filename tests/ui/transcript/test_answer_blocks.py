"""An answer's blocks: in step with its text, its annotations and its late definitions."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from trackside.domain.answer import Answer
from trackside.domain.stream import Annotation, ContentPart, PartDone, TextDelta, TextDone
from trackside.markup.inline import block_runs
from trackside.markup.runs import ChipRun
from trackside.ui.transcript.answer_blocks import AnswerBlocks, Change

MARKDOWN = (
    "# Plays\n\nA *first* paragraph with 日本語 and 👩‍👩‍👧 [1].\n\n- one\n- two [00:01-00:02]\n\n"
    "| a | b |\n|---|---|\n| 1 | 2 |\n\n```py\nx = 1\n```\n\nSee [it][x].\n\n[x]: https://e.example/\n\nEnd."
)


def delta(text: str) -> TextDelta:
    return TextDelta(0, "m", 0, text)


def contents(blocks: AnswerBlocks) -> list[Any]:
    return [(blocks[i].kind, blocks[i].content, blocks[i].rows) for i in range(len(blocks))]


def read(text: str, *, wants_json: bool = False) -> AnswerBlocks:
    return AnswerBlocks.of_text(text, (), wants_json=wants_json)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=200))
def test_growing_text_ends_as_the_whole_text_read_at_once(lengths: list[int]) -> None:
    answer, blocks = Answer(), AnswerBlocks(wants_json=False)
    shown: list[Any] = []
    at = 0
    for length in [*lengths, len(MARKDOWN)]:
        answer.fold(delta(MARKDOWN[at : at + length]))
        at += length
        change = blocks.follow(answer, is_over=False)
        if change is not None:
            assert contents(blocks)[: change.kept] == shown[: change.kept], "a kept block is another one"
            shown = contents(blocks)
    blocks.follow(answer, is_over=True)
    assert contents(blocks) == contents(read(MARKDOWN))
    assert not any(blocks[i].is_open for i in range(len(blocks)))


def test_half_a_citation_is_held_back() -> None:
    answer, blocks = Answer(), AnswerBlocks(wants_json=False)
    for piece in ("Seen <vr", 'ef id="a" st', 'art="00:01"', "></vref>, yes"):
        answer.fold(delta(piece))
        blocks.follow(answer, is_over=False)
        assert "<" not in blocks[0].content or "</vref>" in blocks[0].content
    assert blocks[0].content.endswith("</vref>, yes")


def test_late_annotations_touch_their_block_alone() -> None:
    answer, blocks = Answer(), AnswerBlocks(wants_json=False)
    text = "One paragraph.\n\nAnother 👍 [1] here.\n\nA third one.\n"
    answer.fold(delta(text))
    blocks.follow(answer, is_over=False)
    start = text.index("[1]")
    cite = Annotation("video_citation", start, start + 2, item_id="ksi_1")
    answer.fold(PartDone(0, "m", 0, ContentPart(text, (cite,))))
    change = blocks.follow(answer, is_over=False)
    assert change == Change(3, [1])
    assert list(blocks.context.annotations) == [cite]


def test_corrected_text_is_read_anew() -> None:
    answer, blocks = Answer(), AnswerBlocks(wants_json=False)
    answer.fold(delta("Tow cras.\n\nMore."))
    blocks.follow(answer, is_over=False)
    answer.fold(TextDone(0, "m", 0, "Two cars."))
    assert blocks.follow(answer, is_over=True) == Change(0, is_anew=True)
    assert [content for _, content, _ in contents(blocks)] == ["Two cars."]


def test_definition_that_comes_late_redraws_what_names_it() -> None:
    answer, blocks = Answer(), AnswerBlocks(wants_json=False)
    answer.fold(delta("See [it][x].\n\nNothing here.\n\n"))
    blocks.follow(answer, is_over=False)
    answer.fold(delta("[x]: https://e.example/\n\nEnd"))
    change = blocks.follow(answer, is_over=False)
    assert change is not None
    assert list(change.redrawn) == [0]


def test_json_is_known_by_its_start_or_by_the_schema() -> None:
    assert read('{"a": 1}')[0].language == "json"
    assert read("[a link](https://e.example/)")[0].language == ""
    assert read("[1, 2]", wants_json=True)[0].language == "json"
    assert read("No JSON at all.", wants_json=True)[0].language == ""


def test_same_answer_again_changes_nothing() -> None:
    answer, blocks = Answer(), AnswerBlocks(wants_json=False)
    answer.fold(delta("A line.\n\nAnd"))
    assert blocks.follow(answer, is_over=False) is not None
    assert blocks.follow(answer, is_over=False) is None
    assert blocks.follow(answer, is_over=True) is not None
    assert blocks.follow(answer, is_over=True) is None


def test_long_text_is_read_in_several_goes() -> None:
    answer, blocks = Answer(), AnswerBlocks(wants_json=False)
    answer.fold(delta("A paragraph that says something.\n\n" * 2_000))
    blocks.follow(answer, is_over=True)
    assert blocks.is_behind
    assert blocks.rest > 0
    goes = 0
    while blocks.is_behind:
        before = len(blocks)
        assert blocks.read_on().kept == before
        goes += 1
    assert goes > 2
    assert (len(blocks), blocks.rest) == (2_000, 0)


def test_citation_that_ends_between_two_blocks_keeps_its_chip() -> None:
    text = "One [1]\n\nTwo."
    cite = Annotation("video_citation", 4, 8, item_id="ksi_1")
    blocks = AnswerBlocks.of_text(text, (cite,), wants_json=False)
    chips = [run for i in range(len(blocks)) for run in block_runs(blocks[i], blocks.context)]
    assert sum(isinstance(run, ChipRun) for run in chips) == 1
