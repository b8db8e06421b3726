"""Finds texts in all sessions: the newest matches from the index, the best of them first."""

import sqlite3
from collections.abc import Iterator
from datetime import datetime

import msgspec

from trackside.domain.search import HitField, SearchHit, SearchQuery, step_text
from trackside.domain.session import UNTITLED, title_from_question
from trackside.storage.excerpts import Excerpt, excerpt, opening
from trackside.storage.search_filters import Filters
from trackside.storage.search_texts import (
    ANSWER,
    QUESTION,
    STEP_GAP,
    Kind,
    part_at,
    question_text,
    readable,
    restored,
    steps_text,
)
from trackside.storage.shards import first_of, table_of
from trackside.storage.wanted import Wanted, wanted

_CANDIDATES = 1_000
"""The newest so many matches are ranked: what was said longer ago and holds the words as well, many times
over, would cost more than it is worth."""
_TURN_CANDIDATES = 300
"""The same where every one of them has its turn looked up, since a filter asks for its state or citations."""
_VAGUE_CANDIDATES = 200
"""The newest so many are shown as they are, the newest first: FTS5 would gather all texts with a prefix once
more to rank them."""
_TITLES = 8
_CANDIDATE_TITLES = 300
_FIELDS = {Kind.QUESTION: HitField.QUESTION, Kind.ANSWER: HitField.ANSWER, Kind.STEPS: HitField.STEP}


def search(db: sqlite3.Connection, query: SearchQuery, limit: int) -> list[SearchHit]:
    """At most `limit` hits: some titles first, then the texts that fit best. Without words, the newest turns
    that the filters let through; without these either, nothing.

    Call it in a transaction. Raises sqlite3.OperationalError when the connection is interrupted.
    """
    if not query.text.strip():
        return _newest_turns(db, Filters(db, query), limit) if query.has_filter else []
    looked_for = wanted(query.text)
    if looked_for is None:
        return []
    filters = Filters(db, query)
    hits = [] if filters.are_of_turns else list(_titles(db, looked_for, filters, min(_TITLES, limit)))
    limit -= len(hits)
    titled = {hit.session_id for hit in hits}
    found = _candidates(db, looked_for, filters)
    texts = _best(db, looked_for, found, titled, limit)
    if len(texts) < limit and len(found) >= _VAGUE_CANDIDATES and filters.is_open:
        # Nearly all of the newest lie in the trash, so what doesn't has to be looked for.
        filters = Filters(db, query, is_open=False)
        texts = _best(db, looked_for, _candidates(db, looked_for, filters), titled, limit)
    return hits + texts


def _best(
    db: sqlite3.Connection,
    looked_for: Wanted,
    found: list[tuple[float, int]],
    titled: set[str],
    limit: int,
) -> list[SearchHit]:
    seen: set[tuple[int, str]] = set()
    hits: list[SearchHit] = []
    for _, negated in sorted(found):
        if len(hits) >= limit:
            break
        if (hit := _hit(db, -negated, looked_for, seen, titled)) is not None:
            hits.append(hit)
    return hits


def _candidates(db: sqlite3.Connection, looked_for: Wanted, filters: Filters) -> list[tuple[float, int]]:
    """Rank and negated id of the newest documents that match, the smaller the better."""
    most, rank = _CANDIDATES, "bm25({})"
    if looked_for.is_vague:
        most, rank = _VAGUE_CANDIDATES, "0.0"
    elif filters.has_turn:
        most = _TURN_CANDIDATES
    found: list[tuple[float, int]] = []
    for stretch in filters.stretches():
        table = table_of(stretch.shard, stretch.generation)
        first = first_of(stretch.shard)
        # The cross joins keep SQLite from beginning with anything but the words. As one row: for each row
        # Python's lock changes hands, and whoever holds it then may keep it for some milliseconds.
        (rows,) = db.execute(
            "SELECT json_group_array(json_array(fit, document)) FROM ("  # noqa: S608 -- constants and numbers
            f"SELECT {rank.format(table)} AS fit, -({table}.rowid + {first}) AS document "
            f"FROM {table} {filters.joined(table, first)} "
            f"WHERE {table} MATCH ? AND {table}.rowid BETWEEN ? AND ? {filters.conditions} "
            f"ORDER BY {table}.rowid DESC LIMIT ?)",
            (
                looked_for.match,
                stretch.begin - first,
                stretch.end - first,
                *filters.values,
                most - len(found),
            ),
        ).fetchone()
        found += msgspec.json.decode(rows, type=list[tuple[float, int]])
        if len(found) >= most:
            break
    return found


def _titles(db: sqlite3.Connection, looked_for: Wanted, filters: Filters, limit: int) -> Iterator[SearchHit]:
    rows = db.execute(
        "SELECT id, title, updated_at FROM ("  # noqa: S608 -- constants only
        "SELECT s.id, s.title, s.updated_at, bm25(search_titles) AS fit FROM search_titles "
        "CROSS JOIN search_sessions n ON n.number = search_titles.rowid CROSS JOIN sessions s ON s.id = n.id "
        f"WHERE search_titles MATCH ? {filters.session_conditions} "
        "ORDER BY search_titles.rowid DESC LIMIT ?) ORDER BY fit, updated_at DESC LIMIT ?",
        (looked_for.match, *filters.session_values, _CANDIDATE_TITLES, limit),
    ).fetchall()
    for session_id, title, updated_at in rows:
        if (piece := excerpt(title, title, looked_for.patterns)) is not None:
            yield _as_hit(session_id, title, updated_at, HitField.TITLE, piece)


def _newest_turns(db: sqlite3.Connection, filters: Filters, limit: int) -> list[SearchHit]:
    hits: list[SearchHit] = []
    for stretch in filters.stretches():
        rows = db.execute(
            "SELECT s.id, s.title, q.asked_at, q.id, CAST(q.question AS BLOB) "  # noqa: S608 -- constants
            "FROM search_documents d "
            f"{filters.joins} CROSS JOIN turns q ON q.id = d.owner WHERE d.id BETWEEN ? AND ? "
            f"AND d.kind = ? AND d.start = 0 {filters.conditions} ORDER BY d.id DESC LIMIT ?",
            (stretch.begin, stretch.end, int(Kind.QUESTION), *filters.values, limit - len(hits)),
        )
        hits += (
            SearchHit(
                session_id,
                title or UNTITLED,
                datetime.fromisoformat(asked_at),
                HitField.QUESTION,
                opening(question_text(question)),
                turn_id=turn_id,
            )
            for session_id, title, asked_at, turn_id, question in rows
        )
        if len(hits) == limit:
            break
    # What was taken over from elsewhere may stand beside what was said since.
    return sorted(hits, key=lambda hit: hit.when, reverse=True)


def _hit(
    db: sqlite3.Connection,
    document: int,
    looked_for: Wanted,
    seen: set[tuple[int, str]],
    titled: set[str],
) -> SearchHit | None:
    """What a document of the index shows; None for one that is in the trash or gone, or whose text is among
    the hits already: with another part of it, or as the title of a session in `titled`."""
    row = db.execute(
        "SELECT d.kind, d.owner, d.start, s.id, s.title, s.title_is_own FROM search_documents d "
        "JOIN search_sessions n ON n.number = d.session JOIN sessions s ON s.id = n.id "
        "WHERE d.id = ? AND s.trashed_at IS NULL",
        (document,),
    ).fetchone()
    if row is None or row[:2] in seen:
        return None
    kind, owner, start, session_id, title, title_is_own = row
    seen.add((kind, owner))
    if kind == Kind.QUESTION:
        turn = db.execute(
            f"SELECT {QUESTION}, asked_at, position FROM turns WHERE id = ?",  # noqa: S608 -- a constant
            (owner,),
        ).fetchone()
        if turn is None:
            return None
        text, asked_at = question_text(turn[0]), turn[1]
        is_first = turn[2] == 0 and not title_is_own and session_id in titled
        if is_first and title == title_from_question(text):
            return None
        turn_id, attempt_id, steps = owner, "", []
    else:
        attempt = db.execute(
            f"SELECT {ANSWER}, asked_at, turn_id FROM attempts JOIN turns ON turns.id = turn_id "  # noqa: S608 -- a constant
            "WHERE attempts.id = ?",
            (owner,),
        ).fetchone()
        if attempt is None:
            return None
        answer = restored(attempt[0])
        steps = [len(step_text(step)) for step in answer.steps] if kind == Kind.STEPS else []
        text = steps_text(answer) if kind == Kind.STEPS else answer.text
        asked_at, turn_id, attempt_id = attempt[1], attempt[2], owner
    part = part_at(text, start)
    end, is_answer = start + len(part), kind == Kind.ANSWER
    piece = excerpt(text, readable(part), looked_for.patterns, start, end, is_markdown=is_answer)
    if piece is None:
        return None
    return _as_hit(session_id, title, asked_at, _FIELDS[Kind(kind)], piece, turn_id, attempt_id, steps)


def _as_hit(
    session_id: str,
    title: str,
    when: str,
    field: HitField,
    piece: Excerpt,
    turn_id: str = "",
    attempt_id: str = "",
    steps: list[int] | None = None,
) -> SearchHit:
    step, begin = _step_at(steps, piece.start) if steps else (-1, 0)
    return SearchHit(
        session_id,
        title or UNTITLED,
        datetime.fromisoformat(when),
        field,
        piece.snippet,
        piece.marks,
        turn_id,
        attempt_id,
        piece.found,
        piece.start - begin,
        step,
    )


def _step_at(lengths: list[int], place: int) -> tuple[int, int]:
    """The step that has a place of all steps' text, and where its own text begins there."""
    begin = 0
    for step, length in enumerate(lengths):
        if place < begin + length:
            return step, begin
        begin += length + len(STEP_GAP)
    return len(lengths) - 1, begin - lengths[-1] - len(STEP_GAP)
