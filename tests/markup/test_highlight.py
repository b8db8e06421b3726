"""Colours of code."""

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trackside.markup.highlight import LONGEST_CODE, Highlighter, highlight
from trackside.markup.runs import TextRun

PYTHON = '@wraps\ndef walk(path: str) -> int:\n    """Counts."""\n    # all\n    return len(path) + 12\n'


def roles(code: str, language: str) -> dict[str, str]:
    return {run.text.strip(): run.role for run in highlight(code, language)}


def test_roles_of_python() -> None:
    found = roles(PYTHON, "python")
    assert found["def"] == "keyword"
    assert found["walk"] == "name"
    assert found["@wraps"] == "name"
    assert found['"""Counts."""'] == "string"
    assert found["# all"] == "comment"
    assert found["12"] == "number"
    assert found["+"] == "operator"
    assert found["(path:"] == ""


def test_json_diff_and_console() -> None:
    assert roles('{"a": [1, true, "b"]}', "json")['"a"'] == "name"
    assert roles('{"a": [1, true, "b"]}', "json")["true"] == "keyword"
    changed = roles("-old\n+new\n same\n", "diff")
    assert changed["-old"] != changed["+new"] != ""
    assert roles("$ ls -l\nfile\n", "console")["$"] == "comment"


@pytest.mark.parametrize(
    "language",
    [
        "python",
        "PYTHON",
        "js",
        "c++",
        "html",
        "sql",
        "bash",
        "console",
        "diff",
        "json",
        "yaml",
        "rust",
        "go",
        "php",
        "tex",
        "pycon",
        "nosuch",
        "",
        "text",
    ],
)
@pytest.mark.parametrize(
    "code", ["", "\n", "\n\n  x = 1\n\n", "a\r\nb\r", "\t'open", "{\n", "漢字 👩‍👩‍👧", "$ x\n>>> y"]
)
def test_text_is_never_changed(language: str, code: str) -> None:
    assert "".join(run.text for run in highlight(code, language)) == code


@pytest.mark.parametrize("language", ["nosuch", "", "text", "../../etc", "python extra"])
def test_unknown_language_is_plain(language: str) -> None:
    assert highlight("x = 1", language) == [TextRun("x = 1")]


def test_long_code_is_plain() -> None:
    code = "x = 1\n" * LONGEST_CODE
    assert highlight(code, "python") == [TextRun(code)]


def test_only_the_language_asked_for_is_loaded() -> None:
    highlight("x", "ada")
    assert "pygments.lexers.ada" in sys.modules
    assert "pygments.lexers.haxe" not in sys.modules


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60), st.sampled_from(["python", "json", "html", "bash", "c", "markdown", "console"]))
def test_any_text_comes_back_whole(code: str, language: str) -> None:
    assert "".join(run.text for run in highlight(code, language)) == code


SAMPLES = {
    "python": PYTHON + 'text = f"""a\n{b + 1}\n# no comment\n"""\nclass A(B):\n    pass\n',
    "js": "/* a\nb */ const x = `a ${b}\n// c\n`; // d\nfunction f() { return /x/g }\n",
    "ts": "const x = `a ${b}\n// c\n`; // d\nfunction f() { return /x/g }\n",
    "c": "/* a\n * int\n */\nint main(void) { return 0; }\n",
    "html": "<p class='a'\n title=\"b\">x</p>\n<!-- a\nb -->\n<script>\nlet x = 1;\n</script>\n",
    "json": '{"a": [1,\ntrue],\n"b": null}\n',
    "console": "$ ls\nfile\n$ cat x\n",
    "bash": 'cat <<EOF\nif\nEOF\nfor x in 1 2; do echo "$x\n"; done\n',
}


def coloured(runs: list[TextRun]) -> list[tuple[str, str]]:
    return [(char, run.role) for run in runs for char in run.text if not char.isspace()]


@pytest.mark.parametrize("language", ["python", "ts"])
def test_colours_go_on_over_segments(language: str) -> None:
    code = SAMPLES[language]
    whole = coloured(highlight(code, language))
    for cut in (index for index, char in enumerate(code) if char == "\n"):
        highlighter = Highlighter(language)
        first = highlighter.highlight(code[:cut])
        second = Highlighter(language, highlighter.state).highlight(code[cut + 1 :])
        assert coloured([*first, *second]) == whole


@pytest.mark.parametrize("language", [*SAMPLES, "nosuch"])
def test_segments_of_any_language_are_whole(language: str) -> None:
    highlighter = Highlighter(language)
    for line in SAMPLES.get(language, PYTHON).split("\n"):
        assert "".join(run.text for run in highlighter.highlight(line)) == line
