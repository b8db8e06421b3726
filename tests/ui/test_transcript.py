"""Reading: following the end, citations, links, and texts that mean harm."""

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QTextDocument
from PySide6.QtWidgets import QMessageBox

from desktop.hand import Hand, settle
from trackside.sandbox.server import SandboxServer
from trackside.sandbox.streaming import spoiling
from trackside.ui.transcript.places import Place
from trackside.ui.transcript.selector import Unit
from ui.support import OpenWindow, copied


def test_end_is_followed_only_while_the_reader_is_there(
    at_service: OpenWindow, service: SandboxServer
) -> None:
    async def work(hand: Hand) -> None:
        service.set_pace(1500)
        await hand.ask("/long 60")
        transcript = hand.transcript
        bar = transcript.verticalScrollBar()
        await hand.until(lambda: bar.maximum() > 300)
        await hand.until(lambda: bar.value() == bar.maximum(), "the end")
        assert not hand.has("Jump to latest")
        bar.setValue(0)
        await settle()
        assert hand.has("Jump to latest")
        before = bar.maximum()
        await hand.until(lambda: bar.maximum() > before + 100)
        assert bar.value() == 0
        await hand.click("Jump to latest")
        assert not hand.has("Jump to latest")
        await hand.until(lambda: bar.value() == bar.maximum())
        before = bar.maximum()
        await hand.until(lambda: bar.maximum() > before + 100 and bar.value() == bar.maximum(), "following")

    at_service(work)


def test_own_question_is_shown_even_after_scrolling_up(
    at_service: OpenWindow, service: SandboxServer
) -> None:
    async def work(hand: Hand) -> None:
        await hand.ask("/long 10")
        await hand.until_answered()
        bar = hand.transcript.verticalScrollBar()
        bar.setValue(0)
        await hand.ask("/echo there")
        await hand.until_answered()
        await hand.until(lambda: bar.value() == bar.maximum())

    at_service(work)


def test_citation_copies_its_reference(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await hand.ask("What happens in the harbour?")
        await hand.until_answered()
        await hand.click_in_turn("Harbour, early morning 00:00–00:03")
        assert copied().startswith("Harbour, early morning 00:00–00:03 (")
        assert "Copied the reference: Harbour, early morning 00:00–00:03." in hand.words

    at_service(work)


def test_link_shows_its_real_target_and_is_not_opened(
    at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url))

    async def work(hand: Hand) -> None:
        await hand.ask("/echo [https://good.example](https://bad.example/?a=1)")
        await hand.until_answered()
        await hand.click_in_turn("https://good.example")
        (box,) = hand.window.findChildren(QMessageBox)
        assert "Open this page of bad.example in the browser?" in box.text()
        assert box.informativeText() == "https://bad.example/?a=1"
        assert not opened
        await hand.click("Cancel")
        assert not opened
        await hand.click_in_turn("https://good.example")
        await hand.click("Open")
        assert [url.toString() for url in opened] == ["https://bad.example/?a=1"]

    at_service(work)


@pytest.mark.parametrize(
    "target", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "smb://host/share"]
)
def test_link_that_leads_to_no_page_is_text(at_service: OpenWindow, target: str) -> None:
    async def work(hand: Hand) -> None:
        await hand.ask(f"/echo [click here]({target}) and more")
        await hand.until_answered()
        assert hand.answers == [f"click here ({target}) and more"]
        assert not [t for t in hand.transcript.nodes.row_targets(0) if t.is_link]

    at_service(work)


def test_link_in_an_answer_is_no_chip(at_service: OpenWindow) -> None:
    """No address is taken for one of our own citations."""

    async def work(hand: Hand) -> None:
        cited: list[object] = []
        hand.transcript.citation_clicked.connect(cited.append)
        await hand.ask("/echo [one](https://cite/0) [two](cite:0)")
        await hand.until_answered()
        await hand.click_in_turn("one")
        assert not cited
        await hand.press(Qt.Key.Key_Escape)

    at_service(work)


def test_answer_loads_nothing(
    at_service: OpenWindow, service: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[object] = []
    plain = QTextDocument.loadResource
    monkeypatch.setattr(
        QTextDocument, "loadResource", lambda self, kind, name: loaded.append(name) or plain(self, kind, name)
    )
    asked_for = f"{service.base_url}/picture.png"

    async def work(hand: Hand) -> None:
        await hand.ask(f"/echo ![a]({asked_for}) <img src='{asked_for}'> <b>bold</b> <script>x</script>")
        await hand.until_answered()
        assert "<script>x</script>" in hand.answers[0] or "<b>" in hand.answers[0]
        await settle()
        assert not [r for r in service.requests if r.path.endswith("picture.png")]
        await hand.ask("/echo ![passwords](file:///etc/passwd)")
        await hand.until_answered()
        assert "root:" not in hand.words

    at_service(work)


HOSTILE = {
    "bidi": "\u202edetrevni\u202c \u2066isolated\u2069",
    "controls": "bell\x07 escape\x1b[31m null\x00 delete\x7f",
    "stacked": "a" + "\u0301" * 500,
    "private": "\ue1000\ue101 \ue100999\ue101",
    "deep": "> " * 400 + "quoted",
    "lists": "\n".join("  " * n + "- x" for n in range(90)),
    "table": "|" * 300 + "\n" + "|-" * 300 + "\n",
    "fence": "```" + "x" * 200 + "\nnever closed",
    "html": "<table><tr><td>" * 200,
    "refs": "[a]: b\n" * 500 + "[a]",
    "unclosed": "**_`[" * 300,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_does_no_harm(at_service: OpenWindow, kind: str) -> None:
    async def work(hand: Hand) -> None:
        await hand.paste(f"/echo {HOSTILE[kind]} the end")
        await hand.click("Send")
        await hand.until_answered()
        assert len(hand.answers) <= 1
        await hand.ask("/echo still here")
        await hand.until_answered()
        assert "still here" in hand.answers[-1]
        assert "\x00" not in "".join(hand.answers)

    at_service(work)


def test_very_long_line_does_not_stop_the_window(
    at_service: OpenWindow, service: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = "word" * 250_000

    async def work(hand: Hand) -> None:
        service.set_fault("giant-event=1")
        monkeypatch.setattr(spoiling, "long_text", lambda size: line)
        await hand.ask("harbour")
        await hand.until_answered()
        assert hand.answers[0].startswith("wordword")
        service.set_fault(None)
        await hand.ask("/echo there")
        await hand.until_answered()
        assert hand.answers[1] == "there"

    at_service(work)


def test_selection_survives_while_the_answer_grows(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        service.set_pace(100)
        await hand.ask("/long 10")
        await hand.until(lambda: hand.answers and len(hand.answers[0]) > 30)
        view = hand.transcript
        view.selector.press(Place(0, 0, 0), Unit.LETTER, extends=False)
        view.selector.press(Place(0, 0, 4), Unit.LETTER, extends=True)
        view.selector.release()
        length = len(hand.answers[0])
        service.set_pace(0)
        await hand.until_answered()
        assert len(hand.answers[0]) > length
        view.copy_selection()
        assert copied() == hand.answers[0][:4]

    at_service(work)


def test_many_turns_are_all_there(at_service: OpenWindow) -> None:
    async def before(hand: Hand) -> None:
        for number in range(14):
            await hand.ask(f"/echo answer {number}")
            await hand.until_answered()

    async def after(hand: Hand) -> None:
        await hand.until(lambda: len(hand.answers) == 14)
        assert hand.answers == [f"answer {number}" for number in range(14)]
        bar = hand.transcript.verticalScrollBar()
        await hand.until(lambda: bar.value() == bar.maximum())
        assert not hand.has("Jump to latest")

    at_service(before)
    at_service(after)
