//! Subjects without what programs put in front of them (after RFC 5256 §2.1, with the prefixes of other languages).
//!
//! Owns the comparison form that threading and tagging use. It is pure and never shown instead of the subject itself.

use std::fmt;

/// Prefixes that answer, in the languages of mail programs: English, German, Danish and Swedish, Norwegian, Polish,
/// Portuguese, Italian, French, Dutch, Finnish, Turkish, Chinese, Greek, Hungarian, Czech.
const REPLY: [&str; 22] = [
    "re", "aw", "antw", "antwort", "sv", "vs", "odp", "r", "rif", "res", "resp", "réf", "ref",
    "ynt", "atb", "bls", "回复", "回覆", "答复", "vá", "ad", "απ",
];

/// Prefixes that pass on.
const FORWARD: [&str; 20] = [
    "fwd",
    "fw",
    "wg",
    "tr",
    "i",
    "inoltrato",
    "enc",
    "rv",
    "doorst",
    "vl",
    "vb",
    "vs",
    "pd",
    "ilt",
    "转发",
    "轉寄",
    "tov",
    "továbbítás",
    "πρθ",
    "trs",
];

/// What stands in brackets and says only where mail came from.
const OUTSIDE: [&str; 14] = [
    "external",
    "extern",
    "ext",
    "external email",
    "external sender",
    "externe",
    "externo",
    "esterno",
    "caution",
    "warning",
    "spam",
    "suspected spam",
    "secure",
    "encrypted",
];

/// A subject taken apart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Subject<'a> {
    /// What is left when everything that programs add is gone; spelled as in the original.
    pub base: &'a str,
    /// It began with a prefix that answers.
    pub is_reply: bool,
    /// It began with a prefix that passes on, or ended with `(fwd)`.
    pub is_forward: bool,
}

impl fmt::Debug for Subject<'_> {
    /// Redacted: a subject is a client's words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "‹subject {} B›", self.base.len())
    }
}

/// The base of a subject in lower case, its blanks folded: equal for a message and its answers.
pub fn base_subject(subject: &str) -> String {
    let base = parse(subject).base;
    base.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

/// Takes a subject apart: answering and forwarding prefixes (`Re:`, `AW:`, `Re[2]:`, `RE :`), list tags and `[EXTERNAL]`
/// marks in front go as long as something is left.
pub fn parse(subject: &str) -> Subject<'_> {
    let mut found = Subject { base: subject.trim(), is_reply: false, is_forward: false };
    // Every round shortens the text, and real subjects have a handful of prefixes.
    for _ in 0..64 {
        let before = found.base;
        if let Some(rest) = strip_prefix_word(before, &REPLY) {
            found.is_reply = true;
            found.base = rest;
        } else if let Some(rest) = strip_prefix_word(before, &FORWARD) {
            found.is_forward = true;
            found.base = rest;
        } else if let Some(rest) = strip_tag(before) {
            found.base = rest;
        } else if let Some(rest) = strip_fwd_suffix(before) {
            found.is_forward = true;
            found.base = rest;
        } else if let Some(inner) = strip_fwd_brackets(before) {
            found.is_forward = true;
            found.base = inner;
        }
        if found.base == before {
            break;
        }
    }
    found
}

/// `Re:`, `Re :`, `Re[2]:`, `Re(3):`, `Re²:`, and the same with a full-width colon.
fn strip_prefix_word<'a>(text: &'a str, words: &[&str]) -> Option<&'a str> {
    let head = text.get(..text.floor_char_boundary(40)).unwrap_or(text);
    let colon = head.find([':', '：'])?;
    let (label, rest) = (text.get(..colon)?, text.get(colon..)?);
    let word = label.trim_end();
    let word = match word.find(['[', '(']) {
        Some(at) => {
            let count = word.get(at..)?.trim_matches(|c: char| "[]()".contains(c));
            if !count.chars().all(|c| c.is_ascii_digit() || c == '^') {
                return None;
            }
            word.get(..at)?.trim_end()
        }
        None => word,
    };
    let word =
        word.trim_end_matches(|c: char| c.is_ascii_digit() || "²³^*".contains(c)).to_lowercase();
    if !words.contains(&word.as_str()) {
        return None;
    }
    // One letter is a prefix only as programs write it: `R: x`, not `r:x`.
    if word.chars().count() == 1 && !label.starts_with(char::is_uppercase) {
        return None;
    }
    Some(rest.trim_start_matches([':', '：']).trim_start())
}

/// A tag in brackets at the start, if text follows: `[EXTERNAL]`, `[list-name]`, `EXTERNAL:`. A tag with a space or a
/// digit in it may be a matter number or a ticket and stays, unless it is one of the known marks.
fn strip_tag(text: &str) -> Option<&str> {
    if let Some(inner) = text.strip_prefix('[') {
        let (tag, rest) = inner.split_once(']')?;
        let rest = rest.trim_start().trim_start_matches(':').trim_start();
        let tag = tag.trim();
        let known = OUTSIDE.contains(&tag.to_lowercase().as_str());
        let list = !tag.is_empty()
            && tag.len() <= 40
            && !tag
                .contains(|c: char| c.is_whitespace() || c.is_ascii_digit() || "#/[".contains(c));
        return (!rest.is_empty() && (known || list)).then_some(rest);
    }
    let (tag, rest) = text.split_once(':')?;
    let tag = tag.trim_matches(|c: char| c == '*' || c.is_whitespace()).to_lowercase();
    let rest = rest.trim_start();
    (!rest.is_empty() && matches!(tag.as_str(), "external" | "extern" | "external email"))
        .then_some(rest)
}

/// RFC 5256 `subj-trailer`.
fn strip_fwd_suffix(text: &str) -> Option<&str> {
    let at = text.len().checked_sub(5)?;
    let (head, tail) = text.split_at_checked(at)?;
    (tail.eq_ignore_ascii_case("(fwd)") && !head.trim().is_empty()).then(|| head.trim_end())
}

/// RFC 5256 `[fwd: …]`.
fn strip_fwd_brackets(text: &str) -> Option<&str> {
    let inner = text.strip_suffix(']')?;
    let head = inner.get(..5)?;
    head.eq_ignore_ascii_case("[fwd:").then(|| inner.get(5..).map(str::trim))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_the_base_of_what_it_answers() {
        for subject in [
            "Lease Okafor",
            "Re: Lease Okafor",
            "RE: RE: lease  okafor",
            "AW: WG: Lease Okafor",
            "SV: VS: Lease Okafor",
            "Odp: Lease Okafor",
            "R: I: Lease Okafor",
            "RIF: Lease Okafor",
            "TR: RE : Lease Okafor",
            "Rv: Lease Okafor",
            "Enc: Res: Lease Okafor",
            "Ynt: Lease Okafor",
            "Re[2]: Lease Okafor",
            "Re(3): Lease Okafor",
            "Re2: Lease Okafor",
            "Re：Lease Okafor",
            "[EXTERNAL] Re: Lease Okafor",
            "Re: [EXTERNAL] Lease Okafor",
            "RE: [EXT] AW: [tax-list] Lease Okafor",
            "EXTERNAL: Lease Okafor",
            "[Fwd: Lease Okafor]",
            "Lease Okafor (fwd)",
            "回复: Lease Okafor",
        ] {
            assert_eq!(base_subject(subject), "lease okafor", "{subject}");
        }
    }

    #[test]
    fn what_a_person_wrote_stays() {
        for subject in [
            "[2026-014] Lease",
            "[Bug 12] crash",
            "Invoice: May",
            "r:x",
            "[EXTERNAL]",
            "External",
            "Reply: yes",
            "Offer (final)",
            "Question 12: x",
        ] {
            assert_eq!(base_subject(subject), subject.to_lowercase(), "{subject}");
        }
    }

    #[test]
    fn answers_and_forwards_are_told_apart() {
        let kind = |s| (parse(s).is_reply, parse(s).is_forward);
        assert_eq!(kind("Lease"), (false, false));
        assert_eq!(kind("AW: Lease"), (true, false));
        assert_eq!(kind("Fwd: AW: Lease"), (true, true));
        assert_eq!(kind("Re:"), (true, false));
        assert_eq!(base_subject("Re: Re:"), "");
    }

    #[test]
    fn nothing_printed_for_a_log_repeats_a_subject() {
        assert_eq!(format!("{:?}", parse("Re: Settlement")), "‹subject 10 B›");
    }

    #[test]
    fn a_subject_of_prefixes_alone_stays_cheap() {
        let long = "Re: ".repeat(10_000);
        assert!(parse(&long).base.len() < long.len());
        parse(&"[".repeat(10_000));
    }
}
