"""Captions and media files as the sandbox reads them."""

from __future__ import annotations

import struct
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from sandbox.support import mp4
from trackside.sandbox.captions import Cue, parse_captions
from trackside.sandbox.placeholder import placeholder_png
from trackside.sandbox.probe import kind_of, probe
from trackside.sandbox.records import AssetKind, Facts


def test_webvtt_with_voices_tags_and_notes() -> None:
    text = (
        "\ufeffWEBVTT - title\r\n\r\nNOTE nothing\r\n\r\nSTYLE\r\n::cue {}\r\n\r\n"
        "intro\r\n00:01.500 --> 00:02.000 align:start\r\n"
        "<v.loud Ana B>Hello <i>there</i> &lt;3\r\nagain</v>\r\n\r\n"
        "1:00:00.000 --> 1:00:01.000\r\nLate"
    )

    assert parse_captions(text) == (
        Cue(1.5, 2.0, "Hello there <3 again", "Ana B"),
        Cue(3600.0, 3601.0, "Late"),
    )


def test_subrip_with_commas_and_fonts() -> None:
    text = (
        '2\n00:00:05,000 --> 00:00:06,250\n<font color="red">Two</font>\n\n'
        "1\n00:00:01,5 --> 00:00:02,000\n{\\an8}One\n"
    )

    assert parse_captions(text) == (Cue(1.5, 2.0, "One"), Cue(5.0, 6.25, "Two"))


@given(st.text())
def test_any_text_can_be_read_as_captions(text: str) -> None:
    parse_captions(text)
    parse_captions(f"WEBVTT\n\n00:01.000 --> 00:02.000\n{text}")


def test_duration_and_size_of_an_mp4(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(mp4(90.25, (1920, 1080)))

    assert probe(tmp_path / "a.mp4", AssetKind.VIDEO) == Facts(duration_s=90.25, width=1920, height=1080)


def test_size_of_pictures(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(placeholder_png("abcdef"))
    (tmp_path / "a.gif").write_bytes(b"GIF89a" + struct.pack("<HH", 30, 20) + b"\0" * 10)
    (tmp_path / "a.jpg").write_bytes(
        b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08" + struct.pack(">HH", 20, 30) + b"\0" * 20
    )

    assert probe(tmp_path / "a.png", AssetKind.IMAGE) == Facts(width=320, height=180)
    assert probe(tmp_path / "a.gif", AssetKind.IMAGE) == Facts(width=30, height=20)
    assert probe(tmp_path / "a.jpg", AssetKind.IMAGE) == Facts(width=30, height=20)


@given(content=st.binary(max_size=300), suffix=st.sampled_from([".mp4", ".png", ".bin", ".srt", ""]))
def test_no_file_breaks_the_probing(content: bytes, suffix: str) -> None:
    kind_of(content[:64], f"a{suffix}")


@given(st.binary(max_size=200))
def test_no_movie_box_breaks_the_probing(content: bytes) -> None:
    import tempfile

    with tempfile.NamedTemporaryFile() as file:
        file.write(struct.pack(">I4s", len(content) + 8, b"moov") + content)
        file.flush()
        probe(Path(file.name), AssetKind.VIDEO)
        file.seek(0)
        file.write(b"\xff\xd8" + content)
        file.flush()
        probe(Path(file.name), AssetKind.IMAGE)
