"""Finding words in the session: from the keyboard, over all turns, while an answer still comes."""

from itertools import pairwise

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QLabel, QLineEdit

from desktop.hand import Hand
from desktop.reader import CTRL, NONE, SHIFT, Reader, answered, tell
from trackside.sandbox.answering.hooks import long_text
from trackside.sandbox.server import SandboxServer
from ui.support import OpenWindow

MANY = long_text(6_000) + "\n\nThe nee**dle** lies there needlessly."


def count(hand: Hand) -> str:
    return hand.find("Matches", QLabel).text()


async def find(hand: Hand, words: str) -> Reader:
    await hand.press(Qt.Key.Key_F, CTRL)
    reader = Reader(hand)
    await reader.type(words)
    return reader


async def until_count(hand: Hand, words: str) -> None:
    await hand.until(lambda: count(hand) == words, f"{words!r} instead of {count(hand)!r}")


def current_rect(reader: Reader) -> QRect:
    """Where the current match stands on the viewport."""
    view = reader.view
    match = view.finding._finder.current
    assert match is not None
    rendered = view.rows.content(match.row).rendered(match.part)
    start, end = view.finding.spans(rendered.text)[match.ordinal]
    assert rendered.text[start:end].lower() == "needle"
    first, last = reader.places_of("", match.row)
    first, last = (
        place._replace(part=match.part, position=at) for place, at in ((first, start), (last, end))
    )
    return reader.rect_of(first).united(reader.rect_of(last))


async def ask_for_needles(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    tell(monkeypatch, MANY)
    for question in ("/echo Needle alpha", "/long 1", "/echo nothing", "/echo or else"):
        await hand.ask(question)
        await hand.until_answered()


def test_keys_go_through_all_matches_and_round(
    at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(hand: Hand) -> None:
        await ask_for_needles(hand, monkeypatch)
        reader = await find(hand, "needle")
        await hand.until(lambda: count(hand).endswith(" of 4"), "all matches")
        viewport = reader.view.viewport()
        seen = []
        for key, modifiers in (
            (Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier),
            (Qt.Key.Key_F3, Qt.KeyboardModifier.NoModifier),
            (Qt.Key.Key_Enter, Qt.KeyboardModifier.NoModifier),
            (Qt.Key.Key_F3, Qt.KeyboardModifier.NoModifier),
            (Qt.Key.Key_Return, SHIFT),
            (Qt.Key.Key_F3, SHIFT),
            (Qt.Key.Key_Return, SHIFT),
            (Qt.Key.Key_Return, SHIFT),
        ):
            await hand.press(key, modifiers)
            seen.append(int(count(hand).split()[0]))
            assert viewport.rect().contains(current_rect(reader)), f"match {seen[-1]} is off the screen"
        steps = [(after - before) % 4 for before, after in pairwise(seen)]
        assert steps == [1, 1, 1, 3, 3, 3, 3]
        assert sorted(seen[:4]) == [1, 2, 3, 4]
        await hand.click("Next match")
        assert hand.find("Find in session", QLineEdit).hasFocus()

    at_service(work)


def test_case_and_whole_words_narrow_it_down(at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(hand: Hand) -> None:
        await ask_for_needles(hand, monkeypatch)
        await find(hand, "needle")
        await hand.until(lambda: count(hand).endswith(" of 4"))
        await hand.click("Match case")
        await hand.until(lambda: count(hand).endswith(" of 2"), "lower case alone")
        await hand.click("Whole word")
        await until_count(hand, "1 of 1")
        await hand.click("Match case")
        await hand.until(lambda: count(hand).endswith(" of 3"), "whole words")
        await Reader(hand).type("x")
        await until_count(hand, "No results")
        assert not hand.find("Next match").isEnabled()
        await hand.press(Qt.Key.Key_Backspace)
        await hand.until(lambda: count(hand).endswith(" of 3"))

    at_service(work)


def test_esc_closes_and_leaves_no_marks(at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(hand: Hand) -> None:
        await hand.ask("/echo a needle in it")
        await hand.until_answered()
        reader = Reader(hand)
        await reader.enter()
        viewport = reader.view.viewport()
        before = viewport.grab().toImage()
        await find(hand, "needle")
        await hand.until(lambda: count(hand).endswith(" of 2"))
        assert viewport.grab().toImage() != before
        await hand.press(Qt.Key.Key_Escape)
        assert not hand.has("Find in session")
        assert reader.view.hasFocus()
        assert viewport.grab().toImage() == before
        # What is selected is looked for next.
        await reader.double_click((await reader.show("needle")).middle)
        await hand.press(Qt.Key.Key_F, CTRL)
        await hand.until(lambda: count(hand).endswith(" of 2"))
        # Esc closes it from a button, too, and stops no answer.
        await hand.press(Qt.Key.Key_Tab)
        await hand.press(Qt.Key.Key_Escape)
        assert not hand.has("Find in session")

    at_service(work)


def test_count_grows_with_the_answer(
    at_service: OpenWindow, service: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(hand: Hand) -> None:
        tell(monkeypatch, "A needle.\n\n" + "Words and a needle.\n\n" * 150)
        service.set_pace(150)
        await hand.ask("/long 1")
        await hand.until(lambda: hand.answers and "needle" in hand.answers[0])
        reader = await find(hand, "needle")

        def found() -> int:
            words = count(hand)
            return int(words.split(" of ")[1]) if " of " in words else 0

        await hand.until(lambda: found() > 0, "a first match")
        first, current = found(), reader.view.finding._finder.current
        await hand.until(lambda: found() > first, "more of them")
        assert hand.has("Stop")
        assert reader.view.finding._finder.current == current
        assert count(hand).startswith("1 of")
        service.set_pace(0)
        await hand.until_answered()
        await until_count(hand, "1 of 151")
        # Esc closes the field, the next one would stop an answer.
        await hand.press(Qt.Key.Key_Escape)
        assert not hand.has("Find in session")

    at_service(work)


def test_match_stays_on_the_screen_while_the_answer_grows(
    at_service: OpenWindow, service: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(hand: Hand) -> None:
        tell(monkeypatch, "A needle.\n\n" + "Words and more.\n\n" * 100)
        service.set_pace(100)
        await hand.ask("/long 1")
        await hand.until(lambda: hand.answers and "needle" in hand.answers[0])
        reader = await find(hand, "needle")
        await until_count(hand, "1 of 1")
        service.set_pace(0)
        await hand.until_answered()
        assert reader.view.viewport().rect().contains(current_rect(reader))

    at_service(work)


def test_esc_in_the_field_stops_no_answer(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        service.set_pace(200)
        await hand.ask("/long 5")
        await hand.until(lambda: bool(hand.answers))
        await find(hand, "part")
        await hand.press(Qt.Key.Key_Escape)
        assert hand.has("Stop")
        assert not hand.has("Find in session")
        await hand.press(Qt.Key.Key_Escape)
        await hand.until_words("Answer stopped.")

    at_service(work)


AT_THE_RIGHT = " ".join(["word"] * 15) + " needle"
FAR_APART = "\n\n".join([AT_THE_RIGHT, *["Some more words."] * 60] * 3)
BACK_AND_FORTH = (SHIFT, SHIFT, SHIFT, NONE, NONE, NONE)


def test_match_that_nobody_has_laid_out_yet_is_shown_whole(
    at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def before(hand: Hand) -> None:
        await answered(hand, monkeypatch, FAR_APART, FAR_APART)

    async def after(hand: Hand) -> None:
        await hand.until(lambda: len(hand.transcript.rows) == 2)
        reader = await find(hand, "needle")
        await hand.until(lambda: count(hand).endswith(" of 6"))
        for modifiers in BACK_AND_FORTH:
            await hand.press(Qt.Key.Key_F3, modifiers)
            assert reader.view.viewport().rect().contains(current_rect(reader))

    at_service(before)
    at_service(after)


def test_current_match_is_not_under_the_field(
    at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(hand: Hand) -> None:
        await answered(hand, monkeypatch, FAR_APART)
        reader = await find(hand, "needle")
        await hand.until(lambda: count(hand).endswith(" of 3"))
        view = reader.view
        for modifiers in BACK_AND_FORTH:
            await hand.press(Qt.Key.Key_F3, modifiers)
            bar = view.finding.bar
            covered = bar.rect().translated(view.viewport().mapFrom(view, bar.pos()))
            assert not covered.intersects(current_rect(reader)), "the field lies on the match"

    at_service(work)


def test_words_are_found_in_steps_that_are_folded(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await hand.click("Show steps")
        await hand.ask("harbour")
        await hand.until_answered()
        await find(hand, "search_captions")
        await hand.until(lambda: " of " in count(hand))
        assert count(hand).startswith("1 of ")
        await hand.press(Qt.Key.Key_Return)
        content = hand.transcript.rows.content(0)
        assert content.are_steps_open

    at_service(work)
