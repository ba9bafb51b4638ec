-- The documents of a project, in SQLite.
--
-- A state row's id is import << 29 | row, so that the rows of one import lie together in the order of their
-- numbers; a body's id is the id of its row << 17 | revision.  What the comparison reads stands first.

CREATE TABLE state (
    id             INTEGER PRIMARY KEY,
    import_id      INTEGER NOT NULL,
    role           INTEGER NOT NULL,
    status         INTEGER NOT NULL,
    written_run    INTEGER NOT NULL,
    missing_since  INTEGER NOT NULL,
    reason         TEXT NOT NULL,
    digest         BLOB NOT NULL,
    key            TEXT NOT NULL,
    posting_digest BLOB NOT NULL,
    part           TEXT NOT NULL,
    ordinal        INTEGER NOT NULL,
    first_run      INTEGER NOT NULL,
    changed_run    INTEGER NOT NULL,
    revision       INTEGER NOT NULL,
    first_day      TEXT NOT NULL,
    title          TEXT NOT NULL,
    valid_through  TEXT NOT NULL,
    flags          INTEGER NOT NULL,
    prior          BLOB NOT NULL,
    -- Lines.
    labels         TEXT NOT NULL DEFAULT '',
    facts          BLOB NOT NULL DEFAULT x''
);

-- One posting a key; duplicates and rejected records share keys.
CREATE UNIQUE INDEX posting_by_key ON state (import_id, key) WHERE role = 0;

-- Few texts, each with many rows: what a changed mapping touches is found without going through all rows.
CREATE INDEX row_by_labels ON state (import_id, labels) WHERE labels != '';

-- A live posting is in no other index: each would make a first import slower by a tenth, and going through
-- the state rows of a million postings takes a fraction of a second.
CREATE INDEX row_not_live ON state (import_id, role, status, reason)
    WHERE role != 0 OR status != 0 OR reason != '';
CREATE INDEX change_not_live ON state (import_id, changed_run)
    WHERE role != 0 OR status != 0 OR reason != '';
CREATE INDEX missing_row ON state (import_id) WHERE missing_since != 0;

CREATE TABLE body (
    id    INTEGER PRIMARY KEY,
    frame BLOB NOT NULL
);

-- A row number is never given twice.
CREATE TABLE numbering (
    import_id INTEGER PRIMARY KEY,
    last_row  INTEGER NOT NULL
);

CREATE TABLE context (
    import_id INTEGER NOT NULL,
    digest    BLOB NOT NULL,
    packed    BLOB NOT NULL,
    PRIMARY KEY (import_id, digest)
) WITHOUT ROWID;

-- The highest fence with which a process has held an import.
CREATE TABLE holding (
    import_id INTEGER PRIMARY KEY,
    fence     INTEGER NOT NULL
);
