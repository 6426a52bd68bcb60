//! A person at the screen: presses keys, sees a picture; behind it a fake engine that answers from an [`Office`].

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, civil::date};
use matterbox::{
    app::{
        command::Command,
        event::{DraftSheet, Event, Finding, LinkState, Notice, PromiseDays, Severity, Tone},
        rows::Query,
    },
    domain::{
        address::{EmailAddress, NamedAddress},
        confidential::Confidential,
        draft::{Draft, Enclosure, Recipient, ReplyKind},
        id::{AccountId, DraftId, MatterId, ThreadId},
        matter::Role,
        text::SafeText,
    },
    tui::{self, Effect, Key, Keymap, Model, Msg, Theme},
};
use ratatui::{Terminal, backend::TestBackend, buffer::Buffer};

use crate::office::{self, Office, text};

pub struct Desk {
    pub model: Model,
    pub office: Office,
    pub now: Timestamp,
    /// What was asked of the engine so far.
    pub done: Vec<Command>,
    /// Questions that are not answered yet.
    pub asked: Vec<(u64, Query)>,
    /// Everything else that was wished.
    pub wished: Vec<Effect>,
    /// Does the engine answer at once?
    pub prompt: bool,
    size: (u16, u16),
}

impl Desk {
    pub fn at(office: Office, size: (u16, u16)) -> Self {
        Self::with(office, size, Theme::shipped("paper", true).unwrap())
    }

    pub fn with(office: Office, size: (u16, u16), theme: Theme) -> Self {
        let keys = Keymap::load(None).unwrap();
        let now = office::now();
        let model = Model::new(size, now, office::zone(), theme, keys);
        let mut desk = Self {
            model,
            office,
            now,
            done: Vec::new(),
            asked: Vec::new(),
            wished: Vec::new(),
            prompt: true,
            size,
        };
        desk.give(Msg::Room(100));
        desk.give(Msg::Event(Event::Link { account: AccountId::new(1), state: LinkState::Online }));
        desk.give(Msg::Start);
        desk
    }

    pub fn full(size: (u16, u16)) -> Self {
        Self::at(Office::full(), size)
    }

    /// One message; a new size is that of the picture, too. The engine answers until it has nothing left to answer.
    pub fn give(&mut self, msg: Msg) -> &mut Self {
        if let Msg::Resize { width, height } = &msg {
            self.size = (*width, *height);
        }
        self.take(msg);
        while self.prompt && !self.asked.is_empty() {
            self.answer_all();
        }
        self
    }

    pub fn answer_all(&mut self) -> &mut Self {
        for (generation, query) in std::mem::take(&mut self.asked) {
            let answer = Box::new(self.office.answer(&query));
            self.take(Msg::Event(Event::Answer { generation, answer }));
        }
        self
    }

    fn take(&mut self, msg: Msg) {
        for effect in tui::update(&mut self.model, self.now, msg) {
            match effect {
                Effect::Do(command) => self.done.push(command),
                Effect::Ask { generation, query } => self.asked.push((generation, query)),
                other @ (Effect::Edit(_)
                | Effect::Attach { .. }
                | Effect::Complete(_)
                | Effect::Suspend
                | Effect::Clear
                | Effect::Quit) => {
                    self.wished.push(other);
                }
            }
        }
    }

    /// Presses keys, spelled as in `keys.toml`.
    pub fn keys(&mut self, script: &str) -> &mut Self {
        for key in Key::parse_chord(script).unwrap() {
            self.give(Msg::Room(100));
            self.give(Msg::Key(key));
        }
        self
    }

    /// Types a text.
    pub fn types(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            let key = Key::plain(tui::Code::Char(c));
            self.give(Msg::Key(key));
        }
        self
    }

    pub fn hears(&mut self, event: Event) -> &mut Self {
        self.give(Msg::Event(event))
    }

    pub fn told(&mut self, tone: Tone, sentence: &str) -> &mut Self {
        self.hears(Event::Notice(Notice { tone, text: text(sentence), offer: None }))
    }

    pub fn link(&mut self, state: LinkState) -> &mut Self {
        self.hears(Event::Link { account: AccountId::new(1), state })
    }

    pub fn passes(&mut self, seconds: i64) -> &mut Self {
        self.now = self.now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
        self.give(Msg::Tick)
    }

    pub fn buffer(&mut self) -> Buffer {
        let backend = TestBackend::new(self.size.0, self.size.1);
        let mut terminal = Terminal::new(backend).unwrap();
        terminal.draw(|frame| tui::view(&self.model, frame)).unwrap();
        terminal.backend().buffer().clone()
    }

    /// The picture as text, without blanks at the ends of lines.
    pub fn picture(&mut self) -> String {
        let buffer = self.buffer();
        let width = usize::from(buffer.area.width);
        let mut lines = Vec::new();
        for row in buffer.content().chunks(width) {
            let mut line = String::new();
            let mut skip = 0_usize;
            for cell in row {
                if skip > 0 {
                    skip -= 1;
                    continue;
                }
                line.push_str(cell.symbol());
                let cells = unicode_width::UnicodeWidthStr::width(cell.symbol());
                skip = cells.saturating_sub(1);
            }
            lines.push(line.trim_end().to_owned());
        }
        lines.join("\n")
    }

    pub fn shows(&mut self, text: &str) -> &mut Self {
        let picture = self.picture();
        assert!(picture.contains(text), "does not show {text:?}:\n{picture}");
        self
    }

    pub fn hides(&mut self, text: &str) -> &mut Self {
        let picture = self.picture();
        assert!(!picture.contains(text), "shows {text:?}:\n{picture}");
        self
    }

    /// The line with the pointer.
    pub fn selected(&mut self) -> String {
        let picture = self.picture();
        let line = picture.lines().find(|line| line.starts_with(" ▸") || line.starts_with("x▸"));
        line.unwrap_or_default().to_owned()
    }

    /// The last command.
    pub fn last(&self) -> &Command {
        self.done.last().expect("a command was given")
    }

    /// Opens the composer as the engine would after `r`.
    pub fn writes(&mut self) -> &mut Self {
        self.hears(Event::DraftReady(sheet()))
    }
}

pub fn address(name: &str, address: &str) -> NamedAddress {
    NamedAddress { name: Some(name.to_owned()), address: EmailAddress::parse(address).unwrap() }
}

pub fn sheet() -> Box<DraftSheet> {
    let kofi = address("Kofi Mensah", "kofi@mensah.example");
    let counsel = address("P. Lindqvist", "pl@harlowlaw.example");
    let draft = Draft {
        id: DraftId::new(7),
        kind: ReplyKind::Reply,
        thread: Some(ThreadId::new(2)),
        parent: None,
        matter: Some(MatterId::new(121)),
        from: address("Alice Stone", "alice@firm.example"),
        to: vec![kofi.clone()],
        cc: vec![counsel.clone()],
        bcc: Vec::new(),
        subject: "Re: Lease: the landlord called again".to_owned(),
        body: String::new(),
        attachments: Vec::new(),
        privilege: None,
        holding: None,
        quote: "> Can he do that?\n> And should I still pay?\n".to_owned(),
    };
    Box::new(DraftSheet {
        draft,
        recipients: vec![
            Recipient { address: kofi, role: Some(Role::Client) },
            Recipient { address: counsel, role: Some(Role::OpposingCounsel) },
        ],
        matter: Some(text("2026-0121 Mensah v. Harlow")),
        footer: SafeText::block(
            "This message is confidential and may be privileged. If you received it in error, please tell us and delete it.",
        ),
        promise: Some(PromiseDays {
            today: date(2026, 11, 24),
            usual: date(2026, 11, 25),
            last: date(2026, 12, 2),
        }),
        most_bytes: 25 << 20,
    })
}

pub fn finding(key: &str, severity: Severity, sentence: &str) -> Finding {
    Finding { key: key.to_owned(), severity, text: text(sentence), word: None }
}

/// A file as the disk gives it.
pub fn enclosure(name: &str, size: usize) -> Enclosure {
    Enclosure {
        name: name.to_owned(),
        media_type: "application/octet-stream".to_owned(),
        bytes: Arc::new(Confidential::new(vec![7; size])),
    }
}
