"""The diagnosis: what it says, what it leaves out, and that each part can fail or hang alone."""

import asyncio
import json
import os
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path

import pytest

from conftest import FakeKeyring
from trackside.chat import diagnosis as diagnosing
from trackside.chat import diagnosis_looks as looks
from trackside.chat.connections import Connections
from trackside.chat.diagnosis import Diagnosis, save_report, shown
from trackside.chat.last_failures import LastFailures
from trackside.chat.preferences import Preferences
from trackside.domain.connection import DEFAULT_ID, TWELVELABS, ExtraHeader, ProxyChoice
from trackside.domain.diagnosis import Part, PartName, as_document, as_text
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.domain.settings import Settings
from trackside.sandbox.server import SandboxServer
from trackside.storage.database import Database
from trackside.storage.key_vault import KeyVault
from trackside.storage.paths import DataPaths
from trackside.storage.settings import LoadedSettings

KEY = "mk-SecretKey123"


class Case:
    """A diagnosis of one data directory, with a keyring in memory."""

    def __init__(self, paths: DataPaths, keyring: FakeKeyring) -> None:
        self.paths = paths
        self.seen = LastFailures()
        self.connection = replace(TWELVELABS, base_url="http://127.0.0.1:9/v1.3")
        self.settings = Settings(connections=(self.connection,), connection_id=DEFAULT_ID)
        self.vault = KeyVault(lambda: keyring, limit_s=0.3)
        self._made: list[Connections] = []

    def use(self, **changes: object) -> None:
        self.connection = replace(self.connection, **changes)  # type: ignore[arg-type]
        self.settings = replace(self.settings, connections=(self.connection,))

    async def parts(self, *, with_test: bool = False) -> dict[PartName, Part]:
        preferences = Preferences(LoadedSettings(self.settings))
        connections = Connections(preferences, self.vault, environment={})
        self._made.append(connections)
        made = Diagnosis(self.paths, connections, lambda: self.settings, self.seen)
        return {part.name: part async for part in made.gather(DEFAULT_ID, with_test=with_test)}

    async def aclose(self) -> None:
        for connections in self._made:
            await connections.aclose()


@pytest.fixture
async def case(data_paths: DataPaths, fake_keyring: FakeKeyring) -> AsyncIterator[Case]:
    made = Case(data_paths, fake_keyring)
    yield made
    await made.aclose()


def text_of(parts: dict[PartName, Part]) -> str:
    return as_text(list(parts.values()), "now")


async def test_every_part_comes_and_says_something(case: Case) -> None:
    parts = await case.parts()
    assert set(parts) == set(PartName) - {PartName.TEST}
    assert all(part.facts for part in parts.values())
    text = text_of(parts)
    for words in ("Trackside", "PySide6", "OpenSSL", "SQLite", "Fake", "not there yet", "127.0.0.1:9"):
        assert words in text
    assert json.dumps(as_document(list(parts.values()), "now"))


async def test_a_damaged_database_fails_its_parts_alone(case: Case, data_paths: DataPaths) -> None:
    data_paths.database.write_bytes(b"SQLite format 3\0" + os.urandom(8_000))
    before = data_paths.database.read_bytes()
    parts = await case.parts()
    assert any("is damaged" in words for words in parts[PartName.DATA].troubles)
    assert {name for name, part in parts.items() if not part.is_fine} == {PartName.DATA, PartName.FAILURES}
    assert data_paths.database.read_bytes() == before


async def test_damage_inside_is_found(case: Case, data_paths: DataPaths) -> None:
    database = Database(data_paths.database)
    await asyncio.to_thread(database.close)
    with data_paths.database.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096)
    part = (await case.parts())[PartName.DATA]
    assert any("damaged" in words for words in part.troubles)


async def test_a_newer_database_is_named(case: Case, data_paths: DataPaths) -> None:
    database = Database(data_paths.database)
    await asyncio.to_thread(database.close)
    with sqlite3.connect(data_paths.database) as db:
        db.execute("PRAGMA user_version = 999")
    db.close()
    part = (await case.parts())[PartName.DATA]
    assert any("newer Trackside" in words for words in part.troubles)


async def test_a_keyring_that_hangs_fails_its_part_alone(
    case: Case, fake_keyring: FakeKeyring, expected_log: Callable[[str], None]
) -> None:
    expected_log("the keyring hangs")
    fake_keyring.failure = RuntimeError(KEY)
    parts = await case.parts(with_test=False)
    assert parts[PartName.VERSIONS].is_fine
    hold = threading.Event()
    case.vault = KeyVault(lambda: hold.wait(2.0) and fake_keyring, limit_s=0.1)  # type: ignore[arg-type, return-value]
    parts = await case.parts()
    hold.set()
    assert [name for name, part in parts.items() if not part.is_fine] == [PartName.KEYRING]
    assert KEY not in text_of(parts)


async def test_a_part_that_never_ends_is_given_up(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    hold = threading.Event()
    monkeypatch.setattr(diagnosing, "_LIMIT_S", 0.2)
    monkeypatch.setattr(looks, "versions", lambda: hold.wait(5.0))
    parts = await case.parts()
    hold.set()
    assert parts[PartName.VERSIONS].troubles == ("This could not be found out within 0.2 s.",)
    assert parts[PartName.DATA].is_fine


async def test_a_bug_in_a_part_is_a_sentence(
    case: Case, monkeypatch: pytest.MonkeyPatch, expected_log: Callable[[str], None]
) -> None:
    expected_log("a part of the diagnosis failed")
    monkeypatch.setattr(looks, "versions", lambda: {}["x"])
    parts = await case.parts()
    assert parts[PartName.VERSIONS].troubles == ("This could not be found out (KeyError).",)


async def test_a_service_that_is_not_there_fails_the_test_step(case: Case, fake_keyring: FakeKeyring) -> None:
    await case.vault.set(DEFAULT_ID, KEY)
    part = (await case.parts(with_test=True))[PartName.TEST]
    assert any("step" in words for words in part.troubles)
    assert KEY not in text_of({part.name: part})


async def test_the_connection_is_tested_without_naming_stores(case: Case, sandbox: SandboxServer) -> None:
    case.use(base_url=sandbox.base_url)
    await case.vault.set(DEFAULT_ID, KEY)
    parts = await case.parts(with_test=True)
    assert parts[PartName.TEST].is_fine
    assert "Sample footage" not in text_of(parts)
    assert "in the keyring" in text_of(parts)


async def test_secrets_of_the_network_are_left_out(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://gate:marked-password@proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", "intern.test")
    case.use(
        base_url="https://service.test/v1.3",
        headers=(ExtraHeader("x-gateway", "marked-value"), ExtraHeader("x-secret", is_secret=True)),
    )
    text = text_of(await case.parts())
    assert "proxy.test:3128" in text
    assert "intern.test" in text
    assert "x-gateway, x-secret*" in text
    assert "marked" not in text
    case.use(proxy=ProxyChoice.MANUAL, proxy_url="http://other.test:81", proxy_user="marked-user")
    text = text_of(await case.parts())
    assert "goes by other.test:81 with a login" in text
    assert "marked" not in text


async def test_failures_are_told_without_what_was_said(case: Case) -> None:
    case.seen.note(
        Failure(
            FailureKind.SERVICE,
            "The service said: who stole the boat?",
            "Ask about the boat.",
            "ConnectError: who stole the boat?",
            503,
            "who stole the boat?",
        ),
        "service.test",
    )
    case.seen.note(Failure(FailureKind.RATE_LIMIT, "x", code="too_many_requests", status=429))
    (latest, first) = (fact.words for fact in (await case.parts())[PartName.FAILURES].facts)
    assert {latest, first} == {
        "service, service, HTTP 503, ConnectError, service.test",
        "rate_limit, service, HTTP 429, too_many_requests",
    }


def test_the_ring_forgets_the_oldest() -> None:
    seen = LastFailures()
    for status in range(100):
        seen.note(Failure(FailureKind.SERVICE, "x", status=status))
    assert seen.shown[0].status == 99
    assert len(seen.shown) == 30
    assert seen.shown[0].at is not None
    assert abs((datetime.now(UTC) - seen.shown[0].at).total_seconds()) < 60


def test_the_users_name_is_not_in_a_path() -> None:
    home = Path.home()
    assert shown(f"{home}/x and {home}") == "~/x and ~"
    assert shown(f"/run/{getuser()}/x") == "/run/~/x"
    assert shown(f"/run/{getuser()}s/x") == f"/run/{getuser()}s/x"


async def test_a_report_is_its_users_alone(tmp_path: Path) -> None:
    await save_report(tmp_path / "r.txt", "words")
    assert (tmp_path / "r.txt").read_text() == "words"
    assert os.name != "posix" or (tmp_path / "r.txt").stat().st_mode & 0o077 == 0
    with pytest.raises(TracksideError):
        await save_report(tmp_path / "nowhere" / "r.txt", "words")
