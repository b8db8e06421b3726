"""Gait study: a patient on a treadmill at 2, 4 and 6 km/h, and a therapist who adjusts the handrail."""

from __future__ import annotations

import math
from dataclasses import dataclass

from canvas import Canvas, Cue, Point, Scene, along, curve, ease, joint, lerp, mix, span, spring, swing, tint

# The timeline, in seconds: the drawing and the captions both go by these.
DURATION = 32.0
STEPS = ((2.0, 2), (8.0, 4), (20.0, 6))  # when the belt gets which speed, in km/h
SPEED_UP = 1.2
THERAPIST_IN, THERAPIST_THERE = 12.8, 15.4
RAIL_RISES, RAIL_SET = 16.2, 18.0
THERAPIST_BACK, THERAPIST_ASIDE = 18.6, 19.8
BELT_SLOWS, BELT_STOPS = 25.4, 27.2
THUMB_UP = 28.2

CUES = (
    Cue(0.3, 2.0, "The patient stands ready on the treadmill, with markers on her hip, knee and ankle."),
    Cue(2.2, 5.0, "We start easily, at two kilometres an hour; just walk as you always do.", "Therapist"),
    Cue(5.4, 7.8, "The monitor on the right draws the angle of her knee, one tall hump for every stride."),
    Cue(8.1, 11.2, "Four kilometres an hour now, and her strides get longer and her arms swing further."),
    Cue(
        12.9, 15.6, "A therapist in a teal tunic walks in from the right, towards the front of the treadmill."
    ),
    Cue(15.9, 18.4, "I am raising the handrail a little, so your shoulders can stay relaxed.", "Therapist"),
    Cue(18.7, 20.0, "The handrail is set higher, and the therapist steps back to watch."),
    Cue(20.2, 24.8, "The last step is six kilometres an hour, the fastest walk of the session."),
    Cue(25.4, 27.8, "The belt slows down and stops, and the panel goes back to zero."),
    Cue(28.2, 31.8, "That felt good, and the higher rail is much better, thank you!", "Patient"),
)

FLOOR, BELT = 318.0, 288.0
PATIENT_X = 268.0
THIGH, SHANK, TORSO, UPPER_ARM, FOREARM = 47.0, 45.0, 54.0, 31.0, 30.0
RATE = 120  # steps a second of the integration below


def speed(t: float) -> float:
    """The belt's speed at t, in km/h."""
    tracks = [(0.0, 0.0)]
    for (start, kmh), before in zip(STEPS, (0, 2, 4), strict=True):
        tracks += [(start, float(before)), (start + SPEED_UP, float(kmh))]
    return along(t, *tracks, (BELT_SLOWS, 6.0), (BELT_STOPS, 0.0))


def shown_speed(t: float) -> int:
    """What the panel shows: the speed that was asked for."""
    asked = [kmh for start, kmh in STEPS if t >= start]
    return 0 if t >= BELT_STOPS or not asked else asked[-1]


def stride(kmh: float) -> float:
    """How far the hip swings each way at this speed, in degrees."""
    return along(kmh, (0, 0), (2, 15), (4, 21), (6, 26))


def cadence(kmh: float) -> float:
    """Strides (two steps) a second at this speed."""
    return along(kmh, (0, 0.0), (0.4, 0.3), (2, 0.55), (4, 0.8), (6, 1.0))


def _integrate() -> tuple[list[float], list[float]]:
    phase, belt, phases, belts = 0.0, 0.0, [], []
    for i in range(int(DURATION * RATE) + 2):
        kmh = speed(i / RATE)
        phases.append(phase)
        belts.append(belt)
        phase += cadence(kmh) / RATE
        belt += 2 * (THIGH + SHANK) * math.sin(math.radians(stride(kmh))) * cadence(kmh) / 0.6 / RATE
    return phases, belts


PHASES, BELTS = _integrate()


def _at(table: list[float], t: float) -> float:
    position = min(max(t, 0.0) * RATE, len(table) - 1.001)
    index = int(position)
    return lerp(table[index], table[index + 1], position - index)


def _bump(phase: float, centre: float, width: float) -> float:
    distance = (phase - centre + 0.5) % 1 - 0.5
    return math.exp(-((distance / width) ** 2))


@dataclass(frozen=True)
class Leg:
    """The joints of one leg, relative to the hip."""

    knee: Point
    ankle: Point
    heel: Point
    toe: Point

    @property
    def lowest(self) -> float:
        """How far below the hip the leg reaches."""
        return max(self.heel[1], self.toe[1])


def knee_angle(phase: float, swing_degrees: float) -> float:
    """How far the knee is bent at this phase of a stride: a little under load, much in the swing."""
    reach = min(1.0, swing_degrees / 12)
    return 4 + reach * (9 * _bump(phase, 0.13, 0.08) + (36 + swing_degrees * 0.8) * _bump(phase, 0.73, 0.115))


def leg(phase: float, swing_degrees: float) -> Leg:
    """One leg at this phase of its stride; 0 is when the heel touches the ground."""
    phase %= 1
    reach = min(1.0, swing_degrees / 14)
    hip = swing_degrees * math.cos(2 * math.pi * phase) + 0.12 * swing_degrees + 2
    bend = knee_angle(phase, swing_degrees)
    pitch = reach * along(phase, (0, 17), (0.1, 0), (0.42, -4), (0.63, -42), (0.86, 6), (1, 17))
    knee = swing((0, 0), THIGH, hip)
    ankle = swing(knee, SHANK, hip - bend)
    radians = math.radians(pitch)
    cos, sin = math.cos(radians), math.sin(radians)

    def sole(x: float, y: float) -> Point:
        return ankle[0] + x * cos + y * sin, ankle[1] - x * sin + y * cos

    return Leg(knee, ankle, sole(-6, 9), sole(18, 9))


@dataclass(frozen=True)
class Looks:
    """The colours of a person."""

    skin: str
    hair: str
    top: str
    legs: str
    shoes: str
    bare_legs: bool = False
    tunic: bool = False


PATIENT = Looks("#e6ac86", "#5a3427", "#e76f51", "#27405a", "#fdfdfb", bare_legs=True)
THERAPIST = Looks("#9a6548", "#241d25", "#1f8a80", "#f2efe8", "#3a4656", tunic=True)


def _draw_leg(c: Canvas, hip: Point, limb: Leg, looks: Looks, dim: float) -> None:
    def here(point: Point) -> Point:
        return hip[0] + point[0], hip[1] + point[1]

    shade = "#22304a"
    lower = mix(looks.skin if looks.bare_legs else looks.legs, shade, dim)
    upper = mix(looks.legs, shade, dim)
    knee, ankle, heel, toe = here(limb.knee), here(limb.ankle), here(limb.heel), here(limb.toe)
    c.line(lower, 15, hip, knee)
    c.line(lower, 12, knee, ankle)
    half = (lerp(hip[0], knee[0], 0.72), lerp(hip[1], knee[1], 0.72))
    c.line(upper, 19, hip, half if looks.bare_legs else knee)
    if not looks.bare_legs:
        c.line(upper, 14, knee, (lerp(knee[0], ankle[0], 0.86), lerp(knee[1], ankle[1], 0.86)))
    shoe = mix(looks.shoes, shade, dim)
    lift = 4.0
    back, front = (heel[0], heel[1] - lift), (toe[0], toe[1] - lift)
    c.line(shoe, 8, back, front)
    c.line(shoe, 9, (lerp(back[0], front[0], 0.2), back[1] - 3), (lerp(back[0], front[0], 0.5), front[1] - 1))


def _draw_arm(c: Canvas, shoulder: Point, elbow: Point, hand: Point, looks: Looks, dim: float) -> None:
    shade = "#22304a"
    skin, sleeve = mix(looks.skin, shade, dim), mix(looks.top, shade, dim)
    c.line(skin, 10.5, shoulder, elbow)
    c.line(skin, 9.5, elbow, hand)
    k = 0.95 if looks.tunic else 0.55
    c.line(sleeve, 13.5, shoulder, (lerp(shoulder[0], elbow[0], k), lerp(shoulder[1], elbow[1], k)))
    c.disc(*hand, 6, skin)


def _person(
    c: Canvas, x: float, ground: float, phase: float, swing_degrees: float, looks: Looks, hand: Point | None
) -> tuple[Point, Leg]:
    """A walking person who faces right; hand is where the near hand is, or None to let it swing."""
    near, far = leg(phase, swing_degrees), leg(phase + 0.5, swing_degrees)
    hip = (x, ground - max(near.lowest, far.lowest))
    lean = 1.5 + swing_degrees * 0.14
    neck = swing(hip, -TORSO, -lean)
    shoulder = (neck[0] + 1, neck[1] + 8)

    def arm(at: float) -> tuple[Point, Point]:
        angle = -swing_degrees * 1.15 * math.cos(2 * math.pi * at) + 3
        elbow = swing(shoulder, UPPER_ARM, angle)
        return elbow, swing(elbow, FOREARM, angle + 12 + swing_degrees * 1.3)

    _draw_arm(c, shoulder, *arm(phase + 0.5), looks, 0.3)
    _draw_leg(c, hip, far, looks, 0.28)
    _draw_leg(c, hip, near, looks, 0.0)
    hem = (hip[0], hip[1] + (16 if looks.tunic else -2))
    c.line(looks.top, 25, (lerp(neck[0], hip[0], 0.2), neck[1] + 12), (hem[0], hem[1] - 8))
    c.line(mix(looks.top, "#ffffff", 0.13), 7, (shoulder[0] + 7, shoulder[1] + 8), (hem[0] + 7, hem[1] - 8))
    head = (neck[0] + 4.5, neck[1] - 15)
    c.line(mix(looks.skin, "#22304a", 0.14), 9, (neck[0] + 0.5, neck[1] + 2), (head[0] - 2, head[1] + 6))
    if looks.tunic:
        c.disc(head[0] - 2, head[1] - 2, 14.5, looks.hair)
    else:
        sway = 5 * math.sin(4 * math.pi * phase) * min(1, swing_degrees / 15)
        tail = (head[0] - 25 - sway * 0.3, head[1] + 12 + sway)
        c.outline(curve((head[0] - 9, head[1] - 7), ((head[0] - 24, head[1] - 8), tail)), looks.hair, 7)
        c.disc(head[0] - 1.5, head[1] - 2, 14.2, looks.hair)
    c.oval(head[0] + 3, head[1] + 1.5, 10.5, 12, looks.skin)
    c.disc(head[0] + 13.2, head[1] + 2, 2.3, looks.skin)
    c.disc(head[0] - 4, head[1] + 2, 3, mix(looks.skin, "#22304a", 0.12))
    fringe = curve(
        (head[0] - 9, head[1] + 0),
        ((head[0] - 2, head[1] - 5), (head[0] + 13, head[1] - 6)),
        ((head[0] + 9, head[1] - 17), (head[0] - 4, head[1] - 15)),
    )
    c.path(fringe, looks.hair)
    c.disc(head[0] + 8.5, head[1] + 0.5, 1.4, "#2b2230")
    if hand is None:
        _draw_arm(c, shoulder, *arm(phase), looks, 0)
    else:
        hand = (shoulder[0] + hand[0], shoulder[1] + hand[1])
        _draw_arm(c, shoulder, joint(shoulder, hand, UPPER_ARM, FOREARM), hand, looks, 0)
    return hip, near


def _markers(c: Canvas, hip: Point, near: Leg) -> None:
    points = [hip, *((hip[0] + x, hip[1] + y) for x, y in (near.knee, near.ankle))]
    c.line(tint("#12b5a6", 0.75), 2, *points)
    for point in points:
        c.disc(*point, 4.6, "#0f5f66")
        c.disc(*point, 3.1, "#d8fff8")


def _room(c: Canvas) -> None:
    c.shade(0, 0, 640, FLOOR - 40, (0, "#e9eff0"), (1, "#dbe5e7"))
    for x, w in ((250, 66), (338, 44)):  # daylight from a window out of view
        c.poly(tint("#ffffff", 0.45), (x, 0), (x + w, 0), (x + w - 120, FLOOR - 78), (x - 120, FLOOR - 78))
    c.rect(0, FLOOR - 78, 640, 50, "#b9d0d1")
    c.rect(0, FLOOR - 79, 640, 3, "#8fb3b5")
    c.rect(0, FLOOR - 34, 640, 6, "#f6f8f7")
    c.shade(0, FLOOR - 28, 640, 72, (0, "#a8b5bd"), (1, "#8998a3"))
    for i in range(-3, 12):
        c.line(tint("#ffffff", 0.16), 1.5, (i * 70 + 60, FLOOR - 28), (i * 92 - 40, 362))
    c.line(tint("#ffffff", 0.16), 1.5, (0, FLOOR - 8), (640, FLOOR - 8))
    for angle, h in ((-38, 52), (-16, 66), (6, 70), (27, 60), (46, 44)):  # a plant in the corner
        with c.at(606, 272, angle=angle):
            leaf = curve((0, 0), ((-15, -h * 0.55), (0, -h)), ((15, -h * 0.55), (0, 0)))
            c.path(leaf, mix("#2f7d62", "#5cab80", (angle + 40) / 90))
    c.oval(606, FLOOR + 3, 26, 4, tint("#26323f", 0.22))
    c.poly("#f4f1ea", (586, 268), (626, 268), (620, FLOOR + 3), (592, FLOOR + 3))
    c.poly("#d9d4c8", (612, 268), (626, 268), (620, FLOOR + 3), (610, FLOOR + 3))
    c.oval(92, FLOOR + 8, 34, 4, tint("#26323f", 0.22))
    for foot in (66, 94, 118):  # a camera on a tripod
        c.line("#46535f", 4, (92, 226), (foot, FLOOR + 6))
    c.rect(72, 204, 36, 24, "#2d3947", 4)
    c.rect(106, 209, 12, 14, "#46535f", 2)
    c.disc(118, 216, 6, "#12b5a6")
    c.disc(79, 210, 2.2, "#ef5b4c")


def _panel(c: Canvas, t: float) -> None:
    kmh = shown_speed(t)
    c.rect(28, 30, 158, 126, "#b4c4c8", 11)
    c.rect(25, 27, 158, 126, "#1d2b3a", 10)
    c.text(40, 49, "SPEED", 15, "#8fb8c4")
    changed = max([start for start, _ in STEPS if t >= start] + [BELT_STOPS if t >= BELT_STOPS else 0.0])
    pulse = 1 - span(t, changed, changed + 0.8) if changed else 0
    digit = mix(("#7f93a3", "#58d3c0", "#f2c14e", "#ff8a65")[kmh // 2], "#ffffff", pulse)
    c.text(74, 116, str(kmh), 76, digit, 0.5)
    c.text(106, 114, "km/h", 27, "#e8f3f4")
    for i, colour in enumerate(("#58d3c0", "#f2c14e", "#ff8a65")):
        k = ease(t, STEPS[i][0], STEPS[i][0] + SPEED_UP) * (1 - ease(t, BELT_SLOWS, BELT_STOPS))
        c.rect(40 + i * 44, 130, 40, 10, "#33465a", 5)
        if k > 0.2:
            c.rect(40 + i * 44, 130, 40 * k, 10, colour, 5)


def _trace(c: Canvas, t: float) -> None:
    c.rect(455, 30, 158, 92, "#b4c4c8", 11)
    c.rect(452, 27, 158, 92, "#1d2b3a", 10)
    c.text(466, 48, "KNEE ANGLE", 15, "#8fb8c4")
    for y in (62, 84, 106):
        c.line("#33465a", 1, (464, y), (598, y))
    points = []
    for i in range(68):
        moment = t - (67 - i) * 0.06
        degrees = knee_angle(_at(PHASES, moment) % 1, stride(speed(moment)))
        points.append((464 + i * 2.0, 107 - degrees * 0.66))
    c.line("#58d3c0", 2.6, *points)
    c.disc(*points[-1], 4, "#eafffb")


def _treadmill(c: Canvas, t: float) -> None:
    c.oval(275, FLOOR + 9, 150, 6, tint("#26323f", 0.25))
    c.rect(160, BELT + 12, 236, 17, "#e9ecec", 7)
    c.rect(160, BELT + 20, 236, 9, "#c3cbce", 4)
    c.rect(172, BELT + 29, 18, 9, "#3a4656", 3)
    c.rect(362, BELT + 29, 18, 9, "#3a4656", 3)
    c.rect(156, BELT, 222, 13, "#2d3947", 6.5)
    shift = _at(BELTS, t) % 26
    for i in range(9):
        x = 164 + i * 26 - shift
        a, b = max(x, 162), min(x + 12, 371)
        if a < b:
            c.line("#5b6b7b", 2.6, (a, BELT + 2.6), (b, BELT + 2.6), flat=True)
    c.rect(366, BELT - 8, 38, 32, "#f6f7f6", 9)
    c.rect(374, BELT + 2, 22, 5, "#12b5a6", 2.5)


def rail_height(t: float) -> float:
    """Where the handrail is at t: it is raised once."""
    return lerp(216, 192, ease(t, RAIL_RISES, RAIL_SET))


def _rail(c: Canvas, t: float) -> None:
    y = rail_height(t)
    c.line("#8e9ba5", 9, (388, BELT), (388, 236))
    c.line("#d5dcdf", 5.5, (388, 240), (388, y))
    c.rect(382, 232, 12, 12, "#3a4656", 3)
    c.line("#46535f", 8, (388, y), (398, y - 16))
    with c.at(399, y - 20, angle=24):
        c.rect(-9, -14, 14, 30, "#2d3947", 4)
    moving = ease(t, RAIL_RISES, RAIL_RISES + 0.3) * (1 - ease(t, RAIL_SET + 0.3, RAIL_SET + 0.9))
    c.line(mix("#e3a72f", "#ffdd7a", moving), 8, (312, y), (388, y))
    c.line(tint("#ffffff", 0.45), 2, (314, y - 2), (380, y - 2))
    if moving:
        lift = 4 * math.sin(t * 5)
        for dy in (0, 8):
            c.line(
                tint("#12b5a6", moving),
                3.5,
                (326, y - 18 - dy - lift),
                (332, y - 24 - dy - lift),
                (338, y - 18 - dy - lift),
            )


def _therapist(c: Canvas, t: float) -> None:
    if t < THERAPIST_IN:
        return
    x = along(t, (THERAPIST_IN, 690), (THERAPIST_THERE, 440), (THERAPIST_BACK, 440), (THERAPIST_ASIDE, 500))
    coming = ease(t, THERAPIST_IN, THERAPIST_IN + 0.2) * (1 - ease(t, THERAPIST_THERE - 0.5, THERAPIST_THERE))
    going = ease(t, THERAPIST_BACK, THERAPIST_BACK + 0.3) * (
        1 - ease(t, THERAPIST_ASIDE - 0.4, THERAPIST_ASIDE)
    )
    phase = (690 - x) / 112  # going back is the same walk, backwards
    reach = ease(t, THERAPIST_THERE, RAIL_RISES - 0.1) * (1 - ease(t, RAIL_SET + 0.1, THERAPIST_BACK))
    c.oval(x, FLOOR + 10, 30, 4, tint("#26323f", 0.25))
    hand: Point | None = None
    if reach > 0:
        hand = (lerp(4, 44, reach), lerp(58, rail_height(t) - 196 + 36, reach))
    with c.at(x, FLOOR + 10, mirror=True):
        _person(c, 0, 0, phase, 19 * max(coming, going * 0.7), THERAPIST, hand)


def _thumb(c: Canvas, t: float, fist: Point) -> None:
    up = spring(t, THUMB_UP + 0.4, THUMB_UP + 1.0)
    if up <= 0:
        return
    x, y = fist
    for i in range(5):  # a little cheer around the hand
        angle = math.radians(-150 + i * 30)
        k = span(t, THUMB_UP + 0.6, THUMB_UP + 1.2)
        if k > 0:
            near, far = 19 + 3 * k, 19 + 9 * k
            fade = 1 - 0.35 * span(t, THUMB_UP + 1.6, THUMB_UP + 2.6)
            c.line(
                tint("#f2b632", k * fade),
                3,
                (x + near * math.cos(angle), y - 4 + near * math.sin(angle)),
                (x + far * math.cos(angle), y - 4 + far * math.sin(angle)),
            )
    c.line(PATIENT.skin, 6.5, (x - 2.5, y - 3), (x - 3.5, y - 3 - 12 * up))
    c.rect(x - 7, y - 7, 15, 15, PATIENT.skin, 5)
    for i in range(3):
        c.line(mix(PATIENT.skin, "#7a3f2c", 0.4), 1.3, (x + 1.5, y - 3 + i * 3.8), (x + 7, y - 3 + i * 3.8))


def paint(c: Canvas, t: float) -> None:
    """The laboratory at t seconds."""
    _room(c)
    _panel(c, t)
    _trace(c, t)
    _treadmill(c, t)
    kmh = speed(t)
    raised = ease(t, THUMB_UP, THUMB_UP + 0.7)
    hand = (lerp(8, 44, raised), lerp(58, -6, raised)) if raised else None
    hip, near = _person(c, PATIENT_X, BELT + 1, _at(PHASES, t), stride(kmh), PATIENT, hand)
    _markers(c, hip, near)
    if hand:
        lean = 1.5
        neck = swing(hip, -TORSO, -lean)
        _thumb(c, t, (neck[0] + 1 + hand[0], neck[1] + 8 + hand[1]))
    _therapist(c, t)
    _rail(c, t)


SCENE = Scene("gait-study", "Gait study, three speeds", DURATION, 22.3, 31, CUES, paint)
