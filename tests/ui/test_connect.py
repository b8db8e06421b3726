"""The door to the service: keys that are refused, kept, replaced and removed, and never seen again."""

import threading
from pathlib import Path
from typing import Any

import pytest
from keyring.errors import KeyringLocked
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QListWidget, QPlainTextEdit

from desktop.hand import Hand
from trackside.chat.connections import KEY_VARIABLE
from trackside.sandbox.app import INVALID_KEY, NO_JOCKEY_KEY
from trackside.sandbox.server import SandboxServer
from trackside.storage.key_vault import KeyVault
from trackside.storage.paths import DataPaths
from ui.support import KEY, OpenWindow

OTHER_KEY = "tlk_AnotherKeyThatMustNotBeSeen"
CTRL = Qt.KeyboardModifier.ControlModifier


class AtDoors:
    """Opens a newcomer's window with a keyring of the test's own."""

    def __init__(self, open_window: OpenWindow, service: SandboxServer, keyring: Any) -> None:
        self._open, self._service, self._keyring = open_window, service, keyring

    def __call__(self, work: Any, **how: Any) -> None:
        vault = KeyVault(lambda: self._keyring, limit_s=0.5)
        self._open(work, **({"base_url": self._service.base_url, "vault": vault} | how))


@pytest.fixture
def at_doors(open_window: OpenWindow, service: SandboxServer, fake_keyring: Any) -> AtDoors:
    return AtDoors(open_window, service, fake_keyring)


def assert_unseen(hand: Hand, key: str) -> None:
    """The key stands in no widget, whether it can be seen or not."""
    for widget in QApplication.allWidgets():
        texts = [widget.accessibleName(), widget.accessibleDescription(), widget.toolTip()]
        if isinstance(widget, QLabel | QLineEdit):
            texts.append(widget.text())
        elif isinstance(widget, QPlainTextEdit):
            texts.append(widget.toPlainText())
        assert not [text for text in texts if key in text], widget


def assert_unwritten(folder: Path, key: str) -> None:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if key.encode() in path.read_bytes()]


async def give_key(hand: Hand, key: str, name: str = "API key") -> None:
    field = hand.find(name, QLineEdit)
    field.clear()
    await hand.type(key, name)
    QTest.keyClick(field, Qt.Key.Key_Return)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (INVALID_KEY, "The service refused the key."),
        (NO_JOCKEY_KEY, "Your key works, but its account has no access to Jockey yet. Ask for access"),
        ("two words", "This is no API key. Paste it whole, without spaces."),
        ("schlüssel", "This is no API key. It has characters that no key has; copy it once more."),
    ],
)
def test_refused_key_is_explained_and_can_be_replaced(
    at_doors: AtDoors, fake_keyring: Any, key: str, words: str
) -> None:
    async def work(hand: Hand) -> None:
        assert QApplication.focusWidget() is hand.find("API key")
        await give_key(hand, key)
        await hand.until_words(words)
        assert hand.has("Open the sandbox")
        assert not fake_keyring.keys
        await give_key(hand, KEY)
        await hand.until_connected()
        assert list(fake_keyring.keys.values()) == [KEY]

    at_doors(work)


def test_key_is_kept_in_the_keyring_alone(
    at_doors: AtDoors, fake_keyring: Any, data_paths: DataPaths, caplog: pytest.LogCaptureFixture
) -> None:
    async def first(hand: Hand) -> None:
        await give_key(hand, f"  {KEY} ")
        await hand.until_connected()
        assert QApplication.focusWidget() is hand.find("Message")
        assert " · system keyring: Fake" in hand.words
        assert list(fake_keyring.keys.values()) == [KEY]
        await hand.ask("/echo hello")
        await hand.until_answered()
        await hand.press(Qt.Key.Key_4, Qt.KeyboardModifier.AltModifier)
        assert_unseen(hand, KEY)

    async def second(hand: Hand) -> None:
        await hand.until_connected()
        await hand.until_words("hello")
        assert "system keyring: Fake" in hand.words
        assert_unseen(hand, KEY)

    at_doors(first)
    at_doors(second)
    assert_unwritten(data_paths.root, KEY)
    assert KEY not in caplog.text


def test_a_question_without_a_key_leads_to_where_one_is_entered(
    at_doors: AtDoors, fake_keyring: Any, data_paths: DataPaths
) -> None:
    async def work(hand: Hand) -> None:
        await give_key(hand, KEY)
        await hand.until_connected()
        await hand.press(Qt.Key.Key_Comma, CTRL)
        await hand.until(lambda: hand.has("Pages of the settings"))
        pages = hand.find("Pages of the settings", QListWidget)
        names = [pages.item(row).text() for row in range(pages.count())]
        pages.setCurrentRow(names.index("Connections"))
        await hand.until(lambda: hand.has("Remove key"))
        await hand.click("Remove key")
        await hand.until(lambda: not fake_keyring.keys)
        await hand.until_words("no key")
        await hand.click("Close")
        await hand.ask("Without a key?")
        await hand.until(lambda: hand.has("Open connection settings"))
        assert "There is no API key. Enter one in the connection's settings." in hand.words
        await hand.click("Open connection settings")
        await hand.until(lambda: hand.has("Save key"))
        await give_key(hand, OTHER_KEY)
        await hand.until(lambda: list(fake_keyring.keys.values()) == [OTHER_KEY])
        await hand.until(lambda: not hand.find("API key", QLineEdit).text())
        assert_unseen(hand, OTHER_KEY)
        await hand.click("Close")

    at_doors(work)
    assert_unwritten(data_paths.root, KEY)
    assert_unwritten(data_paths.root, OTHER_KEY)


def test_key_serves_this_run_when_the_keyring_fails(
    at_doors: AtDoors, fake_keyring: Any, data_paths: DataPaths
) -> None:
    async def first(hand: Hand) -> None:
        fake_keyring.failure = KeyringLocked("in the way")
        await give_key(hand, KEY)
        await hand.until_connected()
        assert "The keyring is locked." in hand.words
        assert " · key for this run only" in hand.words
        await hand.ask("/echo it works")
        await hand.until_answered()
        assert hand.answers == ["it works"]

    async def second(hand: Hand) -> None:
        fake_keyring.failure = None
        await hand.until_words("no key")

    at_doors(first)
    at_doors(second)
    assert_unwritten(data_paths.root, KEY)


def test_hanging_keyring_does_not_stop_the_window(
    at_doors: AtDoors, fake_keyring: Any, expected_log: Any
) -> None:
    expected_log("the keyring hangs")

    async def work(hand: Hand) -> None:
        fake_keyring.hold = threading.Event()
        await give_key(hand, KEY)
        await hand.until_words("The keyring has not answered for 0.5 s.")
        await hand.until_connected()
        fake_keyring.hold.set()
        await hand.until_words("system keyring: Fake")

    at_doors(work)


def test_system_without_a_keyring_says_so(open_window: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        await give_key(hand, KEY)
        await hand.until_connected()
        assert "This system has no keyring." in hand.words
        assert "The key can be used for this run only." in hand.words

    open_window(work, base_url=service.base_url)


def test_key_of_the_environment_needs_no_door(
    at_doors: AtDoors, fake_keyring: Any, data_paths: DataPaths
) -> None:
    async def work(hand: Hand) -> None:
        await hand.until_connected()
        assert QApplication.focusWidget() is hand.find("Message")
        assert f" · key from {KEY_VARIABLE}" in hand.words
        await hand.ask("/echo hello")
        await hand.until_answered()
        assert hand.answers == ["hello"]
        assert not fake_keyring.keys
        assert "set" not in fake_keyring.calls
        assert_unseen(hand, KEY)

    at_doors(work, environment={KEY_VARIABLE: KEY})
    assert_unwritten(data_paths.root, KEY)


def test_from_the_sandbox_to_the_service(at_doors: AtDoors) -> None:
    async def work(hand: Hand) -> None:
        await hand.click("Open the sandbox")
        await hand.until_connected()
        assert "Sandbox: answers are quoted from captions, not made by a model." in hand.words
        await hand.click("Connect to TwelveLabs")
        await give_key(hand, KEY)
        await hand.until_words("system keyring: Fake")
        await hand.until(lambda: not hand.has("Connect to TwelveLabs"), "the banner's end")
        await hand.until_connected()

    at_doors(work)


def test_a_look_at_the_doors_is_no_trap(at_doors: AtDoors) -> None:
    """Whoever clicks “Connect” in the sandbox's banner can go back without a key."""

    async def work(hand: Hand) -> None:
        await hand.click("Open the sandbox")
        await hand.until_connected()
        await hand.type("half a question")
        await hand.click("Connect to TwelveLabs")
        await hand.until(lambda: hand.has("API key"))
        await hand.press(Qt.Key.Key_Escape)
        await hand.until(lambda: hand.has("Message"), "the chat")
        assert hand.find("Message", QPlainTextEdit).toPlainText() == "half a question"

    at_doors(work)


def test_doors_stand_on_the_windows_ground(open_window: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        picture = hand.window.grab().toImage()
        for x, y in ((4, picture.height() - 4), (picture.width() - 4, picture.height() // 2)):
            assert picture.pixelColor(x, y).name() == hand.theme.tokens.background

    open_window(work)
