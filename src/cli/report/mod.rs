//! `matterbox report`: how fast the office answers, in words, JSON, CSV or as one HTML file.
//!
//! Owns the arguments and the choice of words. A miss in a report can be asked for in court: the firm chooses its word, and
//! every form but the client's extract says that it is internal work product.

mod html;
mod tables;

use clap::{Args, ValueEnum};
use jiff::{ToSpan, civil::Date};

use super::{Context, Failure, json, office::mismatched};
use crate::{
    app::{
        report::{Asked, ReportView},
        rows::{Answer, Query},
    },
    domain::{
        matter::MatterNumber,
        report::{Figures, Rate, percentile},
    },
};

/// Arguments of `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The first day; 28 days before the last when left out
    #[arg(long, value_name = "DAY")]
    pub from: Option<Date>,
    /// The last day; today when left out
    #[arg(long, value_name = "DAY")]
    pub to: Option<Date>,
    /// Only this matter
    #[arg(long, value_name = "NUMBER")]
    pub matter: Option<MatterNumber>,
    /// What the client of this one matter may read: a sentence, without names and misses
    #[arg(long, requires = "matter", conflicts_with_all = ["csv", "html"])]
    pub extract: bool,
    /// The word for an answer that was not in time
    #[arg(long, value_enum, default_value_t)]
    pub wording: Wording,
    /// As a table of values separated by commas
    #[arg(long, conflicts_with_all = ["html", "json"])]
    pub csv: bool,
    /// As one HTML file with charts, readable without a network and without colours
    #[arg(long, conflicts_with = "json")]
    pub html: bool,
}

/// The word for an answer that was not in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Wording {
    /// late
    #[default]
    Late,
    /// missed
    Missed,
}

impl Wording {
    const fn word(self) -> &'static str {
        match self {
            Self::Late => "late",
            Self::Missed => "missed",
        }
    }
}

/// What every form says about itself.
const MARK: &str = "Internal work product";

/// `matterbox report`
pub fn run(context: &mut Context<'_>, args: &ReportArgs) -> Result<(), Failure> {
    let mut office = context.open()?;
    let zone = super::deadline::office_zone(context)?;
    let to = args.to.unwrap_or_else(|| zone.to_datetime(context.now).date());
    let from = args.from.unwrap_or_else(|| to.saturating_sub(28.days()));
    if from > to {
        return Err(Failure::usage("the first day comes after the last"));
    }
    if let Some(number) = &args.matter {
        super::office::find_matter(office.as_mut(), number)?;
    }
    let matter = args.matter.as_ref().map(|number| number.as_str().to_owned());
    let asked = Asked { from, to, matter };
    let Answer::Report(view) = office.ask(Query::Report(asked))? else {
        return Err(mismatched("report"));
    };
    let shown = shown(&view, (from, to), args.wording, context.now.into());
    if args.html {
        return context.output.text(&html::page(&view, &shown));
    }
    if args.csv {
        return context.output.text(&tables::csv(&shown));
    }
    if args.extract {
        return context.output.report(&extract(&view, (from, to)));
    }
    context.output.report(&shown)
}

fn shown(
    view: &ReportView,
    (from, to): (Date, Date),
    wording: Wording,
    now: json::Instant,
) -> json::Report {
    let groups = |by: &str, map: &std::collections::BTreeMap<String, Figures>| {
        map.iter().map(|(name, figures)| group(by, name, figures)).collect::<Vec<_>>()
    };
    let report = &view.report;
    json::Report {
        mark: MARK.to_owned(),
        now,
        from: from.to_string(),
        to: to.to_string(),
        word: wording.word().to_owned(),
        all: group("all", "", &report.all),
        matters: groups("matter", &report.matters),
        clients: groups("client", &report.clients),
        owners: groups("owner", &report.owners),
        weeks: report
            .weeks
            .iter()
            .map(|(week, (ack, reply))| json::ReportWeek {
                week: week.to_string(),
                ack: rate(*ack),
                reply: rate(*reply),
            })
            .collect(),
        histogram: histogram(&report.histogram),
        arrivals: report.arrivals.iter().map(|row| row.to_vec()).collect(),
        without_update: view
            .quiet
            .iter()
            .map(|(matter, heard)| json::QuietMatter {
                matter: matter.to_string(),
                heard: heard.map(Into::into),
            })
            .collect(),
    }
}

fn rate(rate: Rate) -> json::ReportRate {
    json::ReportRate {
        in_time: rate.met,
        not_in_time: rate.missed,
        attainment_permille: rate.attainment(),
    }
}

fn group(by: &str, name: &str, figures: &Figures) -> json::ReportGroup {
    json::ReportGroup {
        by: by.to_owned(),
        name: name.to_owned(),
        ack: rate(figures.ack),
        reply: rate(figures.reply),
        promises: rate(figures.promise),
        deferred_with_notice: figures.deferred,
        deferred_again: figures.deferred_again,
        dismissed: figures.dismissed,
        retracted: figures.retracted,
        open_not_in_time: figures.late_now,
        answers: u32::try_from(figures.business.len()).unwrap_or(u32::MAX),
        median_business_seconds: percentile(&figures.business, 50),
        p90_business_seconds: percentile(&figures.business, 90),
        median_wall_seconds: percentile(&figures.wall, 50),
        p90_wall_seconds: percentile(&figures.wall, 90),
    }
}

fn histogram(counts: &[u32; 7]) -> Vec<json::ReportBucket> {
    use crate::domain::report::BUCKETS;
    let bounds = BUCKETS.iter().map(|hours| Some(*hours)).chain([None]);
    bounds
        .zip(counts)
        .map(|(up_to_business_hours, answers)| json::ReportBucket {
            up_to_business_hours,
            answers: *answers,
        })
        .collect()
}

/// What a client may read: how many answers, how many of them in the agreed time. No names, no word of blame.
fn extract(view: &ReportView, (from, to): (Date, Date)) -> json::ReportExtract {
    let Rate { met, missed } = view.report.all.reply;
    let answers = met.saturating_add(missed);
    let day = |date: Date| date.strftime("%-d %b %Y").to_string();
    let within = match view.reply_target.as_deref() {
        Some(target) => format!("within {}", target_words(target)),
        None => "in the agreed time".to_owned(),
    };
    let cases = if answers == 1 { "case" } else { "cases" };
    let text = if answers == 0 {
        format!("From {} to {} no answer was due.", day(from), day(to))
    } else {
        format!(
            "From {} to {} we answered {within} in {met} of {answers} {cases}.",
            day(from),
            day(to)
        )
    };
    json::ReportExtract { from: from.to_string(), to: to.to_string(), in_time: met, answers, text }
}

/// `1 business day` for `1bd`.
fn target_words(target: &str) -> String {
    let at = target.find(|c: char| !c.is_ascii_digit()).unwrap_or_default();
    let (number, unit) = target.split_at(at);
    let one = match unit {
        "bd" => "business day",
        "bh" => "business hour",
        "d" => "calendar day",
        "h" => "hour",
        _ => return "the agreed time".to_owned(),
    };
    let s = if number == "1" { "" } else { "s" };
    format!("{number} {one}{s}")
}
