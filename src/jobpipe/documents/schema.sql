-- The documents of a project, in SQLite. Run at every start.
--
-- A state row's id is import << 29 | row, so that the rows of one import lie together in the order of their
-- numbers; a body's id is the id of its row << 17 | revision.

CREATE TABLE IF NOT EXISTS state (
    id             INTEGER PRIMARY KEY,
    import_id      INTEGER NOT NULL,
    key            TEXT NOT NULL,
    role           INTEGER NOT NULL,
    status         INTEGER NOT NULL,
    reason         TEXT NOT NULL,
    digest         BLOB NOT NULL,
    posting_digest BLOB NOT NULL,
    part           TEXT NOT NULL,
    ordinal        INTEGER NOT NULL,
    first_run      INTEGER NOT NULL,
    changed_run    INTEGER NOT NULL,
    written_run    INTEGER NOT NULL,
    missing_since  INTEGER NOT NULL,
    revision       INTEGER NOT NULL,
    first_day      TEXT NOT NULL,
    title          TEXT NOT NULL,
    valid_through  TEXT NOT NULL,
    flags          INTEGER NOT NULL,
    prior          BLOB NOT NULL
);

-- One posting a key; duplicates and rejected records share keys.
CREATE UNIQUE INDEX IF NOT EXISTS posting_by_key ON state (import_id, key) WHERE role = 0;
CREATE INDEX IF NOT EXISTS row_by_change ON state (import_id, changed_run);
CREATE INDEX IF NOT EXISTS missing_row ON state (import_id) WHERE missing_since != 0;
CREATE INDEX IF NOT EXISTS posting_by_end ON state (import_id, valid_through)
    WHERE role = 0 AND status = 0 AND valid_through != '';

CREATE TABLE IF NOT EXISTS body (
    id    INTEGER PRIMARY KEY,
    frame BLOB NOT NULL
);

CREATE TABLE IF NOT EXISTS context (
    import_id INTEGER NOT NULL,
    digest    BLOB NOT NULL,
    packed    BLOB NOT NULL,
    PRIMARY KEY (import_id, digest)
) WITHOUT ROWID;
