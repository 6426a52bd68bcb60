//! How an answer begins: to whom it goes, what it quotes, and how it hangs on the message that it answers.
//!
//! Owns the first state of a draft. It never trusts `Reply-To` across domains and never sends.

use std::collections::BTreeSet;

use jiff::{Timestamp, tz::TimeZone};

use super::{
    address::{EmailAddress, NamedAddress},
    draft::{Draft, Parent, ReplyKind},
    id::{DraftId, MatterId, MessageKey, ThreadId},
    language::Language,
    message::{Headers, MessageId},
    text::{bare_block, bare_line},
};

/// So many ids stand in `References` at most: the first and the newest. A line of them stays far below the 998
/// octets of RFC 5322 §2.1.1 once folded, and threading needs no more.
pub const MOST_REFERENCES: usize = 20;

/// The message that is answered.
#[derive(Clone, Copy)]
pub struct Original<'a> {
    /// Its key.
    pub key: MessageKey,
    /// Its headers.
    pub headers: &'a Headers,
    /// Its text, quoted tail included.
    pub text: &'a str,
    /// When it was received or sent.
    pub at: Timestamp,
    /// Names of its attachments, for a forward.
    pub attachments: &'a [String],
}

/// What is to be begun.
pub struct Beginning<'a> {
    /// The new draft's identity.
    pub id: DraftId,
    /// What it is.
    pub kind: ReplyKind,
    /// Whose name it goes out under.
    pub from: NamedAddress,
    /// The office's own addresses.
    pub own: &'a [EmailAddress],
    /// The conversation.
    pub thread: Option<ThreadId>,
    /// The matter.
    pub matter: Option<MatterId>,
    /// The zone in which the quotation's date is written: the office's.
    pub zone: &'a TimeZone,
    /// The language of what matterbox writes itself.
    pub language: Language,
    /// For an acknowledgement: when the answer comes, in words.
    pub by: Option<&'a str>,
}

impl Draft {
    /// A message to begin from nothing.
    pub fn blank(beginning: &Beginning<'_>) -> Self {
        Self {
            id: beginning.id,
            kind: beginning.kind,
            thread: beginning.thread,
            parent: None,
            matter: beginning.matter,
            from: beginning.from.clone(),
            to: Vec::new(),
            cc: Vec::new(),
            bcc: Vec::new(),
            subject: String::new(),
            body: String::new(),
            quote: String::new(),
            attachments: Vec::new(),
            privilege: None,
            holding: None,
        }
    }

    /// The beginning of an answer, an acknowledgement or a forward. Whether `Reply-To` was followed can be read from
    /// the review ([`Found::ReplyToElsewhere`](super::review::Found::ReplyToElsewhere)).
    pub fn answer(beginning: &Beginning<'_>, original: &Original<'_>) -> Self {
        let headers = original.headers;
        let mut draft = Self::blank(beginning);
        draft.parent = Some(parent_of(original));
        match beginning.kind {
            ReplyKind::Reply | ReplyKind::Acknowledge => {
                draft.to = answer_to(headers, beginning.own);
            }
            ReplyKind::ReplyAll => {
                (draft.to, draft.cc) = answer_to_all(headers, beginning.own);
            }
            ReplyKind::Forward => {
                draft.subject = prefixed("Fwd: ", &["fwd:", "fw:", "wg:", "tr:", "rv:"], headers);
                draft.quote = forwarded(beginning, original);
                return draft;
            }
            ReplyKind::Compose => return draft,
        }
        draft.subject = prefixed("Re: ", &["re:", "aw:", "sv:"], headers);
        draft.quote = quoted(beginning, original);
        if beginning.kind == ReplyKind::Acknowledge {
            draft.body = beginning.language.acknowledgement(beginning.by);
        }
        draft
    }
}

/// Where an answer goes: `Reply-To` only within the sender's domain, else the sender. Answering ourselves goes to
/// those whom we wrote to; where that is nobody outside, to those outside who are named in `Reply-To`.
fn answer_to(headers: &Headers, own: &[EmailAddress]) -> Vec<NamedAddress> {
    let is_own = |who: &&NamedAddress| own.contains(&who.address);
    if !headers.from.is_empty() && headers.from.iter().all(|who| own.contains(&who.address)) {
        let outside = |list: &[NamedAddress]| -> Vec<_> {
            list.iter().filter(|who| !is_own(who)).cloned().collect()
        };
        // A form on the office's website bears our address, and somebody outside waits for the answer.
        let others = [outside(&headers.to), outside(&headers.reply_to), headers.to.clone()];
        return unique(others.into_iter().find(|list| !list.is_empty()).unwrap_or_default());
    }
    let domains: Vec<String> =
        headers.from.iter().map(|who| who.address.domain().to_lowercase()).collect();
    let trusted = !headers.reply_to.is_empty()
        && headers
            .reply_to
            .iter()
            .all(|who| domains.contains(&who.address.domain().to_lowercase()));
    unique(if trusted { headers.reply_to.clone() } else { headers.from.clone() })
}

/// To: the one who is answered and the others of `To`; Cc: those of `Cc`. Without ourselves, nobody twice.
fn answer_to_all(
    headers: &Headers,
    own: &[EmailAddress],
) -> (Vec<NamedAddress>, Vec<NamedAddress>) {
    let mut to = answer_to(headers, own);
    let others = |list: &[NamedAddress]| -> Vec<NamedAddress> {
        list.iter().filter(|who| !own.contains(&who.address)).cloned().collect()
    };
    to.extend(others(&headers.to));
    let to = unique(to);
    let named: BTreeSet<&EmailAddress> = to.iter().map(|who| &who.address).collect();
    let mut cc = unique(others(&headers.cc));
    cc.retain(|who| !named.contains(&who.address));
    (to, cc)
}

/// Nobody twice, names without anything hidden.
fn unique(list: Vec<NamedAddress>) -> Vec<NamedAddress> {
    let mut named = BTreeSet::new();
    list.into_iter()
        .filter(|who| named.insert(who.address.clone()))
        // What a stranger hid in a name does not go out under ours.
        .map(|who| NamedAddress { name: plain_name(&who), address: who.address })
        .collect()
}

/// RFC 5322 §3.6.4: the parent's `References` (or its single `In-Reply-To`) and then the parent.
fn parent_of(original: &Original<'_>) -> Parent {
    let headers = original.headers;
    let mut chain: Vec<MessageId> = if headers.references.is_empty() {
        match headers.in_reply_to.as_slice() {
            [only] => vec![only.clone()],
            [] | [_, ..] => Vec::new(),
        }
    } else {
        headers.references.clone()
    };
    chain.retain(|id| Some(id) != headers.message_id.as_ref());
    chain.extend(headers.message_id.clone());
    let mut participants: Vec<NamedAddress> = headers.from.clone();
    participants.extend(headers.reply_to.iter().chain(&headers.to).chain(&headers.cc).cloned());
    Parent {
        key: original.key,
        message_id: headers.message_id.clone(),
        references: capped(chain),
        participants: unique(participants),
    }
}

/// The first id (the root that threads hang on) and the newest ones.
fn capped(chain: Vec<MessageId>) -> Vec<MessageId> {
    let surplus = chain.len().saturating_sub(MOST_REFERENCES);
    if surplus == 0 {
        return chain;
    }
    let mut ids = chain.into_iter();
    ids.next().into_iter().chain(ids.skip(surplus)).collect()
}

/// The subject with one prefix, whatever prefixes it had in whatever language.
fn prefixed(prefix: &str, same: &[&str], headers: &Headers) -> String {
    let mut rest = bare_line(&headers.subject);
    loop {
        let trimmed = rest.trim_start();
        let found = same.iter().find_map(|word| {
            let start = trimmed.get(..word.len())?;
            start.eq_ignore_ascii_case(word).then(|| trimmed.get(word.len()..)).flatten()
        });
        match found {
            Some(shorter) => rest = shorter.to_owned(),
            None => return format!("{prefix}{}", trimmed.trim_end()),
        }
    }
}

fn quoted(beginning: &Beginning<'_>, original: &Original<'_>) -> String {
    let when = written_date(original.at, beginning);
    let who = original.headers.from.first().map(written_name).unwrap_or_default();
    let mut out = beginning.language.attribution(&when, &who);
    for line in lines(original.text) {
        out.push('\n');
        out.push_str(if line.starts_with('>') || line.is_empty() { ">" } else { "> " });
        out.push_str(&line);
    }
    out
}

fn forwarded(beginning: &Beginning<'_>, original: &Original<'_>) -> String {
    let names = |list: &[NamedAddress]| -> String {
        list.iter()
            .map(|who| match &who.name {
                Some(_) => format!("{} <{}>", written_name(who), who.address.as_str()),
                None => who.address.as_str().to_owned(),
            })
            .collect::<Vec<_>>()
            .join(", ")
    };
    let headers = original.headers;
    let mut out = vec![
        "---------- Forwarded message ----------".to_owned(),
        format!("From: {}", names(&headers.from)),
        format!("Date: {}", written_date(original.at, beginning)),
        format!("Subject: {}", bare_line(&headers.subject)),
        format!("To: {}", names(&headers.to)),
    ];
    if !headers.cc.is_empty() {
        out.push(format!("Cc: {}", names(&headers.cc)));
    }
    if !original.attachments.is_empty() {
        let files: Vec<_> = original.attachments.iter().map(|name| bare_line(name)).collect();
        out.push(format!("Attachments: {}", files.join(", ")));
    }
    out.push(String::new());
    out.extend(lines(original.text));
    out.join("\n")
}

/// Lines without their ends; trailing spaces go, because they would mean a soft break (RFC 3676 §4.1), except in
/// the signature separator.
fn lines(text: &str) -> Vec<String> {
    bare_block(text)
        .trim_matches('\n')
        .split('\n')
        .map(|line| if line == "-- " { line.to_owned() } else { line.trim_end().to_owned() })
        .collect()
}

fn written_name(who: &NamedAddress) -> String {
    plain_name(who).unwrap_or_else(|| who.address.as_str().to_owned())
}

/// A name without what hides in it; `None` where nothing else was there.
fn plain_name(who: &NamedAddress) -> Option<String> {
    let name = bare_line(who.name.as_deref()?);
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

fn written_date(at: Timestamp, beginning: &Beginning<'_>) -> String {
    beginning.zone.to_datetime(at).strftime("%Y-%m-%d %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(text: &str) -> NamedAddress {
        NamedAddress::bare(EmailAddress::parse(text).unwrap())
    }

    fn id(text: &str) -> MessageId {
        MessageId::new(text).unwrap()
    }

    fn incoming() -> Headers {
        Headers {
            message_id: Some(id("m3@client.example")),
            references: vec![id("m1@x.example"), id("m2@x.example")],
            subject: "RE: aw: Re: The lease".to_owned(),
            from: vec![NamedAddress {
                name: Some("Kofi\r\nMensah".to_owned()),
                ..who("kofi@client.example")
            }],
            to: vec![who("ada@office.example"), who("ben@client.example")],
            cc: vec![
                who("Kofi@Client.example"),
                who("carol@bank.example"),
                who("desk@office.example"),
            ],
            ..Headers::default()
        }
    }

    #[test]
    fn what_a_stranger_hid_does_not_go_out_under_our_name() {
        let mut headers = incoming();
        headers.subject = "The\u{1b}[2J lea\u{202e}se".to_owned();
        headers.from[0].name = Some("Ko\u{200b}fi\u{1b}]0;x\u{7} Mensah".to_owned());
        headers.cc[1].name = Some("\u{202e}".to_owned());
        let draft = answer(ReplyKind::ReplyAll, &headers);
        assert_eq!(draft.subject, "Re: The lease");
        assert_eq!(draft.to[0].name.as_deref(), Some("Kofi Mensah"));
        assert_eq!(draft.cc[0].name, None);
        assert!(draft.quote.contains("Kofi Mensah") && !draft.quote.contains('\u{1b}'));
    }

    fn answer(kind: ReplyKind, headers: &Headers) -> Draft {
        let own = [
            EmailAddress::parse("ada@office.example").unwrap(),
            EmailAddress::parse("desk@office.example").unwrap(),
        ];
        let zone = TimeZone::get("America/New_York").unwrap();
        let beginning = Beginning {
            id: DraftId::new(1),
            kind,
            from: who("ada@office.example"),
            own: &own,
            thread: Some(ThreadId::new(2)),
            matter: Some(MatterId::new(3)),
            zone: &zone,
            language: Language::En,
            by: Some("Friday, 27 November"),
        };
        let original = Original {
            key: MessageKey::new(4),
            headers,
            text: "May I sign?  \r\n> earlier\r\n\r\n-- \r\nKofi\r\n",
            at: "2026-11-24T15:10:00Z".parse().unwrap(),
            attachments: &["lease.pdf".to_owned()],
        };
        Draft::answer(&beginning, &original)
    }

    fn addresses(list: &[NamedAddress]) -> Vec<&str> {
        list.iter().map(|who| who.address.as_str()).collect()
    }

    #[test]
    fn an_answer_goes_to_the_sender_and_quotes_the_message() {
        let draft = answer(ReplyKind::Reply, &incoming());
        assert_eq!(addresses(&draft.to), ["kofi@client.example"]);
        assert!(draft.cc.is_empty());
        assert_eq!(draft.subject, "Re: The lease");
        assert_eq!(
            draft.quote,
            "On 2026-11-24 10:10, Kofi Mensah wrote:\n> May I sign?\n>> earlier\n>\n> -- \n> Kofi"
        );
    }

    #[test]
    fn an_answer_to_all_leaves_ourselves_out_and_names_nobody_twice() {
        let draft = answer(ReplyKind::ReplyAll, &incoming());
        assert_eq!(addresses(&draft.to), ["kofi@client.example", "ben@client.example"]);
        assert_eq!(addresses(&draft.cc), ["carol@bank.example"]);
    }

    #[test]
    fn an_answer_to_thousands_names_each_of_them_once() {
        let mut headers = incoming();
        let many =
            |kind: &'static str| (0..20_000).map(move |n| who(&format!("{kind}{n}@crowd.example")));
        headers.to = many("to").chain(many("to")).collect();
        headers.cc = many("to").chain(many("cc")).chain(many("cc")).collect();
        let draft = answer(ReplyKind::ReplyAll, &headers);
        assert_eq!((draft.to.len(), draft.cc.len()), (20_001, 20_000));
    }

    #[test]
    fn reply_to_is_followed_only_within_the_senders_domain() {
        let mut headers = incoming();
        headers.reply_to = vec![who("office@CLIENT.example")];
        assert_eq!(addresses(&answer(ReplyKind::Reply, &headers).to), ["office@CLIENT.example"]);
        headers.reply_to = vec![who("kofi@evil.example")];
        assert_eq!(addresses(&answer(ReplyKind::Reply, &headers).to), ["kofi@client.example"]);
    }

    #[test]
    fn an_answer_to_our_own_mail_goes_to_those_whom_we_wrote_to() {
        let mut headers = incoming();
        headers.from = vec![who("ada@office.example")];
        headers.to = vec![who("kofi@client.example"), who("desk@office.example")];
        headers.reply_to = vec![who("ada@private.example")];
        assert_eq!(addresses(&answer(ReplyKind::Reply, &headers).to), ["kofi@client.example"]);
    }

    #[test]
    fn an_answer_to_a_form_that_bears_our_address_goes_to_its_reply_to() {
        let mut headers = incoming();
        headers.from = vec![who("ada@office.example")];
        headers.to = vec![who("ada@office.example")];
        headers.cc.clear();
        headers.reply_to = vec![who("vera@stone.example"), who("ada@office.example")];
        for kind in [ReplyKind::Reply, ReplyKind::ReplyAll, ReplyKind::Acknowledge] {
            assert_eq!(addresses(&answer(kind, &headers).to), ["vera@stone.example"]);
        }
        headers.reply_to.clear();
        assert_eq!(addresses(&answer(ReplyKind::Reply, &headers).to), ["ada@office.example"]);
    }

    #[test]
    fn the_chain_ends_with_the_parent_and_keeps_its_root_when_it_is_cut() {
        let parent = answer(ReplyKind::Reply, &incoming()).parent.unwrap();
        let ids: Vec<_> = parent.references.iter().map(MessageId::as_str).collect();
        assert_eq!(ids, ["m1@x.example", "m2@x.example", "m3@client.example"]);
        let mut headers = incoming();
        headers.references = (0..100).map(|n| id(&format!("r{n}@x.example"))).collect();
        let parent = answer(ReplyKind::Reply, &headers).parent.unwrap();
        assert_eq!(parent.references.len(), MOST_REFERENCES);
        assert_eq!(parent.references.first().unwrap().as_str(), "r0@x.example");
        assert_eq!(parent.references.last().unwrap().as_str(), "m3@client.example");
    }

    #[test]
    fn without_references_the_single_in_reply_to_begins_the_chain() {
        let mut headers = incoming();
        headers.references.clear();
        headers.in_reply_to = vec![id("m2@x.example")];
        assert_eq!(answer(ReplyKind::Reply, &headers).parent.unwrap().references.len(), 2);
        headers.in_reply_to.push(id("m9@x.example"));
        assert_eq!(answer(ReplyKind::Reply, &headers).parent.unwrap().references.len(), 1);
    }

    #[test]
    fn an_acknowledgement_names_when_the_answer_comes() {
        let draft = answer(ReplyKind::Acknowledge, &incoming());
        assert!(draft.body.contains("by Friday, 27 November"));
        assert_eq!(addresses(&draft.to), ["kofi@client.example"]);
    }

    #[test]
    fn a_forward_has_no_recipient_yet_and_names_what_it_passes_on() {
        let draft = answer(ReplyKind::Forward, &incoming());
        assert!(draft.to.is_empty() && draft.cc.is_empty());
        assert_eq!(draft.subject, "Fwd: RE: aw: Re: The lease");
        assert!(draft.quote.contains("From: Kofi Mensah <kofi@client.example>"));
        assert!(draft.quote.contains("Attachments: lease.pdf"));
    }
}
