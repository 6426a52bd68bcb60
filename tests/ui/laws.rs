//! What holds whatever is pressed, whatever mail says, at whatever size.

use matterbox::{
    app::event::{Event, LinkState, Severity, Tone},
    domain::{id::OutboxId, text::SafeText},
    tui::{Key, Msg},
};
use proptest::prelude::*;

use crate::{
    desk::{Desk, finding, sheet},
    office::{Office, text},
};

/// Keys worth pressing: every bound one, letters, editing keys.
const KEYS: &[&str] = &[
    "j",
    "k",
    "g",
    "G",
    "ctrl-d",
    "ctrl-u",
    "page-down",
    "page-up",
    "enter",
    "tab",
    "shift-tab",
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
    "/",
    "n",
    "N",
    "x",
    "X",
    "*",
    "t",
    "T",
    "U",
    "r",
    "R",
    "a",
    "f",
    "c",
    "s",
    "D",
    "!",
    "|",
    "v",
    "u",
    "ctrl-r",
    ":",
    "?",
    "p",
    "q",
    "esc",
    "y",
    "Y",
    "A",
    "C",
    "ctrl-s",
    "ctrl-e",
    "ctrl-g",
    "ctrl-a",
    "ctrl-p",
    "ctrl-x",
    "ctrl-c",
    "space",
    "backspace",
    "delete",
    "left",
    "right",
    "up",
    "down",
    "home",
    "end",
    "ctrl-w",
    "漢",
    "e",
    "f1",
    "ctrl-l",
];

#[derive(Clone, Debug)]
enum Step {
    Press(&'static str),
    Resize(u16, u16),
    Draft,
    Reviewed(u8),
    Queued,
    Paste(String),
    Changed,
    Link(u8),
    Notice(bool),
    Time(i64),
    Full,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => prop::sample::select(KEYS).prop_map(Step::Press),
        1 => (0_u16..200, 0_u16..70).prop_map(|(width, height)| Step::Resize(width, height)),
        1 => Just(Step::Draft),
        1 => (0_u8..4).prop_map(Step::Reviewed),
        1 => Just(Step::Queued),
        1 => "\\PC{0,20}|[\\x00-\\x7f\u{80}-\u{9f}\u{200b}-\u{200f}\u{202a}-\u{202e}\u{2066}-\u{2069}]{0,12}".prop_map(Step::Paste),
        1 => Just(Step::Changed),
        1 => (0_u8..4).prop_map(Step::Link),
        1 => any::<bool>().prop_map(Step::Notice),
        1 => (0_i64..400_000).prop_map(Step::Time),
        1 => Just(Step::Full),
    ]
}

fn take(desk: &mut Desk, step: &Step) {
    match step {
        Step::Press(key) => {
            desk.give(Msg::Key(Key::parse(key).unwrap()));
        }
        Step::Resize(width, height) => {
            desk.give(Msg::Resize { width: *width, height: *height });
        }
        Step::Draft => {
            desk.writes();
        }
        Step::Reviewed(count) => {
            let findings = (0..*count)
                .map(|n| finding(&n.to_string(), Severity::Confirm, "Something to confirm."))
                .collect();
            let draft = sheet().draft.id;
            desk.hears(Event::Reviewed {
                draft,
                findings,
                footer: sheet().footer,
                recipients: vec![],
            });
        }
        Step::Queued => {
            desk.hears(Event::Queued { item: OutboxId::new(3), held_seconds: 10 });
        }
        Step::Paste(text) => {
            desk.give(Msg::Paste(text.as_str().into()));
        }
        Step::Changed => {
            desk.hears(Event::ChangedEverything);
        }
        Step::Link(0) => {
            desk.link(LinkState::Syncing { stored: 3, total: 0 });
        }
        Step::Link(1) => {
            desk.link(LinkState::Waiting { reason: text("no answer"), retry_seconds: 9 });
        }
        Step::Link(2) => {
            desk.link(LinkState::Stopped { reason: text("wrong password") });
        }
        Step::Link(_) => {
            desk.link(LinkState::Online);
        }
        Step::Notice(bad) => {
            let tone = if *bad { Tone::Problem } else { Tone::Done };
            desk.told(tone, "Something was said.");
        }
        Step::Time(seconds) => {
            desk.passes(*seconds);
        }
        Step::Full => {
            desk.give(Msg::Room(0));
        }
    }
    if !matches!(step, Step::Full) {
        desk.give(Msg::Room(50));
    }
}

/// What must never reach a cell: controls, bidi controls, zero-width space, tags.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn no_script_panics_and_no_cell_holds_a_control(
        steps in prop::collection::vec(step(), 0..60),
        wide: bool,
        start in (20_u16..130, 5_u16..45),
    ) {
        let office = if wide { Office::wide_and_long() } else { Office::full() };
        let mut desk = Desk::at(office, start);
        for step in &steps {
            take(&mut desk, step);
        }
        let buffer = desk.buffer();
        for cell in buffer.content() {
            prop_assert!(!cell.symbol().chars().any(is_unsafe), "{:?}", cell.symbol());
        }
    }

    #[test]
    fn whatever_mail_says_the_screen_shows_no_control(words in "\\PC{0,30}|[\\x00-\\x7f\u{80}-\u{9f}\u{200b}-\u{202e}\u{2066}-\u{2069}]{0,40}") {
        let mut office = Office::full();
        let evil = SafeText::line(&words);
        for row in &mut office.due {
            (row.who, row.subject, row.policy) = (evil.clone(), evil.clone(), evil.clone());
        }
        for view in office.threads.values_mut() {
            view.subject = evil.clone();
            for message in &mut view.messages {
                message.text = SafeText::block(&words);
                message.from = evil.clone();
                message.remarks = vec![evil.clone()];
            }
        }
        let mut desk = Desk::at(office, (120, 40));
        for keys in ["g", "enter", "v"] {
            let buffer = desk.keys(keys).buffer();
            for cell in buffer.content() {
                prop_assert!(!cell.symbol().chars().any(is_unsafe), "{:?}", cell.symbol());
            }
        }
        // A draft carries the sender's raw words: name, subject, quote.
        let mut raw = sheet();
        raw.draft.to[0].name = Some(words.clone());
        raw.draft.subject.clone_from(&words);
        raw.draft.body.clone_from(&words);
        raw.draft.quote.clone_from(&words);
        desk.hears(Event::DraftReady(raw));
        for keys in ["down", "tab", "tab"] {
            let buffer = desk.keys(keys).buffer();
            for cell in buffer.content() {
                prop_assert!(!cell.symbol().chars().any(is_unsafe), "{:?}", cell.symbol());
            }
        }
    }
}
