"""The recap: what it says, what it leaves out, and that it always fits."""

import pytest

from trackside.domain.answer import Answer
from trackside.domain.recap import (
    RECAP_LENGTH,
    SHORTEST_RECAP,
    has_past,
    recap_of,
    room_beside,
    shortened,
)
from trackside.domain.session import now
from trackside.domain.stream import Annotation, AnnotationKind, ContentPart, PartDone, TextDelta
from trackside.domain.turn import (
    QUESTION_LIMIT,
    AnswerSchema,
    Ask,
    Attempt,
    AttemptState,
    Selection,
    SelectionKind,
    Turn,
)

S = AttemptState


def answered(text: str) -> Answer:
    answer = Answer()
    if text:
        answer.fold(TextDelta(0, "msg_0", 0, text))
    return answer


def a_turn(question: str, text: str, state: AttemptState = S.COMPLETED, **ask: object) -> Turn:
    turn = Turn("t", "s", 0, Ask(question, "ks_1", **ask), now())  # type: ignore[arg-type]
    turn.attempts.append(Attempt("a", "t", 1, state, answered(text)))
    return turn


def test_a_short_conversation_is_told_whole() -> None:
    turns = [a_turn("What is it?", "A harbour."), a_turn("And the crane?", "It is red.\n\nVery red.")]
    assert recap_of(turns) == (
        "Earlier in this conversation:\n\n"
        "Question: What is it?\nAnswer: A harbour.\n\n"
        "Question: And the crane?\nAnswer: It is red.\nVery red.\n\n"
        "The question now:"
    )


def test_nothing_answered_is_nothing_to_tell() -> None:
    failed = a_turn("What?", "", S.FAILED)
    unsent = Turn("t", "s", 0, Ask("Why?", "ks_1"), now())
    assert recap_of([]) == recap_of([failed, unsent]) == ""
    assert not has_past([failed, unsent])
    assert has_past([a_turn("What?", "That."), failed])


def test_what_was_not_answered_is_left_out_and_what_broke_off_says_so() -> None:
    recap = recap_of(
        [
            a_turn("One?", "", S.FAILED),
            a_turn("Two?", "Half of", S.INTERRUPTED),
            a_turn("Three?", "Up to the", S.INCOMPLETE),
            a_turn("Four?", "Still com", S.STREAMING),
        ]
    )
    assert "One?" not in recap
    assert "Two?\nAnswer (not finished): Half of" in recap
    assert "Three?\nAnswer (cut off): Up to the" in recap
    assert "Four?\nAnswer (not finished): Still com" in recap


def test_the_chosen_attempt_is_told() -> None:
    turn = a_turn("What?", "The first.")
    turn.attempts.append(Attempt("b", "t", 2, S.COMPLETED, answered("The second.")))
    assert "The second." in recap_of([turn])
    turn.chosen = 0
    assert "The first." in recap_of([turn])
    assert "second" not in recap_of([turn])


@pytest.mark.parametrize("room", [SHORTEST_RECAP, 700, 1_500, RECAP_LENGTH])
@pytest.mark.parametrize(
    "text", ["word " * 20_000, "x" * 50_000, "汉字，" * 20_000, "👩‍👩‍👧" * 9_000, "\n\n\n- a\n" * 9_000]
)
def test_it_always_fits(room: int, text: str) -> None:
    turns = [a_turn(f"{n}? {text[: n * 100]}", text) for n in range(30)]
    recap = recap_of(turns, room)
    assert SHORTEST_RECAP // 2 < len(recap) <= room
    assert recap.startswith("Earlier in this conversation:\n\n(What came before that is left out.)")
    assert recap.endswith("The question now:")
    assert recap == recap_of(turns, room)


def test_an_answer_of_nothing_but_gaps_says_nothing() -> None:
    assert recap_of([a_turn("What?", " \n" * 90_000)]) == ""


def test_the_newest_turn_is_kept_fullest() -> None:
    recap = recap_of([a_turn(f"Question {n}?", f"{'abcdefgh'[n]} " * 3_000) for n in range(8)])
    counts = [recap.count(f"{letter} ") for letter in "hgfe"]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > RECAP_LENGTH // 5
    assert "Question 0?" not in recap


def test_too_little_room_is_none() -> None:
    assert recap_of([a_turn("What?", "That.")], SHORTEST_RECAP - 1) == ""
    assert room_beside("") == RECAP_LENGTH
    assert room_beside("x" * QUESTION_LIMIT) == 0
    question = "x" * 5_000
    recap = recap_of([a_turn("What?", "word " * 9_000)], room_beside(question))
    assert recap
    Ask(question, "ks_1").check(recap)


def test_citations_are_short_or_gone() -> None:
    text = (
        'Red <vref id="6a51" start="00:05" end="00:09"></vref>, big <tref id="x"></tref>. '
        "In `6a51b4cb1f0e4a1d6a51b4cb`."
    )
    assert "Answer: Red [00:05–00:09], big. In." in recap_of([a_turn("What?", text)])


def test_annotations_are_named_by_their_titles() -> None:
    answer = Answer()
    answer.fold(TextDelta(0, "msg_0", 0, "It is red [1]. Truly \ue200cite\ue202x\ue201."))
    note = Annotation(AnnotationKind.VIDEO, 10, 12, title="Harbour", start_s=5.0, end_s=9.0)
    answer.fold(PartDone(0, "msg_0", 0, ContentPart(answer.text, (note,))))
    turn = a_turn("What?", "x")
    turn.attempts[0].answer = answer
    assert "Answer: It is red [Harbour 00:05–00:09]. Truly." in recap_of([turn])


def test_a_citation_at_the_cut_is_not_torn() -> None:
    tag = '<vref id="6a51b4cb" start="00:05" end="00:09"></vref> '
    recap = recap_of([a_turn("What?", tag * 2_000)], 500)
    assert "<" not in recap
    assert recap.count("[00:05–00:09]") > 5


def test_json_is_told_as_short_json_without_tags() -> None:
    tag = '<vref id=\\"6a\\" start=\\"00:05\\" end=\\"00:09\\"/>'
    text = '{\n  "title": "Die Möwe",\n  "where": ["' + tag + '"],\n "n": 2}'
    recap = recap_of([a_turn("What?", text, schema=AnswerSchema("answer", "{}"))])
    assert 'Answer: {"title": "Die Möwe", "where": ["[00:05–00:09]"], "n": 2}\n' in recap


@pytest.mark.parametrize("text", ['{"title": "cut o', "[" * 9_000, '{"a": "' + "x" * 300_000 + '"}'])
def test_json_that_is_cut_deep_or_long_is_told_as_it_came(text: str) -> None:
    recap = recap_of([a_turn("What?", text, schema=AnswerSchema("answer", "{}"))])
    assert text[:10] in recap
    assert len(recap) <= RECAP_LENGTH


def test_selections_are_named_since_their_numbers_mean_nothing_elsewhere() -> None:
    turn = a_turn(
        "Compare {{sel:0}} with {{sel:1}} and {{sel:7}}",
        "Done.",
        selections=(
            Selection(SelectionKind.ITEM, "ksi_1", "Harbour"),
            Selection(SelectionKind.ITEM, "ksi_2"),
        ),
    )
    assert "Compare “Harbour” with the selected one and the selected one" in recap_of([turn])


@pytest.mark.parametrize(
    ("text", "length", "expected"),
    [
        ("one two three", 20, "one two three"),
        ("one two three", 9, "one two…"),
        ("汉字汉字汉字", 4, "汉字汉…"),
        ("e\u0301e\u0301e\u0301", 4, "e\u0301…"),
        ("👩\u200d👩\u200d👧x", 4, "…"),
        ("abc", 0, ""),
    ],
)
def test_texts_are_cut_between_words_or_letters(text: str, length: int, expected: str) -> None:
    assert shortened(text, length) == expected
