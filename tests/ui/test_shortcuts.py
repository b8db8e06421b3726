"""Which keys the commands have, when the user chose others and when two want the same."""

import pytest
from PySide6.QtGui import QKeySequence

from trackside.ui.actions import COMMANDS
from trackside.ui.shortcuts import Shortcuts, owner_of, refusal, with_keys, without_choice

FREE = QKeySequence("Ctrl+Shift+F7")


def names(keys: list[QKeySequence]) -> list[str]:
    return [key.toString(QKeySequence.SequenceFormat.PortableText) for key in keys]


def test_without_a_choice_each_command_has_the_keys_it_came_with() -> None:
    shortcuts = Shortcuts({})
    for command in COMMANDS:
        assert shortcuts.sequences_of(command.name) == [QKeySequence(keys) for keys in command.keys]
    assert shortcuts.words_of("import") == ""
    assert shortcuts.tooltip("Import", "import") == "Import"
    assert shortcuts.tooltip("Export", "export") == f"Export ({shortcuts.words_of('export')})"


def test_no_command_comes_with_keys_that_it_could_not_be_given() -> None:
    came_with = [QKeySequence(keys) for command in COMMANDS for keys in command.keys]
    assert [refusal(keys) for keys in came_with if refusal(keys)] == []


def test_another_choice_is_told_once() -> None:
    shortcuts = Shortcuts({})
    told: list[None] = []
    shortcuts.changed.connect(lambda: told.append(None))
    shortcuts.use({"new": "Ctrl+J"})
    shortcuts.use({"new": "Ctrl+J"})
    assert names(shortcuts.sequences_of("new")) == ["Ctrl+J"]
    assert len(told) == 1


def test_a_command_can_be_left_without_keys() -> None:
    chosen = with_keys({}, "quit", QKeySequence())
    assert chosen == {"quit": ""}
    assert Shortcuts(chosen).sequences_of("quit") == []


def test_keys_are_taken_from_whoever_has_them() -> None:
    chosen = with_keys({}, "find", QKeySequence("Ctrl+N"))
    assert chosen == {"find": "Ctrl+N", "new": ""}
    assert owner_of(QKeySequence("Ctrl+N"), chosen) == next(c for c in COMMANDS if c.name == "find")


def test_of_several_keys_the_others_stay() -> None:
    chosen = with_keys({}, "find", QKeySequence("Ctrl+="))
    assert chosen == {"find": "Ctrl+=", "zoom_in": "Ctrl++"}


def test_the_keys_that_it_came_with_are_no_choice() -> None:
    assert with_keys({"find": "Ctrl+J"}, "find", QKeySequence("Ctrl+F")) == {}


def test_a_reset_takes_the_keys_back() -> None:
    chosen = with_keys(with_keys({}, "find", QKeySequence("Ctrl+N")), "new", FREE)
    assert without_choice(chosen, "new") == {"find": ""}
    assert without_choice({"new": ""}, "new") == {}


def test_what_a_later_version_has_chosen_is_kept() -> None:
    assert with_keys({"teleport": "Ctrl+T"}, "find", FREE)["teleport"] == "Ctrl+T"
    assert without_choice({"teleport": "Ctrl+T", "new": "Ctrl+J"}, "new") == {"teleport": "Ctrl+T"}


def test_what_is_no_key_leaves_a_command_without() -> None:
    assert Shortcuts({"new": "no such key at all"}).sequences_of("new") == []


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ("Ctrl+C", "typing"),
        ("Ctrl+Left", "typing"),
        ("Alt+Backspace", "typing"),
        ("X", "would be typed"),
        ("Shift+X", "would be typed"),
        ("F2", "fixed"),
        ("Ctrl+Return", "typing"),
        ("Alt+F4", "fixed"),
        ("F7", ""),
        ("Ctrl+J", ""),
        ("Alt+J", ""),
        ("Meta+J", ""),
        ("Esc", ""),
    ],
)
def test_keys_that_the_window_needs_are_refused_in_words(keys: str, why: str) -> None:
    said = refusal(QKeySequence(keys))
    assert why in said
    assert bool(said) == bool(why)
