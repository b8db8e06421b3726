"""Clip lists as EDL: events as CMX 3600 has them, at every frame rate."""

import re
from fractions import Fraction
from typing import Any

import pytest

from export.cited import HOSTILE, a_clip, a_session, a_turn
from trackside.domain.citation import Citation
from trackside.export.edl import pieces
from trackside.export.timecode import FRAME_RATES, FrameRate

_TIME = r"(\d\d):(\d\d):(\d\d)[:;](\d\d)"
_EVENT = re.compile(rf"(\d{{3,}})  ([A-Z0-9]{{1,8}}) *  ?B     C        {_TIME} {_TIME} {_TIME} {_TIME}\Z")


def lines(*turns: Any, rate: str = "25", names: dict[str, str] | None = None, **facts: Any) -> list[str]:
    def name_of(citation: Citation) -> str:
        return (names or {}).get(citation.item_id or "", "")

    found = pieces([(a_session(**facts), turns)], name_of=name_of, rate=FRAME_RATES[rate])
    return "".join(found).split("\n")


def events(found: list[str]) -> list[str]:
    return [line for line in found if line[:1].isdigit()]


def number_of(timecode: str, rate: FrameRate) -> int:
    """The frame that a timecode means, counted the long way round."""
    hours, minutes, seconds, frames = map(int, re.split("[:;]", timecode))
    whole = hours * 60 + minutes
    number = (whole * 60 + seconds) * rate.nominal + frames
    return number - 2 * (whole - whole // 10) if rate.is_drop else number


def test_events_follow_each_other() -> None:
    turns = (
        a_turn("x", a_clip(2, 5)),
        a_turn("Nothing."),
        a_turn("Boats leave <vref id='ksi_2' start='1:00:00' end='1:00:01.5'/>", number=2),
    )
    assert lines(*turns, names={"ksi_2": "Pier & café.mov"}) == [
        "TITLE: Harbour",
        "FCM: NON-DROP FRAME",
        "",
        "001  BOATS    B     C        00:00:02:00 00:00:05:00 01:00:00:00 01:00:03:00",
        "* FROM CLIP NAME: Boats.mp4",
        "* ITEM ID: ksi_1",
        "* SESSION: Harbour",
        "* QUESTION: What happens?",
        "002  PIERCAFE B     C        01:00:00:00 01:00:01:13 01:00:03:00 01:00:04:13",
        "* FROM CLIP NAME: Pier & café.mov",
        "* ITEM ID: ksi_2",
        "* SESSION: Harbour",
        "* QUESTION: What happens?",
        "* QUOTE: Boats leave",
        "",
    ]


@pytest.mark.parametrize("name", FRAME_RATES)
def test_the_programme_has_no_gaps_at_any_rate(name: str) -> None:
    rate = FRAME_RATES[name]
    turns = [a_turn("x", a_clip(n * 59.9, n * 59.9 + 0.7 * n + 0.01), number=n) for n in range(1, 60)]
    found = lines(*turns, rate=name)
    assert found[1] == f"FCM: {'DROP FRAME' if rate.is_drop else 'NON-DROP FRAME'}"
    end = "01:00:00;00" if rate.is_drop else "01:00:00:00"
    for line in events(found):
        source_in, source_out, record_in, record_out = line.split()[4:]
        assert record_in == end
        length = number_of(source_out, rate) - number_of(source_in, rate)
        assert length == number_of(record_out, rate) - number_of(record_in, rate) >= 1
        assert (";" in line) == rate.is_drop
        end = record_out
    assert len(events(found)) == 59


@pytest.mark.parametrize("name", FRAME_RATES)
def test_timecode_counts_every_frame_once(name: str) -> None:
    rate = FRAME_RATES[name]
    ten_minutes = range(rate.nominal * 660)
    assert all(number_of(rate.timecode(frame), rate) == frame for frame in ten_minutes)
    assert rate.timecode(rate.frames_a_day - 1)[:8] == "23:59:59"
    assert rate.timecode(rate.frames_a_day) == rate.timecode(0)


def test_drop_frame_leaves_out_the_numbers_that_it_should() -> None:
    rate = FRAME_RATES["29.97df"]
    assert rate.timecode(1_799) == "00:00:59;29"
    assert rate.timecode(1_800) == "00:01:00;02"
    assert rate.timecode(17_982) == "00:10:00;00"
    assert rate.timecode(107_892) == "01:00:00;00"
    # An hour of drop-frame timecode is an hour of the clock, to a tenth of a second.
    assert abs(Fraction(107_892) / rate.exact - 3600) < Fraction(1, 10)
    assert rate.timecode(rate.frames(3600.0)) == "01:00:00;00"
    assert FRAME_RATES["29.97"].timecode(FRAME_RATES["29.97"].frames(3600.0)) == "00:59:56:12"


def test_what_is_no_clip_is_named_and_left_out() -> None:
    turns = (
        a_turn("x", a_clip(None, None, title="Whole.mp4")),
        a_turn("x", a_clip(None, None, item_id=None, url="https://example.org", title=None)),
        a_turn("x", a_clip(float("nan"), None, title="Odd.mp4")),
        a_turn("At [00:10]."),
        a_turn("x", a_clip(86_399.5, 86_500, title="Endless.mp4")),
        a_turn("x", a_clip(3.0, None)),
    )
    found = lines(*turns)
    (event,) = events(found)
    assert event.split()[4:6] == ["00:00:03:00", "00:00:08:00"]
    assert [line for line in found if "SKIPPED" in line or "NO END" in line] == [
        "* NO END WAS CITED: 5 SECONDS TAKEN",
        "* SKIPPED, NO TIMES: Whole.mp4",
        "* SKIPPED, NO TIMES: https://example.org",
        "* SKIPPED, TIMES THAT MAKE NO SENSE: Odd.mp4",
        "* SKIPPED, NO VIDEO IS NAMED FOR 00:00:10:00",
        "* SKIPPED, LATER THAN A DAY: Endless.mp4",
    ]
    assert not found[3].startswith("*"), "programs know comments only behind an event"


def test_what_is_skipped_is_said_even_without_any_event() -> None:
    assert lines(a_turn("At [00:10]."))[3:] == ["* SKIPPED, NO VIDEO IS NAMED FOR 00:00:10:00", ""]


def test_reels_are_legal_and_one_an_item() -> None:
    titles = ["Boats at the pier 1.mp4", "boats-at-the-pier 2.mp4", "AX", "港.mp4", "漁.mov", "BL.mov"]
    turns = [a_turn("x", a_clip(title=t, item_id=f"ksi_{n}"), number=n) for n, t in enumerate(titles * 2)]
    turns += [a_turn("x", a_clip(title=titles[0], item_id="ksi_0"), number=99)]
    reels = [line.split()[1] for line in events(lines(*turns))]
    assert reels[:6] == ["BOATSATT", "BOATSAT2", "AX2", "CLIP", "CLIP2", "BL2"]
    assert reels[-1] == reels[0]
    assert len(set(reels[:12])) == 12
    assert all(re.fullmatch("[A-Z0-9]{1,8}", reel) for reel in reels)


def test_more_than_cmx_counts_are_numbered_on() -> None:
    found = lines(*(a_turn("x", a_clip(), number=n) for n in range(1_001)))
    assert [line.split()[0] for line in events(found)][-3:] == ["999", "1000", "1001"]
    assert found.count("* CMX 3600 COUNTS 999 EVENTS") == 1


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_make_no_lines_of_their_own(words: str) -> None:
    turn = a_turn(
        f"{words}\n002  EVIL [00:10]", a_clip(title=f"{words}\n001  EVIL", item_id=words), question=words
    )
    found = lines(turn, title=words)
    assert "".join(found).encode()
    for line in found[3:]:
        assert not line or line.startswith("* ") or _EVENT.match(line)
        assert line.splitlines() in ([line], [])
