"""Marked secrets go through every feature and every fault: nothing written, shown or copied has one."""

import asyncio
import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from conftest import FakeKeyring
from desktop.hand import Hand, settle
from faults.marks import Hunt, Mark
from faults.prying import ECHOES, PryingProxy
from trackside.__main__ import main
from trackside.chat.environment import KEY_VARIABLE
from trackside.chat.export_formats import FORMATS
from trackside.chat.export_writing import ExportJob
from trackside.chat.exporting import Exporter
from trackside.chat.held_secrets import bound
from trackside.domain.connection import DEFAULT_ID, Connection, ExtraHeader, ProxyChoice
from trackside.domain.failure import TracksideError
from trackside.domain.settings import Settings
from trackside.sandbox.faults import FaultName
from trackside.sandbox.server import SandboxServer
from trackside.storage.key_vault import HEADERS_MARK, PROXY_MARK, KeyVault
from trackside.storage.paths import DataPaths
from trackside.ui.desk import Desk
from trackside.ui.safekeeping import Safekeeping
from ui.support import OpenWindow

# None of them looks like a key, so that nothing but knowing them can blot them out.
PLACE = "http://service.test"
KEPT = Mark("the key in the keyring", "mk-KeptKey.7f3a9c51d2")
TYPED = Mark("the key that was typed", "mk-TypedKey.c04be8a7f1")
ENVIRONMENT = Mark("the key in the environment", "mk-EnvKey.51e2d7bb90")
PASSWORD = Mark("the proxy's password", "Pw/MarkedProxy+93=ü")
HEADER = Mark("the secret header's value", "Hv.MarkedHeader~6be1")
SIGNATURE = Mark("a media address's signature", "markedsignature0123456789abcdef012345678")
SECRETS = (KEPT, TYPED, ENVIRONMENT, PASSWORD, HEADER, SIGNATURE)
USER = "gate"
_PATIENCE_S = 0.3
CTRL = Qt.KeyboardModifier.ControlModifier
SPECS = {
    FaultName.SLOW_FIRST_BYTE: "slow-first-byte=0.05",
    FaultName.GIANT_EVENT: "giant-event=0.1",
    FaultName.RATE_LIMIT: "rate-limit=0",
    FaultName.RATE_LIMIT_DATE: "rate-limit-date=0",
    FaultName.RATE_LIMIT_MESSAGE: "rate-limit-message=0",
}
"""Where a fault's own value would take long."""


@pytest.fixture
def proxy(shared_sandbox: SandboxServer) -> Iterator[PryingProxy]:
    made = PryingProxy(shared_sandbox, USER, PASSWORD.text, SIGNATURE.text).start()
    yield made
    made.stop()
    shared_sandbox.set_fault(None)
    shared_sandbox.set_pace(0)


@pytest.fixture(autouse=True)
def private_files() -> Iterator[None]:
    """As the application sets it at its start."""
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.fixture
def vault(fake_keyring: FakeKeyring) -> KeyVault:
    made = KeyVault(lambda: fake_keyring)

    async def fill() -> None:
        await made.set(DEFAULT_ID, bound(KEPT.text, PLACE))
        await made.set(DEFAULT_ID + PROXY_MARK, PASSWORD.text)
        await made.set(DEFAULT_ID + HEADERS_MARK, bound(json.dumps({"x-gateway": HEADER.text}), PLACE))

    asyncio.run(fill())
    return made


def through(proxy: PryingProxy) -> Settings:
    """A connection that needs every kind of secret."""
    connection = Connection(
        DEFAULT_ID,
        "Work",
        "http://service.test/v1.3",
        headers=(ExtraHeader("x-gateway", is_secret=True),),
        silence_limit_s=0.2,
        proxy=ProxyChoice.MANUAL,
        proxy_url=proxy.url,
        proxy_user=USER,
        allow_plain_http=True,
    )
    return Settings(connections=(connection,), connection_id=DEFAULT_ID, automatic_retries=1)


def _is_open(path: Path) -> bool:
    return os.name == "posix" and bool(path.stat().st_mode & 0o077)


async def ended(hand: Hand) -> None:
    """Until the question has an end; one that waits for another try, or for its turn, is stopped."""
    end_s = asyncio.get_running_loop().time() + _PATIENCE_S
    while hand.has("Stop") and asyncio.get_running_loop().time() < end_s:  # noqa: ASYNC110 -- as the hand does
        await asyncio.sleep(0.03)
    if hand.has("Stop"):
        await hand.press(Qt.Key.Key_Escape)
        await hand.until(lambda: not hand.has("Stop"), "the end of the wait")


class Watcher:
    """Notes the command lines and environments of all children while it is at work."""

    def __init__(self, hunt: Hunt) -> None:
        self.seen = 0
        self._hunt = hunt
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "Watcher":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._end.wait(0.01):
            for child in psutil.Process().children(recursive=True):
                try:
                    told = json.dumps([child.cmdline(), child.environ()], ensure_ascii=False)
                except psutil.Error:
                    continue
                self.seen += len(told) > 10
                self._hunt.look("a child's command line or environment", told)


# -- the window --------------------------------------------------------------------------------------


def test_a_window_lets_no_secret_out(
    open_window: OpenWindow,
    shared_sandbox: SandboxServer,
    proxy: PryingProxy,
    vault: KeyVault,
    fake_keyring: FakeKeyring,
    data_paths: DataPaths,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    expected_log: Callable[[str], None],
) -> None:
    expected_log(".")
    hunt = Hunt(*SECRETS)
    out = tmp_path / "out"
    out.mkdir()
    monkeypatch.setenv(KEY_VARIABLE, ENVIRONMENT.text)
    monkeypatch.setenv("HTTPS_PROXY", f"http://{USER}:{PASSWORD.text}@127.0.0.1:9")

    async def work(hand: Hand) -> None:
        await hand.until_connected()
        desk = hand.window.findChild(Desk)
        await every_feature(hand, desk, shared_sandbox, hunt)
        await every_way_out(hand, desk, hunt, out)
        await every_keyring_fault(hand, desk, fake_keyring, hunt)
        await a_crash(hand)
        await the_dialogs(hand, hunt)

    async def faults(hand: Hand) -> None:
        await hand.until_connected()
        await every_echo(hand, proxy, hunt, ECHOES)
        await every_fault(hand, shared_sandbox, hunt)
        await every_echo(hand, proxy, hunt, ("429",))

    open_window(work, settings=through(proxy), vault=vault)
    open_window(faults, settings=through(proxy), vault=KeyVault(lambda: fake_keyring))
    for name, chosen in FORMATS.items():
        path = out / f"all.{name}.{chosen.suffix}"
        assert (
            main(
                ["export", "--all", "--format", name, "--out", str(path), "--data-dir", str(data_paths.root)]
            )
            == 0
        )
    assert main(["import", str(out / "all.json.json"), "--data-dir", str(out / "second")]) == 0
    capfd.readouterr()
    main(["doctor", "--no-test", "--data-dir", str(data_paths.root)])
    said = capfd.readouterr()
    for told_nobody in ("harbour", "Sample footage", "boats", str(Path.home())):
        assert told_nobody not in said.out
    assert "Traceback" not in said.err
    hunt.look("stdout", said.out)
    hunt.look("stderr", said.err)
    hunt.look_through(data_paths.root)
    hunt.look_through(out)
    open_to_others = [path for path in (*data_paths.root.rglob("*"), *out.rglob("*")) if _is_open(path)]
    assert open_to_others == []
    hunt.look("the command line", Path("/proc/self/cmdline").read_bytes() if os.name == "posix" else b"")
    # Everything was in use, and there was something to look at.
    told = "\n".join(proxy.seen)
    assert KEPT.text in told
    assert HEADER.text in told
    assert proxy.login in told
    assert proxy.signatures > 10
    assert hunt.looked_at > 1_000_000
    assert (data_paths.log).stat().st_size > 1_000
    assert "unexpected error" in data_paths.log.read_text(encoding="utf-8")
    assert all(target.startswith("http://service.test/") for target in proxy.targets), "asked elsewhere"
    assert sorted(hunt.met) == []


async def every_fault(hand: Hand, service: SandboxServer, hunt: Hunt) -> None:
    # What is known of a limit holds up later questions.
    for name in sorted(FaultName, key=lambda name: "limit" in name.value):
        service.set_fault(SPECS.get(name, name.value))
        await hand.ask("boats?")
        await ended(hand)
        service.set_fault(None)
    hunt.look_at_widgets("after the faults")


async def every_echo(hand: Hand, proxy: PryingProxy, hunt: Hunt, echoes: Iterable[str]) -> None:
    for proxy.echo in echoes:
        await hand.ask("boats?")
        await ended(hand)
        hunt.look_at_widgets(f"after {proxy.echo}")
        for button in hand.find_all("Copy details")[-1:]:
            await hand.click_on(button)
            hunt.look_at_clipboard(f"after {proxy.echo}")
    await hand.press(Qt.Key.Key_4, Qt.KeyboardModifier.AltModifier)
    hunt.look_at_widgets("the request")
    proxy.echo = ""


async def every_feature(hand: Hand, desk: Desk, service: SandboxServer, hunt: Hunt) -> None:
    await hand.press(Qt.Key.Key_N, CTRL)
    opened = desk.session
    assert opened is not None
    opened.set_include_steps(True)
    await hand.ask("What happens in the harbour?")
    await hand.until_answered()
    await hand.press(Qt.Key.Key_C, CTRL | Qt.KeyboardModifier.ShiftModifier)
    hunt.look_at_clipboard("the answer")
    await hand.press(Qt.Key.Key_R, CTRL)
    await hand.until_answered()
    service.set_pace(200)
    await hand.ask("/long 2")
    await hand.until(lambda: hand.has("Stop"))
    await asyncio.sleep(0.05)
    await hand.press(Qt.Key.Key_Escape)
    await hand.until(lambda: not hand.has("Stop"))
    service.set_pace(0)
    opened.set_schema('{"type": "object", "properties": {"boats": {"type": "integer"}}}')
    await hand.ask("How many boats?")
    await hand.until_answered()
    await hand.press(Qt.Key.Key_3, Qt.KeyboardModifier.AltModifier)
    hunt.look_at_widgets("the sources")
    desk.preferences.change(zoom=110, inspector_tab=0)
    desk.library.rename(opened.session.id, "The harbour")
    await type_in_palette(hand, "harbour")
    hunt.look_at_widgets("the search")
    for _ in range(2):
        await hand.press(Qt.Key.Key_Escape)


async def type_in_palette(hand: Hand, words: str) -> None:
    await hand.press(Qt.Key.Key_K, CTRL)
    await hand.until(lambda: isinstance(QApplication.focusWidget(), QLineEdit), "the palette")
    QTest.keyClicks(QApplication.focusWidget(), words)
    await asyncio.sleep(0.2)


async def every_way_out(hand: Hand, desk: Desk, hunt: Hunt, out: Path) -> None:
    exporter = Exporter(desk.library._store._database)
    with Watcher(hunt) as watcher:
        for name in ("html", "json"):
            await exporter.export(ExportJob(name), out / f"window.{name}")
    assert watcher.seen, "no child was seen"
    safekeeping = hand.window.findChild(Safekeeping)
    backup = await safekeeping._backups.back_up_now()
    await safekeeping._backups.restore(backup)


async def every_keyring_fault(hand: Hand, desk: Desk, keyring: FakeKeyring, hunt: Hunt) -> None:
    keys = desk.connections.keys
    for kind in ("PasswordSetError", "KeyringLocked", "InitError", "OddError"):
        made = type(kind, (Exception,), {})
        keyring.failure = made(f"can't keep {TYPED.text} beside {KEPT.text} and {PASSWORD.text}")
        await keys.keep(DEFAULT_ID, TYPED.text)
        await keys.keep_more(DEFAULT_ID, proxy_password=PASSWORD.text, headers=(("x-gateway", HEADER.text),))
        hunt.look_at_widgets(f"after {kind}")
    with pytest.raises(TracksideError) as caught:
        await keys.remove(DEFAULT_ID, with_more=True)
    hunt.look("an exception", repr(caught.value) + repr(caught.value.failure))
    keyring.failure = None
    hunt.look("a repr", repr(vars(keys)) + repr(keys.secrets_of(DEFAULT_ID)))
    await keys.keep(DEFAULT_ID, TYPED.text)
    await keys.keep_more(DEFAULT_ID, proxy_password=PASSWORD.text, headers=(("x-gateway", HEADER.text),))
    await hand.ask("boats?")
    await ended(hand)


async def a_crash(hand: Hand) -> None:
    """In a slot, in a callback of the loop and in a task, each with a key in a variable and in its words."""

    def slot(key: str = TYPED.text) -> None:
        raise RuntimeError(f"nothing to be done with {key}, {PASSWORD.text!r} and {HEADER.text}")

    async def task(key: str) -> None:
        slot(key)

    class Cleared:
        def __repr__(self) -> str:
            return KEPT.text

        def __del__(self) -> None:
            raise ValueError(KEPT.text)

    QTimer.singleShot(0, slot)
    asyncio.get_running_loop().call_soon(slot, KEPT.text)
    desk = hand.window.findChild(Desk)
    desk.tasks.start(task(KEPT.text))
    thread = threading.Thread(target=slot, args=(KEPT.text,))
    thread.start()
    thread.join()
    cleared = Cleared()
    del cleared
    await asyncio.sleep(0.05)


async def the_dialogs(hand: Hand, hunt: Hunt) -> None:
    hunt.look_at_widgets("the window")
    await hand.press(Qt.Key.Key_Comma, CTRL)
    await hand.until(lambda: QApplication.activeModalWidget() is not None)
    dialog = QApplication.activeModalWidget()
    await settle()
    for field in dialog.findChildren(QLineEdit):
        if field.echoMode() is QLineEdit.EchoMode.Password and field.isVisible():
            QTest.keyClicks(field, TYPED.text)
            field.selectAll()
            field.copy()
            field.cut()
            hunt.look_at_clipboard("a key's field")
    hunt.look_at_widgets("the settings")
    dialog.close()
    hand.window.activateWindow()
    await settle()
    await type_in_palette(hand, "diagnostics")
    await hand.press(Qt.Key.Key_Return)
    await hand.until(lambda: hand.has("Report"), "the diagnostics")
    dialog = QApplication.activeModalWidget()
    for name in ("Test the connection", "Copy"):
        await hand.until(lambda: hand.find("Copy", within=dialog).isEnabled(), "the report")
        await hand.click(name, within=dialog)
    hunt.look_at_widgets("the diagnostics")
    hunt.look_at_clipboard("the diagnostics")
    assert "Connection test" in QApplication.clipboard().text()
    dialog.close()
    await settle()
