//! The one action table: name, group and description of everything a key can do.
//!
//! Owns the words from which help, palette, README and `matterbox keys` are made. It never says what an action does
//! (that is `update`) nor which key it has (that is `config/keys.toml`).

macro_rules! actions {
    ($($variant:ident $name:literal $group:ident $description:literal;)+) => {
        /// Something a person can do with a key or from the palette.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Action {
            $(#[doc = $description] $variant,)+
        }

        impl Action {
            /// Every action, in the order of the help screen.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its name in `keys.toml`: kebab-case.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// What it does, in a few words.
            pub const fn description(self) -> &'static str {
                match self { $(Self::$variant => $description),+ }
            }

            /// Under which heading of the help screen it stands.
            pub const fn group(self) -> Group {
                match self { $(Self::$variant => Group::$group),+ }
            }
        }
    };
}

/// An action with what it does to a part of the model.
pub type Deed<T> = (Action, fn(&mut T));

/// A heading of the help screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Moving about.
    Move,
    /// Which view.
    View,
    /// What happens to a thread.
    Thread,
    /// Writing and sending.
    Write,
    /// The outbox.
    Outbox,
    /// Everything else.
    Program,
}

impl Group {
    /// The heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Move => "Moving",
            Self::View => "Views",
            Self::Thread => "Threads",
            Self::Write => "Writing",
            Self::Outbox => "Outbox",
            Self::Program => "Program",
        }
    }
}

actions! {
    Down "down" Move "Next row";
    Up "up" Move "Previous row";
    First "first" Move "First row";
    Last "last" Move "Last row";
    HalfPageDown "half-page-down" Move "Half a page down";
    HalfPageUp "half-page-up" Move "Half a page up";
    PageDown "page-down" Move "A page down";
    PageUp "page-up" Move "A page up";
    Open "open" Move "Open, fold or unfold";
    NextPane "next-pane" Move "Next pane or field";
    PreviousPane "previous-pane" Move "Previous pane or field";
    NextHit "next-hit" Move "Next hit of the search";
    PreviousHit "previous-hit" Move "Previous hit of the search";
    Back "back" Move "One step back; never discards";

    ViewDue "view-due" View "Due: every open clock, soonest first";
    ViewInbox "view-inbox" View "Inbox: threads by last activity";
    ViewUntagged "view-untagged" View "Untagged: threads without a matter";
    ViewMatters "view-matters" View "Matters and their health";
    ViewOutbox "view-outbox" View "Outbox: what is on its way";
    ViewRecord "view-record" View "Record: search everything";
    Search "search" View "Search the record";
    Waiting "waiting" View "What waits for the mail server";

    Mark "mark" Thread "Mark this row";
    MarkRange "mark-range" Thread "Mark from the last mark to here";
    MarkAll "mark-all" Thread "Mark all rows, or none";
    Tag "tag" Thread "Tag to a matter";
    AcceptSuggestion "accept-suggestion" Thread "Accept the suggested matter";
    Untag "untag" Thread "Take out of its matter";
    Star "star" Thread "Set or clear the star";
    Dismiss "dismiss" Thread "Dismiss the clock with a reason";
    Archive "archive" Thread "Archive, here and at the server";
    MoveTo "move" Thread "Move to a folder at the server";
    Delete "delete" Thread "Move to Trash at the server; the record keeps it";
    ToggleRead "toggle-read" Thread "Mark as read, or as unread";
    Explain "explain" Thread "Explain this clock";
    Raw "raw" Thread "Show the raw source";
    ToggleQuoted "toggle-quoted" Thread "Show or fold the quoted text";

    Reply "reply" Write "Reply";
    ReplyAll "reply-all" Write "Reply to all";
    Acknowledge "acknowledge" Write "Acknowledge: say when an answer will come";
    Forward "forward" Write "Forward";
    Compose "compose" Write "Write a new message";
    Review "review" Write "Check, then send";
    Editor "editor" Write "Write the body in $EDITOR";
    Attach "attach" Write "Attach a file, or take one off";
    Complete "complete" Write "Go on with a half-typed file name";
    Detach "detach" Write "Take the chosen file off";
    Label "label" Write "Privilege label: AC, WP, CI or none";
    Promise "promise" Write "Promise the answer by a day (a holding reply)";
    KeepDraft "keep-draft" Write "Keep as a draft and go back";
    DiscardDraft "discard-draft" Write "Throw this draft away (asks first)";

    WentOut "went-out" Outbox "Unknown: it did go out";
    SendAgain "send-again" Outbox "Unknown: it did not, send it again";
    CancelSend "cancel-send" Outbox "Stop a message that has not left";

    Undo "undo" Program "Undo what was done last";
    Redo "redo" Program "Do again what was undone";
    Sync "sync" Program "Look for mail now";
    PauseHistory "pause-history" Program "Let the fetching of older mail wait, or go on";
    SignIn "sign-in" Program "Sign in to an account by browser or code";
    Palette "palette" Program "All actions";
    Help "help" Program "The keys of this place";
    Privacy "privacy" Program "Privacy screen: hide everything but the clocks";
    Accept "accept" Program "Choose or confirm";
    Redraw "redraw" Program "Draw the screen anew";
    Suspend "suspend" Program "Back to the shell for a while";
    Quit "quit" Program "Back, or quit from a view";
}

impl Action {
    /// The action of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.name() == name)
    }
}
