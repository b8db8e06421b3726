"""The first run as it goes: a key is tested and kept, a store is picked, and the chat opens."""

import asyncio
from contextlib import aclosing
from dataclasses import replace

from PySide6.QtCore import QObject

from trackside.chat.connection_test import ConnectionTest, with_key_words
from trackside.domain.connection import DEFAULT_ID, TWELVELABS, Connection, KeySource, Secrets
from trackside.domain.connection_test import StepName, Steps, failed_step
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.domain.pasted_key import key_in
from trackside.domain.source import KnowledgeStore
from trackside.ui.desk import Desk
from trackside.ui.entering.key_door import KeyDoor
from trackside.ui.first_run import FirstRun
from trackside.ui.main_window import MainWindow

_FIXED_BY = "TWELVELABS_BASE_URL or --base-url"
_MOST_PAGES = 40
_LIMITS = (FailureKind.RATE_LIMIT, FailureKind.PLAN_LIMIT)


class Entering(QObject):
    """Joins the first run's page to the connections, once there is one."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._window: MainWindow = desk.window
        self._connections = desk.connections
        self._testing: asyncio.Task[None] | None = None
        self._is_keeping = False
        """Whether the keyring is asked to take the key, which can be its user's to answer."""
        self._news = ""
        """What is to be told once the chat is open."""
        self._window.on_first_run = self._join
        self._connections.changed.connect(self._tell_environment)

    def _join(self, page: FirstRun) -> None:
        page.shown.connect(self._prepare)
        page.sandbox_wanted.connect(lambda: self._desk.tasks.start(self._open_sandbox()))
        page.back_wanted.connect(self.leave)
        page.door.connect_wanted.connect(self._connect)
        page.door.stop_wanted.connect(self.stop)
        page.door.anew.connect(self._prepare)
        page.door.test.copied.connect(self._window.notices.show_news)
        page.door.pick.picked.connect(lambda store: self._desk.tasks.start(self._enter(store)))
        page.door.pick.again_wanted.connect(self._connect)

    @property
    def _page(self) -> FirstRun:
        return self._window.first_run

    @property
    def _door(self) -> KeyDoor:
        return self._window.first_run.door

    # -- the doors -------------------------------------------------------------------------------

    def show_doors(self) -> None:
        """Opens the page, with a way back if there are sessions to go back to."""
        self._window.show_first_run()
        self._page.show_back(self._desk.session is not None)

    def stop(self) -> None:
        """Esc: gives up the keyring or the test that is waited for, else leaves the doors."""
        if self._is_keeping:
            self._connections.keys.give_up(DEFAULT_ID)
        elif self._door.is_testing:
            self._stop_test()
        else:
            self.leave()

    def leave(self) -> None:
        """Back to the open session, if there is one."""
        if self._desk.session is not None:
            self._stop_test()
            self._page.clear()
            self._window.show_chat()
            self._window.composer.message.setFocus()

    def _prepare(self) -> None:
        """What the page says depends on what the keyring is, which is asked for meanwhile."""
        connection = self._connections.get(DEFAULT_ID) or TWELVELABS
        is_fixed = connection.base_url != self._stored.base_url
        secrets = self._connections.keys.secrets_of(DEFAULT_ID)
        self._door.way.show_connection(
            connection,
            fixed_by=_FIXED_BY if is_fixed else "",
            has_password=bool(secrets.proxy_password),
        )
        self._show_kept_key()
        self._desk.tasks.start(self._learn_keyring())

    async def _learn_keyring(self) -> None:
        state = await self._connections.keys.look_at_vault()
        if state.is_usable:
            kept = f"It is kept in your system’s keyring ({state.name}), nowhere else."
        else:
            kept = f"{state.reason} So it is used for this run only, and has to be pasted again next time."
        self._door.show_keeping(f"Paste an API key. {kept}")

    def _show_kept_key(self) -> None:
        words = {
            KeySource.KEYRING: "Empty for the one in the keyring",
            KeySource.ENVIRONMENT: "Empty for the one in the environment",
            KeySource.THIS_RUN: "Empty for the one of this run",
        }
        self._door.show_kept_key(words.get(self._connections.keys.source_of(DEFAULT_ID), ""))

    async def _open_sandbox(self) -> None:
        self._stop_test()
        self._page.show_starting(is_starting=True)
        try:
            await self._connections.use_sandbox()
        except TracksideError as error:
            self._page.show_sandbox_failure(error.failure)
            return
        finally:
            self._page.show_starting(is_starting=False)
        self._open_chat()

    # -- the test --------------------------------------------------------------------------------

    @property
    def _stored(self) -> Connection:
        """The connection as the settings have it, without what the command line says of it."""
        return self._desk.preferences.settings.connection(DEFAULT_ID) or TWELVELABS

    def _connect(self) -> None:
        """Tests what is typed; an empty field means the key that is there already."""
        if self._testing is not None and not self._testing.done():
            return
        door = self._door
        held = self._connections.keys.secrets_of(DEFAULT_ID)
        typed = door.key.text().strip()
        try:
            key = key_in(typed) if typed or not held.key else ""
        except TracksideError as error:
            if typed:
                door.show_problem(error.failure)
            else:
                door.focus_key()
            return
        try:
            connection = door.way.apply(self._connections.get(DEFAULT_ID) or TWELVELABS)
        except TracksideError as error:
            door.show_way_problem(error.failure)
            return
        held = self._connections.keys.secrets_for(connection)
        if not (key or held.key):
            # The one that is there was given for another host than what is typed now.
            told = f"The key that is there was given for another host than {connection.host}."
            door.show_problem(Failure(FailureKind.KEY, told, "Enter the key for this one."))
            door.focus_key()
            return
        secrets = replace(
            held,
            key=key or held.key,
            proxy_password=door.way.typed_password or held.proxy_password,
        )
        door.begin_test(connection)
        self._page.reveal_test()
        self._testing = self._desk.tasks.start(self._test(connection, secrets, key))

    def _stop_test(self) -> None:
        """Ends the test; once it has passed there is nothing left to stop."""
        if self._testing is not None and self._door.is_testing and not self._is_keeping:
            self._testing.cancel()
            self._testing = None
            self._door.stop_test()

    async def _test(self, connection: Connection, secrets: Secrets, key: str) -> None:
        """`key` is the one that was typed, if one was."""
        test = ConnectionTest()
        door = self._door
        try:
            async with aclosing(test.run(connection, secrets)) as changes:
                async for steps in changes:
                    door.show_steps(steps)
        except Exception:
            door.stop_test()
            raise  # a bug, which the tasks' owner tells
        failed = failed_step(test.steps)
        stores = test.stores.entries if test.stores is not None else ()
        if failed is not None:
            door.end_test()
            if failed.name is StepName.KEY and failed.failure is not None and failed.failure.status == 401:
                door.focus_key()
            if failed.name is not StepName.STORES or failed.failure is None:
                self._page.reveal_test()
                return
            is_limit = failed.failure.kind in _LIMITS
            if is_limit:
                await self._keep(test.steps, key)
                door.pick.show_unlisted()
            self._page.reveal_test()
            return
        await self._keep(test.steps, key)
        await self._choose(stores, test.stores.total_pages if test.stores is not None else 1)

    async def _keep(self, steps: Steps, key: str) -> None:
        """Keeps what was tested: how the service is reached, and the key."""
        door = self._door
        keys = self._connections.keys
        door.show_keeping_now()
        stored = door.way.apply(self._stored)
        if stored != self._desk.preferences.settings.connection(DEFAULT_ID):
            self._connections.save(stored)
        if password := door.way.typed_password:
            await keys.keep_more(DEFAULT_ID, proxy_password=password)
            door.way.proxy_password.setText("")
        if key:
            self._is_keeping = True
            try:
                await self._connections.give_key(key, DEFAULT_ID, untested=True)
            finally:
                self._is_keeping = False
        words, note = self._outcome()
        # What the keyring could not do was told already.
        is_news = key and keys.source_of(DEFAULT_ID) is KeySource.KEYRING
        self._news = words if is_news else ""
        door.show_connected((self._connections.get(DEFAULT_ID) or stored).host, words)
        door.show_steps(with_key_words(steps, note))

    def _outcome(self) -> tuple[str, str]:
        """Where the key is now: a sentence, and a note for the test's list."""
        keys = self._connections.keys
        match keys.source_of(DEFAULT_ID):
            case KeySource.KEYRING:
                name = keys.vault_state.name if keys.vault_state is not None else ""
                return f"The key is kept in your system’s keyring{f' ({name})' if name else ''}.", (
                    "in the keyring"
                )
            case KeySource.ENVIRONMENT:
                return "The key comes from TWELVELABS_API_KEY and is stored nowhere.", "from the environment"
            case _:
                return "The key is used for this run only.", "for this run only"

    # -- the store -------------------------------------------------------------------------------

    async def _choose(self, stores: tuple[KnowledgeStore, ...], pages: int) -> None:
        door = self._door
        if len(stores) == 1 and pages <= 1:
            await self._enter(stores[0])
            return
        if not stores:
            door.pick.show_none()
            self._page.reveal_test()
            return
        door.pick.show_stores(stores)
        self._page.reveal_test()
        if pages > 1:
            client = await self._connections.client(DEFAULT_ID)
            for number in range(2, min(pages, _MOST_PAGES) + 1):
                stores += (await client.stores(number)).entries
                door.pick.show_stores(stores)

    async def _enter(self, store: KnowledgeStore | None) -> None:
        """Into the chat with this store, or with none."""
        await self._connections.use(DEFAULT_ID)
        self._open_chat()
        opened = self._desk.session
        if opened is not None and store is not None:
            opened.set_store(store.id, store.name)
        if self._news:
            self._window.notices.show_news(self._news)
            self._news = ""

    def _open_chat(self) -> None:
        self._page.clear()
        self._window.show_chat()
        self._desk.new_session()

    def _tell_environment(self) -> None:
        """Whoever comes in by the environment's key for the first time is told so, once."""
        if self._connections.active_id != DEFAULT_ID:
            return
        self._connections.changed.disconnect(self._tell_environment)
        opened = self._desk.session
        is_first = len(self._desk.library.sessions) <= 1 and (opened is None or opened.is_blank)
        if self._connections.keys.source_of(DEFAULT_ID) is KeySource.ENVIRONMENT and is_first:
            self._window.notices.show_news(self._outcome()[0])
