"""`trackside doctor`: what it prints, and what it says by its exit code."""

import json
import os
from pathlib import Path

import pytest

from trackside.__main__ import main
from trackside.sandbox.server import SandboxServer

KEY = "mk-SecretKey123"


pytestmark = pytest.mark.usefixtures("as_before")


def test_all_is_well(
    tmp_path: Path,
    shared_sandbox: SandboxServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TWELVELABS_API_KEY", KEY)
    assert main(["doctor", "--base-url", shared_sandbox.base_url, "--data-dir", str(tmp_path / "d")]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert "Connection test" in said.out
    assert "from the environment" in said.out
    assert KEY not in said.out
    assert not (tmp_path / "d").exists(), "it only looks"
    assert "TWELVELABS_API_KEY" not in os.environ


def test_what_is_wrong_is_marked_and_the_exit_code_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sessions.db").write_bytes(b"no database" * 100)
    (tmp_path / "settings.json").write_text("{")
    assert main(["doctor", "--no-test", "--json", "--data-dir", str(tmp_path)]) == 3
    told = json.loads(capsys.readouterr().out)
    assert told["is_fine"] is False
    assert told["parts"]["versions"]["is_fine"] is True
    assert [name for name, part in told["parts"].items() if part["troubles"]] == [
        "keyring",
        "data",
        "settings",
        "failures",
    ]
    assert "test" not in told["parts"]


def test_an_unknown_connection_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--connection", "nowhere", "--data-dir", str(tmp_path)]) == 2
    assert "Known are: twelvelabs." in capsys.readouterr().err
