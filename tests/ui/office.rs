//! A practice office at a fixed instant: the answers that a fake engine gives.
//!
//! It is Tuesday 24 November 2026, 13:40 in New York.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{Timestamp, tz::TimeZone};
use matterbox::{
    app::operated,
    app::rows::{
        Answer, AttachmentView, Counts, DestinationRow, DueRow, FolderRow, FolderState, KeptRow,
        MatterLabel, MatterRow, MessageView, OperationView, OutboxRow, OutboxWord, Query, RowMarks,
        SearchHit, SearchResult, Suggestion, ThreadRow, ThreadView, UntaggedRow,
    },
    domain::{
        calendar::{CalendarPlan, Shift, WorkCalendar},
        footer::Privilege,
        id::{
            AccountId, AttachmentId, DraftId, MailboxId, MatterId, MessageKey, OperationId,
            OutboxId, ThreadId,
        },
        matter::{MatterStatus, Role},
        message::Direction,
        operation::{Deed, Flag, Folder, Stage},
        sla::{ClockKind, Running},
        text::SafeText,
    },
    store::operations::OperationRow,
};

pub fn zone() -> TimeZone {
    TimeZone::get("America/New_York").unwrap()
}

/// An instant by the office's wall clock: `24 13:40` is the 24th of November 2026.
pub fn at(text: &str) -> Timestamp {
    let (day, time) = text.split_once(' ').unwrap();
    let civil: jiff::civil::DateTime = format!("2026-11-{day}T{time}:00").parse().unwrap();
    civil.to_zoned_datetime(zone()).unwrap().timestamp()
}

pub fn now() -> Timestamp {
    at("24 13:40")
}

pub fn calendar() -> Arc<WorkCalendar> {
    let hours = vec![Shift::new(9 * 60, 17 * 60).unwrap()];
    let week = std::array::from_fn(|day| if day < 5 { hours.clone() } else { Vec::new() });
    let plan = CalendarPlan {
        name: "NY".to_owned(),
        zone: "America/New_York".to_owned(),
        week,
        closed: BTreeMap::new(),
        special: BTreeMap::new(),
    };
    Arc::new(WorkCalendar::new(plan).unwrap())
}

pub fn text(text: &str) -> SafeText {
    SafeText::line(text)
}

pub fn matter(id: i64, number: &str, name: &str) -> MatterLabel {
    MatterLabel { id: MatterId::new(id), number: text(number), name: text(name) }
}

fn running(clock: ClockKind, started: &str, due: &str) -> Running {
    Running { clock, started: at(started), due: at(due) }
}

/// The answers. Every list can be replaced by a test.
#[derive(Clone)]
pub struct Office {
    pub counts: Counts,
    pub due: Vec<DueRow>,
    pub inbox: Vec<ThreadRow>,
    pub untagged: Vec<UntaggedRow>,
    pub matters: Vec<MatterRow>,
    pub outbox: Vec<OutboxRow>,
    pub kept: Vec<KeptRow>,
    pub hits: Vec<SearchHit>,
    pub complaint: Option<SafeText>,
    pub destinations: Vec<DestinationRow>,
    pub operations: Vec<OperationView>,
    pub threads: BTreeMap<ThreadId, ThreadView>,
}

impl Office {
    pub fn empty() -> Self {
        Self {
            counts: Counts::default(),
            due: Vec::new(),
            inbox: Vec::new(),
            untagged: Vec::new(),
            matters: Vec::new(),
            outbox: Vec::new(),
            kept: Vec::new(),
            hits: Vec::new(),
            complaint: None,
            destinations: Vec::new(),
            operations: Vec::new(),
            threads: BTreeMap::new(),
        }
    }

    /// Mail is read for the first time: what has been sent is not there yet.
    pub fn first() -> Self {
        let mut office = Self::full();
        for row in &mut office.due {
            row.marks.unsettled = true;
        }
        office.counts = Counts { late: 0, unsettled: 8, ..office.counts };
        office
    }

    pub fn full() -> Self {
        let due = due_rows();
        let inbox = inbox_rows();
        let threads = due
            .iter()
            .map(|row| row.thread)
            .chain(inbox.iter().map(|row| row.thread))
            .map(|id| (id, lease_thread(id)))
            .collect();
        Self {
            counts: Counts {
                due: 8,
                late: 1,
                unsettled: 0,
                unread: 3,
                untagged: 4,
                outbox: 2,
                stored: 400,
                known: 400,
                failed: 0,
                pending: 0,
                paused: false,
                waiting: 0,
                stuck: 0,
            },
            untagged: untagged_rows(),
            matters: matter_rows(),
            outbox: outbox_rows(),
            kept: Vec::new(),
            hits: hits(),
            complaint: None,
            due,
            inbox,
            destinations: Vec::new(),
            operations: Vec::new(),
            threads,
        }
    }

    /// Names and subjects in wide scripts, and longer than any column.
    pub fn wide_and_long() -> Self {
        let mut office = Self::full();
        let names = [
            "漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字",
            "Maximiliane Freifrau von und zu Hohenlohe-Schillingsfürst-Waldenburg",
            "Ольга Владимировна Константинопольская",
            "👩‍⚖️ e\u{301}e\u{301} ไทย العربية",
        ];
        let subject = |n: usize| {
            text(&format!("{n} 契約書の件について至急ご確認ください {}", "very long ".repeat(20)))
        };
        for (n, row) in office.due.iter_mut().enumerate() {
            row.who = text(names[n % 4]);
            row.subject = subject(n);
            row.matter =
                Some(matter(9, "2026-0999/WEST-77", "長い名前の事件 v. Everyone Else & Sons"));
        }
        for (n, row) in office.inbox.iter_mut().enumerate() {
            row.who = text(names[n % 4]);
            row.subject = subject(n);
            row.messages = 1234;
        }
        for (n, row) in office.untagged.iter_mut().enumerate() {
            row.row.who = text(names[n % 4]);
            row.row.subject = subject(n);
        }
        for (n, row) in office.matters.iter_mut().enumerate() {
            row.matter.name = subject(n);
            row.clients = text(names[n % 4]);
        }
        for (n, row) in office.outbox.iter_mut().enumerate() {
            row.to = text(names[n % 4]);
            row.subject = subject(n);
            row.reply = text(&"250 2.0.0 accepted ".repeat(30));
        }
        for view in office.threads.values_mut() {
            view.subject = subject(0);
            view.people = names.iter().map(|name| (text(name), Role::Client)).collect();
            for (n, message) in view.messages.iter_mut().enumerate() {
                message.from = text(names[n % 4]);
                message.text =
                    SafeText::block(&"契約書の件について至急ご確認ください。".repeat(12));
            }
        }
        office
    }

    pub fn answer(&self, query: &Query) -> Answer {
        match query {
            Query::Counts => Answer::Counts(self.counts.clone()),
            Query::Due => Answer::Due(self.due.clone()),
            Query::Inbox { .. } => Answer::Inbox(self.inbox.clone()),
            Query::Untagged { .. } => Answer::Untagged(self.untagged.clone()),
            Query::Matters => Answer::Matters(self.matters.clone()),
            Query::MatterThreads(id) => Answer::MatterThreads(
                self.inbox
                    .iter()
                    .filter(|row| row.matter.as_ref().is_some_and(|matter| matter.id == *id))
                    .cloned()
                    .collect(),
            ),
            Query::Thread(id) => Answer::Thread(self.threads.get(id).cloned().map(Box::new)),
            Query::Explain(_) => Answer::Explain(
                [
                    "Kofi Mensah wrote Tue 24 Nov 10:22: the first message that nobody answered.",
                    "policy Residential: acknowledge within 4 business hours",
                    "Tue 24 Nov 10:22 to 14:22: 4h00 of open time",
                    "due Tue 24 Nov 14:22",
                ]
                .map(text)
                .to_vec(),
            ),
            Query::Raw(_) => Answer::Raw(SafeText::block(
                "Return-Path: <kofi@mensah.example>\r\nFrom: Kofi Mensah <kofi@mensah.example>\r\nSubject: Lease\r\n\r\nHello,\r\n",
            )),
            Query::Outbox => Answer::Outbox(self.outbox.clone()),
            Query::Search { .. } => Answer::Search(SearchResult {
                complaint: self.complaint.clone(),
                hits: self.hits.clone(),
            }),
            Query::Folders => {
                Answer::Folders(if self.due.is_empty() { Vec::new() } else { folders() })
            }
            Query::Kept => Answer::Kept(self.kept.clone()),
            Query::Destinations => Answer::Destinations(self.destinations.clone()),
            Query::Operations => Answer::Operations(self.operations.clone()),
            Query::MatterChoice(_) => Answer::MatterChoice(choices()),
            Query::Deadlines { .. } => Answer::Deadlines(Vec::new()),
            Query::Report(_) => unreachable!("no screen asks for it"),
        }
    }
}

/// The folders of two accounts, as a server lists them.
pub fn destinations() -> Vec<DestinationRow> {
    let of = |account: i64, account_name: &str, name: &str| DestinationRow {
        account: AccountId::new(account),
        account_name: text(account_name),
        folder: Folder { wire: name.to_owned(), name: name.to_owned() },
        name: text(name),
    };
    let ours = [
        "INBOX",
        "Archive",
        "Clients/Harlow v. Mensah (disclosure, privileged)",
        "Clients/Whitfield",
        "Drafts",
        "Junk",
        "Sent",
        "Trash",
    ];
    let ours = ours.iter().map(|name| of(1, "Office", name));
    ours.chain(["INBOX", "Trash", "顧客/山田"].iter().map(|name| of(2, "Alice", name))).collect()
}

/// What waits for the servers, each with the words that the program has for it.
pub fn operations() -> Vec<OperationView> {
    let row = |id: i64, deed: Deed, subject: &str, reason: &str, said: &str| {
        let from = if matches!(deed, Deed::Draft { .. }) { "Drafts" } else { "INBOX" };
        OperationRow {
            id: OperationId::new(id),
            account: AccountId::new(1),
            message: None,
            thread: None,
            stage: if reason.is_empty() { Stage::Waiting } else { Stage::Stuck },
            deed,
            source: Folder { wire: from.to_owned(), name: from.to_owned() },
            at: None,
            target: None,
            attempts: 1,
            not_before: now(),
            created: now(),
            ended: None,
            reason: reason.to_owned(),
            said: said.to_owned(),
            subject: subject.to_owned(),
            message_id: None,
        }
    };
    let to =
        |name: &str| Deed::Move { to: Folder { wire: name.to_owned(), name: name.to_owned() } };
    let draft = Deed::Draft { draft: DraftId::new(1), on: true };
    let rows = [
        row(1, draft, "Re: Lease: the landlord wants me out", "overtaken", ""),
        row(2, to("Archive"), "Lease: the landlord wants me out", "", ""),
        row(3, Deed::Set { flag: Flag::Seen, on: true }, "Without prejudice", "", ""),
        row(4, to("Clients/Whitfield"), "Settlement offer", "refused", "Mailbox is over quota"),
    ];
    let view = |row: &OperationRow| OperationView {
        id: row.id,
        stuck: row.stage == Stage::Stuck,
        at: row.created,
        wish: text(&operated::wish(row)),
        subject: text(&row.subject),
        state: text(&operated::state(row)),
    };
    rows.iter().map(view).collect()
}

fn folders() -> Vec<FolderRow> {
    let row = |id: i64, name: &str, state, on_server: u64, stored: u64| FolderRow {
        mailbox: MailboxId::new(id),
        account: text("Office"),
        name: text(name),
        role: String::new(),
        state,
        on_server: Some(on_server),
        stored,
        pending: 0,
        older: 0,
        drafts: 0,
        failed: 0,
        gone: 0,
        checked: Some(at("24 11:05")),
        now_called: None,
        reasons: Vec::new(),
    };
    let failed = vec![("the server refuses it", 2), ("its answer breaks the connection", 1)];
    vec![
        FolderRow {
            pending: 1_200,
            failed: 3,
            reasons: failed,
            ..row(1, "INBOX", FolderState::Pulled, 48_210, 47_007)
        },
        row(2, "Sent", FolderState::Pulled, 12_002, 12_002),
        FolderRow { checked: None, ..row(3, "Clients/Mensah", FolderState::Doubtful, 310, 298) },
        row(4, "Public/Precedents", FolderState::Refused, 40, 40),
        row(5, "Junk", FolderState::Left, 0, 0),
        FolderRow {
            now_called: Some(text("Clients/Roth & Söhne")),
            gone: 88,
            ..row(6, "Roth", FolderState::Vanished, 88, 0)
        },
        FolderRow { gone: 7, ..row(7, "Closed 2024", FolderState::Vanished, 7, 7) },
    ]
}

pub fn choices() -> Vec<Suggestion> {
    let suggested = Suggestion {
        matter: matter(121, "2026-0121", "Mensah v. Harlow"),
        reasons: vec![text("the sender is its client"), text("\"lease\" in 4 of its threads")],
    };
    let plain = [
        matter(117, "2026-0117", "Whitfield"),
        matter(98, "2026-0098", "Okafor (asylum)"),
        matter(130, "2026-0130", "Roth purchase"),
        matter(877, "2025-0877", "Northgate Ltd board"),
    ];
    let plain = plain.into_iter().map(|matter| Suggestion { matter, reasons: Vec::new() });
    std::iter::once(suggested).chain(plain).collect()
}

fn marks() -> RowMarks {
    RowMarks::default()
}

pub fn due_row(id: i64, clock: Running, who: &str, subject: &str, matter: MatterLabel) -> DueRow {
    DueRow {
        thread: ThreadId::new(id),
        running: clock,
        calendar: calendar(),
        policy: text("Residential"),
        who: text(who),
        subject: text(subject),
        matter: Some(matter),
        marks: marks(),
    }
}

pub fn due_rows() -> Vec<DueRow> {
    use ClockKind::{Ack, Promise, Reply};
    let whitfield = || matter(117, "2026-0117", "Whitfield");
    let mensah = || matter(121, "2026-0121", "Mensah v. Harlow");
    let mut rows = vec![
        due_row(
            1,
            running(Reply, "23 12:20", "24 12:20"),
            "Dana Whitfield",
            "Re: Settlement offer, we need to answer before the hearing",
            whitfield(),
        ),
        due_row(
            2,
            running(Ack, "24 10:22", "24 14:22"),
            "Kofi Mensah",
            "Lease: the landlord called again",
            mensah(),
        ),
        due_row(
            3,
            running(Reply, "23 15:50", "24 15:50"),
            "Adaeze Okafor",
            "Bail hearing moved, what now?",
            matter(98, "2026-0098", "Okafor (asylum)"),
        ),
        due_row(
            4,
            running(Reply, "24 12:00", "24 16:45"),
            "Ines & Paul Roth",
            "Frage zum Kaufvertrag",
            matter(130, "2026-0130", "Roth purchase"),
        ),
        due_row(
            2,
            running(Reply, "24 10:22", "25 10:22"),
            "Kofi Mensah",
            "Lease: the landlord called again",
            mensah(),
        ),
        due_row(
            5,
            running(Reply, "24 11:10", "25 11:10"),
            "Northgate Ltd",
            "Board minutes, 3 questions",
            matter(877, "2025-0877", "Northgate Ltd board"),
        ),
        due_row(
            6,
            running(Promise, "20 09:00", "25 17:00"),
            "Dana Whitfield",
            "\"I will send the draft by Wednesday\"",
            whitfield(),
        ),
        due_row(
            7,
            running(Reply, "24 13:30", "30 17:00"),
            "Lindqvist (opposing)",
            "Without prejudice: our client's offer",
            mensah(),
        ),
    ];
    rows[3].marks.auto = true;
    rows[5].marks.courtesy = true;
    rows[1].marks.unread = true;
    rows
}

pub fn thread_row(id: i64, who: &str, subject: &str, last: &str, messages: u32) -> ThreadRow {
    ThreadRow {
        thread: ThreadId::new(id),
        who: text(who),
        subject: text(subject),
        last: at(last),
        messages,
        matter: None,
        running: None,
        marks: marks(),
    }
}

fn inbox_rows() -> Vec<ThreadRow> {
    let mut rows = vec![
        thread_row(8, "Hannah Berg", "Newsletter: tenancy law in brief", "24 13:31", 1),
        thread_row(2, "Kofi Mensah, us", "Lease: the landlord called again", "24 10:22", 5),
        thread_row(9, "P. Lindqvist", "Without prejudice: our client's offer", "23 08:15", 2),
        thread_row(1, "Dana Whitfield", "Re: Settlement offer, we need to answer", "23 12:20", 9),
        thread_row(10, "K0fi Mensah", "Please change the bank account", "22 23:58", 1),
        thread_row(4, "Ines & Paul Roth", "Frage zum Kaufvertrag", "20 12:00", 3),
        thread_row(11, "Mail Delivery System", "Undelivered: draft agreement", "16 09:12", 2),
    ];
    rows[1].matter = Some(matter(121, "2026-0121", "Mensah v. Harlow"));
    rows[1].running = Some((running(ClockKind::Ack, "24 10:22", "24 14:22"), calendar()));
    rows[1].marks.unread = true;
    rows[1].marks.starred = true;
    rows[2].matter = Some(matter(121, "2026-0121", "Mensah v. Harlow"));
    rows[3].matter = Some(matter(117, "2026-0117", "Whitfield"));
    rows[3].running = Some((running(ClockKind::Reply, "23 12:20", "24 12:20"), calendar()));
    rows[4].marks.spoof = true;
    rows[4].marks.unread = true;
    rows[5].matter = Some(matter(130, "2026-0130", "Roth purchase"));
    rows[5].running = Some((running(ClockKind::Reply, "24 12:00", "24 16:45"), calendar()));
    rows[6].marks.bounced = true;
    rows
}

pub fn untagged_rows() -> Vec<UntaggedRow> {
    let rows = [
        thread_row(20, "Kofi Mensah", "Rent receipts, as you asked", "24 13:05", 1),
        thread_row(21, "County Registry", "Order of 23 November", "24 09:40", 1),
        thread_row(22, "Ines Roth", "Noch eine Frage", "23 17:20", 2),
        thread_row(23, "unknown@web.example", "Do you take divorce cases?", "23 08:00", 1),
    ];
    let suggestion = |label, reasons: &[&str]| Suggestion {
        matter: label,
        reasons: reasons.iter().map(|reason| text(reason)).collect(),
    };
    let mensah = matter(121, "2026-0121", "Mensah v. Harlow");
    let okafor = matter(98, "2026-0098", "Okafor (asylum)");
    let roth = matter(130, "2026-0130", "Roth purchase");
    let suggestions = [
        vec![
            suggestion(mensah, &["the sender is its client", "\"rent\" in 4 of its threads"]),
            suggestion(okafor.clone(), &["same week"]),
        ],
        vec![suggestion(okafor, &["names its number in the text"])],
        vec![suggestion(roth, &["the sender is its client"])],
        vec![],
    ];
    rows.into_iter()
        .zip(suggestions)
        .map(|(row, suggestions)| UntaggedRow { row, suggestions })
        .collect()
}

fn matter_rows() -> Vec<MatterRow> {
    let row =
        |label, clients: &str, oldest: Option<Running>, heard: Option<&str>, unread, threads| {
            MatterRow {
                matter: label,
                status: MatterStatus::Open,
                clients: text(clients),
                privilege: None,
                oldest: oldest.map(|running| (running, calendar())),
                unsettled: false,
                last_update: heard.map(at),
                unread,
                threads,
            }
        };
    let late = running(ClockKind::Reply, "23 12:20", "24 12:20");
    let soon = running(ClockKind::Ack, "24 10:22", "24 14:22");
    let mut rows = vec![
        row(
            matter(117, "2026-0117", "Whitfield"),
            "Dana Whitfield",
            Some(late),
            Some("20 16:02"),
            1,
            9,
        ),
        row(
            matter(121, "2026-0121", "Mensah v. Harlow"),
            "Kofi Mensah",
            Some(soon),
            Some("19 17:40"),
            2,
            14,
        ),
        row(
            matter(98, "2026-0098", "Okafor (asylum)"),
            "Adaeze Okafor",
            None,
            Some("12 11:00"),
            0,
            22,
        ),
        row(matter(130, "2026-0130", "Roth purchase"), "Ines Roth, Paul Roth", None, None, 0, 3),
        row(
            matter(877, "2025-0877", "Northgate Ltd board"),
            "Northgate Ltd",
            None,
            Some("23 10:00"),
            0,
            61,
        ),
    ];
    rows[1].privilege = Some(Privilege::LawyerClient);
    rows[4].status = MatterStatus::ClosedInbound;
    rows
}

fn outbox_rows() -> Vec<OutboxRow> {
    let row = |id, state, to: &str, subject: &str, when: &str, reply: &str| OutboxRow {
        item: OutboxId::new(id),
        state,
        to: text(to),
        subject: text(subject),
        matter: Some(matter(121, "2026-0121", "Mensah v. Harlow")),
        at: at(when),
        reply: text(reply),
        filed: true,
    };
    vec![
        row(1, OutboxWord::Unknown, "Dana Whitfield", "Re: Settlement offer", "24 13:12", ""),
        row(2, OutboxWord::Held, "Kofi Mensah", "Re: Lease: the landlord called", "24 13:41", ""),
        row(
            3,
            OutboxWord::Deferred,
            "Adaeze Okafor",
            "Re: Bail hearing",
            "24 13:55",
            "450 4.2.0 greylisted, come back later",
        ),
        row(
            4,
            OutboxWord::Refused,
            "P. Lindqvist",
            "Re: Without prejudice",
            "24 11:02",
            "550 5.1.1 no such user",
        ),
        row(
            5,
            OutboxWord::Sent,
            "Ines Roth",
            "Re: Frage zum Kaufvertrag",
            "23 16:20",
            "250 2.0.0 Ok: queued as 4F21",
        ),
    ]
}

fn hits() -> Vec<SearchHit> {
    let hit = |id: i64, thread, when: &str, who: &str, subject: &str, snippet: &str| SearchHit {
        message: MessageKey::new(id),
        thread: ThreadId::new(thread),
        at: at(when),
        who: text(who),
        subject: text(subject),
        snippet: text(snippet),
        marks: marks(),
        matter: Some(matter(121, "2026-0121", "Mensah v. Harlow")),
    };
    vec![
        hit(
            105,
            2,
            "24 10:22",
            "Kofi Mensah",
            "Lease: the landlord called again",
            "… the landlord rang me at work again. He says I have to be out …",
        ),
        hit(
            101,
            2,
            "16 09:12",
            "us",
            "Draft letter to the landlord",
            "… we write on behalf of the tenant to the landlord of …",
        ),
        hit(
            90,
            9,
            "12 15:00",
            "P. Lindqvist",
            "Without prejudice",
            "… our client, the landlord, offers without admission …",
        ),
    ]
}

pub fn message(key: i64, when: &str, direction: Direction, from: &str, body: &str) -> MessageView {
    MessageView {
        key: MessageKey::new(key),
        at: at(when),
        direction,
        from: text(from),
        from_address: text("kofi@mensah.example"),
        to: text(if direction == Direction::Outbound { "Kofi Mensah" } else { "Alice Stone" }),
        subject: text("Lease: the landlord called again"),
        text: SafeText::block(body),
        quoted: SafeText::default(),
        attachments: Vec::new(),
        remarks: Vec::new(),
        size: 2_048,
        unread: false,
    }
}

pub fn lease_thread(id: ThreadId) -> ThreadView {
    let base = id.get() * 100;
    let mut messages = vec![
        message(
            base + 1,
            "16 09:12",
            Direction::Outbound,
            "Alice Stone",
            "Dear Kofi, here is the draft letter to the landlord.",
        ),
        message(
            base + 2,
            "19 17:40",
            Direction::Inbound,
            "Kofi Mensah",
            "Thank you. The draft is good, please send it.",
        ),
        message(
            base + 3,
            "20 11:05",
            Direction::Outbound,
            "Alice Stone",
            "It went out this morning by courier.",
        ),
        message(
            base + 4,
            "23 08:15",
            Direction::Inbound,
            "P. Lindqvist",
            "Without prejudice: our client offers two months.",
        ),
        message(
            base + 5,
            "24 10:22",
            Direction::Inbound,
            "Kofi Mensah",
            "Hello,\n\nthe landlord rang me at work again. He says I have to be out by the first. Can he do that? And should I still pay the December rent?\n\nKofi",
        ),
    ];
    messages[0].attachments = vec![AttachmentView {
        id: AttachmentId::new(1),
        name: text("draft-letter.pdf"),
        media_type: text("application/pdf"),
        size: 48_200,
    }];
    messages[4].quoted = SafeText::block("> It went out\n> this morning\n> by courier.");
    messages[4].unread = true;
    ThreadView {
        thread: id,
        subject: text("Lease: the landlord called again"),
        matter: Some(matter(121, "2026-0121", "Mensah v. Harlow")),
        suggestions: Vec::new(),
        clocks: vec![
            running(ClockKind::Ack, "24 10:22", "24 14:22"),
            running(ClockKind::Reply, "24 10:22", "25 10:22"),
        ],
        history: vec![text("answered Fri 20 Nov 11:05, met")],
        calendar: calendar(),
        policy: text("Residential"),
        people: vec![
            (text("Kofi Mensah"), Role::Client),
            (text("Harlow Estates"), Role::AdverseRepresented),
            (text("P. Lindqvist"), Role::OpposingCounsel),
        ],
        last_update: Some(at("20 11:05")),
        messages,
        marks: marks(),
    }
}

pub fn kept_rows() -> Vec<KeptRow> {
    let row = |id, to: &str, subject: &str, when: &str| KeptRow {
        draft: DraftId::new(id),
        to: text(to),
        subject: text(subject),
        at: at(when),
    };
    vec![
        row(31, "Dana Whitfield", "The hearing on Friday", "24 11:02"),
        row(30, "", "Engagement letter for the new client", "20 16:45"),
    ]
}
