//! The roster: whom the office knows, and as what.
//!
//! Owns the answers to "is this one of us", "which party writes from this address" and "what are they to this matter".
//! Pure: it is loaded from the record and asked; it never changes a tag or a clock.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::OnceLock,
};

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::{
    address::{EmailAddress, NamedAddress},
    id::{MatterId, PartyId},
    lookalike::Looks,
    matter::{MatterStatus, Party, Role},
    message::{Direction, Headers},
    text::bare_line,
};

/// By what the office knows itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ours {
    /// Addresses that the office writes from.
    pub addresses: BTreeSet<EmailAddress>,
    /// Domains of which every address is the office's, lower case.
    pub domains: BTreeSet<String>,
}

impl Ours {
    /// Is this an address of the office?
    pub fn has(&self, address: &EmailAddress) -> bool {
        self.addresses.contains(address) || self.domains.contains(&address.domain().to_lowercase())
    }
}

/// Everyone the office knows.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Roster {
    ours: Ours,
    parties: BTreeMap<PartyId, Party>,
    /// A couple, or a chambers and its clerk, may write from one address.
    by_address: BTreeMap<EmailAddress, BTreeSet<PartyId>>,
    by_name: BTreeMap<String, BTreeSet<PartyId>>,
    roles: BTreeMap<(MatterId, PartyId), Role>,
    statuses: BTreeMap<MatterId, MatterStatus>,
    /// Every known address, ready to be compared; made when it is first asked for.
    looks: OnceLock<Vec<Looks>>,
}

impl fmt::Debug for Roster {
    /// Redacted: it names everyone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Roster({} parties)", self.parties.len())
    }
}

impl Roster {
    /// Builds a roster.
    pub fn new(
        ours: Ours,
        parties: impl IntoIterator<Item = Party>,
        roles: impl IntoIterator<Item = ((MatterId, PartyId), Role)>,
        statuses: impl IntoIterator<Item = (MatterId, MatterStatus)>,
    ) -> Self {
        let parties: BTreeMap<_, _> = parties.into_iter().map(|party| (party.id, party)).collect();
        let mut by_address: BTreeMap<EmailAddress, BTreeSet<PartyId>> = BTreeMap::new();
        let mut by_name: BTreeMap<String, BTreeSet<PartyId>> = BTreeMap::new();
        for party in parties.values() {
            for address in &party.addresses {
                by_address.entry(address.clone()).or_default().insert(party.id);
            }
            by_name.entry(name_key(&party.name)).or_default().insert(party.id);
        }
        Self {
            ours,
            parties,
            by_address,
            by_name,
            roles: roles.into_iter().collect(),
            statuses: statuses.into_iter().collect(),
            looks: OnceLock::new(),
        }
    }

    /// Is this an address of the office?
    pub fn is_own(&self, address: &EmailAddress) -> bool {
        let mut holders = self.holders(address).peekable();
        self.ours.has(address)
            || holders.peek().is_some() && holders.all(|party| self.is_firm(party))
    }

    /// Every party that writes from this address.
    fn holders(&self, address: &EmailAddress) -> impl Iterator<Item = PartyId> {
        self.by_address.get(address).into_iter().flatten().copied()
    }

    /// The party that writes from this address, with its role: the one in this matter if there is one, else the one whose
    /// role protects the client most among all its matters (an opponent anywhere is an opponent).
    pub fn party_at(
        &self,
        matter: Option<MatterId>,
        address: &EmailAddress,
    ) -> Option<(PartyId, Option<Role>)> {
        let gravest =
            |(_, role): &(PartyId, Role)| (!role.is_opposing(), !role.is_client_side(), *role);
        let here = matter.and_then(|matter| {
            let holders = self.holders(address);
            holders.filter_map(|id| Some((id, self.role(matter, id)?))).min_by_key(gravest)
        });
        let anywhere = || {
            let holders = self.holders(address);
            holders
                .flat_map(|id| self.matters_of(id).map(move |(_, role)| (id, role)))
                .min_by_key(gravest)
        };
        match here.or_else(anywhere) {
            Some((id, role)) => Some((id, Some(role))),
            None => self.holders(address).next().map(|id| (id, None)),
        }
    }

    /// The party itself.
    pub fn party(&self, id: PartyId) -> Option<&Party> {
        self.parties.get(&id)
    }

    /// All parties.
    pub fn parties(&self) -> impl Iterator<Item = &Party> {
        self.parties.values()
    }

    /// What a party is to a matter.
    pub fn role(&self, matter: MatterId, party: PartyId) -> Option<Role> {
        self.roles.get(&(matter, party)).copied()
    }

    /// The parties to a matter with their roles.
    pub fn people(&self, matter: MatterId) -> impl Iterator<Item = (&Party, Role)> {
        self.roles
            .iter()
            .filter(move |((of, _), _)| *of == matter)
            .filter_map(|((_, party), role)| Some((self.parties.get(party)?, *role)))
    }

    /// The matters that a party takes part in, with its role in each.
    pub fn matters_of(&self, party: PartyId) -> impl Iterator<Item = (MatterId, Role)> {
        self.roles
            .iter()
            .filter(move |((_, who), _)| *who == party)
            .map(|((m, _), role)| (*m, *role))
    }

    /// Where a matter is in its life.
    pub fn status(&self, matter: MatterId) -> Option<MatterStatus> {
        self.statuses.get(&matter).copied()
    }

    /// What the holder of an address is: in this matter if that is known, else the role that protects the client
    /// most among all its matters (an opponent anywhere is an opponent).
    pub fn role_at(&self, matter: Option<MatterId>, address: &EmailAddress) -> Option<Role> {
        if self.ours.has(address) {
            return Some(Role::Firm);
        }
        self.party_at(matter, address).and_then(|(_, role)| role)
    }

    /// Which way a message with these headers went. The sender's own claim: what stops a clock is decided with more.
    pub fn direction(&self, headers: &Headers) -> Direction {
        let ours = headers.from.iter().any(|from| self.is_own(&from.address));
        if !ours {
            return Direction::Inbound;
        }
        if headers.recipients().all(|to| self.is_own(&to.address)) {
            Direction::Internal
        } else {
            Direction::Outbound
        }
    }

    /// Those for whom a message from outside speaks: its writers; or, where it bears an address of ours and yet came in
    /// (a form on the office's website), those outside to whom it says that an answer goes.
    pub fn speakers(&self, from: &[NamedAddress], reply_to: &[NamedAddress]) -> Vec<NamedAddress> {
        if !from.iter().any(|who| self.is_own(&who.address)) {
            return from.to_vec();
        }
        let name = from.first().and_then(|who| who.name.as_ref());
        let outside = reply_to.iter().filter(|who| !self.is_own(&who.address));
        let named = |who: &NamedAddress| NamedAddress {
            name: who.name.as_ref().or(name).cloned(),
            address: who.address.clone(),
        };
        outside.map(named).collect()
    }

    /// The party whose name, or address for a name, this sender bears without writing from one of its addresses. A sign
    /// of fraud, or of a new address: a person must look. Of several people of one name each may write from their own.
    pub fn imitated_by(&self, sender: &NamedAddress) -> Option<&Party> {
        let name = bare_line(sender.name.as_deref()?);
        let named = self.by_name.get(&name_key(&name)).into_iter().flatten().copied();
        let quoted = addresses_in(&name);
        let quoted = quoted.flat_map(|address| self.holders(&address).collect::<Vec<_>>());
        let bearers: Vec<&Party> = named.chain(quoted).filter_map(|id| self.party(id)).collect();
        let known = bearers.iter().any(|party| party.addresses.contains(&sender.address));
        if known { None } else { bearers.into_iter().find(|party| !party.addresses.is_empty()) }
    }

    /// This unknown address looks like one that the office knows: a near miss of its spelling or of its domain.
    pub fn looks_like_known(&self, address: &EmailAddress) -> bool {
        if self.by_address.contains_key(address) {
            return false;
        }
        let known = self.looks.get_or_init(|| {
            self.parties().flat_map(|party| &party.addresses).map(Looks::of).collect()
        });
        let looks = Looks::of(address);
        known.iter().any(|known| looks.likeness(known).is_some())
    }

    /// The sender is not who it seems to be: it bears a known name or a known-looking address that is not theirs.
    pub fn is_imitation(&self, sender: &NamedAddress) -> bool {
        self.imitated_by(sender).is_some() || self.looks_like_known(&sender.address)
    }

    /// What of the people this roster knows and `other` does not, or knows otherwise.
    pub fn news_since(&self, other: &Self) -> News {
        let mut news = News::default();
        for party in self.parties.values().filter(|party| other.party(party.id) != Some(*party)) {
            news.names.insert(name_key(&party.name));
            news.looks.extend(party.addresses.iter().map(Looks::of));
            news.addresses.extend(party.addresses.iter().cloned());
        }
        news
    }

    /// Everyone who is one of us only because their party is the firm's in every matter.
    pub fn firm_people(&self) -> BTreeSet<&EmailAddress> {
        let firm = self.parties.values().filter(|party| self.is_firm(party.id));
        firm.flat_map(|party| &party.addresses).collect()
    }

    fn is_firm(&self, party: PartyId) -> bool {
        let mut roles = self.matters_of(party).peekable();
        roles.peek().is_some() && roles.all(|(_, role)| role == Role::Firm)
    }
}

/// People whom the office came to know, or knows no more: whose senders must be judged anew.
#[derive(Clone, Default)]
pub struct News {
    names: BTreeSet<String>,
    addresses: BTreeSet<EmailAddress>,
    looks: Vec<Looks>,
}

impl fmt::Debug for News {
    /// Redacted: it names people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "News({} names)", self.names.len())
    }
}

impl News {
    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Takes these in too.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.names.extend(other.names);
        self.addresses.extend(other.addresses);
        self.looks.extend(other.looks);
        self
    }

    /// Can the judgement of this sender be another one because of it?
    pub fn concerns(&self, sender: &NamedAddress) -> bool {
        let named = sender.name.as_deref().map(bare_line).is_some_and(|name| {
            self.names.contains(&name_key(&name))
                || addresses_in(&name).any(|address| self.addresses.contains(&address))
        });
        named || self.addresses.contains(&sender.address) || {
            let looks = Looks::of(&sender.address);
            self.looks.iter().any(|known| looks.likeness(known).is_some())
        }
    }
}

/// The addresses that stand in a name: programs show the name and hide the address behind it.
fn addresses_in(name: &str) -> impl Iterator<Item = EmailAddress> {
    let plain: String = name.nfkc().collect();
    let words = plain.split(|c: char| c.is_whitespace() || "<>()[]\",;:".contains(c));
    let words = words.map(|word| word.trim_matches(['\'', '.', '‘', '’', '“', '”']));
    let found: Vec<_> = words.filter_map(|word| EmailAddress::parse(word).ok()).collect();
    found.into_iter()
}

/// A name without case, marks, punctuation and order: `WHITFIELD, Dana` and `Dana Whitfield` are one.
pub(super) fn name_key(name: &str) -> String {
    let mut words: Vec<String> = name
        .nfkd()
        .filter(|c| !is_combining_mark(*c))
        .collect::<String>()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.sort_unstable();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_who_share_an_address_the_one_in_the_matter_wrote() {
        let party = |id, name: &str| Party {
            id: PartyId::new(id),
            name: name.to_owned(),
            addresses: vec![address("roth@home.example")],
        };
        let (divorce, lease) = (MatterId::new(1), MatterId::new(2));
        let (anna, ben) = (PartyId::new(1), PartyId::new(2));
        let roster = Roster::new(
            Ours::default(),
            [party(1, "Anna Roth"), party(2, "Ben Roth")],
            [((divorce, anna), Role::Client), ((lease, ben), Role::ThirdParty)],
            [],
        );
        let home = address("roth@home.example");
        assert_eq!(roster.party_at(Some(divorce), &home), Some((anna, Some(Role::Client))));
        assert_eq!(roster.party_at(Some(lease), &home), Some((ben, Some(Role::ThirdParty))));
        assert_eq!(roster.role_at(Some(divorce), &home), Some(Role::Client));
    }

    fn address(text: &str) -> EmailAddress {
        EmailAddress::parse(text).unwrap()
    }

    fn roster() -> Roster {
        let party = |id, name: &str, at: &str| Party {
            id: PartyId::new(id),
            name: name.to_owned(),
            addresses: vec![address(at)],
        };
        let (m1, m2) = (MatterId::new(1), MatterId::new(2));
        Roster::new(
            Ours {
                addresses: [address("alice@firm.example")].into(),
                domains: ["chambers.example".to_owned()].into(),
            },
            [
                party(1, "Dana Whitfield", "dana@whitfield.example"),
                party(2, "P. Lindqvist", "pl@law.example"),
            ],
            [((m1, PartyId::new(1)), Role::Client), ((m2, PartyId::new(2)), Role::OpposingCounsel)],
            [(m1, MatterStatus::Open), (m2, MatterStatus::Open)],
        )
    }

    #[test]
    fn a_known_name_at_an_unknown_address_is_an_imitation() {
        let roster = roster();
        let sender =
            |name: &str, at| NamedAddress { name: Some(name.to_owned()), address: address(at) };
        assert!(roster.imitated_by(&sender("WHITFIELD, Dana", "dana@whitfie1d.example")).is_some());
        // The eye reads over what is hidden in it.
        assert!(
            roster.imitated_by(&sender("Da\u{200b}na\u{1b}[0m Whitfield", "x@y.example")).is_some()
        );
        assert!(roster.imitated_by(&sender("Dana Whitfield", "dana@whitfield.example")).is_none());
        assert!(roster.imitated_by(&sender("Someone Else", "x@y.example")).is_none());
    }

    #[test]
    fn a_known_address_for_the_name_of_another_is_an_imitation() {
        let roster = roster();
        let imitated = |name: &str, at| {
            let sender = NamedAddress { name: Some(name.to_owned()), address: address(at) };
            let before = Roster::new(Ours::default(), [], [], []);
            assert_eq!(
                roster.imitated_by(&sender).is_some(),
                roster.news_since(&before).concerns(&sender)
            );
            roster.imitated_by(&sender).is_some()
        };
        for name in [
            "dana@whitfield.example",
            "DANA@Whitfield.example",
            "'dana@whitfield.example'",
            "Dana W. <dana@whitfield.example>",
            "D. W. (dana@whitfield.example) via mail",
            "dana＠whitfield.example",
            "da\u{200b}na@whitfield.example",
        ] {
            assert!(imitated(name, "evil@x.example"), "{name:?}");
        }
        let own = NamedAddress {
            name: Some("dana@whitfield.example".to_owned()),
            address: address("dana@whitfield.example"),
        };
        assert!(roster.imitated_by(&own).is_none());
        assert!(!imitated("nobody@known.example", "evil@x.example"));
    }

    #[test]
    fn an_opponent_in_another_matter_is_an_opponent() {
        let roster = roster();
        assert_eq!(
            roster.role_at(Some(MatterId::new(1)), &address("pl@law.example")),
            Some(Role::OpposingCounsel)
        );
        assert_eq!(roster.role_at(None, &address("nobody@x.example")), None);
        assert_eq!(roster.role_at(None, &address("alice@firm.example")), Some(Role::Firm));
        assert_eq!(roster.role_at(None, &address("tom@Chambers.example")), Some(Role::Firm));
    }

    #[test]
    fn marks_on_letters_make_no_other_name() {
        let sender = |name: &str| NamedAddress {
            name: Some(name.to_owned()),
            address: address("dana@elsewhere.example"),
        };
        assert!(roster().imitated_by(&sender("Dána Whitfield")).is_some());
        assert!(roster().imitated_by(&sender("Ｄana whitfield")).is_some());
    }

    #[test]
    fn nothing_printed_for_a_log_names_a_party() {
        assert_eq!(format!("{:?}", roster()), "Roster(2 parties)");
    }

    #[test]
    fn mail_among_ourselves_is_internal() {
        let mut headers = Headers {
            from: vec![NamedAddress::bare(address("alice@firm.example"))],
            ..Headers::default()
        };
        headers.to = vec![NamedAddress::bare(address("ALICE@firm.example"))];
        assert_eq!(roster().direction(&headers), Direction::Internal);
        headers.cc = vec![NamedAddress::bare(address("dana@whitfield.example"))];
        assert_eq!(roster().direction(&headers), Direction::Outbound);
        headers.from = headers.cc.clone();
        assert_eq!(roster().direction(&headers), Direction::Inbound);
    }
}
