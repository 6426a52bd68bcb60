//! The Civil Procedure Rules of England & Wales: clear days (2.8) and deemed service (6.14, 6.26).
//!
//! Owns these rules' steps and their citations. Business days are those of 6.2(b); the holidays are an argument.

use jiff::civil::{Date, Time, time};

use super::{
    Closed, Computed, Counting, Court, DeadlineError, Period, Request, Rule, Service, Steps, named,
    shifted,
};

/// Up to so many days, closed days do not count (2.8(4)).
const SHORT: u16 = 5;

/// The time from which a document counts as served on the next business day (6.26).
const HALF_PAST_FOUR: Time = time(16, 30, 0, 0);

const fn business(court: Court<'_>) -> Closed<'_> {
    Closed { holiday: court.holiday, also: None }
}

/// A period by rule 2.8.
pub(super) fn period(request: &Request, court: Court<'_>) -> Result<Computed, DeadlineError> {
    let rule = Rule::Cpr28;
    let not = |what| Err(DeadlineError::NotByThisRule { rule, what });
    let period = request.period.ok_or(DeadlineError::Needs { rule, what: "a period" })?;
    if request.service.is_some() {
        return not("the way of service: work out the day of deemed service first (cpr.6.26)");
    }
    if request.first_day_counts {
        return not("the day on which the period begins (2.8(3)(a))");
    }
    if matches!(period, Period::Hours(_)) {
        return not("hours");
    }
    let days = match period {
        Period::Days(days) => Some(days),
        Period::Weeks(weeks) => Some(weeks.saturating_mul(7)),
        Period::Hours(_) | Period::Months(_) | Period::Years(_) => None,
    };
    match (request.counting, days) {
        (Counting::After, Some(days)) => after(request, court, days),
        (Counting::After, None) => months_after(request, court, period),
        (Counting::Before, Some(days)) => before(request, court, days),
        (Counting::AtLeastAfter, Some(days)) => at_least_after(request, court, days),
        (Counting::Before | Counting::AtLeastAfter, None) => {
            not("months as clear days: say the days")
        }
    }
}

/// Walks so many days that count; for a short period only business days do.
fn walk(
    closed: &Closed<'_>,
    from: Date,
    days: u16,
    step: i64,
    steps: &mut Steps,
) -> Result<Date, DeadlineError> {
    let word = if step < 0 { "back" } else { "on" };
    if days > SHORT {
        let day = shifted(from, step.saturating_mul(i64::from(days)))?;
        steps.say(
            "CPR 2.8(2)",
            format!("{days} clear days {word}, every day counted: to {}.", named(day)),
        );
        return Ok(day);
    }
    let (day, skipped) = closed.nth(from, days, step)?;
    let plural = if days == 1 { "" } else { "s" };
    if skipped.is_empty() {
        steps.say("CPR 2.8(2)", format!("{days} clear day{plural} {word}: to {}.", named(day)));
    } else {
        steps.say(
            "CPR 2.8(4)",
            format!(
                "{days} clear day{plural} {word}; of 5 days or less these do not count: {}. To {}.",
                skipped.join(", "),
                named(day)
            ),
        );
    }
    Ok(day)
}

fn begins(request: &Request, steps: &mut Steps) {
    steps.say(
        "CPR 2.8(3)(a)",
        format!(
            "{}: the day on which the period begins is not counted.",
            named(request.trigger.date)
        ),
    );
}

/// Within so many days after: the last of them.
fn after(request: &Request, court: Court<'_>, days: u16) -> Result<Computed, DeadlineError> {
    let mut steps = Steps::default();
    begins(request, &mut steps);
    let last = walk(&business(court), request.trigger.date, days, 1, &mut steps)?;
    finish(request, court, last, steps)
}

/// Months: to the corresponding date.
fn months_after(
    request: &Request,
    court: Court<'_>,
    period: Period,
) -> Result<Computed, DeadlineError> {
    let mut steps = Steps::default();
    begins(request, &mut steps);
    let last = period.corresponding(request.trigger.date, false)?;
    steps.say(
        "CPR 2.10",
        format!("{period} (calendar months), to the corresponding date: {}.", named(last)),
    );
    finish(request, court, last, steps)
}

/// 2.8(5) where the act is done at the court office; else a word of warning.
fn finish(
    request: &Request,
    court: Court<'_>,
    last: Date,
    mut steps: Steps,
) -> Result<Computed, DeadlineError> {
    let (open, passed) = business(court).roll(last, 1)?;
    let day = match (passed.is_empty(), request.at_court_office) {
        (true, _) => last,
        (false, true) => {
            steps.say(
                "CPR 2.8(5)",
                format!(
                    "{}; an act at the court office is in time on the next day it is open, {}.",
                    passed.join(", "),
                    named(open)
                ),
            );
            open
        }
        (false, false) => {
            steps.say(
                "CPR 2.8(5)",
                format!(
                    "{}; only an act at the court office may wait until {}.",
                    passed.join(", "),
                    named(open)
                ),
            );
            last
        }
    };
    steps.end_of(day, court.zone)
}

/// At least so many clear days before an event: the last day for it.
fn before(request: &Request, court: Court<'_>, days: u16) -> Result<Computed, DeadlineError> {
    let mut steps = Steps::default();
    let event = request.trigger.date;
    steps.say("CPR 2.8(3)(b)", format!("{}: the day of the event is not counted.", named(event)));
    let closed = business(court);
    let first = walk(&closed, event, days, -1, &mut steps)?;
    let last = shifted(first, -1)?;
    steps.say(
        "CPR 2.8(3)(a)",
        format!("The day on which the period begins is not counted either: {}.", named(last)),
    );
    let (day, passed) = closed.roll(last, -1)?;
    if !passed.is_empty() {
        steps.say(
            "CPR 6.26",
            format!(
                "{}: what is served then is deemed served on the next business day, too late. The last day for it is {}.",
                passed.join(", "),
                named(day)
            ),
        );
    }
    steps.say(
        "CPR 6.26",
        "What is served at or after 4.30 pm on that day is deemed served on the next business day."
            .to_owned(),
    );
    steps.end_of(day, court.zone)
}

/// At least so many clear days after an event: the first day for it.
fn at_least_after(
    request: &Request,
    court: Court<'_>,
    days: u16,
) -> Result<Computed, DeadlineError> {
    let mut steps = Steps::default();
    begins(request, &mut steps);
    let last = walk(&business(court), request.trigger.date, days, 1, &mut steps)?;
    let day = shifted(last, 1)?;
    steps.say(
        "CPR 2.8(3)(b)",
        format!("The day of the event is not counted: it is {} at the earliest.", named(day)),
    );
    steps.end_of(day, court.zone)
}

/// Deemed service of a document other than a claim form, by the table of 6.26.
pub(super) fn deemed(request: &Request, court: Court<'_>) -> Result<Computed, DeadlineError> {
    let rule = Rule::Cpr626;
    let service = way(request, rule)?;
    let closed = business(court);
    let date = request.trigger.date;
    let mut steps = Steps::default();
    let day = match service {
        Service::Mail | Service::Dx => {
            let second = shifted(date, 2)?;
            let (cites, what) = if service == Service::Mail {
                ("CPR 6.26, item 1", "Posted")
            } else {
                ("CPR 6.26, item 2", "Left with the document exchange")
            };
            steps.say(
                cites,
                format!("{what} {}; the second day after is {}.", named(date), named(second)),
            );
            next_business_day(&closed, second, cites, &mut steps)?
        }
        Service::Delivered | Service::Fax | Service::Electronic | Service::Personal => {
            same_day(request, service, &closed, &mut steps)?
        }
        Service::Clerk | Service::Consented => {
            return Err(DeadlineError::NotByThisRule { rule, what: "this way of service" });
        }
    };
    steps.say("CPR 6.26", format!("Deemed served on {}.", named(day)));
    steps.end_of(day, court.zone)
}

fn way(request: &Request, rule: Rule) -> Result<Service, DeadlineError> {
    if request.period.is_some() {
        let what = "a period: it gives the day of deemed service; count from it with cpr.2.8";
        return Err(DeadlineError::NotByThisRule { rule, what });
    }
    request.service.ok_or(DeadlineError::Needs { rule, what: "the way of service" })
}

/// Items 3 to 6: the same day, if it is a business day and before 4.30 pm.
fn same_day(
    request: &Request,
    service: Service,
    closed: &Closed<'_>,
    steps: &mut Steps,
) -> Result<Date, DeadlineError> {
    let (cites, what) = match service {
        Service::Delivered => ("CPR 6.26, item 3", "Delivered or left"),
        Service::Fax => ("CPR 6.26, item 4", "The fax was completed"),
        Service::Personal => ("CPR 6.26, item 6", "Served personally"),
        Service::Electronic | Service::Mail | Service::Dx | Service::Clerk | Service::Consented => {
            ("CPR 6.26, item 5", "Sent electronically")
        }
    };
    let date = request.trigger.date;
    let time = request.trigger.time.ok_or(DeadlineError::Needs {
        rule: Rule::Cpr626,
        what: "the time of day, because of 4.30 pm",
    })?;
    let at = format!("{what} {} {}", named(date), time.strftime("%H:%M"));
    if closed.is_open(date) && time < HALF_PAST_FOUR {
        steps.say(cites, format!("{at}, a business day, before 4.30 pm: that day."));
        return Ok(date);
    }
    let why = closed.why(date).unwrap_or_else(|| "at or after 4.30 pm".to_owned());
    steps.say(cites, format!("{at}, {why}: the next business day after that day."));
    next_business_day(closed, shifted(date, 1)?, cites, steps)
}

fn next_business_day(
    closed: &Closed<'_>,
    from: Date,
    cites: &'static str,
    steps: &mut Steps,
) -> Result<Date, DeadlineError> {
    let (day, passed) = closed.roll(from, 1)?;
    if !passed.is_empty() {
        steps
            .say(cites, format!("{}: the next business day is {}.", passed.join(", "), named(day)));
    }
    Ok(day)
}

/// Deemed service of a claim form: the second business day after the step of 7.5(1).
pub(super) fn claim_form(request: &Request, court: Court<'_>) -> Result<Computed, DeadlineError> {
    let rule = Rule::Cpr614;
    let service = way(request, rule)?;
    let step = match service {
        Service::Mail => "posted",
        Service::Dx => "left with the document exchange",
        Service::Delivered => "delivered or left",
        Service::Personal => "left with the person (6.5(3))",
        Service::Fax => "transmitted by fax",
        Service::Electronic => "sent electronically",
        Service::Clerk | Service::Consented => {
            return Err(DeadlineError::NotByThisRule { rule, what: "this way of service" });
        }
    };
    let date = request.trigger.date;
    let mut steps = Steps::default();
    steps.say("CPR 7.5(1)", format!("The claim form was {step} on {}.", named(date)));
    let (day, skipped) = business(court).nth(date, 2, 1)?;
    let passed = if skipped.is_empty() {
        String::new()
    } else {
        format!(" These are none: {}.", skipped.join(", "))
    };
    steps.say(
        "CPR 6.14, 6.2(b)",
        format!("The second business day after is {}.{passed} Deemed served on it.", named(day)),
    );
    steps.end_of(day, court.zone)
}
