#!/usr/bin/env python3
"""Sets Trackside up in .venv, and runs it, its checks and its tools there.

    python3 dev.py run [ARGS…]          start Trackside
    python3 dev.py test [PYTEST ARGS…]  every check; with arguments pytest alone, given them
    python3 dev.py bench [ARGS…]        the benchmarks
    python3 dev.py screenshots [ARGS…]  pictures of the window
    python3 dev.py package              wheel and source distribution, into dist/

The first command takes a minute or two: it fills .venv with the versions that
packaging/constraints.txt names. Later ones start at once. All it needs is Python
3.11 or newer. System libraries that Qt lacks are installed when root runs this on
Debian or Ubuntu; elsewhere it says what to type.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "dev-stamp.json"
LOCK = ROOT / ".venv.lock"
CONSTRAINTS = ROOT / "packaging" / "constraints.txt"
LIBRARIES = ROOT / "packaging" / "system-libraries.txt"


# Commands


def run(arguments: Sequence[str]) -> int:
    """Starts Trackside and becomes it, so that signals and the exit code are its own."""
    environ = clean_environment()
    set_up(environ)
    command = [str(PYTHON), "-P", "-m", "trackside", *arguments]
    if sys.platform != "win32":
        os.execve(command[0], command, environ)
    return call(command, environ, Path.cwd())


def test(arguments: Sequence[str]) -> int:
    """Runs every check, up to the first that fails; with arguments pytest alone, given them."""
    environ = clean_environment()
    environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if environ.get("LC_ALL") in ("C", "POSIX"):
        environ["LC_ALL"] = "C.UTF-8"  # Qt warns of any that is not UTF-8
    set_up(environ)
    steps = {
        "ruff format": ["-m", "ruff", "format", "--check", "."],
        "ruff check": ["-m", "ruff", "check", "."],
        "mypy": ["-m", "mypy"],
        "lint-imports": ["-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
        "pytest": ["-m", "pytest", *arguments],
    }
    for name in ["pytest"] if arguments else steps:
        print(f"== {name}", flush=True)
        started = time.perf_counter()
        code = call([str(PYTHON), "-P", *steps[name]], environ)
        seconds = time.perf_counter() - started
        if code:
            print(f"== {name} failed with exit code {code} after {seconds:.1f} s", flush=True)
            return code
        print(f"== {name} passed in {seconds:.1f} s", flush=True)
    return 0


def bench(arguments: Sequence[str]) -> int:
    """Runs the benchmarks in tests/benchmarks."""
    environ = clean_environment()
    set_up(environ)
    environ["PYTHONPATH"] = str(ROOT / "tests")
    return call([str(PYTHON), "-P", "-m", "benchmarks", *arguments], environ)


def screenshots(arguments: Sequence[str]) -> int:
    """Takes pictures of the window, as tests/desktop/screenshots.py says."""
    environ = clean_environment()
    set_up(environ)
    environ["PYTHONPATH"] = str(ROOT / "tests")
    return call([str(PYTHON), str(ROOT / "tests" / "desktop" / "screenshots.py"), *arguments], environ)


def package(arguments: Sequence[str]) -> int:
    """Builds the source distribution, and from that the wheel: a file that the first lacks shows."""
    environ = clean_environment()
    environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # a build needs no screen's libraries
    set_up(environ)
    return call([str(PYTHON), "-P", "-m", "build", "--no-isolation", *arguments, str(ROOT)], environ)


COMMANDS = {"run": run, "test": test, "bench": bench, "screenshots": screenshots, "package": package}


def main(arguments: Sequence[str]) -> int:
    """Runs the command that the arguments name, and returns its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a console without “…”
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 0
    command = COMMANDS.get(arguments[0])
    if command is None:
        fail(f"There is no command {arguments[0]!r}, only {', '.join(COMMANDS)}.", code=2)
    try:
        return command(arguments[1:])
    except KeyboardInterrupt:
        return 130


# The environment


def set_up(environ: Mapping[str, str]) -> None:
    """Makes .venv hold what pyproject.toml and the constraints ask for, and the system what Qt asks for."""
    groups = library_groups(environ)
    if is_ready(groups):
        return
    with only_one_at_a_time():
        if is_ready(groups):  # the process waited for has done it
            return
        provide_system_packages(groups)
        wanted = fingerprint()
        if read_stamp().wanted != wanted or not PYTHON.exists():
            install(environ)
        try_qt(groups, environ)
        write_stamp(Stamp(wanted, sorted({*read_stamp().groups, *groups})))


def install(environ: Mapping[str, str]) -> None:
    """Fills .venv, which is made anew if it isn't usable as it is."""
    if is_usable(environ):
        say("Updating .venv…")
        STAMP.unlink(missing_ok=True)
    else:
        say("Setting up .venv (first run, a minute or two)…")
        quietly([sys.executable, "-m", "venv", "--clear", str(VENV)], environ)
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    pip += ["--constraint", str(CONSTRAINTS)]
    # The build back end first: pip would fetch one of its own choice into an isolated environment.
    quietly([*pip, "--upgrade", "setuptools"], environ)
    quietly([*pip, "--no-build-isolation", "--editable", f"{ROOT}[dev]"], environ)


def is_usable(environ: Mapping[str, str]) -> bool:
    """Whether .venv has pip and the Python that this script runs on."""
    ask = "import pip, sys; print(sys.version)"
    try:
        answer = subprocess.run(
            [PYTHON, "-c", ask], env=environ, capture_output=True, encoding="utf-8", check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return False
    return answer.stdout.strip() == sys.version


def clean_environment() -> dict[str, str]:
    """The caller's environment less what would mix other packages into .venv, or put its own elsewhere."""
    environ = dict(os.environ)
    for name in ("PYTHONHOME", "PYTHONPATH", "PIP_PREFIX", "PIP_TARGET", "PIP_USER"):
        environ.pop(name, None)
    return environ


class Stamp(NamedTuple):
    """What .venv was filled for, and the groups of system libraries that were there."""

    wanted: str
    groups: list[str]


def read_stamp() -> Stamp:
    try:
        return Stamp(**json.loads(STAMP.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return Stamp("", [])


def write_stamp(stamp: Stamp) -> None:
    STAMP.write_text(json.dumps(stamp._asdict()), encoding="utf-8")


def fingerprint() -> str:
    """Changes with whatever .venv depends on: its place too, which an editable install is bound to."""
    digest = hashlib.sha256(f"{sys.version}\n{ROOT}\n".encode())
    for path in (ROOT / "pyproject.toml", CONSTRAINTS):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_ready(groups: Sequence[str]) -> bool:
    stamp = read_stamp()
    return stamp.wanted == fingerprint() and set(groups) <= set(stamp.groups) and PYTHON.exists()


@contextmanager
def only_one_at_a_time() -> Iterator[None]:
    """Keeps a second dev.py from setting up meanwhile; the lock of one that dies goes with it."""
    with LOCK.open("a", encoding="utf-8") as file:
        waiting = False
        while not try_lock(file.fileno()):
            if not waiting:
                say("Waiting for another dev.py to finish setting up .venv…")
                waiting = True
            time.sleep(0.2)
        yield


def try_lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        if problem.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
            return False
        raise
    return True


# System packages


class Need(NamedTuple):
    """A system library, or the like, and the package that holds it; a line of system-libraries.txt."""

    group: str
    name: str
    apt: str
    dnf: str
    pacman: str


ENSUREPIP = Need("", "ensurepip", f"python3.{sys.version_info[1]}-venv", "python3-libs", "python")
FONT = Need("", "fonts", "fonts-dejavu-core", "dejavu-sans-fonts", "ttf-dejavu")
CERTIFICATES = Need("", "certificates", "ca-certificates", "ca-certificates", "ca-certificates")

FONT_FOLDERS = ["/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts"]
CERTIFICATE_FILES = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/cert.pem", "/etc/ssl/cert.pem"]
PLUGINS = {"qt": "libqoffscreen.so", "x11": "libqxcb.so", "wayland": "libqwayland.so"}


def library_groups(environ: Mapping[str, str]) -> list[str]:
    """The groups of system-libraries.txt that the screen at hand takes; none where Qt's wheels bring all."""
    if sys.platform != "linux":
        return []
    if environ.get("QT_QPA_PLATFORM", "").startswith(("offscreen", "minimal")):
        return ["qt"]
    screens = {"x11": "DISPLAY", "wayland": "WAYLAND_DISPLAY"}
    return ["qt", *(group for group, variable in screens.items() if environ.get(variable))]


def provide_system_packages(groups: Sequence[str]) -> None:
    """Installs what is missing where that can be done unasked; otherwise says how, and ends."""
    import shutil

    missing = missing_needs(groups)
    if not missing:
        return
    names = ", ".join(need.name for need in missing)
    # Every library, not just this command's: a `test` shouldn't leave the first window without its own.
    needs = {*missing, *read_libraries()}
    if shutil.which("apt-get"):
        install_packages = ["apt-get", "install", "-y", "--no-install-recommends"]
        commands = [["apt-get", "update"], [*install_packages, *sorted({need.apt for need in needs})]]
    elif shutil.which("dnf"):
        commands = [["dnf", "install", "-y", *sorted({need.dnf for need in needs})]]
    elif shutil.which("pacman"):
        commands = [["pacman", "-S", "--needed", *sorted({need.pacman for need in needs})]]
    else:
        fail(f"This system lacks {names}. Install the packages that hold them, then start this again.")
    is_root = sys.platform != "win32" and os.geteuid() == 0
    if is_root and commands[0][0] == "apt-get":
        say("Installing system packages…")
        for command in commands:
            quietly(command, {**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
        if left := missing_needs(groups):
            fail(f"Still missing after the installation: {', '.join(need.name for need in left)}.")
        return
    line = " && ".join(" ".join(command if is_root else ["sudo", *command]) for command in commands)
    fail(f"This system lacks {names}. Install them, then start this again:\n\n{line}\n")


def read_libraries() -> list[Need]:
    lines = LIBRARIES.read_text(encoding="utf-8").splitlines()
    return [Need(*line.split()) for line in lines if line and not line.startswith("#")]


def missing_needs(groups: Sequence[str]) -> list[Need]:
    """What Qt, a TLS connection and the set-up itself will not find on this system."""
    import ctypes
    import importlib.util

    if not groups:
        return []
    missing = []
    importlib.invalidate_caches()
    if (
        not PYTHON.exists() and importlib.util.find_spec("ensurepip") is None
    ):  # a package of its own on Debian
        missing.append(ENSUREPIP)
    for library in read_libraries():
        if library.group in groups:
            try:
                ctypes.CDLL(library.name)
            except OSError:
                missing.append(library)
    folders = [Path(folder).expanduser() for folder in FONT_FOLDERS]
    if not any(font for folder in folders for font in folder.rglob("*.[ot]t[cf]")):
        missing.append(FONT)
    if "SSL_CERT_FILE" not in os.environ and not any(Path(file).exists() for file in CERTIFICATE_FILES):
        missing.append(CERTIFICATES)
    return missing


def try_qt(groups: Sequence[str], environ: Mapping[str, str]) -> None:
    """Loads what Trackside will, so that a library missing from system-libraries.txt is named here."""
    trial = (
        "import ctypes, pathlib, sys\n"
        "import PySide6.QtMultimedia, PySide6.QtNetwork, PySide6.QtSvg, PySide6.QtWidgets\n"
        "platforms = pathlib.Path(PySide6.__file__).parent / 'Qt' / 'plugins' / 'platforms'\n"
        "for name in sys.argv[1:]: ctypes.CDLL(str(platforms / name))\n"
    )
    quietly([str(PYTHON), "-c", trial, *(PLUGINS[group] for group in groups)], environ)


# Processes


def call(command: Sequence[str], environ: Mapping[str, str], folder: Path = ROOT) -> int:
    """Exit code of a command that shares this terminal; 128 and its number for a signal, as in a shell."""
    stdin = subprocess.DEVNULL if sys.stdin is None else None
    with subprocess.Popen(command, cwd=folder, env=environ, stdin=stdin) as process:
        while True:
            try:
                code = process.wait()
            except KeyboardInterrupt:
                continue  # the command got it as well; how it ends is up to it
            return code if code >= 0 else 128 - code


def quietly(command: Sequence[str], environ: Mapping[str, str]) -> None:
    """Runs a step of the set-up. If it fails, shows what it said and ends."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if done.returncode:
        say(done.stdout)
        fail(f"The set-up failed with exit code {done.returncode} of: {' '.join(command)}")


def say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def fail(message: str, code: int = 1) -> NoReturn:
    say(message)
    raise SystemExit(code)


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036  # a friendly word to whoever starts it with an older one
        sys.exit(f"Trackside needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    sys.exit(main(sys.argv[1:]))
