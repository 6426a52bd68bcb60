//! Addresses that look like one the office knows, but are not: a slip of the finger or a fraud.
//!
//! Owns the comparison. It never decides what follows from it; that is [`review`](super::review).

use std::fmt;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::address::EmailAddress;

/// How an unknown address resembles a known one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// Different characters that look the same (`rn` for `m`, Cyrillic `а` for Latin `a`, `0` for `o`).
    Homoglyph,
    /// The same name under another ending (`.com` for `.example`).
    OtherEnding,
    /// One or two characters were added, dropped, changed or swapped.
    Spelling,
}

impl Likeness {
    /// The verb of the sentence: `A … B`.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Homoglyph => "has letters that only look like those of",
            Self::OtherEnding => "has another ending than",
            Self::Spelling => "is spelled almost like",
        }
    }
}

/// How an address looks, made once: one is compared with many.
#[derive(Clone, PartialEq, Eq)]
pub struct Looks {
    address: EmailAddress,
    local: Part,
    host: Part,
    /// The host without its ending; `None` when it has none, or is too short to tell.
    name: Option<Part>,
    /// The host is of a provider with whom everyone can have an address.
    shared: bool,
}

/// A part of an address in lower case, with what is cheap to compare.
#[derive(Clone, PartialEq, Eq)]
struct Part {
    text: String,
    skeleton: String,
    chars: usize,
    /// One bit for each character that occurs, by its number modulo 64.
    letters: u64,
}

impl Part {
    fn of(text: &str) -> Self {
        let text = text.to_lowercase();
        let letters = text.chars().fold(0, |bits, c| bits | 1 << (u32::from(c) % 64));
        Self { skeleton: skeleton(&text), chars: text.chars().count(), letters, text }
    }

    /// Two short names differ by nature; the shorter they are, the fewer slips count.
    fn is_near(&self, other: &Self) -> bool {
        let most: u32 = match self.chars.min(other.chars) {
            0..=3 => return false,
            4..=7 => 1,
            _ => 2,
        };
        // A slip adds or drops one character at most and brings one that was not there for one that was.
        let strange = (self.letters ^ other.letters).count_ones();
        let longer = u32::try_from(self.chars.abs_diff(other.chars)).unwrap_or(u32::MAX);
        longer <= most
            && strange <= most.saturating_mul(2)
            && u32::try_from(distance(&self.text, &other.text)).is_ok_and(|slips| slips <= most)
    }
}

impl fmt::Debug for Looks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Looks").finish_non_exhaustive()
    }
}

impl Looks {
    /// Of this address.
    pub fn of(address: &EmailAddress) -> Self {
        let host = Part::of(address.domain());
        let name = without_ending(&host.text).map(Part::of);
        let shared = is_shared(&host.text);
        Self { address: address.clone(), local: Part::of(address.local()), host, name, shared }
    }

    /// Whose looks these are.
    pub const fn address(&self) -> &EmailAddress {
        &self.address
    }

    /// Compares it, as unknown, with a known one; `None` when they are equal, or not alike.
    pub fn likeness(&self, known: &Self) -> Option<Likeness> {
        if self.address == known.address {
            return None;
        }
        let same_person = self.local.skeleton == known.local.skeleton;
        if self.host.text == known.host.text {
            return if same_person {
                Some(Likeness::Homoglyph)
            } else {
                self.local.is_near(&known.local).then_some(Likeness::Spelling)
            };
        }
        // Nobody can take the domain of a large provider in order to deceive; its customers are strangers to each other.
        self.host_likeness(known).filter(|_| same_person || !self.shared)
    }

    fn host_likeness(&self, known: &Self) -> Option<Likeness> {
        if self.host.skeleton == known.host.skeleton {
            return Some(Likeness::Homoglyph);
        }
        let (mine, theirs) = (self.name.as_ref()?, known.name.as_ref()?);
        if mine.text == theirs.text {
            return Some(Likeness::OtherEnding);
        }
        // Endings do not make a short name long: `bp.com` is no slip for `hp.com`.
        let ending =
            |looks: &Self, name: &Part| looks.host.text.strip_prefix(&name.text).map(str::to_owned);
        (ending(self, mine) == ending(known, theirs) && mine.is_near(theirs))
            .then_some(Likeness::Spelling)
    }
}

/// Providers that give an address to everyone, under `.com` and the endings of countries.
const SHARED_EVERYWHERE: &[&str] = &["yahoo", "hotmail", "live", "outlook", "gmx", "aol", "msn"];

/// Providers that give an address to everyone, under this domain.
const SHARED_HOSTS: &[&str] = &[
    "gmail.com",
    "googlemail.com",
    "icloud.com",
    "me.com",
    "mac.com",
    "mail.com",
    "email.com",
    "ymail.com",
    "rocketmail.com",
    "fastmail.com",
    "proton.me",
    "protonmail.com",
    "pm.me",
    "zoho.com",
    "hey.com",
    "tutanota.com",
    "tuta.com",
    "yandex.com",
    "yandex.ru",
    "mail.ru",
    "web.de",
    "t-online.de",
    "freenet.de",
    "arcor.de",
    "posteo.de",
    "mailbox.org",
    "bluewin.ch",
    "orange.fr",
    "wanadoo.fr",
    "free.fr",
    "sfr.fr",
    "laposte.net",
    "libero.it",
    "virgilio.it",
    "tiscali.it",
    "telefonica.net",
    "ziggo.nl",
    "kpnmail.nl",
    "telenet.be",
    "btinternet.com",
    "virginmedia.com",
    "ntlworld.com",
    "talktalk.net",
    "sky.com",
    "comcast.net",
    "verizon.net",
    "att.net",
    "sbcglobal.net",
    "bellsouth.net",
    "cox.net",
    "charter.net",
    "rogers.com",
    "bigpond.com",
    "qq.com",
    "163.com",
    "126.com",
    "naver.com",
];

/// Is it the domain, in lower case, of a provider with whom everyone can have an address?
fn is_shared(host: &str) -> bool {
    let under_country = |ending: &str| {
        let country =
            ending.strip_prefix("co.").or_else(|| ending.strip_prefix("com.")).unwrap_or(ending);
        matches!(ending, "com" | "net") || (country.len() == 2 && country.is_ascii())
    };
    SHARED_HOSTS.contains(&host)
        || host.split_once('.').is_some_and(|(name, ending)| {
            SHARED_EVERYWHERE.contains(&name) && under_country(ending)
        })
}

/// Does a domain label hide other letters (punycode, RFC 3492) or use letters outside ASCII?
pub fn is_internationalised(address: &EmailAddress) -> bool {
    address.domain().split('.').any(|label| {
        !label.is_ascii() || label.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("xn--"))
    })
}

/// The labels but for the last ones: what `tan-law.example` and `tan-law.co.example` have in common.
fn without_ending(host: &str) -> Option<&str> {
    let (rest, last) = host.rsplit_once('.')?;
    let name = match rest.rsplit_once('.') {
        Some((rest, second)) if second.len() <= 3 && last.len() == 2 => rest,
        Some(_) | None => rest,
    };
    (name.chars().count() >= 3).then_some(name)
}

/// What remains of a text when characters that look alike become one.
fn skeleton(text: &str) -> String {
    let plain: String = text
        .nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .map(prototype)
        .collect();
    plain.replace("rn", "m").replace("vv", "w").replace("cl", "d")
}

const fn prototype(c: char) -> char {
    match c {
        '0' | 'о' | 'ο' | 'օ' => 'o',
        '1' | 'i' | '|' | 'і' | 'ӏ' | 'ı' | 'ι' | 'ł' => 'l',
        'а' | 'α' | 'ɑ' => 'a',
        'е' | 'ҽ' => 'e',
        'р' | 'ρ' => 'p',
        'с' | 'ϲ' => 'c',
        'у' | 'γ' => 'y',
        'х' | 'χ' => 'x',
        'ѕ' | '5' => 's',
        'ј' => 'j',
        'ԁ' => 'd',
        'ԛ' => 'q',
        'ԝ' | 'ω' => 'w',
        'ν' | 'ѵ' => 'v',
        'κ' | 'к' => 'k',
        'τ' | 'т' => 't',
        'в' => 'b',
        'м' => 'm',
        'һ' | 'н' => 'h',
        'ո' => 'n',
        'υ' | 'ս' => 'u',
        c => c,
    }
}

/// Edits between two texts, a swap of neighbours being one (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > 2 {
        return a.len().abs_diff(b.len());
    }
    let at = |row: &[usize], i: usize| row.get(i).copied().unwrap_or(usize::MAX);
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i.saturating_add(1)];
        for (j, y) in b.iter().enumerate() {
            let change = at(&last, j).saturating_add(usize::from(x != y));
            let add = at(&row, j).saturating_add(1);
            let drop = at(&last, j.saturating_add(1)).saturating_add(1);
            let mut best = change.min(add).min(drop);
            let swapped = i
                .checked_sub(1)
                .zip(j.checked_sub(1))
                .is_some_and(|(p, q)| a.get(p) == Some(y) && b.get(q) == Some(x));
            if swapped && let Some(q) = j.checked_sub(1) {
                best = best.min(at(&before, q).saturating_add(1));
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(a: &str, b: &str) -> Option<Likeness> {
        let looks = |text| Looks::of(&EmailAddress::parse(text).unwrap());
        looks(a).likeness(&looks(b))
    }

    #[test]
    fn look_alikes_are_seen() {
        for (fake, real, how) in [
            ("kofi@mensah-law.com", "kofi@mensah-law.example", Likeness::OtherEnding),
            ("kofi@rnensah.example", "kofi@mensah.example", Likeness::Homoglyph),
            ("kofi@mens\u{430}h.example", "kofi@mensah.example", Likeness::Homoglyph),
            ("kofl@mensah.example", "kofi@mensah.example", Likeness::Homoglyph),
            ("kofi@mensha.example", "kofi@mensah.example", Likeness::Spelling),
            ("kofi.mensa@mail.example", "kofi.mensah@mail.example", Likeness::Spelling),
            ("kofi@tanlaw.example", "kofi@tanlaw.co.uk", Likeness::OtherEnding),
        ] {
            assert_eq!(alike(fake, real), Some(how), "{fake} {real}");
        }
    }

    #[test]
    fn different_people_are_not_look_alikes() {
        for (a, b) in [
            ("kofi@mensah.example", "KOFI@mensah.example"),
            ("ann@harlow.example", "kofi@mensah.example"),
            ("ann@harlow.example", "bob@harlow.example"),
            ("x@gmx.de", "x@web.de"),
            ("ann@bp.com", "kofi@hp.com"),
            ("ann@abs.com", "kofi@ubs.com"),
        ] {
            assert_eq!(alike(a, b), None, "{a} {b}");
        }
    }

    #[test]
    fn customers_of_two_large_providers_are_strangers_unless_they_bear_one_name() {
        for (a, b) in [
            ("ann@hotmail.co.uk", "kofi@hotmail.com"),
            ("ann@yahoo.fr", "kofi@yahoo.com"),
            ("ann@gmx.de", "kofi@gmx.net"),
            ("ann@mail.com", "kofi@gmail.com"),
        ] {
            assert_eq!(alike(a, b), None, "{a} {b}");
        }
        assert_eq!(alike("kofi@yahoo.fr", "kofi@yahoo.com"), Some(Likeness::OtherEnding));
        assert_eq!(alike("kofi@mail.com", "kofi@gmail.com"), Some(Likeness::Spelling));
        assert_eq!(alike("ann@gmial.com", "kofi@gmail.com"), Some(Likeness::Spelling));
    }

    #[test]
    fn a_swap_of_neighbours_is_one_slip() {
        assert_eq!(distance("mensah", "mensha"), 1);
        assert_eq!(distance("", "ab"), 2);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn punycode_is_seen() {
        assert!(is_internationalised(&EmailAddress::parse("a@xn--mensh-8qa.example").unwrap()));
        assert!(!is_internationalised(&EmailAddress::parse("a@mensah.example").unwrap()));
    }
}
