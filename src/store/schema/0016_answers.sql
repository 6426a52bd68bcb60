-- A clock is late as a fact only when the mail with which it may have been answered has been read.

-- Of a folder: every message that arrived in it after this instant is, or was, in the record. NULL before it was read.
ALTER TABLE mailbox ADD COLUMN read_back INTEGER;
CREATE INDEX mailbox_sent ON mailbox (account) WHERE role = 'sent';

-- A folder that owes nothing has been read, down to the beginning.
UPDATE mailbox SET read_back = -9223372036854775808
WHERE role = 'sent' AND generation > 0 AND NOT EXISTS (
    SELECT 1 FROM placement AS p
    WHERE p.mailbox = mailbox.id AND p.generation = mailbox.generation AND p.state = 0 AND p.reason <> 'older');

-- Did it start before the mail that was sent from its account was read? Then nothing of it is journalled yet.
ALTER TABLE clock ADD COLUMN unsettled INTEGER NOT NULL DEFAULT 0 CHECK (unsettled IN (0, 1));
CREATE INDEX clock_unsettled ON clock (thread, started) WHERE unsettled = 1;
