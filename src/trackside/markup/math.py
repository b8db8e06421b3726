"""Formulas as text that one can read: TeX put into Unicode."""

import re
from functools import cache, lru_cache

from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db
from pylatexenc.latexwalker import (
    LatexCharsNode,
    LatexEnvironmentNode,
    LatexGroupNode,
    LatexMacroNode,
    LatexNode,
    LatexSpecialsNode,
    LatexWalker,
    LatexWalkerError,
)
from pylatexenc.latexwalker import get_default_latex_context_db as get_walker_context_db
from pylatexenc.macrospec import LatexContextDb, MacroSpec

from trackside.markup.tex import (
    FENCES,
    FORBIDDEN,
    FRACTIONS,
    LINED,
    LINES,
    ROOTS,
    SUB,
    SUPER,
    SYMBOLS,
    TEMPLATES,
)

LONGEST_FORMULA = 2_000
_DEEPEST = 40
_KEPT = 256
"""So many formulas are remembered: the open paragraph is read again at each frame."""

_IDLE = re.compile(
    r"\\(?:(?:left|right|middle)(?![A-Za-z])\s*\.?"
    r"|(?:[bB]igg?[lrm]?|displaystyle|textstyle|scriptstyle|limits|nolimits|nonumber|notag|hfill"
    r"|rm|it|bf)(?![A-Za-z])|!)"
)
_PERCENT = re.compile(r"(?<!\\)%")
_SCRIPT = re.compile(r"[\^_']|[^\^_']+")
_SPACES = re.compile(r"[ \t\xa0\u2000-\u200a]+")
_PLAIN = re.compile(r"(?:[\w.,′]|[^\W\d_][\u0300-\u036f]+)+")
_TOUCHES = re.compile(r"[\w(√\[{]")


class _UnreadableError(Exception):
    """The formula has something that we can't say in text."""


_FAULTS = (
    LatexWalkerError,
    _UnreadableError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    RecursionError,
)
"""What broken TeX can end in: pylatexenc checks less than it uses."""


@lru_cache(_KEPT)
def readable(tex: str) -> str | None:
    """The formula as Unicode text, or None where it can't be read: the source is better than half of it."""
    tex = tex.strip()
    if not tex or len(tex) > LONGEST_FORMULA or tex.count("{") + tex.count(r"\begin") > 400:
        return None
    source = _PERCENT.sub(r"\\%", _IDLE.sub("", tex))
    try:
        if _depth(source) > _DEEPEST:
            return None
        nodes = LatexWalker(source, latex_context=_walker_context(), tolerant_parsing=False)
        text = _text_maker().nodelist_to_text(nodes.get_latex_nodes()[0])
    except _FAULTS:
        return None
    lines = (_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line) or None


def _depth(source: str) -> int:
    deepest = depth = 0
    for char in source:
        if char == "{":
            depth += 1
            deepest = max(deepest, depth)
        elif char == "}":
            depth -= 1
    return deepest + source.count(r"\begin")


class _TextMaker(LatexNodes2Text):  # type: ignore[misc]
    """pylatexenc's text of a formula, with scripts, fractions, roots and matrices that can be read."""

    def nodelist_to_text(self, nodelist: list[LatexNode]) -> str:
        """All nodes' text; a script belongs to what follows its sign."""
        pieces: list[str] = []
        script = ""
        for node in nodelist:
            if isinstance(node, LatexCharsNode):
                script = self._add_characters(pieces, node.chars, script)
                continue
            text = self.node_to_text(node)
            if script:
                pieces.append(_script(text, script))
                script = ""
            elif isinstance(node, LatexMacroNode) and node.macroname in FRACTIONS:
                pieces.append(_Fraction(text))
            else:
                pieces.append(text)
            if isinstance(node, LatexMacroNode) and not _arguments(node):
                pieces.append(" " if node.macro_post_space else "")
        pieces.append(script)
        return _joined([piece for piece in pieces if piece])

    def _add_characters(self, pieces: list[str], text: str, script: str) -> str:
        for match in _SCRIPT.finditer(text):
            piece = match[0]
            if script and (piece := piece.lstrip()):
                pieces.append(_script(piece[0], script))
                piece, script = piece[1:], ""
            if piece in ("^", "_"):
                script = piece
            elif piece:
                pieces.append("′" if piece == "'" else piece)
        return script

    def macro_node_to_text(self, node: LatexMacroNode) -> str:
        """A command's text. One that we don't know makes the formula unreadable."""
        name = node.macroname
        if name == "\\":
            return "\n"
        if name in SYMBOLS:
            return SYMBOLS[name]
        arguments = [self._groupnodecontents_to_text(argument) for argument in _arguments(node)]
        if name in FRACTIONS:
            return f"{_wrapped(arguments[-2])}/{_wrapped(arguments[-1])}"
        if name == "sqrt":
            index = arguments[0].strip() if len(arguments) > 1 else ""
            return ROOTS.get(index, f"{_script(index, '^')}√") + _wrapped(arguments[-1])
        if name in LINED:
            return "".join(char + LINED[name] for char in arguments[0])
        if name in TEMPLATES:
            return TEMPLATES[name][1].format(*arguments)
        if name in FORBIDDEN or self.latex_context.get_macro_spec(name) is None:
            raise _UnreadableError(name)
        return str(super().macro_node_to_text(node))

    def environment_node_to_text(self, node: LatexEnvironmentNode) -> str:
        """Matrices in one line, rows parted by semicolons; aligned equations a line each."""
        name = node.environmentname
        rows = self._rows(node.nodelist)
        if name in LINES:
            return "\n".join(" ".join(filter(None, cells)) for cells in rows)
        if name not in FENCES:
            raise _UnreadableError(name)
        opening, closing = FENCES[name]
        parted = (", " if name == "cases" else " ").join
        return opening + "; ".join(parted(cells) for cells in rows) + closing

    def _rows(self, nodes: list[LatexNode]) -> list[list[str]]:
        rows: list[list[list[LatexNode]]] = [[[]]]
        for node in nodes:
            if isinstance(node, LatexMacroNode) and node.macroname == "\\":
                rows.append([[]])
            elif isinstance(node, LatexSpecialsNode) and node.specials_chars == "&":
                rows[-1].append([])
            elif not (isinstance(node, LatexMacroNode) and node.macroname == "hline"):
                rows[-1][-1].append(node)
        texts = [[self.nodelist_to_text(cell).strip() for cell in row] for row in rows]
        return [row for row in texts if any(row)]


class _Fraction(str):
    """Text of a fraction, which needs parentheses where something stands close to it."""

    __slots__ = ()


def _joined(pieces: list[str]) -> str:
    result: list[str] = []
    for index, piece in enumerate(pieces):
        if isinstance(piece, _Fraction):
            following = pieces[index + 1] if index + 1 < len(pieces) else ""
            before = result[-1][-1:] if result else ""
            touches = _TOUCHES.match(following.lstrip()) or following[:1] in _RAISED or before.isalnum()
            result.append(f"({piece})" if touches and len(pieces) > 1 else piece)
        else:
            result.append(piece)
    return "".join(result)


_RAISED = frozenset("^_" + "".join(map(chr, (*SUPER.values(), *SUB.values()))))


def _script(text: str, sign: str) -> str:
    """A script as raised or lowered characters where Unicode has all of them."""
    text = text.strip()
    table = SUPER if sign == "^" else SUB
    packed = text.replace(" ", "")
    if packed and all(ord(char) in table for char in packed):
        return packed.translate(table)
    return f"{sign}{text}" if len(text) <= 1 else f"{sign}({text})"


def _wrapped(text: str) -> str:
    text = text.strip()
    return text if len(text) <= 1 or _PLAIN.fullmatch(text) else f"({text})"


def _arguments(node: LatexMacroNode) -> list[LatexGroupNode | None]:
    return list(node.nodeargd.argnlist or ()) if node.nodeargd else []


@cache
def _walker_context() -> LatexContextDb:
    context = get_walker_context_db()
    macros = [MacroSpec(name, "{{") for name in sorted(FRACTIONS)]
    macros += [MacroSpec(name, "{") for name in LINED]
    macros += [MacroSpec(name, arguments) for name, (arguments, _) in TEMPLATES.items()]
    context.add_context_category("trackside", macros=macros, prepend=True)
    return context


@cache
def _text_maker() -> _TextMaker:
    context = get_default_latex_context_db()
    macros = [MacroTextSpec(name, simplify_repl="") for name in ("displaylimits", "mathstrut", "strut")]
    context.add_context_category("trackside", macros=macros, prepend=True)
    return _TextMaker(latex_context=context, math_mode="text", keep_comments=False)
