"""Night market: a cook flips pancakes, rain sets in, umbrellas open, lanterns are lit, a cat crosses."""

from __future__ import annotations

import math

from canvas import (
    Canvas,
    Cue,
    Scene,
    along,
    curve,
    ease,
    joint,
    lerp,
    mix,
    scatter,
    span,
    spring,
    swing,
    tint,
)
from PySide6.QtGui import QPainterPath

# The timeline, in seconds: the drawing and the captions both go by these.
DURATION = 28.6
FLIPS = (2.4, 5.0, 7.6, 18.2, 24.6)
FLIP_TAKES = 1.2
RAIN = 9.6
UMBRELLAS = ((11.6, "#d9483b"), (12.9, "#f0b93a"), (14.2, "#2a9d9a"))  # red, yellow, teal
FIRST_LANTERN, LANTERN_EVERY, LANTERNS = 15.5, 1.0, 7
CAT_COMES, CAT_SITS, CAT_GOES_ON, CAT_GONE = 22.4, 24.3, 25.9, 28.4

CUES = (
    Cue(0.3, 2.2, "Three stalls stand in a dark street, and three customers wait in front of them."),
    Cue(2.4, 4.8, "Fresh pancakes, hot from the pan, have one while the street is dry!", "Cook"),
    Cue(5.0, 9.2, "Behind the middle stall the cook flips another pancake high, and catches it again."),
    Cue(RAIN, 11.4, "The first drops of rain fall on the awnings and draw rings on the paving."),
    Cue(
        UMBRELLAS[0][0],
        UMBRELLAS[2][0] + 1.2,
        "Umbrellas open one after another: first a red one, then a yellow one, then a teal one.",
    ),
    Cue(
        FIRST_LANTERN,
        18.0,
        "Now for the lanterns, from left to right, and then it looks like a feast.",
        "Stallholder",
    ),
    Cue(
        18.2,
        FIRST_LANTERN + LANTERN_EVERY * 6 + 0.8,
        "Lantern after lantern is lit, until all seven glow above the wet street.",
    ),
    Cue(CAT_COMES, CAT_SITS + 0.2, "A ginger cat comes in from the right and trots along the kerb."),
    Cue(CAT_SITS + 0.3, CAT_GOES_ON + 0.2, "It sits down, and looks up at the pan for a moment."),
    Cue(
        CAT_GOES_ON + 0.3,
        DURATION - 0.2,
        "Nothing for you, little one, come back when we are closing.",
        "Cook",
    ),
)

STREET = 268.0
STALLS = ((108.0, "#c8443f", "#f6e7d2"), (318.0, "#22807f", "#f6e7d2"), (530.0, "#d9932f", "#f8ecd8"))
CUSTOMERS = ((84.0, "#46527f", "#2b2238"), (216.0, "#7d4a6e", "#5b3426"), (494.0, "#3e6b66", "#1f1b2c"))


def lantern_at(i: int) -> tuple[float, float]:
    """Where the lantern of this index hangs: a chain that sags between its posts."""
    x = 44 + i * 92
    return x, 64 + 15 * math.sin(math.pi * (i % 3 + 0.5) / 3)


def lit(i: int, t: float) -> float:
    """How brightly the lantern burns at t."""
    start = FIRST_LANTERN + i * LANTERN_EVERY
    return ease(t, start, start + 0.5) * (0.97 + 0.03 * math.sin(t * 2.1 + i * 1.8))


def _backdrop(c: Canvas, warm: float, drift: float) -> None:
    c.shade(0, 0, 640, STREET, (0, "#141a3c"), (0.6, "#252a58"), (1, "#3b3566"))
    c.disc(566 + drift * 0.2, 34, 17, "#e9e2c8")
    c.disc(573 + drift * 0.2, 30, 15, "#171d40")
    far, near = "#2a2e62", mix("#1a1c42", "#2a2148", warm)
    for i in range(11):
        h = 74 + 62 * scatter(i, 3)
        c.rect(i * 64 - 20 - drift * 0.3, STREET - 70 - h, 58, h + 70, far)
        for j in range(6):
            if scatter(i * 7 + j, 8) > 0.62:
                x, y = i * 64 - 12 + (j % 3) * 17 - drift * 0.3, STREET - 58 - h + (j // 3) * 24
                c.rect(x, y, 8, 11, tint("#f3c677", 0.38), 1)
    for x, w, h in ((-30.0, 120, 170), (196, 94, 146), (404, 92, 160), (596, 90, 184)):
        x -= drift * 0.6
        c.rect(x, STREET - h, w, h, near)
        c.rect(x - 4, STREET - h - 5, w + 8, 7, mix(near, "#5a4a7e", 0.4))
        for j in range(4):
            pane = "#8a7ab0" if scatter(int(w) + j, 2) > 0.45 else "#39386a"
            c.rect(x + 16 + (j % 2) * (w - 52), STREET - h + 20 + (j // 2) * 42, 20, 26, tint(pane, 0.32), 2)


def _street(c: Canvas, t: float, wet: float) -> None:
    c.shade(0, STREET, 640, 92, (0, mix("#3a3558", "#2f3058", wet)), (1, mix("#262445", "#191c3c", wet)))
    c.rect(0, STREET, 640, 4, tint("#8d7fae", 0.3))
    for row in range(4):
        y = STREET + 12 + row * row * 4.2 + row * 11
        c.line(tint("#8d7fae", 0.12), 1.2, (0, y), (640, y))
        for i in range(-2, 12):
            across = i * 62 + (row % 2) * 31
            far = 320 + (across - 320) * (1 + row * 0.13)
            c.line(
                tint("#8d7fae", 0.1),
                1.2,
                (far, y),
                (320 + (across - 320) * (1.13 + row * 0.15), y + 14 + row * 7),
            )
    for x, *_ in STALLS:  # light of the stalls on the ground
        c.glow(x, STREET + 14, 120, "#ffb765", 0.26 + 0.14 * wet, 0.24)
    for i in range(LANTERNS):
        x = lantern_at(i)[0]
        for j in range(4):
            half = (15 - j * 2.4) * (0.85 + 0.15 * math.sin(t * 1.7 + i + j * 2))
            c.rect(
                x - half,
                STREET + 20 + j * 17,
                2 * half,
                4.4,
                tint("#ff9d54", 0.42 * lit(i, t) * wet * (1 - j * 0.2)),
                2.2,
            )


def _wares(c: Canvas, index: int, x: float) -> None:
    if index == 0:  # teapots and steaming bowls
        for i, paint in enumerate(("#e8dcc6", "#7fb0a6", "#e8dcc6")):
            with c.at(x - 44 + i * 42, 219):
                c.path(curve((-13, -12), (13, -12), ((10, 0), (0, 0)), ((-10, 0), (-13, -12))), paint)
                c.oval(0, -12, 13, 3, mix(paint, "#5a3a2a", 0.45))
    elif index == 2:  # heaps of fruit
        for i in range(15):
            row, col = divmod(i, 5)
            colours = ("#e4572e", "#f2b134", "#86b049")
            c.disc(
                x - 42 + col * 19 + row * 5, 214 - row * 9, 8, mix(colours[(col + row) % 3], "#3b2140", 0.08)
            )


def _stall(c: Canvas, t: float, index: int) -> None:
    x = STALLS[index][0]
    glow = 0.85 + 0.03 * math.sin(t * 1.3 + index)
    c.rect(x - 80, 140, 160, 90, "#4b2f45")
    c.glow(x, 176, 92, "#ffbf6b", glow, 0.72)
    c.rect(x - 76, 178, 152, 4, "#6d4650")
    if index != 1:
        for i in range(5):  # jars on a shelf
            c.rect(x - 62 + i * 26, 163, 14, 15, mix("#c98a5a", "#6f7f8f", scatter(i, index)), 3)


def _stall_front(c: Canvas, index: int) -> None:
    x, colour, cream = STALLS[index]
    _wares(c, index, x)
    c.rect(x - 86, 219, 172, 8, "#b98352", 2)
    c.rect(x - 82, 227, 164, 48, "#7f4f3f")
    for i in range(6):
        c.line(tint("#3d2233", 0.35), 1.4, (x - 82 + (i + 1) * 23.4, 229), (x - 82 + (i + 1) * 23.4, 274))
    c.rect(x - 82, 227, 164, 5, tint("#2a1530", 0.3))
    for side in (-1, 1):
        c.rect(x + side * 84 - 3, 128, 6, 148, "#5a3a44")
    for i in range(8):  # a striped awning with a scalloped edge
        a, b = i / 8, (i + 1) / 8
        top = [x - 80 + 160 * k for k in (a, b)]
        low = [x - 98 + 196 * k for k in (a, b)]
        paint = colour if i % 2 == 0 else cream
        c.poly(paint, (top[0], 112), (top[1], 112), (low[1] + 0.4, 144), (low[0], 144))
        c.path(
            curve(
                (low[0], 143.6),
                (low[1] + 0.4, 143.6),
                ((low[1], 156), ((low[0] + low[1]) / 2, 156)),
                ((low[0], 156), (low[0], 143.6)),
            ),
            mix(paint, "#2a1530", 0.14),
        )
    c.rect(x - 80, 110, 160, 4, mix(colour, "#2a1530", 0.25), 2)


def _cook(c: Canvas, t: float) -> None:
    x = 306.0
    start = max((flip for flip in FLIPS if t >= flip - 0.5), default=-9.0)
    wind = ease(t, start - 0.45, start - 0.1) * (1 - ease(t, start - 0.1, start + 0.12))
    throw = ease(t, start - 0.1, start + 0.12) * (1 - ease(t, start + 0.3, start + 0.9))
    give = ease(t, start + FLIP_TAKES - 0.06, start + FLIP_TAKES + 0.06)
    give *= 1 - ease(t, start + FLIP_TAKES + 0.06, start + FLIP_TAKES + 0.5)
    pan_x, pan_y = 362.0, 207 + 5 * wind - 9 * throw + 5 * give
    flying = span(t, start, start + FLIP_TAKES) if t < start + FLIP_TAKES else 0.0
    look = 2.5 * math.sin(math.pi * flying)
    skin, white, shade = "#d99a6c", "#fbf4e8", "#ddd0c4"
    c.path(
        curve((x - 25, 232), ((x - 27, 192), (x - 12, 187)), (x + 12, 187), ((x + 27, 192), (x + 25, 232))),
        "#2f6f86",
    )
    c.path(curve((x - 14, 232), (x - 13, 196), (x + 13, 196), (x + 14, 232)), white)
    c.line(white, 3.5, (x - 11, 197), (x - 8, 188))
    c.line(white, 3.5, (x + 11, 197), (x + 8, 188))
    c.line(skin, 10, (x, 186), (x + 1, 180))
    c.oval(x + 2, 170 - look * 0.4, 12.5, 13.5, skin)
    c.path(curve((x - 11, 164), ((x - 12, 177), (x - 6, 178)), (x - 6, 164)), "#3a2530")
    c.disc(x + 6.5 + look * 0.4, 169 - look, 1.5, "#2b2230")
    c.disc(x - 1.5 + look * 0.4, 169 - look, 1.5, "#2b2230")
    c.outline(
        curve((x - 1, 175.5 - look * 0.5), ((x + 3, 179 - look * 0.5), (x + 7, 175 - look * 0.5))),
        "#8a4c37",
        1.7,
    )
    c.rect(x - 11, 155 - look * 0.5, 26, 8, shade, 3)
    c.disc(x - 6, 151 - look * 0.5, 8, white)
    c.disc(x + 9, 151 - look * 0.5, 8, white)
    c.disc(x + 2, 147 - look * 0.5, 9.5, white)
    c.rect(x - 9, 151 - look * 0.5, 22, 8, white, 2)
    rest = (x - 38, 214)
    c.line("#2f6f86", 11, (x - 19, 195), (x - 32, 210))
    c.disc(*rest, 5.5, skin)
    grip = (pan_x - 25, pan_y + 1)
    elbow = joint((x + 20, 195), grip, 20, 20)
    c.line("#2f6f86", 11, (x + 20, 195), elbow, (lerp(elbow[0], grip[0], 0.5), lerp(elbow[1], grip[1], 0.5)))
    c.line("#272838", 4.5, (pan_x - 30, pan_y + 1), (pan_x - 16, pan_y + 1))
    c.disc(*grip, 5.5, skin)
    with c.at(pan_x, pan_y, angle=-14 * throw + 5 * wind):
        c.path(curve((-19, -3), (19, -3), ((16, 6), (8, 6)), (-8, 6), ((-16, 6), (-19, -3))), "#272838")
        c.oval(0, -3, 19, 3.2, "#3c3d52")
        if not flying:
            c.oval(0, -4, 14, 2.6, "#e9b45f")
    if flying:
        y = pan_y - 4 - 38 * 4 * flying * (1 - flying)
        turn = math.cos(2 * math.pi * flying * 1.5)
        c.oval(
            pan_x,
            y,
            14,
            2.6 + 6 * abs(math.sin(2 * math.pi * flying * 1.5)),
            "#e9b45f" if turn > 0 else "#c98a3d",
        )
        c.oval(
            pan_x,
            y,
            9,
            1.4 + 4 * abs(math.sin(2 * math.pi * flying * 1.5)),
            "#f3ca80" if turn > 0 else "#d89b4c",
        )
    for i in range(3):  # pancakes that are done
        c.oval(268, 216 - i * 4, 15, 3.6, "#b9772f")
        c.oval(268, 215 - i * 4, 15, 3.2, "#e9b45f")
    for i in range(3):
        k = (t * 0.32 + i / 3) % 1
        c.disc(
            pan_x + 24 + 5 * math.sin(t + i * 2 + k * 3),
            206 - k * 34,
            3 + 5 * k,
            tint("#ffffff", 0.16 * math.sin(math.pi * k)),
        )


def _customer(c: Canvas, t: float, index: int, warm: float) -> None:
    x, coat, hair = CUSTOMERS[index]
    start, colour = UMBRELLAS[index]
    x += 1.2 * math.sin(t * 0.7 + index * 2)
    coat_paint = mix(coat, "#c07a4a", 0.12 * warm)
    dark = mix(coat_paint, "#12122e", 0.4)
    c.oval(x, 330, 26, 4.5, tint("#0d0f26", 0.45))
    for dx in (-7, 7):
        c.line("#1c1a35", 9, (x + dx, 296), (x + dx, 325))
        c.line("#14132a", 9, (x + dx, 327), (x + dx * 1.2, 327))
    body = curve(
        (x - 21, 303),
        ((x - 24, 250), (x - 11, 245)),
        (x + 11, 245),
        ((x + 24, 250), (x + 21, 303)),
        ((x, 309), (x - 21, 303)),
    )
    c.path(body, coat_paint)
    c.line(tint("#ffc27d", 0.35), 2, (x - 14, 248), (x - 19, 266))
    c.line(dark, 1.6, (x, 258), (x, 300))
    c.disc(x, 231, 13, hair)
    if index == 1:
        c.path(curve((x - 12, 230), ((x - 15, 252), (x, 254)), ((x + 15, 252), (x + 12, 230))), hair)
    c.rect(x - 11, 241, 22, 7, mix("#e0b04a" if index == 0 else "#b8495a", "#12122e", 0.1), 3.5)
    side = -1 if index == 1 else 1
    raise_k = ease(t, start - 0.9, start - 0.1)
    hand = (x + side * lerp(23, 27, raise_k), lerp(291, 250, raise_k))
    elbow = joint((x + side * 17, 254), hand, 22, 22, side if raise_k < 0.3 else -side)
    c.line(dark, 11, (x + side * 17, 254), elbow, hand)
    c.disc(*hand, 5, "#cf9870")
    k = spring(t, start, start + 0.7)
    tilt = side * lerp(172, 0, raise_k)
    with c.at(*hand, angle=tilt):
        c.line("#20203a", 2.4, (0, 7), (-side * 5 * k, -60))
        spread, rise = lerp(4, 48, k), lerp(2, 25, min(k, 1.1))
        rim = -60 + lerp(40, 25, k)
        lean, tip = -side * 17 * k, -side * 5 * k
        dome = QPainterPath()
        dome.moveTo(lean - spread, rim)
        dome.cubicTo(lean - spread * 0.9, rim - rise * 1.1, tip - spread * 0.4, -62, tip, -62)
        dome.cubicTo(tip + spread * 0.4, -62, lean + spread * 0.9, rim - rise * 1.1, lean + spread, rim)
        for i in range(4, 0, -1):
            right = lean - spread + spread * i / 2
            dome.quadTo(right - spread / 4, rim - 5 * k, right - spread / 2, rim)
        c.path(dome, colour)
        with c.clip(dome):
            c.path(
                curve(
                    (tip, -63),
                    ((lean + spread * 0.3, rim - rise), (lean + spread * 0.5, rim + 2)),
                    (lean + spread + 3, rim + 2),
                    (lean + spread, -63),
                ),
                tint("#14122e", 0.2),
            )
            c.outline(
                curve((tip, -63), ((lean - spread * 0.35, rim - rise), (lean - spread * 0.5, rim))),
                tint("#ffffff", 0.28),
                1.6,
            )
            c.outline(curve((tip, -63), (lean, rim)), tint("#ffffff", 0.16), 1.4)
        c.line("#20203a", 2.4, (tip, -62), (tip * 1.1, -66))


def _lanterns(c: Canvas, t: float) -> None:
    wire = QPainterPath()
    wire.moveTo(-10, 40)
    for i in range(LANTERNS):
        x, y = lantern_at(i)
        wire.lineTo(x, y - 20)
    wire.lineTo(650, 44)
    c.outline(wire, "#0f1230", 1.8)
    for i in range(LANTERNS):
        x, y = lantern_at(i)
        k = lit(i, t)
        c.glow(x, y, 66, "#ff9d4d", 0.55 * k)
        since = t - FIRST_LANTERN - i * LANTERN_EVERY
        pop = 1 + 0.14 * math.sin(math.pi * span(since, 0, 0.5))
        with c.at(x, y - 18, pop, angle=2.2 * math.sin(t * 0.9 + i)):
            c.line("#0f1230", 1.6, (0, -3), (0, 4))
            c.oval(0, 18, 17, 14.5, mix("#57283f", "#f0603a", k))
            c.oval(0, 18, 10.5, 14.5, mix("#64304a", "#fb8c46", k))
            c.oval(0, 18, 4.4, 14.5, mix("#703953", "#ffd070", k))
            c.rect(-8, 2, 16, 4, "#2c1a33", 1.5)
            c.rect(-8, 30.5, 16, 4, "#2c1a33", 1.5)
            c.line(mix("#7a3a48", "#f2b04a", k), 2, (0, 35), (0, 43))


def _rain(c: Canvas, t: float) -> None:
    strength = ease(t, RAIN, RAIN + 2.5)
    if strength <= 0:
        return
    for i in range(32):
        if scatter(i, 11) > strength:
            continue
        fall = (t * (1.05 + 0.35 * scatter(i, 12)) + scatter(i, 13)) % 1
        y = fall * 400 - 30
        x = (scatter(i, 14) * 700 + 10) - y * 0.09
        c.line(tint("#bcd0f5", 0.42), 1.4, (x, y), (x - 1.7, y + 19))
    for i in range(14):
        cycle = t * 0.85 + scatter(i, 15)
        k, turn = cycle % 1, int(cycle)
        if scatter(i + turn * 31, 16) > strength or k > 0.7:
            continue
        x, y = scatter(i + turn * 17, 17) * 640, STREET + 16 + scatter(i + turn * 13, 18) * 70
        c.ring(x, y, 2 + 12 * k, 0.8 + 3.6 * k, tint("#bcd0f5", 0.45 * (1 - k / 0.7)), 1.2)


def _cat(c: Canvas, t: float) -> None:
    if not CAT_COMES <= t <= CAT_GONE:
        return
    x = along(t, (CAT_COMES, 680), (CAT_SITS, 392), (CAT_GOES_ON, 392), (CAT_GONE, -50))
    sit = ease(t, CAT_SITS - 0.1, CAT_SITS + 0.35) * (1 - ease(t, CAT_GOES_ON - 0.35, CAT_GOES_ON))
    pace = (1 - sit) * (
        ease(t, CAT_COMES - 0.4, CAT_COMES + 0.2) * (1 - ease(t, CAT_SITS - 0.4, CAT_SITS))
        + ease(t, CAT_GOES_ON, CAT_GOES_ON + 0.4)
    )
    fur, dark, cream = "#e58a3c", "#b9622a", "#fbe3c3"
    phase = x / 46
    c.oval(x, 348, 32 - 8 * sit, 4, tint("#0b0d22", 0.5))
    with c.at(x, 346 - abs(math.sin(math.tau * phase)) * 1.6 * pace):
        chest, rump = (-19, -24 - 8 * sit), (17, -24 + 12 * sit)
        wave = 6 * math.sin(t * 3.2)
        tail = curve(
            (rump[0] + 6, rump[1]),
            ((rump[0] + 24, rump[1] + 4 * sit), (rump[0] + 22, rump[1] - 16 + 14 * sit)),
            (
                (rump[0] + 20 + wave * 0.4, rump[1] - 30 + 30 * sit),
                (rump[0] + 32 + wave, rump[1] - 34 + 32 * sit),
            ),
        )
        c.outline(tail, fur, 6)
        for base, offsets, paint in (
            ((chest[0] + 2, chest[1]), (0.25, 0.75), 0),
            ((rump[0] - 2, rump[1]), (0.0, 0.5), 1),
        ):
            for j, offset in enumerate(offsets):
                step = math.sin(math.tau * (phase + offset)) * pace
                lift = max(0.0, math.cos(math.tau * (phase + offset))) * 5 * pace
                foot = (base[0] + 11 * step + (-8 * sit if paint else 0), -3 - lift)
                if paint and sit > 0.6:
                    foot = (base[0] - 10, -3)
                knee = swing(base, 11, 14 * step)
                c.line(dark if j == 0 else fur, 6.5, base, knee, foot)
                c.line(cream, 5.5, foot, (foot[0] - 2.5, foot[1] + 0.5))
        c.line(fur, 19 + 2 * sit, (chest[0] + 1, chest[1] + 1), (rump[0] - 1, rump[1] + 1))
        c.disc(rump[0] - 2, rump[1] + 1, 10.5 + 2.5 * sit, fur)
        for i in range(3):
            k = 0.35 + i * 0.22
            bx, by = lerp(chest[0], rump[0], k), lerp(chest[1], rump[1], k)
            c.line(dark, 3, (bx + 1, by - 8), (bx + 3 * sit, by - 1))
        head_x, head_y = chest[0] - 9, chest[1] - 10 - 3 * sit
        with c.at(head_x, head_y, angle=12 * sit):
            c.poly(fur, (-9, -6), (-8, -18), (0, -9))
            c.poly(fur, (9, -6), (8, -18), (0, -9))
            c.poly("#f3b48a", (-7, -9), (-6.8, -14.5), (-3, -10))
            c.oval(0, 0, 11.5, 10, fur)
            c.oval(-4, 4, 6.5, 4.6, cream)
            c.disc(-6, -2, 1.7, "#2a2233")
            c.disc(3, -2, 1.7, "#2a2233")
            c.disc(-5, 2.4, 1.4, "#b3543f")
            for dy in (-1, 2):
                c.line(tint("#ffffff", 0.7), 0.9, (-8, 4 + dy * 0.5), (-16, 3 + dy * 1.6))


def paint(c: Canvas, t: float) -> None:
    """The market at t seconds."""
    warm = sum(lit(i, t) for i in range(LANTERNS)) / LANTERNS
    wet = ease(t, RAIN, RAIN + 5)
    _backdrop(c, warm, 22 * span(t, 0, DURATION))
    _street(c, t, wet)
    for i in range(len(STALLS)):
        _stall(c, t, i)
        if i == 1:
            _cook(c, t)
        _stall_front(c, i)
    _lanterns(c, t)
    for i in range(len(CUSTOMERS)):
        _customer(c, t, i, warm)
    _cat(c, t)
    _rain(c, t)
    c.rect(0, 0, 640, 360, tint("#0c1030", 0.1 * (1 - warm)))


SCENE = Scene("night-market", "Night market in the rain", DURATION, 25.1, 33, CUES, paint)
