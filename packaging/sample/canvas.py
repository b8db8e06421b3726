"""What every scene draws with: easing, colours, and a short-handed painter of flat shapes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetricsF,
    QLinearGradient,
    QPainter,
    QPainterPath,
    QPen,
    QPolygonF,
    QRadialGradient,
)

WIDTH, HEIGHT, FPS = 640, 360, 25

# The first family that is installed is used; the drawn bytes are the same again on the same machine.
FONT_FAMILIES = ["Noto Sans CJK JP", "Source Sans 3", "Noto Sans", "DejaVu Sans"]

Point = tuple[float, float]
Paint = QColor | str


@dataclass(frozen=True)
class Cue:
    """One caption: shown from start to end, spoken by the voice when there is one."""

    start: float
    end: float
    text: str
    voice: str = ""


@dataclass(frozen=True)
class Scene:
    """One clip: what it is called, how long it lasts, what is said in it and how a moment of it looks."""

    name: str
    title: str
    duration: float
    thumbnail_at: float
    quality: int  # constant rate factor of x264: the busier the scene, the higher it may be
    cues: Sequence[Cue]
    paint: Callable[[Canvas, float], None]


# --- time ---------------------------------------------------------------------------------------


def span(t: float, start: float, end: float) -> float:
    """How far t has come from start to end, from 0 to 1, at an even pace."""
    return min(1.0, max(0.0, (t - start) / (end - start)))


def ease(t: float, start: float, end: float) -> float:
    """How far t has come from start to end, from 0 to 1, setting off and arriving gently."""
    k = span(t, start, end)
    return k * k * (3 - 2 * k)


def spring(t: float, start: float, end: float) -> float:
    """Like ease, but shoots a little past the target before it settles on it."""
    k = span(t, start, end) - 1
    return 1 + 2.4 * k**3 + 1.4 * k**2 if k > -1 else 0.0


def lerp(a: float, b: float, k: float) -> float:
    """The number k of the way from a to b."""
    return a + (b - a) * k


def along(t: float, *keys: tuple[float, float]) -> float:
    """The value at t of a track of (time, value) keys, easing between neighbours."""
    value = keys[0][1]
    for (t0, v0), (t1, v1) in pairwise(keys):
        if t >= t0:
            value = lerp(v0, v1, ease(t, t0, t1))
    return value


def scatter(i: int, salt: int = 0) -> float:
    """A number from 0 to 1 that looks random but is the same for the same i on every run."""
    n = (i * 374761393 + salt * 668265263) & 0xFFFFFFFF
    n = ((n ^ (n >> 13)) * 1274126177) & 0xFFFFFFFF
    return ((n ^ (n >> 16)) & 0xFFFF) / 0xFFFF


# --- colour -------------------------------------------------------------------------------------


def mix(a: Paint, b: Paint, k: float) -> QColor:
    """The colour k of the way from a to b."""
    p, q = QColor(a), QColor(b)
    return QColor(
        round(lerp(p.red(), q.red(), k)),
        round(lerp(p.green(), q.green(), k)),
        round(lerp(p.blue(), q.blue(), k)),
        round(lerp(p.alpha(), q.alpha(), k)),
    )


def tint(colour: Paint, alpha: float) -> QColor:
    """The colour, let through by alpha (0 to 1)."""
    result = QColor(colour)
    result.setAlphaF(min(1.0, max(0.0, alpha * result.alphaF())))
    return result


# --- geometry -----------------------------------------------------------------------------------


def swing(origin: Point, length: float, degrees: float) -> Point:
    """Where a limb of this length ends when it hangs from origin and swings forward by degrees."""
    angle = math.radians(degrees)
    return origin[0] + length * math.sin(angle), origin[1] + length * math.cos(angle)


def joint(start: Point, end: Point, upper: float, lower: float, side: float = 1) -> Point:
    """Where the elbow goes when an arm of two lengths reaches from start to end; side flips the bend."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    distance = min(max(math.hypot(dx, dy), abs(upper - lower) + 0.01), upper + lower - 0.01)
    base = math.atan2(dy, dx)
    bend = math.acos((upper**2 + distance**2 - lower**2) / (2 * upper * distance))
    return start[0] + upper * math.cos(base + side * bend), start[1] + upper * math.sin(base + side * bend)


# --- painting -----------------------------------------------------------------------------------


class Canvas:
    """A painter of 640 × 360 frames whose calls are short enough for a scene to read like a drawing."""

    def __init__(self, painter: QPainter) -> None:
        self.painter = painter
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)

    @contextmanager
    def at(
        self,
        x: float,
        y: float,
        scale: float = 1,
        angle: float = 0,
        alpha: float = 1,
        mirror: bool = False,
    ) -> Iterator[None]:
        """Move, scale, turn, mirror and fade everything drawn inside."""
        self.painter.save()
        self.painter.translate(x, y)
        self.painter.rotate(angle)
        self.painter.scale(-scale if mirror else scale, scale)
        self.painter.setOpacity(self.painter.opacity() * alpha)
        yield
        self.painter.restore()

    @contextmanager
    def clip(self, path: QPainterPath) -> Iterator[None]:
        """Keep everything drawn inside within the path."""
        self.painter.save()
        self.painter.setClipPath(path, Qt.ClipOperation.IntersectClip)
        yield
        self.painter.restore()

    def _fill(self, paint: Paint | QBrush) -> None:
        self.painter.setPen(Qt.PenStyle.NoPen)
        self.painter.setBrush(paint if isinstance(paint, QBrush) else QBrush(QColor(paint)))

    def _stroke(self, paint: Paint, width: float, flat: bool = False) -> None:
        cap = Qt.PenCapStyle.FlatCap if flat else Qt.PenCapStyle.RoundCap
        pen = QPen(QColor(paint), width, Qt.PenStyle.SolidLine, cap, Qt.PenJoinStyle.RoundJoin)
        self.painter.setPen(pen)
        self.painter.setBrush(Qt.BrushStyle.NoBrush)

    def rect(self, x: float, y: float, w: float, h: float, paint: Paint, r: float = 0) -> None:
        """A rectangle, with corners rounded by r."""
        self._fill(paint)
        if r:
            self.painter.drawRoundedRect(QRectF(x, y, w, h), r, r)
        else:
            self.painter.drawRect(QRectF(x, y, w, h))

    def oval(self, x: float, y: float, rx: float, ry: float, paint: Paint) -> None:
        """An ellipse around x, y."""
        self._fill(paint)
        self.painter.drawEllipse(QPointF(x, y), rx, ry)

    def disc(self, x: float, y: float, r: float, paint: Paint) -> None:
        """A filled circle around x, y."""
        self.oval(x, y, r, r, paint)

    def ring(self, x: float, y: float, rx: float, ry: float, paint: Paint, width: float) -> None:
        """The outline of an ellipse around x, y."""
        self._stroke(paint, width)
        self.painter.drawEllipse(QPointF(x, y), rx, ry)

    def poly(self, paint: Paint | QBrush, *points: Point) -> None:
        """A filled polygon."""
        self._fill(paint)
        self.painter.drawPolygon(QPolygonF([QPointF(*point) for point in points]))

    def path(self, path: QPainterPath, paint: Paint) -> None:
        """A filled path."""
        self._fill(paint)
        self.painter.drawPath(path)

    def outline(self, path: QPainterPath, paint: Paint, width: float) -> None:
        """The line along a path."""
        self._stroke(paint, width)
        self.painter.drawPath(path)

    def line(self, paint: Paint, width: float, *points: Point, flat: bool = False) -> None:
        """A line through the points, rounded at its ends and corners unless it is to be flat."""
        self._stroke(paint, width, flat)
        self.painter.drawPolyline(QPolygonF([QPointF(*point) for point in points]))

    def shade(self, x: float, y: float, w: float, h: float, *stops: tuple[float, Paint]) -> None:
        """A rectangle that changes its colour from top to bottom."""
        gradient = QLinearGradient(0, y, 0, y + h)
        for position, paint in stops:
            gradient.setColorAt(position, QColor(paint))
        self._fill(QBrush(gradient))
        self.painter.drawRect(QRectF(x, y, w, h))

    def glow(self, x: float, y: float, r: float, paint: Paint, alpha: float, squash: float = 1) -> None:
        """Light that fades out at a distance of r; squash flattens it into a pool."""
        if alpha <= 0.005:
            return
        gradient = QRadialGradient(0, 0, r)
        for step in range(9):
            k = step / 8
            gradient.setColorAt(k, tint(paint, alpha * (1 - k) ** 2))
        self.painter.save()
        self.painter.translate(x, y)
        self.painter.scale(1, squash)
        self._fill(QBrush(gradient))
        self.painter.drawEllipse(QPointF(0, 0), r, r)
        self.painter.restore()

    def text(
        self, x: float, y: float, words: str, px: float, paint: Paint, align: float = 0, bold: bool = True
    ) -> float:
        """Words on the baseline y; align 0 begins at x, 0.5 is centred on it, 1 ends there. The width."""
        font = QFont(FONT_FAMILIES)
        font.setPixelSize(round(px))
        font.setWeight(QFont.Weight.Bold if bold else QFont.Weight.Medium)
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        width = QFontMetricsF(font).horizontalAdvance(words)
        self.painter.setFont(font)
        self.painter.setPen(QColor(paint))
        self.painter.drawText(QPointF(x - width * align, y), words)
        return width


def curve(start: Point, *segments: Point | tuple[Point, Point] | tuple[Point, Point, Point]) -> QPainterPath:
    """A path from start: a point is a straight line, two points a quadratic, three a cubic."""
    path = QPainterPath(QPointF(*start))
    for segment in segments:
        points = [QPointF(*part) for part in segment if isinstance(part, tuple)]
        if len(points) == 3:
            path.cubicTo(*points)
        elif len(points) == 2:
            path.quadTo(*points)
        else:
            path.lineTo(QPointF(*(part for part in segment if not isinstance(part, tuple))))
    return path
