-- How many UIDs of a mailbox are in which state, kept by the ledger itself: the top line asks for it after every
-- change, and counting a million placements each time would be felt.

CREATE TABLE ledger_count (
    mailbox INTEGER NOT NULL REFERENCES mailbox (id),
    state   INTEGER NOT NULL,
    uids    INTEGER NOT NULL,
    PRIMARY KEY (mailbox, state)
) STRICT, WITHOUT ROWID;

INSERT INTO ledger_count (mailbox, state, uids)
SELECT mailbox, state, count(*) FROM placement GROUP BY mailbox, state;

CREATE TRIGGER placement_is_counted AFTER INSERT ON placement
BEGIN
    INSERT INTO ledger_count (mailbox, state, uids) VALUES (new.mailbox, new.state, 1)
    ON CONFLICT (mailbox, state) DO UPDATE SET uids = uids + 1;
END;

CREATE TRIGGER placement_is_counted_anew AFTER UPDATE OF state ON placement WHEN old.state <> new.state
BEGIN
    UPDATE ledger_count SET uids = uids - 1 WHERE mailbox = old.mailbox AND state = old.state;
    INSERT INTO ledger_count (mailbox, state, uids) VALUES (new.mailbox, new.state, 1)
    ON CONFLICT (mailbox, state) DO UPDATE SET uids = uids + 1;
END;

CREATE TRIGGER placement_is_not_deleted BEFORE DELETE ON placement
BEGIN
    SELECT RAISE(ABORT, 'a known UID is never forgotten');
END;

-- A commit of the first sync leaves a segment of the index. Merging eight of them at a time instead of four saves work
-- there, and a query that reads a few segments more costs nothing that can be felt.
INSERT INTO search (search, rank) VALUES ('automerge', 8);
