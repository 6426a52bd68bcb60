-- Files that go with a draft, each kept once by the SHA-256 of its bytes: a draft is written anew after every pause of
-- the typing, and its files are not.

CREATE TABLE enclosure (
    hash  BLOB PRIMARY KEY,
    bytes BLOB NOT NULL
) STRICT;

-- Who needs a file: a draft, or an outbox row that can become a draft again. A file that nobody needs is deleted.
CREATE TABLE enclosed (
    hash  BLOB    NOT NULL REFERENCES enclosure (hash),
    draft INTEGER REFERENCES draft (id),
    item  INTEGER REFERENCES outbox (id),
    CHECK ((draft IS NULL) <> (item IS NULL))
) STRICT;

CREATE INDEX enclosed_by_hash ON enclosed (hash);
CREATE INDEX enclosed_by_draft ON enclosed (draft) WHERE draft IS NOT NULL;
CREATE INDEX enclosed_by_item ON enclosed (item) WHERE item IS NOT NULL;

-- A holding reply names the day (ISO 8601) by whose close of business the answer comes.
ALTER TABLE outbox ADD COLUMN holding TEXT;
-- Privilege labels: AC, WP, CI, or empty. That of a matter is what its new messages begin with.
ALTER TABLE outbox ADD COLUMN privilege TEXT NOT NULL DEFAULT '';
ALTER TABLE matter ADD COLUMN privilege TEXT NOT NULL DEFAULT '';
