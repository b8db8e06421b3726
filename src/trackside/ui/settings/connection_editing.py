"""Joins the settings' page about connections to the connections themselves."""

import asyncio
from collections.abc import Coroutine
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from shiboken6 import isValid

from trackside.chat.connection_facts import authorities_in, system_proxy_words
from trackside.chat.held_secrets import meant_for_another
from trackside.domain.certificate import words_of
from trackside.domain.connection import (
    DEFAULT_ID,
    SANDBOX_ID,
    SERVICE_URL,
    Connection,
    ExtraHeader,
    KeySource,
)
from trackside.domain.failure import Failure, TracksideError
from trackside.domain.key_place import key_place
from trackside.domain.session import new_id
from trackside.ui.settings.connection_words import ConnectionWords
from trackside.ui.settings.connections_page import ConnectionsPage, confirmation
from trackside.ui.settings.key_deeds import KeyDeeds, running_answers
from trackside.ui.sidebar.views import has_anything

if TYPE_CHECKING:
    from trackside.ui.desk import Desk
    from trackside.ui.theme import Theme


class ConnectionEditing(QObject):
    """Fills the page while it is there, and does what is wanted on it. A key that was given is passed on and
    never given back to a widget."""

    def __init__(self, desk: "Desk") -> None:
        super().__init__(desk)
        self._desk = desk
        self._connections = desk.connections
        self._keys = desk.connections.keys
        self._preferences = desk.preferences
        self._words = ConnectionWords(desk.connections, desk.preferences, desk.runner.limits.words_of)
        self._page: ConnectionsPage | None = None
        self._selected_id = ""
        self._testing: asyncio.Task[None] | None = None
        self._key_deeds = KeyDeeds(desk, self._words, lambda: (self.page, self._selected_id), self._later)
        self._connections.changed.connect(self.refresh)
        self._preferences.changed.connect(self.refresh)
        self._connections.key_problem.connect(self._on_problem)
        desk.runner.limits.changed.connect(self._show_list)

    def make_page(self, theme: "Theme", width: int) -> ConnectionsPage:
        """The page, filled; `width` is what there is for its rows, in pixels."""
        page = ConnectionsPage(theme, width)
        self._page = page
        if not self._words.is_known(self._selected_id):
            self._selected_id = self._connections.active_id or DEFAULT_ID
        page.destroyed.connect(self._stop_test)
        page.connection_selected.connect(self.select)
        page.add_wanted.connect(self._add)
        page.duplicate_wanted.connect(self._duplicate)
        page.removal_wanted.connect(self._ask_removal)
        page.move_wanted.connect(self._move)
        page.forget_all_wanted.connect(self._key_deeds.ask_forget_all)
        page.changed.connect(lambda _: self._later(self._look_at_vault()))
        editor = page.editor
        editor.edited.connect(self._save)
        editor.headers_edited.connect(self._save_headers)
        editor.password_given.connect(self._save_password)
        editor.ca_file_given.connect(self._look_into_ca_file)
        editor.key_given.connect(self._key_deeds.take_key)
        editor.key_removal_wanted.connect(self._key_deeds.ask_removal)
        editor.use_wanted.connect(lambda: self._desk.switching.choose(self._selected_id))
        editor.test_wanted.connect(self.test)
        editor.more_shown.connect(self._look_at_network)
        editor.copied.connect(self._desk.window.notices.show_news)
        self.refresh()
        self._later(self._look_at_vault())
        return page

    # -- what is shown ---------------------------------------------------------------------------

    @property
    def page(self) -> ConnectionsPage | None:
        """The page while it is there."""
        if self._page is not None and not isValid(self._page):
            self._page = None
        return self._page

    def refresh(self) -> None:
        """Shows what has come to be."""
        if (page := self.page) is None:
            return
        if not self._words.is_known(self._selected_id):
            self._selected_id = self._connections.active_id or DEFAULT_ID
        self._show_list()
        self._selected_id = page.list.selected_id
        page.show_connection(self._words.shown(self._selected_id))
        page.show_keyring(self._words.keyring())

    def _show_list(self) -> None:
        if (page := self.page) is not None:
            page.show_connections(self._words.listed(), self._selected_id)

    def select(self, connection_id: str) -> None:
        """Shows a connection's facts, and looks for its key when that was not done yet."""
        self._selected_id = connection_id
        self._stop_test()
        self.refresh()
        self._key_deeds.show_busy()
        self._look_at_network()
        connection = self._connections.get(connection_id)
        if (
            connection is not None
            and connection_id != SANDBOX_ID
            and not self._keys.has_looked(connection_id)
        ):
            self._later(self._find(connection))

    def _on_problem(self, failure: Failure) -> None:
        if (page := self.page) is not None:
            page.show_problem(failure.sentence)

    async def _look_at_vault(self) -> None:
        await self._keys.look_at_vault()
        self.refresh()
        self._look_at_network()
        sources = [self._keys.source_of(one.id) for one in self._words.order]
        selected = self._connections.get(self._selected_id)
        if KeySource.KEYRING in sources:
            # A keyring that has given one key gives the others without a prompt.
            for connection in self._connections.all:
                if not self._keys.has_looked(connection.id):
                    await self._find(connection)
        elif selected is not None and selected.id != SANDBOX_ID:
            await self._find(selected)

    async def _find(self, connection: Connection) -> None:
        finding = asyncio.ensure_future(self._keys.find(connection))
        await asyncio.sleep(0)
        self.refresh()
        await finding
        self.refresh()

    # -- what is set -----------------------------------------------------------------------------

    def _save(self, connection: Connection) -> None:
        before, had_key = self._connections.get(connection.id), self._keys.has_key(connection.id)
        try:
            self._connections.save(connection)
        except TracksideError as error:
            self._on_problem(error.failure)
            return
        if (page := self.page) is not None:
            page.show_problem("")
        self._look_at_network()
        now = self._connections.get(connection.id)
        if before is not None and now is not None:
            self._tell_of_key(before, now, had_key=had_key)

    def _tell_of_key(self, before: Connection, now: Connection, *, had_key: bool) -> None:
        """A key stays with the host that it was given for; the one for where it leads now is looked for."""
        was, place = key_place(before.base_url), key_place(now.base_url)
        if was == place:
            return
        if had_key and not self._keys.has_key(now.id):
            self._on_problem(meant_for_another("The key", was, place))
        self._later(self._find(now))

    def _save_headers(self, headers: tuple[ExtraHeader, ...], given: dict[str, str]) -> None:
        self._later(self._keep_headers(self._selected_id, headers, given))

    async def _keep_headers(
        self, connection_id: str, headers: tuple[ExtraHeader, ...], given: dict[str, str]
    ) -> None:
        """The secret values first, so that nothing is asked with a header that has none. It may be removed
        meanwhile, and stays so."""
        before = self._words.raw(connection_id)
        had_secrets = any(header.is_secret for header in before.headers)
        if had_secrets:
            await self._keys.find(self._connections.get(connection_id) or before)
        values = {name.lower(): value for name, value in self._keys.secrets_of(connection_id).headers}
        values |= {name.lower(): value for name, value in given.items()}
        secret = [header.name for header in headers if header.is_secret]
        kept = tuple((name, values[name.lower()]) for name in secret if name.lower() in values)
        if had_secrets or kept:
            await self._keys.keep_more(connection_id, headers=kept)
        if self._words.is_known(connection_id):
            self._save(replace(self._words.raw(connection_id), headers=headers))

    def _save_password(self, password: str) -> None:
        self._later(self._keys.keep_more(self._selected_id, proxy_password=password))

    def _look_into_ca_file(self, path: str) -> None:
        self._later(self._take_ca_file(self._selected_id, path))

    async def _take_ca_file(self, connection_id: str, path: str) -> None:
        failure, words = None, ""
        try:
            words = words_of(await authorities_in(path), datetime.now(UTC))
        except TracksideError as error:
            failure = error.failure
        else:
            if self._words.is_known(connection_id):
                self._save(replace(self._words.raw(connection_id), ca_file=path))
        self._show_authorities(connection_id, path, words, failure)

    def _show_authorities(self, connection_id: str, path: str, words: str, failure: Failure | None) -> None:
        page = self.page
        if page is not None and page.editor.network is not None and connection_id == self._selected_id:
            page.editor.network.show_authorities(path, words, failure)

    def _look_at_network(self) -> None:
        """What stands beside the network's rows and is no setting."""
        page = self.page
        if page is not None and page.editor.network is not None and self._selected_id != SANDBOX_ID:
            self._later(self._show_network(self._selected_id))

    async def _show_network(self, connection_id: str) -> None:
        connection = self._connections.get(connection_id) or self._words.raw(connection_id)
        try:
            proxy = f"Right now: {await system_proxy_words(connection)}"
        except TracksideError as error:
            proxy = error.failure.sentence
        page = self.page
        if page is None or page.editor.network is None or connection_id != self._selected_id:
            return
        page.editor.network.show_system_proxy(proxy)
        if path := connection.ca_file:
            failure, words = None, ""
            try:
                words = words_of(await authorities_in(path), datetime.now(UTC))
            except TracksideError as error:
                failure = error.failure
            self._show_authorities(connection_id, path, words, failure)

    # -- the list --------------------------------------------------------------------------------

    def _add(self) -> None:
        self._begin(Connection(new_id(), self._words.free_name("New connection"), SERVICE_URL))

    def _duplicate(self, connection_id: str) -> None:
        original = self._words.raw(connection_id)
        # Its secrets stay with it, and a header without its value would only get in the way.
        headers = tuple(header for header in original.headers if not header.is_secret)
        name = self._words.free_name(f"{original.name} (copy)")
        self._begin(replace(original, id=new_id(), name=name, headers=headers))

    def _begin(self, connection: Connection) -> None:
        self._selected_id = connection.id
        self._save(connection)
        if (page := self.page) is not None:
            self.select(connection.id)
            page.editor.focus_name()

    def _move(self, connection_id: str, step: int) -> None:
        order = self._words.order
        place = next(n for n, one in enumerate(order) if one.id == connection_id)
        target = place + step
        if 0 <= target < len(order):
            order.insert(target, order.pop(place))
            self._preferences.change(connections=tuple(order))

    def _ask_removal(self, connection_id: str) -> None:
        if (page := self.page) is None:
            return
        connection = self._words.raw(connection_id)
        mine = (s for s in self._desk.library.sessions if s.connection_id == connection_id)
        count = sum(map(has_anything, mine))
        if not count:
            belongs = "No session belongs to it."
        elif count == 1:
            belongs = "One session belongs to it. It stays and can be read, and moved to another connection."
        else:
            belongs = f"{count:,} sessions belong to it. They stay and can be read, and moved to others."
        sentences = [belongs]
        sentences.append(
            "What the keyring holds of it is removed: its key, proxy password and secret headers."
        )
        if running_answers(self._desk.library, connection_id):
            sentences.append("Answers that are streaming from it are broken off; what came is kept.")
        if connection_id == self._connections.active_id:
            sentences.append("It is in use; after that you choose another one at the foot of the sidebar.")
        box = confirmation(page, f"Remove “{connection.name}”?", " ".join(sentences), "Remove")
        box.accepted.connect(lambda: self._later(self._connections.remove(connection_id)))
        box.open()

    # -- the test --------------------------------------------------------------------------------

    def test(self) -> None:
        """Tests the selected connection, in the place of a test that runs."""
        self._stop_test()
        if self.page is not None and self._selected_id != SANDBOX_ID:
            self._testing = self._desk.tasks.start(self._test(self._selected_id))

    async def _test(self, connection_id: str) -> None:
        from trackside.chat.connection_test import ConnectionTest  # when somebody wants one

        connection = self._connections.get(connection_id)
        if connection is None or (page := self.page) is None:
            return
        page.editor.begin_test()
        secrets = await self._keys.find(connection)
        test = ConnectionTest(self._connections.key_words(connection_id))
        async with aclosing(test.run(connection, secrets)) as changes:
            async for steps in changes:
                page = self.page
                if page is None or page.editor.card is None or connection_id != self._selected_id:
                    return
                page.editor.card.show_steps(steps)

    def _stop_test(self) -> None:
        if self._testing is not None:
            self._testing.cancel()
            self._testing = None

    # -- inside ----------------------------------------------------------------------------------

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        self._desk.tasks.start(self._told(work))

    async def _told(self, work: Coroutine[Any, Any, None]) -> None:
        """A failure is said on the page while that is there, else in the window."""
        try:
            await work
        except TracksideError as error:
            if self.page is None:
                raise
            self._on_problem(error.failure)
