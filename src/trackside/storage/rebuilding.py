"""Makes a shard anew from the texts that are still there, once too many of its texts have been deleted; and
the whole index where it is damaged.

A shard's next generation grows beside it in slices; the search uses the old one until the new one is whole.
"""

import sqlite3

from trackside.storage.search_texts import document_text
from trackside.storage.shards import SHARD_SIZE, first_of, make_table, row_of, table_of, write_words

_DUE = "(rebuilt IS NOT NULL OR dead * 8 > size)"
_ITEMS = 200
_TABLES = (
    "search_documents",
    "search_sessions",
    "search_shards",
    "search_cited",
    "unindexed",
    "unindexed_sessions",
)


def is_rebuilding(db: sqlite3.Connection) -> bool:
    """Whether a shard is being made anew, or is due to be."""
    row = db.execute(f"SELECT 1 FROM search_shards WHERE {_DUE} LIMIT 1").fetchone()  # noqa: S608 -- a constant
    return row is not None


def rebuild_slice(db: sqlite3.Connection, characters: int) -> bool:
    """Does a part of it where that is due; returns whether it did anything."""
    row = db.execute(
        f"SELECT number, generation, rebuilt FROM search_shards WHERE {_DUE} "  # noqa: S608 -- a constant
        "ORDER BY rebuilt IS NULL LIMIT 1"
    ).fetchone()
    if row is None:
        return False
    shard, generation, rebuilt = row
    first = first_of(shard)
    if rebuilt is None:
        make_table(db, shard, generation + 1)
        # What is deleted from here on may be in the new one already, and counts again.
        db.execute("UPDATE search_shards SET dead = 0 WHERE number = ?", (shard,))
        rebuilt = 0
    documents = db.execute(
        "SELECT id, kind, owner, start FROM search_documents WHERE id >= ? AND id < ? ORDER BY id LIMIT ?",
        (first + rebuilt, first + SHARD_SIZE, _ITEMS),
    ).fetchall()
    texts: list[tuple[int, str]] = []
    for document, kind, owner, start in documents:
        text = document_text(db, kind, owner, start)
        texts.append((document, text))
        characters -= len(text)
        if characters <= 0:
            break
    write_words(db, table_of(shard, generation + 1), texts)
    if texts:
        db.execute("UPDATE search_shards SET rebuilt = ? WHERE number = ?", (row_of(texts[-1][0]) + 1, shard))
        return True
    _replace(db, shard, generation)
    return True


def begin_anew(db: sqlite3.Connection) -> None:
    """Throws the index away and notes all sessions as if there had never been one: each of its words stands
    in a text that is still there."""
    tables = db.execute(
        "SELECT name FROM sqlite_master WHERE name LIKE 'search\\_words\\_%' ESCAPE '\\' "
        "AND sql LIKE 'CREATE VIRTUAL TABLE%'"
    ).fetchall()
    for (name,) in tables:
        db.execute(f"DROP TABLE {name}")
    db.execute("DROP TABLE search_titles")
    db.execute("CREATE VIRTUAL TABLE search_titles USING fts5 (words, tokenize = 'ascii')")
    for name in _TABLES:
        db.execute(f"DELETE FROM {name}")  # noqa: S608 -- constants only
    db.execute("INSERT INTO search_sessions (id) SELECT id FROM sessions ORDER BY updated_at")
    db.execute("INSERT INTO unindexed_sessions (updated_at, id) SELECT updated_at, id FROM sessions")
    db.execute("INSERT INTO unindexed (what, id) SELECT 'title', id FROM sessions ORDER BY updated_at")


def _replace(db: sqlite3.Connection, shard: int, generation: int) -> None:
    """Puts the finished generation in the old one's place; an empty one goes as well."""
    first = first_of(shard)
    (size,) = db.execute(
        "SELECT count(*) FROM search_documents WHERE id >= ? AND id < ?", (first, first + SHARD_SIZE)
    ).fetchone()
    db.execute(f"DROP TABLE {table_of(shard, generation)}")
    if size:
        db.execute(
            "UPDATE search_shards SET generation = ?, size = ? + dead, rebuilt = NULL WHERE number = ?",
            (generation + 1, size, shard),
        )
    else:
        db.execute(f"DROP TABLE {table_of(shard, generation + 1)}")
        db.execute("DELETE FROM search_shards WHERE number = ?", (shard,))
