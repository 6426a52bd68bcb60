-- Gmail's identity of the message behind a UID (X-GM-MSGID, 64 bits as a signed number): the same in every folder that
-- shows it, so that its bytes are fetched once.
ALTER TABLE placement ADD COLUMN gmail INTEGER;
CREATE INDEX placement_by_gmail ON placement (gmail) WHERE gmail IS NOT NULL;

-- A pending message that somebody is still writing has the reason `draft`: it stays at the server.
CREATE INDEX placement_draft ON placement (mailbox, generation) WHERE state = 0 AND reason = 'draft';

-- Is it another person's, or everybody's (RFC 2342)? Then it is only read.
ALTER TABLE mailbox ADD COLUMN shared INTEGER NOT NULL DEFAULT 0 CHECK (shared IN (0, 1));
