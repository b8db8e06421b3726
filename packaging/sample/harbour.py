"""Harbour, early morning: the sun rises, a boat leaves, a crane loads a freighter, a ferry comes in."""

from __future__ import annotations

import math

from canvas import Canvas, Cue, Scene, along, curve, ease, lerp, mix, scatter, span, spring, tint
from PySide6.QtGui import QBrush, QColor, QLinearGradient

# The timeline, in seconds: the drawing and the captions both go by these.
DURATION = 30.0
BLINK_EVERY = 3.0
SUN_UP, SUN_HIGH = 1.0, 15.0
BOAT_LEAVES, BOAT_GONE = 4.0, 15.0
GULLS_COME, GULLS_GONE = 6.5, 15.0
LIFTS = ((9.0, "#2f6fb5"), (14.0, "#f2b632"), (19.0, "#3f9a63"))  # blue, yellow, green
LIFT_TAKES = 4.5
FERRY_COMES, FERRY_MOORED = 18.5, 26.5
LAMP_OUT = 25.0

HORIZON = 200.0
QUAY = 252.0
DECK = 241.0
STACK_X = 585.0
BERTHS = (309.0, 352.0, 395.0)
BOX_W, BOX_H = 40.0, 17.0
TROLLEY_Y = 116.0

CUES = (
    Cue(
        0.3, 3.6, "Before sunrise the harbour lies still, and only the lighthouse blinks every three seconds."
    ),
    Cue(
        BOAT_LEAVES - 0.2,
        7.6,
        "Good morning all, the red fishing boat is casting off from the quay now.",
        "Harbour master",
    ),
    Cue(7.8, 10.8, "Four gulls follow the red boat out while the sun clears the hills behind the bay."),
    Cue(
        11.0,
        LIFTS[0][0] + LIFT_TAKES + 0.4,
        "Blue container coming down, keep the deck clear and hold it steady.",
        "Crane operator",
    ),
    Cue(14.2, LIFTS[1][0] + LIFT_TAKES + 0.2, "The yellow container is next; it goes into the middle berth."),
    Cue(18.9, 21.6, "A white ferry with a blue stripe comes in from the left, past the lighthouse."),
    Cue(
        LIFTS[2][0] + 0.8 * LIFT_TAKES,
        LIFTS[2][0] + LIFT_TAKES + 1.2,
        "Green one is down, and that makes three: blue, yellow and green.",
        "Crane operator",
    ),
    Cue(LAMP_OUT - 0.1, 27.2, "It is broad daylight, and the lamp in the lighthouse goes out."),
    Cue(
        27.4,
        29.8,
        "The ferry is alongside the pontoon, on time, and passengers may go ashore.",
        "Harbour master",
    ),
)


def _sky(c: Canvas, t: float, day: float, pan: float) -> None:
    c.shade(
        0,
        0,
        640,
        HORIZON + 2,
        (0, mix("#2c3566", "#6fa8d2", day)),
        (0.55, mix("#8d5a86", "#b9d3de", day)),
        (1, mix("#ef9a6b", "#fbe3c2", day)),
    )
    for i in range(14):  # stars, fading
        c.disc(scatter(i, 1) * 640, scatter(i, 2) * 90 + 8, 0.9, tint("#fff4e0", 0.7 * (1 - ease(t, 0, 6))))
    rise = ease(t, SUN_UP, SUN_HIGH)
    x, y = 218 - pan * 0.1, lerp(232, 92, rise)
    for r, alpha in ((118, 0.07), (82, 0.1), (52, 0.16)):
        c.disc(x, y, r, tint("#ffe2ad", alpha * span(t, 0, 5)))
    c.disc(x, y, 27, mix("#ff8a5c", "#fff0c4", rise))
    for cx, cy, s in ((96, 66, 1.0), (395, 48, 0.8), (560, 86, 1.15)):
        with c.at(cx + t * 0.9 - pan * 0.2, cy, s):
            cloud = mix("#b87a8e", "#fff7ec", day)
            c.rect(-46, 0, 92, 9, tint(cloud, 0.75), 4.5)
            c.rect(-24, -7, 58, 10, tint(cloud, 0.75), 5)
    far, near = mix("#7a5a86", "#a9bfcc", day), mix("#4d4470", "#7b9db0", day)
    with c.at(-pan * 0.2, 0):
        c.path(
            curve(
                (-20, HORIZON),
                (-20, 178),
                ((60, 150), (130, 172)),
                ((230, 196), (310, 170)),
                ((400, 140), (480, 168)),
                ((580, 196), (680, 158)),
                (680, HORIZON),
            ),
            far,
        )
    with c.at(-pan * 0.35, 0):
        c.path(
            curve(
                (280, HORIZON),
                ((380, 192), (450, 184)),
                ((540, 170), (600, 182)),
                ((640, 190), (690, 176)),
                (690, HORIZON),
            ),
            near,
        )


def _water(c: Canvas, t: float, day: float, pan: float) -> None:
    c.shade(
        0,
        HORIZON,
        640,
        160,
        (0, mix("#c9828a", "#b5d6da", day)),
        (0.35, mix("#5e507e", "#6fadbd", day)),
        (1, mix("#232c55", "#2d6d8c", day)),
    )
    light = ease(t, SUN_UP + 1, SUN_UP + 6)
    for i in range(11):  # the sun's path on the water
        y = HORIZON + 4 + i * i * 1.05
        half = (13 + i * 2.4) * (0.8 + 0.2 * math.sin(t * 1.1 + i * 1.9)) * light
        x = 218 - pan * 0.1 + 3 * math.sin(t * 0.7 + i * 2.3)
        c.rect(x - half, y, 2 * half, 2 + i * 0.28, tint("#ffe3b0", 0.62 - i * 0.035), 1.4)
    for i in range(26):
        depth = scatter(i, 5)
        y = HORIZON + 12 + depth * depth * 142
        half = (5 + depth * 15) * (0.65 + 0.35 * math.sin(t * 0.9 + i))
        x = scatter(i, 6) * 660 - 10 - pan * (0.3 + depth * 0.5)
        c.line(tint(mix("#f1b7a0", "#e8f6f5", day), 0.3), 1.4, (x - half, y), (x + half, y))


def _lighthouse(c: Canvas, t: float, day: float) -> None:
    since = t % BLINK_EVERY
    flash = ease(since, 0, 0.25) * (1 - ease(since, 0.55, 1.15)) * (1 - ease(t, LAMP_OUT - 0.4, LAMP_OUT))
    rock = mix("#2b2748", "#51606f", day)
    c.path(
        curve(
            (-30, 238), (-30, 212), ((40, 205), (62, 209)), ((108, 206), (122, 218)), (150, 230), (156, 238)
        ),
        rock,
    )
    c.path(curve((-30, 238), (-30, 226), ((60, 216), (156, 238))), mix(rock, "#11142b", 0.35))
    white, red = mix("#b9a5b5", "#fbf5ea", day), mix("#8f3550", "#d24b45", day)
    c.poly(white, (72, 210), (78, 122), (98, 122), (104, 210))
    for k in (0.16, 0.5, 0.84):
        a, b = k - 0.085, k + 0.085
        c.poly(
            red,
            (lerp(78, 72, a), lerp(122, 210, a)),
            (lerp(98, 104, a), lerp(122, 210, a)),
            (lerp(98, 104, b), lerp(122, 210, b)),
            (lerp(78, 72, b), lerp(122, 210, b)),
        )
    c.poly(tint("#1c1a3a", 0.18), (92, 122), (98, 122), (104, 210), (94, 210))
    c.rect(74, 118, 28, 5, mix("#3a3257", "#3c4a58", day), 1.5)
    c.rect(80, 104, 16, 14, mix(mix("#5d5378", "#cfe3e8", day), "#fff6c8", flash))
    c.path(curve((77, 105), ((88, 88), (99, 105))), red)
    if flash > 0.01:
        for side in (-1, 1):
            beam = QLinearGradient(88, 0, 88 + side * 260, 0)
            beam.setColorAt(0, tint("#fff3bf", 0.5 * flash))
            beam.setColorAt(1, tint("#fff3bf", 0))
            c.poly(
                QBrush(beam),
                (88 + side * 6, 109),
                (88 + side * 6, 113),
                (88 + side * 260, 142),
                (88 + side * 260, 92),
            )
        c.glow(88, 111, 54, "#fff3bf", 0.95 * flash)


def _freighter(c: Canvas, t: float, day: float) -> None:
    bob = 0.8 * math.sin(t * 0.8)
    with c.at(0, bob):
        hull = mix("#221f42", "#2b3f5c", day)
        c.rect(428, 202, 30, 42, mix("#a58fa6", "#f4efe6", day), 2)
        c.rect(434, 190, 20, 14, mix("#96809a", "#e4dfd6", day), 2)
        c.rect(430, 208, 26, 5, mix("#3c3560", "#50708a", day), 1)
        c.rect(440, 178, 9, 13, mix("#8f3550", "#cf5a44", day), 1)
        c.poly(hull, (258, 234), (276, DECK), (466, DECK), (466, 272), (286, 272))
        c.poly(mix("#7d3048", "#b04a42", day), (281.5, 265), (466, 265), (466, 272), (286, 272))
        c.line(tint("#ffffff", 0.25), 1.2, (278, 245), (464, 245))
        for (start, colour), x in zip(LIFTS, BERTHS, strict=True):
            if t >= start + LIFT_TAKES * 0.86:
                _container(c, x, DECK - BOX_H, colour, day)
    c.oval(366, 273, 104, 3, tint("#17203f", 0.3))


def _container(c: Canvas, x: float, y: float, colour: str, day: float) -> None:
    paint = mix(mix(colour, "#2a2450", 0.35), colour, day)
    c.rect(x - BOX_W / 2, y, BOX_W, BOX_H, paint, 1)
    for i in range(1, 6):
        rib = x - BOX_W / 2 + i * BOX_W / 6
        c.line(tint("#10132e", 0.22), 1.2, (rib, y + 2.5), (rib, y + BOX_H - 2.5))
    c.rect(x - BOX_W / 2, y, BOX_W, 2, tint("#ffffff", 0.22))


def _quay(c: Canvas, day: float) -> None:
    c.rect(466, QUAY, 200, 50, mix("#302b50", "#66717c", day))
    c.rect(462, QUAY - 3, 200, 7, mix("#57496e", "#b8bdb9", day), 1)
    for i in range(6):
        c.rect(474 + i * 30, QUAY + 9, 8, 24, mix("#1d1b38", "#39434d", day), 3)
    c.rect(466, 296, 200, 6, tint("#141a38", 0.4))


def _crane(c: Canvas, t: float, day: float) -> None:
    steel, dark = mix("#6b4c78", "#e3693a", day), mix("#4c3a66", "#b94f2c", day)
    trolley, drop = STACK_X, 22.0
    carried: str | None = None
    for index, ((start, colour), berth) in enumerate(zip(LIFTS, BERTHS, strict=True)):
        k = (t - start) / LIFT_TAKES
        if t < start - 1.2:
            continue
        pick = QUAY - 3 - (3 - index) * BOX_H - TROLLEY_Y
        place = DECK - BOX_H - TROLLEY_Y
        trolley = along(k, (-0.27, BERTHS[index - 1] if index else STACK_X), (-0.02, STACK_X))
        drop = along(k, (-0.06, 22), (0.08, pick), (0.12, pick), (0.32, 26))
        if k > 0.3:
            trolley = along(k, (0.3, STACK_X), (0.62, berth))
        if k > 0.6:
            drop = along(k, (0.6, 26), (0.86, place), (0.9, place), (1.04, 22))
        carried = colour if 0.1 <= k < 0.86 else None
    for index, (start, colour) in enumerate(LIFTS):  # what still waits on the quay
        if t < start + LIFT_TAKES * 0.1:
            _container(c, STACK_X, QUAY - 3 - (3 - index) * BOX_H, colour, day)
    for x in (486, 540):
        c.line(dark, 5, (x + 5, 112), (x + 5, QUAY - 4))
    c.line(dark, 3, (491, 205), (545, 150))
    for x in (482, 536):
        c.line(steel, 6, (x, 112), (x, QUAY - 4))
        c.rect(x - 9, QUAY - 8, 22, 6, mix("#231f42", "#3a4450", day), 3)
    c.line(steel, 4, (482, 192), (536, 192))
    c.line(dark, 2, (509, 62), (290, 108))
    c.line(dark, 2, (509, 62), (606, 108))
    c.line(steel, 5, (482, 112), (509, 62), (536, 112))
    c.rect(276, 107, 340, 8, steel, 2)
    for i in range(21):
        c.line(dark, 1.2, (284 + i * 16, 108.5), (292 + i * 16, 113.5))
    c.rect(trolley - 12, TROLLEY_Y - 3, 24, 6, mix("#2d284c", "#3c4a58", day), 2)
    hook = TROLLEY_Y + drop
    for dx in (-9, 9):
        c.line(mix("#2d284c", "#3c4a58", day), 1.3, (trolley + dx, TROLLEY_Y), (trolley + dx * 1.5, hook - 3))
    c.rect(trolley - 18, hook - 4, 36, 4, mix("#2d284c", "#3c4a58", day), 1.5)
    if carried:
        _container(c, trolley, hook, carried, day)
    c.rect(500, 116, 18, 16, mix("#8c7fa0", "#f6efe0", day), 2)
    c.rect(500, 121, 18, 6, mix("#ffd98a", "#6f98ad", day))


def _fishing_boat(c: Canvas, t: float, day: float) -> None:
    k = span(t, BOAT_LEAVES, BOAT_GONE)
    k = k * k * (1.6 - 0.6 * k)
    if k >= 1:
        return
    x, y = lerp(548, -90, k), lerp(330, 306, ease(k, 0, 1)) + 1.2 * math.sin(t * 1.6)
    pace = ease(t, BOAT_LEAVES, BOAT_LEAVES + 3)
    red, white = mix("#9c2f45", "#d8412f", day), mix("#bda9b4", "#fdf7ea", day)
    with c.at(x, y, lerp(1.06, 0.92, k)):
        for i in range(3):
            c.line(
                tint("#f4fbfa", 0.5 * pace * (1 - i / 3.5)),
                2.2,
                (50 + i * 24, 3 + i * 3),
                (66 + i * 30, 4 + i * 3.6),
            )
        c.oval(0, 4, 56, 4, tint("#14193a", 0.32))
    with c.at(x, y, lerp(1.06, 0.92, k), angle=1.3 * math.sin(t * 1.3) + 1.5 * pace):
        c.line(mix("#4a3d60", "#5d5146", day), 2.2, (14, -18), (14, -70))
        c.line(mix("#4a3d60", "#5d5146", day), 1.1, (14, -68), (-46, -22))
        c.line(mix("#4a3d60", "#5d5146", day), 1.1, (14, -66), (48, -20))
        c.rect(-14, -46, 32, 28, white, 3)
        c.rect(-18, -49, 40, 5, red, 2)
        c.rect(-10, -41, 9, 9, mix("#ffd58a", "#6a96ad", day), 1.5)
        c.rect(3, -41, 9, 9, mix("#ffd58a", "#6a96ad", day), 1.5)
        c.path(
            curve(
                (-60, -27),
                ((-30, -18), (0, -18)),
                ((34, -18), (52, -21)),
                (47, 4),
                (-38, 4),
                ((-50, -8), (-60, -27)),
            ),
            red,
        )
        c.path(
            curve((-44, -2), ((0, 2), (48.4, -2)), (47, 4), (-38, 4), ((-42, 0), (-44, -2))),
            mix("#541c38", "#8c2622", day),
        )
        c.outline(curve((-59, -25), ((-30, -16.5), (0, -16.5)), ((34, -16.5), (51, -19.5))), white, 2)
        c.poly("#f2b632", (14, -70), (14, -61), (27, -65.5))


def _gulls(c: Canvas, t: float, day: float) -> None:
    flights = [(GULLS_COME, GULLS_GONE, 680, -60, 120)] * 4 + [(24.5, 31.5, -30, 690, 60)] * 2
    for i, (start, end, x0, x1, height) in enumerate(flights):
        k = span(t, start + 0.35 * (i % 4), end + 0.2 * (i % 4))
        if not 0 < k < 1:
            continue
        x = lerp(x0, x1, k) + 14 * math.sin(i * 2.1)
        y = height + (scatter(i, 9) - 0.5) * 70 + 16 * math.sin(k * 5 + i) + 40 * k * (1 if i < 4 else -0.5)
        flap = math.sin(t * 7 + i * 1.7) * (0.55 + 0.45 * math.sin(t * 0.8 + i))
        with c.at(x, y, 1.0 + 0.25 * scatter(i, 4)):
            wings = curve((-14, -2 - 8 * flap), ((-6, -8), (0, 1)), ((6, -8), (14, -2 - 8 * flap)))
            c.outline(wings, mix("#fbe7dc", "#ffffff", day), 2.6)
            c.oval(0, 1.4, 4.4, 1.9, mix("#fbe7dc", "#ffffff", day))


def _ferry(c: Canvas, t: float, day: float) -> None:
    c.rect(238, 240, 18, 22, mix("#2b2748", "#4a5560", day), 2)
    c.rect(232, 243, 30, 5, mix("#57496e", "#c9b894", day), 1)
    if t < FERRY_COMES - 1:
        return
    k = span(t, FERRY_COMES, FERRY_MOORED)
    k = 1 - (1 - k) ** 2.2
    pace = 1 - span(t, FERRY_COMES + 2, FERRY_MOORED)
    with c.at(lerp(-100, 158, k), 263 + 0.7 * math.sin(t)):
        hull, blue = QColor("#fbf8f1"), "#2f6fb5"
        c.oval(0, 2, 82, 4, tint("#17305a", 0.3))
        c.line(tint("#ffffff", 0.7 * pace), 2.4, (66, 2), (84, 3))
        c.line(tint("#ffffff", 0.6 * pace), 2.2, (-76, 2), (-128, 4))
        c.rect(-36, -62, 13, 18, "#e3693a", 2)
        c.rect(-36, -58, 13, 4, "#fbf8f1")
        c.rect(-50, -46, 92, 12, hull, 3)
        c.rect(16, -56, 24, 12, hull, 3)
        c.rect(20, -53, 20, 5, "#35566f", 1.5)
        c.rect(-64, -36, 120, 18, hull, 3)
        for i in range(11):
            c.rect(-58 + i * 10, -31, 6, 6, "#35566f", 1.5)
        for i in range(8):
            c.rect(-44 + i * 7.4, -43, 4.4, 4.4, "#7fa3b5", 1)
        c.poly(hull, (-78, -19), (80, -21), (66, 3), (-72, 3))
        c.poly(blue, (-76.5, -13), (76.3, -14.5), (72.8, -8.5), (-75, -7.5))
        c.poly("#24415f", (-72.6, 0), (67.6, 0), (66, 3), (-72, 3))
        for i in range(3):
            age = (t - FERRY_MOORED - 0.3 * i) / 2.6
            if 0 < age < 1:
                c.disc(-30 - age * 14 - i * 3, -66 - age * 26, 4 + age * 8, tint("#ffffff", 0.55 * (1 - age)))
        if t > FERRY_MOORED:
            c.line(
                "#6b5b45", 1.4, (72, -14), (lerp(72, 84, spring(t, FERRY_MOORED, FERRY_MOORED + 0.8)), -18)
            )


def paint(c: Canvas, t: float) -> None:
    """The harbour at t seconds."""
    day = ease(t, 1.5, 17)
    pan = 16 * ease(t, 0, DURATION)
    _sky(c, t, day, pan)
    _water(c, t, day, pan)
    with c.at(-pan * 0.4, 0):
        _lighthouse(c, t, day)
    with c.at(8 - pan * 0.6, 0):
        _ferry(c, t, day)
        _freighter(c, t, day)
        _quay(c, day)
        _crane(c, t, day)
        _fishing_boat(c, t, day)
    _gulls(c, t, day)


SCENE = Scene("harbour-morning", "Harbour, early morning", DURATION, 12.4, 31, CUES, paint)
