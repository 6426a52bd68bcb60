//! Reminders of deadlines, told while the screen runs.
//!
//! Owns when they are looked for. What they say is the use case's.

use super::{super::notice, Engine, Event, Notice};

impl Engine {
    /// Tells the reminders that have come, each deadline once; the first time also what waits to be confirmed.
    pub(super) async fn tell_deadlines(&mut self) {
        let start = !std::mem::replace(&mut self.told_unconfirmed, true);
        let office = self.office.clone();
        let told = self
            .office
            .store()
            .write_durable("deadlines", move |tx| office.deadline_notices(tx, start))
            .await;
        match told {
            Ok(notices) => notices.into_iter().for_each(|told| self.tell(Event::Notice(told))),
            Err(error) => self.tell(Event::Notice(Notice::problem(&notice::store(&error)))),
        }
    }
}
