//! The reports of `calendar` in words.

use crate::cli::{
    json,
    output::{Human, Style, table},
};

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

impl Human for json::CalendarsReport {
    fn lines(&self, _: &Style) -> Vec<String> {
        self.calendars.iter().flat_map(calendar_lines).collect()
    }

    fn is_prose(&self) -> bool {
        true
    }
}

fn calendar_lines(row: &json::CalendarRow) -> Vec<String> {
    let office = if row.office { ", the office's own" } else { "" };
    let mut lines = vec![format!("{} ({}{office})", row.name, row.zone)];
    // Weekdays in a row with the same hours are one line.
    let mut week: Vec<(usize, usize, &Vec<String>)> = Vec::new();
    for (at, hours) in row.week.iter().enumerate() {
        match week.last_mut() {
            Some((_, to, same)) if *same == hours => *to = at,
            Some(_) | None => week.push((at, at, hours)),
        }
    }
    for (from, to, hours) in week {
        let name = |at: usize| DAYS.get(at).copied().unwrap_or_default();
        let days = if from == to {
            name(from).to_owned()
        } else {
            format!("{}–{}", name(from), name(to))
        };
        lines.push(format!("  {days}: {}", hours_words(hours)));
    }
    let holidays =
        if row.holidays.is_empty() { "none".to_owned() } else { row.holidays.join(", ") };
    lines.push(format!("  holidays: {holidays}"));
    lines.extend(row.warnings.iter().map(|text| format!("  careful: {text}")));
    lines
}

fn hours_words(hours: &[String]) -> String {
    if hours.is_empty() { "closed".to_owned() } else { hours.join(", ") }
}

impl Human for json::HolidaySetsReport {
    fn lines(&self, _: &Style) -> Vec<String> {
        let row = |set: &json::HolidaySetRow| {
            let known = set.known_to.map(|year| format!("known to {year}")).unwrap_or_default();
            vec![set.set.clone(), set.title.clone(), known]
        };
        table(&self.sets.iter().map(row).collect::<Vec<_>>(), &[])
    }
}

impl Human for json::CalendarReport {
    fn lines(&self, _: &Style) -> Vec<String> {
        let row = |day: &json::CalendarDay| {
            let weekday: String = day.weekday.chars().take(3).collect();
            vec![
                format!("{weekday} {}", day.date),
                hours_words(&day.hours),
                day.name.clone(),
                format!("({})", day.from),
            ]
        };
        let mut lines = table(&self.days.iter().map(row).collect::<Vec<_>>(), &[]);
        if lines.is_empty() {
            lines.push(format!(
                "{} has no day in {} that differs from the week",
                self.calendar, self.year
            ));
        }
        lines.extend(self.warnings.iter().map(|text| format!("careful: {text}")));
        lines
    }
}

impl Human for json::CalendarImportReport {
    fn lines(&self, _: &Style) -> Vec<String> {
        let row = |day: &json::ImportDay| {
            let already = day.already.as_deref().unwrap_or_default();
            let words = match day.state {
                json::ImportState::New => "to be closed".to_owned(),
                json::ImportState::Known => format!("closed already ({already})"),
                json::ImportState::NoHours => "no hours on this weekday".to_owned(),
                json::ImportState::Conflict => {
                    format!("CONFLICT: stays open {already}, by [special] in the settings")
                }
            };
            vec![day.date.clone(), day.name.clone(), words]
        };
        let mut lines = table(&self.days.iter().map(row).collect::<Vec<_>>(), &[]);
        lines.extend(
            self.left_out.iter().map(|left| format!("left out: {} ({})", left.name, left.why)),
        );
        let done = if self.written { "closed now in" } else { "to be closed in" };
        lines.push(match self.new {
            0 => format!("no new day from {} to {}: nothing to write", self.from, self.to),
            new => format!(
                "{new} day(s) from {} to {} {done} calendar {}",
                self.from, self.to, self.calendar
            ),
        });
        lines
    }
}
