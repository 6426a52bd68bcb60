//! Days that we promise in what we write: "by Friday", "bis Montag", "d'ici vendredi", "antes del viernes".
//!
//! Owns the phrases of four languages. It only offers: whether a promise clock runs is a person's decision, so a sentence that
//! asks the client for something, or that promises nothing, is rather passed over.

use jiff::{ToSpan, civil::Date};

use super::day;

/// A promise found in a text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Promised {
    /// The day that it names.
    pub date: Date,
    /// Its sentence, white space run together. It is ours, but it may name a client: it is shown, never logged.
    pub sentence: String,
}

/// What we promise in a text of ours that is sent on `today`: each day once, soonest first. Quoted lines do not count, and
/// a day that is over promises nothing.
pub fn promises(text: &str, today: Date) -> Vec<Promised> {
    let mut found: Vec<Promised> = Vec::new();
    for sentence in sentences(text) {
        let words = words(&sentence);
        if !is_promise(&words) {
            continue;
        }
        for date in days(&words, today) {
            if date >= today && found.iter().all(|other| other.date != date) {
                found.push(Promised { date, sentence: sentence.clone() });
            }
        }
    }
    found.sort();
    found
}

/// The soonest day that a text of ours, sent on `today`, promises.
pub fn first(text: &str, today: Date) -> Option<Date> {
    promises(text, today).first().map(|promised| promised.date)
}

/// The sentences of what is not quoted, white space run together.
fn sentences(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let own = text.lines().map(|line| if line.starts_with('>') { "" } else { line.trim() });
    let mut paragraph: Vec<&str> = Vec::new();
    for line in own.chain([""]) {
        if !line.is_empty() {
            paragraph.push(line);
            continue;
        }
        split(&paragraph.join(" "), &mut out);
        paragraph.clear();
    }
    out
}

/// A point ends a sentence only before a capital letter: `1.12. an Sie` goes on.
fn split(paragraph: &str, out: &mut Vec<String>) {
    let mut sentence = String::new();
    let mut chars = paragraph.chars().peekable();
    let mut before = ' ';
    while let Some(c) = chars.next() {
        sentence.push(c);
        let ends = match c {
            '!' | '?' | ';' => true,
            '.' if before.is_ascii_digit() => false,
            '.' => {
                let mut rest = chars.clone();
                rest.next().is_none_or(char::is_whitespace)
                    && rest.next().is_none_or(char::is_uppercase)
            }
            _ => false,
        };
        if ends {
            out.push(std::mem::take(&mut sentence).trim().to_owned());
        }
        before = c;
    }
    if !sentence.trim().is_empty() {
        out.push(sentence.trim().to_owned());
    }
}

/// Lower case, apostrophes plain, `d'ici` and `j'` as words of their own; points stay within dates.
fn words(sentence: &str) -> Vec<String> {
    let plain = sentence.to_lowercase().replace(['’', 'ʼ'], "'").replace('\'', "' ");
    plain
        .split(|c: char| c.is_whitespace() || ",;:()\"„“”«»!?".contains(c))
        .map(|word| {
            // `1.12.` keeps its points, `friday.` does not.
            let digits = word.starts_with(|c: char| c.is_ascii_digit());
            if digits { word } else { word.trim_matches('.') }.to_owned()
        })
        .filter(|word| !word.is_empty() && word != "-")
        .collect()
}

/// Who asks the client for something promises nothing in that sentence.
const REQUESTS: &[&[&str]] = &[
    &["please"],
    &["kindly"],
    &["could", "you"],
    &["can", "you"],
    &["you", "must"],
    &["you", "should"],
    &["you", "need", "to"],
    &["bitte"],
    &["bitten", "sie"],
    &["könnten", "sie"],
    &["müssen", "sie"],
    &["sie", "müssen"],
    &["veuillez"],
    &["merci", "de"],
    &["pourriez"],
    &["vous", "devez"],
    &["por", "favor"],
    &["debe"],
];

/// How somebody says that we will do something.
const PROMISES: &[&[&str]] = &[
    // English
    &["i", "will"],
    &["we", "will"],
    &["i'", "ll"],
    &["we'", "ll"],
    &["i", "shall"],
    &["we", "shall"],
    &["you", "will", "have"],
    &["you", "will", "receive"],
    &["you", "will", "hear"],
    &["you", "will", "get"],
    &["you'", "ll", "have"],
    &["you'", "ll", "hear"],
    &["you'", "ll", "get"],
    &["i", "promise"],
    &["we", "promise"],
    &["back", "to", "you"],
    &["i", "aim"],
    &["we", "aim"],
    // German
    &["ich"],
    &["wir"],
    &["erhalten", "sie"],
    &["sie", "erhalten"],
    &["bekommen", "sie"],
    &["hören", "sie"],
    // French
    &["je"],
    &["j'"],
    &["nous"],
    &["vous", "recevrez"],
    &["vous", "aurez"],
    // Spanish
    &["le", "enviaré"],
    &["le", "enviaremos"],
    &["le", "responderé"],
    &["le", "responderemos"],
    &["recibirá"],
    &["tendrá"],
];

/// Words before the day by which something will be done.
const UNTIL: &[&[&str]] = &[
    &["by"],
    &["before"],
    &["until"],
    &["no", "later", "than"],
    &["not", "later", "than"],
    &["at", "the", "latest", "on"],
    &["bis"],
    &["spätestens"],
    &["d'", "ici"],
    &["avant"],
    &["au", "plus", "tard"],
    &["antes", "del"],
    &["antes", "de"],
    &["a", "más", "tardar"],
    &["para", "el"],
];

/// Words that may stand between these and the day.
const BETWEEN: &[&str] = &[
    "the",
    "next",
    "this",
    "coming",
    "close",
    "end",
    "of",
    "business",
    "on",
    "day",
    "eod",
    "cob",
    "noon",
    "zum",
    "zu",
    "am",
    "den",
    "dem",
    "der",
    "spätestens",
    "nächsten",
    "kommenden",
    "einschließlich",
    "le",
    "la",
    "au",
    "à",
    "ce",
    "fin",
    "el",
    "este",
    "próximo",
    "mañana's",
];

fn is_promise(words: &[String]) -> bool {
    let says = |phrase: &&[&str]| words.windows(phrase.len()).any(|at| same(at, phrase));
    PROMISES.iter().any(says) && !REQUESTS.iter().any(says)
}

fn same(words: &[String], phrase: &[&str]) -> bool {
    words.len() == phrase.len() && words.iter().zip(phrase).all(|(word, want)| word == want)
}

/// The days that follow such words.
fn days(words: &[String], today: Date) -> Vec<Date> {
    let mut found = Vec::new();
    for start in 0..words.len() {
        let rest = words.get(start..).unwrap_or_default();
        let Some(length) = UNTIL
            .iter()
            .filter(|phrase| rest.get(..phrase.len()).is_some_and(|at| same(at, phrase)))
            .map(|phrase| phrase.len())
            .max()
        else {
            continue;
        };
        let mut rest = rest.get(length..).unwrap_or_default();
        if let Some(date) = week_end(rest, today) {
            found.push(date);
            continue;
        }
        while let Some((first, after)) = rest.split_first() {
            if !BETWEEN.contains(&first.as_str()) || named(rest, today).is_some() {
                break;
            }
            rest = after;
        }
        found.extend(named(rest, today));
    }
    found
}

/// The day with which these words begin.
fn named(words: &[String], today: Date) -> Option<Date> {
    for length in [3, 2, 1] {
        let Some(some) = words.get(..length) else { continue };
        let digits = some.iter().any(|word| word.contains(|c: char| c.is_ascii_digit()));
        let whole = length == 1 && some.first().is_some_and(|word| day::is_day_word(word));
        if (digits && (length > 1 || is_date(some.first()?))) || whole {
            let text = some.join(" ").replace("de ", "");
            if let Some(date) = day::typed(&text, today) {
                return Some(date);
            }
        }
    }
    None
}

/// One word that is a whole date: `1.12.`, `2026-12-01`. A bare number may be anything.
fn is_date(word: &str) -> bool {
    let marks = word.trim_end_matches('.').chars().filter(|c| ".-/".contains(*c)).count();
    marks >= 1 && word.starts_with(|c: char| c.is_ascii_digit())
}

/// `the end of the week`, `Ende der Woche`, `la fin de la semaine`: its Friday.
fn week_end(words: &[String], today: Date) -> Option<Date> {
    let near = words.get(..words.len().min(6)).unwrap_or_default();
    let end = near.iter().any(|word| ["end", "ende", "fin", "final"].contains(&word.as_str()));
    let week =
        near.iter().any(|word| ["week", "woche", "semaine", "semana"].contains(&word.as_str()));
    let other = near.iter().any(|word| word.starts_with("next") || word.starts_with("nächst"));
    if !end || !week || other {
        return None;
    }
    let from_monday = i64::from(today.weekday().to_monday_zero_offset());
    today.checked_add(4_i64.saturating_sub(from_monday).days()).ok().filter(|day| *day >= today)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    /// A Tuesday.
    const TODAY: Date = date(2026, 11, 24);

    fn found(text: &str) -> Vec<Date> {
        promises(text, TODAY).into_iter().map(|promise| promise.date).collect()
    }

    #[test]
    fn a_promised_day_is_found_in_four_languages() {
        let friday = date(2026, 11, 27);
        let monday = date(2026, 11, 30);
        let first = date(2026, 12, 1);
        for (text, day) in [
            ("I will send the draft by Friday.", friday),
            ("We’ll let you have our\nview by close of business on Friday at the latest.", friday),
            ("You will hear from us by 1 December.", first),
            ("We shall answer no later than December 1st.", first),
            ("I'll come back to you by tomorrow noon.", date(2026, 11, 25)),
            ("We will file it by the end of the week.", friday),
            ("I’ll come back to you by the end of Monday, at the latest.", monday),
            ("We will write to you before 1 December.", first),
            ("Happy to come back to you by Friday.", friday),
            ("We'll get back to you by tomorrow", date(2026, 11, 25)),
            ("Wir melden uns bis Montag bei Ihnen.", monday),
            ("Ich schicke Ihnen den Entwurf bis spätestens Freitag.", friday),
            ("Sie erhalten die Klage bis zum 1.12. von uns.", first),
            ("Wir antworten bis zum 1. Dezember.", first),
            ("Wir antworten spätestens am Freitag.", friday),
            ("Ich melde mich bis Ende der Woche.", friday),
            ("Nous vous répondrons d'ici vendredi.", friday),
            ("Je vous envoie le projet d’ici lundi au plus tard.", monday),
            ("Vous recevrez notre avis avant le 1er décembre.", first),
            ("J'aurai le dossier au plus tard vendredi.", friday),
            ("Le enviaremos el borrador antes del viernes.", friday),
            ("Le responderé a más tardar el lunes.", monday),
        ] {
            assert_eq!(found(text), [day], "{text}");
        }
    }

    #[test]
    fn what_the_client_is_to_do_and_what_is_no_day_is_no_promise() {
        for text in [
            "Please send us the lease by Friday.",
            "Could you sign it by Monday?",
            "Bitte schicken Sie uns die Unterlagen bis Montag.",
            "Veuillez nous renvoyer l'acte d'ici vendredi.",
            "The court sits by Friday.",
            "The landlord must let you in by Friday.",
            "I will think about it on Friday.",
            "We will do it by and by. The hearing is on Friday.",
            "I will be brief: no, he cannot.",
            "We will stand by you.",
            "We will do it by the book, by 3 people.",
            "Wir prüfen es bis die Sache klar ist.",
            "Nous irons avant la fin.",
            "> I will send the draft by Friday.",
            "We will answer by 2026-11-20.",
            "",
        ] {
            assert_eq!(found(text), Vec::<Date>::new(), "{text}");
        }
    }

    #[test]
    fn each_day_is_found_once_and_the_soonest_comes_first() {
        let text =
            "We will file by Monday. I will call you by Friday, and we will write by Monday.";
        assert_eq!(found(text), [date(2026, 11, 27), date(2026, 11, 30)]);
    }
}
