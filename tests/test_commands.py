"""`ask` and `export`: what they print, what they keep, and the exit codes that scripts rely on."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from trackside.__main__ import main
from trackside.commands import core
from trackside.domain.failure import Failure
from trackside.protocol.retry import RetryPolicy
from trackside.sandbox.server import SandboxServer

DONE, USAGE, REFUSED, INTERRUPTED = 0, 2, 3, 4
KEY = "tlk_SECRETSECRET"
TEXT = "The harbour wakes and the café opens its shutters 🎬 while gulls circle over the nets of the boats"


class Hurried(RetryPolicy):
    """The real policy, but for the waiting."""

    def delay_s(self, failure: Failure, tries: int, *, jitter: float | None = None) -> float | None:
        delay_s = RetryPolicy.delay_s(self, failure, tries)
        return None if delay_s is None else 0.002

    def limited_s(self, failure: Failure, *, jitter: float | None = None) -> float | None:
        limited_s = RetryPolicy.limited_s(self, failure)
        return None if limited_s is None else 0.002


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def undone(monkeypatch: pytest.MonkeyPatch, shared_sandbox: SandboxServer, as_before: None) -> Iterator[None]:
    """What a command does to its process, and a test to the sandbox, ends with the test."""
    monkeypatch.setattr(core, "RetryPolicy", Hurried)
    yield
    shared_sandbox.set_fault(None)


@pytest.fixture
def run(tmp_path: Path, shared_sandbox: SandboxServer, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command against the sandbox with a data directory of the test's own."""

    def outcome(*arguments: str) -> Outcome:
        common = ["--data-dir", str(tmp_path / "data"), "--base-url", shared_sandbox.base_url]
        try:
            code = main([*arguments, *common])
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return Outcome(code, said.out, said.err)

    return outcome


@pytest.fixture(scope="module")
def store_id(shared_sandbox: SandboxServer) -> str:
    import httpx

    with httpx.Client(trust_env=False, headers={"x-api-key": "k"}) as client:
        data = client.get(f"{shared_sandbox.base_url}/knowledge-stores").json()["data"]
    return str(data[0]["_id"])


@pytest.fixture
def ask(run: Run, store_id: str) -> Run:
    return lambda question, *more: run("ask", question, "--store", store_id, *more)


def last_body(sandbox: SandboxServer) -> Any:
    return [r for r in sandbox.requests if r.path.endswith("/responses")][-1].body


# -- ask --------------------------------------------------------------------------------------------


def test_ask_prints_the_answer_and_nothing_else(ask: Run) -> None:
    assert ask(f"/echo {TEXT}") == Outcome(DONE, f"{TEXT}\n", "")


def test_ask_as_json_prints_one_object(ask: Run) -> None:
    outcome = ask("Which boats leave?", "--json")
    document = outcome.document
    assert (outcome.code, outcome.out.count("\n"), outcome.err) == (DONE, 1, "")
    assert (document["state"], document["failure"]) == ("completed", None)
    assert document["server_session_id"].startswith("sess_")
    assert document["response_id"].startswith("resp_")
    assert document["usage"]["output_tokens"] > 0
    for annotation in document["annotations"]:
        assert document["text"][annotation["start_index"] : annotation["end_index"] + 1].startswith("[")


def test_steps_go_to_stderr(ask: Run, shared_sandbox: SandboxServer) -> None:
    outcome = ask("Which boats leave?", "--steps", "--json")
    assert last_body(shared_sandbox)["include"] == ["intermediate_outputs"]
    assert outcome.err.startswith("[")
    assert outcome.document["text"]


def test_instructions_and_schema_come_from_files(
    ask: Run, tmp_path: Path, shared_sandbox: SandboxServer
) -> None:
    schema = {"type": "object", "properties": {"summary": {"type": "string"}}}
    (tmp_path / "i.txt").write_text("Be brief.\n", encoding="utf-8-sig")
    (tmp_path / "s.json").write_text(json.dumps(schema), encoding="utf-8-sig")
    files = ("--instructions-file", str(tmp_path / "i.txt"), "--schema-file", str(tmp_path / "s.json"))
    outcome = ask("What happens?", *files)
    assert "summary" in outcome.document
    body = last_body(shared_sandbox)
    assert body["instructions"] == "Be brief."
    assert body["text"]["format"]["schema"] == schema


def test_a_session_goes_on_by_its_own_id_and_by_the_server_s(
    ask: Run, run: Run, tmp_path: Path, shared_sandbox: SandboxServer
) -> None:
    (tmp_path / "i.txt").write_text("Be brief.")
    first = ask("/echo one", "--json", "--instructions-file", str(tmp_path / "i.txt")).document
    second = ask("/echo two", "--json", "--session", first["session"]).document
    assert second["session"] == first["session"]
    assert last_body(shared_sandbox)["session_id"] == first["server_session_id"]
    assert last_body(shared_sandbox)["instructions"] == "Be brief."  # what isn't given stays
    third = ask("/echo three", "--json", "--session", first["server_session_id"]).document
    assert third["server_session_id"] == first["server_session_id"]
    assert third["session"] != first["session"]
    exported = run("export", first["session"], "--out", "-").document
    (session,) = exported["sessions"]
    assert [turn["ask"]["question"] for turn in session["turns"]] == ["/echo one", "/echo two"]
    assert session["server_session_id"] == first["server_session_id"]


def test_a_session_that_the_service_forgot_is_refused_each_time_and_told_nothing_unasked(
    ask: Run, run: Run, shared_sandbox: SandboxServer
) -> None:
    first = ask("/echo one", "--json").document
    for _ in range(2):
        shared_sandbox.set_fault("lost-session;times=1")
        outcome = ask("/echo two", "--session", first["session"])
        assert outcome.code == REFUSED
        assert "no longer knows this conversation" in outcome.err
    (session,) = run("export", first["session"], "--out", "-").document["sessions"]
    sent = [attempt for turn in session["turns"] for attempt in turn["attempts"]]
    assert [a["sent_session_id"] for a in sent] == [None, *2 * [first["server_session_id"]]]
    assert not any(a.get("recap") for a in sent)


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        ("unauthorized", REFUSED, "refused the key"),
        ("plan-limit", REFUSED, "plan's limit"),
        ("html-body", REFUSED, "web page"),
        ("server-error", REFUSED, "trouble of its own"),
        ("failed", REFUSED, "could not finish"),
        ("drop=12", INTERRUPTED, "connection dropped"),
        ("incomplete", DONE, "cut off"),
    ],
)
def test_the_exit_code_and_a_sentence_say_how_it_ended(
    fault: str, code: int, words: str, ask: Run, shared_sandbox: SandboxServer
) -> None:
    shared_sandbox.set_fault(fault)
    outcome = ask(f"/echo {TEXT}")
    assert (outcome.code, outcome.err.count("Traceback")) == (code, 0)
    assert words in outcome.err
    assert TEXT.startswith(outcome.out.strip())


def test_what_came_of_a_broken_answer_is_printed_and_kept(
    ask: Run, run: Run, shared_sandbox: SandboxServer
) -> None:
    shared_sandbox.set_fault("drop=12")
    printed = ask(f"/echo {TEXT}").out.strip()
    assert printed
    (session,) = run("export", "--all", "--out", "-").document["sessions"]
    (attempt,) = session["turns"][0]["attempts"]
    assert (attempt["state"], attempt["text"].strip()) == ("interrupted", printed)


def test_waiting_is_told_on_stderr(ask: Run, shared_sandbox: SandboxServer) -> None:
    shared_sandbox.set_fault("rate-limit;times=1")
    outcome = ask(f"/echo {TEXT}")
    assert (outcome.code, outcome.out) == (DONE, f"{TEXT}\n")
    assert outcome.err == "trackside: Rate limited (429). Trying again.\n"


def test_a_limit_that_an_earlier_command_met_is_waited_out(ask: Run, shared_sandbox: SandboxServer) -> None:
    shared_sandbox.set_fault("window-used-up=0.4;times=1")
    assert ask(f"/echo {TEXT}").err == ""
    outcome = ask(f"/echo {TEXT}")
    assert (outcome.code, outcome.out) == (DONE, f"{TEXT}\n")
    waits = "trackside: 2 of 2 questions used this minute, next in 1 s. The question is sent then.\n"
    assert outcome.err in ("", waits)  # a slow computer takes longer than that between the two


@pytest.mark.parametrize("question", ["", " ", "x" * 10_001])
def test_a_question_that_can_not_be_sent_is_refused_and_leaves_nothing(
    question: str, ask: Run, run: Run, shared_sandbox: SandboxServer
) -> None:
    before = len(shared_sandbox.requests)
    outcome = ask(question)
    assert outcome.code == REFUSED
    assert outcome.err.startswith("trackside: ")
    assert len(shared_sandbox.requests) == before
    assert run("export", "--all", "--out", "-").document["sessions"] == []


def test_a_store_or_session_that_is_not_there_is_told(ask: Run, run: Run) -> None:
    outcome = run("ask", "Why?", "--store", "ks_nowhere")
    assert (outcome.code, outcome.err.count("\n")) == (REFUSED, 1)
    assert "no session nowhere" in ask("Why?", "--session", "nowhere").err
    assert ask("Why?", "--session", "sess_nowhere").code == REFUSED


def test_a_file_that_can_not_be_read_is_a_usage_error(ask: Run, tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\xfd")
    for name in ("nowhere", "bytes"):
        outcome = ask("Why?", "--schema-file", str(tmp_path / name))
        assert (outcome.code, "can't be read" in outcome.err) == (USAGE, True)
    (tmp_path / "s.json").write_text("{]")
    outcome = ask("Why?", "--schema-file", str(tmp_path / "s.json"))
    assert (outcome.code, "Line 1" in outcome.err) == (REFUSED, True)


@pytest.mark.parametrize("address", ["api.example", "http://service.example/v1.3", "ftp://x"])
def test_a_bad_address_is_a_sentence(
    address: str, ask: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TWELVELABS_API_KEY", KEY)
    assert main(["ask", "Why?", "--store", "ks", "--base-url", address]) == REFUSED
    said = capsys.readouterr()
    assert said.err.startswith("trackside: ")
    assert KEY not in said.out + said.err


def test_a_folder_that_can_not_be_written_is_a_sentence(tmp_path: Path, run: Run) -> None:
    (tmp_path / "data").write_text("in the way")
    for command in (("ask", "Why?", "--store", "ks"), ("export", "--all", "--out", "-")):
        outcome = run(*command)
        assert (outcome.code, outcome.out) == (REFUSED, "")
        assert "--data-dir" in outcome.err
    (tmp_path / "data").unlink()
    (tmp_path / "data" / "instances").mkdir(parents=True)
    (tmp_path / "data" / "instances").rmdir()
    (tmp_path / "data" / "instances").write_text("in the way")
    assert run("export", "--all", "--out", "-").code == REFUSED


@pytest.mark.parametrize("fault", ["", "unauthorized"])
def test_the_key_is_nowhere_to_be_seen(
    fault: str, ask: Run, monkeypatch: pytest.MonkeyPatch, shared_sandbox: SandboxServer, tmp_path: Path
) -> None:
    monkeypatch.setenv("TWELVELABS_API_KEY", KEY)
    shared_sandbox.set_fault(fault or None)
    outcome = ask("Which boats leave?", "--json", "--steps")
    assert KEY not in outcome.out + outcome.err
    for file in (tmp_path / "data").rglob("*"):
        assert not file.is_file() or KEY.encode() not in file.read_bytes()


def test_without_a_key_the_service_is_not_asked(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "Why?", "--store", "ks", "--base-url", "https://service.invalid"]) == REFUSED
    assert "no API key" in capsys.readouterr().err


# -- export -----------------------------------------------------------------------------------------


def test_export_writes_one_session_or_all(ask: Run, run: Run, tmp_path: Path) -> None:
    ids = [ask(f"/echo {n}", "--json").document["session"] for n in range(3)]
    one, every = tmp_path / "one.json", tmp_path / "all.json"
    assert run("export", ids[1], "--out", str(one)) == Outcome(DONE, "", "")
    assert run("export", "--all", "--out", str(every)) == Outcome(DONE, "", "")
    assert [s["id"] for s in json.loads(one.read_text("utf-8"))["sessions"]] == [ids[1]]
    assert {s["id"] for s in json.loads(every.read_text("utf-8"))["sessions"]} == set(ids)


def test_export_says_what_it_can_not_do(ask: Run, run: Run, tmp_path: Path) -> None:
    ask("/echo x")
    assert run("export", "nowhere", "--out", "-").code == REFUSED
    assert run("export", "--all", "--out", str(tmp_path / "no" / "x.json")).code == REFUSED
    assert "can't be written" in run("export", "--all", "--out", str(tmp_path)).err
    for usage in (("--out", "-"), ("id", "--all", "--out", "-"), ("--all",), ("--all", "--format", "x")):
        assert run("export", *usage).code == USAGE


def test_an_export_is_imported_once_and_merged_after_that(ask: Run, run: Run, tmp_path: Path) -> None:
    session_id = ask("/echo one", "--json").document["session"]
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    run("export", session_id, "--out", str(old))
    ask("/echo two", "--session", session_id)
    run("export", session_id, "--out", str(new))
    elsewhere = ("--data-dir", str(tmp_path / "elsewhere"))
    assert main(["import", str(old), *elsewhere]) == DONE
    assert main(["import", str(new), *elsewhere]) == DONE
    assert main(["export", "--all", "--out", str(tmp_path / "again.json"), *elsewhere]) == DONE
    questions = [
        [turn["ask"]["question"] for turn in json.loads(path.read_text("utf-8"))["sessions"][0]["turns"]]
        for path in (new, tmp_path / "again.json")
    ]
    assert questions == [["/echo one", "/echo two"]] * 2
    assert run("import", str(new)).out.splitlines() == [
        "Imported 1 session.",
        "Added 1 question to 1 known session.",
        "One session was here already.",
    ]


def test_import_says_what_it_can_not_read(run: Run, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text('{"log": {}}', encoding="utf-8")
    outcome = run("import", str(other))
    assert (outcome.code, outcome.out) == (REFUSED, "")
    assert "This is no export of Trackside." in outcome.err
    assert "can't be read" in run("import", str(tmp_path / "nowhere.json")).err
    assert run("import").code == USAGE


@pytest.mark.parametrize("name", ["markdown", "html", "text", "notebook", "csv", "edl"])
def test_export_writes_every_text_format_to_stdout_as_to_a_file(
    name: str, ask: Run, run: Run, tmp_path: Path
) -> None:
    ask("/echo Boats leave [00:10-00:12].")
    path = tmp_path / "out"
    assert run("export", "--all", "--format", name, "--out", str(path)) == Outcome(DONE, "", "")
    said = run("export", "--all", "--format", name, "--out", "-")
    assert said.code == DONE
    assert said.out.splitlines() == path.read_text(encoding="utf-8").splitlines()


def test_export_prints_pages_to_a_file_only(ask: Run, run: Run, tmp_path: Path) -> None:
    ask("/echo Boats")
    path = tmp_path / "out.pdf"
    assert run("export", "--all", "--format", "pdf", "--out", str(path)) == Outcome(DONE, "", "")
    assert path.read_bytes().startswith(b"%PDF-")
    assert run("export", "--all", "--format", "pdf", "--out", "-").code == USAGE


def test_export_takes_a_frame_rate_for_the_edl_alone(ask: Run, run: Run) -> None:
    ask("/echo x")
    edl = run("export", "--all", "--format", "edl", "--fps", "29.97df", "--out", "-").out
    assert "FCM: DROP FRAME" in edl
    for usage in (("edl", "12"), ("json", "25")):
        assert run("export", "--all", "--format", usage[0], "--fps", usage[1], "--out", "-").code == USAGE


# -- sandbox ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        ("--fault", "nonsense"),
        ("--fault", "drop=many"),
        ("--port", "70000"),
        ("--port", "http"),
        ("--pace", "nan"),
        ("--pace", "-1"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(
    wrong: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:

    try:
        code = main(["sandbox", *wrong])
    except SystemExit as end:
        code = int(end.code or 0)
    assert code == USAGE
    said = capsys.readouterr()
    assert said.out == ""
    assert "_port" not in said.err
    assert said.err
