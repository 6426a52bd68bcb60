//! A key press as `keys.toml` spells it: `j`, `G`, `ctrl-d`, `page-down`; a chord is several with spaces between.
//!
//! Owns parsing and printing, which are each other's inverse. It never knows what a key does.

use std::fmt;

/// One key press with its modifiers, normalised: an upper-case letter carries no `shift`, `ctrl` letters are lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Which key.
    pub code: Code,
    /// With Ctrl held.
    pub ctrl: bool,
    /// With Alt held.
    pub alt: bool,
    /// With Shift held (only where the key itself does not show it).
    pub shift: bool,
}

/// Which key it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// A key that types this character.
    Char(char),
    /// Function key 1 to 24.
    F(u8),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab; with shift it is the back tab.
    Tab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Insert.
    Insert,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
}

/// The named keys: code, name in `keys.toml`, sign in hints.
const NAMED: &[(Code, &str, &str)] = &[
    (Code::Enter, "enter", "⏎"),
    (Code::Esc, "esc", "esc"),
    (Code::Tab, "tab", "tab"),
    (Code::Backspace, "backspace", "bksp"),
    (Code::Delete, "delete", "del"),
    (Code::Insert, "insert", "ins"),
    (Code::Up, "up", "↑"),
    (Code::Down, "down", "↓"),
    (Code::Left, "left", "←"),
    (Code::Right, "right", "→"),
    (Code::Home, "home", "home"),
    (Code::End, "end", "end"),
    (Code::PageUp, "page-up", "pgup"),
    (Code::PageDown, "page-down", "pgdn"),
    (Code::Char(' '), "space", "space"),
];

/// The text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a key; keys look like j, G, ctrl-d, alt-x, enter, esc, space, page-down, f5")]
pub struct KeyError;

impl Key {
    /// A key without modifiers.
    pub const fn plain(code: Code) -> Self {
        Self { code, ctrl: false, alt: false, shift: false }
    }

    /// Brings a key into the one form in which it is compared.
    #[must_use]
    pub fn normalised(mut self) -> Self {
        if let Code::Char(c) = self.code {
            let mut lower = c.to_lowercase();
            self.code = match (self.ctrl, lower.next(), lower.next()) {
                (true, Some(one), None) => Code::Char(one),
                _ => Code::Char(c),
            };
            self.shift = false;
        }
        self
    }

    /// The character that it types, if it types one.
    pub const fn types(self) -> Option<char> {
        match self.code {
            Code::Char(c) if !self.ctrl && !self.alt => Some(c),
            Code::Char(_)
            | Code::F(_)
            | Code::Enter
            | Code::Esc
            | Code::Tab
            | Code::Backspace
            | Code::Delete
            | Code::Insert
            | Code::Up
            | Code::Down
            | Code::Left
            | Code::Right
            | Code::Home
            | Code::End
            | Code::PageUp
            | Code::PageDown => None,
        }
    }

    /// Parses one key.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut key = Self::plain(Code::Esc);
        let mut rest = text;
        loop {
            let (flag, tail) = if let Some(tail) = rest.strip_prefix("ctrl-") {
                (&mut key.ctrl, tail)
            } else if let Some(tail) = rest.strip_prefix("alt-") {
                (&mut key.alt, tail)
            } else if let Some(tail) = rest.strip_prefix("shift-") {
                (&mut key.shift, tail)
            } else {
                break;
            };
            *flag = true;
            rest = tail;
        }
        key.code = code(rest).ok_or(KeyError)?;
        Ok(key.normalised())
    }

    /// Parses a chord: keys with spaces between them.
    pub fn parse_chord(text: &str) -> Result<Vec<Self>, KeyError> {
        let keys: Vec<Self> = text.split_whitespace().map(Self::parse).collect::<Result<_, _>>()?;
        if keys.is_empty() { Err(KeyError) } else { Ok(keys) }
    }

    /// The short sign of hints and help, such as `^d` or `⏎`.
    pub fn sign(self) -> String {
        let ctrl = if self.ctrl { "^" } else { "" };
        let alt = if self.alt { "M-" } else { "" };
        let shift = if self.shift { "⇧" } else { "" };
        let named = NAMED.iter().find(|(code, ..)| *code == self.code).map(|(_, _, sign)| *sign);
        match (self.code, named) {
            (_, Some(sign)) => format!("{ctrl}{alt}{shift}{sign}"),
            (Code::Char(c), None) => format!("{ctrl}{alt}{shift}{c}"),
            (Code::F(n), None) => format!("{ctrl}{alt}{shift}F{n}"),
            (_, None) => String::new(),
        }
    }
}

/// The signs of a chord, one after the other.
pub fn chord_sign(chord: &[Key]) -> String {
    chord.iter().map(|key| key.sign()).collect::<Vec<_>>().join(" ")
}

fn code(text: &str) -> Option<Code> {
    if let Some((code, ..)) = NAMED.iter().find(|(_, name, _)| *name == text) {
        return Some(*code);
    }
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) if !c.is_control() && !c.is_whitespace() => Some(Code::Char(c)),
        (Some('f'), Some(_)) => {
            let n: u8 = text.strip_prefix('f')?.parse().ok()?;
            ((1..=24).contains(&n) && text == format!("f{n}")).then_some(Code::F(n))
        }
        (Some(_) | None, _) => None,
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (on, word) in [(self.ctrl, "ctrl-"), (self.alt, "alt-"), (self.shift, "shift-")] {
            if on {
                f.write_str(word)?;
            }
        }
        let named = NAMED.iter().find(|(code, ..)| *code == self.code).map(|(_, name, _)| *name);
        match (self.code, named) {
            (_, Some(name)) => f.write_str(name),
            (Code::Char(c), None) => write!(f, "{c}"),
            (Code::F(n), None) => write!(f, "f{n}"),
            (_, None) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_code() -> impl Strategy<Value = Code> {
        prop_oneof![
            any::<char>()
                .prop_filter("typable", |c| !c.is_control() && (*c == ' ' || !c.is_whitespace()))
                .prop_map(Code::Char),
            (1_u8..=24).prop_map(Code::F),
            prop::sample::select(NAMED.iter().map(|(code, ..)| *code).collect::<Vec<_>>()),
        ]
    }

    proptest! {
        #[test]
        fn a_printed_key_parses_to_itself(
            code in any_code(), ctrl: bool, alt: bool, shift: bool
        ) {
            let key = Key { code, ctrl, alt, shift }.normalised();
            prop_assert_eq!(Key::parse(&key.to_string()), Ok(key));
        }
    }

    #[test]
    fn keys_are_spelled_as_people_spell_them() {
        assert_eq!(Key::parse("G").unwrap(), Key::plain(Code::Char('G')));
        assert_eq!(Key::parse("ctrl-D").unwrap(), Key::parse("ctrl-d").unwrap());
        assert_eq!(Key::parse("-").unwrap(), Key::plain(Code::Char('-')));
        assert_eq!(Key::parse_chord("g space").unwrap().len(), 2);
        for text in ["", "ctrl-", "foo", "f0", "f25", "f01", "F5x", "a b"] {
            assert!(Key::parse(text).is_err(), "{text:?}");
        }
    }
}
