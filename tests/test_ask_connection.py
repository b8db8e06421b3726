"""`ask --connection`: which service is asked, and what is said when there is no such one."""

import json
from pathlib import Path

import pytest

from trackside.__main__ import main
from trackside.commands.choosing import chosen_connection
from trackside.domain.connection import TWELVELABS, Connection
from trackside.domain.failure import TracksideError
from trackside.domain.settings import Settings
from trackside.sandbox.server import SandboxServer
from trackside.storage.settings import save_settings

WORK = Connection("c1", "Work", "https://work.invalid/v1.3")
REFUSED = 3


# -- choosing ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", ["c1", "Work", "wORK", " work "])
def test_connection_is_found_by_id_and_name(wanted: str) -> None:
    assert chosen_connection([TWELVELABS, WORK], wanted) is WORK


def test_without_a_name_it_is_the_default_one_or_the_first() -> None:
    assert chosen_connection([WORK, TWELVELABS], None) is TWELVELABS
    assert chosen_connection([WORK], None) is WORK


@pytest.mark.parametrize(
    ("connections", "wanted", "words"),
    [
        ([TWELVELABS, WORK], "Home", "There is no connection “Home”. There is “TwelveLabs”, “Work”."),
        ([], "Home", "There is none."),
        ([], None, "There is no connection yet."),
        ([WORK], "sandbox", "The sandbox is the window's."),
        ([WORK, Connection("c2", "work", "https://other.invalid")], "Work", "Give one's id instead: c1, c2."),
    ],
)
def test_what_is_not_there_is_said(connections: list[Connection], wanted: str | None, words: str) -> None:
    with pytest.raises(TracksideError, match=words.replace(".", r"\.")):
        chosen_connection(connections, wanted)


# -- asking ------------------------------------------------------------------------------------------


pytestmark = pytest.mark.usefixtures("as_before")


class Asking:
    """Runs `ask` on a data directory that knows “Near”, the sandbox, and “Work”, which nobody answers."""

    def __init__(self, folder: Path, service: SandboxServer, capsys: pytest.CaptureFixture[str]) -> None:
        self._folder, self._service, self._capsys = folder, service, capsys
        folder.mkdir()
        near = Connection("near", "Near", service.base_url)
        save_settings(folder / "settings.json", Settings(connections=(TWELVELABS, near, WORK)), {})

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        try:
            code = main(["ask", *arguments, "--store", self.store, "--data-dir", str(self._folder)])
        except SystemExit as end:
            code = int(end.code or 0)
        said = self._capsys.readouterr()
        return code, said.out, said.err

    @property
    def store(self) -> str:
        import httpx

        with httpx.Client(trust_env=False, headers={"x-api-key": "k"}) as client:
            data = client.get(f"{self._service.base_url}/knowledge-stores").json()["data"]
        return str(data[0]["_id"])


@pytest.fixture
def ask(tmp_path: Path, shared_sandbox: SandboxServer, capsys: pytest.CaptureFixture[str]) -> Asking:
    return Asking(tmp_path / "data", shared_sandbox, capsys)


def test_named_connection_is_asked_and_its_session_stays_with_it(ask: Asking) -> None:
    code, out, _ = ask("/echo hello", "--connection", "near", "--json")
    assert code == 0
    session = json.loads(out)["session"]
    # Without a name the session says where it is asked.
    assert ask("/echo again", "--session", session)[:2] == (0, "again\n")
    code, _, err = ask("/echo elsewhere", "--session", session, "--connection", "Work")
    assert code == REFUSED
    assert "That session belongs to the connection “Near”. Ask it there: leave --connection out." in err


def test_unknown_connection_is_said_with_those_there_are(ask: Asking) -> None:
    code, out, err = ask("/echo hello", "--connection", "Home")
    assert (code, out) == (REFUSED, "")
    assert "There is no connection “Home”. There is “TwelveLabs”, “Near”, “Work”." in err


def test_base_url_is_the_default_connections(ask: Asking, shared_sandbox: SandboxServer) -> None:
    code, _, err = ask("/echo hello", "--connection", "near", "--base-url", shared_sandbox.base_url)
    assert code == REFUSED
    assert "--base-url is not for the connection “Near”." in err
    assert ask("/echo hello", "--base-url", shared_sandbox.base_url)[:2] == (0, "hello\n")


def test_session_of_a_removed_connection_is_refused_in_words(ask: Asking, tmp_path: Path) -> None:
    session = json.loads(ask("/echo hello", "--connection", "near", "--json")[1])["session"]
    save_settings(tmp_path / "data" / "settings.json", Settings(), {})
    code, _, err = ask("/echo again", "--session", session)
    assert code == REFUSED
    assert "That session's connection was removed. Open it in the window to move it" in err
