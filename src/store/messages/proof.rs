//! Which way a message went and what proves it: the addresses we wrote to, the copies in Sent, the relay's word.
//!
//! Owns these questions. It never takes a message's own claim as proof.

use rusqlite::Connection;

use crate::domain::{address::EmailAddress, id::MessageKey};

use super::super::error::Result;

/// From the sent messages to their people: the other way round it goes through everyone on every message.
const WRITTEN_TO: &str = "SELECT DISTINCT c.key FROM message AS m INDEXED BY message_sent
     CROSS JOIN correspondent AS c ON c.message = m.key WHERE m.direction = 1 AND c.kind IN (3, 4, 5)";

/// Every address that the office has written to.
pub fn written_to(conn: &Connection) -> Result<Vec<EmailAddress>> {
    let mut query = conn.prepare_cached(WRITTEN_TO)?;
    let rows = query.query_map([], |row| row.get::<_, String>(0))?;
    let keys: Vec<String> = rows.collect::<rusqlite::Result<_>>()?;
    Ok(keys.iter().filter_map(|key| EmailAddress::parse(key).ok()).collect())
}

/// Does the message lie in a mailbox although neither it nor a copy of it (under the same id, or under the one that it had
/// before a relay gave it another) lies, or lay, where sent mail lies, and no relay of ours took one? Then only its own
/// claim says who wrote it. What was imported is taken at its word.
pub fn is_unproven(conn: &Connection, key: MessageKey) -> Result<bool> {
    let mut query = conn.prepare_cached(
        "WITH id AS (
             SELECT message_id AS id FROM message WHERE key = ?1 AND message_id <> ''
             UNION SELECT id FROM message_alias WHERE message = ?1
         ),
         named AS (
             SELECT ?1 AS key
             UNION SELECT m.key FROM id JOIN message AS m ON m.message_id = id.id
             UNION SELECT a.message FROM id JOIN message_alias AS a ON a.id = id.id
         ),
         copy AS (
             SELECT c.key, c.accepted_at FROM named AS n JOIN message AS c ON c.key = n.key
             WHERE c.body_hash = (SELECT body_hash FROM message WHERE key = ?1)
         )
         SELECT EXISTS (SELECT 1 FROM placement WHERE message = ?1) AND NOT EXISTS (
             SELECT 1 FROM copy AS c WHERE c.accepted_at IS NOT NULL
                OR EXISTS (SELECT 1 FROM placement AS p JOIN mailbox AS b ON b.id = p.mailbox
                           WHERE p.message = c.key AND b.role = 'sent')
                OR EXISTS (SELECT 1 FROM placement AS p JOIN mailbox AS b ON b.id = p.mailbox
                           WHERE p.message = c.key AND b.role IN ('archive', ''))
                   AND NOT EXISTS (SELECT 1 FROM placement AS p JOIN mailbox AS b ON b.id = p.mailbox
                                   WHERE p.message = c.key AND b.role = 'inbox')
         )",
    )?;
    Ok(query.query_row([key.get()], |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::migrate;

    #[test]
    fn whom_we_have_written_to_is_read_from_what_was_sent() {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate::migrate(&mut conn).unwrap();
        let mut query = conn.prepare(&format!("EXPLAIN QUERY PLAN {WRITTEN_TO}")).unwrap();
        let steps = query.query_map([], |row| row.get::<_, String>("detail")).unwrap();
        let plan: Vec<String> = steps.map(std::result::Result::unwrap).collect();
        assert!(plan[0].contains("message_sent"), "{plan:?}");
        assert!(plan[1].starts_with("SEARCH c USING PRIMARY KEY"), "{plan:?}");
    }
}
