//! A report as lines for people and as CSV.
//!
//! Owns both forms. A name never becomes a formula in a spreadsheet.

use crate::cli::{
    json,
    output::{Human, Style, table},
};

/// `94.0 %`, or a dash when nothing was decided.
pub(super) fn percent(rate: &json::ReportRate) -> String {
    rate.attainment_permille
        .map_or_else(|| "–".to_owned(), |tenths| format!("{}.{} %", tenths / 10, tenths % 10))
}

/// `3h20`, `2d04h`, or a dash.
pub(super) fn length(seconds: Option<i64>) -> String {
    let Some(seconds) = seconds else { return "–".to_owned() };
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    if hours < 48 {
        format!("{hours}h{minutes:02}")
    } else {
        format!("{}d{:02}h", hours / 24, hours % 24)
    }
}

fn row(group: &json::ReportGroup) -> Vec<String> {
    let name = match (&*group.by, &*group.name) {
        ("all", _) => "all".to_owned(),
        (by, "") => format!("{by}: none"),
        (by, name) => format!("{by}: {name}"),
    };
    vec![
        name,
        percent(&group.ack),
        percent(&group.reply),
        group.reply.in_time.saturating_add(group.reply.not_in_time).to_string(),
        length(group.median_business_seconds),
        length(group.p90_business_seconds),
        length(group.median_wall_seconds),
        length(group.p90_wall_seconds),
        group.open_not_in_time.to_string(),
    ]
}

impl Human for json::Report {
    fn lines(&self, style: &Style) -> Vec<String> {
        let late = &self.word;
        let mut lines = vec![
            format!("{} · {} to {}", self.mark, self.from, self.to),
            format!(
                "acknowledged in time {} ({} {late}) · answered in time {} ({} {late}) · promises kept {}",
                percent(&self.all.ack),
                self.all.ack.not_in_time,
                percent(&self.all.reply),
                self.all.reply.not_in_time,
                percent(&self.all.promises),
            ),
            format!(
                "left out: {} dismissed, {} retracted, {} deferred with notice · {late} now: {}",
                self.all.dismissed,
                self.all.retracted,
                self.all.deferred_with_notice,
                self.all.open_not_in_time,
            ),
            String::new(),
        ];
        let head =
            ["", "ack", "reply", "turns", "median", "p90", "wall", "wall p90", late.as_str()];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        let groups = [&self.matters, &self.clients, &self.owners];
        rows.push(row(&self.all));
        rows.extend(groups.into_iter().flatten().map(row));
        lines.extend(table(&rows, &[1, 2, 3, 4, 5, 6, 7, 8]));
        if !self.without_update.is_empty() {
            lines.push(String::new());
            lines.push("matters by how long their clients have not heard from us:".to_owned());
            let since: Vec<Vec<String>> = self
                .without_update
                .iter()
                .map(|quiet| {
                    let last = quiet.heard.map_or_else(
                        || "never".to_owned(),
                        |at| style.zone.to_datetime(at.0).strftime("%a %-d %b %Y").to_string(),
                    );
                    vec![quiet.matter.clone(), last]
                })
                .collect();
            lines.extend(table(&since, &[]));
        }
        lines
    }
}

impl Human for json::ReportExtract {
    fn lines(&self, _: &Style) -> Vec<String> {
        vec![self.text.clone()]
    }

    fn is_prose(&self) -> bool {
        true
    }
}

/// One line for each group, with a header; RFC 4180.
pub(super) fn csv(report: &json::Report) -> String {
    let late = &report.word;
    let mut out = format!(
        "mark,from,to,by,name,ack in time,ack {late},reply in time,reply {late},promises kept,promises {late},\
         deferred with notice,dismissed,retracted,open {late},answers,median business seconds,p90 business seconds,\
         median wall seconds,p90 wall seconds\r\n"
    );
    let groups = [&report.matters, &report.clients, &report.owners];
    for group in std::iter::once(&report.all).chain(groups.into_iter().flatten()) {
        let seconds = |value: Option<i64>| value.map(|n| n.to_string()).unwrap_or_default();
        let cells = [
            field(&report.mark),
            report.from.clone(),
            report.to.clone(),
            group.by.clone(),
            field(&group.name),
            group.ack.in_time.to_string(),
            group.ack.not_in_time.to_string(),
            group.reply.in_time.to_string(),
            group.reply.not_in_time.to_string(),
            group.promises.in_time.to_string(),
            group.promises.not_in_time.to_string(),
            group.deferred_with_notice.to_string(),
            group.dismissed.to_string(),
            group.retracted.to_string(),
            group.open_not_in_time.to_string(),
            group.answers.to_string(),
            seconds(group.median_business_seconds),
            seconds(group.p90_business_seconds),
            seconds(group.median_wall_seconds),
            seconds(group.p90_wall_seconds),
        ];
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    }
    out
}

/// Quoted; what a spreadsheet would take for a formula begins with an apostrophe.
fn field(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let apostrophe = if formula { "'" } else { "" };
    format!("\"{apostrophe}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_never_becomes_a_formula() {
        assert_eq!(field("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
        assert_eq!(field("Mensah, Kofi"), "\"Mensah, Kofi\"");
    }

    #[test]
    fn lengths_are_written_as_the_screen_writes_them() {
        assert_eq!((length(Some(12_000)), length(Some(187_200))), ("3h20".into(), "2d04h".into()));
        assert_eq!(length(None), "–");
    }
}
