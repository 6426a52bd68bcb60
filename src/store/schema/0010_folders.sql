-- What is known of a folder beside its ledger. Every folder of an account has a row, also those that are not pulled: a
-- screen says of each how complete it is, or why it is not.

-- Was it there when the folders were listed last?
ALTER TABLE mailbox ADD COLUMN listed INTEGER NOT NULL DEFAULT 1 CHECK (listed IN (0, 1));
-- Is it pulled?
ALTER TABLE mailbox ADD COLUMN chosen INTEGER NOT NULL DEFAULT 1 CHECK (chosen IN (0, 1));
-- How many messages the server counted last; NULL before it was opened.
ALTER TABLE mailbox ADD COLUMN on_server INTEGER;
-- What was wrong with it at the last look: `refused`, `doubtful`, or empty.
ALTER TABLE mailbox ADD COLUMN trouble TEXT NOT NULL DEFAULT '';
-- Under which other row it goes on since it was renamed.
ALTER TABLE mailbox ADD COLUMN successor INTEGER REFERENCES mailbox (id);

-- A pending message that is older than the mail that is fetched has the reason `older`.
CREATE INDEX placement_older ON placement (mailbox, generation) WHERE state = 0 AND reason = 'older';
