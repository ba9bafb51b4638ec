-- The index in which people search postings, in a file of its own: made again from the documents where it is lost.
--
-- A number is day << 46 | import << 29 | row (`numbers.py`), so that the newest has the highest.

CREATE TABLE posting (
    number     INTEGER PRIMARY KEY,
    import_id  INTEGER NOT NULL,
    row        INTEGER NOT NULL,
    state      TEXT NOT NULL,
    contract   TEXT NOT NULL,
    -- JSON lists.
    countries  TEXT NOT NULL,
    categories TEXT NOT NULL,
    reason     TEXT NOT NULL,
    first_day  TEXT NOT NULL,
    key        TEXT NOT NULL,
    title      TEXT NOT NULL,
    company    TEXT NOT NULL,
    place      TEXT NOT NULL
);

CREATE UNIQUE INDEX posting_by_row ON posting (import_id, row);

-- `words_in` of each, which are folded already: to this tokenizer all beyond ASCII is part of a word. It keeps no text itself, nor where a word stands.
CREATE VIRTUAL TABLE by_word USING fts5 (
    words, content = '', detail = none, columnsize = 0, tokenize = "ascii tokenchars '='"
);

-- What was given to `by_word`, which wants it back where a posting goes: in a frame of zstd.
CREATE TABLE given (
    number INTEGER PRIMARY KEY,
    packed BLOB NOT NULL
);

CREATE TABLE position (
    one      INTEGER PRIMARY KEY,
    -- JSON of `Position`.
    document TEXT NOT NULL
);
