//! Which matter a conversation belongs to: what is so, what is suggested, and why (design 6.10).
//!
//! Owns the evidence and its weights. A suggestion is never acted on: only a conversation that is in a matter already
//! takes its new messages there by itself. It must never match by sender alone when two matters could be meant.

use std::{collections::BTreeSet, fmt};

use jiff::Timestamp;

use super::{
    address::EmailAddress,
    audit::Actor,
    id::MatterId,
    matter::{MatterNumber, MatterStatus, Role},
};

/// Whether a conversation has a matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tagging {
    /// It has none and nothing points to one.
    Untagged,
    /// It has none; these are suggested, best first, at least one.
    Suggested(Vec<Suggestion>),
    /// It has one.
    Tagged(Tagged),
    /// Two matters claim it (two conversations turned out to be one). A person decides.
    Contested {
        /// The claim made first.
        a: Tagged,
        /// The other one.
        b: Tagged,
    },
}

/// A matter given to a message or conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagged {
    /// Which matter.
    pub matter: MatterId,
    /// Who gave it.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// What a conversation's tag is, from the tags of its messages and what is suggested for it.
pub fn resolve(tags: &[Tagged], suggestions: Vec<Suggestion>) -> Tagging {
    let mut claims: Vec<&Tagged> = tags.iter().collect();
    claims.sort_by_key(|tag| (tag.at, tag.matter));
    let Some(a) = claims.first() else {
        return if suggestions.is_empty() {
            Tagging::Untagged
        } else {
            Tagging::Suggested(suggestions)
        };
    };
    match claims.iter().find(|tag| tag.matter != a.matter) {
        Some(b) => Tagging::Contested { a: (*a).clone(), b: (*b).clone() },
        None => Tagging::Tagged((*a).clone()),
    }
}

/// What is known about a message that asks for a matter.
pub struct Facts<'a> {
    /// The matters of the messages of ours that it answers.
    pub answers_ours_in: &'a [MatterId],
    /// The matters that its conversation has already.
    pub thread_in: &'a [MatterId],
    /// The subject without reply prefixes, then what was newly written: never the quoted tail, whose numbers are old.
    pub new_text: &'a str,
    /// The subject without reply prefixes.
    pub base_subject: &'a str,
    /// Everyone on it who is not of the office.
    pub others: &'a [EmailAddress],
}

/// A matter that could be meant.
pub struct Candidate<'a> {
    /// Its identity.
    pub id: MatterId,
    /// Its number.
    pub number: &'a MatterNumber,
    /// Where it is in its life.
    pub status: MatterStatus,
    /// The addresses of its people, with their roles.
    pub people: &'a [(EmailAddress, Role)],
    /// The base subjects of its conversations.
    pub subjects: &'a [String],
}

/// A reason for a matter, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Its conversation is in the matter.
    ThreadIsIn,
    /// It answers a message that we sent in the matter.
    AnswersOurs,
    /// The matter's number stands in what was newly written.
    NumberInText,
    /// Everyone on it takes part in this open matter, and no other open matter has them all.
    PeopleOfOne,
    /// Its people take part in this open matter, among others.
    PeopleOfSome,
    /// A conversation of the matter has the same subject.
    SameSubject,
}

impl Reason {
    /// How much it counts. More than the sum of all weaker ones, so that the order of reasons is the order of results.
    pub const fn weight(self) -> u32 {
        match self {
            Self::ThreadIsIn => 64,
            Self::AnswersOurs => 32,
            Self::NumberInText => 16,
            Self::PeopleOfOne => 8,
            Self::PeopleOfSome => 3,
            Self::SameSubject => 2,
        }
    }

    /// Its word in the record and in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::ThreadIsIn => "thread",
            Self::AnswersOurs => "answers_ours",
            Self::NumberInText => "number",
            Self::PeopleOfOne => "people",
            Self::PeopleOfSome => "some_people",
            Self::SameSubject => "subject",
        }
    }

    /// Reads what [`Reason::word`] gave.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.word() == word)
    }

    /// Every reason, strongest first.
    pub const ALL: &'static [Self] = &[
        Self::ThreadIsIn,
        Self::AnswersOurs,
        Self::NumberInText,
        Self::PeopleOfOne,
        Self::PeopleOfSome,
        Self::SameSubject,
    ];

    /// The reason in words, for the screen.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::ThreadIsIn => "the conversation is in it already",
            Self::AnswersOurs => "answers a message we sent in it",
            Self::NumberInText => "its number stands in the text",
            Self::PeopleOfOne => "everyone here takes part in it, and only in it",
            Self::PeopleOfSome => "people here take part in it",
            Self::SameSubject => "same subject as one of its conversations",
        }
    }
}

/// A matter that is suggested.
#[derive(Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// Which matter.
    pub matter: MatterId,
    /// The sum of the reasons' weights.
    pub score: u32,
    /// Why, strongest first, never empty.
    pub reasons: Vec<Reason>,
}

impl fmt::Debug for Suggestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Suggestion({}, {:?})", self.matter, self.reasons)
    }
}

/// The matter that a new message takes by itself: its conversation is in exactly one.
pub fn inherits(facts: &Facts<'_>, candidates: &[Candidate<'_>]) -> Option<MatterId> {
    let matters: BTreeSet<MatterId> = facts.thread_in.iter().copied().collect();
    let mut matters = matters.into_iter();
    let (only, None) = (matters.next()?, matters.next()) else {
        return None;
    };
    // Closed or not: a client who writes to a closed matter wakes it (design 4.8, row 58), it does not start another.
    candidates.iter().any(|c| c.id == only).then_some(only)
}

/// The matters that are suggested, best first. Empty when nothing speaks for any, or when what speaks is vetoed:
/// a closed matter, and a matter in which the only people here are on the other side.
///
/// Two matters with equal strong evidence are both shown, neither as the first choice: see [`first_choice`].
pub fn suggest(facts: &Facts<'_>, candidates: &[Candidate<'_>]) -> Vec<Suggestion> {
    let numbered = numbered(facts, candidates);
    let with_all: Vec<MatterId> = candidates
        .iter()
        .filter(|c| c.status == MatterStatus::Open && everyone_in(facts, c))
        .map(|c| c.id)
        .collect();
    let mut out: Vec<Suggestion> = candidates
        .iter()
        .filter(|c| c.status == MatterStatus::Open)
        .filter_map(|c| one(facts, c, numbered, &with_all))
        .collect();
    out.sort_by_key(|s| (std::cmp::Reverse(s.score), s.matter));
    out
}

/// The one that `accept` takes: the best, unless another one is as good.
pub fn first_choice(suggestions: &[Suggestion]) -> Option<&Suggestion> {
    match suggestions {
        [] => None,
        [first, second, ..] if first.score == second.score => None,
        [first, ..] => Some(first),
    }
}

fn one(
    facts: &Facts<'_>,
    matter: &Candidate<'_>,
    numbered: Option<MatterId>,
    with_all: &[MatterId],
) -> Option<Suggestion> {
    let mut reasons = Vec::new();
    if facts.thread_in.contains(&matter.id) {
        reasons.push(Reason::ThreadIsIn);
    }
    if facts.answers_ours_in.contains(&matter.id) {
        reasons.push(Reason::AnswersOurs);
    }
    if numbered == Some(matter.id) {
        reasons.push(Reason::NumberInText);
    }
    if with_all == [matter.id] {
        reasons.push(Reason::PeopleOfOne);
    } else if facts.others.iter().any(|a| matter.people.iter().any(|(b, _)| a == b)) {
        reasons.push(Reason::PeopleOfSome);
    }
    if shares_subject(facts.base_subject, matter.subjects) {
        reasons.push(Reason::SameSubject);
    }
    // The other side writes about many things; that it takes part says nothing alone. What names the matter does.
    let named = reasons.iter().any(|r| r.weight() >= Reason::NumberInText.weight());
    if reasons.is_empty() || (!named && adverse_only(facts, matter)) {
        return None;
    }
    // A subject alone ("Invoice", "Question") glues strangers together.
    if reasons == [Reason::SameSubject] && facts.base_subject.split_whitespace().count() < 3 {
        return None;
    }
    let score = reasons.iter().map(|r| r.weight()).fold(0, u32::saturating_add);
    Some(Suggestion { matter: matter.id, score, reasons })
}

fn everyone_in(facts: &Facts<'_>, matter: &Candidate<'_>) -> bool {
    !facts.others.is_empty()
        && facts.others.iter().all(|a| matter.people.iter().any(|(b, _)| a == b))
}

fn adverse_only(facts: &Facts<'_>, matter: &Candidate<'_>) -> bool {
    let mut roles = facts
        .others
        .iter()
        .filter_map(|a| matter.people.iter().find(|(b, _)| a == b).map(|(_, role)| *role))
        .peekable();
    roles.peek().is_some() && roles.all(Role::is_opposing)
}

/// The one open matter whose number stands in the text as a word of its own; `None` when two do.
fn numbered(facts: &Facts<'_>, candidates: &[Candidate<'_>]) -> Option<MatterId> {
    let text = facts.new_text.to_lowercase();
    let mut found = candidates
        .iter()
        .filter(|c| c.status == MatterStatus::Open && has_token(&text, c.number.as_str()))
        .map(|c| c.id);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// `12/24` is in `re 12/24, your letter`, but not in `112/24`, `12/245` or `12/24-b`.
fn has_token(lower_text: &str, number: &str) -> bool {
    let number = number.to_lowercase();
    // A number of one or two digits is a day or a price.
    if number.chars().filter(char::is_ascii_digit).count() < 3 {
        return false;
    }
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '-' | '/');
    lower_text.match_indices(&number).any(|(at, hit)| {
        let before = lower_text.get(..at).and_then(|t| t.chars().next_back());
        let mut after =
            at.checked_add(hit.len()).and_then(|end| lower_text.get(end..)).unwrap_or("").chars();
        let next = after.next();
        let bounded = match next {
            // A full stop or comma ends a sentence unless a digit follows.
            Some('.' | ',') => !after.next().is_some_and(|c| c.is_ascii_digit()),
            Some(c) => !inside(c),
            None => true,
        };
        bounded && !before.is_some_and(|c| inside(c) || c == '.')
    })
}

fn shares_subject(subject: &str, subjects: &[String]) -> bool {
    folded(subject).take(4).count() >= 4
        && subjects.iter().any(|other| folded(other).eq(folded(subject)))
}

/// The characters of a subject in lower case, with one blank between words. Compared without being built: an office
/// has thousands of subjects.
fn folded(text: &str) -> impl Iterator<Item = char> + '_ {
    text.split_whitespace().enumerate().flat_map(|(place, word)| {
        (place > 0).then_some(' ').into_iter().chain(word.chars().flat_map(char::to_lowercase))
    })
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]
mod tests {
    use super::*;

    fn address(text: &str) -> EmailAddress {
        EmailAddress::parse(text).unwrap()
    }

    struct World {
        numbers: Vec<MatterNumber>,
        people: Vec<Vec<(EmailAddress, Role)>>,
        status: Vec<MatterStatus>,
        subjects: Vec<Vec<String>>,
    }

    /// Mensah v. Harlow (1), Okafor (2), and Mensah's closed will (3).
    fn world() -> World {
        let kofi = (address("kofi@mensah.example"), Role::Client);
        let counsel = (address("pl@harlowlaw.example"), Role::OpposingCounsel);
        let ada = (address("ada@okafor.example"), Role::Client);
        World {
            numbers: ["2026-0121", "2026-0098", "12/24"].map(|n| n.parse().unwrap()).to_vec(),
            people: vec![vec![kofi.clone(), counsel], vec![ada], vec![kofi]],
            status: vec![MatterStatus::Open, MatterStatus::Open, MatterStatus::Closed],
            subjects: vec![
                vec!["Lease: the landlord called".into()],
                vec!["Invoice".into()],
                vec![],
            ],
        }
    }

    impl World {
        fn candidates(&self) -> Vec<Candidate<'_>> {
            (0..self.numbers.len())
                .map(|i| Candidate {
                    id: MatterId::new(i64::try_from(i).unwrap() + 1),
                    number: &self.numbers[i],
                    status: self.status[i],
                    people: &self.people[i],
                    subjects: &self.subjects[i],
                })
                .collect()
        }

        fn suggested(&self, facts: &Facts<'_>) -> Vec<(i64, Vec<Reason>)> {
            suggest(facts, &self.candidates())
                .into_iter()
                .map(|s| (s.matter.get(), s.reasons))
                .collect()
        }
    }

    fn facts<'a>(text: &'a str, others: &'a [EmailAddress]) -> Facts<'a> {
        Facts { answers_ours_in: &[], thread_in: &[], new_text: text, base_subject: "", others }
    }

    #[test]
    fn the_client_of_one_open_matter_is_enough_to_suggest_it() {
        let others = [address("Kofi@mensah.example")];
        assert_eq!(world().suggested(&facts("hello", &others)), [(1, vec![Reason::PeopleOfOne])]);
    }

    #[test]
    fn a_client_with_two_open_matters_gives_two_suggestions_and_no_first_choice() {
        let mut world = world();
        world.status[2] = MatterStatus::Open;
        let others = [address("kofi@mensah.example")];
        let all = suggest(&facts("hello", &others), &world.candidates());
        assert_eq!(all.len(), 2);
        assert!(first_choice(&all).is_none());
        let named = suggest(&facts("about 2026-0121", &others), &world.candidates());
        assert_eq!(first_choice(&named).map(|s| s.matter), Some(MatterId::new(1)));
    }

    #[test]
    fn a_number_counts_only_as_a_word_of_its_own() {
        let mut world = world();
        world.status[2] = MatterStatus::Open;
        for text in ["112/24", "12/245", "12/24-b", "x12/24", "1.12/24", "12/24.5"] {
            assert!(world.suggested(&facts(text, &[])).is_empty(), "{text}");
        }
        for text in ["12/24", "re 12/24, your letter", "(12/24)", "see 12/24."] {
            assert_eq!(
                world.suggested(&facts(text, &[])),
                [(3, vec![Reason::NumberInText])],
                "{text}"
            );
        }
    }

    #[test]
    fn two_numbers_in_one_text_are_no_evidence() {
        assert!(world().suggested(&facts("2026-0121 and 2026-0098", &[])).is_empty());
    }

    #[test]
    fn a_closed_matter_is_never_suggested() {
        assert!(world().suggested(&facts("12/24", &[])).is_empty());
    }

    #[test]
    fn the_other_side_alone_suggests_nothing_unless_it_names_the_matter() {
        let others = [address("pl@harlowlaw.example")];
        assert!(world().suggested(&facts("hello", &others)).is_empty());
        assert_eq!(world().suggested(&facts("2026-0121", &others))[0].0, 1);
    }

    #[test]
    fn an_answer_to_what_we_sent_outweighs_the_people_on_it() {
        let others = [address("kofi@mensah.example")];
        let answered = [MatterId::new(2)];
        let facts = Facts { answers_ours_in: &answered, ..facts("hello", &others) };
        assert_eq!(world().suggested(&facts)[0], (2, vec![Reason::AnswersOurs]));
    }

    #[test]
    fn a_short_subject_is_no_evidence_and_a_long_one_is_weak() {
        let facts1 = Facts { base_subject: "invoice", ..facts("", &[]) };
        assert!(world().suggested(&facts1).is_empty());
        let facts2 = Facts { base_subject: "lease: The landlord  called", ..facts("", &[]) };
        assert_eq!(world().suggested(&facts2), [(1, vec![Reason::SameSubject])]);
    }

    #[test]
    fn a_message_takes_the_matter_of_its_conversation_only_when_there_is_one() {
        let world = world();
        let (one, two) = ([MatterId::new(1)], [MatterId::new(1), MatterId::new(2)]);
        let none = facts("", &[]);
        assert_eq!(inherits(&none, &world.candidates()), None);
        let in_one = Facts { thread_in: &one, ..facts("", &[]) };
        assert_eq!(inherits(&in_one, &world.candidates()), Some(MatterId::new(1)));
        let in_two = Facts { thread_in: &two, ..facts("", &[]) };
        assert_eq!(inherits(&in_two, &world.candidates()), None);
    }

    #[test]
    fn two_matters_on_the_messages_of_one_conversation_are_contested() {
        let tag = |matter, second| Tagged {
            matter: MatterId::new(matter),
            by: Actor::System,
            at: Timestamp::from_second(second).unwrap(),
        };
        assert_eq!(resolve(&[], vec![]), Tagging::Untagged);
        assert_eq!(resolve(&[tag(1, 5), tag(1, 3)], vec![]), Tagging::Tagged(tag(1, 3)));
        let contested = resolve(&[tag(1, 5), tag(2, 3)], vec![]);
        assert_eq!(contested, Tagging::Contested { a: tag(2, 3), b: tag(1, 5) });
    }

    #[test]
    fn each_reason_outweighs_all_weaker_ones_together() {
        for (index, reason) in Reason::ALL.iter().enumerate() {
            let weaker: u32 = Reason::ALL[index + 1..].iter().map(|r| r.weight()).sum();
            assert!(reason.weight() > weaker, "{reason:?}");
        }
    }
}
