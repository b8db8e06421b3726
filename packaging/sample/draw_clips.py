"""Draw the sample footage that the sandbox ships: four clips and a site plan, all of them our own.

    python packaging/sample/draw_clips.py --out resources/sample

draws every frame with Qt, encodes the clips with ffmpeg, and writes for each a film (NAME.mp4), captions
(NAME.vtt), a thumbnail (NAME.jpg) and a playlist with its segments (NAME/index.m3u8, NAME/segNNN.ts), and
beside them the still image and manifest.json. The manifest says what was measured, not what was meant.

It needs PySide6, and on the PATH an ffmpeg and ffprobe with libx264. Run again with the same ffmpeg, Qt and
fonts, it writes the same bytes again.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import football
import gait
import harbour
import market
import yard_plan
from canvas import FPS, HEIGHT, WIDTH, Canvas, Cue, Scene
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter

SCENES = (harbour.SCENE, gait.SCENE, football.SCENE, market.SCENE)
STORE = {
    "name": "Sample footage",
    "description": "Four short animated films with captions and one site plan, to try questions on.",
}
COLLECTIONS = [
    {
        "name": "Field days",
        "description": "Out and about: a harbour at sunrise and a night market in the rain.",
        "members": ["harbour-morning", "night-market"],
    },
    {
        "name": "Movement",
        "description": "People in motion: a gait study on a treadmill and the last quarter of a match.",
        "members": ["gait-study", "final-quarter"],
    },
]
SEGMENT_SECONDS = 6
THUMBNAIL = (320, 180)
BITEXACT = ["-fflags", "+bitexact", "-flags:v", "+bitexact", "-map_metadata", "-1"]


@dataclass(frozen=True)
class Measured:
    """What ffprobe says about a film."""

    width: int
    height: int
    fps: float
    duration_s: float


def ffmpeg(arguments: Sequence[str | Path], stdin: int | None = None) -> subprocess.Popen[bytes]:
    """Start ffmpeg, quiet but for errors."""
    command = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-y", *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL if stdin is None else stdin)


def finish(process: subprocess.Popen[bytes]) -> None:
    """Wait for a process, and stop here when it failed."""
    if process.wait() != 0:
        raise SystemExit(f"{process.args!r} failed with status {process.returncode}")


def frame(scene: Scene, t: float) -> QImage:
    """One moment of a scene, drawn."""
    image = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.black)
    painter = QPainter(image)
    scene.paint(Canvas(painter), t)
    painter.end()
    return image


def encode(scene: Scene, film: Path) -> None:
    """Draw every frame of a scene into an H.264 film that can be played while it loads."""
    colours = [
        "-colorspace",
        "bt709",
        "-color_primaries",
        "bt709",
        "-color_trc",
        "bt709",
        "-color_range",
        "tv",
    ]
    process = ffmpeg(
        [
            *(
                "-f",
                "rawvideo",
                "-pix_fmt",
                "bgr0",
                "-s",
                f"{WIDTH}x{HEIGHT}",
                "-r",
                str(FPS),
                "-i",
                "pipe:0",
            ),
            *("-vf", "scale=out_color_matrix=bt709:out_range=tv:flags=accurate_rnd+full_chroma_int+bitexact"),
            *("-c:v", "libx264", "-pix_fmt", "yuv420p", "-preset", "veryslow", "-tune", "animation"),
            *("-x264-params", "no-psy=1:bframes=8:qcomp=0.7"),
            *("-crf", str(scene.quality), "-g", str(2 * FPS), "-threads", "1", *colours, *BITEXACT),
            *("-movflags", "+faststart", "-an", film),
        ],
        stdin=subprocess.PIPE,
    )
    assert process.stdin is not None
    for index in range(round(scene.duration * FPS)):
        image = frame(scene, index / FPS)  # held, for its pixels are not copied
        process.stdin.write(image.constBits())
    process.stdin.close()
    finish(process)


def segment(film: Path, folder: Path) -> None:
    """Cut a film at keyframes into a playlist and its segments, without encoding it again."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    finish(
        ffmpeg(
            [
                *("-i", str(film), "-c", "copy", *BITEXACT, "-metadata", "service_provider=Trackside"),
                *("-metadata", f"service_name={film.stem}", "-f", "hls", "-hls_time", str(SEGMENT_SECONDS)),
                *("-hls_list_size", "0", "-hls_playlist_type", "vod", "-hls_flags", "independent_segments"),
                *("-hls_segment_filename", folder / "seg%03d.ts", folder / "index.m3u8"),
            ]
        )
    )


def thumbnail(image: QImage, path: Path) -> None:
    """Save a small copy of a picture."""
    small = image.scaled(
        *THUMBNAIL, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    )
    if not small.save(str(path), quality=80):
        raise SystemExit(f"could not write {path}")


def webvtt(cues: Sequence[Cue]) -> str:
    """Captions as a WebVTT file."""

    def stamp(seconds: float) -> str:
        milliseconds = round(seconds * 1000)
        minutes, rest = divmod(milliseconds, 60_000)
        return f"00:{minutes:02d}:{rest // 1000:02d}.{rest % 1000:03d}"

    blocks = ["WEBVTT"]
    for number, cue in enumerate(cues, 1):
        voice = f"<v {cue.voice}>" if cue.voice else ""
        blocks.append(f"{number}\n{stamp(cue.start)} --> {stamp(cue.end)}\n{voice}{cue.text}")
    return "\n\n".join(blocks) + "\n"


def check(scene: Scene) -> None:
    """Captions are in order, do not overlap, end within the clip and are of a readable length."""
    before = 0.0
    for cue in scene.cues:
        if not before <= cue.start < cue.end <= scene.duration:
            raise SystemExit(f"{scene.name}: the caption at {cue.start:.1f} s overlaps or runs over")
        if not 8 <= len(cue.text.split()) <= 25:
            raise SystemExit(f"{scene.name}: the caption at {cue.start:.1f} s is too short or too long")
        before = cue.end


def measure(film: Path) -> Measured:
    """Ask ffprobe what was encoded."""
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_entries"]
    command += ["stream=width,height,avg_frame_rate:format=duration", "-select_streams", "v:0", str(film)]
    probed = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    stream = probed["streams"][0]
    fps = float(Fraction(stream["avg_frame_rate"]))
    return Measured(stream["width"], stream["height"], fps, round(float(probed["format"]["duration"]), 3))


def make_clip(scene: Scene, out: Path) -> dict[str, Any]:
    """Everything that belongs to one clip, and its entry in the manifest."""
    check(scene)
    film = out / f"{scene.name}.mp4"
    encode(scene, film)
    segment(film, out / scene.name)
    thumbnail(frame(scene, scene.thumbnail_at), out / f"{scene.name}.jpg")
    (out / f"{scene.name}.vtt").write_text(webvtt(scene.cues), encoding="utf-8", newline="\n")
    measured = measure(film)
    return {
        "name": scene.name,
        "filename": film.name,
        "title": scene.title,
        "duration_s": measured.duration_s,
        "width": measured.width,
        "height": measured.height,
        "fps": int(measured.fps) if measured.fps.is_integer() else measured.fps,
        "captions": f"{scene.name}.vtt",
        "thumbnail": f"{scene.name}.jpg",
        "playlist": f"{scene.name}/index.m3u8",
    }


def make_plan(out: Path) -> dict[str, Any]:
    """The still image with its description, and its entry in the manifest."""
    name, image = yard_plan.NAME, yard_plan.draw()
    if not image.save(str(out / f"{name}.png"), quality=0):
        raise SystemExit(f"could not write {name}.png")
    thumbnail(image, out / f"{name}.jpg")
    (out / f"{name}.txt").write_text(yard_plan.TEXT, encoding="utf-8", newline="\n")
    return {
        "name": name,
        "filename": f"{name}.png",
        "title": yard_plan.TITLE,
        "text": f"{name}.txt",
        "thumbnail": f"{name}.jpg",
        "width": image.width(),
        "height": image.height(),
    }


def main() -> None:
    """Draw what was asked for; without --only that is everything, manifest included."""
    parser = argparse.ArgumentParser(description="Draw the sandbox's sample footage.")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--only", choices=[scene.name for scene in SCENES], help="one clip, and no manifest")
    options = parser.parse_args()
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    application = QGuiApplication(sys.argv[:1])  # fonts need one
    clips = []
    for scene in SCENES:
        if options.only in (None, scene.name):
            print(scene.name, flush=True)
            clips.append(make_clip(scene, out))
    if not options.only:
        print(yard_plan.NAME, flush=True)
        manifest = {"store": STORE, "clips": clips, "images": [make_plan(out)], "collections": COLLECTIONS}
        text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
        (out / "manifest.json").write_text(text, encoding="utf-8", newline="\n")
    del application


if __name__ == "__main__":
    main()
