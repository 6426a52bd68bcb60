//! From key presses to actions: one trie per context, with the four answers a chord can get.
//!
//! Owns the reading of `keys.toml` (shipped defaults, then the person's own file) and its complaints. It never acts.

use std::{collections::BTreeMap, ops::Range};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    action::Action,
    key::{Code, Key, KeyError, chord_sign},
};

/// The shipped key table.
pub const DEFAULT_KEYS: &str = include_str!("../../config/keys.toml");

/// Where a key is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Context {
    /// Everywhere outside fields and layers.
    Global,
    /// In a list.
    List,
    /// In an opened thread.
    Thread,
    /// In the composer.
    Compose,
    /// In a one-line field.
    Field,
    /// In a layer on top of a screen.
    Layer,
}

impl Context {
    /// Every context.
    pub const ALL: [Self; 6] =
        [Self::Global, Self::List, Self::Thread, Self::Compose, Self::Field, Self::Layer];

    /// Its table in `keys.toml`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::List => "list",
            Self::Thread => "thread",
            Self::Compose => "compose",
            Self::Field => "field",
            Self::Layer => "layer",
        }
    }
}

/// A place in the trie: what is bound here, and which keys may follow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    action: Option<Action>,
    next: BTreeMap<Key, Node>,
}

/// What a chord means so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup<'a> {
    /// It is complete.
    Matched(Action),
    /// More keys may follow: the node lists them.
    Pending(&'a Node),
    /// A single key without a meaning here.
    NotFound,
    /// The chord went astray; nothing happened.
    Cancelled(Vec<Key>),
}

/// All key tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap {
    roots: BTreeMap<Context, Node>,
}

/// A key with what it does, for help, the README and `matterbox keys`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRow {
    /// Where.
    pub context: Context,
    /// The chord as `keys.toml` spells it.
    pub chord: String,
    /// The chord in short signs.
    pub sign: String,
    /// What it does.
    pub action: Action,
}

/// What is wrong in a key table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}, line {line}: {problem}")]
pub struct KeysError {
    /// The file's name.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What it is.
    #[source]
    pub problem: KeysProblem,
}

/// The kinds of mistakes in a key table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeysProblem {
    /// Not TOML.
    #[error("not readable as TOML: {0}")]
    Syntax(String),
    /// No such context.
    #[error("there is no context [{found}]; did you mean [{nearest}]?")]
    Context {
        /// What stands there.
        found: String,
        /// The nearest one.
        nearest: &'static str,
    },
    /// No such action.
    #[error("there is no action \"{found}\"; did you mean \"{nearest}\"?")]
    Action {
        /// What stands there.
        found: String,
        /// The nearest one.
        nearest: &'static str,
    },
    /// No such key.
    #[error("\"{found}\": {source}")]
    Key {
        /// What stands there.
        found: String,
        /// What keys look like.
        source: KeyError,
    },
    /// A chord begins with another chord that already acts.
    #[error(
        "\"{chord}\" cannot be reached or would hide another key; set that one to \"none\" first"
    )]
    Hidden {
        /// The chord.
        chord: String,
    },
    /// The value is not a text.
    #[error("the name of an action in quotes is expected")]
    Shape,
}

impl Keymap {
    /// The shipped table with the person's own laid over it. `own` is the file's name and its text.
    pub fn load(own: Option<(&str, &str)>) -> Result<Self, KeysError> {
        let mut map = Self { roots: BTreeMap::new() };
        map.merge("keys.toml (shipped)", DEFAULT_KEYS)?;
        if let Some((file, text)) = own {
            map.merge(file, text)?;
        }
        Ok(map)
    }

    fn merge(&mut self, file: &str, text: &str) -> Result<(), KeysError> {
        let fail = |span: Range<usize>, problem| KeysError {
            file: file.to_owned(),
            line: line_of(text, span.start),
            problem,
        };
        let table = DeTable::parse(text).map_err(|error| {
            fail(error.span().unwrap_or_default(), KeysProblem::Syntax(error.message().to_owned()))
        })?;
        for (name, value) in table.get_ref() {
            let context =
                context_named(name.get_ref()).map_err(|problem| fail(name.span(), problem))?;
            let DeValue::Table(bindings) = value.get_ref() else {
                return Err(fail(value.span(), KeysProblem::Shape));
            };
            for (chord, action) in bindings {
                self.bind(context, chord.get_ref(), action)
                    .map_err(|problem| fail(chord.span(), problem))?;
            }
        }
        Ok(())
    }

    fn bind(
        &mut self,
        context: Context,
        chord: &str,
        action: &Spanned<DeValue<'_>>,
    ) -> Result<(), KeysProblem> {
        let DeValue::String(name) = action.get_ref() else { return Err(KeysProblem::Shape) };
        let keys = Key::parse_chord(chord)
            .map_err(|source| KeysProblem::Key { found: chord.to_owned(), source })?;
        let root = self.roots.entry(context).or_default();
        if name == "none" {
            root.remove(&keys);
            return Ok(());
        }
        let action = Action::named(name).ok_or_else(|| KeysProblem::Action {
            found: name.to_string(),
            nearest: nearest(name, Action::ALL.iter().map(|action| action.name())),
        })?;
        if root.insert(&keys, action) {
            Ok(())
        } else {
            Err(KeysProblem::Hidden { chord: chord.to_owned() })
        }
    }

    /// What the pressed keys mean, asking the contexts in turn: the first that knows them wins.
    pub fn lookup(&self, contexts: &[Context], keys: &[Key]) -> Lookup<'_> {
        for context in contexts {
            let Some(node) = self.roots.get(context).and_then(|root| root.walk(keys)) else {
                continue;
            };
            return match node.action {
                Some(action) => Lookup::Matched(action),
                None => Lookup::Pending(node),
            };
        }
        if keys.len() > 1 { Lookup::Cancelled(keys.to_vec()) } else { Lookup::NotFound }
    }

    /// The handiest chord that does this in these contexts, as a sign: without modifiers, then `esc`, then the
    /// shortest. Where typed characters are `text`, only keys that type none.
    pub fn sign_for(&self, contexts: &[Context], text: bool, action: Action) -> Option<String> {
        contexts.iter().find_map(|context| {
            let mut found = Vec::new();
            self.roots.get(context)?.collect(&mut Vec::new(), &mut found);
            found
                .into_iter()
                .filter(|(_, bound)| *bound == action)
                .map(|(chord, _)| chord)
                .filter(|chord| !text || chord.first().is_some_and(|key| key.types().is_none()))
                .min_by_key(|chord| {
                    let modified = chord.iter().any(|key| key.ctrl || key.alt);
                    let escape = chord.iter().any(|key| key.code == Code::Esc);
                    let sign = chord_sign(chord);
                    (modified, !escape, sign.chars().count(), !sign.is_ascii(), sign)
                })
                .map(|chord| chord_sign(&chord))
        })
    }

    /// Every binding, by context and then in the order of the action table.
    pub fn rows(&self) -> Vec<KeyRow> {
        let mut rows = Vec::new();
        for (context, root) in &self.roots {
            let mut found = Vec::new();
            root.collect(&mut Vec::new(), &mut found);
            found.sort_by_key(|(chord, action)| (*action, chord.len()));
            rows.extend(found.into_iter().map(|(chord, action)| KeyRow {
                context: *context,
                chord: chord.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
                sign: chord_sign(&chord),
                action,
            }));
        }
        rows
    }
}

impl Node {
    /// The keys that may follow, each with what it does (or `…` where still more follow).
    pub fn following(&self) -> Vec<(String, &'static str)> {
        self.next
            .iter()
            .map(|(key, node)| (key.sign(), node.action.map_or("…", Action::description)))
            .collect()
    }

    fn walk(&self, keys: &[Key]) -> Option<&Self> {
        keys.iter().try_fold(self, |node, key| node.next.get(key))
    }

    /// `false` if the chord goes through one that acts, or is the beginning of longer ones.
    fn insert(&mut self, keys: &[Key], action: Action) -> bool {
        let Some((first, rest)) = keys.split_first() else {
            let free = self.next.is_empty();
            if free {
                self.action = Some(action);
            }
            return free;
        };
        self.action.is_none() && self.next.entry(*first).or_default().insert(rest, action)
    }

    fn remove(&mut self, keys: &[Key]) {
        let Some((first, rest)) = keys.split_first() else {
            self.action = None;
            return;
        };
        if let Some(node) = self.next.get_mut(first) {
            node.remove(rest);
            if node.action.is_none() && node.next.is_empty() {
                self.next.remove(first);
            }
        }
    }

    fn collect(&self, path: &mut Vec<Key>, found: &mut Vec<(Vec<Key>, Action)>) {
        if let Some(action) = self.action {
            found.push((path.clone(), action));
        }
        for (key, node) in &self.next {
            path.push(*key);
            node.collect(path, found);
            path.pop();
        }
    }
}

fn context_named(name: &str) -> Result<Context, KeysProblem> {
    Context::ALL.into_iter().find(|context| context.name() == name).ok_or_else(|| {
        KeysProblem::Context {
            found: name.to_owned(),
            nearest: nearest(name, Context::ALL.iter().map(|context| context.name())),
        }
    })
}

fn line_of(text: &str, at: usize) -> usize {
    let before = text.as_bytes().get(..at).unwrap_or_default();
    before.split(|byte| *byte == b'\n').count()
}

/// The candidate that needs the fewest edits.
pub(super) fn nearest(found: &str, candidates: impl Iterator<Item = &'static str>) -> &'static str {
    candidates.min_by_key(|candidate| distance(found, candidate)).unwrap_or_default()
}

/// Levenshtein's distance in characters.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i.saturating_add(1);
        for (y, cell) in b.chars().zip(row.iter_mut().skip(1)) {
            let up = *cell;
            let cost = usize::from(x != y).saturating_add(diagonal);
            left = cost.min(up.saturating_add(1)).min(left.saturating_add(1));
            diagonal = up;
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i.saturating_add(1);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<Key> {
        Key::parse_chord(text).unwrap()
    }

    #[test]
    fn the_shipped_table_loads_and_names_no_key_twice() {
        let rows = Keymap::load(None).unwrap().rows();
        let lines = DEFAULT_KEYS.lines().filter(|line| line.starts_with('"')).count();
        assert_eq!(rows.len(), lines);
    }

    #[test]
    fn every_action_has_a_key() {
        let rows = Keymap::load(None).unwrap().rows();
        for action in Action::ALL {
            assert!(rows.iter().any(|row| row.action == *action), "{}", action.name());
        }
    }

    #[test]
    fn a_chord_gets_one_of_four_answers() {
        let own = "[list]\n\"g\" = \"none\"\n\"g i\" = \"view-inbox\"\n";
        let map = Keymap::load(Some(("keys.toml", own))).unwrap();
        let list = [Context::List, Context::Global];
        assert_eq!(map.lookup(&list, &keys("g i")), Lookup::Matched(Action::ViewInbox));
        assert!(matches!(map.lookup(&list, &keys("g")), Lookup::Pending(node)
            if node.following() == [("i".to_owned(), Action::ViewInbox.description())]));
        assert_eq!(map.lookup(&list, &keys("ctrl-y")), Lookup::NotFound);
        assert_eq!(map.lookup(&list, &keys("g j")), Lookup::Cancelled(keys("g j")));
        assert_eq!(map.lookup(&list, &keys("1")), Lookup::Matched(Action::ViewDue));
    }

    #[test]
    fn a_mistake_is_named_with_its_line_and_the_nearest_word() {
        let complain = |text| Keymap::load(Some(("my/keys.toml", text))).unwrap_err().to_string();
        assert_eq!(
            complain("# mine\n[list]\n\"t\" = \"tagg\"\n"),
            "my/keys.toml, line 3: there is no action \"tagg\"; did you mean \"tag\"?"
        );
        assert_eq!(
            complain("[lst]\n"),
            "my/keys.toml, line 1: there is no context [lst]; did you mean [list]?"
        );
        assert!(complain("[list]\n\"ctl-x\" = \"tag\"\n").contains("line 2: \"ctl-x\": not a key"));
        assert!(complain("[list]\n\"g i\" = \"tag\"\n").contains("would hide another key"));
        assert!(complain("[list]\nt = 3\n").contains("in quotes"));
        assert!(complain("[list\n").contains("line 1: not readable as TOML"));
        assert!(complain("[list]\nt = \"tag\"\nt = \"up\"\n").contains("line 3"));
    }

    #[test]
    fn the_printed_table_parses_to_the_same_table() {
        let map = Keymap::load(None).unwrap();
        let mut text = String::new();
        let mut last = None;
        for row in map.rows() {
            if last != Some(row.context) {
                text = text + "[" + row.context.name() + "]\n";
                last = Some(row.context);
            }
            text = text + "'" + &row.chord + "' = '" + row.action.name() + "'\n";
        }
        let mut again = Keymap { roots: BTreeMap::new() };
        again.merge("printed", &text).unwrap();
        assert_eq!(again, map);
    }
}
