//! What a list must warn of: messages that were tampered with, or in which the parser found something wrong.
//!
//! Owns the question. Its index holds only such messages, so that it may be asked for every row; what a fault means to
//! a reader is `app`'s to say.

use std::collections::BTreeSet;

use rusqlite::{Connection, Row};

use crate::domain::id::{MessageKey, ThreadId};

use super::{error::Result, messages::Bits};

/// What is wrong with at least one message of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Warnings {
    /// Something was hidden in a name, a subject or a file name.
    pub tampered: bool,
    /// The parser's words for what it found.
    pub faults: BTreeSet<String>,
}

impl Warnings {
    /// Takes in the bits and faults of one message; says whether its sender imitates someone.
    fn add(&mut self, row: &Row<'_>) -> Result<bool> {
        let bits = Bits::from_code(row.get("bits")?);
        self.tampered |= bits.tampered;
        let faults: String = row.get("faults")?;
        self.faults.extend(faults.split_ascii_whitespace().map(str::to_owned));
        Ok(bits.spoof)
    }
}

/// The condition is that of the index, word for word: otherwise SQLite would not use it.
const SQL: &str = "SELECT m.bits, m.faults FROM message AS m INDEXED BY message_warning
    WHERE m.thread = ?1 AND (m.bits & 64 <> 0 OR m.faults <> '')";

/// The warnings of a conversation.
pub fn of_thread(conn: &Connection, thread: ThreadId) -> Result<Warnings> {
    let mut query = conn.prepare_cached(SQL)?;
    let mut rows = query.query([thread.get()])?;
    let mut found = Warnings::default();
    while let Some(row) = rows.next()? {
        found.add(row)?;
    }
    Ok(found)
}

/// The warnings of one message, and whether its sender imitates someone the office knows.
pub fn of_message(conn: &Connection, message: MessageKey) -> Result<(Warnings, bool)> {
    let mut query = conn.prepare_cached("SELECT bits, faults FROM message WHERE key = ?1")?;
    let mut rows = query.query([message.get()])?;
    let mut found = Warnings::default();
    let mut spoof = false;
    while let Some(row) = rows.next()? {
        spoof = found.add(row)?;
    }
    Ok((found, spoof))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::migrate;

    #[test]
    fn a_conversation_warns_of_what_any_of_its_messages_has() {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate::migrate(&mut conn).unwrap();
        conn.execute_batch(
            "INSERT INTO account (id, name) VALUES (1, 'a');
             INSERT INTO thread (id) VALUES (1), (2);
             INSERT INTO message (hash, thread, account, at, direction, bits, faults) VALUES
                 (x'01', 1, 1, 0, 0, 65, ''), (x'02', 1, 1, 0, 0, 4, 'no_date encrypted'),
                 (x'03', 1, 1, 0, 0, 4, ''), (x'04', 2, 1, 0, 0, 191, '');",
        )
        .unwrap();
        let one = of_thread(&conn, ThreadId::new(1)).unwrap();
        assert!(one.tampered);
        assert_eq!(one.faults, ["encrypted", "no_date"].map(str::to_owned).into());
        assert_eq!(of_thread(&conn, ThreadId::new(2)).unwrap(), Warnings::default());
    }

    #[test]
    fn the_question_reads_its_index_alone() {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate::migrate(&mut conn).unwrap();
        let plan: String = conn
            .query_row(&format!("EXPLAIN QUERY PLAN {SQL}"), [1], |row| row.get("detail"))
            .unwrap();
        assert_eq!(plan, "SEARCH m USING COVERING INDEX message_warning (thread=?)");
    }
}
