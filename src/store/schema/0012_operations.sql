-- What is to happen at the mail servers (design 5.1.3, point 11): every action of a person is a row until the server has
-- acknowledged it, and the rows of an account are replayed in order.

-- The folders of an account as its server listed them last: where a message can be moved to, whether it is synchronised or
-- not.
CREATE TABLE destination (
    account  INTEGER NOT NULL REFERENCES account (id),
    raw_name BLOB    NOT NULL,
    name     TEXT    NOT NULL,
    role     TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (account, raw_name)
) STRICT, WITHOUT ROWID;

-- waiting 0, begun 1, done 2, stuck 3, cancelled 4, lapsed 5. A row is never deleted. `uid` is where the message lies in
-- `source`; without it the message is looked for by its Message-ID. `target_uid` is where it lies after a move.
CREATE TABLE operation (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    account         INTEGER NOT NULL REFERENCES account (id),
    message         INTEGER NOT NULL REFERENCES message (key),
    state           INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 5),
    kind            TEXT    NOT NULL CHECK (kind IN ('seen', 'flagged', 'answered', 'move')),
    turn_on         INTEGER NOT NULL DEFAULT 1 CHECK (turn_on IN (0, 1)),
    source          BLOB    NOT NULL,
    source_name     TEXT    NOT NULL DEFAULT '',
    uidvalidity     INTEGER NOT NULL DEFAULT 0,
    uid             INTEGER,
    target          BLOB    NOT NULL DEFAULT x'',
    target_name     TEXT    NOT NULL DEFAULT '',
    target_validity INTEGER NOT NULL DEFAULT 0,
    target_uid      INTEGER,
    attempts        INTEGER NOT NULL DEFAULT 0,
    not_before      INTEGER NOT NULL DEFAULT 0,
    created_at      INTEGER NOT NULL,
    ended_at        INTEGER,
    reason          TEXT    NOT NULL DEFAULT '',
    said            TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX operation_queue ON operation (account, id) WHERE state IN (0, 1);
CREATE INDEX operation_open ON operation (message, id) WHERE state IN (0, 1, 3);
CREATE INDEX operation_by_message ON operation (message, id);

-- Put away: a conversation that was archived, moved or deleted leaves the Inbox until it has more messages than it had
-- then. It never leaves the record.
ALTER TABLE thread ADD COLUMN away INTEGER NOT NULL DEFAULT 0;
CREATE INDEX thread_inbox ON thread (last_at DESC, id DESC) WHERE messages > away;
