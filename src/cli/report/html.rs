//! A report as one HTML file: tables, and charts in SVG. No script, no address outside of it, readable without colours.
//!
//! Owns the markup. Every chart says in words what it shows; every word of a client is escaped.

use std::fmt::Write as _;

use super::tables::{length, percent};
use crate::{app::report::ReportView, cli::json, domain::fault::Ignore};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#111;\
    background:#fff}table{border-collapse:collapse;width:100%;margin:1rem 0}caption{text-align:left;font-weight:600}\
    th,td{border-bottom:1px solid #767676;padding:.25rem .5rem;text-align:right}th:first-child,td:first-child{text-align:left}\
    svg{max-width:100%;height:auto;font:12px system-ui,sans-serif}figure{margin:2rem 0}.mark{border:2px solid #111;\
    padding:.25rem .5rem;display:inline-block;font-weight:600}";

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// The whole file.
pub(super) fn page(view: &ReportView, report: &json::Report) -> String {
    let title = format!("Response times, {} to {}", report.from, report.to);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<p class=\"mark\">{}</p>\n\
         <h1>{title}</h1>\n",
        escape(&report.mark)
    );
    summary(&mut out, report);
    weeks(&mut out, report);
    histogram(&mut out, report);
    heat(&mut out, report);
    for (name, groups) in
        [("matter", &report.matters), ("client", &report.clients), ("owner", &report.owners)]
    {
        groups_table(&mut out, name, groups, &report.word);
    }
    quiet(&mut out, view);
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

fn say(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).ignore("a String takes everything");
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

fn summary(out: &mut String, report: &json::Report) {
    let (all, late) = (&report.all, escape(&report.word));
    say(
        out,
        format_args!(
            "<p>Acknowledged in time: <strong>{}</strong> ({} {late}). Answered in time: <strong>{}</strong> ({} {late}). \
             Promises kept: <strong>{}</strong>. Median business time to the answer: <strong>{}</strong>, nine of ten within \
             <strong>{}</strong>; on the wall {} and {}.</p>\n<p>Left out of these rates: {} dismissed, {} retracted; {} \
             deferred with notice. {late} now: {}.</p>\n",
            percent(&all.ack),
            all.ack.not_in_time,
            percent(&all.reply),
            all.reply.not_in_time,
            percent(&all.promises),
            length(all.median_business_seconds),
            length(all.p90_business_seconds),
            length(all.median_wall_seconds),
            length(all.p90_wall_seconds),
            all.dismissed,
            all.retracted,
            all.deferred_with_notice,
            all.open_not_in_time,
        ),
    );
}

/// A row of bars with their value above and their name below.
fn bars(out: &mut String, id: &str, title: &str, bars: &[(String, u32, String)], full: u32) {
    let count = u32::try_from(bars.len()).unwrap_or(0);
    let width = count.saturating_mul(70).saturating_add(20).max(200);
    let described: Vec<String> =
        bars.iter().map(|(name, _, value)| format!("{name}: {value}")).collect();
    say(
        out,
        format_args!(
            "<figure>\n<figcaption>{t}</figcaption>\n<svg role=\"img\" aria-labelledby=\"{id}-t {id}-d\" \
             viewBox=\"0 0 {width} 200\" width=\"{width}\" height=\"200\"><title id=\"{id}-t\">{t}</title>\
             <desc id=\"{id}-d\">{}</desc>\n<line x1=\"10\" y1=\"170\" x2=\"{}\" y2=\"170\" stroke=\"#111\"/>\n",
            escape(&described.join("; ")),
            width.saturating_sub(10),
            t = escape(title),
        ),
    );
    for (n, (name, amount, value)) in (0_u32..).zip(bars) {
        let height = amount.saturating_mul(140).checked_div(full.max(1)).unwrap_or(0).min(140);
        let (x, y) = (n.saturating_mul(70).saturating_add(15), 170_u32.saturating_sub(height));
        let middle = x.saturating_add(30);
        say(
            out,
            format_args!(
                "<rect x=\"{x}\" y=\"{y}\" width=\"60\" height=\"{height}\" fill=\"#1f4e79\"/>\
                 <text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{}</text>\
                 <text x=\"{middle}\" y=\"188\" text-anchor=\"middle\">{}</text>\n",
                y.saturating_sub(5),
                escape(value),
                escape(name),
            ),
        );
    }
    out.push_str("</svg>\n</figure>\n");
}

fn weeks(out: &mut String, report: &json::Report) {
    let shown: Vec<(String, u32, String)> = report
        .weeks
        .iter()
        .map(|week| {
            let name = week.week.get(5..).unwrap_or(&week.week).to_owned();
            (name, week.reply.attainment_permille.unwrap_or(0), percent(&week.reply))
        })
        .collect();
    bars(out, "weeks", "Answered in time, by week (its Monday)", &shown, 1000);
}

fn histogram(out: &mut String, report: &json::Report) {
    let most = report.histogram.iter().map(|bucket| bucket.answers).max().unwrap_or(0);
    let shown: Vec<(String, u32, String)> = report
        .histogram
        .iter()
        .map(|bucket| {
            let name = bucket
                .up_to_business_hours
                .map_or_else(|| "longer".to_owned(), |hours| format!("≤ {hours} h"));
            (name, bucket.answers, bucket.answers.to_string())
        })
        .collect();
    bars(out, "histogram", "Answers by business time from the first message", &shown, most);
}

/// Arrivals by weekday and hour: the count stands in its cell, so that the shade is not needed to read it.
fn heat(out: &mut String, report: &json::Report) {
    let most = report.arrivals.iter().flatten().copied().max().unwrap_or(0);
    if most == 0 {
        return;
    }
    out.push_str(
        "<figure>\n<figcaption>Messages from outside by weekday and hour</figcaption>\n<svg role=\"img\" \
         aria-labelledby=\"heat-t\" viewBox=\"0 0 770 220\" width=\"770\" height=\"220\"><title id=\"heat-t\">Messages from \
         outside by weekday and hour; the same numbers stand in each cell</title>\n",
    );
    for hour in 0_u32..24 {
        let x = hour.saturating_mul(30).saturating_add(60);
        say(out, format_args!("<text x=\"{x}\" y=\"14\" text-anchor=\"middle\">{hour}</text>"));
    }
    for ((row, counts), day) in (0_u32..).zip(&report.arrivals).zip(DAYS) {
        let y = row.saturating_mul(28).saturating_add(20);
        let base = y.saturating_add(18);
        say(out, format_args!("\n<text x=\"4\" y=\"{base}\">{day}</text>"));
        for (hour, count) in (0_u32..).zip(counts) {
            let x = hour.saturating_mul(30).saturating_add(45);
            let shade = count.saturating_mul(100).checked_div(most).unwrap_or(0);
            let ink = if shade > 55 { "#fff" } else { "#111" };
            let text = if *count == 0 { String::new() } else { count.to_string() };
            say(
                out,
                format_args!(
                    "<rect x=\"{x}\" y=\"{y}\" width=\"29\" height=\"27\" fill=\"#1f4e79\" fill-opacity=\"{}.{:02}\"/>\
                     <text x=\"{}\" y=\"{base}\" text-anchor=\"middle\" fill=\"{ink}\">{text}</text>",
                    shade / 100,
                    shade % 100,
                    x.saturating_add(15),
                ),
            );
        }
    }
    out.push_str("\n</svg>\n</figure>\n");
}

fn groups_table(out: &mut String, by: &str, groups: &[json::ReportGroup], late: &str) {
    say(
        out,
        format_args!(
            "<table>\n<caption>By {by}</caption>\n<thead><tr><th scope=\"col\">{by}</th><th scope=\"col\">acknowledged in \
             time</th><th scope=\"col\">answered in time</th><th scope=\"col\">{late}</th><th scope=\"col\">median</th>\
             <th scope=\"col\">p90</th><th scope=\"col\">wall median</th><th scope=\"col\">wall p90</th>\
             <th scope=\"col\">{late} now</th></tr></thead>\n<tbody>\n",
            late = escape(late),
        ),
    );
    for group in groups {
        let name = if group.name.is_empty() { "none" } else { &group.name };
        say(
            out,
            format_args!(
                "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>\
                 <td>{}</td></tr>\n",
                escape(name),
                percent(&group.ack),
                percent(&group.reply),
                group.reply.not_in_time,
                length(group.median_business_seconds),
                length(group.p90_business_seconds),
                length(group.median_wall_seconds),
                length(group.p90_wall_seconds),
                group.open_not_in_time,
            ),
        );
    }
    out.push_str("</tbody>\n</table>\n");
}

fn quiet(out: &mut String, view: &ReportView) {
    out.push_str(
        "<table>\n<caption>Matters by how long their clients have not heard from us</caption>\n<thead><tr>\
         <th scope=\"col\">matter</th><th scope=\"col\">last update</th></tr></thead>\n<tbody>\n",
    );
    for (matter, heard) in &view.quiet {
        let heard =
            heard.map_or_else(|| "never".to_owned(), |at| at.strftime("%Y-%m-%d").to_string());
        let name = escape(matter.as_str());
        say(out, format_args!("<tr><th scope=\"row\">{name}</th><td>{heard}</td></tr>\n"));
    }
    out.push_str("</tbody>\n</table>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_is_called_is_never_markup() {
        assert_eq!(escape("<b onx='y'>&\""), "&lt;b onx=&#39;y&#39;&gt;&amp;&quot;");
    }
}
