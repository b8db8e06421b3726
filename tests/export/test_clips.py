"""Citations as clips: what was cited, when, and in which sentence."""

import pytest

from export.cited import HOSTILE, a_clip, a_turn
from trackside.domain.citation import Citation
from trackside.domain.stream import Annotation, AnnotationKind
from trackside.domain.turn import Selection, SelectionKind
from trackside.export.clips import Clip, ClipKind, clips_of, one_line


def nameless(_citation: Citation) -> str:
    return ""


def clips(*args: object, **ask: object) -> list[Clip]:
    return list(clips_of(a_turn(*args, **ask), nameless))  # type: ignore[arg-type]


def test_every_form_of_citation_is_a_clip() -> None:
    web = Annotation(AnnotationKind.URL, 6, 6, url="https://example.org", title="Page")
    found = clips('Boats <vref id="ksi_2" start="00:03" end="1:02:05.5"/> and [00:10-00:12].', web)
    assert [(c.kind, c.item_id, c.start_s, c.end_s) for c in found] == [
        (ClipKind.WEB, "", None, None),
        (ClipKind.CLIP, "", 10.0, 12.0),
    ]
    found = clips('Boats <vref id="ksi_2" start="00:03" end="1:02:05.5"/> sail.')
    assert [(c.kind, c.item_id, c.start_s, c.end_s) for c in found] == [(ClipKind.CLIP, "ksi_2", 3.0, 3725.5)]


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        ({"start": None, "end": None}, ClipKind.WHOLE),
        ({"start": None, "end": None, "item_id": None, "collection_id": "ksic_1"}, ClipKind.COLLECTION),
        ({"start": None, "end": None, "item_id": None, "url": "https://x"}, ClipKind.WEB),
        ({"start": None, "end": 4.0}, ClipKind.CLIP),
    ],
)
def test_says_what_a_citation_points_at(facts: dict[str, object], kind: ClipKind) -> None:
    (clip,) = clips("x", a_clip(**facts))  # type: ignore[arg-type]
    assert clip.kind is kind


@pytest.mark.parametrize(
    ("start", "end", "times"),
    [
        (None, 4.0, (0.0, 4.0)),
        (5.0, None, (5.0, None)),
        (5.0, 3.0, (5.0, None)),
        (-1.0, 2.0, (0.0, 2.0)),
        (float("nan"), float("inf"), (None, None)),
    ],
)
def test_times_that_make_no_sense_are_left_out(
    start: float | None, end: float | None, times: tuple[float | None, float | None]
) -> None:
    (clip,) = clips("x", a_clip(start, end))
    assert (clip.start_s, clip.end_s) == times


def test_a_bare_time_is_the_selected_videos_and_else_nobodys() -> None:
    selected = Selection(SelectionKind.ITEM, "ksi_9", "Nine.mp4")
    (clip,) = clips("At [00:10].", selections=(selected,))
    assert (clip.item_id, clip.title) == ("ksi_9", "Nine.mp4")
    (clip,) = clips("At [00:10].", selections=(selected, Selection(SelectionKind.ITEM, "ksi_8")))
    assert (clip.item_id, clip.title) == ("", "")


def test_a_known_name_stands_before_the_services_title_and_the_id() -> None:
    turn = a_turn("x", a_clip())
    (clip,) = clips_of(turn, lambda citation: f"file of {citation.item_id}.mov")
    assert clip.title == "file of ksi_1.mov"
    (clip,) = clips_of(turn, nameless)
    assert clip.title == "Boats.mp4"
    (clip,) = clips('<vref id="ksi_7"/>')
    assert clip.title == "ksi_7"


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("**Harbour**, 00:11: “Down” [00:11]", "Harbour, 00:11: “Down”"),
        ("First. Then boats leave [00:10].", "Then boats leave"),
        ("- **Boats** leave ([00:10])", "Boats leave"),
        ("港が開く。船が出る [00:10]。", "船が出る"),
        ("One [00:01] and two [00:10].", "One and two"),
        ("Line one\nline two [00:10]", "line two"),
        ("Boats leave. [00:10]", "Boats leave."),
        ("| 3 | boats [00:10] |", "3 boats"),
        ("[00:10]", ""),
    ],
)
def test_quotes_the_sentence_that_leads_to_it(text: str, quote: str) -> None:
    assert clips(text)[-1].quote == quote


def test_a_long_sentence_is_cut_at_its_beginning() -> None:
    (clip,) = clips("word " * 200 + "the end [00:10]")
    assert clip.quote.startswith("…word")
    assert clip.quote.endswith("the end")
    assert len(clip.quote) <= 241


@pytest.mark.parametrize("words", HOSTILE)
def test_one_line_stays_one(words: str) -> None:
    line = one_line(f"{words} and more", 200)
    assert line.splitlines() in ([line], [])
    assert line.encode()
    assert "\u202e" not in line
    assert "\0" not in line
