-- Drafts at the mail servers: what is kept here is put into the account's Drafts folder, replaced when it changes and taken
-- out when it was sent or thrown away. Each version has a Message-ID of its own, by which it is found again whatever
-- happened to the connection.

-- planned 0, begun 1 (it may lie there), there 2, gone 3. A row is never deleted; its bytes go when it lies there or is
-- gone. `draft` names a draft that may be gone from here. At most one version of a draft is wanted.
CREATE TABLE draft_copy (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    account     INTEGER NOT NULL REFERENCES account (id),
    draft       INTEGER NOT NULL,
    state       INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 3),
    wanted      INTEGER NOT NULL DEFAULT 1 CHECK (wanted IN (0, 1)),
    message_id  TEXT    NOT NULL UNIQUE,
    subject     TEXT    NOT NULL DEFAULT '',
    fingerprint BLOB    NOT NULL,
    bytes       BLOB,
    folder      BLOB    NOT NULL DEFAULT x'',
    folder_name TEXT    NOT NULL DEFAULT '',
    uidvalidity INTEGER NOT NULL DEFAULT 0,
    uid         INTEGER,
    size        INTEGER,
    created_at  INTEGER NOT NULL
) STRICT;

CREATE INDEX draft_copy_open ON draft_copy (draft, id) WHERE state < 3;
CREATE UNIQUE INDEX draft_copy_wanted ON draft_copy (draft) WHERE wanted = 1;
CREATE INDEX draft_copy_by_draft ON draft_copy (draft, id);

-- An operation concerns a message, or a draft. SQLite changes no CHECK: the table is made anew, with its rows.
CREATE TABLE operation_anew (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    account         INTEGER NOT NULL REFERENCES account (id),
    message         INTEGER REFERENCES message (key),
    draft           INTEGER,
    state           INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 5),
    kind            TEXT    NOT NULL CHECK (kind IN ('seen', 'flagged', 'answered', 'forwarded', 'move', 'draft')),
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
    said            TEXT    NOT NULL DEFAULT '',
    CHECK ((message IS NULL) <> (draft IS NULL)),
    CHECK ((kind = 'draft') = (draft IS NOT NULL))
) STRICT;

INSERT INTO operation_anew (id, account, message, state, kind, turn_on, source, source_name, uidvalidity, uid, target,
                            target_name, target_validity, target_uid, attempts, not_before, created_at, ended_at, reason,
                            said)
SELECT id, account, message, state, kind, turn_on, source, source_name, uidvalidity, uid, target, target_name,
       target_validity, target_uid, attempts, not_before, created_at, ended_at, reason, said
FROM operation;

DROP TABLE operation;
ALTER TABLE operation_anew RENAME TO operation;

CREATE INDEX operation_queue ON operation (account, id) WHERE state IN (0, 1);
CREATE INDEX operation_open ON operation (message, id) WHERE state IN (0, 1, 3);
CREATE INDEX operation_by_message ON operation (message, id);
CREATE INDEX operation_of_draft ON operation (draft, id) WHERE state IN (0, 1, 3) AND draft IS NOT NULL;
