"""Notifications over the desktop's bus: shown, replaced, clicked, withdrawn, and what happens without one."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

if not sys.platform.startswith("linux"):
    pytest.skip("only Linux has this bus", allow_module_level=True)

from sandbox.support import until
from trackside.ui.notifications import desktop_bus
from trackside.ui.notifications.desktop_bus import DesktopBus
from trackside.ui.notifications.note import Note
from ui.notifications.fake_bus import FakeBus, fake_bus

NOTE = Note("s1", "Answer finished", "Goals & <corners>")
ADDRESS = "DBUS_SESSION_BUS_ADDRESS"


@pytest.fixture
async def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeBus]:
    async with fake_bus(tmp_path) as bus:
        monkeypatch.setenv(ADDRESS, bus.address)
        yield bus


@pytest.fixture
async def notifier(bus: FakeBus) -> AsyncIterator[DesktopBus]:
    notifier = DesktopBus()
    yield notifier
    await notifier.aclose()


async def test_a_note_is_shown_as_plain_text(bus: FakeBus, notifier: DesktopBus) -> None:
    assert await notifier.show(NOTE) == ""
    ((name, replaced, _, headline, text, actions, hints, _),) = bus.notes()
    assert (name, replaced, headline) == ("Trackside", 0, "Answer finished")
    assert text == "Goals &amp; &lt;corners&gt;"
    assert "default" in actions
    assert hints["desktop-entry"] == ("s", "trackside")


async def test_a_later_note_about_the_same_takes_its_place(bus: FakeBus, notifier: DesktopBus) -> None:
    for note in (NOTE, NOTE, Note("s2", "Answer finished", "Another")):
        assert await notifier.show(note) == ""
    assert [body[1] for body in bus.notes()] == [0, 7, 0]


async def test_a_click_leads_to_what_it_was_about(bus: FakeBus, notifier: DesktopBus) -> None:
    clicks: list[tuple[str, str]] = []
    notifier.on_clicked = lambda about, token: clicks.append((about, token))
    await notifier.show(NOTE)
    await bus.tell("ActionInvoked", "us", 99, "default")  # somebody else's
    await bus.tell("ActivationToken", "us", 7, "leave")
    await bus.tell("ActionInvoked", "us", 7, "default")
    await until(lambda: clicks)
    assert clicks == [("s1", "leave")]


async def test_what_was_closed_is_not_replaced(bus: FakeBus, notifier: DesktopBus) -> None:
    await notifier.show(NOTE)
    await bus.tell("NotificationClosed", "uu", 7, 2)
    await until(lambda: not notifier.shown)
    await notifier.show(NOTE)
    assert [body[1] for body in bus.notes()] == [0, 0]


async def test_what_is_shown_can_be_taken_back(bus: FakeBus, notifier: DesktopBus) -> None:
    await notifier.withdraw()  # nothing is shown, so nobody is asked
    assert bus.calls == []
    await notifier.show(NOTE)
    await notifier.withdraw()
    await until(lambda: ("CloseNotification", (7,)) in bus.calls)


async def test_without_a_bus_it_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for address in ("", f"unix:path={tmp_path / 'none'}", "tcp:host=localhost", "nonsense"):
        monkeypatch.setenv(ADDRESS, address)
        notifier = DesktopBus()
        assert await notifier.show(NOTE) == "This desktop shows no notifications."
        await notifier.withdraw()
        await notifier.aclose()


async def test_without_a_service_it_is_said_and_tried_again(bus: FakeBus, notifier: DesktopBus) -> None:
    bus.refuses = True
    assert await notifier.show(NOTE) == "This desktop shows no notifications."
    bus.refuses = False
    assert await notifier.show(NOTE) == ""


async def test_a_service_that_never_answers_is_given_up(
    bus: FakeBus, notifier: DesktopBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desktop_bus, "LIMIT_S", 0.05)
    bus.is_dumb = True
    assert await notifier.show(NOTE) == "This desktop shows no notifications."


async def test_a_bus_that_went_away_is_connected_to_anew(bus: FakeBus, notifier: DesktopBus) -> None:
    await notifier.show(NOTE)
    bus.cut()
    await asyncio.sleep(0.02)
    await notifier.withdraw()
    await notifier.show(NOTE)
    assert await notifier.show(NOTE) == ""
