"""Links and chips in answers: where they lead, what they say, and never half of one."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMessageBox, QToolTip

from desktop.hand import Hand
from desktop.reader import CTRL, Reader, answered, tell
from trackside.domain.citation import Citation
from trackside.sandbox.answering import compose
from trackside.sandbox.server import SandboxServer
from ui.support import OpenWindow, copied


def test_link_says_where_it_really_leads(at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url))

    async def work(hand: Hand) -> None:
        text = "[https://good.example](https://bad.example/a?b=1), [bidi](https://x.example/%E2%80%AEgpj), "
        reader = await answered(hand, monkeypatch, text + "[run](javascript:alert(1)) and <b>more</b>.")
        await reader.hold_over((await reader.show("good")).middle)
        assert "https://bad.example/a?b=1" in QToolTip.text()
        assert "good.example" not in QToolTip.text()
        await reader.hold_over((await reader.show("bidi")).middle)
        assert "\u202e" not in QToolTip.text()
        assert "x.example" in QToolTip.text()
        run = await reader.show("run")
        await reader.click(run.middle)
        assert not hand.window.findChildren(QMessageBox)
        assert "javascript:alert(1)" in hand.answers[0]
        await reader.click((await reader.show("good")).middle)
        (box,) = hand.window.findChildren(QMessageBox)
        assert box.informativeText() == "https://bad.example/a?b=1"
        await hand.click("Cancel")
        # A drag that begins on a link selects, it opens nothing.
        start, end = (await reader.show("https://good")).start, (await reader.show("bidi")).end
        await reader.drag(start + QPoint(4, 0), end)
        assert not [box for box in hand.window.findChildren(QMessageBox) if box.isVisible()]
        assert not opened

    at_service(work)


# -- chips --------------------------------------------------------------------------------------------

TAG = "<vref id='0123abcd0123abcd0123abcd' start='00:01' end='00:02'></vref>"
SHUT = TAG.replace("></vref>", "/>")
IN_A_LIST = f"- one {TAG} goes\n- two {SHUT} on\n  - three {TAG} and the words that follow it\n" * 3
IN_A_TABLE = "| What | Where |\n|--|--|\n" + f"| one {TAG} | {TAG} |\n| two and more | {SHUT} x |\n" * 4
AN_OBJECT = f'{{"clip": "see {TAG} here", "more": [{{"at": "{SHUT}"}}], "n": 12}}'
IN_JSON = f"[{', '.join([AN_OBJECT] * 4)}]"
IN_MARKS = f"**bold {TAG} text** and *{SHUT}* and a heading:\n\n## Head {TAG}\n\n> quoted {TAG}\n\n" * 3


@contextmanager
def each_frame(reader: Reader) -> Iterator[list[str]]:
    """Every text that an answer ever shows."""
    seen: list[str] = []
    placed = reader.view.viewpoint.placed
    note = placed.connect(lambda: seen.extend(reader.hand.answers[-1:]))
    yield seen
    placed.disconnect(note)


@pytest.mark.parametrize(
    "text", [IN_A_LIST, IN_A_TABLE, IN_JSON, IN_MARKS], ids=["list", "table", "json", "marks"]
)
def test_half_a_citation_is_never_shown(
    at_service: OpenWindow, service: SandboxServer, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    async def work(hand: Hand) -> None:
        reader = Reader(hand)
        tell(monkeypatch, text)
        service.set_pace(300)
        with each_frame(reader) as seen:
            await hand.ask("/long 1")
            await hand.until_answered()
        assert len(seen) >= 3
        for shown in seen:
            assert "<" not in shown
            assert "vref" not in shown
            assert "0123abcd" not in shown
        chips = [t for t in reader.view.nodes.row_targets(0) if t.is_link]
        assert len(chips) == text.count("<vref")
        assert all("00:01–00:02" in chip.words for chip in chips)

    at_service(work)


def test_annotations_count_code_points(at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compose, "SELF_DISCLOSURE", "🎬🎬 日本語 👩\u200d👩\u200d👧 e\u0301 speak.\n\n")

    async def work(hand: Hand) -> None:
        reader = Reader(hand)
        clicked: list[Citation] = []
        reader.view.citation_clicked.connect(clicked.append)
        await hand.ask("harbour")
        await hand.until_answered()
        assert hand.answers[0].startswith("🎬🎬 日本語")
        lines = hand.answers[0].splitlines()
        quoted = next(line for line in lines if "only the lighthouse" in line)
        assert quoted.rstrip().endswith("seconds.” Harbour, early morning 00:00–00:03")
        assert "[1]" not in hand.answers[0]
        await hand.click_in_turn("Harbour, early morning 00:00–00:03")
        assert [(c.start_s, c.end_s) for c in clicked] == [(0.3, 3.6)]
        assert copied().startswith("Harbour, early morning 00:00–00:03 (ksi_")
        chip = next(t for t in reader.view.nodes.row_targets(0) if t.is_link)
        await reader.hold_over(chip.rect.center())
        assert "Harbour, early morning" in QToolTip.text()
        await reader.open_menu(chip.rect.center())
        await reader.choose("Copy reference")
        assert copied().startswith("Harbour, early morning 00:00–00:03 (ksi_")
        assert not reader.view.selector.has_text
        await hand.press(Qt.Key.Key_A, CTRL)

    at_service(work)
