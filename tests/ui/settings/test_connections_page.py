"""The settings' page about connections: the list, the editor, keys that go in only, and what is confirmed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QMessageBox,
    QVBoxLayout,
)

from desktop.hand import Hand, settle
from trackside.domain.connection import Connection, ProxyChoice, is_loopback
from trackside.domain.settings import Settings
from trackside.sandbox.app import INVALID_KEY
from trackside.sandbox.server import SandboxServer
from trackside.storage.key_vault import SERVICE_NAME, KeyVault
from trackside.storage.paths import DataPaths
from trackside.ui.desk import Desk
from trackside.ui.settings.connection_editing import ConnectionEditing
from trackside.ui.settings.connections_page import ConnectionsPage
from ui.support import OpenWindow
from ui.two_services import PRIVATE_KEY, WORK_KEY, two_connections, two_keys

NEW_KEY = "tlk_ANewKeyThatIsNeverShown"
SECRET = "GatewaySecretThatIsNeverShown"
PageWork = Callable[[Hand, ConnectionsPage], Any]


class Pages:
    """Opens a window with “Work” and “Private”, and the page in a dialog of the test's own."""

    def __init__(self, open_window: OpenWindow, service: SandboxServer, keyring: Any) -> None:
        self.keyring = keyring
        self.url = service.base_url
        self.settings = two_connections(self.url, self.url)
        self._open = open_window
        self.desk: Desk
        self.editing: ConnectionEditing

    def __call__(self, work: PageWork, *, question: str = "", **how: Any) -> None:
        async def with_page(hand: Hand) -> None:
            if question:
                await hand.until_connected()
                await hand.ask(question)
                await hand.until_answered()
            self.desk = hand.window.findChildren(Desk)[0]
            self.editing = ConnectionEditing(self.desk)
            dialog = QDialog(hand.window)
            page = self.editing.make_page(hand.theme, 600)
            page.changed.connect(lambda changes: self.desk.preferences.change(**changes))
            QVBoxLayout(dialog).addWidget(page)
            dialog.resize(640, 1400)
            dialog.open()
            dialog.activateWindow()
            await hand.until(dialog.isActiveWindow, "the dialog")
            await hand.until(lambda: "Keys are kept in" in hand.words, "the page")
            await settle()
            await work(hand, page)
            dialog.close()

        vault = KeyVault(lambda: self.keyring, limit_s=0.5)
        self._open(with_page, **({"settings": self.settings, "vault": vault} | how))

    @property
    def kept(self) -> Settings:
        """The settings as they are now."""
        return self.desk.preferences.settings

    def connection(self, name: str) -> Connection:
        return next(one for one in self.kept.connections if one.name == name)


@pytest.fixture
def pages(open_window: OpenWindow, service: SandboxServer, fake_keyring: Any) -> Pages:
    fake_keyring.keys |= two_keys()
    return Pages(open_window, service, fake_keyring)


async def enter(hand: Hand, name: str, text: str) -> None:
    """Fills a field and leaves it."""
    field = hand.find(name, QLineEdit)
    field.setFocus()
    field.selectAll()
    QTest.keyClick(field, Qt.Key.Key_Delete)
    await hand.type(text, name)
    await hand.press(Qt.Key.Key_Tab)


async def confirm(hand: Hand, words: str) -> str:
    """Presses a confirmation's button; returns what the confirmation said."""
    await hand.until(lambda: isinstance(QApplication.activeModalWidget(), QMessageBox), "the confirmation")
    box = QApplication.activeModalWidget()
    assert isinstance(box, QMessageBox)
    said = "\n".join(label.text() for label in box.findChildren(QLabel))
    button = next(b for b in box.findChildren(QAbstractButton) if b.text().replace("&", "") == words)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    await settle()
    if (dialog := QApplication.activeModalWidget()) is not None:
        dialog.activateWindow()  # offscreen there is no window manager to do it
    return said


def listed(page: ConnectionsPage) -> list[str]:
    role = Qt.ItemDataRole.AccessibleTextRole
    return [str(page.list.item(row).data(role)) for row in range(page.list.count())]


def assert_unseen(secret: str) -> None:
    for widget in QApplication.allWidgets():
        texts = [widget.accessibleName(), widget.accessibleDescription(), widget.toolTip()]
        if isinstance(widget, QLabel | QLineEdit | QAbstractButton):
            texts.append(widget.text())
        assert not [text for text in texts if secret in text], widget


# -- the list ----------------------------------------------------------------------------------------


def test_list_says_host_key_and_which_is_in_use(pages: Pages) -> None:
    async def work(hand: Hand, page: ConnectionsPage) -> None:
        host = pages.url.split("/")[2]
        await hand.until(lambda: "Fake" in listed(page)[1], "the other one's key")
        assert listed(page) == [
            f"Work, in use, {host} · system keyring: Fake",
            f"Private, {host} · system keyring: Fake",
            "Sandbox, on this computer · no key needed",
        ]
        assert "The system keyring: Fake." in hand.words

    pages(work)


def test_connections_are_added_duplicated_and_put_in_order_by_keyboard(pages: Pages) -> None:
    async def work(hand: Hand, page: ConnectionsPage) -> None:
        await hand.click("Add a connection")
        assert QApplication.focusWidget() is hand.find("Connection name")
        await hand.type("Third", "Connection name")
        await hand.press(Qt.Key.Key_Return)
        assert [one.name for one in pages.kept.connections] == ["Work", "Private", "Third"]
        assert "no key" in listed(page)[2]
        page.list.setFocus()
        await hand.press(Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
        assert [one.name for one in pages.kept.connections] == ["Work", "Third", "Private"]
        await hand.press(Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
        await hand.press(Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
        assert [one.name for one in pages.kept.connections] == ["Work", "Private", "Third"]
        await hand.press(Qt.Key.Key_Up)
        await hand.click("Duplicate")
        assert [one.name for one in pages.kept.connections][-1] == "Private (copy)"
        copy, original = pages.kept.connections[-1], pages.connection("Private")
        assert copy.base_url == original.base_url
        assert copy.id != original.id
        assert len(pages.keyring.keys) == 2, "a key was copied along"

    pages(work)


def test_removing_says_what_becomes_of_sessions_and_keys(pages: Pages) -> None:
    async def work(hand: Hand, page: ConnectionsPage) -> None:
        page.list.setFocus()
        await hand.until(page.list.hasFocus, "the list's focus")
        await hand.press(Qt.Key.Key_Delete)
        said = await confirm(hand, "Cancel")
        assert "One session belongs to it. It stays and can be read" in said
        assert "its key, proxy password and secret headers" in said
        assert "It is in use" in said
        assert len(pages.kept.connections) == 2
        page.list.setFocus()
        await hand.until(page.list.hasFocus, "the list's focus")
        await hand.press(Qt.Key.Key_Delete)
        await confirm(hand, "Remove")
        await hand.until(lambda: len(pages.kept.connections) == 1, "the removal")
        assert list(pages.keyring.keys.values()) == [PRIVATE_KEY]
        assert hand.window.sidebar.foot.button.text() == "Not connected"
        assert "This session's connection was removed." in hand.words
        assert hand.answers == ["kept"]

    pages(work, question="/echo kept")


def test_sandbox_is_always_there_and_can_only_be_used(pages: Pages) -> None:
    async def work(hand: Hand, page: ConnectionsPage) -> None:
        page.list.setFocus()
        await hand.press(Qt.Key.Key_End)
        assert not hand.find("Remove…").isEnabled()
        assert not hand.find("Duplicate").isEnabled()
        assert not hand.has("Service address")
        await hand.click("Use this connection")
        await hand.until_words("Sandbox · no key needed")

    pages(work)


# -- the editor --------------------------------------------------------------------------------------


def test_name_and_address_apply_when_left_and_are_checked_first(pages: Pages) -> None:
    async def work(hand: Hand, page: ConnectionsPage) -> None:
        await enter(hand, "Connection name", "Private")
        assert "Another connection has this name." in hand.words
        await enter(hand, "Connection name", "  At   work ")
        assert pages.kept.connections[0].name == "At work"
        assert hand.window.sidebar.foot.button.text().startswith("At work · ")
        for address, words in (
            ("ftp://example.com", "It has to begin with https://."),
            ("https://me:pw@example.com/v1", "An address must not carry a user name or password."),
            ("http://archive.invalid/v1", "would send your key unencrypted"),
        ):
            await enter(hand, "Service address", address)
            assert words in hand.words
            assert pages.kept.connections[0].base_url == pages.url
        await hand.click("Allow plain http to other computers")
        assert pages.kept.connections[0].base_url == "http://archive.invalid/v1"
        assert "Questions and the key travel unencrypted to archive.invalid." in hand.words
        assert "Unprotected: questions and the key travel unencrypted to archive.invalid." in hand.words
        await hand.click("Allow plain http to other computers")
        assert "Change the address to https:// first." in hand.words
        await enter(hand, "Service address", pages.url)
        assert "Unprotected" not in hand.words

    assert is_loopback("127.0.0.1")
    pages(work)


def test_a_key_stays_with_its_host_when_the_address_is_changed(pages: Pages) -> None:
    async def work(hand: Hand, page: ConnectionsPage) -> None:
        await hand.until(lambda: "system keyring" in listed(page)[0], "the key")
        await enter(hand, "Service address", "https://gate.invalid/v1.3")
        await hand.until_words("is not sent to gate.invalid")
        await hand.until(lambda: "no key" in listed(page)[0], "its absence")
        await enter(hand, "Service address", pages.url)
        await hand.until(lambda: "system keyring" in listed(page)[0], "the key again")
        assert "is not sent to" not in hand.words

    pages(work)
    assert WORK_KEY in pages.keyring.keys.values()


def test_a_key_is_tested_kept_and_never_shown(pages: Pages) -> None:
    async def work(hand: Hand, page: ConnectionsPage) -> None:
        page.list.setFocus()
        await hand.press(Qt.Key.Key_Down)
        await hand.type(INVALID_KEY, "API key")
        await hand.click("Save key")
        await hand.until_words("The service refused the key.")
        assert not hand.has("Save it untested")
        assert pages.keyring.keys[SERVICE_NAME, "private"] == PRIVATE_KEY
        hand.find("API key", QLineEdit).clear()
        await hand.type(NEW_KEY, "API key")
        await hand.click("Save key")
        await hand.until(lambda: pages.keyring.keys[SERVICE_NAME, "private"] == NEW_KEY, "the new key")
        await hand.until(lambda: not hand.find("API key", QLineEdit).text(), "the field's emptiness")
        assert pages.kept.connection_id == "work", "saving a key switched"
        assert_unseen(NEW_KEY)
        await hand.click("Remove key")
        await hand.until(lambda: (SERVICE_NAME, "private") not in pages.keyring.keys, "the removal")
        assert pages.keyring.keys[SERVICE_NAME, "work"] == WORK_KEY

    pages(work)


def test_a_key_can_be_for_this_run_only(pages: Pages) -> None:
    pages.keyring.keys.clear()

    async def work(hand: Hand, page: ConnectionsPage) -> None:
        await hand.type(NEW_KEY, "API key")
        await hand.click("Use for this run only, keep it nowhere")
        await hand.click("Save key")
        await hand.until_words("Work · key for this run only")
        assert not pages.keyring.keys

    pages(work)


def test_a_key_that_could_not_be_tested_can_be_saved_all_the_same(pages: Pages) -> None:
    async def work(hand: Hand, page: ConnectionsPage) -> None:
        await hand.type(NEW_KEY, "API key")
        await hand.click("Save key")
        await hand.until(lambda: hand.has("Save it untested"), "the offer")
        assert pages.keyring.keys[SERVICE_NAME, "work"] == WORK_KEY
        await hand.click("Save it untested")
        await hand.until(lambda: pages.keyring.keys[SERVICE_NAME, "work"] == NEW_KEY, "the new key")

    nobody = "http://127.0.0.1:9/v1.3"
    pages(work, settings=two_connections(nobody, nobody))


def test_forgetting_all_keys_says_what_goes(pages: Pages) -> None:
    async def work(hand: Hand, page: ConnectionsPage) -> None:
        await hand.click("Forget all keys…")
        said = await confirm(hand, "Forget all keys")
        assert "keys, proxy passwords and secret headers of all 2 connections" in said
        assert "from the system keyring (Fake)" in said
        await hand.until(lambda: not pages.keyring.keys, "the end of all keys")
        await hand.until_words("Work · no key")
        assert len(pages.kept.connections) == 2

    pages(work)


# -- network -----------------------------------------------------------------------------------------


def test_secret_headers_go_to_the_keyring_and_are_not_shown_again(
    pages: Pages, data_paths: DataPaths
) -> None:
    async def work(hand: Hand, page: ConnectionsPage) -> None:
        await hand.click("Network and headers")
        await hand.click("Add a header")
        await enter(hand, "Name of header 1", "X-Team")
        await enter(hand, "Value of header 1", "harbour")
        assert [(h.name, h.value) for h in pages.kept.connections[0].headers] == [("X-Team", "harbour")]
        await hand.click("Add a header")
        await enter(hand, "Name of header 2", "X-Gateway-Token")
        assert hand.find("Header 2 is secret", QAbstractButton).isChecked()
        assert len(pages.kept.connections[0].headers) == 1, "it has no value yet"
        await enter(hand, "Value of header 2", SECRET)
        await hand.until(lambda: len(pages.kept.connections[0].headers) == 2, "the header")
        header = pages.kept.connections[0].headers[1]
        assert (header.name, header.value, header.is_secret) == ("X-Gateway-Token", "", True)
        assert any(SECRET in text for text in pages.keyring.keys.values())
        assert_unseen(SECRET)
        assert "Present" in hand.find("Value of header 2", QLineEdit).placeholderText()
        await hand.click("Remove header 2")
        await hand.until(lambda: not any(SECRET in text for text in pages.keyring.keys.values()), "its end")
        assert len(pages.kept.connections[0].headers) == 1
        await hand.click("Add a header")
        await enter(hand, "Name of header 2", "Host")
        assert "The header “Host” can't be set." in hand.words

    pages(work)
    assert not [f for f in data_paths.root.rglob("*") if f.is_file() and SECRET.encode() in f.read_bytes()]


def test_a_proxy_of_its_own_is_checked_and_its_password_kept_in_the_keyring(pages: Pages) -> None:
    async def work(hand: Hand, page: ConnectionsPage) -> None:
        await hand.click("Network and headers")
        await hand.until_words("Right now: none for 127.0.0.1")
        choice = hand.find("Proxy", QComboBox)
        choice.setFocus()
        await hand.press(Qt.Key.Key_Down)
        assert pages.kept.connections[0].proxy is ProxyChoice.NONE
        await hand.press(Qt.Key.Key_Down)
        assert pages.kept.connections[0].proxy is ProxyChoice.NONE, "it has no address yet"
        await enter(hand, "Proxy address", "http://anna:pw@proxy.invalid:3128")
        assert "Its login has fields of its own" in hand.words
        await enter(hand, "Proxy address", "http://proxy.invalid:3128")
        await enter(hand, "Proxy user", "anna")
        connection = pages.kept.connections[0]
        assert (connection.proxy, connection.proxy_url, connection.proxy_user) == (
            ProxyChoice.MANUAL,
            "http://proxy.invalid:3128",
            "anna",
        )
        await enter(hand, "Proxy password", SECRET)
        entry = f"{SECRET}\nhttp://proxy.invalid:3128"
        await hand.until(lambda: entry in pages.keyring.keys.values(), "the password")
        assert_unseen(SECRET)
        await hand.until(lambda: hand.find("Remove proxy password").isEnabled(), "its presence")
        await hand.click("Remove proxy password")
        await hand.until(lambda: SECRET not in str(pages.keyring.keys), "its end")

    pages(work)


def test_ca_file_is_looked_into_before_it_is_taken(pages: Pages, tmp_path: Path) -> None:
    trustme = pytest.importorskip("trustme")
    authority = trustme.CA(organization_name="Harbour Trust")
    good, bad = tmp_path / "harbour.pem", tmp_path / "notes.txt"
    authority.cert_pem.write_to_path(good)
    bad.write_text("no certificate")

    async def work(hand: Hand, page: ConnectionsPage) -> None:
        await hand.click("Network and headers")
        await enter(hand, "CA file", str(bad))
        await hand.until_words("notes.txt")
        assert pages.kept.connections[0].ca_file == ""
        await enter(hand, "CA file", str(good))
        await hand.until(lambda: pages.kept.connections[0].ca_file == str(good), "the file")
        await hand.until_words("Harbour Trust, until ")
        await hand.click("Remove CA file")
        assert pages.kept.connections[0].ca_file == ""
        assert "The system's certificates alone are trusted." in hand.words

    pages(work)


def test_limits_of_time_are_checked(pages: Pages) -> None:
    async def work(hand: Hand, page: ConnectionsPage) -> None:
        await hand.click("Network and headers")
        await enter(hand, "Give up connecting after, in seconds", "0")
        assert "This has to be 1 to 600 seconds." in hand.words
        await enter(hand, "Give up connecting after, in seconds", "25")
        await enter(hand, "Give up a silent answer after, in seconds", "60")
        connection = pages.kept.connections[0]
        assert (connection.connect_timeout_s, connection.silence_limit_s) == (25.0, 60.0)
        await enter(hand, "Give up a silent answer after, in seconds", "")
        assert pages.kept.connections[0].silence_limit_s is None

    pages(work)
