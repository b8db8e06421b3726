"""What each part of a diagnosis looks at. Everything here blocks, and is called on threads of its own."""

import dataclasses
import os
import platform
import shutil
import sqlite3
import ssl
import sys
from collections.abc import Iterable, Mapping
from enum import Enum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import urlsplit

from trackside import __version__
from trackside.chat.last_failures import LastFailures, NotedFailure, noted
from trackside.domain.backup import size_words
from trackside.domain.connection import Connection, ProxyChoice
from trackside.domain.diagnosis import Fact, Part, PartName
from trackside.domain.settings import Settings
from trackside.storage.errors import is_corrupt
from trackside.storage.inspection import KNOWN_VERSION, inspected, kept_failures, processes_at_work
from trackside.storage.paths import DataPaths
from trackside.storage.privacy import too_open

CHECK_LIMIT_S = 4.0
"""How long SQLite may check a database for damage."""
_LITTLE_ROOM = 200_000_000
_MOST_FAILURES = 12
_MOST_NAMED = 8
_PACKAGES = ("httpx", "httpcore", "h11", "keyring", "truststore", "msgspec", "markdown-it-py", "qasync")
_PACKAGED_BY = {"FLATPAK_ID": "Flatpak", "SNAP": "Snap", "APPIMAGE": "AppImage"}
_NETWORK_DISKS = ("nfs", "cifs", "smb", "fuse.sshfs", "9p", "afs", "davfs")
_NOT_SHOWN = ("connections", "connection_id", "session_id", "shortcuts")


def versions() -> Part:
    """Of everything that has ever been a suspect."""
    facts = [
        Fact("Trackside", __version__ + _packaging()),
        Fact("Python", f"{platform.python_implementation()} {platform.python_version()}"),
        *(Fact(name, _version_of(name)) for name in ("PySide6", *_PACKAGES)),
        Fact("OpenSSL", ssl.OPENSSL_VERSION),
        Fact("SQLite", sqlite3.sqlite_version),
        Fact("System", _system()),
        Fact("Kernel", f"{platform.system()} {platform.release()} {platform.machine()}"),
    ]
    if sys.platform == "linux":
        facts.append(Fact("C library", " ".join(platform.libc_ver())))
    return Part(PartName.VERSIONS, tuple(facts))


def _packaging() -> str:
    if getattr(sys, "frozen", False):
        return " (bundled)"
    found = next((words for name, words in _PACKAGED_BY.items() if name in os.environ), "")
    return f" ({found})" if found else ""


def _version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not found"


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError, AttributeError):
        return platform.platform()


# -- the network -------------------------------------------------------------------------------------


def network(
    connection: Connection | None, proxies: Mapping[str, str], environment: Mapping[str, str]
) -> Part:
    """Certificates, and the proxies as this process sees them, without logins. `proxies` are the
    environment's or the system's."""
    facts, troubles = _certificates(environment)
    for scheme, address in sorted(proxies.items()):
        if scheme != "no":
            facts.append(Fact(f"Proxy for {scheme}", _host_of(address) or "can't be understood"))
    if not [scheme for scheme in proxies if scheme != "no"]:
        facts.append(Fact("Proxy", "none in the environment or the system's settings"))
    if no_proxy := proxies.get("no") or environment.get("NO_PROXY") or environment.get("no_proxy"):
        facts.append(Fact("No proxy for", no_proxy))
    if connection is not None:
        facts.append(Fact("This connection", _way_of(connection)))
        if connection.ca_file:
            path = Path(connection.ca_file)
            facts.append(Fact("CA file", str(path)))
            if not os.access(path, os.R_OK):
                troubles.append("The connection's CA file can’t be read.")
    return Part(PartName.NETWORK, tuple(facts), tuple(troubles))


def _certificates(environment: Mapping[str, str]) -> tuple[list[Fact], list[str]]:
    if sys.platform == "win32":
        return [Fact("Certificates", "the Windows certificate store")], []
    if sys.platform == "darwin":
        return [Fact("Certificates", "the macOS keychain")], []
    paths = ssl.get_default_verify_paths()
    found = [path for path in (paths.cafile, paths.capath) if path]
    # create_default_context would begin the file that SSLKEYLOGFILE names.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_default_certs()
    count = context.cert_store_stats().get("x509_ca", 0)
    facts = [Fact("Certificates", f"{', '.join(found) or 'none found'} ({count} in one file)")]
    facts += [
        Fact(name, environment[name]) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if environment.get(name)
    ]
    return facts, [] if found else ["No certificates of the system were found."]


def _way_of(connection: Connection) -> str:
    match connection.proxy:
        case ProxyChoice.NONE:
            return "goes without any proxy"
        case ProxyChoice.MANUAL:
            login = " with a login" if connection.proxy_user else ""
            return f"goes by {_host_of(connection.proxy_url) or 'a proxy whose address is no address'}{login}"
        case _:
            return "goes as the system says"


def _host_of(address: str) -> str:
    """Host and port without a login."""
    try:
        parts = urlsplit(address if "://" in address else f"//{address}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    return f"{host}:{port}" if host and port else host


# -- what is kept ------------------------------------------------------------------------------------


def data(paths: DataPaths) -> Part:
    """The folder, the database in it, and who may look into them."""
    facts = [
        Fact("Folder", str(paths.root)),
        Fact("Log", f"{paths.log} ({_size_of(paths.log)})"),
        Fact("Settings", f"{paths.settings} ({_size_of(paths.settings)})"),
    ]
    troubles = []
    found, wrong = _database(paths.database)
    facts += found
    troubles += wrong
    for words, trouble in (_room(paths.root), _disk(paths.root), _writable(paths.root)):
        facts += words
        troubles += trouble
    if wide := too_open(paths):
        named = [f"{path} ({path.lstat().st_mode & 0o777:04o})" for path in wide[:_MOST_NAMED]]
        more = [f"and {len(wide) - _MOST_NAMED} more"] if len(wide) > _MOST_NAMED else []
        facts.append(Fact("Open to others", "\n".join([*named, *more])))
        troubles.append("Other users of this computer may look into some of the files.")
    else:
        facts.append(Fact("Open to others", "nothing"))
    return Part(PartName.DATA, tuple(facts), tuple(troubles))


Found = tuple[list[Fact], list[str]]


def _database(path: Path) -> Found:
    name = "Database"
    try:
        seen = inspected(path, CHECK_LIMIT_S)
    except FileNotFoundError:
        return [Fact(name, f"{path} (not there yet)")], []
    except OSError as error:
        return [Fact(name, str(path))], [f"The session database can’t be read: {error.strerror}."]
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorname", "") or type(error).__name__
        what = "is damaged" if is_corrupt(error) else "can’t be looked at"
        return [Fact(name, f"{path} ({_size_of(path)})")], [f"The session database {what} ({code})."]
    facts = [
        Fact(name, f"{path} ({size_words(seen.file_bytes)}, log {size_words(seen.log_bytes)})"),
        Fact("Schema", f"version {seen.version} of {KNOWN_VERSION}, pages of {seen.page_size} bytes"),
        Fact("Kept", f"{seen.sessions:,} sessions, {seen.turns:,} questions"),
        Fact("Check", seen.check if seen.check in ("", "ok") else "damage was found"),
    ]
    troubles = []
    if not seen.check:
        facts[-1] = Fact("Check", f"not finished within {CHECK_LIMIT_S:g} s")
    elif seen.check != "ok":
        troubles.append("The session database is damaged. Trackside sets it aside at its next start.")
    if seen.version > KNOWN_VERSION:
        troubles.append("The session database was written by a newer Trackside.")
    return facts, troubles


def _room(root: Path) -> Found:
    try:
        there = next(folder for folder in (root, *root.parents) if folder.exists())
        free = shutil.disk_usage(there).free
    except OSError as error:
        return [], [f"The disk’s free room can’t be told: {error.strerror}."]
    return [Fact("Free room", size_words(free))], ["The disk is nearly full."] if free < _LITTLE_ROOM else []


def _disk(root: Path) -> Found:
    """What file system the folder lies on: SQLite's log is not made for a network's."""
    if sys.platform != "linux":
        return [], []
    best, kind = "", ""
    for line in Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines():
        _, place, name, *_ = line.split(" ")
        place = place.replace("\\040", " ")
        if root.is_relative_to(place) and len(place) >= len(best):
            best, kind = place, name
    is_remote = kind.startswith(_NETWORK_DISKS)
    trouble = "The folder lies on a network’s disk, where two computers must not use it at once."
    return [Fact("File system", kind)], [trouble] if is_remote else []


def _writable(root: Path) -> Found:
    if not root.exists():
        return [], []
    return [], [] if os.access(root, os.W_OK | os.X_OK) else ["Nothing can be written into the data folder."]


def _size_of(path: Path) -> str:
    try:
        return size_words(path.stat().st_size)
    except FileNotFoundError:
        return "not there yet"
    except OSError as error:
        return error.strerror or "can't be read"


def instance(paths: DataPaths, *, is_window: bool) -> Part:
    """Who else is at work on the same sessions."""
    facts = [Fact("Asked by", "the window" if is_window else "the command line")]
    others = processes_at_work(paths.instances) - is_window
    names = {0: "none", 1: "one other window or command"}
    facts.append(Fact("At the same sessions", names.get(others, f"{others} other windows and commands")))
    return Part(PartName.INSTANCE, tuple(facts))


# -- settings and failures ---------------------------------------------------------------------------


def settings(now: Settings, connections: Iterable[Connection], active_id: str) -> Part:
    """Those that were changed, except what names people and sessions; no header's value."""
    before = Settings()
    facts = [
        Fact(name, _words_of(getattr(now, name)))
        for name in (field.name for field in dataclasses.fields(now) if field.name not in _NOT_SHOWN)
        if getattr(now, name) != getattr(before, name)
    ]
    if now.shortcuts:
        facts.append(Fact("shortcuts", f"{len(now.shortcuts)} changed"))
    facts.append(Fact("All others", "as Trackside came with"))
    for number, one in enumerate(connections, start=1):
        in_use = " (in use)" if one.id == active_id else ""
        facts.append(Fact(f"connection {number}{in_use}", _connection(one)))
    if active_id == "sandbox":
        facts.append(Fact("connection", "the sandbox is in use"))
    return Part(PartName.SETTINGS, tuple(facts))


def _connection(one: Connection) -> str:
    plain = "unencrypted" if one.is_unprotected else ""
    names = ", ".join(header.name + ("*" if header.is_secret else "") for header in one.headers)
    return "\n".join(
        filter(
            None,
            (
                one.base_url,
                plain,
                f"proxy: {_way_of(one)}",
                f"headers: {names}" if names else "",
                "own CA file" if one.ca_file else "",
                f"model: {one.model}" if one.model else "",
                f"connect {one.connect_timeout_s:g} s, silence {one.silence_limit_s or 0:g} s",
            ),
        )
    )


def _words_of(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value.value if isinstance(value, Enum) else value) or "–"


def failures(paths: DataPaths, seen: LastFailures, hosts: Mapping[str, str]) -> Part:
    """The last ones of this run and of the database; `hosts` are the connections' by their ids."""
    troubles: tuple[str, ...] = ()
    of_attempts: Iterable[NotedFailure] = seen.of_attempts
    try:
        kept = kept_failures(paths.database, _MOST_FAILURES, CHECK_LIMIT_S)
        of_attempts = [noted(one.failure, one.at, hosts.get(one.connection_id, "")) for one in kept]
    except FileNotFoundError:
        pass
    except (OSError, sqlite3.Error):
        troubles = ("The failures that were kept can’t be read.",)
    facts = [Fact(_time_of(one), one.words) for one in seen.shown[:_MOST_FAILURES]]
    facts += [Fact(_time_of(one), f"answer: {one.words}") for one in of_attempts]
    if not facts and not troubles:
        facts = [Fact("Failures", "none")]
    facts.sort(key=lambda fact: fact.name, reverse=True)
    return Part(PartName.FAILURES, tuple(facts), troubles)


def _time_of(one: NotedFailure) -> str:
    return one.at.strftime("%Y-%m-%d %H:%M:%SZ") if one.at is not None else "?"
