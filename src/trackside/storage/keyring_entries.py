"""The entries themselves: where an account stands in the keyring, and how it is read, put and removed there.

Everything here runs on the keyring's thread.
"""

from __future__ import annotations

from typing import Any

from trackside.domain.connection import DEFAULT_ID
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.storage.keyring_backends import (
    FOR_THIS_RUN,
    KeyringBackend,
    ReluctantKeyringError,
    judge_backend,
)

SERVICE_NAME = "Trackside API key"
"""What a key is called where the system shows its keyring (Seahorse, Keychain Access, Credential Manager);
the account name is the connection's id."""
PROXY_MARK = "#proxy"
HEADERS_MARK = "#headers"
_SERVICES = {PROXY_MARK: "Trackside proxy password", HEADERS_MARK: "Trackside secret headers"}
OLD_SERVICE_NAME = "trackside"
"""Under which the one key there was stood before there could be several."""
_WINDOWS_LIMIT_BYTES = 2_560
"""CRED_MAX_CREDENTIAL_BLOB_SIZE, in UTF-16: more is refused without a reason."""
_MOST_DELETIONS = 8
_MOST_FORGOTTEN = 1_000
SERVICES = (SERVICE_NAME, *_SERVICES.values(), OLD_SERVICE_NAME)
"""All that anything of ours stands under."""


def entry_of(account: str) -> tuple[str, str]:
    """The service and the user name that an account stands under in the keyring."""
    for mark, service in _SERVICES.items():
        if account.endswith(mark):
            return service, account.removesuffix(mark)
    return SERVICE_NAME, account


def read_entry(backend: KeyringBackend, service: str, username: str) -> str | None:
    """What stands there. Raises TracksideError for what is no text."""
    text: Any = backend.get_password(service, username)
    if isinstance(text, bytes):
        try:
            text = text.decode()
        except UnicodeDecodeError:
            raise _failed("The keyring's entry can't be read.") from None
    if text is not None and not isinstance(text, str):
        raise _failed("The keyring's entry can't be read.", type(text).__name__)
    return text


def put_account(backend: KeyringBackend, account: str, text: str) -> None:
    """Writes it, and reads it back: a back end that forgets must not be trusted."""
    is_windows = judge_backend(backend).name == "Credential Manager"
    if is_windows and len(text.encode("utf-16-le")) > _WINDOWS_LIMIT_BYTES:
        count = _WINDOWS_LIMIT_BYTES // 2
        raise _failed(f"The Credential Manager takes no more than {count:,} characters.")
    service, username = entry_of(account)
    backend.set_password(service, username, text)
    if read_entry(backend, service, username) != text:
        raise _failed("The keyring did not keep the key.")
    if account == DEFAULT_ID:
        _remove_entry(backend, OLD_SERVICE_NAME, account)


def remove_account(backend: KeyringBackend, account: str) -> None:
    """Removes it, under its old name, too."""
    _remove_entry(backend, *entry_of(account))
    if account == DEFAULT_ID:
        _remove_entry(backend, OLD_SERVICE_NAME, account)


def _remove_entry(backend: KeyringBackend, service: str, username: str) -> None:
    # Two programs, or two back ends on one store, may have made the entry twice.
    for _ in range(_MOST_DELETIONS):
        if backend.get_password(service, username) is None:
            return
        try:
            backend.delete_password(service, username)
        except Exception:
            # Another program may have been quicker, and that is no failure.
            if backend.get_password(service, username) is not None:
                raise
    if backend.get_password(service, username) is not None:
        raise _failed("The keyring did not remove the key.")


def forget_service(backend: Any, service: str) -> None:
    """Removes all entries of a service that the back end can name."""
    if not hasattr(backend, "get_credential"):
        return
    for _ in range(_MOST_FORGOTTEN):
        credential = backend.get_credential(service, None)
        if credential is None or not isinstance(name := credential.username, str):
            return
        _remove_entry(backend, service, name)


_LOCKED = "The keyring is locked."
_DISMISSED = "The keyring's question for its password was dismissed."
_WORDS = {
    "PromptDismissedException": _DISMISSED,
    "KeyringLocked": _LOCKED,
    "LockedException": _LOCKED,
    "NoKeyringError": "This system has no keyring.",
    "InitError": "The system's keyring could not be opened.",
    "SecretServiceNotAvailableException": "The system's keyring is not running.",
    "PasswordDeleteError": "The keyring did not remove the key.",
    "PasswordSetError": "The keyring did not take the key.",
    "NotImplementedError": "The keyring here can't keep keys.",
}
"""By the names of the exceptions: what raises them may not be installed."""
_UNLOCK = "Unlock it and try again, or use the key for this run only."


def worded(error: BaseException) -> TracksideError:
    """A sentence for whatever a back end raises."""
    # The text of a keyring's exception is not passed on: some back ends put the entry into it.
    name = type(error).__name__
    words = next((_WORDS[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in _WORDS), "")
    if words in (_LOCKED, _DISMISSED):
        return ReluctantKeyringError(Failure(FailureKind.KEYRING, words, _UNLOCK, name))
    return TracksideError(
        Failure(FailureKind.KEYRING, words or "The keyring can't be reached.", FOR_THIS_RUN, name)
    )


def _failed(headline: str, detail: str = "") -> TracksideError:
    return TracksideError(Failure(FailureKind.KEYRING, headline, FOR_THIS_RUN, detail))
