"""The first run as a newcomer goes through it: tested step by step, mended on the spot, a store picked."""

import ssl
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trustme
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QLineEdit, QListWidget

from desktop.hand import Hand, settle
from protocol.proxy_server import http_proxy
from protocol.raw_server import Exchange, RawServer, raw_server
from trackside.chat.connections import KEY_VARIABLE
from trackside.domain.connection import TWELVELABS, ProxyChoice
from trackside.domain.settings import Settings
from trackside.sandbox.app import NO_JOCKEY_KEY
from trackside.sandbox.server import SandboxServer
from trackside.storage.key_vault import KeyVault
from trackside.storage.paths import DataPaths
from trackside.storage.settings import load_settings
from trackside.ui.connection_test.card import ConnectionTestCard
from ui.support import KEY, OpenWindow, copied

JSON = "content-type: application/json"


def stores(*names: str, pages: int = 1) -> bytes:
    entries = ",".join(
        f'{{"_id":"ks_{name.replace(" ", "_")}","name":"{name}","item_count":3}}' for name in names
    )
    info = f'"page_info":{{"page":1,"total_page":{pages},"total_results":{len(names)}}}'
    return f'{{"data":[{entries}],{info}}}'.encode()


def service_of(*names: str, tls: ssl.SSLContext | None = None) -> AbstractAsyncContextManager[RawServer]:
    """A service with these knowledge stores, all of them empty."""

    async def handle(exchange: Exchange) -> None:
        is_list = exchange.target.partition("?")[0].endswith("/knowledge-stores")
        await exchange.reply(200, stores(*names) if is_list else b'{"data":[]}', JSON)

    return raw_server(handle, tls)


def at(url: str, **facts: Any) -> dict[str, Any]:
    """How to open a window whose service is there; nothing overrides its address."""
    default = replace(TWELVELABS, base_url=url, connect_timeout_s=5.0, **facts)
    return {"settings": Settings(connections=(default,))}


@pytest.fixture
def newcomer(open_window: OpenWindow, fake_keyring: Any, expected_log: Callable[[str], None]) -> Any:
    """A window as it comes up for the first time, with a keyring of the test's own."""
    # CPython 3.11 reads the exception of a server's cancelled connection.
    expected_log(r"Exception in callback StreamReaderProtocol\.connection_made.*cancell")

    def open_one(work: Any, **how: Any) -> None:
        vault = KeyVault(lambda: fake_keyring, limit_s=0.5)
        open_window(work, **({"vault": vault} | how))

    return open_one


async def give_key(hand: Hand, key: str = KEY) -> None:
    field = hand.find("API key", QLineEdit)
    field.setFocus()
    field.selectAll()
    await hand.type(key, "API key")
    await hand.press(Qt.Key.Key_Return)


async def type_address(hand: Hand, url: str) -> None:
    """By keyboard alone, from the key's field."""
    if not hand.has("Service address"):
        await hand.click("Other address, proxy or certificate…")
    await hand.fill("Service address", url)


def rows_of(hand: Hand) -> list[str]:
    """What the test's rows say to whoever can't see them."""
    card = hand.window.findChildren(ConnectionTestCard)[0]
    return [step.sentence for step in card.steps]


def shown_stores(hand: Hand) -> list[str]:
    view = hand.find("Knowledge stores", QListWidget)
    return [view.item(row).text() for row in range(view.count())]


def test_the_steps_name_the_layer_and_the_mend(
    newcomer: Any, service: SandboxServer, fake_keyring: Any
) -> None:
    async def work(hand: Hand) -> None:
        await hand.until_words("It is kept in your system’s keyring (Fake), nowhere else.")
        await give_key(hand, NO_JOCKEY_KEY)
        await hand.until_words("Your key works, but its account has no access to Jockey yet.")
        assert rows_of(hand)[3:] == [
            "Key accepted, passed",
            "The key may not use knowledge stores, 404 endpoint_not_exists, failed",
            "List of stores, not tried",
        ]
        assert QApplication.focusWidget() is hand.find("Replace key")
        await hand.click("Copy report")
        assert "[failed] The key may not use knowledge stores (404 endpoint_not_exists)" in copied()
        assert NO_JOCKEY_KEY not in copied()
        await hand.click("Replace key")
        field = hand.find("API key", QLineEdit)
        assert QApplication.focusWidget() is field
        assert field.hasSelectedText()
        assert not fake_keyring.keys
        await hand.paste(f'"x-api-key": "{KEY}",\r\n')
        await hand.press(Qt.Key.Key_Return)
        await hand.until_connected()
        assert list(fake_keyring.keys.values()) == [KEY]
        assert "The key is kept in your system’s keyring (Fake)." in hand.words
        assert not hand.window.first_run.door.key.text()
        assert not hand.window.first_run.door.key.isUndoAvailable()

    newcomer(work, base_url=service.base_url)


def test_what_stands_above_the_test_does_not_move(newcomer: Any, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        field = hand.find("API key", QLineEdit)
        await hand.until_words("(Fake)")
        before = field.mapTo(hand.window, field.rect().topLeft())
        await give_key(hand, NO_JOCKEY_KEY)
        await hand.until_words("no access to Jockey")
        await settle()
        assert field.mapTo(hand.window, field.rect().topLeft()) == before

    newcomer(work, base_url=service.base_url)


def test_several_stores_are_chosen_from_by_keyboard(newcomer: Any) -> None:
    async def work(hand: Hand) -> None:
        async with service_of("Harbour", "Rehab study", "Night market") as server:
            await type_address(hand, server.url)
            await give_key(hand)
            await hand.until(lambda: hand.has("Knowledge stores"))
            assert QApplication.focusWidget() is hand.find("Knowledge stores")
            assert not hand.has("Filter the knowledge stores")
            assert "Which knowledge store do you want to ask?" in hand.words
            assert not hand.window.first_run.door.key.text()
            await hand.press(Qt.Key.Key_Down)
            await hand.press(Qt.Key.Key_Return)
            await hand.until_connected()
            assert "Rehab study · 3 items" in hand.window.header.store.text()
            assert QApplication.focusWidget() is hand.find("Message")
            await hand.press(Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
            assert "Rehab study · 3 items" in hand.window.header.store.text()

    newcomer(work)


def test_many_stores_are_found_by_typing(newcomer: Any) -> None:
    async def work(hand: Hand) -> None:
        async with service_of(*(f"Store {n}" for n in range(1, 21)), "Harbour") as server:
            await type_address(hand, server.url)
            await give_key(hand)
            await hand.until(lambda: hand.has("Filter the knowledge stores"))
            assert QApplication.focusWidget() is hand.find("Filter the knowledge stores")
            await hand.type("zzz", "Filter the knowledge stores")
            assert "No store has this in its name." in hand.words
            assert not hand.find("Ask this store").isEnabled()
            await hand.press(Qt.Key.Key_Escape)
            await hand.type("store 2", "Filter the knowledge stores")
            assert len(shown_stores(hand)) == 2
            await hand.press(Qt.Key.Key_Down)
            await hand.press(Qt.Key.Key_Return)
            await hand.until_connected()
            assert "Store 20 · 3 items" in hand.window.header.store.text()

    newcomer(work)


def test_without_a_store_it_is_said_what_to_do(newcomer: Any, fake_keyring: Any) -> None:
    names: list[str] = []

    async def handle(exchange: Exchange) -> None:
        is_list = exchange.target.partition("?")[0].endswith("/knowledge-stores")
        await exchange.reply(200, stores(*names) if is_list else b'{"data":[]}', JSON)

    async def work(hand: Hand) -> None:
        async with raw_server(handle) as server:
            await type_address(hand, server.url)
            await give_key(hand)
            await hand.until_words("This account has no knowledge store yet. Make one in the TwelveLabs")
            assert list(fake_keyring.keys.values()) == [KEY]
            assert QApplication.focusWidget() is hand.find("Look again")
            assert hand.has("Enter anyway")
            names.append("Made just now")
            await hand.press(Qt.Key.Key_Space)
            await hand.until_connected()
            assert "Made just now" in hand.window.header.store.text()

    newcomer(work)


def test_a_rate_limit_keeps_nobody_out(newcomer: Any, service: SandboxServer, fake_keyring: Any) -> None:
    async def work(hand: Hand) -> None:
        service.set_fault("rate-limit=30;path=/knowledge-stores")
        await give_key(hand)
        await hand.until_words("Try again in 30 s.")
        await hand.until(lambda: hand.has("Enter anyway"))
        assert list(fake_keyring.keys.values()) == [KEY]
        await hand.click("Try again")
        await hand.until(lambda: hand.has("Enter anyway") and not hand.has("Stop"))
        service.set_fault(None)
        await hand.click("Enter anyway")
        await hand.until_connected()

    newcomer(work, base_url=service.base_url)


def test_esc_and_the_button_stop_a_test(newcomer: Any, fake_keyring: Any) -> None:
    async def silent(exchange: Exchange) -> None:
        await exchange.client_closed()
        exchange.writer.close()

    async def work(hand: Hand) -> None:
        async with raw_server(silent) as server:
            await type_address(hand, server.url)
            for number, stop in enumerate((Qt.Key.Key_Escape, Qt.Key.Key_Space), 1):
                await give_key(hand)
                await hand.until(lambda: len(server.requests) == number)  # noqa: B023
                await hand.until(lambda: "Key, being tested" in rows_of(hand))
                assert QApplication.focusWidget() is hand.find("Stop")
                await hand.press(stop)
                assert QApplication.focusWidget() is hand.find("API key")
                assert not hand.has("Stop")
                assert hand.find("API key").isEnabled()
            await give_key(hand)
            await hand.until(lambda: len(server.requests) == 3)
            await hand.click("Open the sandbox")
            await hand.until_connected()
            assert not hand.window.first_run.door.key.text()
        assert not fake_keyring.keys

    newcomer(work)


def test_closing_the_window_ends_a_test(newcomer: Any) -> None:
    async def silent(exchange: Exchange) -> None:
        await exchange.client_closed()

    async def work(hand: Hand) -> None:
        server = raw_server(silent)
        running = await server.__aenter__()
        await type_address(hand, running.url)
        await give_key(hand)
        await hand.until(lambda: len(running.requests) == 1)
        hand.window.close()
        await hand.until(lambda: not hand.window.isVisible())
        await server.__aexit__(None, None, None)

    newcomer(work)


def test_a_proxy_is_named_on_the_spot(
    newcomer: Any, service: SandboxServer, fake_keyring: Any, data_paths: DataPaths
) -> None:
    port = int(service.base_url.split(":")[2].split("/")[0])

    async def work(hand: Hand) -> None:
        async with http_proxy(ports={"service.invalid:80": port}, login=("anna", "hush_hush")) as proxy:
            await give_key(hand)
            await hand.until_words("There is no address for service.invalid")
            await hand.click("Open proxy settings")
            box = hand.find("Proxy", QComboBox)
            assert QApplication.focusWidget() is box
            await hand.press(Qt.Key.Key_End)
            await hand.fill("Proxy address", proxy.url)
            await hand.press(Qt.Key.Key_Return)
            await hand.until_words("wants a login")
            await hand.click("Open proxy settings")
            assert QApplication.focusWidget() is hand.find("Proxy user")
            await hand.fill("Proxy user", "anna")
            await hand.fill("Proxy password", "hush_hush")
            await hand.press(Qt.Key.Key_Return)
            await hand.until_connected()
            assert set(proxy.asked) == {"service.invalid:80"}
            kept = sorted(value.split("\n") for value in fake_keyring.keys.values())
            assert kept == [["hush_hush", proxy.url], [KEY, "http://service.invalid"]]

    newcomer(work, **at("http://service.invalid/v1.3", allow_plain_http=True))
    kept = load_settings(data_paths.settings).settings.connections[0]
    assert (kept.proxy, kept.proxy_user) == (ProxyChoice.MANUAL, "anna")
    assert b"hush_hush" not in data_paths.settings.read_bytes()


def test_an_untrusted_certificate_offers_its_file(
    newcomer: Any, tmp_path: Path, data_paths: DataPaths
) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    ca_file = tmp_path / "company.pem"
    authority.cert_pem.write_to_path(str(ca_file))

    async def work(hand: Hand) -> None:
        async with service_of("Harbour", tls=context) as server:
            await type_address(hand, f"https://localhost:{server.port}/v1.3")
            await give_key(hand)
            await hand.until_words("Certificate not trusted by this computer")
            assert not server.requests
            assert QApplication.focusWidget() is hand.find("Choose CA file…")
            await hand.press(Qt.Key.Key_Space)
            dialog = hand.window.findChildren(QFileDialog)[0]
            dialog.fileSelected.emit(str(ca_file))
            dialog.reject()
            await hand.until_connected()
            assert "Harbour · 3 items" in hand.window.header.store.text()

    newcomer(work)
    assert load_settings(data_paths.settings).settings.connections[0].ca_file == str(ca_file)


def test_an_address_that_is_none_is_told_before_anything_is_sent(newcomer: Any) -> None:
    async def work(hand: Hand) -> None:
        await type_address(hand, "api.example.com")
        await give_key(hand)
        assert "It has to begin with https://." in hand.words
        assert QApplication.focusWidget() is hand.find("Service address")

    newcomer(work)


def test_what_sets_the_address_is_named(newcomer: Any, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        await hand.click("Other address, proxy or certificate…")
        assert "Set by TWELVELABS_BASE_URL or --base-url." in hand.words
        assert hand.find("Service address", QLineEdit).isReadOnly()
        assert QApplication.focusWidget() is hand.find("Proxy")

    newcomer(work, base_url=service.base_url)


def test_a_system_without_a_keyring_says_so_beforehand(open_window: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await hand.until_words("So it is used for this run only, and has to be pasted again next time.")
        assert "This system has no keyring." in hand.words

    open_window(work)


def test_the_environments_key_is_told_once(newcomer: Any, service: SandboxServer, fake_keyring: Any) -> None:
    words = "The key comes from TWELVELABS_API_KEY and is stored nowhere."

    async def first(hand: Hand) -> None:
        await hand.until_connected()
        assert QApplication.focusWidget() is hand.find("Message")
        assert words in hand.words
        await hand.ask("/echo hello")
        await hand.until_answered()
        assert not fake_keyring.keys

    async def second(hand: Hand) -> None:
        await hand.until_connected()
        assert words not in hand.words

    how = {"base_url": service.base_url, "environment": {KEY_VARIABLE: KEY}}
    newcomer(first, **how)
    newcomer(second, **how)


def test_a_kept_key_needs_not_be_typed_again(
    newcomer: Any, service: SandboxServer, fake_keyring: Any
) -> None:
    async def work(hand: Hand) -> None:
        await give_key(hand)
        await hand.until_connected()
        hand.window.show_first_run()
        field = hand.find("API key", QLineEdit)
        assert field.placeholderText() == "Empty for the one in the keyring"
        calls = list(fake_keyring.calls)
        await hand.press(Qt.Key.Key_Return)
        await hand.until(lambda: not hand.window.is_first_run)
        assert "set" not in fake_keyring.calls[len(calls) :]

    newcomer(work, base_url=service.base_url)


def test_a_kept_key_is_not_tried_at_another_address(newcomer: Any, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        await give_key(hand)
        await hand.until_connected()
        hand.window.show_first_run()
        await type_address(hand, "https://elsewhere.invalid/v1.3")
        await hand.press(Qt.Key.Key_Return)
        assert "was given for another host than elsewhere.invalid" in hand.words
        assert QApplication.focusWidget() is hand.find("API key")

    newcomer(work, **at(service.base_url))


def test_the_doors_are_gone_through_by_tab(newcomer: Any) -> None:
    async def work(hand: Hand) -> None:
        names = []
        for _ in range(4):
            widget = QApplication.focusWidget()
            assert widget is not None
            names.append(widget.accessibleName() or widget.property("text"))
            QTest.keyClick(widget, Qt.Key.Key_Tab)
        assert names == ["API key", "Connect", "Other address, proxy or certificate…", "Open the sandbox"]

    newcomer(work)
