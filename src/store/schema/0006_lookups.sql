-- Two questions that went through whole tables: under which other ids a message went, and to whom we have written. The
-- second is asked at every review, on the thread that writes.

CREATE INDEX message_alias_by_message ON message_alias (message);
CREATE INDEX message_sent ON message (key) WHERE direction = 1;
