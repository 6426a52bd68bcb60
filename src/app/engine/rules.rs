//! The settings of clocks while the engine runs.
//!
//! Owns the telling. It never reads the file itself and never waits for it.

use super::{Engine, News};
use crate::{
    app::{
        event::{Event, Notice},
        follow::Change,
        notice,
    },
    domain::fault::Ignore,
    store::StoreError,
};

impl Engine {
    /// Looks aside whether `sla.toml` was changed.
    pub(super) fn look_at_rules(&self) {
        let (office, tell_me) = (self.office.clone(), self.tell_me.clone());
        tokio::task::spawn_blocking(move || {
            let change = office.follow_file();
            if !matches!(change, Ok(Change::None)) {
                tell_me.blocking_send(News::Rules(change)).ignore("the engine is gone");
            }
        });
    }

    pub(super) fn followed(&mut self, change: Result<Change, StoreError>) {
        match change {
            Ok(Change::None) => {}
            Ok(Change::Followed) => {
                self.tell(Event::ChangedEverything);
                self.ticker.send_replace(self.office.now());
                self.tell(Event::Notice(Notice::info(notice::RULES_FOLLOWED)));
            }
            Ok(Change::Refused(mistake)) => {
                self.tell(Event::Notice(Notice::problem(&notice::rules_refused(&mistake))));
            }
            Err(error) => self.tell(Event::Notice(Notice::problem(&notice::store(&error)))),
        }
    }
}
