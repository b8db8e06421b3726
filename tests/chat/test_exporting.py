"""Sessions as files: whole or not at all, in a process of their own, and cancelled without a trace."""

import asyncio
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chat.support import DROPPED, WHOLE, World, created, words
from processes import command
from trackside.chat.export_formats import FORMATS, ExportOptions, all_losses, frame_rates
from trackside.chat.export_request import COMMAND
from trackside.chat.export_writing import ExportJob, export_to_file
from trackside.chat.exporting import Exporter
from trackside.domain.citation import Citation
from trackside.domain.failure import FailureKind, TracksideError
from trackside.domain.session import Session
from trackside.storage.session_reader import SessionReader


def names_in(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


async def two_sessions(world: World) -> tuple[str, ...]:
    world.use(WHOLE, [created(), *words("Part"), DROPPED], WHOLE)
    one, two = world.session(), world.session()
    await world.ended(one.ask("One?"))
    turn = two.ask("Two?")
    await world.ended(turn)
    two.retry()
    await world.ended(turn)
    return one.session.id, two.session.id


async def test_everything_that_is_kept_is_in_the_file(world: World, tmp_path: Path) -> None:
    ids = await two_sessions(world)
    path = tmp_path / "export.json"
    await Exporter(world.database).export(ExportJob("json", ids), path)
    document = json.loads(path.read_text(encoding="utf-8"))
    assert [session["id"] for session in document["sessions"]] == list(ids)
    turn = document["sessions"][1]["turns"][0]
    assert turn["ask"]["question"] == "Two?"
    assert [(a["state"], a["text"]) for a in turn["attempts"]] == [
        ("interrupted", "Part"),
        ("completed", "Allofit."),
    ]
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert names_in(tmp_path) == ["export.json"]


async def test_the_process_tells_how_far_it_is(world: World, tmp_path: Path) -> None:
    ids = await two_sessions(world)
    told: list[tuple[int, int]] = []
    await Exporter(world.database).export(
        ExportJob("text", ids), tmp_path / "x.txt", lambda done, of: told.append((done, of))
    )
    assert told[0] == (0, 2)


async def test_all_are_those_of_the_connection(world: World, tmp_path: Path) -> None:
    ids = await two_sessions(world)
    for connection_id, expected in (("twelvelabs", set(ids)), ("", set(ids)), ("another", set())):
        path = tmp_path / "all.json"
        job = ExportJob("json", connection_id=connection_id)
        export_to_file(SessionReader.of(world.database), job, path)
        document = json.loads(path.read_text(encoding="utf-8"))
        assert {session["id"] for session in document["sessions"]} == expected


@pytest.mark.parametrize("name", FORMATS)
async def test_every_format_is_written(name: str, world: World, tmp_path: Path) -> None:
    ids = await two_sessions(world)
    path = tmp_path / f"x.{FORMATS[name].suffix}"
    if name == "pdf":
        await Exporter(world.database).export(ExportJob(name, ids), path)
    else:
        export_to_file(SessionReader.of(world.database), ExportJob(name, ids), path)
    content = path.read_bytes()
    if name == "pdf":
        assert content.startswith(b"%PDF-")
        assert content.rstrip().endswith(b"%%EOF")
    else:
        assert (b"All" in content) or name in ("csv", "edl")
    assert names_in(tmp_path) == [path.name]


def test_each_format_says_what_it_loses() -> None:
    losses = all_losses()
    assert set(losses) == set(FORMATS)
    assert all(isinstance(loss, str) and loss for each in losses.values() for loss in each)
    assert losses["edl"]


def test_names_are_found_by_item_and_by_asset() -> None:
    options = ExportOptions(names={"ksi_1": "One", "asset": "Two"})
    assert options.name_of(Citation(item_id="ksi_1")) == "One"
    assert options.name_of(Citation(asset_id="asset")) == "Two"
    assert options.name_of(Citation(url="https://x")) == ""
    assert options.frame_rate in dict(frame_rates())


# -- what can't be written ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("job", "told"), [(ExportJob("json", ("nowhere",)), "nowhere"), (ExportJob("docx"), "docx")]
)
async def test_what_is_not_there_is_told(job: ExportJob, told: str, world: World, tmp_path: Path) -> None:
    with pytest.raises(TracksideError, match=told) as raised:
        await Exporter(world.database).export(job, tmp_path / "x")
    assert raised.value.failure.kind is FailureKind.STORAGE
    assert names_in(tmp_path) == []


async def test_a_place_that_can_not_be_written_is_told_and_left_as_it_was(
    world: World, tmp_path: Path
) -> None:
    ids = await two_sessions(world)
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "folder").mkdir()
    reader = SessionReader.of(world.database)
    for path in (tmp_path / "file" / "x.json", tmp_path / "folder", tmp_path / "nowhere" / "x.json"):
        with pytest.raises(TracksideError, match="can't be written"):
            export_to_file(reader, ExportJob("json", ids), path)
    with pytest.raises(TracksideError, match="can't be written"):
        await Exporter(world.database).export(ExportJob("json", ids), tmp_path / "nowhere" / "x.json")
    assert names_in(tmp_path) == ["file", "folder"]
    assert (tmp_path / "file").read_text() == "in the way"


async def test_an_older_export_is_replaced_and_a_link_stays_one(world: World, tmp_path: Path) -> None:
    ids = await two_sessions(world)
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    export_to_file(SessionReader.of(world.database), ExportJob("json", ids), tmp_path / "link.json")
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "real.json").read_text(encoding="utf-8"))["sessions"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no devices in its folders")
async def test_a_device_is_written_to_and_not_replaced(world: World, tmp_path: Path) -> None:
    ids = await two_sessions(world)
    (tmp_path / "null").symlink_to("/dev/null")
    export_to_file(SessionReader.of(world.database), ExportJob("json", ids), tmp_path / "null")
    assert (tmp_path / "null").is_char_device()


async def test_what_somebody_has_protected_is_not_replaced(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await two_sessions(world)
    path = tmp_path / "x.json"
    path.write_text("protected")
    path.chmod(0o400)
    # Nothing is protected from an administrator, who may run the tests.
    monkeypatch.setattr(os, "access", lambda place, _mode: Path(place).stat().st_mode & stat.S_IWUSR > 0)
    with pytest.raises(TracksideError, match="Permission denied"):
        export_to_file(SessionReader.of(world.database), ExportJob("json", ids), path)
    assert path.read_text() == "protected"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other links")
async def test_links_in_a_circle_are_told(world: World, tmp_path: Path) -> None:
    ids = await two_sessions(world)
    (tmp_path / "one").symlink_to(tmp_path / "two")
    (tmp_path / "two").symlink_to(tmp_path / "one")
    if sys.version_info < (3, 13):
        with pytest.raises(TracksideError, match="can't be written"):
            export_to_file(SessionReader.of(world.database), ExportJob("json", ids), tmp_path / "one")


async def test_any_name_that_the_disk_takes_is_one(world: World, tmp_path: Path) -> None:
    ids = await two_sessions(world)
    for name in ("Über Straße.json", "ビ" * 80 + ".json", "a" * 250 + ".json"):
        export_to_file(SessionReader.of(world.database), ExportJob("json", ids), tmp_path / name)
        assert names_in(tmp_path) == [name]
        (tmp_path / name).unlink()


# -- cancelling --------------------------------------------------------------------------------------


async def test_cancelled_at_any_moment_leaves_what_was_there(world: World, tmp_path: Path) -> None:
    ids = await two_sessions(world)
    path = tmp_path / "x.md"
    path.write_text("before")
    for delay_s in (0.0, 0.02, 0.2):
        task = asyncio.ensure_future(Exporter(world.database).export(ExportJob("markdown", ids), path))
        await asyncio.sleep(delay_s)
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled() or delay_s > 0, "it can't be done yet"
        assert names_in(tmp_path) == ["x.md"]
        assert (path.read_text() == "before") == task.cancelled()
        path.write_text("before")


async def test_ended_midway_nothing_of_it_stays(world: World, tmp_path: Path) -> None:
    ids = await two_sessions(world)
    told: list[int] = []

    def note(done: int, _of: int) -> None:
        told.append(done)
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_to_file(SessionReader.of(world.database), ExportJob("text", ids), tmp_path / "x", note)
    assert told[-1] == 1
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("is_cancelled", [True, False])
async def test_of_a_process_that_was_killed_nothing_stays(
    *, is_cancelled: bool, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It writes into the file beside the target, and hears of nothing any more."""
    ids = await two_sessions(world)
    monkeypatch.setattr("trackside.chat.exporting._GRACE_S", 0.1)
    started: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen
    deaf = """
import sys, time
from pathlib import Path
from trackside.chat.export_request import ExportRequest
from trackside.storage.files import neighbour_of
import msgspec, os
request = msgspec.json.decode(sys.stdin.buffer.readline(), type=ExportRequest)
neighbour_of(Path(os.fsdecode(request.path)), request.mark).write_text("half")
sys.stdout.write('{"done": 1')
sys.stdout.flush()
time.sleep(60)
"""

    def watched(_command: object, **options: object) -> object:
        started.append(real([sys.executable, "-c", deaf], **options))  # type: ignore[call-overload]
        return started[-1]

    monkeypatch.setattr("trackside.chat.exporting.subprocess.Popen", watched)
    path = tmp_path / "x.txt"
    task = asyncio.ensure_future(Exporter(world.database).export(ExportJob("text", ids), path))
    while not names_in(tmp_path):  # noqa: ASYNC110 -- another process makes it
        await asyncio.sleep(0.01)
    if is_cancelled:
        task.cancel()
    else:
        started[0].kill()
    await asyncio.wait({task})
    assert names_in(tmp_path) == []
    assert task.cancelled() == is_cancelled
    if not is_cancelled:
        assert isinstance(task.exception(), TracksideError)


def test_a_process_that_nobody_asks_anything_ends() -> None:
    done = subprocess.run(command(COMMAND), stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (3, b"")
    assert b"Traceback" not in done.stderr


async def test_a_process_that_dies_is_told_with_its_last_words(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await two_sessions(world)
    monkeypatch.setattr("trackside.chat.exporting.COMMAND", "nonsense")
    with pytest.raises(TracksideError, match="ended unexpectedly") as raised:
        await Exporter(world.database).export(ExportJob("text", ids), tmp_path / "x.txt")
    assert raised.value.failure.kind is FailureKind.BUG
    assert "nonsense" in raised.value.failure.detail


async def test_the_key_stays_out_of_the_process(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await two_sessions(world)
    monkeypatch.setenv("TWELVELABS_API_KEY", "tlk_SECRET")
    for name in ("HTTPS_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://me:SECRET@127.0.0.1:1")
    seen: list[dict[str, str]] = []
    real = subprocess.Popen

    def watched(*args: object, **options: object) -> object:
        environment = options["env"]
        assert isinstance(environment, dict)
        seen.append(environment)
        assert "SECRET" not in repr(args)
        return real(*args, **options)  # type: ignore[call-overload]

    monkeypatch.setattr("trackside.chat.exporting.subprocess.Popen", watched)
    await Exporter(world.database).export(ExportJob("text", ids), tmp_path / "x.txt")
    (environment,) = seen
    assert not [name for name, value in environment.items() if "SECRET" in value]
    assert environment["PATH"] == os.environ["PATH"]


# -- memory ------------------------------------------------------------------------------------------


async def test_sessions_are_read_one_at_a_time(world: World, tmp_path: Path) -> None:
    ids = await two_sessions(world)
    reader = SessionReader.of(world.database)
    seen: list[str] = []
    real = reader.session

    class Watched(SessionReader):
        def session(self, session_id: str) -> object:  # type: ignore[override]
            seen.append(session_id)
            return real(session_id)

    watched = Watched(reader._read)
    done: list[tuple[int, int]] = []

    def note(turns: int, _of: int) -> None:
        done.append((turns, len(seen)))

    export_to_file(watched, ExportJob("text", ids), tmp_path / "x.txt", note)
    assert seen == list(ids)
    assert (0, 1) in done, "the first was written before the second was read"


@pytest.fixture(autouse=True)
def _no_leftovers(tmp_path: Path) -> Iterator[None]:
    yield
    assert not [entry for entry in tmp_path.iterdir() if entry.name.startswith(".")]


def test_a_session_says_nothing_of_a_connection() -> None:
    """An export names no address and no key: a session knows its connection by an id alone."""
    assert not {"key", "base_url", "url"} & set(Session.__dataclass_fields__)
