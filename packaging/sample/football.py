"""Final quarter: three plays from above, a strip sack, a fourth-and-two and an interception."""

from __future__ import annotations

import math
from collections.abc import Sequence

from canvas import Canvas, Cue, Point, Scene, along, ease, lerp, mix, scatter, span, spring, tint
from PySide6.QtGui import QPainterPath

# The timeline, in seconds: the drawing and the captions both go by these.
DURATION = 32.6
SNAP_1, SACK, RECOVERY = 3.0, 6.0, 7.6
LINE_UP_2, SNAP_2, FIRST_DOWN = 9.8, 13.2, 16.6
LINE_UP_3, SNAP_3, THROW, INTERCEPTION, TACKLED = 18.6, 21.6, 24.0, 25.2, 28.8
FINAL = 30.4

CUES = (
    Cue(0.3, 3.0, "Fourth quarter, and the Herons lead the Foxes by twenty-three to twenty."),
    Cue(
        3.1,
        5.8,
        "Third and eight for the Herons; their quarterback, number seven, drops back.",
        "Commentator",
    ),
    Cue(
        SACK - 0.1,
        RECOVERY,
        "Strip sack! Number ninety-one comes round the edge and knocks the ball loose!",
        "Commentator",
    ),
    Cue(
        RECOVERY + 0.1,
        LINE_UP_2 - 0.1,
        "Number fifty-four falls on the ball, so it belongs to the Foxes now.",
    ),
    Cue(
        LINE_UP_2 + 0.2,
        SNAP_2 - 0.1,
        "A minute later the Foxes face fourth and two, and they decide to go for it.",
    ),
    Cue(
        SNAP_2,
        FIRST_DOWN,
        "Handed to number twenty-eight, through the middle, and he is past the yellow line.",
        "Commentator",
    ),
    Cue(FIRST_DOWN + 0.1, LINE_UP_3 - 0.1, "The run gains four yards, and that is a first down."),
    Cue(
        LINE_UP_3 + 0.2,
        SNAP_3 - 0.1,
        "Twenty-one seconds are left, with the Foxes twelve yards short of the end zone.",
    ),
    Cue(
        SNAP_3,
        INTERCEPTION - 0.1,
        "Number twelve takes three steps back, then throws deep towards the corner.",
        "Commentator",
    ),
    Cue(
        INTERCEPTION,
        TACKLED,
        "Intercepted at the goal line! Number twenty-one of the Herons steps in front of it!",
        "Commentator",
    ),
    Cue(TACKLED + 0.1, FINAL - 0.1, "He runs the ball back past the twenty before he is brought down."),
    Cue(FINAL, DURATION - 0.2, "The clock runs out, and the Herons win by twenty-three to twenty."),
)

BAR = 52.0  # height of the scoreboard
GOAL_X, YARD = 572.0, 10.4
MIDDLE = (BAR + 360) / 2
RADIUS = 12.2
FOX, HERON = "#ef7d32", "#2f55a4"
FOX_NUMBERS = (91, 54, 97, 93, 58, 42, 24, 31, 22, 12, 28)
HERON_NUMBERS = (7, 33, 64, 71, 77, 52, 68, 85, 81, 88, 21)

Track = list[tuple[float, Point]]


def yard(distance: float) -> float:
    """The x of a line so many yards from the goal line on the right."""
    return GOAL_X - distance * YARD


def clock(t: float) -> str:
    """The game clock at t: it runs while the ball is in play."""
    left = along(t, (SNAP_1, 125.0), (RECOVERY, 117.0))
    if t >= LINE_UP_2:
        left = lerp(58.0, 52.0, span(t, SNAP_2, FIRST_DOWN))
    if t >= LINE_UP_3:
        left = lerp(21.0, 9.0, span(t, SNAP_3, TACKLED))
    if t >= TACKLED:
        left = lerp(9.0, 0.0, span(t, TACKLED, FINAL))
    whole = math.ceil(left - 1e-6)
    return f"{whole // 60}:{whole % 60:02d}"


def _offence(line: float, forward: int) -> list[Point]:
    """Eleven places behind the line of scrimmage: passer, runner, five in front, three wide, a tight end."""
    back = -forward
    front = [(line + back * 15, MIDDLE + (i - 2) * 25) for i in range(5)]
    return [
        (line + back * 72, MIDDLE),
        (line + back * 74, MIDDLE + 31),
        *front,
        (line + back * 15, MIDDLE - 118),
        (line + back * 28, MIDDLE + 90),
        (line + back * 15, MIDDLE + 126),
        (line + back * 17, MIDDLE - 77),
    ]


def _defence(line: float, forward: int) -> list[Point]:
    """Eleven places in front of the line of scrimmage: four linemen, three behind, four backs."""
    return [
        (line + forward * 16, MIDDLE - 66),
        (line + forward * 46, MIDDLE + 52),
        (line + forward * 16, MIDDLE - 15),
        (line + forward * 16, MIDDLE + 17),
        (line + forward * 16, MIDDLE + 62),
        (line + forward * 52, MIDDLE - 46),
        (line + forward * 40, MIDDLE + 122),
        (line + forward * 104, MIDDLE + 60),
        (line + forward * 104, MIDDLE - 60),
        (line + forward * 46, MIDDLE),
        (line + forward * 44, MIDDLE - 116),
    ]


def _drift(places: Sequence[Point], snap: float, end: float, direction: float, salt: int) -> list[Track]:
    """Tracks of players who push on from their places for one play, each a little differently."""
    tracks: list[Track] = []
    for i, (x, y) in enumerate(places):
        wide = abs(y - MIDDLE) > 70
        dx = direction * (34 + 40 * scatter(i, salt) if wide else 7 + 9 * scatter(i, salt))
        dy = (scatter(i, salt + 1) - 0.5) * (36 if wide else 16)
        y1 = min(max(y + dy, BAR + 18), 342)
        tracks.append([(snap + 0.1 * scatter(i, salt + 2), (x, y)), (end, (x + dx, y1))])
    return tracks


def _plays() -> tuple[list[Track], list[Track]]:
    """The tracks of both teams through all three plays."""
    foxes: list[Track] = [[] for _ in range(11)]
    herons: list[Track] = [[] for _ in range(11)]

    # Play one: the Herons attack to the left from their own thirty.
    los = yard(30)
    attack, defend = _offence(los, -1), _defence(los, -1)
    first_h = _drift(attack, SNAP_1, RECOVERY, -0.5, 11)
    first_f = _drift(defend, SNAP_1, RECOVERY, 0.5, 21)
    spot = (yard(20.5), MIDDLE - 12)
    first_h[0] = [
        (SNAP_1, attack[0]),
        (SNAP_1 + 1.6, spot),
        (SACK, spot),
        (RECOVERY, (spot[0] + 12, spot[1] + 5)),
    ]
    first_f[0] = [
        (SNAP_1, defend[0]),
        (SNAP_1 + 1.0, (los + 12, MIDDLE - 88)),
        (SNAP_1 + 2.0, (los + 70, MIDDLE - 78)),
        (SACK, (spot[0] - 9, spot[1] - 21)),
        (RECOVERY, (spot[0] + 4, spot[1] - 22)),
    ]
    first_f[1] = [
        (SNAP_1, defend[1]),
        (SNAP_1 + 1.5, (los + 4, MIDDLE + 72)),
        (SACK + 0.1, (los + 44, MIDDLE + 62)),
        (RECOVERY, (yard(24) - 2, MIDDLE + 44)),
    ]
    first_h[1] = [(SNAP_1, attack[1]), (SACK, (los + 62, MIDDLE + 24)), (RECOVERY, (los + 86, MIDDLE + 34))]

    # Play two: the Foxes attack to the right, two yards short at the sixteen.
    los = yard(16)
    attack, defend = _offence(los, 1), _defence(los, 1)
    attack = [*attack[2:9], attack[9], attack[10], attack[0], attack[1]]  # numbers 12 and 28 come last
    second_f = _drift(attack, SNAP_2, FIRST_DOWN, 0.6, 31)
    second_h = _drift(defend, SNAP_2, FIRST_DOWN, -0.3, 41)
    for i, dy in ((1, -13), (2, 4), (3, 15)):  # the gap in the middle
        x, y = attack[i]
        second_f[i] = [
            (SNAP_2, (x, y)),
            (SNAP_2 + 1.2, (x + 12, y + dy)),
            (FIRST_DOWN, (x + 24, y + dy * 1.2)),
        ]
    second_f[9] = [
        (SNAP_2, attack[9]),
        (SNAP_2 + 0.9, (attack[9][0] + 6, MIDDLE + 10)),
        (FIRST_DOWN, attack[9]),
    ]
    run = (yard(11.6), MIDDLE + 2)
    second_f[10] = [
        (SNAP_2 + 0.2, attack[10]),
        (SNAP_2 + 1.1, (attack[9][0] + 14, MIDDLE + 27)),
        (SNAP_2 + 2.1, (los - 10, MIDDLE + 7)),
        (FIRST_DOWN, run),
    ]
    second_h[9] = [
        (SNAP_2, defend[9]),
        (SNAP_2 + 1.4, (los + 62, MIDDLE - 16)),
        (FIRST_DOWN, (run[0] + 21, run[1] - 8)),
    ]
    second_h[2] = [(SNAP_2, defend[2]), (FIRST_DOWN, (los + 18, MIDDLE - 38))]
    second_h[3] = [(SNAP_2, defend[3]), (FIRST_DOWN, (los + 20, MIDDLE + 42))]

    # Play three: the Foxes throw from the twelve and the Herons' 21 steps in.
    los = yard(12)
    attack, defend = _offence(los, 1), _defence(los, 1)
    attack = [*attack[2:9], attack[9], attack[10], attack[0], attack[1]]
    defend = [(min(x, 650.0), y) for x, y in defend]
    third_f = _drift(attack, SNAP_3, INTERCEPTION, 0.6, 51)
    third_h = _drift(defend, SNAP_3, INTERCEPTION, -0.2, 61)
    third_h[8] = [(SNAP_3, defend[8]), (INTERCEPTION, (606, MIDDLE - 30))]
    third_f[5] = [
        (SNAP_3, attack[5]),
        (SNAP_3 + 1.4, (los + 50, BAR + 38)),
        (INTERCEPTION, (GOAL_X + 30, BAR + 32)),
    ]
    third_f[9] = [
        (SNAP_3, attack[9]),
        (SNAP_3 + 1.5, (attack[9][0] - 28, MIDDLE - 6)),
        (THROW, (attack[9][0] - 22, MIDDLE - 8)),
        (INTERCEPTION + 0.6, (attack[9][0] - 14, MIDDLE - 10)),
        (TACKLED, (yard(26), BAR + 74)),
    ]
    third_h[10] = [
        (SNAP_3, defend[10]),
        (SNAP_3 + 2.0, (GOAL_X - 26, BAR + 62)),
        (INTERCEPTION, (GOAL_X - 2, BAR + 48)),
        (INTERCEPTION + 0.4, (GOAL_X - 12, BAR + 40)),
        (TACKLED, (yard(23.5), BAR + 52)),
    ]
    third_f[7] = [*third_f[7], (TACKLED, (yard(16), BAR + 150))]
    third_f[10] = [*third_f[10], (INTERCEPTION + 0.5, third_f[10][-1][1]), (TACKLED, (yard(27.5), BAR + 44))]
    third_f[0] = [*third_f[0], (TACKLED, (yard(19), BAR + 92))]

    for team, tracks in ((foxes, (first_f, second_f, third_f)), (herons, (first_h, second_h, third_h))):
        for play, snap in zip(tracks, (SNAP_1, SNAP_2, SNAP_3), strict=True):
            for i, track in enumerate(play):
                if snap != SNAP_1:
                    walk = (LINE_UP_2 if snap == SNAP_2 else LINE_UP_3) + 0.5 * scatter(i, 71)
                    team[i] += [(walk, team[i][-1][1]), (walk + 2.4, track[0][1])]
                team[i] += track
    for i, track in enumerate(herons):  # the winners gather
        angle = math.tau * i / 11
        track += [
            (TACKLED + 0.8, track[-1][1]),
            (DURATION - 0.8, (320 + 66 * math.cos(angle), 196 + 66 * math.sin(angle))),
        ]
    return foxes, herons


FOXES, HERONS = _plays()


def place(track: Track, t: float) -> Point:
    """Where the player on this track is at t."""
    return along(t, *((at, p[0]) for at, p in track)), along(t, *((at, p[1]) for at, p in track))


def camera(t: float) -> float:
    """How far the view has moved to the right at t."""
    return along(
        t, (0, 34.0), (LINE_UP_2, 34.0), (SNAP_2 - 1.2, 62.0), (TACKLED - 3.2, 62.0), (TACKLED + 1, 36.0)
    )


def _ball(t: float) -> tuple[float, float, float]:
    """Where the ball is at t, and how high it flies."""

    def fox(i: int) -> Point:
        return place(FOXES[i], t)

    def heron(i: int) -> Point:
        return place(HERONS[i], t)

    def between(a: Point, b: Point, start: float, end: float, arc: float) -> tuple[float, float, float]:
        k = span(t, start, end)
        return lerp(a[0], b[0], k), lerp(a[1], b[1], k), arc * 4 * k * (1 - k)

    if t < SNAP_1 + 0.4:
        return between((yard(30), MIDDLE), heron(0), SNAP_1, SNAP_1 + 0.4, 3)
    if t < SACK:
        x, y = heron(0)
        return x - 13, y - 9, 0
    if t < LINE_UP_2 + 1:
        hold = place(FOXES[1], RECOVERY)
        if t < RECOVERY:
            k = ease(t, SACK, RECOVERY - 0.2)
            start = place(HERONS[0], SACK)
            hop = 9 * abs(math.sin(k * 9)) * (1 - k)
            return lerp(start[0] - 13, hold[0] + 14, k), lerp(start[1] - 9, hold[1] - 7, k), hop
        return hold[0] + 14, hold[1] - 7, 0
    if t < SNAP_2 + 0.4:
        start = place(FOXES[1], RECOVERY)
        if t < SNAP_2:
            return between(
                (start[0] + 14, start[1] - 7), (yard(16), MIDDLE), LINE_UP_2 + 1, LINE_UP_2 + 2.4, 0
            )
        return between((yard(16), MIDDLE), fox(9), SNAP_2, SNAP_2 + 0.4, 3)
    if t < LINE_UP_3 + 1:
        x, y = fox(9) if t < SNAP_2 + 1.1 else fox(10)
        return x + 13, y + 9, 0
    if t < SNAP_3 + 0.4:
        start = place(FOXES[10], LINE_UP_3)
        if t < SNAP_3:
            return between(
                (start[0] + 13, start[1] + 9), (yard(12), MIDDLE), LINE_UP_3 + 1, LINE_UP_3 + 2.4, 0
            )
        return between((yard(12), MIDDLE), fox(9), SNAP_3, SNAP_3 + 0.4, 3)
    if t < THROW:
        x, y = fox(9)
        return x + 13, y - 9, 0
    start, end = place(FOXES[9], THROW), place(HERONS[10], INTERCEPTION)
    if t < INTERCEPTION:
        return between((start[0] + 13, start[1] - 9), (end[0] - 14, end[1] + 9), THROW, INTERCEPTION, 22)
    x, y = heron(10)
    return x - 14, y + 9, 0


def _field(c: Canvas) -> None:
    for i in range(13):
        x = yard(i * 5 + 5)
        c.rect(x, BAR, 5 * YARD + 0.5, 310, "#4b9757" if i % 2 else "#57a160")
    c.rect(GOAL_X + 10 * YARD, BAR, 60, 310, "#3f7f4c")
    c.rect(GOAL_X, BAR, 10 * YARD, 310, HERON)
    c.line("#ffffff", 4, (GOAL_X + 10 * YARD, BAR), (GOAL_X + 10 * YARD, 360), flat=True)
    with c.at(GOAL_X + 5 * YARD, MIDDLE, angle=90):
        c.text(0, 17, "HERONS", 48, tint("#ffffff", 0.8), 0.5)
    for i in range(1, 12):
        x = yard(i * 5)
        c.line(tint("#ffffff", 0.55 if i % 2 == 0 else 0.28), 1.6, (x, BAR), (x, 360), flat=True)
    for i in (i for i in range(1, 55) if i % 5):
        x = yard(i)
        for y in (MIDDLE - 42, MIDDLE + 42):
            c.line(tint("#ffffff", 0.3), 1, (x, y - 2.5), (x, y + 2.5), flat=True)
    c.line("#ffffff", 3.2, (GOAL_X, BAR), (GOAL_X, 360), flat=True)
    for tens in range(1, 6):
        for y in (BAR + 42, 336):
            c.text(yard(tens * 10), y, f"{tens} 0", 22, tint("#ffffff", 0.4), 0.5)


def _lines(c: Canvas, t: float) -> None:
    """The broadcaster's lines: blue for the line of scrimmage, yellow for the first down."""
    plays = (
        (0.0, RECOVERY, yard(30), yard(38)),
        (LINE_UP_2 + 1.6, LINE_UP_3, yard(16), yard(14)),
        (LINE_UP_3 + 1.6, INTERCEPTION, yard(12), yard(2)),
    )
    for start, end, line, down in plays:
        shown = (span(t, start, start + 0.5) if start else 1) * (1 - span(t, end, end + 0.5))
        if shown > 0:
            reach = BAR + (360 - BAR) * (ease(t, start, start + 0.6) if start else 1)
            c.line(tint("#2a4bd0", 0.7 * shown), 3, (line, BAR), (line, reach), flat=True)
            c.line(tint("#ffd84a", 0.95 * shown), 3.4, (down, BAR), (down, reach), flat=True)


def _player(c: Canvas, at: Point, number: int, colour: str, star: float, down: float) -> None:
    x, y = at
    r = RADIUS + 2.2 * star
    c.oval(x + 2.5, y + 4, r, r * 0.92, tint("#12301c", 0.3))
    if star > 0.02:
        c.ring(x, y, r + 4.5, r + 4.5, tint("#fff3b8", star), 2.6)
    c.disc(x, y, r, mix(colour, "#ffffff", 0.92))
    c.disc(x, y, r - 1.7, mix(colour, "#1c2433", 0.45 * down))
    c.text(x, y + r * 0.42, str(number), r * 1.16, "#ffffff", 0.5)


def _stars(t: float) -> dict[tuple[str, int], float]:
    """Which players the eye should follow at t, and how strongly."""
    windows = (
        ("H", 7, 0.8, SACK + 0.2),
        ("F", 91, SNAP_1 + 0.6, RECOVERY + 0.6),
        ("F", 54, SACK + 0.6, LINE_UP_2),
        ("F", 12, LINE_UP_2 + 3, SNAP_2 + 1.2),
        ("F", 28, SNAP_2 + 0.8, LINE_UP_3),
        ("F", 12, LINE_UP_3 + 2.6, THROW + 0.6),
        ("H", 21, THROW + 0.2, DURATION),
    )
    return {
        (team, n): ease(t, a, a + 0.4) * (1 - ease(t, b, b + 0.4))
        for team, n, a, b in windows
        if a <= t <= b + 0.4
    }


def _scoreboard(c: Canvas, t: float) -> None:
    c.rect(0, 0, 640, BAR, "#16202e")
    c.rect(0, BAR - 3, 640, 3, "#0f1722")
    for x, name, score, box, colour in ((0, "FOXES", "20", 102, FOX), (160, "HERONS", "23", 280, HERON)):
        c.rect(x, 0, 8, BAR - 3, colour)
        c.text(x + 18, 33, name, 23, "#f2f5f8")
        c.rect(box, 7, 46, 36, mix(colour, "#16202e", 0.15), 5)
        c.text(box + 23, 35, score, 29, "#ffffff", 0.5)
    over = t >= FINAL
    c.text(346, 34, "4TH" if not over else "END", 22, "#9db0c4")
    c.text(448, 36, clock(t), 31, "#ffd84a" if t >= LINE_UP_3 else "#ffffff", 0.5)
    banner, colour, since = "3RD & 8", HERON, -1.0
    for start, words, paint in (
        (SACK, "FUMBLE", "#d64545"),
        (RECOVERY, "FOXES BALL", FOX),
        (LINE_UP_2 + 1.2, "4TH & 2", FOX),
        (FIRST_DOWN, "1ST DOWN", "#3b9c5a"),
        (LINE_UP_3 + 1.2, "1ST & 10", FOX),
        (INTERCEPTION, "PICKED OFF", "#d64545"),
        (FINAL, "FINAL", "#3a4a5e"),
    ):
        if t >= start:
            banner, colour, since = words, paint, start
    k = spring(t, since, since + 0.5)
    plate = QPainterPath()
    plate.addRoundedRect(502, 7, 132, 36, 5, 5)
    c.rect(502, 7, 132, 36, colour, 5)
    with c.clip(plate):
        flash = 1 - span(t, since, since + 0.7)
        c.rect(502, 7, 132, 36, tint("#ffffff", 0.5 * flash))
        c.text(568, lerp(62, 32, k), banner, 21 if len(banner) > 8 else 24, "#ffffff", 0.5)


def _game(c: Canvas, t: float) -> None:
    """Everything that lies on the field."""
    _field(c)
    _lines(c, t)
    stars = _stars(t)
    sides = (("F", FOXES, FOX_NUMBERS, FOX), ("H", HERONS, HERON_NUMBERS, HERON))
    players = [
        (stars.get((team, number), 0.0), track, number, colour)
        for team, tracks, numbers, colour in sides
        for track, number in zip(tracks, numbers, strict=True)
    ]
    for star, track, number, colour in sorted(players, key=lambda player: player[0]):
        down = ease(t, SACK, SACK + 0.3) if number == 7 and t < LINE_UP_2 else 0.0
        _player(c, place(track, t), number, colour, star, down)
    for at, length in ((SACK, 1.0), (INTERCEPTION, 1.0), (TACKLED, 0.8)):
        k = span(t, at, at + length)
        if 0 < k < 1:
            x, y = _ball(at)[:2]
            c.ring(x, y, 12 + 34 * k, 12 + 34 * k, tint("#ffffff", 0.8 * (1 - k)), 3.5 * (1 - k) + 0.5)
    x, y, height = _ball(t)
    if THROW < t < INTERCEPTION:  # the path of the throw
        trail = [_ball(max(THROW, t - i * 0.06)) for i in range(7)]
        c.line(tint("#fff3b8", 0.5), 2, *((bx, by - bh) for bx, by, bh in trail))
    c.oval(x + 2, y + 3, 5, 3, tint("#12301c", 0.35))
    with c.at(x, y - height, 1 + height * 0.02, angle=-28):
        c.oval(0, 0, 7.4, 4.9, "#fdf3df")
        c.oval(0, 0, 6.1, 3.6, "#7a3e1d")
        c.line("#fdf3df", 1, (-2.2, 0), (2.2, 0))


def paint(c: Canvas, t: float) -> None:
    """The field at t seconds."""
    with c.at(-camera(t), 0):
        _game(c, t)
    _scoreboard(c, t)
    later = ease(t, LINE_UP_2, LINE_UP_2 + 0.4) * (1 - ease(t, LINE_UP_2 + 2.1, LINE_UP_2 + 2.6))
    if later > 0:
        _note(c, "One minute later", later)
    if t > FINAL:
        _note(c, "Herons win 23 – 20", ease(t, FINAL, FINAL + 0.6))


def _note(c: Canvas, words: str, alpha: float) -> None:
    with c.at(320, 322 - 6 * (1 - alpha), alpha=alpha):
        c.rect(-132, -24, 264, 46, "#16202e", 23)
        c.text(0, 8, words, 24, "#ffffff", 0.5)


SCENE = Scene("final-quarter", "Final quarter, three plays", DURATION, INTERCEPTION + 0.75, 33, CUES, paint)
