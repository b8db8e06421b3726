"""How the service is reached, for those who can't reach it otherwise: its address, a proxy, a CA file."""

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from trackside.domain.connection import Connection, ProxyChoice, checked_base_url
from trackside.ui.combo_box import ComboBox
from trackside.ui.labels import plain_label
from trackside.ui.theme import Theme

_PROXIES = (
    (ProxyChoice.SYSTEM, "As this computer is set up"),
    (ProxyChoice.NONE, "No proxy"),
    (ProxyChoice.MANUAL, "This one:"),
)
_LABEL_PX = 130


class WayFields(QWidget):
    """Fields that change a copy of the connection; `apply` gives it. Enter in any of them is `entered`."""

    entered = Signal()
    ca_file_chosen = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._shown: Connection | None = None
        self.address = _field("Service address")
        self.proxy = ComboBox(theme)
        self.proxy.setAccessibleName("Proxy")
        for choice, words in _PROXIES:
            self.proxy.addItem(words, choice)
        self.proxy_url = _field("Proxy address", "http://proxy.example.com:3128")
        self.proxy_user = _field("Proxy user", "User, if it wants a login")
        self.proxy_password = _field("Proxy password", "Password")
        self.proxy_password.setEchoMode(QLineEdit.EchoMode.Password)
        self.ca_file = _field("CA file", "None: the system’s certificates alone")
        self.choose_ca_file = QPushButton("Choose…")
        self.choose_ca_file.setAccessibleName("Choose CA file")
        self.choose_ca_file.clicked.connect(self.open_ca_file_dialog)
        self._address_note = plain_label("", "small", wraps=True)
        self._address_note.hide()
        self._login = QWidget()
        login = QHBoxLayout(self._login)
        login.setContentsMargins(0, 0, 0, 0)
        login.addWidget(self.proxy_user, 1)
        login.addWidget(self.proxy_password, 1)
        files = QWidget()
        row = QHBoxLayout(files)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.ca_file, 1)
        row.addWidget(self.choose_ca_file)
        self._inner = (login, row)
        self._labels: list[QLabel] = []
        self._rows: list[QHBoxLayout] = []
        self._parts: list[QWidget] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        for words, part in (
            ("Service address", self.address),
            ("", self._address_note),
            ("Proxy", self.proxy),
            ("", self.proxy_url),
            ("", self._login),
            ("CA file", files),
        ):
            self._add(words, part)
        for field in self._fields:
            field.returnPressed.connect(self.entered)
        self.proxy.currentIndexChanged.connect(lambda _: self._fit_proxy())
        theme.changed.connect(self._dress)
        self._dress()
        self._fit_proxy()

    @property
    def _fields(self) -> tuple[QLineEdit, ...]:
        return (self.address, self.proxy_url, self.proxy_user, self.proxy_password, self.ca_file)

    # -- what is shown ---------------------------------------------------------------------------

    def show_connection(self, connection: Connection, *, fixed_by: str = "", has_password: bool) -> None:
        """Shows how a connection is reached. `fixed_by` names what sets its address, which then can't be
        changed here; `has_password` says that the proxy's is known."""
        self._shown = connection
        self.address.setText(connection.base_url)
        self.address.setReadOnly(bool(fixed_by))
        self._address_note.setText(f"Set by {fixed_by}." if fixed_by else "")
        self._address_note.setVisible(bool(fixed_by))
        self.proxy.setCurrentIndex([choice for choice, _ in _PROXIES].index(connection.proxy))
        self.proxy_url.setText(connection.proxy_url)
        self.proxy_user.setText(connection.proxy_user)
        self.proxy_password.setText("")
        self.proxy_password.setPlaceholderText("Kept in the keyring" if has_password else "Password")
        self.ca_file.setText(connection.ca_file)

    def apply(self, connection: Connection) -> Connection:
        """The connection with what was changed here. Raises TracksideError for an address that can't be
        used; what the proxy's is worth, the test says."""
        shown = self._shown
        if shown is None:
            return connection
        if (typed := self.address.text().strip()) != shown.base_url:
            url = checked_base_url(typed, allow_plain_http=connection.allow_plain_http)
            connection = replace(connection, base_url=url)
        return replace(
            connection,
            proxy=self._choice,
            proxy_url=self.proxy_url.text().strip(),
            proxy_user=self.proxy_user.text().strip(),
            ca_file=self.ca_file.text().strip(),
        )

    @property
    def typed_password(self) -> str:
        """The proxy's password as it was typed; empty to leave the kept one."""
        return self.proxy_password.text() if self._choice is ProxyChoice.MANUAL else ""

    def focus_address(self) -> None:
        if self.address.isReadOnly():
            self.focus_proxy()
            return
        self.address.setFocus()
        self.address.selectAll()

    def focus_proxy(self) -> None:
        """Where a proxy is named, or its login."""
        if self._choice is not ProxyChoice.MANUAL:
            self.proxy.setFocus()
        elif self.proxy_url.text().strip():
            self.proxy_user.setFocus()
        else:
            self.proxy_url.setFocus()

    def open_ca_file_dialog(self) -> None:
        """Asks for the file; `ca_file_chosen` follows."""
        dialog = QFileDialog(self.window(), "Choose a CA file")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters(["Certificates (*.pem *.crt *.cer *.ca-bundle)", "All files (*)"])
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.take_ca_file)
        dialog.open()

    def take_ca_file(self, path: str) -> None:
        self.ca_file.setText(path)
        self.ca_file_chosen.emit()

    # -- inside ----------------------------------------------------------------------------------

    @property
    def _choice(self) -> ProxyChoice:
        return _PROXIES[max(0, self.proxy.currentIndex())][0]

    def _add(self, words: str, part: QWidget) -> None:
        row = QHBoxLayout()
        label = QLabel(words)
        label.setBuddy(part)
        row.addWidget(label)
        row.addWidget(part, 1)
        self._labels.append(label)
        self._rows.append(row)
        self._parts.append(part)
        self._column.addLayout(row)

    def _fit_proxy(self) -> None:
        is_manual = self._choice is ProxyChoice.MANUAL
        for widget in (self.proxy_url, self._login):
            widget.setVisible(is_manual)
        for label, part in zip(self._labels, self._parts, strict=True):
            label.setVisible(not part.isHidden())

    def _dress(self) -> None:
        px = self._theme.px
        self._column.setSpacing(px(8))
        for row in (*self._rows, *self._inner):
            row.setSpacing(px(8))
        for label in self._labels:
            label.setFixedWidth(px(_LABEL_PX))


def _field(name: str, placeholder: str = "") -> QLineEdit:
    field = QLineEdit()
    field.setAccessibleName(name)
    field.setPlaceholderText(placeholder)
    return field
