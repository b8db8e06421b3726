"""How an answer's blocks look: fonts, colours and sizes at one theme and zoom."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QFontMetricsF,
    QIcon,
    QPalette,
    QPixmap,
    QTextBlockFormat,
    QTextCharFormat,
    QTextOption,
)

from trackside.domain.citation import Citation, clock_range
from trackside.markup.blocks import Block, BlockKind
from trackside.markup.runs import Style
from trackside.markup.wording import clean
from trackside.ui.theme import BODY_PX, Theme
from trackside.ui.tokens import LIGHT, Tokens
from trackside.ui.transcript.chips import ChipPainter, PaintedChips, chip_painter

if TYPE_CHECKING:
    from trackside.ui.transcript.text_lines import TextLines

_HEADING_PX = (20, 17, 15, 14)
_CODE_PX = 12.5
_INLINE_CODE = 0.92
"""Of the text around it: fixed fonts look larger at the same size."""
_JOINERS = "\u200c\u200d"
_LONGEST_TITLE = 40
_MOST_WIDTHS = 512
"""Of texts in a table that were measured. A growing one is measured anew with each of its rows."""
CELL_ALIGNMENTS = {
    "left": Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute,
    "center": Qt.AlignmentFlag.AlignHCenter,
    "right": Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignAbsolute,
}
_ROLES_LIGHT = {
    "keyword": "#7a3e9d",
    "string": "#1a6e3c",
    "comment": "#5f6963",
    "number": "#9a4a00",
    "name": "#1d5fa8",
    "operator": "#56605a",
}
_ROLES_DARK = {
    "keyword": "#c9a0f5",
    "string": "#7fd6a4",
    "comment": "#8f9b93",
    "number": "#efb071",
    "name": "#82b9f2",
    "operator": "#aab5ad",
}


def role_colors(tokens: Tokens) -> dict[str, str]:
    """The colours of highlighted code. Each reaches 4.5:1 on the `code` ground."""
    return _ROLES_LIGHT if tokens is LIGHT else _ROLES_DARK


@dataclass(frozen=True, slots=True)
class Face:
    """One kind of text: its font and how its lines stand."""

    font: QFont
    lines: QTextBlockFormat
    size_px: int
    lift_px: int
    """What a line is taller than its text, halved: Qt puts all of that above the text."""
    line_px: int
    text_px: float
    """The height of text alone."""
    descent: float
    is_bold: bool = False
    base: Style = Style.PLAIN


class Look:
    """Everything that depends on theme and zoom. Made anew when either changes; blocks are then as well."""

    def __init__(
        self,
        theme: Theme,
        name_of: Callable[[Citation], str],
        thumbnail_of: Callable[[Citation], QPixmap | None],
    ) -> None:
        self._theme = theme
        self._name_of = name_of
        self.thumbnail_of = thumbnail_of
        scale = theme.scale
        self.px: Callable[[float], int] = lambda size: max(1, round(size * scale))
        air = scale * theme.air
        self.gap: Callable[[float], int] = lambda size: max(1, round(size * air))
        """A distance above or below something, which the density changes."""
        self.chip_painter: ChipPainter = chip_painter()
        self._read_colors(theme)
        self._choose_fonts(theme)
        self._formats: dict[tuple[int, int, bool, bool, str], QTextCharFormat] = {}
        self._metrics: dict[tuple[int, int, bool], QFontMetricsF] = {}
        self._widths: dict[tuple[tuple[int, int, bool], str], float] = {}
        self.cell_lines: dict[tuple[object, ...], TextLines] = {}
        """Cells as they were laid out last: a growing table is, anew with each of its words."""
        self.painted_chips = PaintedChips()
        self._read_sizes()

    def _read_sizes(self) -> None:
        px = self.px
        self.indent = px(20)
        self.number_indent = px(28)
        self.quote_indent = px(14)
        self.quote_bar = px(3)
        self.code_padding = px(12)
        self.code_header = px(28)
        self.column_cap = px(320)
        self.overhang = px(2)
        """Of the ground of inline code."""

    def _read_colors(self, theme: Theme) -> None:
        color = theme.color
        self.text, self.muted, self.faint = color("text"), color("muted"), color("faint")
        self.accent, self.on_accent, self.line = color("accent"), color("on_accent"), color("line")
        self.card, self.code, self.hover = color("card"), color("code"), color("hover")
        self.control_line = color("control_line")
        # On the page the `code` ground alone can hardly be told from it; fences have a border besides.
        self.inline_code = _mixed(self.text, color("background"), 0.075)
        self.selected_line = _mixed(self.on_accent, self.accent, 0.55)
        self.role_colors = {role: QColor(name) for role, name in role_colors(theme.tokens).items()}
        self.palette = QPalette()
        self.palette.setColor(QPalette.ColorRole.Text, self.text)
        self.muted_palette = QPalette()
        self.muted_palette.setColor(QPalette.ColorRole.Text, self.muted)

    def _choose_fonts(self, theme: Theme) -> None:
        self._fixed_families = [QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).family()]
        if self._fixed_families != ["monospace"]:
            self._fixed_families.append("monospace")
        self._serif_families = ["STIX Two Text", "Cambria", "serif"]
        self.body = self._face(theme.font(BODY_PX), 21)
        self.body_metrics = QFontMetricsF(self.body.font)
        self.small = self._face(theme.font(12.5), 19)
        self.headings = tuple(
            self._face(theme.font(size, bold=True), size * 1.35, is_bold=True) for size in _HEADING_PX
        )
        fixed = theme.font(_CODE_PX)
        fixed.setFamilies(self._fixed_families)
        fixed.setStyleHint(QFont.StyleHint.Monospace)
        fixed.setFixedPitch(True)
        self.fence = self._face(fixed, 18.75, base=Style.CODE)
        self.fence.lines.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.formula = self._face(self._formula_font(theme.font(15)), 24, base=Style.MATH)
        self.formula.lines.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.formula.lines.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.cell = self._face(theme.font(13), 19)
        self.header_cell = self._face(theme.font(13, bold=True), 19, is_bold=True)
        # More room at the sides than above, without a format of each cell's own: that would be slow.
        self.cell_padding = self.px(6)
        self.cell_padding_x = self.cell_padding + self.px(4)
        for face in (self.cell, self.header_cell):
            face.lines.setLeftMargin(self.px(4))
            face.lines.setRightMargin(self.px(4))
        self.label_font = theme.font(11.5)
        self.chip_font = theme.font(12)
        self.chip_metrics = QFontMetricsF(self.chip_font)
        self.wrapping = QTextOption()
        self.wrapping.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.aligned: dict[str, QTextOption] = {"": self.wrapping}
        """How a table's cells are wrapped."""
        for name, alignment in CELL_ALIGNMENTS.items():
            self.aligned[name] = QTextOption(self.wrapping)
            self.aligned[name].setAlignment(alignment)
        self.code_lines = QTextOption()
        self.code_lines.setWrapMode(QTextOption.WrapMode.NoWrap)
        self.code_lines.setTabStopDistance(QFontMetricsF(fixed).horizontalAdvance("    "))
        self.code_wrapping = QTextOption(self.code_lines)
        self.code_wrapping.setWrapMode(QTextOption.WrapMode.WrapAnywhere)

    def _face(self, font: QFont, line: float, *, is_bold: bool = False, base: Style = Style.PLAIN) -> Face:
        lines = QTextBlockFormat()
        line_px = self.px(line)
        # A least height, not a fixed one: a line grows with a chip or with glyphs of another font.
        lines.setLineHeight(line_px, QTextBlockFormat.LineHeightTypes.MinimumHeight.value)
        metrics = QFontMetricsF(font)
        lift = max(0, round((line_px - metrics.height()) / 2))
        return Face(
            font, lines, font.pixelSize(), lift, line_px, metrics.height(), metrics.descent(), is_bold, base
        )

    def _formula_font(self, font: QFont) -> QFont:
        font.setFamilies(self._serif_families)
        font.setStyleHint(QFont.StyleHint.Serif)
        font.setItalic(True)
        return font

    def face_of(self, block: Block) -> Face:
        match block.kind:
            case BlockKind.HEADING:
                return self.headings[min(max(block.level, 1), len(self.headings)) - 1]
            case BlockKind.CODE:
                return self.fence
            case BlockKind.MATH:
                return self.formula
            case BlockKind.TABLE:
                return self.cell
            case _:
                return self.body

    def icon(self, name: str, role: str, size: float) -> QIcon:
        return self._theme.icon(name, role, round(size))

    # -- text ------------------------------------------------------------------------------------

    def char_format(
        self, face: Face, style: Style, *, is_link: bool = False, role: str = ""
    ) -> QTextCharFormat:
        """The format of a run. One object for all runs of a kind: Qt compares formats by value."""
        key = (style.value, face.size_px, face.is_bold, is_link, role)
        if (found := self._formats.get(key)) is None:
            found = self._formats[key] = self._make_format(face, style, is_link, role)
        return found

    def _make_format(self, face: Face, style: Style, is_link: bool, role: str) -> QTextCharFormat:
        made = QTextCharFormat()
        if Style.STRONG in style or face.is_bold:
            made.setFontWeight(QFont.Weight.DemiBold)
        if Style.EMPHASIS in style:
            made.setFontItalic(True)
        if Style.STRIKE in style:
            made.setFontStrikeOut(True)
        if Style.CODE in style and face.base is not Style.CODE:
            made.setFontFamilies(self._fixed_families)
            made.setFontFixedPitch(True)
            made.setProperty(QTextCharFormat.Property.FontPixelSize, round(face.size_px * _INLINE_CODE))
        if Style.MATH in style and face.base is not Style.MATH:
            made.setFontFamilies(self._serif_families)
            made.setFontStyleHint(QFont.StyleHint.Serif)
            made.setFontItalic(True)
        if is_link:
            made.setForeground(self.accent)
            made.setFontUnderline(True)
        elif role in self.role_colors:
            made.setForeground(self.role_colors[role])
        return made

    def text_width(self, face: Face, style: Style, text: str) -> float:
        """How wide a run is on one line."""
        key = (style.value, face.size_px, face.is_bold)
        if (width := self._widths.get((key, text))) is not None:
            return width
        if (metrics := self._metrics.get(key)) is None:
            font = self.char_format(face, style).font().resolve(face.font)
            metrics = self._metrics[key] = QFontMetricsF(font)
        if len(self._widths) >= _MOST_WIDTHS:
            self._widths.clear()
        width = self._widths[key, text] = metrics.horizontalAdvance(text)
        return width

    # -- chips -----------------------------------------------------------------------------------

    def chip_label(self, citation: Citation) -> tuple[str, str]:
        """What a chip says: the title and the times."""
        title = _seen(" ".join((citation.title or self._name_of(citation)).split()))
        if not title and citation.url:
            title = QUrl(citation.url).host()
        times = clock_range(citation)
        if not title:
            title = "collection" if citation.collection_id else ("note" if citation.text_id else "clip")
        title = " ".join(title.split())
        return (title if len(title) <= _LONGEST_TITLE else f"{title[: _LONGEST_TITLE - 2]}…"), times


def _seen(title: str) -> str:
    """A title without what can't be seen and what turns other text around; joiners of emoji stay."""
    return "".join(
        c for c in clean(title) if c in _JOINERS or unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cs")
    )


def _mixed(color: QColor, ground: QColor, share: float) -> QColor:
    """`share` of a colour over a ground."""
    return QColor.fromRgbF(
        color.redF() * share + ground.redF() * (1 - share),
        color.greenF() * share + ground.greenF() * (1 - share),
        color.blueF() * share + ground.blueF() * (1 - share),
    )
