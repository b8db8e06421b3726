"""Which keyring there is, and whether a key may be given to it.

The keyring library takes whatever is installed or chosen by a variable or a file, back ends that write
plain text, ask on a terminal or keep nothing among them. Everything here runs on the keyring's thread.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from trackside.domain.failure import Failure, FailureKind, TracksideError

FOR_THIS_RUN = "The key can be used for this run only."
_VARIABLE = "PYTHON_KEYRING_BACKEND"
_NO_KEYRING = "This system has no keyring."


class KeyringBackend(Protocol):
    """The part of keyring's back ends that is used."""

    def get_password(self, service: str, username: str) -> str | None: ...
    def set_password(self, service: str, username: str, password: str) -> None: ...
    def delete_password(self, service: str, username: str) -> None: ...


class ReluctantKeyringError(TracksideError):
    """From a keyring that hangs, is locked or was not waited for: each further question can be a prompt, so
    only a person may ask again."""


@dataclass(frozen=True, slots=True)
class VaultState:
    """Whether keys can be kept, and two sentences for when they can't: what is wrong and what to do."""

    is_usable: bool
    name: str
    """The back end's own, as its system calls it: “Secret Service”, “Keychain”."""
    reason: str = ""
    is_plaintext: bool = False
    """Whether it writes keys to a file that any program of the user's can read."""
    advice: str = FOR_THIS_RUN

    @property
    def failure(self) -> Failure:
        """Why keys can't be kept."""
        return Failure(FailureKind.KEYRING, self.reason, self.advice, self.name)


_KNOWN = {
    "keyring.backends.SecretService": "Secret Service",
    "keyring.backends.libsecret": "Secret Service",
    "keyring.backends.kwallet": "KWallet",
    "keyring.backends.macOS": "Keychain",
    "keyring.backends.Windows": "Credential Manager",
}
"""Those of keyring's own that keep keys safely."""
_ON_TERMINAL = ("keyrings.cryptfile", "keyrings.alt.keyczar")
_WRITES_PLAIN = ("keyring.backends.file", "keyring.backends.pyfs", "keyrings.alt")


def judge_backend(backend: Any, *, allows_plaintext: bool = False) -> VaultState:
    """Whether a back end may have keys. One that isn't known is trusted, unless it descends from one that is
    not; plain files only with `allows_plaintext`."""
    if is_chain(backend):
        member = safe_member(backend, allows_plaintext=allows_plaintext)
        if not is_chain(member):
            return judge_backend(member, allows_plaintext=allows_plaintext)
        # None of them may: why the first one may not.
        return next((judge_backend(one) for one in _members(member)), _nothing())
    kinds = [(kind.__module__, kind.__qualname__) for kind in type(backend).__mro__]
    for module, name in kinds:
        whole = f"{module}.{name}"
        if words := next((words for start, words in _KNOWN.items() if _is_in(whole, start)), None):
            return VaultState(is_usable=True, name=words)
        if _is_in(whole, "keyring.backends.fail"):
            return _nothing()
        if _is_in(whole, "keyring.backends.null"):
            return VaultState(is_usable=False, name="null", reason="The keyring is switched off.")
        if _asks_on_terminal(whole):
            reason = "The only keyring here asks for its password on a terminal."
            return VaultState(is_usable=False, name=type(backend).__qualname__, reason=reason)
        if "plaintext" in whole.lower() or any(_is_in(whole, start) for start in _WRITES_PLAIN):
            return _plain(type(backend).__qualname__, allows_plaintext)
    return VaultState(is_usable=True, name=_own_name(backend))


def safe_member(backend: Any, *, allows_plaintext: bool = False) -> Any:
    """The back end itself, or of a chain the first that may have keys: the chain itself would ask and tell
    all of its members, plain files among them."""
    while is_chain(backend):
        states = [(judge_backend(member), member) for member in _members(backend)]
        safe = [(state, member) for state, member in states if state.is_usable]
        # Some plug-ins go before all others and keep nothing: they hand out tokens of package servers.
        known = [member for state, member in safe if state.name in _KNOWN.values()]
        plain = [member for state, member in states if state.is_plaintext and allows_plaintext]
        if not (found := known or [member for _, member in safe] or plain):
            break
        backend = found[0]
    return backend


def is_chain(backend: Any) -> bool:
    return any(_is_in(kind.__module__, "keyring.backends.chainer") for kind in type(backend).__mro__)


def system_backend(*, afresh: bool = False) -> KeyringBackend:
    """The back end that keyring takes. With `afresh` it looks once more for what wasn't there before.

    Raises TracksideError for a library that can't be loaded and for a choice that can't be had.
    """
    try:
        import keyring  # 90 ms: on the keyring's thread, when a key is first needed
        from keyring.backend import get_all_keyring
    except ImportError as error:
        raise TracksideError(
            Failure(
                FailureKind.KEYRING,
                "The keyring's library can't be loaded.",
                FOR_THIS_RUN,
                f"ImportError: {error.name or 'keyring'}",
            )
        ) from None
    try:
        if afresh and is_of_fail(keyring.get_keyring()):
            with contextlib.suppress(KeyError, AttributeError):
                get_all_keyring.reset()
            keyring.core.init_backend()
        return keyring.get_keyring()
    except Exception as error:
        if not (chooser := chosen_by()):
            raise
        raise TracksideError(
            Failure(
                FailureKind.KEYRING,
                "The keyring that was chosen can't be used.",
                f"{chooser} names it. {FOR_THIS_RUN}",
                type(error).__name__,
            )
        ) from None


def is_of_fail(backend: Any) -> bool:
    """Whether keyring found nothing, or nothing but a chain of nothing."""
    return _is_in(type(backend).__module__, "keyring.backends.fail") or (
        is_chain(backend) and not _members(backend)
    )


def chosen_by() -> str:
    """What names a back end in place of the one that keyring would take; empty for nothing."""
    if _VARIABLE in os.environ:
        return _VARIABLE
    from keyring.util import platform_

    path = Path(platform_.config_root()) / "keyringrc.cfg"
    return str(path) if path.exists() else ""


def _members(backend: Any) -> list[Any]:
    return list(backend.backends)


def _is_in(whole: str, start: str) -> bool:
    return whole == start or whole.startswith((start + ".", start + "_"))


def _asks_on_terminal(whole: str) -> bool:
    is_file = any(_is_in(whole, start) for start in _WRITES_PLAIN) and "Windows" not in whole
    return any(_is_in(whole, start) for start in _ON_TERMINAL) or (is_file and "Encrypted" in whole)


def _nothing() -> VaultState:
    return VaultState(is_usable=False, name="none", reason=_NO_KEYRING)


def _plain(name: str, allows_plaintext: bool) -> VaultState:
    if allows_plaintext:
        return VaultState(is_usable=True, name=name, is_plaintext=True)
    return VaultState(
        is_usable=False,
        name=name,
        reason="The only keyring here would write keys to a plain file.",
        is_plaintext=True,
        advice="That can be allowed in the settings. " + FOR_THIS_RUN,
    )


def _own_name(backend: Any) -> str:
    name = getattr(backend, "name", None)
    return name if isinstance(name, str) and name else type(backend).__qualname__
