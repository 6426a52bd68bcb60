//! Which messages belong to one conversation (design 5.3).
//!
//! Owns the edges of a union-find whose nodes are ids and topics. A conversation is a connected component, so the
//! partition is a function of the *set* of messages: the order in which they arrive, and parents that never do, change
//! nothing. It must never look at a clock, at a store or at other messages.

use std::{collections::BTreeSet, fmt};

use sha2::{Digest, Sha256};

use super::{
    address::EmailAddress,
    id::ThreadId,
    message::{Headers, MessageId},
};

/// A node: 16 bytes of a SHA-256 over its kind and its words, so that the record's index over millions of them is small
/// and tells nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeKey([u8; 16]);

impl NodeKey {
    /// The message that has this id, or that is yet to come.
    fn id(id: &MessageId) -> Self {
        Self::hash(b"id\0", &[id.as_str().as_bytes()])
    }

    /// The message that has this id, as far as it is about this subject.
    fn topic(id: &MessageId, subject: &str) -> Self {
        Self::hash(b"topic\0", &[id.as_str().as_bytes(), subject.as_bytes()])
    }

    /// A message that has no id that could be named.
    fn content(hash: &[u8; 32]) -> Self {
        Self::hash(b"content\0", &[hash])
    }

    fn hash(kind: &[u8], parts: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(kind);
        for part in parts {
            hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hasher.update(part);
        }
        let digest: [u8; 32] = hasher.finalize().into();
        let mut key = [0; 16];
        key.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        Self(key)
    }

    /// The bytes under which the record keeps it.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for NodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("‹node›")
    }
}

/// The nodes that a message joins. All of them are one conversation; the first one is the message's own.
///
/// `base_subject` is the subject without reply and forward prefixes; its case and spacing do not matter. `content` is
/// the hash of the raw bytes.
///
/// - The message's ids join each other.
/// - The parent joins, whatever the subjects: a reply is a reply.
/// - Any other reference joins only under the same base subject: people write about a new topic by answering an old
///   mail, and a wrong reference must not glue two clients' conversations together.
pub fn nodes(headers: &Headers, base_subject: &str, content: &[u8; 32]) -> Vec<NodeKey> {
    let subject = fold(base_subject);
    let participants = participants(headers);
    let usable = |id: &&MessageId| is_usable(id, &participants);
    let mut nodes = Vec::new();
    for id in headers.message_id.iter().chain(&headers.alias_ids).filter(usable) {
        nodes.extend([NodeKey::id(id), NodeKey::topic(id, &subject)]);
    }
    if nodes.is_empty() {
        nodes.push(NodeKey::content(content));
    }
    if let Some(parent) = parent_among(headers, &participants) {
        nodes.push(NodeKey::id(parent));
    }
    for id in headers.references.iter().chain(&headers.in_reply_to).filter(usable) {
        nodes.push(NodeKey::topic(id, &subject));
    }
    let mut seen = BTreeSet::new();
    nodes.retain(|node| seen.insert(*node));
    nodes
}

/// The message that this one answers, as notmuch chooses it: `In-Reply-To` if it is exactly one id; else the last id in
/// `References`; else the first in `In-Reply-To`. Ids that name nothing do not count.
pub fn parent(headers: &Headers) -> Option<&MessageId> {
    parent_among(headers, &participants(headers))
}

fn parent_among<'a>(headers: &'a Headers, participants: &BTreeSet<&str>) -> Option<&'a MessageId> {
    let own = |id: &&MessageId| {
        headers.message_id.as_ref() != Some(id) && !headers.alias_ids.contains(id)
    };
    let usable = |id: &&MessageId| is_usable(id, participants);
    let replies: Vec<&MessageId> = headers.in_reply_to.iter().filter(usable).filter(own).collect();
    let last = headers.references.iter().filter(usable).rfind(own);
    match *replies.as_slice() {
        [only] => Some(only),
        [first, ..] => last.or(Some(first)),
        [] => last,
    }
}

fn participants(headers: &Headers) -> BTreeSet<&str> {
    let named = headers.from.iter().chain(&headers.sender).chain(&headers.reply_to);
    named.chain(headers.recipients()).map(|n| n.address.key()).collect()
}

/// Does this id name one message? Bare numbers of ticket systems, mail addresses put where an id belongs, and Proton's
/// placeholders are shared by messages that have nothing to do with one another.
fn is_usable(id: &MessageId, participants: &BTreeSet<&str>) -> bool {
    let text = id.as_str();
    let Some((_, domain)) = text.rsplit_once('@') else {
        return text.len() >= 6 && !text.chars().all(|c| c.is_ascii_digit());
    };
    if domain.eq_ignore_ascii_case("protonmail.internalid") {
        return false;
    }
    EmailAddress::parse(text).map_or(true, |address| !participants.contains(address.key()))
}

fn fold(subject: &str) -> String {
    subject.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Where a message belongs, given the conversations in which its nodes are already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placement {
    /// None of its nodes is known: a new conversation.
    New,
    /// It continues one conversation.
    Join(ThreadId),
    /// It shows that several conversations are one. The oldest identity survives.
    Merge {
        /// The one that survives.
        into: ThreadId,
        /// Those that end.
        from: Vec<ThreadId>,
    },
}

/// Decides it.
pub fn place(known: impl IntoIterator<Item = ThreadId>) -> Placement {
    let known: BTreeSet<ThreadId> = known.into_iter().collect();
    let mut known = known.into_iter();
    let Some(into) = known.next() else {
        return Placement::New;
    };
    let from: Vec<ThreadId> = known.collect();
    if from.is_empty() { Placement::Join(into) } else { Placement::Merge { into, from } }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::domain::address::NamedAddress;

    /// A message by its id, base subject, In-Reply-To and References, ids separated by blanks.
    fn mail(id: &str, subject: &str, reply: &str, refs: &str) -> (Headers, String) {
        let ids = |text: &str| text.split(' ').filter_map(MessageId::new).collect::<Vec<_>>();
        let headers = Headers {
            message_id: MessageId::new(id),
            in_reply_to: ids(reply),
            references: ids(refs),
            from: vec![NamedAddress::bare(EmailAddress::parse("kofi@mensah.example").unwrap())],
            ..Headers::default()
        };
        (headers, subject.to_owned())
    }

    /// The partition as the record builds it: one message after another, in the order given.
    fn partition(mails: &[(Headers, String)], order: &[usize]) -> BTreeSet<BTreeSet<usize>> {
        let mut node_thread: BTreeMap<NodeKey, ThreadId> = BTreeMap::new();
        let mut thread_of: BTreeMap<usize, ThreadId> = BTreeMap::new();
        let mut next = 0;
        for &index in order {
            let (headers, subject) = &mails[index];
            let mut content = [0; 32];
            content[0] = u8::try_from(index).unwrap();
            let nodes = nodes(headers, subject, &content);
            let thread = match place(nodes.iter().filter_map(|n| node_thread.get(n).copied())) {
                Placement::New => {
                    next += 1;
                    ThreadId::new(next)
                }
                Placement::Join(thread) => thread,
                Placement::Merge { into, from } => {
                    for thread in node_thread.values_mut().chain(thread_of.values_mut()) {
                        if from.contains(thread) {
                            *thread = into;
                        }
                    }
                    into
                }
            };
            node_thread.extend(nodes.into_iter().map(|node| (node, thread)));
            thread_of.insert(index, thread);
        }
        let mut groups: BTreeMap<ThreadId, BTreeSet<usize>> = BTreeMap::new();
        for (index, thread) in thread_of {
            groups.entry(thread).or_default().insert(index);
        }
        groups.into_values().collect()
    }

    fn groups(mails: &[(Headers, String)]) -> Vec<Vec<usize>> {
        let order: Vec<usize> = (0..mails.len()).collect();
        partition(mails, &order).into_iter().map(|g| g.into_iter().collect()).collect()
    }

    #[test]
    fn a_reply_joins_its_parent_even_under_a_new_subject() {
        let mails = [mail("a@x", "lease", "", ""), mail("b@x", "rent", "a@x", "")];
        assert_eq!(groups(&mails), [vec![0, 1]]);
    }

    #[test]
    fn references_join_only_under_the_same_base_subject() {
        let mails = [
            mail("a@x", "lease", "", ""),
            mail("b@x", "Lease ", "unknown@x", "a@x unknown@x"),
            mail("c@x", "invoice", "other@x", "a@x other@x"),
        ];
        assert_eq!(groups(&mails), [vec![0, 1], vec![2]]);
    }

    #[test]
    fn siblings_meet_through_a_parent_that_never_came() {
        let mails = [mail("b@x", "lease", "gone@x", ""), mail("c@x", "other", "gone@x", "")];
        assert_eq!(groups(&mails), [vec![0, 1]]);
    }

    #[test]
    fn a_child_before_its_parent_is_put_right_when_the_parent_comes() {
        let mails = [
            mail("c@x", "lease", "b@x", ""),
            mail("a@x", "lease", "", ""),
            mail("b@x", "lease", "a@x", ""),
        ];
        assert_eq!(groups(&mails), [vec![0, 1, 2]]);
    }

    #[test]
    fn an_old_thread_reused_for_a_new_topic_by_references_alone_stays_apart() {
        let mails = [
            mail("a@x", "lease", "", ""),
            mail("b@x", "lease", "a@x", "a@x"),
            mail("c@x", "divorce", "z@x", "a@x b@x z@x"),
        ];
        assert_eq!(groups(&mails), [vec![0, 1], vec![2]]);
    }

    #[test]
    fn garbage_ids_glue_nothing() {
        for garbage in
            ["1234", "77", "abc", "20261124", "kofi@mensah.example", "0123@protonmail.internalid"]
        {
            let mails = [mail("a@x", "lease", garbage, ""), mail("b@x", "lease", "", garbage)];
            assert_eq!(groups(&mails).len(), 2, "{garbage}");
            let mails = [mail(garbage, "lease", "", ""), mail(garbage, "lease", "", "")];
            assert_eq!(groups(&mails).len(), 2, "{garbage} as the message's own id");
        }
    }

    #[test]
    fn a_message_that_names_itself_is_its_own_thread() {
        let mails = [mail("a@x", "lease", "a@x", "a@x"), mail("b@x", "lease", "", "")];
        assert_eq!(groups(&mails), [vec![0], vec![1]]);
        assert_eq!(parent(&mails[0].0), None);
    }

    #[test]
    fn two_messages_without_an_id_are_two_threads_though_their_subjects_are_equal() {
        let mails = [mail("", "invoice", "", ""), mail("", "invoice", "", "")];
        assert_eq!(groups(&mails).len(), 2);
    }

    #[test]
    fn the_id_from_before_a_relay_replaced_it_still_finds_the_message() {
        let mut sent = mail("new@outlook", "lease", "", "");
        sent.0.alias_ids = vec![MessageId::new("ours@firm").unwrap()];
        let mails = [sent, mail("b@x", "anything", "ours@firm", "")];
        assert_eq!(groups(&mails), [vec![0, 1]]);
    }

    #[test]
    fn the_parent_is_the_one_id_in_in_reply_to_else_the_last_reference() {
        let id = |text: &str| MessageId::new(text);
        assert_eq!(parent(&mail("m@x", "", "a@x", "b@x c@x").0).cloned(), id("a@x"));
        assert_eq!(parent(&mail("m@x", "", "a@x d@x", "b@x c@x").0).cloned(), id("c@x"));
        assert_eq!(parent(&mail("m@x", "", "", "b@x c@x").0).cloned(), id("c@x"));
        assert_eq!(parent(&mail("m@x", "", "a@x d@x", "").0).cloned(), id("a@x"));
    }

    fn any_mails() -> impl Strategy<Value = Vec<(Headers, String)>> {
        let id = prop::sample::select(vec!["", "a@x", "b@x", "c@x", "d@x", "e@x", "f@x", "12"]);
        let subject = prop::sample::select(vec!["", "lease", "Lease", "rent"]);
        let refs = prop::collection::vec(id.clone(), 0..4).prop_map(|ids| ids.join(" "));
        let reply = prop::collection::vec(id.clone(), 0..2).prop_map(|ids| ids.join(" "));
        let one = (id, subject, reply, refs).prop_map(|(i, s, r, f)| mail(i, s, &r, &f));
        prop::collection::vec(one, 1..10)
    }

    proptest! {
        #[test]
        fn the_order_of_arrival_changes_nothing(
            mails in any_mails(), seed in prop::collection::vec(any::<u32>(), 10),
        ) {
            let straight: Vec<usize> = (0..mails.len()).collect();
            let mut shuffled = straight.clone();
            shuffled.sort_by_key(|i| seed[*i]);
            prop_assert_eq!(partition(&mails, &straight), partition(&mails, &shuffled));
        }
    }
}
