//! `matterbox deadline`: legal time limits, computed by a cited rule or entered by hand, confirmed by a person.
//!
//! Owns the arguments and the sentences. The days are counted in the domain; nothing here makes a deadline count.

use std::collections::BTreeSet;

use clap::{Args, Subcommand};
use jiff::{civil::Date, tz::TimeZone};

use super::{
    Context, Failure, json,
    matters::report_change,
    office::{find_matter, matter_id, mismatched},
};
use crate::{
    app::{
        command::{Command, DeadlineEntry, DeadlineOrder},
        rows::{Answer, DeadlineRow, Query},
    },
    config::sla,
    domain::{
        calendar::zones,
        deadline::{
            Computed, Counting, Court, Line, Period, Request, Rule, Service, Trigger, compute,
            end_of_day,
        },
        holidays::HolidaySet,
        id::DeadlineId,
        matter::MatterNumber,
    },
};

/// Subcommands of `deadline`.
#[derive(Debug, Subcommand)]
pub enum DeadlineCmd {
    /// Count a legal time limit by a rule and show every step; keeps nothing
    Compute(ComputeArgs),
    /// Enter a deadline of a matter, by hand or by a rule; it does not count before it is confirmed
    Add(AddArgs),
    /// List deadlines, soonest first
    List {
        /// Only those of this matter
        #[arg(long, value_name = "NUMBER")]
        matter: Option<MatterNumber>,
        /// Also those that were done or vacated
        #[arg(long)]
        all: bool,
    },
    /// Confirm a deadline: from now on it counts. The day must be said again
    Confirm {
        /// Its number, as `deadline list` shows it
        #[arg(value_parser = parse_deadline)]
        deadline: DeadlineId,
        /// Its last day, as you read it yourself from the source
        #[arg(long)]
        day: Date,
    },
    /// Say that a deadline was met, with evidence
    Done {
        /// Its number, as `deadline list` shows it
        #[arg(value_parser = parse_deadline)]
        deadline: DeadlineId,
        /// What proves it: what was filed or served, when, under which number
        #[arg(long)]
        evidence: String,
    },
    /// Take a deadline away: by an order, or because it was entered wrongly
    Vacate {
        /// Its number, as `deadline list` shows it
        #[arg(value_parser = parse_deadline)]
        deadline: DeadlineId,
        /// The order, or the reason
        #[arg(long)]
        reason: String,
    },
}

fn parse_deadline(text: &str) -> Result<DeadlineId, String> {
    let row = text.parse().ok().filter(|row: &i64| *row > 0);
    row.map(DeadlineId::new).ok_or_else(|| "expected a number from `deadline list`".to_owned())
}

/// What a rule is told.
#[derive(Debug, Args)]
pub struct ComputeArgs {
    /// The rule: frcp.6, cpr.2.8, cpr.6.26, cpr.6.14, zpo.222 or bgb.187
    #[arg(long)]
    pub rule: Rule,
    /// The event: a day (2026-11-05) or, where the time matters, 2026-11-05T16:29 in the court's zone
    #[arg(long, value_name = "DAY")]
    pub trigger: Trigger,
    /// How it is counted.
    #[command(flatten)]
    pub how: HowArgs,
}

/// How a period is counted.
#[derive(Debug, Default, Args)]
#[allow(clippy::struct_excessive_bools, reason = "switches of a command line, not a state")]
pub struct HowArgs {
    /// So many days
    #[arg(long, value_name = "N", group = "period", value_parser = clap::value_parser!(u16).range(1..))]
    pub days: Option<u16>,
    /// So many hours
    #[arg(long, value_name = "N", group = "period", value_parser = clap::value_parser!(u16).range(1..))]
    pub hours: Option<u16>,
    /// So many weeks
    #[arg(long, value_name = "N", group = "period", value_parser = clap::value_parser!(u16).range(1..))]
    pub weeks: Option<u16>,
    /// So many months
    #[arg(long, value_name = "N", group = "period", value_parser = clap::value_parser!(u16).range(1..))]
    pub months: Option<u16>,
    /// So many years
    #[arg(long, value_name = "N", group = "period", value_parser = clap::value_parser!(u16).range(1..))]
    pub years: Option<u16>,
    /// Counted back from the event: the last day on which it can still be done
    #[arg(long, conflicts_with = "at_least")]
    pub before: bool,
    /// At least so long after the event: the first day on which it may be
    #[arg(long)]
    pub at_least: bool,
    /// How the document was served: electronic, personal, mail, clerk, consented, dx, delivered or fax
    #[arg(long, value_name = "WAY")]
    pub service: Option<Service>,
    /// The period begins with the beginning of the trigger's day, which counts (§ 187 Abs. 2 BGB)
    #[arg(long)]
    pub first_day_counts: bool,
    /// The act is done at the court office (CPR 2.8(5))
    #[arg(long)]
    pub at_court_office: bool,
    /// A day on which the clerk's office was inaccessible (FRCP 6(a)(3)); may be given more than once
    #[arg(long, value_name = "DAY")]
    pub inaccessible: Vec<Date>,
    /// Holidays of the court, such as us-federal, gb-england-wales or de-BY; the rule's own when left out
    #[arg(long, value_name = "SET", value_parser = parse_set)]
    pub holidays: Option<&'static str>,
    /// A holiday of the court's state (FRCP 6(a)(6)(C)); may be given more than once
    #[arg(long, value_name = "DAY")]
    pub state_holiday: Vec<Date>,
    /// The court's zone, such as America/Chicago; the rule's own, or the office's, when left out
    #[arg(long, value_name = "ZONE", value_parser = parse_zone)]
    pub zone: Option<TimeZone>,
}

fn parse_set(text: &str) -> Result<&'static str, String> {
    HolidaySet::named(text).map(HolidaySet::id).ok_or_else(|| {
        let known: Vec<&str> = HolidaySet::all().map(HolidaySet::id).collect();
        format!("no such set of holidays; there are {}", known.join(", "))
    })
}

fn parse_zone(text: &str) -> Result<TimeZone, String> {
    zones().get(text).map_err(|_| "no such zone; write it like America/New_York".to_owned())
}

/// Arguments of `deadline add`.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// The matter
    #[arg(long, value_name = "NUMBER")]
    pub matter: MatterNumber,
    /// What is to be done, such as "answer the complaint"
    #[arg(long)]
    pub what: String,
    /// What sets it: the order, the rule, the notice
    #[arg(long)]
    pub source: String,
    /// Where that can be looked up: the docket entry, the message, the page
    #[arg(long)]
    pub evidence: String,
    /// The last day, by hand
    #[arg(long, required_unless_present = "rule")]
    pub day: Option<Date>,
    /// The rule by which it is computed instead: frcp.6, cpr.2.8, cpr.6.26, cpr.6.14, zpo.222 or bgb.187
    #[arg(long, requires = "trigger", conflicts_with = "day")]
    pub rule: Option<Rule>,
    /// The event: a day (2026-11-05) or, where the time matters, 2026-11-05T16:29 in the court's zone
    #[arg(long, value_name = "DAY", requires = "rule")]
    pub trigger: Option<Trigger>,
    /// How it is counted.
    #[command(flatten)]
    pub how: HowArgs,
}

/// Runs one of them.
pub fn run(context: &mut Context<'_>, command: DeadlineCmd) -> Result<(), Failure> {
    match command {
        DeadlineCmd::Compute(args) => compute_only(context, &args),
        DeadlineCmd::Add(args) => add(context, args),
        DeadlineCmd::List { matter, all } => list(context, matter.as_ref(), all),
        DeadlineCmd::Confirm { deadline, day } => {
            order(context, DeadlineOrder::Confirm { deadline, day })
        }
        DeadlineCmd::Done { deadline, evidence } => {
            order(context, DeadlineOrder::Done { deadline, evidence })
        }
        DeadlineCmd::Vacate { deadline, reason } => {
            order(context, DeadlineOrder::Vacate { deadline, reason })
        }
    }
}

fn order(context: &mut Context<'_>, order: DeadlineOrder) -> Result<(), Failure> {
    let events = context.open()?.order(Command::Deadline(order))?;
    report_change(context, &events)
}

fn compute_only(context: &mut Context<'_>, args: &ComputeArgs) -> Result<(), Failure> {
    let office = office_zone(context)?;
    let counted = counted(args.rule, args.trigger, &args.how, &office)?;
    let report = json::ComputedDeadline {
        rule: args.rule.word().to_owned(),
        day: counted.computed.day.to_string(),
        until: counted.computed.until.into(),
        zone: counted.zone,
        holidays: counted.set.id().to_owned(),
        steps: counted.computed.lines.iter().map(step).collect(),
        cautions: counted.cautions,
    };
    context.output.report(&report)
}

fn step(line: &Line) -> json::DeadlineStep {
    json::DeadlineStep { text: line.text.clone(), cites: line.cites.to_owned() }
}

struct Counted {
    computed: Computed,
    zone: String,
    set: HolidaySet,
    cautions: Vec<String>,
}

/// The zone of the office's own calendar, or what ships.
pub(super) fn office_zone(context: &Context<'_>) -> Result<TimeZone, Failure> {
    let sla = sla::load(&context.sla_file()?)?;
    Ok(sla.office.zone().clone())
}

fn counted(
    rule: Rule,
    trigger: Trigger,
    how: &HowArgs,
    office: &TimeZone,
) -> Result<Counted, Failure> {
    let zone = match (&how.zone, rule) {
        (Some(zone), _) => zone.clone(),
        (None, Rule::Cpr28 | Rule::Cpr626 | Rule::Cpr614) => named_zone("Europe/London")?,
        (None, Rule::Zpo222 | Rule::Bgb187) => named_zone("Europe/Berlin")?,
        (None, Rule::Frcp6) => office.clone(),
    };
    let own = match rule {
        Rule::Frcp6 => "us-federal",
        Rule::Cpr28 | Rule::Cpr626 | Rule::Cpr614 => "gb-england-wales",
        Rule::Zpo222 | Rule::Bgb187 => "de",
    };
    let id = how.holidays.unwrap_or(own);
    let set = HolidaySet::named(id)
        .ok_or_else(|| Failure::usage(format!("there is no set of holidays {id}")))?;
    let states: BTreeSet<Date> = how.state_holiday.iter().copied().collect();
    let court = Court {
        zone: &zone,
        holiday: &|date| set.name_of(date).map(str::to_owned),
        state_holiday: &|date| states.contains(&date).then(|| "of the state".to_owned()),
    };
    let computed = compute(&request(rule, trigger, how), court)?;
    let mut cautions = Vec::new();
    if how.holidays.is_none() && matches!(rule, Rule::Zpo222 | Rule::Bgb187) {
        cautions.push(
            "only the holidays of every Land were counted; name the Land with --holidays, such as de-BY"
                .to_owned(),
        );
    }
    if rule == Rule::Frcp6 && how.zone.is_none() {
        cautions
            .push("the office's zone was taken for the court's; --zone names another".to_owned());
    }
    if let Some(year) = set.known_to().filter(|year| computed.day.year() > *year) {
        cautions.push(format!("the holidays of {id} are known to {year} only"));
    }
    let zone = zone.iana_name().unwrap_or("UTC").to_owned();
    Ok(Counted { computed, zone, set, cautions })
}

fn named_zone(name: &str) -> Result<TimeZone, Failure> {
    parse_zone(name).map_err(Failure::usage)
}

fn request(rule: Rule, trigger: Trigger, how: &HowArgs) -> Request {
    let period = [
        how.days.map(Period::Days),
        how.hours.map(Period::Hours),
        how.weeks.map(Period::Weeks),
        how.months.map(Period::Months),
        how.years.map(Period::Years),
    ];
    let counting = match (how.before, how.at_least) {
        (true, _) => Counting::Before,
        (false, true) => Counting::AtLeastAfter,
        (false, false) => Counting::After,
    };
    Request {
        counting,
        service: how.service,
        first_day_counts: how.first_day_counts,
        at_court_office: how.at_court_office,
        inaccessible: how.inaccessible.iter().copied().collect(),
        ..Request::new(rule, trigger, period.into_iter().flatten().next())
    }
}

fn add(context: &mut Context<'_>, args: AddArgs) -> Result<(), Failure> {
    let office = office_zone(context)?;
    let (day, until, zone, rule, lines) = match (args.rule.zip(args.trigger), args.day) {
        (Some((rule, trigger)), _) => {
            let counted = counted(rule, trigger, &args.how, &office)?;
            let mut lines: Vec<String> = counted
                .computed
                .lines
                .iter()
                .map(|line| format!("{} ({})", line.text, line.cites))
                .collect();
            lines.extend(counted.cautions.iter().map(|caution| format!("Mind: {caution}.")));
            let Computed { day, until, .. } = counted.computed;
            (day, until, counted.zone, rule.word().to_owned(), lines)
        }
        (None, Some(day)) => {
            let zone = args.how.zone.clone().unwrap_or(office);
            let until = end_of_day(day, &zone)?;
            let name = zone.iana_name().unwrap_or("UTC").to_owned();
            (day, until, name, String::new(), Vec::new())
        }
        (None, None) => {
            return Err(Failure::usage("a deadline needs --day, or --rule and --trigger"));
        }
    };
    let mut office = context.open()?;
    let matter = matter_id(office.as_mut(), &args.matter)?;
    let entry = DeadlineEntry {
        matter,
        what: args.what,
        day,
        until,
        zone,
        rule,
        lines,
        source: args.source,
        evidence: args.evidence,
    };
    let events = office.order(Command::Deadline(DeadlineOrder::Add(Box::new(entry))))?;
    report_change(context, &events)
}

fn list(
    context: &mut Context<'_>,
    number: Option<&MatterNumber>,
    all: bool,
) -> Result<(), Failure> {
    let mut office = context.open()?;
    let matter = match number {
        Some(number) => Some(find_matter(office.as_mut(), number)?.matter.id),
        None => None,
    };
    let Answer::Deadlines(rows) = office.ask(Query::Deadlines { matter, ended: all })? else {
        return Err(mismatched("deadlines"));
    };
    let now = context.now;
    let deadlines = rows.iter().map(row).collect();
    context.output.report(&json::DeadlinesReport { now: now.into(), deadlines })
}

fn row(row: &DeadlineRow) -> json::Deadline {
    json::Deadline {
        deadline: row.id.get(),
        state: row.state.word().to_owned(),
        day: row.day.to_string(),
        until: row.until.into(),
        zone: row.zone.to_string(),
        matter: json::from_rows::matter(&row.matter),
        what: row.what.to_string(),
        rule: Some(row.rule.to_string()).filter(|rule| !rule.is_empty()),
        arithmetic: row.lines.iter().map(ToString::to_string).collect(),
        source: row.source.to_string(),
        evidence: row.evidence.to_string(),
        entered: row.entered.into(),
        confirmed: row.confirmed.map(Into::into),
        ended: row.ended.as_ref().map(|(at, _)| (*at).into()),
        because: row.ended.as_ref().map(|(_, because)| because.to_string()),
    }
}
