//! Splits what a person wrote from what a program copied below it. Owns the marks of quotations, forwards and
//! signatures in the languages of the office; it never drops a line: everything stays in the full text.

use super::quote_words::{
    ATTRIBUTIONS, DEVICES, DIVIDERS, FROM, MIDDLE, SENT, SENT_FROM, SUBJECT, TO, VERBS,
};

/// A body in two.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Split {
    /// The sender's own words, without quotations and without the signature.
    pub new: String,
    /// Everything else, in order: the quotations, the forwarded message, the signature. No line is in neither.
    pub quoted: String,
}

impl std::fmt::Debug for Split {
    /// Redacted: a client's words.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "‹split {} B + {} B›", self.new.len(), self.quoted.len())
    }
}

/// What is read of a body at once; the rest counts as quoted, and is in the full text.
const LINES: usize = 20_000;

/// Splits a plain-text body. Answers above, below and between quotations are all the sender's words.
pub fn split(text: &str) -> Split {
    let lines: Vec<&str> = text.lines().collect();
    let mut kept: Vec<&str> = Vec::new();
    let mut quoted: Vec<&str> = Vec::new();
    let mut at = 0_usize;
    // The sender has written something already.
    let mut above = false;
    while let Some(line) = lines.get(at) {
        let rest = lines.get(at..).unwrap_or_default();
        let mark = if at < LINES { mark(rest, above) } else { Mark::Tail };
        match mark {
            Mark::Own => {
                kept.push(line);
                above = above || !line.trim().is_empty();
                at = at.saturating_add(1);
            }
            Mark::Quoted(count) => {
                quoted.extend(rest.iter().take(count));
                at = at.saturating_add(count.max(1));
            }
            Mark::Signature => {
                let length = signature(rest);
                quoted.extend(rest.iter().take(length));
                at = at.saturating_add(length);
            }
            Mark::Tail => {
                quoted.extend(rest);
                break;
            }
        }
    }
    footnotes(&mut kept, &mut quoted);
    Split { new: joined(&kept), quoted: joined(&quoted) }
}

/// Footnotes of links (`[1]: https://…`, at the end of rendered HTML) belong to the text that refers to them.
fn footnotes<'a>(kept: &mut Vec<&'a str>, quoted: &mut Vec<&'a str>) {
    let is_note = |line: &&str| {
        let number = line.strip_prefix('[').and_then(|rest| rest.split_once("]: "));
        number.is_some_and(|(n, url)| n.bytes().all(|b| b.is_ascii_digit()) && url.contains(':'))
    };
    let from =
        kept.len().saturating_sub(kept.iter().rev().take(100).take_while(|l| is_note(l)).count());
    let notes = kept.split_off(from);
    let words = kept.join("\n");
    for note in notes {
        let number = note.split_inclusive(']').next().unwrap_or_default();
        if words.contains(number) { kept.push(note) } else { quoted.push(note) }
    }
}

enum Mark {
    /// One line of the sender.
    Own,
    /// So many lines of a quotation with its introduction.
    Quoted(usize),
    /// A signature begins.
    Signature,
    /// Everything from here on was copied.
    Tail,
}

/// Judges the first line. `above`: the sender has written something already. Where an answer may still follow, nothing
/// is taken for the tail: words wrongly called new cost a glance, words wrongly called quoted are never read.
fn mark(rest: &[&str], above: bool) -> Mark {
    let Some(first) = rest.first() else { return Mark::Own };
    let line = first.trim();
    if line.is_empty() {
        return Mark::Own;
    }
    if is_quoted(line) {
        return Mark::Quoted(run(rest));
    }
    if is_signature(first) {
        // Some programs put the signature first, and the letter below it.
        return if above { Mark::Signature } else { Mark::Own };
    }
    if let Some(length) = armor(rest) {
        return Mark::Quoted(length);
    }
    if is_device_line(line) {
        return Mark::Quoted(1);
    }
    if let Some(length) = attribution(rest) {
        return introduced(rest, length, above);
    }
    if is_divider(line) || is_header_block(rest) || is_rule_above_headers(rest) {
        return copied(rest);
    }
    Mark::Own
}

/// Below `On … wrote:`: a marked quotation ends; an unmarked one reaches to the end if the answer stands above it, or if
/// it is set in.
fn introduced(rest: &[&str], length: usize, above: bool) -> Mark {
    let below = rest.get(length..).unwrap_or_default();
    let blank = below.iter().take_while(|l| l.trim().is_empty()).count();
    let body = below.get(blank..).unwrap_or_default();
    match body.first() {
        Some(next) if is_quoted(next.trim()) => {
            Mark::Quoted(length.saturating_add(blank).saturating_add(run(body)))
        }
        Some(next) if above || next.starts_with("  ") || next.starts_with('\t') => Mark::Tail,
        Some(_) => Mark::Quoted(length),
        None => Mark::Tail,
    }
}

/// Below a divider or a block of headers: if what was copied is marked with `>`, an answer may follow it.
fn copied(rest: &[&str]) -> Mark {
    let lines = rest.iter().take(24).enumerate().skip(1);
    let body = lines.filter(|(_, l)| !l.trim().is_empty() && label(l).is_none()).find(|(at, l)| {
        // The first line behind a blank one, or a marked one.
        is_quoted(l.trim()) || rest.get(at.saturating_sub(1)).is_some_and(|l| l.trim().is_empty())
    });
    match body {
        Some((at, line)) if is_quoted(line.trim()) => {
            let marked = rest.get(at..).unwrap_or_default();
            Mark::Quoted(at.saturating_add(run(marked)))
        }
        Some(_) | None => Mark::Tail,
    }
}

fn joined(lines: &[&str]) -> String {
    let mut out = String::with_capacity(lines.iter().map(|l| l.len().saturating_add(1)).sum());
    let mut blank = 0_usize;
    for line in lines {
        let line = line.trim_end();
        blank = if line.is_empty() { blank.saturating_add(1) } else { 0 };
        if blank <= 1 {
            out.push_str(line);
            out.push('\n');
        }
    }
    out.trim_matches('\n').to_owned()
}

/// `>`, also behind initials as some old programs put them (`JD> …`).
fn is_quoted(line: &str) -> bool {
    line.starts_with('>') && !line.starts_with(">From ")
        || line.split_once('>').is_some_and(|(who, _)| {
            (2..=3).contains(&who.len()) && who.bytes().all(|b| b.is_ascii_uppercase())
        })
}

/// The quoted lines at the start, with blank lines between them.
fn run(rest: &[&str]) -> usize {
    let (mut length, mut blank) = (0_usize, 0_usize);
    for line in rest {
        if is_quoted(line.trim()) {
            length = length.saturating_add(blank).saturating_add(1);
            blank = 0;
        } else if line.trim().is_empty() {
            blank = blank.saturating_add(1);
        } else {
            break;
        }
    }
    length
}

/// The lines of an OpenPGP signature, or of the frame above a signed text (RFC 9580 §7).
fn armor(rest: &[&str]) -> Option<usize> {
    let first = rest.first()?.trim_end();
    if first == "-----BEGIN PGP SIGNED MESSAGE-----" {
        return Some(rest.iter().take(5).position(|l| l.trim().is_empty()).unwrap_or(1));
    }
    if first != "-----BEGIN PGP SIGNATURE-----" {
        return None;
    }
    let end = rest.iter().take(80).position(|l| l.trim_end() == "-----END PGP SIGNATURE-----")?;
    Some(end.saturating_add(1))
}

/// `Sent from my iPhone`: a program's words, which would make a short thanks look like a letter.
fn is_device_line(line: &str) -> bool {
    if line.len() > 80
        || !line.starts_with(['s', 'S', 'g', 'G', 'v', 'V', 'd', 'D', 'e', 'E', 'i', 'I'])
    {
        return false;
    }
    let line = line.to_lowercase();
    SENT_FROM.iter().any(|start| line.starts_with(start))
        && DEVICES.iter().any(|device| line.contains(device))
}

/// RFC 3676 §4.3, and the same with its trailing blank lost.
fn is_signature(line: &str) -> bool {
    matches!(line.trim_end_matches('\r'), "-- " | "--")
}

/// A signature reaches to the next quotation or the end. One that is longer than any real one is text.
fn signature(rest: &[&str]) -> usize {
    // Looking further than any signature reaches would be quadratic in a body of separators.
    let window = rest.get(..rest.len().min(40)).unwrap_or_default();
    let end = window
        .iter()
        .enumerate()
        .skip(1)
        .find(|(at, line)| {
            let line = line.trim();
            is_quoted(line)
                || is_divider(line)
                || attribution(rest.get(*at..).unwrap_or_default()).is_some()
        })
        .map_or(window.len(), |(at, _)| at);
    let filled = rest.iter().take(end).filter(|l| !l.trim().is_empty()).count();
    if filled > 25 { 1 } else { end.max(1) }
}

/// The number of lines of an introduction like `On … wrote:`, which programs break over up to four lines.
fn attribution(rest: &[&str]) -> Option<usize> {
    // Cheap first: one of the next lines ends with a colon, and no blank or endless line comes before it.
    let marked = rest.first()?.trim_start().starts_with('>');
    let near = rest.iter().take(4).take_while(|l| {
        !l.trim().is_empty() && l.len() <= 400 && l.trim_start().starts_with('>') == marked
    });
    let end =
        near.enumerate().find(|(_, l)| l.trim_end().ends_with([':', '：'])).map(|(at, _)| at)?;
    let first = rest.first()?.trim_start_matches(['>', ' ', '-', '\u{feff}']);
    if first.is_empty() {
        return None;
    }
    let start: String = first.chars().take(12).flat_map(char::to_lowercase).collect();
    let length = end.saturating_add(1);
    let lines: Vec<String> = rest.iter().take(length).map(|l| l.trim().to_lowercase()).collect();
    // A line that belongs to the sentence above may not be taken with it: the first one must begin an introduction.
    let opens = length == 1
        || rest
            .first()
            .is_some_and(|l| l.contains('@') || l.contains(|c: char| c.is_ascii_digit()));
    (opens && introduces(&start, &lines.join(" "))).then_some(length)
}

fn introduces(start: &str, whole: &str) -> bool {
    let dated = whole.chars().any(|c| c.is_ascii_digit()) || whole.contains('@');
    let whole_start = whole.trim_start_matches(['>', ' ', '-', '\u{feff}']);
    let by_end = ATTRIBUTIONS.iter().any(|language| {
        language.starts.iter().any(|s| start.starts_with(s))
            && language.ends.iter().any(|e| whole.ends_with(e))
    });
    let by_middle =
        MIDDLE.iter().any(|(s, verb)| whole_start.starts_with(s) && whole.contains(verb));
    // `"John Doe" <j@d> wrote:`, and `Thu, 26 Jun 2014 14:00 John Doe <j@d>:` as some web mailers put it.
    let by_address = whole.contains('@')
        && (VERBS.iter().any(|verb| whole.ends_with(verb))
            || (whole.ends_with(">:") && whole.contains("20")));
    dated && (by_end || by_middle || by_address)
}

/// Lines that programs put above a copied message.
fn is_divider(line: &str) -> bool {
    let dashed = line.starts_with("--") || line.starts_with("__") || line.starts_with("==");
    if !dashed && !line.ends_with(':') {
        return false;
    }
    let plain = line.trim_matches(|c: char| "-_=*#:—– ".contains(c) || c.is_whitespace());
    if plain.is_empty() {
        return false;
    }
    let words: String =
        plain.replace('’', "'").chars().take(120).flat_map(char::to_lowercase).collect();
    if dashed {
        return DIVIDERS.iter().any(|w| words.starts_with(w));
    }
    DIVIDERS.iter().any(|w| words == *w)
}

/// `From:`, then two of `Sent:`, `To:`, `Subject:` within the next lines, in one of the languages: how Outlook and
/// others introduce what they copy.
fn is_header_block(rest: &[&str]) -> bool {
    let Some(first) = rest.first().and_then(|l| label(l)) else { return false };
    let sets: [&[&str]; 4] = [&FROM, &SENT, &TO, &SUBJECT];
    if !sets.iter().any(|set| set.contains(&first.as_str())) {
        return false;
    }
    let labels: Vec<String> = rest.iter().skip(1).take(8).filter_map(|l| label(l)).collect();
    let has = |set: &&[&str]| {
        set.contains(&first.as_str()) || labels.iter().any(|l| set.contains(&l.as_str()))
    };
    has(&&FROM[..]) && sets.iter().filter(|set| has(set)).count() >= 3
}

/// Outlook's rule of underscores, with its headers below.
fn is_rule_above_headers(rest: &[&str]) -> bool {
    let rule =
        rest.first().is_some_and(|l| l.trim().len() >= 16 && l.trim().bytes().all(|b| b == b'_'));
    let below = rest.get(1..rest.len().min(10)).unwrap_or_default();
    let blank = below.iter().take_while(|l| l.trim().is_empty()).count();
    rule && is_header_block(below.get(blank..).unwrap_or_default())
}

/// The word before the colon of a header-like line, stripped of the stars that rich text leaves.
fn label(line: &str) -> Option<String> {
    let line = line.trim_start_matches(['>', ' ', '*', '\u{a0}', '|']);
    let head = line.get(..line.floor_char_boundary(40)).unwrap_or(line);
    let at = head.find([':', '：'])?;
    let word = head.get(..at)?.trim_matches(|c: char| c == '*' || c.is_whitespace());
    (!word.is_empty() && word.len() <= 20).then(|| word.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(text: &str) -> String {
        split(text).new
    }

    #[test]
    fn introductions_are_known_in_the_languages_of_the_office() {
        for intro in [
            "On Tue, Nov 24, 2026 at 6:05 PM, Nell Ashby <nell@ashby.example> wrote:",
            "On Tue, 24 Nov 2026 at 10:00, A very long name of somebody\n<someone@somewhere.example> wrote:",
            "Am 24.11.2026 um 10:00 schrieb Jana Weiß <j@w.example>:",
            "Am Di., 24. Nov. 2026 um 10:00 Uhr schrieb Jana Weiß <\nj@w.example>:",
            "Le 24/11/2026 à 10:00, Élise Roy a écrit :",
            "El mar, 24 nov 2026 a las 10:00, Ana (<ana@x.example>) escribió:",
            "Il giorno mar 24 nov 2026 alle ore 10:00 Ugo <u@x.example> ha scritto:",
            "Op di 24 nov. 2026 om 10:00 schreef Jan <j@x.example>:",
            "Den tis 24 nov. 2026 kl 10:00 skrev Eva <e@x.example>:",
            "Em ter., 24 de nov. de 2026 às 10:00, Rui <r@x.example> escreveu:",
        ] {
            assert_eq!(
                new(&format!("Yes, please.\n\n{intro}\n\n> Shall we?\n")),
                "Yes, please.",
                "{intro}"
            );
            let below = format!("{intro}\n> Shall we?\n\nYes, please.\n");
            assert_eq!(new(&below), "Yes, please.", "{intro}");
            assert_eq!(new(&format!("Yes.\n\n{intro}\n\nShall we?\n")), "Yes.", "{intro}");
        }
    }

    #[test]
    fn outlook_headers_end_the_new_text() {
        for block in [
            "From: A <a@b>\nSent: Tuesday\nTo: c@d\nSubject: x",
            "Von: A <a@b>\nGesendet: Dienstag\nAn: c@d\nBetreff: x",
            "De : A <a@b>\nEnvoyé : mardi\nÀ : c@d\nObjet : x",
            "*De:* A\n*Enviado el:* martes\n*Para:* c@d\n*Asunto:* x",
            "Da: A\nInviato: martedì\nA: c@d\nOggetto: x",
            "Van: A\nVerzonden: dinsdag\nAan: c@d\nOnderwerp: x",
            "Från: A\nSkickat: tisdag\nTill: c@d\nÄmne: x",
            "De: A\nEnviada em: terça\nPara: c@d\nAssunto: x",
            "-----Original Message-----\nFrom: A",
            "-----Ursprüngliche Nachricht-----\nVon: A",
            "________________________________\nFrom: A\nSent: now\nTo: c@d",
            "Begin forwarded message:\n\n> From: A",
        ] {
            assert_eq!(
                new(&format!("Our answer.\n\n{block}\n\nOld words.")),
                "Our answer.",
                "{block}"
            );
        }
    }

    #[test]
    fn answers_between_quotations_are_all_kept() {
        let text = "On 1 May 2026, A <a@b> wrote:\n> One?\n\nYes.\n\n> Two?\nNo.\n-- \nKofi\nTel 1";
        assert_eq!(new(text), "Yes.\n\nNo.");
        assert!(split(text).quoted.contains("> Two?"));
    }

    #[test]
    fn an_answer_below_a_copy_is_not_lost() {
        let old = "----- Original Message -----\nFrom: A <a@b>\nTo: c@d\nSubject: x\n\n\n> Shall we?\n> Or not?\n\nWe shall.";
        assert_eq!(new(old), "We shall.");
        assert_eq!(
            new("On Fri, 23 Aug 2002, Tom wrote:\n\n--]Shall we?\n\nWe shall."),
            "--]Shall we?\n\nWe shall."
        );
        assert_eq!(new("-- \nKofi Mensah\nWe shall."), "--\nKofi Mensah\nWe shall.");
    }

    #[test]
    fn words_of_devices_and_signatures_of_programs_are_not_the_senders() {
        let signed = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nThanks!\n-----BEGIN PGP SIGNATURE-----\n\n\
            iQ\n-----END PGP SIGNATURE-----\n";
        assert_eq!(new(signed), "Thanks!");
        for line in [
            "Sent from my iPhone",
            "Von meinem iPad gesendet",
            "Envoyé de mon iPhone",
            "Get Outlook for iOS",
            "Gesendet mit der Telekom Mail App für Android",
        ] {
            assert_eq!(new(&format!("Thanks!\n\n{line}\n")), "Thanks!", "{line}");
        }
        assert_eq!(
            new("Von meinem Sohn habe ich nichts gehört."),
            "Von meinem Sohn habe ich nichts gehört."
        );
    }

    #[test]
    fn ordinary_sentences_are_not_mistaken() {
        for text in [
            "From: our point of view this is fine.\nRegards",
            "On reflection he wrote:\nno such letter",
            "To: do\n- one",
            "-- so it goes --\nand on",
            "De la part du client : merci",
            "________________________________\nSigned by me:\nyes",
        ] {
            assert_eq!(new(text), text, "{text}");
        }
    }

    #[test]
    fn a_body_of_nothing_but_signs_stays_cheap() {
        for line in ["\n", "        \n", "On 1 a@b\n", "--\n", "> \n", "From: a\n", "-- \n"] {
            split(&line.repeat(100_000));
        }
    }
}
