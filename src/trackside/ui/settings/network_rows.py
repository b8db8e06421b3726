"""How a connection reaches its service, in the settings: limits of time, proxy, certificates, headers."""

from dataclasses import replace

from PySide6.QtCore import QObject, QRegularExpression, Signal
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import QFileDialog, QLabel, QLineEdit, QWidget

from trackside.domain.connection import Connection, ProxyChoice
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.domain.network_rules import manual_proxy
from trackside.ui.combo_box import ComboBox
from trackside.ui.dialogs.setting_rows import SettingRows
from trackside.ui.labels import plain_label
from trackside.ui.settings.header_rows import HeaderRows
from trackside.ui.settings.inline import CheckedField, say, words_below
from trackside.ui.settings.page import page_button
from trackside.ui.theme import Theme

_CONNECT_RANGE_S = (1, 600)
_SILENCE_RANGE_S = (5, 3600)
_PROXIES = (
    (ProxyChoice.SYSTEM, "As the system says"),
    (ProxyChoice.NONE, "None"),
    (ProxyChoice.MANUAL, "Another one"),
)
_CA_WORDS = "The system's certificates alone are trusted."


class NetworkRows(QObject):
    """Everything about a connection but its name, address and key. What is set leaves as a connection."""

    edited = Signal(Connection)
    headers_edited = Signal(tuple, dict)
    """The headers without secret values, and the secret values typed just now by their names."""
    password_given = Signal(str)
    """A proxy's password; empty for none any more."""
    ca_file_given = Signal(str)
    """The path of a CA file, to be looked into before it is taken."""

    def __init__(self, theme: Theme, rows: SettingRows) -> None:
        super().__init__()
        self._theme = theme
        self._connection = Connection("", "", "")
        self._add_limits(rows)
        self._add_proxy(rows)
        self._add_ca_file(rows)
        self._model = CheckedField("Model", str.strip, lambda text: self._edit(model=text))
        self._model.setPlaceholderText("The service's own choice")
        rows.add("Model", self._model, stretch=self._model)
        self._headers = HeaderRows(theme)
        self._headers.changed.connect(self.headers_edited)
        rows.add("Extra headers", self._headers, stretch=self._headers, is_tall=True)
        what = plain_label(
            "They go with every request to the service, as a company's gateway may want. Secret values are "
            "kept in the keyring.",
            "muted",
            wraps=True,
        )
        rows.add("", what, stretch=what)

    # -- what is shown ---------------------------------------------------------------------------

    def show_connection(
        self, connection: Connection, present: frozenset[str], silence_s: float, *, has_password: bool
    ) -> None:
        """Shows what is set. `present` are the names of secret headers with values, in small letters;
        `silence_s` is what holds for all connections."""
        is_anew = connection.id != self._connection.id
        self._connection = connection
        self._connect.show_text(f"{connection.connect_timeout_s:g}", is_anew=is_anew)
        own_s = connection.silence_limit_s
        self._silence.show_text("" if own_s is None else f"{own_s:g}", is_anew=is_anew)
        self._silence.setPlaceholderText(f"{silence_s:g}")
        self._model.show_text(connection.model, is_anew=is_anew)
        if is_anew or connection.proxy is not ProxyChoice.SYSTEM or not self._is_manual:
            self._choice.setCurrentIndex([choice for choice, _ in _PROXIES].index(connection.proxy))
        self._address.show_text(connection.proxy_url, is_anew=is_anew)
        self._user.show_text(connection.proxy_user, is_anew=is_anew)
        if is_anew:
            self._password.clear()
        kept = "Present, never shown. Type to replace" if has_password else "Kept in the keyring"
        self._password.setPlaceholderText(kept)
        self._forget_password.setEnabled(has_password)
        self._ca_file.show_text(connection.ca_file, is_anew=is_anew)
        self._system_only.setEnabled(bool(connection.ca_file))
        if not connection.ca_file:
            say(self._ca_words, _CA_WORDS)
        self._headers.show_headers(connection.headers, present)
        self._show_proxy()

    def show_system_proxy(self, words: str) -> None:
        """What the system's settings say right now."""
        say(self._system_words, words)
        self._show_proxy()

    def show_authorities(self, path: str, words: str, failure: Failure | None = None) -> None:
        """Whom a CA file trusts, or why it is none. One that is not the field's any more is passed over."""
        if path != self._ca_file.text():
            return
        say(self._ca_words, words if failure is None else "")
        if failure is not None:
            self._ca_file.refuse(failure.sentence)
        else:
            self._ca_file.say("")

    @property
    def last(self) -> QWidget:
        """Where Tab stops last."""
        return self._headers.add_button

    def focus_ca_file(self) -> None:
        """Asks for a file."""
        self._ca_file.setFocus()
        self.choose_ca_file()

    def focus_proxy(self) -> None:
        (self._address if self._is_manual else self._choice).setFocus()

    # -- limits ----------------------------------------------------------------------------------

    def _add_limits(self, rows: SettingRows) -> None:
        self._connect = CheckedField(
            "Give up connecting after, in seconds",
            lambda text: _seconds(text, *_CONNECT_RANGE_S),
            lambda text: self._edit(connect_timeout_s=float(text)),
        )
        self._silence = CheckedField(
            "Give up a silent answer after, in seconds",
            lambda text: _seconds(text, *_SILENCE_RANGE_S) if text.strip() else "",
            lambda text: self._edit(silence_limit_s=float(text) if text else None),
        )
        for field, words, unit in (
            (self._connect, "Connect within", "s"),
            (self._silence, "Give up after", "s without a sign of life; empty as under Streaming"),
        ):
            # One for numbers would not let an empty field be left.
            field.setValidator(QRegularExpressionValidator(QRegularExpression(r"\d{0,5}"), field))
            field.setFixedWidth(self._theme.px(80))
            after = plain_label(unit, "muted", wraps=True)
            rows.add(words, field, after, stretch=after)
            rows.add("", field.problem, stretch=field.problem)

    # -- proxy -----------------------------------------------------------------------------------

    def _add_proxy(self, rows: SettingRows) -> None:
        self._choice = ComboBox(self._theme)
        self._choice.setAccessibleName("Proxy")
        for choice, words in _PROXIES:
            self._choice.addItem(words, choice)
        self._choice.activated.connect(self._on_choice)
        rows.add("Proxy", self._choice)
        self._system_words = words_below()
        rows.add("", self._system_words, stretch=self._system_words)
        self._address = CheckedField("Proxy address", _proxy_checked, self._take_proxy)
        self._address.setPlaceholderText("http://proxy.example.com:3128")
        rows.add("", self._address, stretch=self._address)
        rows.add("", self._address.problem, stretch=self._address.problem)
        self._user = CheckedField("Proxy user", self._user_checked, self._take_user)
        self._user.setPlaceholderText("User, if it wants a login")
        rows.add("", self._user, stretch=self._user)
        rows.add("", self._user.problem, stretch=self._user.problem)
        self._password = QLineEdit()
        self._password.setEchoMode(QLineEdit.EchoMode.Password)
        self._password.setAccessibleName("Proxy password")
        self._password.editingFinished.connect(self._give_password)
        self._forget_password = page_button("Remove")
        self._forget_password.setAccessibleName("Remove proxy password")
        self._forget_password.clicked.connect(lambda: self.password_given.emit(""))
        rows.add("", self._password, self._forget_password, stretch=self._password)

    @property
    def _is_manual(self) -> bool:
        return ProxyChoice(self._choice.currentData()) is ProxyChoice.MANUAL

    def _show_proxy(self) -> None:
        is_manual = self._is_manual
        for widget in (self._address, self._user):
            widget.setVisible(is_manual)
            widget.problem.setVisible(is_manual and bool(widget.problem.text()))
        has_login = is_manual and bool(self._connection.proxy_user)
        self._password.setVisible(has_login)
        self._forget_password.setVisible(has_login)
        is_system = self._choice.currentData() == ProxyChoice.SYSTEM
        self._system_words.setVisible(is_system and bool(self._system_words.text()))

    def _on_choice(self) -> None:
        """The system's and none apply at once; one of the connection's own when its address is there."""
        choice = ProxyChoice(self._choice.currentData())
        if choice is not ProxyChoice.MANUAL or self._connection.proxy_url:
            self._edit(proxy=choice)
        self._show_proxy()
        if choice is ProxyChoice.MANUAL and not self._connection.proxy_url:
            self._address.setFocus()

    def _take_proxy(self, address: str) -> None:
        choice = ProxyChoice.MANUAL if address else ProxyChoice.SYSTEM
        if not address:
            self._choice.setCurrentIndex(0)
        self._edit(proxy=choice, proxy_url=address)
        self._show_proxy()

    def _user_checked(self, text: str) -> str:
        user = text.strip()
        if user:
            manual_proxy(self._connection.proxy_url or "http://proxy", user, "")
        return user

    def _take_user(self, user: str) -> None:
        self._edit(proxy_user=user)
        self._show_proxy()
        if not user:
            self.password_given.emit("")

    def _give_password(self) -> None:
        if password := self._password.text():
            self._password.clear()
            self.password_given.emit(password)

    # -- certificates ----------------------------------------------------------------------------

    def _add_ca_file(self, rows: SettingRows) -> None:
        self._ca_file = CheckedField("CA file", str.strip, self._take_ca_file)
        self._ca_file.setPlaceholderText("None beside the system's")
        choose = page_button("Choose…")
        choose.setAccessibleName("Choose CA file")
        choose.clicked.connect(self.choose_ca_file)
        self._system_only = page_button("Remove")
        self._system_only.setAccessibleName("Remove CA file")
        self._system_only.clicked.connect(lambda: self._take_ca_file(""))
        rows.add("CA file", self._ca_file, choose, self._system_only, stretch=self._ca_file)
        rows.add("", self._ca_file.problem, stretch=self._ca_file.problem)
        self._ca_words: QLabel = words_below()
        rows.add("", self._ca_words, stretch=self._ca_words)

    def choose_ca_file(self) -> None:
        """Asks for a file."""
        dialog = QFileDialog(self._ca_file.window(), "Choose a CA file")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters(["Certificates (*.pem *.crt *.cer *.der)", "All files (*)"])
        dialog.fileSelected.connect(self._take_ca_file)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _take_ca_file(self, path: str) -> None:
        self._ca_file.setText(path)
        if path:
            self.ca_file_given.emit(path)
        else:
            self._edit(ca_file="")

    # -- all -------------------------------------------------------------------------------------

    def _edit(self, **changes: object) -> None:
        edited = replace(self._connection, **changes)  # type: ignore[arg-type]  # names and types are above
        if edited != self._connection:
            self.edited.emit(edited)


def _proxy_checked(text: str) -> str:
    address = text.strip()
    if address:
        manual_proxy(address, "", "")
    return address


def _seconds(text: str, least: int, most: int) -> str:
    if text.isdecimal() and least <= int(text) <= most:
        return text
    raise TracksideError(Failure(FailureKind.INPUT, f"This has to be {least} to {most:,} seconds."))
