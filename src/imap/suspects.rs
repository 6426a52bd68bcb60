//! Remembers which messages were in flight when a connection broke, over all connections of an account.
//!
//! Owns the suspicion. One message that crashes a server or our parser must not keep the others from coming: after
//! a break it is fetched alone, and after the third break it is recorded as failed.

use super::{
    pull::{Place, Strikes},
    uids::UidSet,
};

/// After so many broken connections a message is given up until the next full pass.
const HOPELESS: u8 = 3;

/// What is in flight, and what was when something broke.
#[derive(Default)]
pub(super) struct Suspects {
    strikes: Strikes,
    flying: Option<(Place, UidSet)>,
}

impl Suspects {
    /// The batch that is being asked for. Noted before the command, so that a crash counts too.
    pub(super) fn depart(&mut self, place: Place, uids: &UidSet) {
        self.flying = Some((place, uids.clone()));
    }

    /// This one came.
    pub(super) fn arrived(&mut self, uid: u32) {
        if let Some((place, flying)) = &mut self.flying
            && flying.remove(uid)
        {
            self.strikes.remove(&(*place, uid));
        }
    }

    /// The command is complete, whatever came.
    pub(super) fn landed(&mut self) {
        self.flying = None;
    }

    /// The connection broke: what was still in flight is suspect.
    pub(super) fn broke(&mut self) {
        let Some((place, flying)) = self.flying.take() else { return };
        for uid in flying.iter() {
            let strikes = self.strikes.entry((place, uid)).or_default();
            *strikes = strikes.saturating_add(1);
        }
    }

    /// Was it in flight when a connection broke?
    pub(super) fn holds(&self, place: Place, uid: u32) -> bool {
        self.strikes.contains_key(&(place, uid))
    }

    /// How often it was in flight when something broke.
    pub(super) fn strikes(&self, place: Place, uid: u32) -> u8 {
        self.strikes.get(&(place, uid)).copied().unwrap_or_default()
    }

    /// Did it break too many?
    pub(super) fn is_hopeless(&self, place: Place, uid: u32) -> bool {
        self.strikes(place, uid) >= HOPELESS
    }

    /// It was recorded as failed; the next full pass begins anew.
    pub(super) fn forget(&mut self, place: Place, uid: u32) {
        self.strikes.remove(&(place, uid));
    }
}
