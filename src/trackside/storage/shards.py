"""The tables that the index's words stand in: which document's words stand where, and how they get there."""

import sqlite3
from collections.abc import Iterable
from itertools import groupby

from trackside.storage.folding import index_words
from trackside.storage.search_texts import readable

_BITS = 14
SHARD_SIZE = 1 << _BITS
"""Documents that a shard has place for."""


def shard_of(document: int) -> int:
    return document >> _BITS


def row_of(document: int) -> int:
    """The row of a document's words in their shard: small numbers take less room there."""
    return document & (SHARD_SIZE - 1)


def first_of(shard: int) -> int:
    """The first document of a shard."""
    return shard << _BITS


def table_of(shard: int, generation: int) -> str:
    return f"search_words_{shard}_{generation}"


def add_words(db: sqlite3.Connection, texts: Iterable[tuple[int, int, str]]) -> None:
    """Writes the words of new documents: id, time asked and text of each, in the order of their ids."""
    for shard, group in groupby(texts, key=lambda entry: shard_of(entry[0])):
        entries = list(group)
        row = db.execute("SELECT generation FROM search_shards WHERE number = ?", (shard,)).fetchone()
        table = make_table(db, shard, 0) if row is None else table_of(shard, row[0])
        write_words(db, table, ((document, text) for document, _, text in entries))
        times = [asked for _, asked, _ in entries]
        db.execute(
            "INSERT INTO search_shards (number, size, earliest, latest) VALUES (?,?,?,?) "
            "ON CONFLICT DO UPDATE SET size = size + excluded.size, "
            "earliest = min(earliest, excluded.earliest), latest = max(latest, excluded.latest)",
            (shard, len(entries), min(times), max(times)),
        )


def make_table(db: sqlite3.Connection, shard: int, generation: int) -> str:
    """An empty table. Its parts are merged by eights: by fours, FTS5's own measure, writes twice as much."""
    table = table_of(shard, generation)
    db.execute(f"CREATE VIRTUAL TABLE {table} USING fts5 (words, content = '', tokenize = 'ascii')")
    db.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('automerge', 8)")  # noqa: S608 -- a name of ours
    return table


def write_words(db: sqlite3.Connection, table: str, texts: Iterable[tuple[int, str]]) -> None:
    db.executemany(
        f"INSERT INTO {table} (rowid, words) VALUES (?,?)",  # noqa: S608 -- a name of ours
        ((row_of(document), index_words(readable(text))) for document, text in texts),
    )


def bury(db: sqlite3.Connection, documents: list[tuple[int]]) -> None:
    """Deletes documents. Their words stay behind, unreachable, until their shard is made anew."""
    db.executemany("DELETE FROM search_documents WHERE id = ?", documents)
    for shard, group in groupby(sorted(shard_of(document) for (document,) in documents)):
        db.execute("UPDATE search_shards SET dead = dead + ? WHERE number = ?", (len(list(group)), shard))
