"""One connection in the settings: its name and address, its key, its test, and the rest when wanted."""

from dataclasses import dataclass, replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from trackside.domain.connection import SANDBOX_ID, SERVICE_URL, Connection, checked_base_url
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.ui.check_box import CheckBox
from trackside.ui.connection_test.card import ConnectionTestCard
from trackside.ui.dialogs.setting_rows import SettingRows
from trackside.ui.flow import FlowLayout
from trackside.ui.labels import plain_label
from trackside.ui.settings.inline import CheckedField, say, words_below
from trackside.ui.settings.key_rows import GivenKey, KeyRows
from trackside.ui.settings.network_rows import NetworkRows
from trackside.ui.settings.page import page_button
from trackside.ui.tab_order import put_in_order, tab_stops
from trackside.ui.theme import Theme

_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class ShownConnection:
    """A connection with what is known of it; no secret is ever among it."""

    connection: Connection
    """As it is set, without what the command line says."""
    is_in_use: bool
    key_words: str
    has_key: bool
    can_remove_key: bool
    has_password: bool = False
    present_headers: frozenset[str] = frozenset()
    """The names of the secret headers that have values, in small letters."""
    silence_s: float = 300.0
    """The limit for connections that say nothing of their own."""
    used_address: str = ""
    """The address that this run uses in the place of the one that is set; empty for the same."""
    taken_names: frozenset[str] = frozenset()
    """Other connections' names."""


class ConnectionEditor(QWidget):
    """Shows one connection; what is typed applies when its field is left, if it can be used."""

    edited = Signal(Connection)
    headers_edited = Signal(tuple, dict)
    password_given = Signal(str)
    ca_file_given = Signal(str)
    key_given = Signal(GivenKey)
    key_removal_wanted = Signal()
    use_wanted = Signal()
    test_wanted = Signal()
    more_shown = Signal()
    """The network's rows were made, and want to be filled."""
    copied = Signal(str)

    def __init__(self, theme: Theme, width: int) -> None:
        """`width` is what there is for the rows, in pixels."""
        super().__init__()
        self._theme = theme
        self._width = width
        self._shown: ShownConnection | None = None
        self.tab_after: QWidget | None = None
        """Where Tab goes from the last of what is here."""
        self.network: NetworkRows | None = None
        self.card: ConnectionTestCard | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.px(10))
        self._sandbox = plain_label(
            "The sandbox answers on this computer, from captions, and needs no key. It is always there.",
            "muted",
            wraps=True,
        )
        self._use = page_button("Use this connection")
        self._use.clicked.connect(self.use_wanted)
        self._column.addWidget(self._sandbox)
        self._own = QWidget()
        column = QVBoxLayout(self._own)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(10))
        self._own_column = column
        self._rows = SettingRows(theme, column, width)
        self._add_basics(self._rows)
        self.key = KeyRows(theme, self._rows)
        self.key.key_given.connect(self.key_given)
        self.key.removal_wanted.connect(self.key_removal_wanted)
        self._column.addWidget(self._own)
        self._test = page_button("Test connection")
        self._test.clicked.connect(self.test_wanted)
        self._more = page_button("Network and headers", "pill")
        self._more.setCheckable(True)
        self._more.toggled.connect(self._show_more)
        deeds = QWidget()
        flow = FlowLayout(deeds)
        flow.set_gap(theme.px(8))
        for button in (self._use, self._test, self._more):
            flow.addWidget(button)
            button.ensurePolished()
        self._more.setFixedHeight(self._test.sizeHint().height())
        self._column.addWidget(deeds)
        self._card_place = QVBoxLayout()
        self._column.addLayout(self._card_place)
        self._more_place = QWidget()
        self._more_column = QVBoxLayout(self._more_place)
        self._more_column.setContentsMargins(0, 0, 0, 0)
        self._more_column.setSpacing(theme.px(10))
        self._more_place.hide()
        self._column.addWidget(self._more_place)

    @property
    def connection(self) -> Connection | None:
        """The one that is shown; None for the sandbox."""
        return self._shown.connection if self._shown is not None else None

    # -- what is shown ---------------------------------------------------------------------------

    def show_connection(self, shown: ShownConnection) -> None:
        """Shows what is set; what is being typed stays, unless it was about another connection."""
        before, self._shown = self.connection, shown
        connection = shown.connection
        is_sandbox = connection.id == SANDBOX_ID
        is_anew = before is None or before.id != connection.id
        if is_anew:
            self.key.forget()
            self.hide_test()
        self._sandbox.setVisible(is_sandbox)
        self._own.setVisible(not is_sandbox)
        self._test.setVisible(not is_sandbox)
        self._more.setVisible(not is_sandbox)
        self._more_place.setVisible(not is_sandbox and self._more.isChecked())
        self._use.setEnabled(not shown.is_in_use)
        self._use.setText("In use" if shown.is_in_use else "Use this connection")
        if is_sandbox:
            return
        self._name.show_text(connection.name, is_anew=is_anew)
        self._address.show_text(connection.base_url, is_anew=is_anew)
        used = f"This run uses {shown.used_address}, as it was started." if shown.used_address else ""
        say(self._used, used)
        self._plain_http.setChecked(connection.allow_plain_http)
        is_open = connection.is_unprotected
        words = f"Questions and the key travel unencrypted to {connection.host}." if is_open else ""
        say(self._unprotected, words)
        self.key.show_state(shown.key_words, has_key=shown.has_key, can_remove=shown.can_remove_key)
        self._show_network()

    def begin_test(self) -> ConnectionTestCard:
        """The card, in its place, showing a test that begins."""
        if self.card is None:
            self.card = ConnectionTestCard(self._theme)
            self.card.replace_key_wanted.connect(self.key.field.setFocus)
            self.card.ca_file_wanted.connect(self.open_ca_file)
            self.card.proxy_wanted.connect(self.open_proxy)
            self.card.edit_wanted.connect(self._address.setFocus)
            self.card.again_wanted.connect(self.test_wanted)
            self.card.copied.connect(self.copied)
            self._card_place.addWidget(self.card)
            self._put_in_order()
        if self._shown is not None:
            self.card.begin(self._shown.connection)
        self.card.show()
        return self.card

    def hide_test(self) -> None:
        """Puts a test away that was about another connection."""
        if self.card is not None:
            self.card.hide()

    def focus_name(self) -> None:
        """For a connection that was just made."""
        self._name.setFocus()
        self._name.selectAll()

    def focus_key(self) -> None:
        self.key.field.setFocus()

    def open_ca_file(self) -> None:
        """Asks for a CA file."""
        self._more.setChecked(True)
        if self.network is not None:
            self.network.focus_ca_file()

    def open_proxy(self) -> None:
        """Goes to the proxy's rows."""
        self._more.setChecked(True)
        if self.network is not None:
            self.network.focus_proxy()

    # -- rows ------------------------------------------------------------------------------------

    def _add_basics(self, rows: SettingRows) -> None:
        self._name = CheckedField("Connection name", self._name_checked, lambda text: self._edit(name=text))
        self._name.setMaxLength(_LONGEST_NAME)
        rows.add("Name", self._name, stretch=self._name)
        rows.add("", self._name.problem, stretch=self._name.problem)
        self._address = CheckedField(
            "Service address", self._address_checked, lambda text: self._edit(base_url=text)
        )
        self._address.setPlaceholderText(SERVICE_URL)
        rows.add("Service address", self._address, stretch=self._address)
        rows.add("", self._address.problem, stretch=self._address.problem)
        self._used = words_below()
        rows.add("", self._used, stretch=self._used)
        self._plain_http = CheckBox(self._theme, "Allow plain http to other computers")
        self._plain_http.setToolTip("Whoever is on the way can read your key, questions and answers.")
        self._plain_http.clicked.connect(self._take_plain_http)
        rows.add("", self._plain_http)
        self._unprotected = words_below("error")
        rows.add("", self._unprotected, stretch=self._unprotected)

    def _name_checked(self, text: str) -> str:
        name = " ".join(text.split())
        if not name:
            raise _refused("A connection needs a name.")
        if self._shown is not None and name.casefold() in self._shown.taken_names:
            raise _refused("Another connection has this name.")
        return name

    def _address_checked(self, text: str) -> str:
        return checked_base_url(text, allow_plain_http=self._plain_http.isChecked())

    def _take_plain_http(self, is_on: bool) -> None:
        connection = self.connection
        if connection is None:
            return
        if not is_on and connection.is_unprotected:
            # As it is, the address could not be used any more.
            self._plain_http.setChecked(True)
            self._address.say("Change the address to https:// first.")
            self._address.setFocus()
            return
        self._edit(allow_plain_http=is_on)
        if is_on:
            self._address.take()

    def _edit(self, **changes: object) -> None:
        if (connection := self.connection) is not None:
            edited = replace(connection, **changes)  # type: ignore[arg-type]  # names and types are above
            if edited != connection:
                self.edited.emit(edited)

    # -- the rest --------------------------------------------------------------------------------

    def _show_more(self, is_on: bool) -> None:
        if is_on and self.network is None:
            self.network = NetworkRows(self._theme, SettingRows(self._theme, self._more_column, self._width))
            self.network.edited.connect(self.edited)
            self.network.headers_edited.connect(self.headers_edited)
            self.network.password_given.connect(self.password_given)
            self.network.ca_file_given.connect(self.ca_file_given)
            self._put_in_order()
        self._more_place.setVisible(is_on)
        if is_on:
            self._show_network()
            self.more_shown.emit()

    def _put_in_order(self) -> None:
        """Tab goes as the eye does, though the card and the network's rows are made later than the rest."""
        card = tab_stops(self.card) if self.card is not None else []
        # The list of a combo box is a window of its own.
        rows = [stop for stop in tab_stops(self._more_place) if stop.window() is self.window()]
        if self.network is not None:
            rows = [stop for stop in rows if stop is not self.network.last] + [self.network.last]
        put_in_order(self._more, *card, *rows, *([self.tab_after] if self.tab_after is not None else []))

    def _show_network(self) -> None:
        shown = self._shown
        if self.network is not None and shown is not None and shown.connection.id != SANDBOX_ID:
            self.network.show_connection(
                shown.connection,
                shown.present_headers,
                shown.silence_s,
                has_password=shown.has_password,
            )


def _refused(headline: str) -> TracksideError:
    return TracksideError(Failure(FailureKind.INPUT, headline))
