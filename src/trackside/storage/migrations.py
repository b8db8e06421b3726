"""The database's versions, oldest first. Append only: a released script is never edited."""

INITIAL = """
CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    connection_id TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    title TEXT NOT NULL DEFAULT '',
    title_is_own INTEGER NOT NULL DEFAULT 0,
    store_id TEXT NOT NULL DEFAULT '',
    store_name TEXT NOT NULL DEFAULT '',
    server_session_id TEXT,
    snippet TEXT NOT NULL DEFAULT '',
    draft TEXT NOT NULL DEFAULT '',
    instructions TEXT NOT NULL DEFAULT '',
    schema_text TEXT NOT NULL DEFAULT '',
    include_steps INTEGER NOT NULL DEFAULT 0,
    web_search INTEGER NOT NULL DEFAULT 0,
    pinned INTEGER NOT NULL DEFAULT 0,
    unread INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    trashed_at TEXT
);
CREATE INDEX sessions_by_time ON sessions (updated_at DESC);

CREATE TABLE turns (
    id TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    question TEXT NOT NULL,
    ask TEXT NOT NULL,          -- JSON: the snapshot a retry sends again
    asked_at TEXT NOT NULL,
    chosen INTEGER NOT NULL DEFAULT -1,
    UNIQUE (session_id, position)
);

CREATE TABLE attempts (
    id TEXT PRIMARY KEY,
    turn_id TEXT NOT NULL REFERENCES turns (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    state TEXT NOT NULL,
    owner TEXT NOT NULL,        -- the process that runs it; see owners.py
    answer TEXT,                -- JSON, once the attempt has ended
    failure TEXT,               -- JSON
    started_at TEXT,
    first_token_s REAL,
    duration_s REAL,
    tries INTEGER NOT NULL DEFAULT 0,
    sent_session_id TEXT,       -- the server session it was asked in
    UNIQUE (turn_id, number)
);
CREATE INDEX unfinished_attempts ON attempts (state)
    WHERE state IN ('queued', 'connecting', 'waiting', 'streaming');

-- What a running attempt received, appended about once a second; folded and deleted at its end.
CREATE TABLE journal (
    attempt_id TEXT NOT NULL REFERENCES attempts (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (attempt_id, seq)
) WITHOUT ROWID;
"""

ORDERLY_SESSIONS = """
ALTER TABLE sessions ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN tags TEXT NOT NULL DEFAULT '';  -- one a line
ALTER TABLE sessions ADD COLUMN recap TEXT;
ALTER TABLE sessions ADD COLUMN branched_from TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN branched_turns INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN reading_place TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN inspector_tab INTEGER NOT NULL DEFAULT -1;
ALTER TABLE attempts ADD COLUMN recap TEXT NOT NULL DEFAULT '';
CREATE INDEX sessions_in_trash ON sessions (trashed_at) WHERE trashed_at IS NOT NULL;
"""

MIGRATIONS: tuple[str, ...] = (INITIAL, ORDERLY_SESSIONS)
"""Script N takes a database from version N to N + 1 (`PRAGMA user_version`)."""
