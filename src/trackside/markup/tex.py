"""TeX's commands as text: what pylatexenc lacks, or says in a way that loses the meaning."""

SUPER = str.maketrans(
    "0123456789+-−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWβγδθφχ′∘",
    "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵝᵞᵟᶿᵠᵡ′°",
)
SUB = str.maketrans("0123456789+-−=()aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ")
FENCES = {
    "matrix": ("[", "]"),
    "smallmatrix": ("[", "]"),
    "array": ("[", "]"),
    "pmatrix": ("(", ")"),
    "bmatrix": ("[", "]"),
    "Bmatrix": ("{", "}"),
    "vmatrix": ("|", "|"),
    "Vmatrix": ("‖", "‖"),
    "cases": ("{ ", ""),
}
LINES = frozenset(
    f"{name}{star}"
    for name in ("align", "aligned", "eqnarray", "equation", "gather", "gathered", "multline", "split")
    for star in ("", "*")
)
SYMBOLS = {
    "implies": "⟹",
    "impliedby": "⟸",
    "iff": "⟺",
    "dots": "…",
    "dotsc": "…",
    "dotsb": "⋯",
    "lVert": "‖",
    "rVert": "‖",
    "lvert": "|",
    "rvert": "|",
    "colon": ":",
    "lbrace": "{",
    "rbrace": "}",
    "lbrack": "[",
    "rbrack": "]",
    "bmod": "mod",
    "argmax": "argmax",
    "argmin": "argmin",
    "prime": "′",
    "circ": "∘",
    "ne": "≠",
    "triangleq": "≜",
    "coloneqq": "≔",
    "checkmark": "✓",
    "blacksquare": "■",
    "square": "□",
    "qed": "∎",
    "varnothing": "∅",
}
TEMPLATES = {
    "binom": ("{{", "({} choose {})"),
    "dbinom": ("{{", "({} choose {})"),
    "tbinom": ("{{", "({} choose {})"),
    "operatorname": ("*{", "{1}"),
    "boxed": ("{", "[{}]"),
    "tag": ("*{", "  ({1})"),
    "pmod": ("{", "(mod {})"),
    "underbrace": ("{", "{}"),
    "overbrace": ("{", "{}"),
    "overset": ("{{", "{1}^({0})"),
    "underset": ("{{", "{1}_({0})"),
    "stackrel": ("{{", "{1}^({0})"),
    "xrightarrow": ("[{", "→({1})"),
    "mathop": ("{", "{}"),
    "mathbin": ("{", "{}"),
    "mathrel": ("{", "{}"),
    "mbox": ("{", "{}"),
    "textrm": ("{", "{}"),
    "mathrm": ("{", "{}"),
    "phantom": ("{", " "),
    "hspace": ("*{", " "),
}
FRACTIONS = frozenset({"frac", "dfrac", "tfrac", "cfrac", "nicefrac", "sfrac"})
LINED = {"overline": "\u0305", "underline": "\u0332", "cancel": "\u0336"}
ROOTS = {"": "√", "2": "√", "3": "∛", "4": "∜"}
FORBIDDEN = frozenset(
    {
        "author",
        "autoref",
        "chapter",
        "cite",
        "citep",
        "citet",
        "cref",
        "Cref",
        "date",
        "eqref",
        "footnote",
        "href",
        "include",
        "includegraphics",
        "input",
        "item",
        "label",
        "maketitle",
        "paragraph",
        "part",
        "ref",
        "section",
        "subsection",
        "title",
        "today",
        "url",
    }
)
"""No formula has these; what pylatexenc says of them is not what stands in the source."""
