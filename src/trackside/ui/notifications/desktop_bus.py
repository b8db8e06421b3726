"""Notifications through the desktop's own service (org.freedesktop.Notifications, specification 1.2).

jeepney comes with keyring's back end on Linux; Qt's own D-Bus classes can't send the unsigned number that
the call wants.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

from trackside.ui.notifications.note import Note

_NAME = "org.freedesktop.Notifications"
_PATH = "/org/freedesktop/Notifications"
LIMIT_S = 3.0
_NO_SERVICE = "This desktop shows no notifications."
_KEPT_SIGNALS = 32
_log = logging.getLogger(__name__)


class DesktopBus:
    """One connection to the session's bus, made when the first notification is shown."""

    def __init__(self) -> None:
        self.on_clicked: Callable[[str, str], None] | None = None
        self._life: AsyncExitStack | None = None
        self._router: Any = None
        self._hearing: asyncio.Task[None] | None = None
        self.shown: dict[str, int] = {}
        """The service's number of each notification, by what it is about."""
        self._turn = asyncio.Lock()

    async def show(self, note: Note) -> str:
        """See `Notifier.show`."""
        async with self._turn:
            try:
                async with asyncio.timeout(LIMIT_S):
                    number = await self._notified(note)
            except _bus_errors() as error:
                return await self._given_up(error)
            self.shown[note.about] = number
            return ""

    async def withdraw(self) -> None:
        """See `Notifier.withdraw`."""
        async with self._turn:
            if self._router is None:
                return
            numbers, self.shown = list(self.shown.values()), {}
            try:
                async with asyncio.timeout(LIMIT_S):
                    for number in numbers:
                        await self._router.send(_call("CloseNotification", "u", (number,)))
            except _bus_errors() as error:
                await self._given_up(error)

    async def aclose(self) -> None:
        async with self._turn:
            await self._leave()

    async def _given_up(self, error: Exception) -> str:
        _log.info("no notification: %s", type(error).__name__)
        await self._leave()
        return _NO_SERVICE

    async def _notified(self, note: Note) -> int:
        if self._router is None or self._hearing is None or self._hearing.done():
            await self._leave()
            await self._enter()
        message = notify_message(note, self.shown.get(note.about, 0))
        reply = await self._router.send_and_get_reply(message)
        if reply.header.message_type.name != "method_return":
            raise ConnectionError("the notification was refused")
        return int(reply.body[0])

    async def _enter(self) -> None:
        from jeepney import MatchRule, message_bus
        from jeepney.io.asyncio import Proxy, open_dbus_router

        self._life = AsyncExitStack()
        self._router = await self._life.enter_async_context(open_dbus_router(bus="SESSION"))
        rule = MatchRule(type="signal", interface=_NAME, path=_PATH)
        await Proxy(message_bus, self._router).AddMatch(rule)
        queue: asyncio.Queue[Any] = self._life.enter_context(self._router.filter(rule, bufsize=_KEPT_SIGNALS))
        self._hearing = asyncio.get_running_loop().create_task(self._hear(queue), name="notifications")

    async def _leave(self) -> None:
        hearing, self._hearing = self._hearing, None
        if hearing is not None:
            hearing.cancel()
            await asyncio.wait({hearing})
        life, self._life, self._router = self._life, None, None
        if life is not None:
            try:
                await life.aclose()
            except (OSError, EOFError) as error:
                _log.info("the session's bus is gone: %s", type(error).__name__)

    async def _hear(self, queue: "asyncio.Queue[Any]") -> None:
        from jeepney import HeaderFields

        leave = (0, "")
        """The number of a notification, and the token that comes before its click."""
        while True:
            message = await queue.get()
            match message.header.fields.get(HeaderFields.member), message.body:
                case "ActivationToken", (number, token):
                    leave = number, token
                case "ActionInvoked", (number, _):
                    about = self._about(number)
                    if about is not None and self.on_clicked is not None:
                        self.on_clicked(about, leave[1] if leave[0] == number else "")
                case "NotificationClosed", (number, _):
                    if (about := self._about(number)) is not None:
                        del self.shown[about]

    def _about(self, number: int) -> str | None:
        return next((about for about, shown in self.shown.items() if shown == number), None)


def notify_message(note: Note, replaced: int) -> Any:
    """The call that shows a note, in the place of the one with the number `replaced` (0 for none)."""
    hints = {"desktop-entry": ("s", "trackside"), "category": ("s", "im.received")}
    body = (
        "Trackside",
        replaced,
        "trackside",
        note.headline,
        _plain(note.text),
        ["default", "Show"],
        hints,
        -1,
    )
    return _call("Notify", "susssasa{sv}i", body)


def _bus_errors() -> tuple[type[Exception], ...]:
    """What a bus that is missing, odd or going away makes jeepney raise."""
    from jeepney.auth import AuthenticationError
    from jeepney.io.common import RouterClosed
    from jeepney.wrappers import DBusErrorResponse

    # A KeyError is a missing address, a RuntimeError one of a kind that can't be used.
    plain = (OSError, EOFError, KeyError, ValueError, RuntimeError, TimeoutError)
    return (*plain, AuthenticationError, RouterClosed, DBusErrorResponse)


def _call(method: str, signature: str, body: tuple[object, ...]) -> Any:
    from jeepney import DBusAddress, new_method_call

    address = DBusAddress(_PATH, bus_name=_NAME, interface=_NAME)
    return new_method_call(address, method, signature, body)


def _plain(text: str) -> str:
    """Services may read a body as markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
