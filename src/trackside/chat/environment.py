"""The environment that the process was started in, and what children may inherit of it.

What stands in the environment goes to every child (the browser, the file manager, a keyring's helper), and
/proc/PID/environ shows what stood there at the start for as long as the process lives.
"""

import os
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote

from trackside.domain.secrecy import keep_secret

KEY_VARIABLE = "TWELVELABS_API_KEY"

_LOGIN = re.compile(r"^(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)?(?P<login>[^/?#]*)@(?P<rest>[^@]*)$")
_ENV_START, _ENV_END = 47, 48
"""Where /proc/self/stat says what the environment's place in memory is, counted behind the name."""


def taken_environment() -> dict[str, str]:
    """The environment as it is. From here on the key is no longer in it, and children get the proxies'
    addresses without a login; `os.environ` keeps that, since whoever makes connections reads it there."""
    found = dict(os.environ)
    if key := found.get(KEY_VARIABLE, ""):
        keep_secret(key.strip())
        _blot(KEY_VARIABLE)
        del os.environ[KEY_VARIABLE]
    for name, value in _logins(found).items():
        _blot(name)
        # Past os.environ: this is what children see.
        os.putenv(name, value)
    return found


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for a child, without key and logins."""
    kept = {name: value for name, value in environment.items() if name != KEY_VARIABLE}
    return kept | _logins(environment)


def _logins(environment: Mapping[str, str]) -> dict[str, str]:
    """The proxies' variables that carry a login, as they are without it."""
    found = {}
    for name, value in environment.items():
        if name.lower().endswith("_proxy") and (match := _LOGIN.match(value.strip())):
            _, _, password = match["login"].partition(":")
            keep_secret(password, unquote(password), match["login"])
            found[name] = f"{match['scheme'] or ''}{match['rest']}"
    return found


def _blot(name: str) -> None:
    """Overwrites a variable's value where the kernel shows it. Nothing else reads it there: Python has its
    own copy, and the C library gets a new string or none."""
    if sys.platform != "linux":
        return
    import ctypes

    with suppress(OSError, ValueError, IndexError, AttributeError):
        facts = Path("/proc/self/stat").read_text(encoding="ascii", errors="replace")
        numbers = facts.rpartition(")")[2].split()
        start, end = int(numbers[_ENV_START]), int(numbers[_ENV_END])
        getenv = ctypes.CDLL(None).getenv
        getenv.restype = ctypes.c_void_p
        place = getenv(os.fsencode(name))
        # One that was set since lies elsewhere, and is shown nowhere.
        if place is not None and start <= place < end:
            ctypes.memset(place, ord("-"), len(ctypes.string_at(place)))
