"""Misspelt words in the message: underlined, put right from the menu, and left alone where they are none."""

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QApplication, QMenu

from chat.test_spelling import FakeSpeller
from desktop.hand import Hand
from trackside.chat.preferences import Preferences
from trackside.chat.tasks import OwnedTasks
from trackside.domain.settings import Settings
from trackside.storage.settings import LoadedSettings
from trackside.ui.composer.misspellings import words_in
from trackside.ui.composer.spell_check import SpellCheck
from ui.support import OpenWindow

WAVE = QTextCharFormat.UnderlineStyle.SpellCheckUnderline


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Does the crane load?", ["Does", "the", "crane", "load"]),
        ("It’s ça naïve", ["It's", "ça", "naïve"]),
        ("see `carne.load()` and https://carne.example/x or me@carne.example", ["see", "and", "or"]),
        ("/echo C:\\temp\\carne final_cut v2 take3", []),
        ("NASA TwelveLabs a I", []),
        ("see trackside.example, www.carne or C:carne", ["see", "or"]),
        ("x" * 61, []),
        ("港のクレーン crane ما", ["crane"]),
        ("", []),
    ],
)
def test_what_is_a_word_at_all(text: str, words: list[str]) -> None:
    assert [word for _, word in words_in(text, latin_only=True)] == words


def test_other_scripts_are_looked_at_where_the_system_is_written_in_one() -> None:
    assert [word for _, word in words_in("кран crane", latin_only=False)] == ["кран", "crane"]


def underlined(hand: Hand) -> list[str]:
    marks = hand.window.composer.message.extraSelections()
    return [mark.cursor.selectedText() for mark in marks if mark.format.underlineStyle() == WAVE]


def test_misspelt_words_are_underlined_and_put_right(at_service: OpenWindow, tmp_path: Path) -> None:
    async def work(hand: Hand) -> None:
        message = hand.window.composer.message
        tasks = OwnedTasks()
        preferences = Preferences(LoadedSettings(Settings(spell_check=True)))
        check = SpellCheck(message, hand.theme, preferences, tasks, None, FakeSpeller)
        try:
            message.setPlainText("the 🎬 carne loads")
            message.moveCursor(QTextCursor.MoveOperation.End)
            await hand.until(lambda: underlined(hand) == ["carne"], "an underlined word")

            # One that is still being written is left alone.
            await hand.type(" corgo")
            await hand.until(lambda: underlined(hand) == ["carne"])
            await hand.type(" ")
            await hand.until(lambda: underlined(hand) == ["carne", "corgo"], "the word that was left")

            cursor = message.textCursor()
            cursor.setPosition(message.toPlainText().index("carne") + 3)
            message.setTextCursor(cursor)
            place = QPoint(1, 1)
            event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, place, message.mapToGlobal(place))
            QApplication.sendEvent(message, event)
            menu = next(menu for menu in message.findChildren(QMenu) if menu.isVisible())
            await hand.until(lambda: menu.actions()[0].text() == "crane", "words that may be meant")
            assert "Add to the dictionary" in [action.text() for action in menu.actions()]
            menu.actions()[0].trigger()
            menu.close()
            assert message.toPlainText() == "the 🎬 crane loads corgo "
            await hand.until(lambda: underlined(hand) == ["corgo"])

            preferences.change(spell_check=False)
            await hand.until(lambda: underlined(hand) == [], "nothing underlined")
        finally:
            await check.aclose()
            await tasks.aclose()
            message.clear()
            await hand.press(Qt.Key.Key_Escape)

    at_service(work)


def test_code_and_what_is_too_long_are_not_looked_at(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        message = hand.window.composer.message
        tasks = OwnedTasks()
        preferences = Preferences(LoadedSettings(Settings(spell_check=True)))
        check = SpellCheck(message, hand.theme, preferences, tasks, None, FakeSpeller)
        said: list[str] = []
        try:
            message.setPlainText("carne\n```\ncorgo\n```\ncrain `crone`\n")
            message.moveCursor(QTextCursor.MoveOperation.End)
            await hand.until(lambda: underlined(hand) == ["carne", "crain"], "underlined words")
            message.textChanged.connect(lambda: said.append(message.toPlainText()))
            message.moveCursor(QTextCursor.MoveOperation.Start)
            await hand.until_drawn()
            assert not said, "what is underlined is no change of the text"
            message.setPlainText("carne " * 4000)
            await hand.until(lambda: underlined(hand) == [], "nothing underlined")
        finally:
            await check.aclose()
            await tasks.aclose()
            message.clear()

    at_service(work)
