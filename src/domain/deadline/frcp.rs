//! Rule 6 of the Federal Rules of Civil Procedure, as amended in 2009 (every day counts) and 2016 (no days for e-service).
//!
//! Owns this rule's steps and their citations. It never applies a local rule: who knows one says the day himself.

use jiff::{SignedDuration, Timestamp, civil::Date};

use super::{
    Closed, Computed, Counting, Court, DeadlineError, Period, Request, Rule, Service, Steps, named,
    shifted, zone_name,
};

const RULE: Rule = Rule::Frcp6;

/// The last day, or for hours the last instant.
pub(super) fn compute(request: &Request, court: Court<'_>) -> Result<Computed, DeadlineError> {
    let period = request.period.ok_or(DeadlineError::Needs { rule: RULE, what: "a period" })?;
    if request.first_day_counts {
        return Err(not("the day of the event: it is excluded (6(a)(1)(A))"));
    }
    match (period, request.counting) {
        (Period::Hours(_), Counting::Before) => Err(not("hours before an event")),
        (Period::Hours(hours), Counting::After) => hours_after(request, court, hours),
        (_, Counting::After) => days_after(request, court, period),
        (_, Counting::Before) => days_before(request, court, period),
        (_, Counting::AtLeastAfter) => Err(not("the earliest day after an event")),
    }
}

fn not(what: &'static str) -> DeadlineError {
    DeadlineError::NotByThisRule { rule: RULE, what }
}

/// Forward: the holidays of the state count too (6(a)(6)(C)).
const fn forward(court: Court<'_>) -> Closed<'_> {
    Closed { holiday: court.holiday, also: Some(court.state_holiday) }
}

fn days_after(
    request: &Request,
    court: Court<'_>,
    period: Period,
) -> Result<Computed, DeadlineError> {
    let mut steps = Steps::default();
    let trigger = request.trigger.date;
    steps.say(
        "Fed. R. Civ. P. 6(a)(1)(A)",
        format!("{}: the day of the event is not counted.", named(trigger)),
    );
    let last = period.corresponding(trigger, false)?;
    steps.say(
        "Fed. R. Civ. P. 6(a)(1)(B)",
        format!("{period}, every day counted, end on {}.", named(last)),
    );
    let closed = forward(court);
    let mut day = run_on(&closed, last, &mut steps)?;
    if let Some(service) = request.service {
        day = served(service, &closed, day, &mut steps)?;
    }
    day = accessible(request, &closed, day, &mut steps)?;
    steps.say(
        "Fed. R. Civ. P. 6(a)(4)",
        format!(
            "It ends at midnight at the end of {} in the court's zone ({}) for electronic filing; by other means, when the \
             clerk's office is scheduled to close.",
            named(day),
            zone_name(court.zone)
        ),
    );
    steps.end_of(day, court.zone)
}

/// 6(a)(1)(C): a last day that is closed is not the last.
fn run_on(closed: &Closed<'_>, last: Date, steps: &mut Steps) -> Result<Date, DeadlineError> {
    let (day, passed) = closed.roll(last, 1)?;
    if !passed.is_empty() {
        steps.say(
            "Fed. R. Civ. P. 6(a)(1)(C)",
            format!("{}: the period runs on to {}.", passed.join(", "), named(day)),
        );
    }
    Ok(day)
}

/// 6(d): three days after the period would otherwise expire, for some kinds of service.
fn served(
    service: Service,
    closed: &Closed<'_>,
    day: Date,
    steps: &mut Steps,
) -> Result<Date, DeadlineError> {
    let how = match service {
        Service::Mail => "by mail (5(b)(2)(C))",
        Service::Clerk => "by leaving it with the clerk (5(b)(2)(D))",
        Service::Consented => "by other means consented to (5(b)(2)(F))",
        Service::Electronic => {
            steps.say(
                "Fed. R. Civ. P. 6(d)",
                "Served electronically: no days are added (since 1 Dec 2016).".to_owned(),
            );
            return Ok(day);
        }
        Service::Personal | Service::Delivered => {
            steps.say("Fed. R. Civ. P. 6(d)", "Served in person: no days are added.".to_owned());
            return Ok(day);
        }
        Service::Dx | Service::Fax => {
            return Err(not(
                "service by document exchange or fax; where it was consented to, say so",
            ));
        }
    };
    let third = shifted(day, 3)?;
    steps.say(
        "Fed. R. Civ. P. 6(d)",
        format!("Served {how}: 3 days after {} are {}.", named(day), named(third)),
    );
    run_on(closed, third, steps)
}

/// 6(a)(3)(A): the clerk's office cannot be reached on the last day.
fn accessible(
    request: &Request,
    closed: &Closed<'_>,
    from: Date,
    steps: &mut Steps,
) -> Result<Date, DeadlineError> {
    let mut day = from;
    while request.inaccessible.contains(&day) {
        day = closed.roll(shifted(day, 1)?, 1)?.0;
    }
    if day != from {
        steps.say(
            "Fed. R. Civ. P. 6(a)(3)(A)",
            format!(
                "The clerk's office was inaccessible on {}: extended to {}.",
                named(from),
                named(day)
            ),
        );
    }
    Ok(day)
}

/// Backward: the last day moves to the one before, and state holidays do not count (6(a)(5), 6(a)(6)(C)).
fn days_before(
    request: &Request,
    court: Court<'_>,
    period: Period,
) -> Result<Computed, DeadlineError> {
    let mut steps = Steps::default();
    let event = request.trigger.date;
    steps.say(
        "Fed. R. Civ. P. 6(a)(1)(A)",
        format!("{}: the day of the event is not counted.", named(event)),
    );
    let last = period.corresponding(event, true)?;
    steps.say(
        "Fed. R. Civ. P. 6(a)(1)(B)",
        format!("{period} before it, every day counted, end on {}.", named(last)),
    );
    let federal = Closed { holiday: court.holiday, also: None };
    let (mut day, passed) = federal.roll(last, -1)?;
    if !passed.is_empty() {
        steps.say(
            "Fed. R. Civ. P. 6(a)(1)(C), 6(a)(5)",
            format!("{}: counted on backward to {}.", passed.join(", "), named(day)),
        );
    }
    if let Some(state) = (court.state_holiday)(day) {
        steps.say(
            "Fed. R. Civ. P. 6(a)(6)(C)",
            format!(
                "{} is a holiday of the state ({state}); backward it does not count.",
                named(day)
            ),
        );
    }
    // The committee note of 2009: the clerk's office being inaccessible extends forward, never backward.
    day = accessible(request, &federal, day, &mut steps)?;
    steps.say(
        "Fed. R. Civ. P. 6(a)(4)",
        format!(
            "It ends at midnight at the end of {} in the court's zone ({}) for electronic filing.",
            named(day),
            zone_name(court.zone)
        ),
    );
    steps.end_of(day, court.zone)
}

/// 6(a)(2): hours pass on the wall, from the event on.
fn hours_after(request: &Request, court: Court<'_>, hours: u16) -> Result<Computed, DeadlineError> {
    let time = request.trigger.time.ok_or(DeadlineError::Needs {
        rule: RULE,
        what: "the time of the event for a period in hours",
    })?;
    if request.service.is_some_and(|service| {
        matches!(service, Service::Mail | Service::Clerk | Service::Consented)
    }) {
        return Err(not("the 3 days of 6(d) for a period in hours"));
    }
    let mut steps = Steps::default();
    let out_of_range = |_| DeadlineError::OutOfRange;
    let start =
        court.zone.to_timestamp(request.trigger.date.to_datetime(time)).map_err(out_of_range)?;
    steps.say(
        "Fed. R. Civ. P. 6(a)(2)(A)",
        format!("It begins at once, {}.", instant(start, court)),
    );
    let end: Timestamp =
        start.checked_add(SignedDuration::from_hours(i64::from(hours))).map_err(out_of_range)?;
    steps.say(
        "Fed. R. Civ. P. 6(a)(2)(B)",
        format!("{hours} hours, every hour counted, end {}.", instant(end, court)),
    );
    let civil = court.zone.to_datetime(end);
    let closed = forward(court);
    let (day, passed) = closed.roll(civil.date(), 1)?;
    let mut until = end;
    if !passed.is_empty() {
        until = court.zone.to_timestamp(day.to_datetime(civil.time())).map_err(out_of_range)?;
        steps.say(
            "Fed. R. Civ. P. 6(a)(2)(C)",
            format!(
                "{}: it runs on to the same time, {}.",
                passed.join(", "),
                instant(until, court)
            ),
        );
    }
    let open = accessible(request, &closed, day, &mut steps)?;
    if open != day {
        until = court.zone.to_timestamp(open.to_datetime(civil.time())).map_err(out_of_range)?;
    }
    Ok(Computed { day: open, until, lines: steps.0 })
}

/// `Fri 2 Nov 2007 10:23 EDT`.
fn instant(t: Timestamp, court: Court<'_>) -> String {
    t.to_zoned_datetime(court.zone.clone()).strftime("%a %-d %b %Y %H:%M %Z").to_string()
}
