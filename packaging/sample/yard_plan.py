"""A site plan of the harbour yard: the one still image of the sample store."""

from __future__ import annotations

from canvas import Canvas, curve, tint
from PySide6.QtGui import QImage, QPainter

NAME, TITLE = "yard-plan", "Harbour yard, site plan"
SIZE = (960, 540)
TEXT = """\
Site plan of the harbour yard, seen from above with north at the top. The quay runs along the south side of \
the yard, with the container crane on rails at berth 1 and the ferry pontoon to the west of it. Containers \
stand in three rows, blue, yellow and green, behind the crane; the warehouse, the harbour office and the \
gate lie along the north road. The lighthouse marks the end of the breakwater in the south-west, about a \
hundred metres from the quay.
"""

INK, PAPER, WATER = "#24405a", "#f4f0e6", "#bfdbe0"


def _label(c: Canvas, x: float, y: float, words: str, px: float = 20, align: float = 0.5) -> None:
    c.text(x, y, words, px, INK, align)


def _ground(c: Canvas) -> None:
    c.rect(0, 0, 960, 540, WATER)
    for i in range(9):
        for j in range(3):
            x, y = 30 + i * 112 + (j % 2) * 50, 404 + j * 48
            c.outline(
                curve((x, y), ((x + 7, y - 5), (x + 14, y)), ((x + 21, y + 5), (x + 28, y))), "#a3c8d0", 2
            )
    c.path(
        curve((0, 0), (960, 0), (960, 352), (250, 352), ((214, 352), (196, 326)), ((150, 262), (0, 250))),
        PAPER,
    )
    c.path(
        curve((0, 250), ((150, 262), (196, 326)), ((214, 352), (250, 352)), (250, 100), (0, 100)), "#dbe3c6"
    )
    c.rect(0, 64, 960, 40, "#d8d2c4")
    for i in range(20):
        c.rect(14 + i * 50, 82, 26, 4, "#fbf9f3")
    c.rect(778, 100, 46, 150, "#d8d2c4")
    c.line(INK, 5, (250, 352), (960, 352), flat=True)
    c.line(tint(INK, 0.75), 2, (262, 304), (940, 304), flat=True)
    c.line(tint(INK, 0.75), 2, (262, 338), (940, 338), flat=True)
    c.path(
        curve(
            (0, 300),
            ((90, 330), (128, 420)),
            ((140, 452), (120, 462)),
            ((98, 462), (86, 430)),
            ((60, 368), (0, 344)),
        ),
        "#aeb7b6",
    )


def _buildings(c: Canvas) -> None:
    for x, y, w, h, paint in (
        (290, 126, 190, 74, "#c98f6b"),
        (520, 126, 116, 54, "#e2b76a"),
        (846, 126, 86, 54, "#9db4c0"),
    ):
        c.rect(x + 5, y + 6, w, h, tint(INK, 0.16), 3)
        c.rect(x, y, w, h, paint, 3)
        c.line(tint("#ffffff", 0.5), 2, (x + 8, y + h / 2), (x + w - 8, y + h / 2))
    _label(c, 385, 157, "WAREHOUSE")
    _label(c, 578, 147, "OFFICE")
    _label(c, 889, 147, "STORES", 18)
    for row, paint in enumerate(("#2f6fb5", "#f2b632", "#3f9a63")):
        for i in range(6):
            c.rect(521 + i * 40, 206 + row * 28, 36, 20, paint, 2)
            c.line(tint("#10132e", 0.25), 1.5, (533 + i * 40, 209 + row * 28), (533 + i * 40, 223 + row * 28))
            c.line(tint("#10132e", 0.25), 1.5, (545 + i * 40, 209 + row * 28), (545 + i * 40, 223 + row * 28))
    _label(c, 508, 250, "CONTAINERS", 18, 1)
    c.rect(786, 96, 30, 10, "#c8443f", 2)
    _label(c, 801, 56, "GATE")
    _label(c, 240, 56, "NORTH ROAD")
    for x, y, r in (
        (40, 150, 20),
        (86, 178, 15),
        (130, 140, 18),
        (44, 216, 14),
        (180, 196, 17),
        (210, 136, 13),
    ):
        c.disc(x + 3, y + 4, r, tint(INK, 0.14))
        c.disc(x, y, r, "#8fb58a")
        c.disc(x - r * 0.25, y - r * 0.25, r * 0.5, "#a5c59d")


def _waterside(c: Canvas) -> None:
    c.path(
        curve(
            (470, 368), (770, 368), (770, 410), (470, 410), ((440, 406), (424, 389)), ((440, 372), (470, 368))
        ),
        "#2b3f5c",
    )
    for i, paint in enumerate(("#2f6fb5", "#f2b632", "#3f9a63")):
        c.rect(520 + i * 56, 379, 46, 20, paint, 2)
    c.rect(716, 374, 40, 30, "#f4efe6", 3)
    c.rect(608, 294, 64, 54, tint("#e3693a", 0.9), 4)
    c.rect(632, 236, 15, 176, "#e3693a", 3)
    c.rect(626, 376, 28, 26, "#3c4a58", 3)
    _label(c, 690, 328, "CRANE", 20, 0)
    _label(c, 600, 440, "BERTH 1")
    c.rect(330, 352, 16, 30, "#c9b894")
    c.rect(282, 380, 112, 18, "#c9b894", 3)
    _label(c, 338, 426, "FERRY PONTOON", 18)
    c.disc(112, 444, 15, "#fbf5ea")
    c.disc(112, 444, 10.5, "#d24b45")
    c.disc(112, 444, 4.5, "#fff3bf")
    _label(c, 136, 451, "LIGHTHOUSE", 20, 0)
    _label(c, 22, 292, "BREAKWATER", 16, 0)


def _legend(c: Canvas) -> None:
    c.rect(690, 462, 250, 60, tint("#ffffff", 0.72), 8)
    for i in range(4):
        c.rect(708 + i * 40, 494, 40, 8, INK if i % 2 == 0 else "#ffffff")
    for i, words in enumerate(("0", "50", "100 m")):
        _label(c, 708 + i * 80, 487, words, 16)
    with c.at(908, 494):
        c.poly(INK, (0, -24), (9, 8), (0, 2))
        c.poly("#8fa3b2", (0, -24), (-9, 8), (0, 2))
        _label(c, 0, 23, "N", 16)
    _label(c, 24, 516, "HARBOUR YARD", 30, 0)
    c.text(268, 516, "Site plan, sheet 1", 20, tint(INK, 0.75), 0, bold=False)


def draw() -> QImage:
    """The plan, drawn."""
    image = QImage(*SIZE, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    c = Canvas(painter)
    _ground(c)
    _buildings(c)
    _waterside(c)
    _legend(c)
    painter.end()
    return image
