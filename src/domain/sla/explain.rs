//! Why a clock is due when it is, in lines that a lawyer can read out to a client.
//!
//! Owns the sentences. The arithmetic comes from the calendar, step by step; nothing is counted here.

use jiff::{SignedDuration, Timestamp, civil::Date};

use super::{Clock, DueChange, Outcome, Promise, SlaPolicy, StoppedBy, Turn};
use crate::domain::{
    calendar::{CalendarError, ClosedBecause, Explanation, Step, WorkCalendar},
    target::Target,
};

/// The steps of one count, one line each: the start, what was counted and passed over, the end.
pub fn explain_count(explanation: &Explanation, calendar: &WorkCalendar) -> Vec<String> {
    let words = Words { calendar };
    let mut lines = vec![format!(
        "from {}, {} in the calendar {} ({})",
        words.full(explanation.start),
        target_words(explanation.target),
        calendar.name,
        calendar.zone_name(),
    )];
    lines.extend(explanation.steps.iter().map(|step| format!("  {}", words.step(step))));
    lines.push(format!("due {}", words.full(explanation.due)));
    lines
}

/// Why the clocks of a turn are due when they are, and what became of them at `now`.
pub fn explain_turn(
    turn: &Turn,
    policy: &SlaPolicy,
    calendar: &WorkCalendar,
    now: Timestamp,
) -> Result<Vec<String>, CalendarError> {
    let words = Words { calendar };
    let mut lines = vec![format!(
        "The client wrote {}; it is the first message without an answer. Policy {}.",
        words.full(turn.started),
        policy.name,
    )];
    lines.extend(remarks(turn));
    for (name, clock, target) in
        [("Acknowledge", &turn.ack, policy.ack), ("Answer", &turn.reply, policy.reply)]
    {
        lines.push(format!("{name} within {target}: {}", words.outcome(clock, now)));
        let count = calendar.explain(turn.started, target, policy.cutoff)?;
        lines.extend(explain_count(&count, calendar).into_iter().map(|line| format!("  {line}")));
        lines.extend(clock.changed.map(|change| words.changed(clock, change, now)));
    }
    lines.extend(turn.promises.iter().map(|promise| words.promise(promise, now)));
    for lost in &turn.never_arrived {
        lines.push(format!(
            "An answer of ours never arrived (reported {}); it does not count.",
            words.full(lost.reported)
        ));
    }
    let (worked, wall) = turn.wait(calendar, now);
    let verb = if turn.ended_at().is_some() { "waited" } else { "has waited" };
    lines.push(format!(
        "The client {verb} {}; of this the office was open for {}.",
        wall_words(wall),
        duration_words(worked)
    ));
    Ok(lines)
}

fn remarks(turn: &Turn) -> Vec<String> {
    let flags = turn.flags;
    let further = turn.messages.len().saturating_sub(1);
    [
        (further > 0).then(|| {
            let s = if further == 1 { "" } else { "s" };
            format!("{further} more message{s} since then: they do not start the clock again.")
        }),
        flags
            .auto
            .then(|| "Perhaps a machine wrote it (auto?); the clock runs all the same.".into()),
        flags
            .courtesy
            .then(|| "Perhaps only a courtesy (courtesy?); dismiss it with a reason.".into()),
        flags.id_collision.then(|| "Two different messages bear the same Message-ID.".into()),
        flags.indirect.then(|| "It came through a colleague.".into()),
        flags.partial.then(|| "A part has been answered; the answer is still owed.".into()),
        flags.promise_not_counted.then(|| {
            "A holding reply named a date past or too far off; it does not move the answer.".into()
        }),
        (turn.promises.len() > 1).then(|| format!("Deferred {} times.", turn.promises.len())),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Times in the words of one calendar.
struct Words<'a> {
    calendar: &'a WorkCalendar,
}

impl Words<'_> {
    fn step(&self, step: &Step) -> String {
        match step {
            Step::Opens { at } => {
                format!("the office was closed; it counts from {}", self.full(*at))
            }
            Step::PastCutoff { close, cutoff } => format!(
                "less than {} before the close at {}: counts as received on the next business day",
                duration_words(SignedDuration::try_from(*cutoff).unwrap_or_default()),
                self.time(*close)
            ),
            Step::Counted { date, from, to, left } => {
                let taken = duration_words(to.duration_since(*from));
                let rest = if left.is_zero() {
                    "nothing left".to_owned()
                } else {
                    format!("{} left", duration_words(*left))
                };
                format!(
                    "{}: {}–{} is {taken}, {rest}",
                    day(*date),
                    self.time_on(*date, *from),
                    self.time_on(*date, *to)
                )
            }
            Step::Closed { date, because } => format!("{}: {}", day(*date), closed_words(because)),
            Step::BusinessDay { date, number } => format!("{}: business day {number}", day(*date)),
            Step::Moved { from, to } => format!(
                "{} is outside the hours of that day: moved to {}",
                self.time(*from),
                self.time(*to)
            ),
            Step::Wall { target } => format!("{}, day and night", target_words(*target)),
            Step::Close { date } => format!("{}: its close of business", day(*date)),
            Step::Unknown(unknown) => format!("careful: {}", unknown.words()),
        }
    }

    fn outcome(&self, clock: &Clock, now: Timestamp) -> String {
        let due = self.full(clock.due);
        match &clock.outcome {
            Outcome::Open if now > clock.due => format!("was due {due}, nothing has gone out"),
            Outcome::Open => format!("due {due}"),
            Outcome::Met(stop) => {
                format!("done {} {}, in time (due {due})", self.full(stop.at), by_words(stop.by))
            }
            Outcome::Late(stop) => {
                format!("done {} {}, late (due {due})", self.full(stop.at), by_words(stop.by))
            }
            Outcome::Deferred(stop) => format!(
                "deferred with notice {} {} (was due {due})",
                self.full(stop.at),
                by_words(stop.by)
            ),
            Outcome::Dismissed { at, .. } => {
                format!("dismissed {} (was due {due})", self.full(*at))
            }
        }
    }

    fn changed(&self, clock: &Clock, change: DueChange, now: Timestamp) -> String {
        let induced = if clock.is_policy_induced(now) {
            ": missed only because of the change, and left out of the attainment"
        } else {
            ""
        };
        format!(
            "  The policy changed {}: due {} instead of {}{induced}.",
            self.full(change.at),
            self.full(clock.due),
            self.full(change.before)
        )
    }

    fn promise(&self, promise: &Promise, now: Timestamp) -> String {
        format!(
            "Promised {} for {}: {}",
            self.full(promise.made.at),
            day(promise.date),
            self.outcome(&promise.clock, now)
        )
    }

    /// `Tue 24 Nov 2026 15:10 EST`, with seconds where there are any.
    fn full(&self, t: Timestamp) -> String {
        let zoned = t.to_zoned_datetime(self.calendar.zone().clone());
        let format =
            if zoned.second() == 0 { "%a %-d %b %Y %H:%M %Z" } else { "%a %-d %b %Y %H:%M:%S %Z" };
        zoned.strftime(format).to_string()
    }

    fn time(&self, t: Timestamp) -> String {
        let civil = self.calendar.civil(t);
        civil.strftime(if civil.second() == 0 { "%H:%M" } else { "%H:%M:%S" }).to_string()
    }

    /// The time of day, with the weekday where it is not that of `date` (a night shift).
    fn time_on(&self, date: Date, t: Timestamp) -> String {
        let civil = self.calendar.civil(t);
        if civil.date() == date {
            self.time(t)
        } else {
            format!("{} {}", civil.strftime("%a"), self.time(t))
        }
    }
}

fn day(date: Date) -> String {
    date.strftime("%a %-d %b").to_string()
}

fn closed_words(because: &ClosedBecause) -> String {
    match because {
        ClosedBecause::Weekday => "closed every week".to_owned(),
        ClosedBecause::Named(name) if name.is_empty() => "closed".to_owned(),
        ClosedBecause::Named(name) => format!("closed ({name})"),
    }
}

const fn by_words(by: StoppedBy) -> &'static str {
    match by {
        StoppedBy::Sent(_) => "by our message",
        StoppedBy::Observed(_) => "by a message seen in Sent",
        StoppedBy::Attested => "by a logged contact",
        StoppedBy::Received(_) => "by the client's message",
        StoppedBy::Recorded => "by what was recorded",
    }
}

fn target_words(target: Target) -> String {
    let plural =
        |n: u16, one: &str| if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") };
    match target {
        Target::Hours(n) => plural(n, "hour"),
        Target::BusinessHours(n) => plural(n, "business hour"),
        Target::BusinessDays(n) => plural(n, "business day"),
        Target::Days(n) => plural(n, "calendar day"),
        Target::CloseOfBusiness(0) => "by close of business".to_owned(),
        Target::CloseOfBusiness(n) => {
            format!("by close of business, {} later", plural(n, "business day"))
        }
    }
}

/// `1 h 50 min`; seconds only where there are any.
pub fn duration_words(d: SignedDuration) -> String {
    let total = d.abs().as_secs();
    let (h, m, s) = (total / 3600, total / 60 % 60, total % 60);
    let parts = [(h, "h"), (m, "min"), (s, "s")];
    let said: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n} {unit}")).collect();
    if said.is_empty() { "0 min".to_owned() } else { said.join(" ") }
}

/// `3 d 4 h`, `12 h 20 min`.
fn wall_words(d: SignedDuration) -> String {
    let total = d.abs().as_secs();
    match (total / 86_400, total / 3600 % 24) {
        (0, _) => duration_words(SignedDuration::from_mins(total / 60)),
        (days, 0) => format!("{days} d"),
        (days, hours) => format!("{days} d {hours} h"),
    }
}
