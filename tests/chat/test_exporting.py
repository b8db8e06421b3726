"""Sessions as files: whole or not at all."""

import json
import stat
import sys
from pathlib import Path

import pytest

from chat.support import DROPPED, WHOLE, World, created, words
from trackside.chat.exporting import export_sessions, exported_text
from trackside.domain.failure import FailureKind, TracksideError


def names_in(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


async def two_sessions(world: World) -> list[str]:
    world.use(WHOLE, [created(), *words("Part"), DROPPED], WHOLE)
    one, two = world.session(), world.session()
    await world.ended(one.ask("One?"))
    turn = two.ask("Two?")
    await world.ended(turn)
    two.retry()
    await world.ended(turn)
    return [one.session.id, two.session.id]


async def test_everything_that_is_kept_is_in_the_file(world: World, tmp_path: Path) -> None:
    ids = await two_sessions(world)
    path = tmp_path / "export.json"
    await export_sessions(world.store, ids, "json", path)
    document = json.loads(path.read_text(encoding="utf-8"))
    assert [session["id"] for session in document["sessions"]] == ids
    turn = document["sessions"][1]["turns"][0]
    assert turn["ask"]["question"] == "Two?"
    assert [(a["state"], a["text"]) for a in turn["attempts"]] == [
        ("interrupted", "Part"),
        ("completed", "Allofit."),
    ]
    assert await exported_text(world.store, ids, "json") == path.read_text(encoding="utf-8")
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert names_in(tmp_path) == ["export.json"]


@pytest.mark.parametrize(("ids", "name", "words"), [(["nowhere"], "json", "nowhere"), ([], "docx", "docx")])
async def test_what_is_not_there_is_told(ids: list[str], name: str, words: str, world: World) -> None:
    with pytest.raises(TracksideError, match=words) as raised:
        await exported_text(world.store, ids, name)
    assert raised.value.failure.kind is FailureKind.STORAGE


async def test_a_place_that_can_not_be_written_is_told_and_left_as_it_was(
    world: World, tmp_path: Path
) -> None:
    ids = await two_sessions(world)
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "file" / "x.json", tmp_path / "folder", tmp_path / "nowhere" / "x.json"):
        with pytest.raises(TracksideError, match="can't be written"):
            await export_sessions(world.store, ids, "json", path)
    assert names_in(tmp_path) == ["file", "folder"]
    assert (tmp_path / "file").read_text() == "in the way"


async def test_an_older_export_is_replaced_and_a_link_stays_one(world: World, tmp_path: Path) -> None:
    ids = await two_sessions(world)
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    await export_sessions(world.store, ids, "json", tmp_path / "link.json")
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "real.json").read_text(encoding="utf-8"))["sessions"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no devices in its folders")
async def test_a_device_is_written_to_and_not_replaced(world: World, tmp_path: Path) -> None:
    ids = await two_sessions(world)
    (tmp_path / "null").symlink_to("/dev/null")
    await export_sessions(world.store, ids, "json", tmp_path / "null")
    assert (tmp_path / "null").is_char_device()
