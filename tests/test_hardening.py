"""A crash leaves neither a core dump nor a secret on the terminal."""

import subprocess
import sys
from pathlib import Path

import pytest

from trackside import hardening

_CRASH = """
import asyncio, sys, threading
from trackside.domain.secrecy import keep_secret
from trackside.hardening import harden
harden()
keep_secret("mk-MarkedKey")

def fail(key):
    raise RuntimeError(f"no good: {key} http://gate:mk-other@proxy.test")

class Late:
    def __del__(self):
        fail("mk-MarkedKey")

thread = threading.Thread(target=fail, args=("mk-MarkedKey",))
thread.start()
thread.join()
late = Late()
del late
fail("mk-MarkedKey")
"""


def test_a_traceback_is_printed_without_secrets() -> None:
    done = subprocess.run([sys.executable, "-c", _CRASH], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 1
    assert done.stderr.count("RuntimeError: no good: ••• http://•••@proxy.test") == 3
    assert "mk-" not in done.stderr.replace('fail("mk-MarkedKey")', "")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no core files")
@pytest.mark.parametrize(("pattern", "limit"), [("core\n", 0), ("|/usr/lib/systemd/systemd-coredump\n", 1)])
def test_no_core_is_dumped_nor_handed_over(
    pattern: str, limit: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import resource

    (tmp_path / "core_pattern").write_text(pattern)
    monkeypatch.setattr(hardening, "_CORE_PATTERN", tmp_path / "core_pattern")
    before = resource.getrlimit(resource.RLIMIT_CORE)
    try:
        hardening.forbid_core_dumps()
        soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)
    assert soft == (limit if sys.platform == "linux" else 0)
    assert hard == before[1]
