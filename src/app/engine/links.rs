//! What becomes known of an account's connection: the state line, and what its server held back.
//!
//! Owns the words for it. It never touches the connection.

use crate::{
    app::{
        event::{Event, LinkState, Notice},
        notice,
    },
    domain::{id::AccountId, text::SafeText},
    imap::contract::Link,
};

use super::{Engine, sign_in::waits_for_sign_in};

impl Engine {
    pub(super) async fn link(&mut self, account: AccountId, link: Link) {
        let words = |text: &str| SafeText::line(text);
        let ended = matches!(link, Link::Ended);
        let state = match link {
            Link::Connecting => LinkState::Connecting,
            Link::Syncing(progress) => LinkState::Syncing {
                stored: progress.fetched,
                total: progress.fetched.saturating_add(progress.waiting),
            },
            Link::Online { unreadable, doubtful, refused } => {
                self.doubts(account, unreadable, doubtful, refused);
                LinkState::Online
            }
            Link::Waiting { why, retry_seconds } => {
                LinkState::Waiting { reason: words(&notice::imap(&why)), retry_seconds }
            }
            Link::Stopped { why } => {
                let reason = words(&notice::imap(&why));
                if waits_for_sign_in(&why) {
                    LinkState::SignInNeeded { reason }
                } else {
                    LinkState::Stopped { reason }
                }
            }
            Link::Ended => LinkState::Stopped { reason: words(notice::ENDED) },
        };
        let online = state == LinkState::Online;
        self.revive |= ended;
        self.needs_sign_in(account, matches!(state, LinkState::SignInNeeded { .. }));
        self.tell(Event::Link { account, state });
        if online {
            self.file(account).await;
        }
    }

    /// What the server held back is said, never passed over in silence; and said anew when it is something else.
    fn doubts(&mut self, account: AccountId, unreadable: u64, doubtful: u32, refused: u32) {
        let now = (unreadable, doubtful, refused);
        if self.doubted.insert(account, now).unwrap_or_default() == now {
            return;
        }
        let mut said = Vec::new();
        if unreadable > 0 {
            said.push(format!("{unreadable} line(s) of the server could not be read"));
        }
        if doubtful > 0 {
            said.push(format!("the numbers of {doubtful} mailbox(es) do not fit"));
        }
        if refused > 0 {
            said.push(format!("the server would not open {refused} mailbox(es)"));
        }
        if !said.is_empty() {
            let text = format!(
                "{}. Nothing was taken out of the record; matterbox looks again.",
                said.join(" · ")
            );
            self.tell(Event::Notice(Notice::problem(&text)));
        }
    }
}
