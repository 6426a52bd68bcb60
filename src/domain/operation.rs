//! What a person wants to happen at the mail server: an operation, kept until the server has acknowledged it.
//!
//! Owns the rules by which operations on one message meet: opposites cancel out, a later move takes the place of one
//! that has not left, and what is not acknowledged yet wins over what the server shows. It never talks to a server.

use std::fmt;

use super::{
    id::{DraftCopyId, DraftId, OperationId},
    message::Flags,
};

/// A flag that is written back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flag {
    /// `\Seen`.
    Seen,
    /// `\Flagged`.
    Flagged,
    /// `\Answered`.
    Answered,
    /// `$Forwarded` (RFC 5788).
    Forwarded,
}

impl Flag {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Seen, Self::Flagged, Self::Answered, Self::Forwarded];

    /// Its word in the record.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::Flagged => "flagged",
            Self::Answered => "answered",
            Self::Forwarded => "forwarded",
        }
    }

    /// The flag of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flag| flag.word() == word)
    }

    /// Its name in the protocol (RFC 3501 §2.3.2).
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::Seen => "\\Seen",
            Self::Flagged => "\\Flagged",
            Self::Answered => "\\Answered",
            Self::Forwarded => "$Forwarded",
        }
    }

    /// Is it set among these?
    pub const fn of(self, flags: Flags) -> bool {
        match self {
            Self::Seen => flags.seen,
            Self::Flagged => flags.flagged,
            Self::Answered => flags.answered,
            Self::Forwarded => flags.forwarded,
        }
    }

    /// These flags with this one set or cleared.
    #[must_use]
    pub const fn put(self, mut flags: Flags, on: bool) -> Flags {
        match self {
            Self::Seen => flags.seen = on,
            Self::Flagged => flags.flagged = on,
            Self::Answered => flags.answered = on,
            Self::Forwarded => flags.forwarded = on,
        }
        flags
    }
}

/// A folder of an account. Its name may name a client: `Debug` shows only the size.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Folder {
    /// The name exactly as the server writes it.
    pub wire: String,
    /// The name for people; not yet safe for a terminal.
    pub name: String,
}

impl fmt::Debug for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "‹folder {} B›", self.wire.len())
    }
}

/// What is to happen to a message at the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Set or clear a flag.
    Set {
        /// Which flag.
        flag: Flag,
        /// Set it, or clear it.
        on: bool,
    },
    /// Move it to another folder: archive, Trash, or one that a person chose.
    Move {
        /// Where to.
        to: Folder,
    },
    /// Bring the server's copy of a draft to what stands here, or take it away.
    Draft {
        /// Which draft; it may be gone from here.
        draft: DraftId,
        /// A version of it is to lie in Drafts; else none.
        on: bool,
    },
}

/// Where an operation is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Not sent yet: it can be taken back without a trace at the server.
    Waiting,
    /// It was being sent when this was written: it may or may not have happened.
    Begun,
    /// The server acknowledged it.
    Done,
    /// The server refuses it, or it is not clear what it would do: a person decides.
    Stuck,
    /// Taken back before it was sent.
    Cancelled,
    /// It has no object any more: somebody else was faster.
    Lapsed,
}

impl Stage {
    /// Its word on the screen and in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Begun => "begun",
            Self::Done => "done",
            Self::Stuck => "stuck",
            Self::Cancelled => "cancelled",
            Self::Lapsed => "lapsed",
        }
    }

    /// May it still be taken back without a trace at the server?
    pub const fn is_unsent(self) -> bool {
        match self {
            Self::Waiting | Self::Stuck => true,
            Self::Begun | Self::Done | Self::Cancelled | Self::Lapsed => false,
        }
    }
}

/// An operation on a message that is not over, as the rules see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// Which one.
    pub id: OperationId,
    /// What it wants.
    pub deed: Deed,
    /// Where it is.
    pub stage: Stage,
}

/// What follows from a new wish.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolution {
    /// These are taken back: the new wish says otherwise, or the same.
    pub cancel: Vec<OperationId>,
    /// This is to be sent; `None` when nothing is left to do.
    pub add: Option<Deed>,
}

/// A flag shall be set or cleared on a message that carries it at the server (`there`) or not, while `open`, oldest first,
/// is on its way. An opposite that has not left is taken back instead of being followed by its opposite.
pub fn want_flag(flag: Flag, on: bool, there: bool, open: &[Open]) -> Resolution {
    let mut value = there;
    let mut cancel = Vec::new();
    for one in open {
        match &one.deed {
            Deed::Set { flag: of, on } if *of == flag => {
                if one.stage.is_unsent() {
                    cancel.push(one.id);
                } else {
                    value = *on;
                }
            }
            Deed::Set { .. } | Deed::Move { .. } | Deed::Draft { .. } => {}
        }
    }
    Resolution { cancel, add: (value != on).then_some(Deed::Set { flag, on }) }
}

/// A message that lies in `at` shall be in `to`, while `open`, oldest first, is on its way. A move that has not left is
/// replaced; one that may have happened is followed.
pub fn want_move(to: &Folder, at: &Folder, open: &[Open]) -> Resolution {
    let mut place = at;
    let mut cancel = Vec::new();
    for one in open {
        match &one.deed {
            Deed::Move { .. } if one.stage.is_unsent() => cancel.push(one.id),
            Deed::Move { to } => place = to,
            Deed::Set { .. } | Deed::Draft { .. } => {}
        }
    }
    let add = (place.wire != to.wire).then(|| Deed::Move { to: to.clone() });
    Resolution { cancel, add }
}

/// The flags of a message as they are to be shown: the server's, and over them what is on its way there.
#[must_use]
pub fn shown(server: Flags, open: &[Open]) -> Flags {
    open.iter().fold(server, |flags, one| match one.deed {
        Deed::Set { flag, on } => flag.put(flags, on),
        Deed::Move { .. } | Deed::Draft { .. } => flags,
    })
}

/// What the server's news mean for a flag here: `Some` where another program changed it and nothing of ours is on its
/// way. What the server shows unchanged never overrules what was done here.
pub fn news(flag: Flag, before: Flags, now: Flags, open: &[Open]) -> Option<bool> {
    let ours = open.iter().any(|one| match one.deed {
        Deed::Set { flag: of, .. } => of == flag,
        Deed::Move { .. } | Deed::Draft { .. } => false,
    });
    (!ours && flag.of(before) != flag.of(now)).then_some(flag.of(now))
}

/// Where a version of a draft is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CopyStage {
    /// Only here.
    Planned,
    /// It was being put there when this was written: it may or may not lie there.
    Begun,
    /// It lies there.
    There,
    /// It lies there no more, or never did.
    Gone,
}

/// A version of a draft, as the rules see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DraftCopy {
    /// Which one.
    pub id: DraftCopyId,
    /// Where it is.
    pub stage: CopyStage,
    /// It is the one that is to lie there.
    pub wanted: bool,
}

/// What is to happen to the versions of one draft.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Upkeep {
    /// This is to be put there.
    pub put: Option<DraftCopyId>,
    /// These are to go, once `put` lies there.
    pub remove: Vec<DraftCopyId>,
}

impl Upkeep {
    /// Is everything as it should be?
    pub const fn is_done(&self) -> bool {
        self.put.is_none() && self.remove.is_empty()
    }
}

/// What is to happen at the server, so that of this draft the wanted version lies there and no other of ours. A version
/// that may lie there counts as one that does: it is looked for.
pub fn upkeep(copies: &[DraftCopy]) -> Upkeep {
    let mut out = Upkeep::default();
    for copy in copies {
        match (copy.wanted, copy.stage) {
            (true, CopyStage::Planned | CopyStage::Begun) => out.put = Some(copy.id),
            (false, CopyStage::Begun | CopyStage::There) => out.remove.push(copy.id),
            (true, CopyStage::There | CopyStage::Gone)
            | (false, CopyStage::Planned | CopyStage::Gone) => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn folder(name: &str) -> Folder {
        Folder { wire: name.to_owned(), name: name.to_owned() }
    }

    fn set(id: i64, flag: Flag, on: bool, stage: Stage) -> Open {
        Open { id: OperationId::new(id), deed: Deed::Set { flag, on }, stage }
    }

    fn moved(id: i64, to: &str, stage: Stage) -> Open {
        Open { id: OperationId::new(id), deed: Deed::Move { to: folder(to) }, stage }
    }

    #[test]
    fn opposite_flags_that_have_not_left_cancel_out() {
        let open = [set(1, Flag::Seen, true, Stage::Waiting)];
        let resolution = want_flag(Flag::Seen, false, false, &open);
        assert_eq!(resolution, Resolution { cancel: vec![OperationId::new(1)], add: None });
    }

    #[test]
    fn the_opposite_of_what_may_have_happened_is_sent_after_it() {
        let open = [set(1, Flag::Seen, true, Stage::Begun)];
        let resolution = want_flag(Flag::Seen, false, false, &open);
        let add = Some(Deed::Set { flag: Flag::Seen, on: false });
        assert_eq!(resolution, Resolution { cancel: vec![], add });
    }

    #[test]
    fn another_flag_is_left_alone() {
        let open = [set(1, Flag::Flagged, true, Stage::Waiting)];
        let add = Some(Deed::Set { flag: Flag::Seen, on: true });
        assert_eq!(want_flag(Flag::Seen, true, false, &open), Resolution { cancel: vec![], add });
    }

    #[test]
    fn a_move_that_has_not_left_is_replaced_and_one_back_home_is_no_move() {
        let open = [moved(1, "Archive", Stage::Waiting)];
        let cancel = vec![OperationId::new(1)];
        let elsewhere = want_move(&folder("Trash"), &folder("INBOX"), &open);
        let add = Some(Deed::Move { to: folder("Trash") });
        assert_eq!(elsewhere, Resolution { cancel: cancel.clone(), add });
        let home = want_move(&folder("INBOX"), &folder("INBOX"), &open);
        assert_eq!(home, Resolution { cancel, add: None });
    }

    #[test]
    fn a_move_back_follows_one_that_may_have_happened() {
        let open = [moved(1, "Archive", Stage::Begun)];
        let back = want_move(&folder("INBOX"), &folder("INBOX"), &open);
        assert_eq!(back.add, Some(Deed::Move { to: folder("INBOX") }));
        let again = want_move(&folder("Archive"), &folder("INBOX"), &open);
        assert_eq!(again, Resolution::default());
    }

    #[test]
    fn of_a_draft_the_wanted_version_is_put_there_and_every_other_that_may_lie_there_goes() {
        let copy = |id, stage, wanted| DraftCopy { id: DraftCopyId::new(id), stage, wanted };
        let copies = [
            copy(1, CopyStage::Gone, false),
            copy(2, CopyStage::There, false),
            copy(3, CopyStage::Begun, false),
            copy(4, CopyStage::Planned, false),
            copy(5, CopyStage::Planned, true),
        ];
        let remove = vec![DraftCopyId::new(2), DraftCopyId::new(3)];
        assert_eq!(upkeep(&copies), Upkeep { put: Some(DraftCopyId::new(5)), remove });
        assert!(upkeep(&[copy(1, CopyStage::There, true)]).is_done());
    }

    #[test]
    fn our_pending_change_wins_until_it_is_acknowledged() {
        let (unseen, seen) = (Flags::default(), Flags { seen: true, ..Flags::default() });
        let open = [set(1, Flag::Seen, true, Stage::Begun)];
        assert_eq!(news(Flag::Seen, seen, unseen, &open), None);
        assert_eq!(news(Flag::Seen, seen, unseen, &[]), Some(false));
        assert!(shown(unseen, &open).seen);
    }

    #[test]
    fn what_the_server_shows_unchanged_does_not_overrule_what_was_done_here() {
        let (before, now) = (Flags::default(), Flags { flagged: true, ..Flags::default() });
        assert_eq!(news(Flag::Seen, before, now, &[]), None);
        assert_eq!(news(Flag::Flagged, before, now, &[]), Some(true));
    }

    proptest! {
        /// However often a person changes their mind, what is sent in the end brings the server to the last wish.
        #[test]
        fn the_last_wish_is_what_the_server_gets(
            there in any::<bool>(),
            wishes in prop::collection::vec((any::<bool>(), any::<bool>()), 1..20),
        ) {
            let mut open: Vec<Open> = Vec::new();
            for (n, (on, leaves)) in wishes.iter().enumerate() {
                let resolution = want_flag(Flag::Seen, *on, there, &open);
                open.retain(|one| !resolution.cancel.contains(&one.id));
                if let Some(deed) = resolution.add {
                    let id = OperationId::new(i64::try_from(n).unwrap());
                    open.push(Open { id, deed, stage: Stage::Waiting });
                }
                if *leaves && let Some(first) = open.iter_mut().find(|o| o.stage.is_unsent()) {
                    first.stage = Stage::Begun;
                }
            }
            let flags = shown(Flag::Seen.put(Flags::default(), there), &open);
            prop_assert_eq!(Some(flags.seen), wishes.last().map(|(on, _)| *on));
        }
    }
}
