"""What arrives in other programs: plain text, rich text and Markdown, exactly as it was said."""

import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMenu

from desktop.hand import Hand
from desktop.reader import CTRL, SHIFT, Reader, answered, selected, tell
from ui.support import OpenWindow, copied

TABLE = (
    "Before.\n\n| Clip | When | Who |\n|--|--|--|\n| **Harbour** | 00:01 | 🎬 Åse |\n"
    "| Kitchen | 00:02 | 日本語 |\n\nAfter."
)
MIXED = "日本語の文章です。👩\u200d👩\u200d👧 family, 🎬 film, عربي and e\u0301.\n\nNext."
MARKED = "# Head\n\nSome **bold**, *slanted* & <raw> `code`.\n\n- one\n- two\n\n> quoted\n\n[page](https://a.example/?x=1&y=2)"


def forms() -> dict[str, str]:
    """Everything that lies on the clipboard."""
    mime = QApplication.clipboard().mimeData()
    return {form: bytes(mime.data(form).data()).decode() for form in mime.formats()}


def test_selection_is_copied_in_three_forms(at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(hand: Hand) -> None:
        reader = await answered(hand, monkeypatch, MARKED)
        await reader.enter()
        await hand.press(Qt.Key.Key_A, CTRL)
        await hand.press(Qt.Key.Key_C, CTRL)
        said = forms()
        assert set(said) >= {"text/plain", "text/html", "text/markdown"}
        plain = "Head\n\nSome bold, slanted & <raw> code.\n\n• one\n• two\n\n> quoted\n\npage"
        assert said["text/plain"] == f"You:\n/long 1\n\nJockey:\n{plain}"
        assert said["text/markdown"] == f"**You**\n\n/long 1\n\n**Jockey**\n\n{MARKED}"
        for piece in (
            "<h1>Head</h1>",
            "<strong>bold</strong>",
            "<em>slanted</em> &amp; &lt;raw&gt; <code>code</code>",
            "<li>one",
            "<blockquote>",
            '<a href="https://a.example/?x=1&amp;y=2"',
        ):
            assert piece in said["text/html"]

    at_service(work)


LABEL = "harbour-morning.mp4 00:00–00:03"


def test_chips_are_copied_as_their_labels(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        reader = Reader(hand)
        await hand.ask("harbour vref")
        await hand.until_answered()
        await hand.until_words(LABEL)
        await reader.enter()
        await hand.press(Qt.Key.Key_A, CTRL)
        await hand.press(Qt.Key.Key_C, CTRL)
        for form, said in forms().items():
            assert LABEL in said, form
            assert "vref" not in said.replace("harbour vref", ""), form
            assert not {"\ufffc", "\u200b", "\u2060"} & set(said), form
        # In part, too: a line of the list alone.
        line = await reader.show("only the lighthouse")
        rendered = reader.view.rows.content(0).rendered(line.first.part)
        end = line.last._replace(position=len(rendered.text))
        await reader.drag(line.start, reader.rect_of(end).center())
        text = await selected(hand)
        assert text.startswith("only the lighthouse")
        assert text.strip().endswith(LABEL)
        assert not {"\ufffc", "\u200b", "\u2060"} & set(text)

    at_service(work)


def test_cells_are_parted_by_tabs(at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(hand: Hand) -> None:
        reader = await answered(hand, monkeypatch, TABLE)
        await reader.drag((await reader.show("Before")).start, (await reader.show("After.")).end)
        text = await selected(hand)
        assert text.splitlines() == [
            "Before.",
            "",
            "Clip\tWhen\tWho",
            "Harbour\t00:01\t🎬 Åse",
            "Kitchen\t00:02\t日本語",
            "",
            "After.",
        ]
        await reader.drag((await reader.show("Harbour")).start, (await reader.show("日本語")).end)
        assert await selected(hand) == "Harbour\t00:01\t🎬 Åse\nKitchen\t00:02\t日本語"

    at_service(work)


def test_no_character_is_cut_in_two(at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(hand: Hand) -> None:
        reader = await answered(hand, monkeypatch, MIXED)
        await reader.drag((await reader.show("文章")).start, (await reader.show("film")).end)
        assert await selected(hand) == "文章です。👩\u200d👩\u200d👧 family, 🎬 film"
        await reader.click((await reader.show("🎬")).start)
        await hand.press(Qt.Key.Key_Right, SHIFT)
        assert await selected(hand) == "🎬"
        await reader.click((await reader.show("👩\u200d👩\u200d👧")).start)
        await hand.press(Qt.Key.Key_Right, SHIFT)
        assert await selected(hand) == "👩\u200d👩\u200d👧"

    at_service(work)


LONG_LINE = "x = '" + "0123456789 ab\tcd " * 600 + "'"
"""Longer than what a document breaks lines at."""
CODE = "\n".join(f"line {number}  \t # {'é' * (number % 5)}" for number in range(100))


WITH_LONG_LINE = f"first\n{LONG_LINE}\n\n  last"


async def with_code(hand: Hand, monkeypatch: pytest.MonkeyPatch, code: str) -> Reader:
    reader = await answered(hand, monkeypatch, f"Before.\n\n```python\n{code}\n```\n\nAfter.")
    await reader.show("Before.")
    return reader


@pytest.mark.parametrize(
    "code",
    [CODE, WITH_LONG_LINE, "\n\n  indented\n\n", "\ttab\n``\n` ```x"],
    ids=["many lines", "a long line", "empty lines", "back-ticks"],
)
def test_button_copies_code_exactly(
    at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    async def work(hand: Hand) -> None:
        reader = await with_code(hand, monkeypatch, code)
        content = reader.view.rows.content(0)
        if code is CODE:
            assert len(content.group_of(content.codes[0])) > 1, "the fence is one segment"
        await hand.click_in_turn("Copy this code")
        assert copied() == code
        assert "Copied the code." in hand.words

    at_service(work)


@pytest.mark.parametrize("code", [CODE, WITH_LONG_LINE], ids=["many lines", "a long line"])
def test_selected_code_is_copied_exactly(
    at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    async def work(hand: Hand) -> None:
        reader = await with_code(hand, monkeypatch, code)
        await reader.enter()
        await hand.press(Qt.Key.Key_A, CTRL)
        await hand.press(Qt.Key.Key_C, CTRL)
        said = forms()
        assert said["text/plain"] == f"You:\n/long 1\n\nJockey:\nBefore.\n\n{code}\n\nAfter."
        assert f'<pre><code class="language-python">{code}</code></pre>' in said["text/html"]
        assert f"```python\n{code}\n```" in said["text/markdown"]
        lines = code.splitlines()
        await reader.click((await reader.show(lines[0][2:])).start)
        end = await reader.show(lines[-1])
        await reader.click(end.end, SHIFT)
        assert await selected(hand) == code[2:]

    at_service(work)


def test_triple_click_takes_a_long_line_of_code_whole(
    at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(hand: Hand) -> None:
        reader = await with_code(hand, monkeypatch, WITH_LONG_LINE)
        await reader.triple_click((await reader.show("x = '")).start)
        assert await selected(hand) == LONG_LINE

    at_service(work)


def test_answer_is_copied_as_markdown_by_its_button(
    at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(hand: Hand) -> None:
        await answered(hand, monkeypatch, MARKED, TABLE)
        reader = Reader(hand)
        await reader.point_at_end(0)
        await hand.click("Copy", within=hand.transcript)
        assert copied() == MARKED
        assert "Copied the answer." in hand.words
        await reader.point_at_end(1)
        await hand.click("Copy", within=hand.transcript)
        assert copied() == TABLE

    at_service(work)


def test_earlier_attempt_is_the_one_that_is_copied(
    at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(hand: Hand) -> None:
        await answered(hand, monkeypatch, MARKED)
        tell(monkeypatch, "The second **attempt**.")
        reader = Reader(hand)
        await reader.point_at_end(0)
        await hand.click("Retry", within=hand.transcript)
        await hand.until_words("2 / 2")
        await hand.until_answered()
        await hand.click("Copy", within=hand.transcript)
        assert copied() == "The second **attempt**."
        await hand.click("Previous attempt")
        await hand.until_words("1 / 2")
        await hand.until_drawn()
        assert hand.answers[0].startswith("Head")
        await hand.click("Copy", within=hand.transcript)
        assert copied() == MARKED
        await hand.click("Next attempt")
        await hand.until_words("2 / 2")
        assert hand.answers == ["The second attempt."]
        assert not hand.find("Next attempt").isEnabled()

    at_service(work)


async def copy_as(reader: Reader, words: str, form: str) -> dict[str, str]:
    """What lies on the clipboard once an answer was copied in one of the forms of the menu."""
    menu = await reader.open_menu((await reader.show(words)).middle)
    more = next(each.menu() for each in menu.actions() if each.text() == "Copy answer as")
    assert isinstance(more, QMenu)
    next(each for each in more.actions() if each.text() == form).trigger()
    menu.close()
    return forms()


def test_an_answer_is_copied_in_the_form_that_is_asked_for(
    at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(hand: Hand) -> None:
        reader = await answered(hand, monkeypatch, MARKED)
        said = await copy_as(reader, "slanted", "Markdown")
        assert (said["text/plain"], said["text/markdown"]) == (MARKED, MARKED)
        assert "text/html" not in said
        said = await copy_as(reader, "slanted", "Rich text")
        assert "<strong>bold</strong>" in said["text/html"]
        assert said["text/plain"].startswith("Head\n\nSome bold")
        kept = json.loads((await copy_as(reader, "slanted", "JSON"))["text/plain"])
        assert kept["items"][-1]["item"]["content"][0]["text"] == MARKED
        await hand.until_words("Copied the answer as JSON.")

    at_service(work)


def test_a_structured_answer_is_copied_as_its_json(
    at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(hand: Hand) -> None:
        reader = await answered(hand, monkeypatch, '{"zeta": 1.50, "alpha": ["b", {}]}')
        said = await copy_as(reader, "zeta", "JSON")
        assert said["text/plain"] == '{\n  "zeta": 1.50,\n  "alpha": [\n    "b",\n    {}\n  ]\n}'

    at_service(work)
