"""Formulas as readable text."""

import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trackside.markup.math import LONGEST_FORMULA, readable

_BITS = [
    *r"\{}^_&$%#~x1[]' ",
    "\n",
    "\\\\",
    r"\frac",
    r"\sqrt",
    r"\left",
    r"\(",
    r"\text",
    r"\hat",
    r"\begin{pmatrix}",
]
_BITS += [r"\end{pmatrix}", r"\begin{cases}", r"\end{cases}", r"\left(", r"\sum"]


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        ("x^2", "x²"),
        ("a_i", "aᵢ"),
        ("x^{n+1}", "xⁿ⁺¹"),
        ("x^{n*k}", "x^(n*k)"),
        ("x_i^2", "xᵢ²"),
        ("f'(x)", "f′(x)"),
        (r"90^\circ", "90°"),
        (r"\frac{a}{b}", "a/b"),
        (r"\frac{a}{b+1}", "a/(b+1)"),
        (r"\dfrac12", "1/2"),
        (r"2\frac{1}{2}x", "2(1/2)x"),
        (r"\frac{-b \pm \sqrt{b^2-4ac}}{2a}", "(-b ± √(b²-4ac))/2a"),
        (r"\sqrt{2} + \sqrt[3]{x+1} + \sqrt[n]{y}", "√2 + ∛(x+1) + ⁿ√y"),
        (r"\sum_{i=1}^{n} \alpha_i \cdot x", "∑ᵢ₌₁ⁿ αᵢ · x"),
        (r"\int_0^1 x\,dx", "∫₀¹ x dx"),
        (r"\lim_{x\to\infty} f", "lim_(x→∞) f"),
        (r"a \leq b \Rightarrow \text{if } c", "a ≤ b ⇒ if c"),
        (r"\mathbb{R}^n \to \mathcal{L}", "ℝⁿ → ℒ"),
        (r"e^{i\pi}+1=0", "e^(iπ)+1=0"),
        (r"\binom{n}{k}", "(n choose k)"),
        (r"\operatorname{rank} A", "rank A"),
        (r"\left\{ x \right.", "{ x"),
        (r"x \in \{1,\dots,n\}", "x ∈ {1,…,n}"),
        (r"\overline{AB}", "A̅B̅"),
        ("50%", "50%"),
        (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", "(1 2; 3 4)"),
        (r"\begin{bmatrix}1&2\\3&4\end{bmatrix}", "[1 2; 3 4]"),
        (r"\begin{cases}1 & x>0\\0 & \text{else}\end{cases}", "{ 1, x>0; 0, else"),
        (r"\begin{aligned}a &= b\\c &= d\end{aligned}", "a = b\nc = d"),
        (r"x \\ y", "x\ny"),
    ],
)
def test_formula_is_readable(tex: str, text: str) -> None:
    assert readable(tex) == text


@pytest.mark.parametrize(
    "tex",
    [
        "",
        " ",
        "{",
        "}",
        r"\frac",
        r"\frac{a}",
        r"\begin{x}",
        r"\begin{unknown}a\end{unknown}",
        r"\nosuch{x}",
        r"\input{/etc/passwd}",
        r"\include{/etc/passwd}",
        r"\today",
        r"\href{http://x}{y}",
        "{" * 500 + "x" + "}" * 500,
        r"\sqrt{" * 200 + "x" + "}" * 200,
        "x" * (LONGEST_FORMULA + 1),
    ],
)
def test_what_cannot_be_read_is_left_to_its_source(tex: str) -> None:
    assert readable(tex) is None


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(_BITS), max_size=25).map("".join))
def test_broken_tex_neither_raises_nor_logs(tex: str) -> None:
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append  # type: ignore[method-assign]
    logging.getLogger("pylatexenc").addHandler(handler)
    try:
        text = readable(tex)
    finally:
        logging.getLogger("pylatexenc").removeHandler(handler)
    assert text is None or text.strip()
    assert not [record for record in records if record.levelno >= logging.WARNING]
