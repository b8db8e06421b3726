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
CREATE INDEX sessions_pinned ON sessions (updated_at) WHERE pinned = 1;
"""

SEARCH = """
-- What is found in texts; see indexing.py. Words stand in tables of their own that it makes, one a shard.
CREATE TABLE search_sessions (
    number INTEGER PRIMARY KEY, -- newer ones have greater ones
    id TEXT NOT NULL UNIQUE
);
CREATE TABLE search_documents (
    id INTEGER PRIMARY KEY,     -- shard * 16384 + row in it: what was said later has the greater one
    session INTEGER NOT NULL,   -- search_sessions.number
    kind INTEGER NOT NULL,      -- 1 question, 2 answer, 3 steps
    owner TEXT NOT NULL,        -- the turn's id for a question, the attempt's for the others
    start INTEGER NOT NULL,     -- where this part of the text begins, in characters
    asked INTEGER NOT NULL      -- milliseconds since 1970
);
CREATE UNIQUE INDEX search_documents_by_session ON search_documents (session, owner, kind, start);
CREATE TABLE search_shards (
    number INTEGER PRIMARY KEY,
    generation INTEGER NOT NULL DEFAULT 0,
    size INTEGER NOT NULL DEFAULT 0,    -- rows in its table
    dead INTEGER NOT NULL DEFAULT 0,    -- of these, such as have no document any more
    earliest INTEGER NOT NULL,          -- least and greatest of the documents' `asked`
    latest INTEGER NOT NULL,
    rebuilt INTEGER                     -- how far its next generation is made; NULL while none is
);
CREATE TABLE search_places (            -- one row: the next free document ids, upwards and downwards
    later INTEGER NOT NULL,
    earlier INTEGER NOT NULL
);
INSERT INTO search_places VALUES (2147483648, 2147483647);
CREATE TABLE search_cited (
    attempt_id TEXT PRIMARY KEY REFERENCES attempts (id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE VIRTUAL TABLE search_titles USING fts5 (words, tokenize = 'ascii');

-- What the index has not heard of yet: changes as they come, and sessions from before there was an index.
CREATE TABLE unindexed (
    seq INTEGER PRIMARY KEY,
    what TEXT NOT NULL,
    id TEXT NOT NULL,
    UNIQUE (what, id)
);
CREATE TABLE unindexed_sessions (
    updated_at TEXT NOT NULL,
    id TEXT NOT NULL,
    below INTEGER NOT NULL DEFAULT 9223372036854775807,  -- turns at this position and later are done
    PRIMARY KEY (updated_at, id)
) WITHOUT ROWID;
INSERT INTO search_sessions (id) SELECT id FROM sessions ORDER BY updated_at;
INSERT INTO unindexed_sessions (updated_at, id) SELECT updated_at, id FROM sessions;
INSERT INTO unindexed (what, id) SELECT 'title', id FROM sessions ORDER BY updated_at;

CREATE TRIGGER unindexed_new_title AFTER INSERT ON sessions WHEN new.title <> '' BEGIN
    INSERT OR IGNORE INTO unindexed (what, id) VALUES ('title', new.id);
END;
CREATE TRIGGER unindexed_title AFTER UPDATE OF title ON sessions WHEN new.title IS NOT old.title BEGIN
    INSERT OR IGNORE INTO unindexed (what, id) VALUES ('title', new.id);
END;
CREATE TRIGGER unindexed_turn AFTER INSERT ON turns BEGIN
    INSERT OR IGNORE INTO unindexed (what, id) VALUES ('turn', new.id);
END;
CREATE TRIGGER unindexed_new_attempt AFTER INSERT ON attempts WHEN new.answer IS NOT NULL BEGIN
    INSERT OR IGNORE INTO unindexed (what, id) VALUES ('attempt', new.id);
END;
CREATE TRIGGER unindexed_attempt AFTER UPDATE OF answer ON attempts
WHEN new.answer IS NOT NULL AND old.answer IS NULL BEGIN
    INSERT OR IGNORE INTO unindexed (what, id) VALUES ('attempt', new.id);
END;
CREATE TRIGGER unindexed_rewritten_attempt AFTER UPDATE OF answer ON attempts
WHEN old.answer IS NOT NULL AND new.answer IS NOT old.answer BEGIN
    INSERT OR IGNORE INTO unindexed (what, id) VALUES ('rewritten', new.id);
END;
CREATE TRIGGER unindexed_deletion AFTER DELETE ON sessions BEGIN
    INSERT OR IGNORE INTO unindexed (what, id) VALUES ('session', old.id);
END;
-- A session's end takes its turns along, and a turn's its attempts: those are not told one by one.
CREATE TRIGGER unindexed_turn_deletion AFTER DELETE ON turns
WHEN EXISTS (SELECT 1 FROM sessions WHERE id = old.session_id) BEGIN
    INSERT OR IGNORE INTO unindexed (what, id) VALUES ('session', old.session_id);
END;
CREATE TRIGGER unindexed_attempt_deletion AFTER DELETE ON attempts
WHEN EXISTS (SELECT 1 FROM turns WHERE id = old.turn_id) BEGIN
    INSERT OR IGNORE INTO unindexed (what, id) SELECT 'session', session_id FROM turns WHERE id = old.turn_id;
END;
"""

DAYS = """
CREATE TABLE days_seen (day TEXT PRIMARY KEY) WITHOUT ROWID;  -- the last days in UTC on which it was open
"""

RATE_LIMITS = """
CREATE TABLE rate_limits (      -- what the services have said last, for the next run
    connection_id TEXT PRIMARY KEY,
    known TEXT NOT NULL         -- JSON; see rate_limits.py
) WITHOUT ROWID;
"""

UNSIGNING = """
-- How far the signed addresses are out of what earlier versions have kept; no row once they are. See
-- unsigning.py.
CREATE TABLE unsigning (
    stage TEXT NOT NULL,
    below INTEGER NOT NULL      -- attempts from this rowid on are done
);
CREATE TABLE session_uses (     -- when a session was looked at last; see retention.py
    session_id TEXT PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    used_at TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO unsigning SELECT 'answers', number FROM (SELECT max(rowid) + 1 AS number FROM attempts)
    WHERE number IS NOT NULL;
"""

MOVING = """
ALTER TABLE sessions ADD COLUMN moved_turns INTEGER NOT NULL DEFAULT 0;
"""

MIGRATIONS: tuple[str, ...] = (INITIAL, ORDERLY_SESSIONS, SEARCH, DAYS, RATE_LIMITS, UNSIGNING, MOVING)
"""Script N takes a database from version N to N + 1 (`PRAGMA user_version`)."""
