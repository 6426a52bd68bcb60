-- The record, first shape. A released file never changes: a change is a new file (a test pins this one's hash).
-- Times are microseconds since the Unix epoch, UTC. Row ids are never reused. NULL means "there is none".

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- ── where mail lives on servers ──────────────────────────────────────────────────────────────────────────────────

CREATE TABLE account (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT    NOT NULL UNIQUE,
    address    TEXT    NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE mailbox (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    account       INTEGER NOT NULL REFERENCES account (id),
    raw_name      BLOB    NOT NULL,
    name          TEXT    NOT NULL DEFAULT '',
    delimiter     TEXT    NOT NULL DEFAULT '',
    role          TEXT    NOT NULL DEFAULT '',
    uidvalidity   INTEGER NOT NULL DEFAULT 0,
    generation    INTEGER NOT NULL DEFAULT 0,
    highestmodseq INTEGER NOT NULL DEFAULT 0,
    backfilled    INTEGER NOT NULL DEFAULT 0 CHECK (backfilled IN (0, 1)),
    synced_at     INTEGER NOT NULL DEFAULT 0,
    UNIQUE (account, raw_name)
) STRICT;

-- ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────────

CREATE TABLE matter (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id  BLOB    NOT NULL UNIQUE DEFAULT (randomblob(16)),
    number     TEXT    NOT NULL UNIQUE COLLATE NOCASE,
    name       TEXT    NOT NULL DEFAULT '',
    status     INTEGER NOT NULL DEFAULT 0 CHECK (status IN (0, 1, 2)),
    policy     TEXT    NOT NULL DEFAULT '',
    footer     TEXT    NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL DEFAULT 0
) STRICT;

-- One row per conversation. Everything after `id` is derived from its messages and kept for the lists.
CREATE TABLE thread (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    subject    TEXT    NOT NULL DEFAULT '',
    who        TEXT    NOT NULL DEFAULT '',
    first_at   INTEGER NOT NULL DEFAULT 0,
    last_at    INTEGER NOT NULL DEFAULT 0,
    messages   INTEGER NOT NULL DEFAULT 0,
    unread     INTEGER NOT NULL DEFAULT 0,
    bits       INTEGER NOT NULL DEFAULT 0,
    matter     INTEGER REFERENCES matter (id),
    contender  INTEGER REFERENCES matter (id),
    inbound    INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX thread_by_last ON thread (last_at DESC, id DESC);
CREATE INDEX thread_untagged ON thread (last_at DESC, id DESC) WHERE matter IS NULL AND inbound > 0;
CREATE INDEX thread_by_matter ON thread (matter, last_at DESC) WHERE matter IS NOT NULL;
CREATE INDEX thread_by_contender ON thread (contender) WHERE contender IS NOT NULL;
CREATE INDEX thread_unread ON thread (id) WHERE unread > 0;

-- The union-find of design 5.3: every id a message has or names is a node; nodes of one message are one thread.
CREATE TABLE thread_node (
    node   BLOB    PRIMARY KEY,
    thread INTEGER NOT NULL REFERENCES thread (id)
) STRICT, WITHOUT ROWID;

CREATE INDEX thread_node_by_thread ON thread_node (thread);

-- Where a thread that was merged away went, so that an old id still finds it.
CREATE TABLE thread_merged (
    gone INTEGER PRIMARY KEY,
    into_thread INTEGER NOT NULL REFERENCES thread (id)
) STRICT;

CREATE INDEX thread_merged_into ON thread_merged (into_thread);

CREATE TABLE message (
    key             INTEGER PRIMARY KEY AUTOINCREMENT,
    hash            BLOB    NOT NULL UNIQUE,
    thread          INTEGER NOT NULL REFERENCES thread (id),
    account         INTEGER NOT NULL REFERENCES account (id),
    at              INTEGER NOT NULL,
    direction       INTEGER NOT NULL CHECK (direction IN (0, 1, 2)),
    origin          INTEGER NOT NULL DEFAULT 0,
    unread          INTEGER NOT NULL DEFAULT 0 CHECK (unread IN (0, 1)),
    bits            INTEGER NOT NULL DEFAULT 0,
    words           INTEGER NOT NULL DEFAULT 0,
    size            INTEGER NOT NULL DEFAULT 0,
    received_reason INTEGER NOT NULL DEFAULT 0,
    internal_date   INTEGER,
    header_date     INTEGER,
    accepted_at     INTEGER,
    instance_of     INTEGER REFERENCES message (key),
    message_id      TEXT    NOT NULL DEFAULT '',
    body_hash       BLOB    NOT NULL DEFAULT x'',
    from_key        TEXT    NOT NULL DEFAULT '',
    from_name       TEXT    NOT NULL DEFAULT '',
    subject         TEXT    NOT NULL DEFAULT '',
    base_subject    TEXT    NOT NULL DEFAULT '',
    origin_data     TEXT    NOT NULL DEFAULT '',
    faults          TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX message_by_thread ON message (thread, at, key);
CREATE INDEX message_by_time ON message (at DESC, key DESC);
CREATE INDEX message_by_id ON message (message_id) WHERE message_id <> '';
CREATE INDEX message_by_instance ON message (instance_of) WHERE instance_of IS NOT NULL;

-- Other ids under which a message went (X-Microsoft-Original-Message-ID).
CREATE TABLE message_alias (
    id      TEXT    NOT NULL,
    message INTEGER NOT NULL REFERENCES message (key),
    PRIMARY KEY (id, message)
) STRICT, WITHOUT ROWID;

-- The verbatim bytes, zstd. Their own table, so that no list ever pages them in.
CREATE TABLE raw (
    message INTEGER PRIMARY KEY REFERENCES message (key),
    bytes   BLOB    NOT NULL,
    parser  INTEGER NOT NULL DEFAULT 1
) STRICT;

-- What is read when a message is opened, and what the index is built on.
CREATE TABLE body (
    message     INTEGER PRIMARY KEY REFERENCES message (key),
    people      TEXT NOT NULL DEFAULT '',
    files       TEXT NOT NULL DEFAULT '',
    folded      TEXT NOT NULL DEFAULT '',
    text        TEXT NOT NULL DEFAULT '',
    quoted      TEXT NOT NULL DEFAULT '',
    in_reply_to TEXT NOT NULL DEFAULT '',
    refs        TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE correspondent (
    message  INTEGER NOT NULL REFERENCES message (key),
    kind     INTEGER NOT NULL,
    position INTEGER NOT NULL,
    key      TEXT    NOT NULL,
    spelled  TEXT    NOT NULL,
    name     TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (message, kind, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX correspondent_by_key ON correspondent (key, kind, message);

CREATE TABLE attachment (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    message    INTEGER NOT NULL REFERENCES message (key),
    part       TEXT    NOT NULL DEFAULT '',
    name       TEXT    NOT NULL DEFAULT '',
    media_type TEXT    NOT NULL DEFAULT '',
    size       INTEGER NOT NULL DEFAULT 0,
    hash       BLOB    NOT NULL DEFAULT x''
) STRICT;

CREATE INDEX attachment_by_message ON attachment (message);
CREATE INDEX attachment_by_hash ON attachment (hash) WHERE hash <> x'';

-- The ledger (design 5.1.3): every UID a server ever showed is pending 0, stored 1, failed 2 or gone 3.
CREATE TABLE placement (
    mailbox    INTEGER NOT NULL REFERENCES mailbox (id),
    generation INTEGER NOT NULL,
    uid        INTEGER NOT NULL,
    state      INTEGER NOT NULL DEFAULT 0 CHECK (state IN (0, 1, 2, 3)),
    size       INTEGER NOT NULL DEFAULT 0,
    flags      INTEGER NOT NULL DEFAULT 0,
    tries      INTEGER NOT NULL DEFAULT 0,
    message    INTEGER REFERENCES message (key),
    reason     TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (mailbox, generation, uid),
    CHECK (state <> 1 OR message IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE INDEX placement_by_message ON placement (message) WHERE message IS NOT NULL;
CREATE INDEX placement_open ON placement (mailbox, generation, state, uid) WHERE state IN (0, 2);

-- ── matters, people, tags ────────────────────────────────────────────────────────────────────────────────────────

CREATE TABLE party (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id  BLOB    NOT NULL UNIQUE DEFAULT (randomblob(16)),
    name       TEXT    NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE party_address (
    key     TEXT    NOT NULL,
    party   INTEGER NOT NULL REFERENCES party (id),
    spelled TEXT    NOT NULL,
    PRIMARY KEY (key, party)
) STRICT, WITHOUT ROWID;

CREATE INDEX party_address_by_party ON party_address (party);

CREATE TABLE participation (
    matter INTEGER NOT NULL REFERENCES matter (id),
    party  INTEGER NOT NULL REFERENCES party (id),
    role   TEXT    NOT NULL,
    PRIMARY KEY (matter, party)
) STRICT, WITHOUT ROWID;

CREATE INDEX participation_by_party ON participation (party);

-- A tag sits on a message; a thread's tag is what its messages say.
CREATE TABLE tagging (
    message   INTEGER PRIMARY KEY REFERENCES message (key),
    public_id BLOB    NOT NULL UNIQUE DEFAULT (randomblob(16)),
    matter    INTEGER NOT NULL REFERENCES matter (id),
    actor     TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    how       TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX tagging_by_matter ON tagging (matter, message);

CREATE TABLE suggestion (
    thread  INTEGER NOT NULL REFERENCES thread (id),
    matter  INTEGER NOT NULL REFERENCES matter (id),
    score   INTEGER NOT NULL,
    reasons TEXT    NOT NULL DEFAULT '[]',
    PRIMARY KEY (thread, matter)
) STRICT, WITHOUT ROWID;

CREATE INDEX suggestion_by_matter ON suggestion (matter);

-- ── clocks and marks ─────────────────────────────────────────────────────────────────────────────────────────────

-- A cache of the fold (design 4.1, rule 4): thrown away and written anew whenever a thread changes.
CREATE TABLE clock (
    thread    INTEGER NOT NULL REFERENCES thread (id),
    principal TEXT    NOT NULL,
    kind      INTEGER NOT NULL,
    started   INTEGER NOT NULL,
    due       INTEGER NOT NULL,
    outcome   TEXT    NOT NULL DEFAULT 'running',
    ended     INTEGER,
    policy    TEXT    NOT NULL DEFAULT '',
    calendar  TEXT    NOT NULL DEFAULT '',
    flags     INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (thread, principal, kind, started)
) STRICT, WITHOUT ROWID;

CREATE INDEX clock_running ON clock (due, thread, kind) WHERE outcome = 'running';

-- The journal of outcomes: what was once true of a clock stays written.
CREATE TABLE outcome (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    thread    INTEGER NOT NULL REFERENCES thread (id),
    principal TEXT    NOT NULL,
    kind      INTEGER NOT NULL,
    started   INTEGER NOT NULL,
    due       INTEGER NOT NULL,
    first     INTEGER NOT NULL REFERENCES message (key),
    outcome   TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    reason    TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX outcome_by_thread ON outcome (thread, id);
CREATE INDEX outcome_by_first ON outcome (first);

CREATE TABLE mark (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id BLOB    NOT NULL UNIQUE DEFAULT (randomblob(16)),
    thread    INTEGER NOT NULL REFERENCES thread (id),
    message   INTEGER REFERENCES message (key),
    kind      TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    actor     TEXT    NOT NULL,
    reason    TEXT    NOT NULL DEFAULT '',
    data      TEXT    NOT NULL DEFAULT '',
    undone_at INTEGER
) STRICT;

CREATE INDEX mark_by_thread ON mark (thread, id);
CREATE INDEX mark_by_message ON mark (message) WHERE message IS NOT NULL;
CREATE INDEX mark_star ON mark (thread) WHERE kind = 'star' AND undone_at IS NULL;

-- ── writing and sending ──────────────────────────────────────────────────────────────────────────────────────────

CREATE TABLE draft (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    thread     INTEGER REFERENCES thread (id),
    matter     INTEGER REFERENCES matter (id),
    parent     INTEGER REFERENCES message (key),
    content    TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE INDEX draft_by_thread ON draft (thread) WHERE thread IS NOT NULL;
CREATE INDEX draft_by_matter ON draft (matter) WHERE matter IS NOT NULL;
CREATE INDEX draft_by_parent ON draft (parent) WHERE parent IS NOT NULL;

-- queued 0, sending 1, deferred 2, sent 3, refused 4, unknown 5, cancelled 6. A row is never deleted.
CREATE TABLE outbox (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id  BLOB    NOT NULL UNIQUE DEFAULT (randomblob(16)),
    account    INTEGER NOT NULL REFERENCES account (id),
    state      INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 6),
    not_before INTEGER NOT NULL,
    scheduled  INTEGER NOT NULL DEFAULT 0 CHECK (scheduled IN (0, 1)),
    attempts   INTEGER NOT NULL DEFAULT 0,
    changed_at INTEGER NOT NULL,
    sent_at    INTEGER,
    filed      INTEGER NOT NULL DEFAULT 0 CHECK (filed IN (0, 1)),
    thread     INTEGER REFERENCES thread (id),
    matter     INTEGER REFERENCES matter (id),
    parent     INTEGER REFERENCES message (key),
    message    INTEGER REFERENCES message (key),
    kind       INTEGER NOT NULL,
    message_id TEXT    NOT NULL UNIQUE,
    subject    TEXT    NOT NULL DEFAULT '',
    shown_to   TEXT    NOT NULL DEFAULT '',
    reply      TEXT    NOT NULL DEFAULT '',
    envelope   TEXT    NOT NULL,
    draft      TEXT    NOT NULL
) STRICT;

CREATE INDEX outbox_waiting ON outbox (not_before, id) WHERE state IN (0, 2);
CREATE INDEX outbox_open ON outbox (state, id) WHERE state NOT IN (3, 6);
CREATE INDEX outbox_unfiled ON outbox (account, id) WHERE state = 3 AND filed = 0;
CREATE INDEX outbox_by_thread ON outbox (thread) WHERE thread IS NOT NULL;
CREATE INDEX outbox_by_matter ON outbox (matter) WHERE matter IS NOT NULL;
CREATE INDEX outbox_by_message ON outbox (message) WHERE message IS NOT NULL;

CREATE TABLE outbox_bytes (
    item  INTEGER PRIMARY KEY REFERENCES outbox (id),
    bytes BLOB NOT NULL
) STRICT;

CREATE TABLE attempt (
    item    INTEGER NOT NULL REFERENCES outbox (id),
    number  INTEGER NOT NULL,
    started INTEGER NOT NULL,
    ended   INTEGER,
    verdict TEXT    NOT NULL DEFAULT '',
    reply   TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (item, number)
) STRICT, WITHOUT ROWID;

-- ── the trail ────────────────────────────────────────────────────────────────────────────────────────────────────

CREATE TABLE audit (
    seq    INTEGER PRIMARY KEY AUTOINCREMENT,
    at     INTEGER NOT NULL,
    actor  TEXT    NOT NULL,
    kind   TEXT    NOT NULL,
    record BLOB    NOT NULL,
    prev   BLOB    NOT NULL,
    hash   BLOB    NOT NULL UNIQUE
) STRICT;

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only');
END;

CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only');
END;
