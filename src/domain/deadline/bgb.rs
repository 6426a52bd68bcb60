//! German periods: § 222 ZPO with §§ 187 to 193 BGB.
//!
//! Owns these provisions' steps and their citations. The holidays are those of the Land whose court it is: an argument.

use jiff::{
    SignedDuration, Span,
    civil::{Date, Time},
};

use super::{
    Closed, Computed, Counting, Court, DeadlineError, Period, Request, Rule, Steps, end_of_day,
    named, shifted,
};

/// The last day, or for hours the last instant.
pub(super) fn compute(request: &Request, court: Court<'_>) -> Result<Computed, DeadlineError> {
    let rule = request.rule;
    let not = |what| Err(DeadlineError::NotByThisRule { rule, what });
    let period = request.period.ok_or(DeadlineError::Needs { rule, what: "a period" })?;
    if request.service.is_some() {
        return not("the way of service: the event is the day of service itself");
    }
    match request.counting {
        Counting::After => {}
        Counting::Before => return not("backward; whether § 193 BGB applies then is disputed"),
        Counting::AtLeastAfter => return not("the earliest day after an event"),
    }
    let closed = Closed { holiday: court.holiday, also: None };
    if let Period::Hours(hours) = period {
        return if rule == Rule::Zpo222 {
            hours_after(request, court, &closed, hours)
        } else {
            not("hours")
        };
    }
    let mut steps = Steps::default();
    let last = if request.first_day_counts {
        from_beginning(request.trigger.date, period, &mut steps)?
    } else {
        from_event(request.trigger.date, period, &mut steps)?
    };
    let (day, passed) = closed.roll(last, 1)?;
    if !passed.is_empty() {
        let (cites, word) = match rule {
            Rule::Zpo222 => ("§ 222 Abs. 2 ZPO", "it ends with"),
            Rule::Frcp6 | Rule::Cpr28 | Rule::Cpr626 | Rule::Cpr614 | Rule::Bgb187 => {
                ("§ 193 BGB", "for a declaration or a performance it ends with")
            }
        };
        steps.say(
            cites,
            format!("{}: {word} the next working day, {}.", passed.join(", "), named(day)),
        );
    }
    steps.say("§ 188 BGB", format!("It ends at midnight at the end of {}.", named(day)));
    steps.end_of(day, court.zone)
}

/// Ereignisfrist: the day of the event is not counted.
fn from_event(trigger: Date, period: Period, steps: &mut Steps) -> Result<Date, DeadlineError> {
    steps.say(
        "§ 187 Abs. 1 BGB",
        format!("{}: the day of the event is not counted.", named(trigger)),
    );
    let last = period.corresponding(trigger, false)?;
    match period {
        Period::Hours(_) | Period::Days(_) => {
            steps.say("§ 188 Abs. 1 BGB", format!("{period}: the last day is {}.", named(last)));
        }
        Period::Weeks(_) => steps.say(
            "§ 188 Abs. 2 BGB",
            format!("{period}: the day of the same name is {}.", named(last)),
        ),
        Period::Months(_) | Period::Years(_) if last.day() == trigger.day() => steps.say(
            "§ 188 Abs. 2 BGB",
            format!("{period}: the day of the same number is {}.", named(last)),
        ),
        Period::Months(_) | Period::Years(_) => steps.say(
            "§ 188 Abs. 3 BGB",
            format!(
                "{period}: the last month has no day {}; it ends with its last day, {}.",
                trigger.day(),
                named(last)
            ),
        ),
    }
    Ok(last)
}

/// Beginnfrist: the first day counts, so it ends with the day before the corresponding one.
fn from_beginning(first: Date, period: Period, steps: &mut Steps) -> Result<Date, DeadlineError> {
    steps.say(
        "§ 187 Abs. 2 BGB",
        format!("{}: the period begins with this day, which counts.", named(first)),
    );
    let (last, cites) = match period {
        Period::Hours(_) | Period::Days(_) => {
            (shifted(period.corresponding(first, false)?, -1)?, "§ 188 Abs. 1 BGB")
        }
        Period::Weeks(_) => (shifted(period.corresponding(first, false)?, -1)?, "§ 188 Abs. 2 BGB"),
        Period::Months(n) => month_end(first, Span::new().months(i64::from(n)))?,
        Period::Years(n) => {
            let span = Span::new().try_years(i64::from(n));
            month_end(first, span.map_err(|_| DeadlineError::OutOfRange)?)?
        }
    };
    steps.say(cites, format!("{period}: the last day is {}.", named(last)));
    Ok(last)
}

/// The day before the one of the same number; where the month is too short even for that, its last day (§ 188 Abs. 3).
fn month_end(first: Date, span: Span) -> Result<(Date, &'static str), DeadlineError> {
    let same = first.checked_add(span).map_err(|_| DeadlineError::OutOfRange)?;
    let missing = first.day().saturating_sub(same.day());
    if missing > 1 {
        return Ok((same, "§ 188 Abs. 3 BGB"));
    }
    // Where exactly the corresponding day is missing (29 January and February), the day before it is the last one.
    let last = if missing == 1 { same } else { shifted(same, -1)? };
    Ok((last, "§ 188 Abs. 2 BGB"))
}

/// § 222 Abs. 3 ZPO: the hours of Sundays, holidays and Saturdays are not counted.
fn hours_after(
    request: &Request,
    court: Court<'_>,
    closed: &Closed<'_>,
    hours: u16,
) -> Result<Computed, DeadlineError> {
    let time = request.trigger.time.ok_or(DeadlineError::Needs {
        rule: Rule::Zpo222,
        what: "the time of the event for a period in hours",
    })?;
    let out_of_range = |_| DeadlineError::OutOfRange;
    let begin = request.trigger.date.to_datetime(time);
    let mut from = court.zone.to_timestamp(begin).map_err(out_of_range)?;
    let mut day = request.trigger.date;
    let mut left = SignedDuration::from_hours(i64::from(hours));
    let mut steps = Steps::default();
    steps.say(
        "§ 222 Abs. 1 ZPO",
        format!(
            "Counted from {} {}, the event itself; some count from the next full hour, which is later.",
            named(day),
            time.strftime("%H:%M")
        ),
    );
    loop {
        let (open, passed) = closed.roll(day, 1)?;
        if !passed.is_empty() {
            steps.say("§ 222 Abs. 3 ZPO", format!("{}: not counted.", passed.join(", ")));
            let midnight = open.to_datetime(Time::midnight());
            from = court.zone.to_timestamp(midnight).map_err(out_of_range)?;
        }
        let end = end_of_day(open, court.zone)?.checked_add(SignedDuration::from_secs(1));
        let end = end.map_err(out_of_range)?;
        let here = end.duration_since(from);
        if left <= here {
            let until = from.checked_add(left).map_err(out_of_range)?;
            let civil = court.zone.to_datetime(until);
            // The full day ends with its last second, as every other period does.
            let (until, at) = if left == here {
                (end_of_day(open, court.zone)?, "at midnight, at its end".to_owned())
            } else {
                (until, civil.strftime("%H:%M").to_string())
            };
            steps.say("§ 222 Abs. 3 ZPO", format!("{hours} hours end on {} {at}.", named(open)));
            return Ok(Computed { day: open, until, lines: steps.0 });
        }
        left = left.saturating_sub(here);
        from = end;
        day = shifted(open, 1)?;
    }
}
