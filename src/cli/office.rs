//! What the command line needs from an opened office: the questions and orders of the engine, answered one by one.
//!
//! Owns the contract between subcommands and engine. It holds no state and opens nothing itself.

use std::path::Path;

use super::{failure::Failure, json};
use crate::{
    app::{
        command::Command,
        event::Event,
        rows::{Answer, MatterLabel, MatterRow, Query},
    },
    domain::{
        address::EmailAddress,
        fault::Kind,
        footer::Privilege,
        id::MatterId,
        matter::{MatterNumber, Role},
    },
};

/// A party to add, or to add to.
#[derive(Clone)]
pub struct NewParty {
    /// The name; a party of this name is extended rather than doubled.
    pub name: String,
    /// Addresses they write from.
    pub addresses: Vec<EmailAddress>,
    /// What they are to a matter.
    pub role: Option<(MatterId, Role)>,
}

/// An opened office. Every call returns when the thing is done.
pub trait Office {
    /// Answers a question.
    ///
    /// # Errors
    /// When the record cannot be read.
    fn ask(&mut self, query: Query) -> Result<Answer, Failure>;

    /// Carries out an order and tells what happened, in order.
    ///
    /// # Errors
    /// When it was refused.
    fn order(&mut self, command: Command) -> Result<Vec<Event>, Failure>;

    /// Fetches the mail of every account once. Progress is told in words.
    ///
    /// # Errors
    /// When the record cannot be written. An account that cannot be reached is part of the report.
    fn sync(&mut self, progress: &mut dyn FnMut(&str)) -> Result<json::SyncReport, Failure>;

    /// Opens a matter.
    ///
    /// # Errors
    /// When the number is taken.
    fn add_matter(&mut self, number: &MatterNumber, name: &str) -> Result<(), Failure>;

    /// Says under which label a matter's new messages begin.
    ///
    /// # Errors
    /// When there is no such matter.
    fn label_matter(&mut self, matter: MatterId, label: Option<Privilege>) -> Result<(), Failure>;

    /// Adds a party, or adds to one. Several may share an address.
    ///
    /// # Errors
    /// When the record cannot be written.
    fn add_party(&mut self, party: &NewParty) -> Result<json::Party, Failure>;

    /// Everyone the office knows, by name.
    ///
    /// # Errors
    /// When the record cannot be read.
    fn parties(&mut self) -> Result<Vec<json::Party>, Failure>;

    /// Takes in the mail of a file or a Maildir.
    ///
    /// # Errors
    /// When the record cannot be written. A path that cannot be read is part of the report.
    fn import(&mut self, path: &Path) -> Result<json::Imported, Failure>;

    /// Checks the record: its pages, its journal, its search index.
    ///
    /// # Errors
    /// When it cannot be read at all.
    fn doctor(&mut self) -> Result<Vec<json::Check>, Failure>;
}

/// The engine answered another question than the one that was asked.
pub fn mismatched(question: &str) -> Failure {
    Failure::new(Kind::Bug, format!("the engine gave a wrong kind of answer to `{question}`"))
}

/// All matters with their health.
///
/// # Errors
/// When the record cannot be read.
pub fn matters(office: &mut dyn Office) -> Result<Vec<MatterRow>, Failure> {
    let Answer::Matters(rows) = office.ask(Query::Matters)? else {
        return Err(mismatched("matters"));
    };
    Ok(rows)
}

/// The matter of this number.
///
/// # Errors
/// When there is none.
pub fn find_matter(office: &mut dyn Office, number: &MatterNumber) -> Result<MatterRow, Failure> {
    matters(office)?
        .into_iter()
        .find(|row| row.matter.number.as_str().eq_ignore_ascii_case(number.as_str()))
        .ok_or_else(|| {
            Failure::refused(format!(
                "there is no matter {number}; `matterbox matter list` shows those there are"
            ))
        })
}

/// The identity of the matter of this number.
///
/// # Errors
/// When there is none.
pub fn matter_id(office: &mut dyn Office, number: &MatterNumber) -> Result<MatterId, Failure> {
    let MatterLabel { id, .. } = find_matter(office, number)?.matter;
    Ok(id)
}
