-- The full-text index over the record. External content: the words are stored once, in `message` and `body`.
-- No prefix index (it doubles the cost of ingest to save 34 ms on two-letter input). `folded` holds only the words
-- whose German or Scandinavian spelling differs when written without umlauts (Straße → strasse).

CREATE VIEW search_source AS
SELECT b.message AS message, m.subject AS subject, b.people AS people, b.text AS text, b.quoted AS quoted,
       b.files AS files, b.folded AS folded
FROM body AS b JOIN message AS m ON m.key = b.message;

CREATE VIRTUAL TABLE search USING fts5 (
    subject, people, text, quoted, files, folded,
    content = 'search_source', content_rowid = 'message',
    tokenize = 'unicode61 remove_diacritics 2'
);
