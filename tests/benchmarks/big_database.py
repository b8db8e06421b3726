"""A database of a million messages, as some years of work leave one: made once, used by several benchmarks.

20,000 sessions, 500,000 questions with as many answers, about 1 GB with its index. It is kept in the system's
folder for temporary files, by the version of the database and its size, so that it is made but once;
TRACKSIDE_BENCH_SESSIONS makes another size (25 turns a session on average). Never write to it: take a `copy`.

    python -m benchmarks.big_database     with PYTHONPATH=tests: makes it and says how long that took
"""

import hashlib
import json
import os
import random
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from trackside.domain.answer import SavedAnswer, SavedItem
from trackside.domain.session import snippet_of, title_from_question
from trackside.domain.stream import ContentPart, ItemKind, OutputItem, ResponseStatus, Usage
from trackside.domain.turn import Ask
from trackside.storage import indexing
from trackside.storage.migrations import MIGRATIONS
from trackside.storage.opening import connected

SESSIONS = 20_000
TURNS_EACH = 25
RARE = "quokkaphone"
"""A word of about one answer in a hundred thousand."""
_RECIPE = 1
"""Another number makes it anew, also where the database's version stays the same."""
_FIRST_DAY = datetime(2023, 1, 1, tzinfo=UTC)
_DAYS = 1_000
_INDEXED_AT_ONCE = 4_000_000
_SENTENCES = 6_000
_LATIN = """
    the a of to in and is for with on that it as by this from at be or are which when each frame clip index
    query embedding vector shot scene segment latency stream decoder keyframe timestamp model search result
    score threshold window batch cache memory request response token session answer camera driver corner lap
    overtake enters waits carries returns stores reads measures compares therefore usually before after while
    between without against throughput goal keeper referee penalty whistle crowd stadium minute player passes
    café naïve Größe señor overview interview street night rain umbrella bridge river boat market bicycle
""".split()  # noqa: SIM905 -- a page of words
_CHINESE = (
    "我们在视频里看到一个人走进房间然后打开灯开始说话关于比赛的第三节球员得分观众欢呼城市夜景桥上有很多车辆"
)
_JAPANESE = (
    "映像の中で選手がゴールを決める瞬間が見えます"
    "カメラは左から右へ動き観客は立ち上がって拍手する東京の夜景と橋"
)
_ONSETS = ("b", "c", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "st", "tr", "pl")
_VOWELS = ("a", "e", "i", "o", "u", "ea", "ou")


def session_count() -> int:
    return int(os.environ.get("TRACKSIDE_BENCH_SESSIONS", SESSIONS))


def big_database() -> Path:
    """The file, made now unless it is there already. It is shared: never write to it."""
    count = session_count()
    version = hashlib.sha256(json.dumps([MIGRATIONS, _RECIPE]).encode())
    name = f"trackside-bench-{os.getuid() if hasattr(os, 'getuid') else 0}"
    folder = Path(tempfile.gettempdir()) / name
    folder.mkdir(exist_ok=True, mode=0o700)
    path = folder / f"{count}-{version.hexdigest()[:12]}.db"
    if not path.exists():
        for old in folder.glob(f"{count}-*.db*"):
            old.unlink()  # of another version of the program: a gigabyte each
        began = time.monotonic()
        _make(path.with_suffix(".part"), count)
        path.with_suffix(".part").rename(path)
        size = path.stat().st_size / (1 << 20)
        sys.stderr.write(f"made {path}: {size:,.0f} MB in {time.monotonic() - began:.0f} s\n")
    return path


def copy(target: Path) -> None:
    """A benchmark's own copy, to write to."""
    shutil.copyfile(big_database(), target)


def _make(path: Path, count: int) -> None:
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    db = connected(path, 5.0)
    db.execute("PRAGMA journal_mode = OFF")
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA cache_size = -500000")
    db.execute("BEGIN")
    _fill(db, count)
    db.execute("COMMIT")
    is_unfinished = True
    while is_unfinished:
        db.execute("BEGIN")
        for _ in range(20):
            is_unfinished = indexing.index_slice(db, _INDEXED_AT_ONCE)
        db.execute("COMMIT")
    db.execute("PRAGMA journal_mode = WAL")
    db.close()


def _fill(db: sqlite3.Connection, count: int) -> None:
    chance = random.Random(f"big database {count}")
    texts = _texts(chance)
    turn_total = 0
    for number in range(count):
        created = _FIRST_DAY + timedelta(days=_DAYS * number / count, seconds=chance.randint(0, 60))
        session_id = _id(created, chance)
        turns = max(1, round(chance.expovariate(1 / TURNS_EACH))) if number % 200 else 10 * TURNS_EACH
        turns = min(turns, count * TURNS_EACH - turn_total - (count - number - 1))
        if number == count - 1:
            turns = count * TURNS_EACH - turn_total
        turns = max(turns, 1)
        rows, attempts = [], []
        question = answer = ""
        for position in range(turns):
            asked = created + timedelta(minutes=3 * position)
            turn_id = _id(asked, chance)
            question = f"{chance.choice(texts)[: chance.randint(25, 180)]} {number}-{position}?".replace(
                "\n", " "
            )
            answer = _answer(chance, texts, turn_total)
            turn_total += 1
            ask = msgspec.json.encode(Ask(question, f"ks_{number % 7}")).decode()
            rows.append((turn_id, session_id, position, question, ask, asked.isoformat()))
            state = (
                "completed" if chance.random() > 0.03 else chance.choice(("stopped", "interrupted", "failed"))
            )
            attempts.append((_id(asked, chance), turn_id, 1, state, "bench", _saved(answer, turn_total),
                             asked.isoformat(), 0.4, 3.5, 1, f"sess_{number}"))  # fmt: skip
        updated = created + timedelta(minutes=3 * turns)
        title = title_from_question(rows[0][3])
        db.execute(
            "INSERT INTO sessions (id, connection_id, created_at, updated_at, title, store_id, store_name, "
            "server_session_id, snippet, pinned, archived, tags) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
            (session_id, "twelvelabs", created.isoformat(), updated.isoformat(), title, f"ks_{number % 7}",
             f"Store {number % 7}", f"sess_{number}", snippet_of(answer), number % 2_000 == 7,
             number % 10 == 3, _tags(number)),
        )  # fmt: skip
        db.executemany(
            "INSERT INTO turns (id, session_id, position, question, ask, asked_at) VALUES (?,?,?,?,?,?)", rows
        )
        db.executemany(
            "INSERT INTO attempts (id, turn_id, number, state, owner, answer, started_at, first_token_s, "
            "duration_s, tries, sent_session_id) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
            attempts,
        )
    # Noted like sessions from before there was an index: what saving notes is for a day's changes.
    db.execute("DELETE FROM unindexed WHERE what <> 'title'")
    db.execute("INSERT INTO unindexed_sessions (updated_at, id) SELECT updated_at, id FROM sessions")


def _tags(number: int) -> str:
    """Few sessions have one; one tag is on three sessions only."""
    tags = ["sport"] if number % 20 == 0 else []
    return "\n".join([*tags, "special"] if number in (5, 500, 900) else tags)


def _id(when: datetime, chance: random.Random) -> str:
    return f"{int(when.timestamp() * 1000):012x}{chance.getrandbits(80):020x}"


def _saved(text: str, number: int) -> str:
    item = OutputItem(
        ItemKind.MESSAGE, f"msg_{number}", "message", ResponseStatus.COMPLETED, content=(ContentPart(text),)
    )
    saved = SavedAnswer(
        items=(SavedItem(0, item),),
        response_id=f"resp_{number}",
        server_session_id="sess",
        status=ResponseStatus.COMPLETED,
        usage=Usage(900, len(text) // 4),
    )
    return msgspec.json.encode(saved).decode()


def _answer(chance: random.Random, texts: list[str], number: int) -> str:
    sentences = 1 + min(int(chance.expovariate(1 / 5)), 200)
    text = " ".join(chance.choice(texts) for _ in range(sentences))
    if number % 3 == 0:
        text += f' <vref id="ksi_{chance.getrandbits(40):x}" start="00:1{number % 10}" end="00:22"/>'
    # Names, numbers and identifiers, of which nearly every one stands in one text only.
    words = f"item{chance.getrandbits(28):x} take {number}"
    rare = f" {RARE}" if chance.random() < 1e-5 else ""
    return f"{text} {words}{rare}."


def _texts(chance: random.Random) -> list[str]:
    """Sentences: most of them Latin with words as frequent as in a language, one in eight CJK."""
    rest = ["".join(_syllables(chance)) for _ in range(20_000)]
    frequent = [_LATIN[min(int(len(_LATIN) * chance.random() ** 2), len(_LATIN) - 1)] for _ in range(5_000)]
    texts = []
    for number in range(_SENTENCES):
        if number % 8 == 0:
            source = chance.choice((_CHINESE, _JAPANESE))
            begin = chance.randrange(len(source) // 2)
            texts.append(source[begin : begin + chance.randint(8, 40)] + "。")
            continue
        words = [
            chance.choice(frequent) if chance.random() < 0.75 else rest[int(len(rest) * chance.random() ** 3)]
            for _ in range(chance.randint(6, 30))
        ]
        texts.append(" ".join(words).capitalize() + ".")
    return texts


def _syllables(chance: random.Random) -> Iterator[str]:
    for _ in range(chance.randint(2, 4)):
        yield chance.choice(_ONSETS)
        yield chance.choice(_VOWELS)


if __name__ == "__main__":
    sys.stdout.write(f"{big_database()}\n")
