//! Matters, the parties to them and the roles they have.
//!
//! Owns the words of design "Words". It never decides where a message belongs; that is `tagging`.

use std::{fmt, str::FromStr};

use super::{
    address::EmailAddress,
    id::{MatterId, PartyId},
};

/// The public name of a matter, such as `2026-0147`: letters, digits, `-`, `/` and `.`; 1 to 32 characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MatterNumber(String);

/// Why a text is not a matter number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a matter number has 1 to 32 letters, digits, '-', '/' or '.', at least one of them a digit"
)]
pub struct MatterNumberError;

impl MatterNumber {
    /// The number as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MatterNumber {
    type Err = MatterNumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let sound = (1..=32).contains(&text.len())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "-/.".contains(c))
            && text.chars().any(|c| c.is_ascii_digit());
        if sound { Ok(Self(text.to_owned())) } else { Err(MatterNumberError) }
    }
}

impl fmt::Debug for MatterNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("‹matter number›")
    }
}

impl fmt::Display for MatterNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a matter is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MatterStatus {
    /// Work goes on.
    Open,
    /// Closed by us.
    Closed,
    /// Closed, but the client wrote again: clocks run under the firm's policy (design 4.8, row 58).
    ClosedInbound,
}

/// One engagement on one subject.
#[derive(Clone, PartialEq, Eq)]
pub struct Matter {
    /// Its identity in the record.
    pub id: MatterId,
    /// Its public number.
    pub number: MatterNumber,
    /// Its name, such as `Mensah v. Harlow`.
    pub name: String,
    /// Where it is in its life.
    pub status: MatterStatus,
    /// Who takes part, and as what.
    pub participants: Vec<Participation>,
}

impl fmt::Debug for Matter {
    /// Redacted: number and name tell who the clients are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Matter({}, {:?})", self.id, self.status)
    }
}

/// A party's part in a matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participation {
    /// Who.
    pub party: Party,
    /// As what.
    pub role: Role,
}

/// Someone the office knows.
#[derive(Clone, PartialEq, Eq)]
pub struct Party {
    /// Its identity in the record.
    pub id: PartyId,
    /// Its name.
    pub name: String,
    /// The addresses it writes from.
    pub addresses: Vec<EmailAddress>,
}

impl fmt::Debug for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Party({})", self.id)
    }
}

macro_rules! roles {
    ($($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)?) => {
        /// What a party is to a matter.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Role { $($(#[$doc])* $variant),+ }

        impl Role {
            /// Every role, in the order in which they are offered.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The role's word, as in settings, JSON and the record.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    };
}

roles! {
    /// The duty is owed to them. Joint clients are several principals.
    Client = "client",
    /// Writes for the client (a spouse, a secretary).
    ClientContact = "client_contact",
    /// Has asked, is not yet a client.
    Prospective = "prospective",
    /// Was a client.
    FormerClient = "former_client",
    /// On the other side.
    Adverse = "adverse",
    /// On the other side and represented: may not be written to without counsel's consent.
    AdverseRepresented = "adverse_represented",
    /// Represents the other side.
    OpposingCounsel = "opposing_counsel",
    /// Represents our side with us.
    CoCounsel = "co_counsel",
    /// A court or tribunal.
    Court = "court",
    /// An expert.
    Expert = "expert",
    /// A witness.
    Witness = "witness",
    /// An insurer.
    Insurer = "insurer",
    /// Anyone else.
    ThirdParty = "third_party",
    /// Our own office.
    Firm = "firm",
}

impl Role {
    /// Mail from them starts the client's clocks, and an answer to them stops it.
    pub const fn is_client_side(self) -> bool {
        matches!(self, Self::Client | Self::ClientContact | Self::Prospective)
    }

    /// Words meant for the client must not reach them.
    pub const fn is_opposing(self) -> bool {
        matches!(self, Self::Adverse | Self::AdverseRepresented | Self::OpposingCounsel)
    }
}

impl FromStr for Role {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|role| role.word() == text).ok_or(RoleError)
    }
}

/// The text is none of the roles' words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a role")]
pub struct RoleError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_printed_for_a_log_names_a_matter_or_its_people() {
        let party = Party { id: PartyId::new(1), name: "Mensah".to_owned(), addresses: Vec::new() };
        let matter = Matter {
            id: MatterId::new(7),
            number: "2026-0147".parse().unwrap(),
            name: "Mensah v. Harlow".to_owned(),
            status: MatterStatus::Open,
            participants: vec![Participation { party, role: Role::Client }],
        };
        let printed = format!("{matter:?} {:?} {:?}", matter.number, matter.participants);
        assert!(!printed.contains("Mensah") && !printed.contains("0147"), "{printed}");
    }
}
