-- What destinations have of the postings, in a file of its own.
--
-- A row's id is destination << 46 | import << 29 | row, so that what one destination has of one import lies together
-- in the order of the documents' row numbers.

CREATE TABLE delivered (
    id       INTEGER PRIMARY KEY,
    standing INTEGER NOT NULL,
    number   INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    delivery INTEGER NOT NULL,
    digest   BLOB NOT NULL,
    tried    BLOB NOT NULL,
    key      TEXT NOT NULL,
    at       TEXT NOT NULL,
    said     TEXT NOT NULL
);

-- Most postings are there, and going through them is quick.
CREATE INDEX delivered_not_there ON delivered (standing) WHERE standing != 0;

-- A posting's id is import << 29 | row: its receipts of all destinations lie together.
CREATE TABLE receipt (
    id          INTEGER NOT NULL,
    destination INTEGER NOT NULL,
    number      INTEGER NOT NULL,
    action      TEXT NOT NULL,
    fate        TEXT NOT NULL,
    revision    INTEGER NOT NULL,
    delivery    INTEGER NOT NULL,
    at          TEXT NOT NULL,
    said        TEXT NOT NULL,
    PRIMARY KEY (id, destination, number)
) WITHOUT ROWID;
