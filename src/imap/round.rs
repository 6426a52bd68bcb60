//! The life of one connection: every mailbox once, then news, polls and orders until it breaks.
//!
//! Owns which mailbox is looked at when. It must never take a broken mailbox for a broken account: a NO for one
//! folder leaves the others in step.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use crate::domain::{fault::Ignore, id::MailboxId};

use super::{
    backoff::{Backoff, less_by_chance},
    connect::log_out,
    contract::{Link, Look, MailboxCursor, Progress, Role, Sink},
    error::ImapError,
    lookout::Tidings,
    names::RawName,
    plan::{Caps, Depth, Offers, Opening, ServerView, is_unchanged, opening},
    pull::{Outcome, Pull},
    reply::MailboxStatus,
    session::{ImapSession, Remote},
    suspects::Suspects,
    watch::Wake,
    worker::{Chance, Order, Orders, Signals},
};

/// What a synchronisation of all mailboxes came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Mailboxes that are up to date.
    pub mailboxes: u32,
    /// Mailboxes that the server would not open or list.
    pub refused: u32,
    /// Mailboxes whose numbers do not fit; nothing in them was marked as gone.
    pub doubtful: u32,
    /// Messages that came.
    pub fetched: u64,
    /// Lines that could not be read.
    pub unreadable: u64,
}

/// A mailbox with what is remembered of it in this connection.
pub(super) struct Held {
    pub cursor: MailboxCursor,
    /// As STATUS told it before the last pass.
    status: Option<MailboxStatus>,
    outcome: Outcome,
    refused: bool,
    /// The server did not bring what of its older mail was asked for.
    stuck: bool,
    /// When every message in it is to be compared again.
    full_at: Option<Instant>,
}

impl Held {
    fn new(cursor: MailboxCursor) -> Self {
        let age = cursor.marks.checked.unwrap_or(FULL_EVERY);
        let wait = FULL_EVERY.saturating_sub(age).max(FULL_FIRST);
        let full_at = Instant::now().checked_add(wait);
        Self {
            cursor,
            status: None,
            outcome: Outcome::default(),
            refused: false,
            stuck: false,
            full_at,
        }
    }

    /// Is the mailbox as the record has it, by its status alone? Then the status stands for a pass.
    fn is_settled_by_status(&mut self) -> bool {
        let Some(status) = self.status else { return false };
        if !is_unchanged(&status, &self.cursor) {
            return false;
        }
        let small = |number: Option<u64>| number.and_then(|number| u32::try_from(number).ok());
        let (exists, uid_next) = (small(status.messages).unwrap_or(0), small(status.uid_next));
        self.outcome = Outcome { doubtful: false, exists, uid_next, modseq: status.modseq };
        true
    }

    /// The server said no. What is remembered of its status goes, so that the next poll tries again.
    fn refuse(&mut self) {
        self.refused = true;
        self.status = None;
    }

    /// Is the mailbox as it was when the last pass over it began?
    fn is_as_before(&self, view: &ServerView) -> bool {
        let Outcome { exists, uid_next, modseq, .. } = self.outcome;
        (view.exists, view.uid_next, view.modseq) == (exists, uid_next, modseq)
            && opening(view, self.cursor.uid_validity) == Opening::Continue
    }
}

pub(super) struct Round<'a> {
    pub session: ImapSession,
    pub sink: &'a mut dyn Sink,
    pub caps: &'a Caps,
    pub suspects: &'a mut Suspects,
    pub signals: &'a Arc<Signals>,
    pub progress: Progress,
    pub boxes: Vec<Held>,
    pub patience: Patience,
    /// What the connection that listens has heard.
    pub tidings: Arc<Tidings>,
}

/// How often in a row a server asked for patience, and how it did so last.
#[derive(Default)]
pub(super) struct Patience {
    asked: Option<ImapError>,
    times: u8,
}

impl Patience {
    /// So many mailboxes in a row may be out of order; then it is the server.
    const TIMES: u8 = 3;

    /// Is it the trouble of one mailbox? A server whose index of one folder is broken says NO [SERVERBUG] to it and goes
    /// on. `Err` when the connection must end, for the reason that was given before it broke.
    fn with(&mut self, error: ImapError) -> Result<(), ImapError> {
        if error.keeps_connection() {
            *self = Self::default();
            return Ok(());
        }
        if matches!(error, ImapError::Limited { wait: None, .. }) && self.times < Self::TIMES {
            self.times = self.times.saturating_add(1);
            self.asked = Some(error);
            return Ok(());
        }
        // The line broke behind it: it was a goodbye.
        let broken = matches!(error, ImapError::Closed | ImapError::Lost(_));
        Err(self.asked.take().filter(|_| broken).unwrap_or(error))
    }
}

/// So many of the newest of Sent come before INBOX is read for the first time.
const AHEAD: usize = 250;
/// How many mailboxes besides INBOX and Sent are asked for their status in one poll.
const OTHERS_PER_POLL: usize = 10;
/// The mailboxes are listed anew after so many polls.
const POLLS_PER_LIST: u32 = 10;
/// The first full pass comes when the office has settled, then one a day.
const FULL_FIRST: Duration = Duration::from_mins(10);
const FULL_EVERY: Duration = Duration::from_hours(24);

impl Round<'_> {
    /// Learns which mailboxes there are and where the record stands with each.
    pub(super) fn begin(&mut self) -> Result<(), ImapError> {
        if self.boxes.is_empty() {
            self.session.enable()?;
            self.session.learn_namespaces()?;
        }
        let found = self.session.list()?;
        let cursors = self.sink.mailboxes(&found).map_err(ImapError::Halted)?;
        let before = std::mem::take(&mut self.boxes);
        let mut before: BTreeMap<MailboxId, Held> =
            before.into_iter().map(|held| (held.cursor.mailbox, held)).collect();
        for cursor in cursors {
            // What is held in this connection is in step already; the record may still have messages in a queue.
            let held = before
                .remove(&cursor.mailbox)
                .filter(|held| held.cursor.uid_validity.is_some())
                .unwrap_or_else(|| Held::new(cursor));
            self.boxes.push(held);
        }
        Ok(())
    }

    /// Asks for the status of all mailboxes by one command, where the server can. Answers with those whose status is
    /// another than it was, and those of which nothing was told.
    fn note_every_status(&mut self) -> Result<(Vec<usize>, Vec<usize>), ImapError> {
        let mut told: BTreeMap<RawName, MailboxStatus> =
            self.session.every_status()?.into_iter().collect();
        let (mut other, mut untold) = (Vec::new(), Vec::new());
        for (place, held) in self.boxes.iter_mut().enumerate() {
            match told.remove(&held.cursor.raw_name) {
                Some(status) if held.status.replace(status) != Some(status) => other.push(place),
                Some(_) => {}
                None => untold.push(place),
            }
        }
        Ok((other, untold))
    }

    /// Those that must be looked at once a connection stands: by their status alone some need not.
    fn all_due(&mut self) -> Result<Vec<(usize, Depth)>, ImapError> {
        self.note_every_status()?;
        let all = self.boxes.iter_mut().enumerate();
        let due = all.filter_map(|(place, held)| (!held.is_settled_by_status()).then_some(place));
        let due: Vec<usize> = due.collect();
        // Without the newest answers, an INBOX that is read for the first time would look unanswered.
        let ahead = self.boxes.iter().position(|held| held.cursor.role == Role::Sent);
        let ahead = ahead.filter(|place| self.is_first() && due.contains(place));
        Ok(ahead.into_iter().chain(due).map(|place| (place, Depth::Recent)).collect())
    }

    /// Has INBOX never been read?
    fn is_first(&self) -> bool {
        let never = |held: &Held| held.cursor.uid_validity.is_none();
        self.boxes.iter().any(|held| held.cursor.role == Role::Inbox && never(held))
    }

    /// Says goodbye.
    pub(super) fn end(self) {
        log_out(self.session.logged_in);
    }

    /// Brings every mailbox up to date, in the order of the record.
    pub(super) fn everything(&mut self, depth: Depth) -> Result<Summary, ImapError> {
        let due = match depth {
            Depth::Recent => self.all_due()?,
            Depth::Full => self.every_place(depth),
        };
        for (place, depth) in due {
            self.one(place, depth)?;
        }
        Ok(self.summary())
    }

    fn every_place(&self, depth: Depth) -> Vec<(usize, Depth)> {
        (0..self.boxes.len()).map(|place| (place, depth)).collect()
    }

    fn summary(&self) -> Summary {
        let count = |which: &dyn Fn(&&Held) -> bool| {
            u32::try_from(self.boxes.iter().filter(which).count()).unwrap_or(u32::MAX)
        };
        Summary {
            mailboxes: count(&|held| !held.refused && !held.outcome.doubtful),
            refused: count(&|held| held.refused),
            doubtful: count(&|held| held.outcome.doubtful),
            fetched: self.progress.fetched,
            unreadable: self.session.logged_in.talk.unreadable,
        }
    }

    /// Does something with one mailbox. `None` when the server will not have it: that is the trouble of this mailbox.
    fn pull<T>(
        &mut self,
        place: usize,
        act: impl FnOnce(&mut Pull<'_>, &mut MailboxCursor) -> Result<T, ImapError>,
    ) -> Result<Option<T>, ImapError> {
        let first = self.is_first();
        let Some(held) = self.boxes.get_mut(place) else { return Ok(None) };
        let few = Caps { newest: AHEAD, ..*self.caps };
        let mut pull = Pull {
            remote: &mut self.session,
            sink: &mut *self.sink,
            caps: if first && held.cursor.role == Role::Sent { &few } else { self.caps },
            suspects: &mut *self.suspects,
            signals: self.signals,
            progress: &mut self.progress,
        };
        match act(&mut pull, &mut held.cursor) {
            Ok(done) => {
                held.cursor.tell_read_back(self.sink).map_err(ImapError::Halted)?;
                self.patience = Patience::default();
                Ok(Some(done))
            }
            Err(error) => {
                self.patience.with(error)?;
                // What was asked for when it said so may be what it cannot give.
                self.suspects.broke();
                held.refuse();
                Ok(None)
            }
        }
    }

    fn one(&mut self, place: usize, depth: Depth) -> Result<(), ImapError> {
        let outcome = self.pull(place, |pull, cursor| pull.mailbox(cursor, depth))?;
        let Some(held) = self.boxes.get_mut(place) else { return Ok(()) };
        let mailbox = held.cursor.mailbox;
        let look = if let Some(outcome) = outcome {
            let Outcome { exists, doubtful, .. } = outcome;
            held.outcome = outcome;
            held.stuck = false;
            held.refused = false;
            if depth == Depth::Full {
                held.full_at = Instant::now().checked_add(FULL_EVERY);
            }
            if doubtful { Look::Doubtful(exists) } else { Look::Settled(exists) }
        } else {
            // The polls pass over the open one: it must not stay open, or nobody looks at it again.
            self.session.selected = None;
            Look::Refused
        };
        self.sink.looked(mailbox, look).map_err(ImapError::Halted)
    }

    /// Everything once, then what comes. Ends with `Ok` when the thread is to end.
    pub(super) fn live(
        &mut self,
        orders: &mut Orders,
        chance: &mut Chance,
        poll: Duration,
        backoff: &mut Backoff,
    ) -> Result<(), ImapError> {
        let mut due = self.all_due()?;
        let (mut polls, mut polled) = (0u32, Instant::now());
        self.operate()?;
        loop {
            self.work_off(&mut due, orders)?;
            backoff.online(Instant::now());
            let listening = self.tidings.is_listening();
            if !listening {
                self.attend(&mut due)?;
            }
            if !due.is_empty() {
                continue;
            }
            let wake = if let Some(wake) = self.history_wake(polled, poll)? {
                wake
            } else {
                self.tell_online();
                let interval = less_by_chance(poll, chance());
                let called = &mut |wait| orders.called(wait);
                if listening {
                    ImapSession::rest(interval, called)
                } else {
                    self.session.watch(interval, called)?
                }
            };
            if orders.stopped() {
                return Ok(());
            }
            match wake {
                Wake::News(_) => due.extend(self.inbox().map(|place| (place, Depth::Recent))),
                Wake::Called => {}
                Wake::Due => {
                    self.operate()?;
                    polls = polls.wrapping_add(1);
                    polled = Instant::now();
                    if polls.is_multiple_of(POLLS_PER_LIST) {
                        self.begin()?;
                        due.extend(self.inbox_in_turn());
                    }
                    self.ask_status(polls, &mut due)?;
                    self.add_full(&mut due);
                }
            }
            if self.carry_out(orders, &mut due)? {
                return Ok(());
            }
        }
    }

    /// The mailbox whose older mail comes next; `None` when there is none, or it is to wait.
    pub(super) fn history_left(&self) -> Option<usize> {
        if self.signals.paused.load(Ordering::Relaxed) {
            return None;
        }
        let left =
            |held: &Held| !held.refused && !held.stuck && !held.cursor.known.pending.is_empty();
        // Answers first: before they are read, nothing can be called late.
        let sent = |held: &Held| held.cursor.role == Role::Sent && left(held);
        self.boxes.iter().position(sent).or_else(|| self.boxes.iter().position(left))
    }

    /// Fetches a part of the older mail of one mailbox.
    pub(super) fn history(&mut self, place: usize) -> Result<(), ImapError> {
        let pending = |held: &Held| held.cursor.known.pending.len();
        let waiting = self.boxes.iter().map(pending).fold(0, u64::saturating_add);
        let before = self.boxes.get(place).map(pending);
        let done = self.pull(place, |pull, cursor| pull.history(cursor, waiting))?;
        if let (Some(()), Some(held)) = (done, self.boxes.get_mut(place)) {
            // What the server does not bring now is asked for again when the next pass is over.
            held.stuck = Some(pending(held)) == before;
        }
        Ok(())
    }

    /// Older mail comes while nothing else is to be done; the poll is not forgotten over it. `None` when none is left.
    fn history_wake(&mut self, polled: Instant, poll: Duration) -> Result<Option<Wake>, ImapError> {
        let Some(place) = self.history_left() else { return Ok(None) };
        match self.history(place) {
            Ok(()) | Err(ImapError::Interrupted) => {}
            Err(error) => return Err(error),
        }
        Ok(Some(if polled.elapsed() >= poll { Wake::Due } else { Wake::Called }))
    }

    /// Runs the passes that are due. An order in between is carried out and the pass taken up again.
    fn work_off(
        &mut self,
        due: &mut Vec<(usize, Depth)>,
        orders: &mut Orders,
    ) -> Result<(), ImapError> {
        due.reverse();
        while let Some((place, depth)) = due.last().copied() {
            match self.one(place, depth) {
                Ok(()) => {
                    due.pop();
                }
                Err(ImapError::Interrupted) => {
                    // The last of them is the next.
                    due.reverse();
                    self.carry_out(orders, due)?;
                    due.reverse();
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Those in which everything is to be compared again: once a day, and after a doubt sooner.
    fn add_full(&self, due: &mut Vec<(usize, Depth)>) {
        let now = Instant::now();
        let is_due = |held: &Held| held.full_at.is_some_and(|at| at <= now);
        let places = self.boxes.iter().enumerate().filter(|(_, held)| is_due(held));
        let full: Vec<(usize, Depth)> = places.map(|(place, _)| (place, Depth::Full)).collect();
        due.retain(|(place, _)| !full.iter().any(|(other, _)| other == place));
        due.extend(full);
    }

    /// Where nothing counts the changes, the messages of INBOX are looked at again now and then: not every server tells
    /// of flags that another program changed.
    fn inbox_in_turn(&self) -> Option<(usize, Depth)> {
        let counts = self.session.ways != Offers::default();
        self.inbox().filter(|_| !counts).map(|place| (place, Depth::Recent))
    }

    fn inbox(&self) -> Option<usize> {
        self.boxes.iter().position(|held| held.cursor.role == Role::Inbox && !held.refused)
    }

    /// Keeps INBOX open while waiting; what came while another mailbox was open is due at once.
    fn attend(&mut self, due: &mut Vec<(usize, Depth)>) -> Result<(), ImapError> {
        let Some(place) = self.inbox() else { return Ok(()) };
        let Some(held) = self.boxes.get(place) else { return Ok(()) };
        let name = held.cursor.raw_name.clone();
        if self.session.selected.as_ref() == Some(&name) {
            return Ok(());
        }
        match self.session.open(&name) {
            Ok(view) if !held.is_as_before(&view) => due.push((place, Depth::Recent)),
            Ok(_) => {}
            Err(error) => {
                self.patience.with(error)?;
                if let Some(held) = self.boxes.get_mut(place) {
                    held.refuse();
                }
            }
        }
        Ok(())
    }

    fn tell_online(&mut self) {
        let Summary { unreadable, doubtful, refused, .. } = self.summary();
        self.progress = Progress::default();
        self.sink.link(Link::Online { unreadable, doubtful, refused });
    }

    /// Asks Sent, and some of the others in turn, whether anything changed. A status taken before a pass is compared
    /// with the next one, so mail that arrives during the pass is not missed. UIDNEXT alone does not tell on
    /// Microsoft 365: the count is compared too.
    fn ask_status(&mut self, polls: u32, due: &mut Vec<(usize, Depth)>) -> Result<(), ImapError> {
        // The open mailbox is told of as it was when the server looked at it last: this makes it look.
        self.session.noop()?;
        let (other, untold) = self.note_every_status()?;
        due.extend(other.into_iter().map(|place| (place, Depth::Recent)));
        for place in self.places_to_ask(polls, &untold) {
            let Some(held) = self.boxes.get(place) else { continue };
            let status = match self.session.status(&held.cursor.raw_name) {
                Ok(status) => status,
                Err(error) => {
                    self.patience.with(error)?;
                    continue;
                }
            };
            self.patience = Patience::default();
            if let Some(held) = self.boxes.get_mut(place)
                && held.status.replace(status) != Some(status)
            {
                due.push((place, Depth::Recent));
            }
        }
        Ok(())
    }

    fn places_to_ask(&self, polls: u32, untold: &[usize]) -> Vec<usize> {
        let role = |place: &usize| self.boxes.get(*place).map(|held| held.cursor.role);
        let closed = |place: &usize| {
            self.boxes.get(*place).map(|held| &held.cursor.raw_name)
                != self.session.selected.as_ref()
        };
        let all = || untold.iter().copied().filter(closed);
        let mut places: Vec<usize> = all().filter(|p| role(p) == Some(Role::Sent)).collect();
        let others: Vec<usize> = all().filter(|p| role(p) != Some(Role::Sent)).collect();
        let turn = usize::try_from(polls).unwrap_or(0).saturating_mul(OTHERS_PER_POLL);
        let start = turn.checked_rem(others.len()).unwrap_or(0);
        places.extend(others.iter().cycle().skip(start).take(others.len().min(OTHERS_PER_POLL)));
        places
    }

    /// Carries out what was ordered; `true` when the thread is to end.
    fn carry_out(
        &mut self,
        orders: &mut Orders,
        due: &mut Vec<(usize, Depth)>,
    ) -> Result<bool, ImapError> {
        const WHY: &str = "nobody waits for the answer any more";
        while let Some(order) = orders.next() {
            match order {
                Order::Stop => {
                    self.signals.stop();
                    return Ok(true);
                }
                Order::SyncNow => {
                    // The mailboxes are listed anew: then all are due again.
                    self.begin()?;
                    *due = self.all_due()?;
                }
                Order::Operate => self.operate()?,
                Order::Look => {}
                Order::File { mailbox, bytes, id, sent, answer } => {
                    let filed = self.in_sent(mailbox, |session, name| {
                        session.file(name, &id, bytes.expose(), sent)
                    });
                    let broken = breaks(&filed);
                    answer.send(filed).ignore(WHY);
                    broken?;
                }
                Order::Make { name, role, answer } => {
                    let made = self.make(&name, role);
                    let broken = breaks(&made);
                    answer.send(made).ignore(WHY);
                    broken?;
                }
                Order::Find { mailbox, id, answer } => {
                    let found = self.find(mailbox, &id);
                    let broken = breaks(&found);
                    answer.send(found).ignore(WHY);
                    broken?;
                }
            }
        }
        self.look(due);
        Ok(orders.stopped())
    }

    /// An operation of ours took this UID out of a mailbox: its next pass need not wonder.
    pub(super) fn left(&mut self, mailbox: &RawName, uid: u32) {
        let held = self.boxes.iter_mut().find(|held| held.cursor.raw_name == *mailbox);
        if let Some(known) = held.map(|held| &mut held.cursor.known)
            && known.stored.remove(uid)
        {
            known.gone.insert(uid);
        }
    }

    /// Where something happened comes before everything else.
    fn look(&mut self, due: &mut Vec<(usize, Depth)>) {
        let places = self.tidings.take();
        let at = |held: &Held| {
            let name = &held.cursor.raw_name;
            places.contains(name) || name.is_inbox() && places.iter().any(RawName::is_inbox)
        };
        let places = self.boxes.iter().enumerate().filter(|(_, held)| at(held));
        let places: Vec<usize> = places.map(|(place, _)| place).collect();
        for place in places.into_iter().rev() {
            let known = due.iter().position(|(other, _)| *other == place);
            let depth = known.map_or(Depth::Recent, |known| due.remove(known).1);
            due.insert(0, (place, depth));
        }
    }
}

/// The error goes to whoever asked; the connection only hears that it is broken.
fn breaks<T>(result: &Result<T, ImapError>) -> Result<(), ImapError> {
    match result {
        // Over quota is no reason to drop a connection that reads well.
        Ok(_) | Err(ImapError::Limited { .. }) => Ok(()),
        Err(error) if error.keeps_connection() => Ok(()),
        Err(_) => Err(ImapError::Closed),
    }
}
