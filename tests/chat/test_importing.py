"""Import from a file: what came of it in words, and files that can't be read."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from export.telling import a_story, as_json
from storage.support import opened
from trackside.chat import importing
from trackside.chat.importing import Importer, ImportResult
from trackside.domain.failure import FailureKind, TracksideError
from trackside.storage import rows
from trackside.storage.database import Database


@pytest.fixture
async def database() -> AsyncIterator[Database]:
    async with opened(None) as made:
        yield made


def a_file(folder: Path, text: str) -> Path:
    path = folder / "export.json"
    path.write_text(text, encoding="utf-8")
    return path


async def test_what_came_of_it_is_counted(database: Database, tmp_path: Path) -> None:
    importer = Importer(database)
    session, turns = a_story()
    part = a_file(tmp_path, as_json([(session, turns[:3])]))
    result = await importer.read(part)
    assert (result.added, result.sentence) == (1, "Imported 1 session.")
    whole = a_file(tmp_path, as_json([(session, turns)]))
    result = await importer.read(whole)
    assert (result.merged, result.turns, result.merged_ids) == (1, 2, ("s1",))
    assert result.sentence == "Added 2 questions to 1 known session."
    result = await importer.read(whole)
    assert result.sentence == "One session was here already."
    await database.store(lambda db: rows.update_session(db, "s1", {"trashed_at": session.created_at}))
    result = await importer.read(whole)
    assert result.sentence == "One is in the trash and was left there."


@pytest.mark.parametrize(
    ("result", "sentence"),
    [
        (ImportResult(), "There are no sessions in this file."),
        (
            ImportResult(added=1_234, merged=2, known=3, in_trash=2, turns=1, attempts=2),
            """Imported 1,234 sessions. Added 1 question and 2 attempts to 2 known sessions.
            3 sessions were here already. 2 are in the trash and were left there.""",
        ),
    ],
)
def test_the_result_in_words(result: ImportResult, sentence: str) -> None:
    assert result.sentence == " ".join(sentence.split())


async def test_of_a_damaged_file_nothing_is_imported(database: Database, tmp_path: Path) -> None:
    document = json.loads(as_json([a_story(), a_story()]))
    document["sessions"][1]["id"] = "other"
    path = a_file(tmp_path, json.dumps(document))
    with pytest.raises(TracksideError, match="twice"):
        await Importer(database).read(path)
    assert await database.fetch(rows.sessions) == []


async def test_a_file_that_is_not_there_or_too_large_is_told(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(TracksideError, match="can't be read") as raised:
        await Importer(database).read(tmp_path / "nowhere.json")
    assert raised.value.failure.kind is FailureKind.STORAGE
    monkeypatch.setattr(importing, "LARGEST_FILE", 100)
    with pytest.raises(TracksideError, match="larger than"):
        await Importer(database).read(a_file(tmp_path, as_json([a_story()])))


async def test_of_a_session_that_the_database_refuses_nothing_stays(
    database: Database, tmp_path: Path, expected_log: Callable[[str], None]
) -> None:
    expected_log("refused some work")
    session, turns = a_story()
    await database.store(
        lambda db: db.execute(
            "CREATE TRIGGER full BEFORE INSERT ON turns WHEN new.position = 3 "
            "BEGIN SELECT RAISE(ABORT, 'no room'); END"
        )
    )
    with pytest.raises(TracksideError, match="stopped after 0 of 1 session") as raised:
        await Importer(database).read(a_file(tmp_path, as_json([(session, turns)])))
    assert "Import the file again" in raised.value.failure.advice
    assert await database.fetch(rows.sessions) == []
