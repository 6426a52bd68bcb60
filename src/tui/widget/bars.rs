//! The frame: the top line, the rule with the last notice, the line of useful keys.
//!
//! Owns their wording and what is dropped first where there is no room.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::{
    app::event::{LinkState, Notice, Offer, Tone},
    tui::{
        action::Action,
        keymap::Context,
        model::{Model, View},
        screen::outbox,
        widget::{
            pager,
            table::{cells, put, rule, width},
        },
    },
};

/// How the connections are, taken together.
enum Sync<'a> {
    /// Nothing heard yet.
    Unknown,
    /// All are up to date.
    Online,
    /// At least one is connecting.
    Connecting,
    /// Mail is arriving.
    Syncing(u64, u64),
    /// At least one is not connected.
    Offline(&'a str, Next),
}

/// What is to come of a connection that is not there.
#[derive(Clone, Copy)]
enum Next {
    /// matterbox tries again after so many seconds.
    Retry(u32),
    /// A person sets something right.
    Look,
    /// A person signs in.
    SignIn,
}

fn sync(model: &Model) -> Sync<'_> {
    let mut all = Sync::Unknown;
    for link in model.links.values() {
        all = match (all, link) {
            (Sync::Offline(reason, next), _) => Sync::Offline(reason, next),
            (_, LinkState::Stopped { reason }) => Sync::Offline(reason.as_str(), Next::Look),
            (_, LinkState::SignInNeeded { reason }) => Sync::Offline(reason.as_str(), Next::SignIn),
            (_, LinkState::Waiting { reason, retry_seconds }) => {
                Sync::Offline(reason.as_str(), Next::Retry(*retry_seconds))
            }
            (Sync::Syncing(a, b), LinkState::Syncing { stored, total }) => {
                Sync::Syncing(a.saturating_add(*stored), b.saturating_add(*total))
            }
            (_, LinkState::Syncing { stored, total }) => Sync::Syncing(*stored, *total),
            (Sync::Unknown | Sync::Online, LinkState::Online) => Sync::Online,
            (Sync::Unknown | Sync::Online, LinkState::Connecting) => Sync::Connecting,
            (other, LinkState::Online | LinkState::Connecting) => other,
        };
    }
    all
}

/// How much of the views' names fits: with counts and wide or narrow gaps, without counts, only the one in front.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    Roomy,
    Counts,
    Plain,
    Short,
}

impl Names {
    const fn gap(self) -> u16 {
        match self {
            Self::Roomy => 3,
            Self::Counts | Self::Plain | Self::Short => 2,
        }
    }
}

/// Draws the top line: the views with their counts, the connections, the time.
pub fn top(model: &Model, buf: &mut Buffer, area: Rect) {
    let (state, style) = state(model);
    let right = width(&state);
    let room = area.width.saturating_sub(right).saturating_sub(3);
    let names = [Names::Roomy, Names::Counts, Names::Plain]
        .into_iter()
        .find(|names| views(model, *names).1 <= room)
        .unwrap_or(Names::Short);
    let (views, taken) = views(model, names);
    let mut x = area.x.saturating_add(1);
    if names == Names::Roomy && room > taken.saturating_add(14) {
        x = put(buf, x, area.y, 12, "matterbox   ", model.theme.accent);
    }
    for [key, name, count] in views {
        for (text, style) in [key, name, count] {
            x = put(buf, x, area.y, area.width, &text, style);
        }
        x = x.saturating_add(names.gap());
    }
    let x = area.right().saturating_sub(right.saturating_add(1));
    put(buf, x, area.y, right, &state, style);
}

type Text = (String, Style);

/// Key, name and count of each view, and the cells they take together.
fn views(model: &Model, names: Names) -> (Vec<[Text; 3]>, u16) {
    let mut all = Vec::new();
    let mut taken = 0_u16;
    for (n, view) in View::ALL.into_iter().enumerate() {
        let current = view == model.view;
        let spelled = names != Names::Short || current || view == View::Due;
        let counted = matches!(names, Names::Roomy | Names::Counts) || view == View::Due;
        let key = (n.saturating_add(1).to_string(), model.theme.accent);
        let style = if current { model.theme.current } else { model.theme.text };
        let name = if spelled { format!(" {}", view.name()) } else { String::new() };
        let (count, count_style) = count(model, view);
        let count = if counted && !count.is_empty() { format!(" {count}") } else { String::new() };
        taken =
            [&key.0, &name, &count].iter().fold(taken, |sum, text| sum.saturating_add(width(text)));
        all.push([key, (name, style), (count, count_style)]);
    }
    (all, taken.saturating_add(names.gap().saturating_mul(5)))
}

fn count(model: &Model, view: View) -> (String, Style) {
    let counts = &model.counts;
    let (n, style) = match view {
        View::Due if counts.late > 0 => (counts.due, model.theme.late),
        View::Due => (counts.due, model.theme.text),
        View::Untagged => (counts.untagged, model.theme.text),
        View::Outbox => (counts.outbox, model.theme.text),
        View::Inbox | View::Matters | View::Record => (0, model.theme.dim),
    };
    (if n == 0 { String::new() } else { n.to_string() }, style)
}

fn state(model: &Model) -> (String, Style) {
    let now = model.now.to_zoned_datetime(model.zone.clone());
    let format = if model.width >= 120 { "%a %-d %b %H:%M" } else { "%H:%M" };
    let time = now.strftime(format).to_string();
    match sync(model) {
        Sync::Online => (format!("● {time}"), model.theme.good),
        Sync::Unknown => (format!("○ {time}"), model.theme.dim),
        Sync::Connecting => (format!("connecting {time}"), model.theme.dim),
        Sync::Syncing(stored, total) if model.width >= 120 => {
            (format!("syncing {stored}/{total}  {time}"), model.theme.accent)
        }
        Sync::Syncing(..) => (format!("syncing {time}"), model.theme.accent),
        Sync::Offline(..) => (format!("offline {time}"), model.theme.problem),
    }
}

/// More lines than this no notice takes from the screen.
const NOTICE: usize = 6;

/// Draws the rule above the keys: the undo window, the last notice, or what is wrong; at the right the progress. A notice
/// that is too long for it stands whole below the rule, which moves up for it until the next key.
pub fn status(model: &Model, buf: &mut Buffer, area: Rect) {
    let lines = long_notice(model, area);
    let height = u16::try_from(lines.len()).unwrap_or_default();
    let area = Rect { y: area.y.saturating_sub(height), ..area };
    rule(buf, area, "", model.theme.rule, model.theme.dim);
    for (n, text) in lines.iter().enumerate() {
        let at = Rect { y: area.y.saturating_add(1).saturating_add(cells(n)), ..area };
        put(buf, at.x, at.y, at.width, &" ".repeat(usize::from(at.width)), model.theme.text);
        put(buf, at.x.saturating_add(2), at.y, at.width, text, sentence(model).1);
    }
    let progress = progress(model);
    let right = width(&progress);
    if right > 0 {
        let x = area.right().saturating_sub(right.saturating_add(2));
        put(buf, x, area.y, right, &progress, model.theme.dim);
    }
    let left = Rect { width: area.width.saturating_sub(right).saturating_sub(2), ..area };
    let (text, style) = sentence(model);
    if !text.is_empty() && lines.is_empty() {
        rule(buf, left, &text, model.theme.rule, style);
    }
}

/// The lines of a notice that does not fit into the rule.
fn long_notice(model: &Model, area: Rect) -> Vec<String> {
    let Some(notice) = model.notice.as_ref().filter(|_| !model.privacy) else { return Vec::new() };
    let room = area.width.saturating_sub(width(&progress(model))).saturating_sub(8);
    let text = spoken(model, notice);
    if width(&text) <= room {
        return Vec::new();
    }
    let mut lines = pager::wrap(&text, usize::from(area.width.saturating_sub(4)));
    lines.truncate(NOTICE);
    lines
}

fn sentence(model: &Model) -> (String, Style) {
    if model.privacy {
        let key = model.keys.sign_for(&[Context::Global], false, Action::Privacy);
        // In a field that is seen, the key is a letter.
        let key = key.filter(|_| model.is_hidden() || model.contexts().contains(&Context::Global));
        let key = key.map_or_else(String::new, |key| format!(" · {key} shows all again"));
        return (format!("words are hidden{key}"), model.theme.text);
    }
    if let Some(notice) = &model.notice {
        let style = match notice.tone {
            Tone::Done => model.theme.good,
            Tone::Info => model.theme.text,
            Tone::Problem => model.theme.problem,
        };
        return (spoken(model, notice), style);
    }
    if let Some(held) = model.held.last() {
        let key = outbox::stops(model).filter(|item| *item == held.item);
        let key = key.and_then(|_| model.sign_for(Action::CancelSend));
        let stop = key.map_or_else(String::new, |key| format!(" · {key} stop it"));
        return (format!("Leaves in {} s{stop}", held.seconds_left(model.now)), model.theme.good);
    }
    if let Some(end) = cut_off(model) {
        return (end, model.theme.text);
    }
    if let Sync::Offline(reason, next) = sync(model) {
        // What is done about it stands before the reason, which a narrow window cuts.
        let next = match next {
            Next::Retry(seconds) => format!(", trying again in {seconds} s"),
            Next::SignIn => {
                let key = model.sign_for(Action::SignIn);
                key.map_or_else(String::new, |key| format!(" · {key} sign in"))
            }
            Next::Look => String::new(),
        };
        return (format!("offline{next}: {reason}"), model.theme.problem);
    }
    let marked = model.list().map_or(0, crate::tui::widget::list::Steps::marked);
    if marked > 0 {
        return (format!("{marked} marked"), model.theme.marked);
    }
    (String::new(), model.theme.dim)
}

/// The last line of a list that shows no more rows: that there may be others, and how to see them.
fn cut_off(model: &Model) -> Option<String> {
    let list = model.list().filter(|list| list.ends_in_sight())?;
    let most = model.most();
    if list.count() < usize::try_from(most).unwrap_or(usize::MAX) {
        return None;
    }
    let more = match model.view {
        View::Record => "a further word in the search shows fewer",
        View::Due | View::Untagged => "the others come up as these are done",
        View::Inbox | View::Matters | View::Outbox => "a search finds the others",
    };
    Some(format!("no more than {} rows are shown here: {more}", grouped(u64::from(most))))
}

/// A notice with the key for what it offers, where that key acts.
fn spoken(model: &Model, notice: &Notice) -> String {
    let offer = notice.offer.and_then(|offer| {
        let (action, word) = match offer {
            Offer::Undo => (Action::Undo, "undo"),
            Offer::Redo => (Action::Redo, "redo"),
            Offer::Sync => (Action::Sync, "look for mail"),
            Offer::SignIn => (Action::SignIn, "sign in"),
        };
        model.sign_for(action).map(|key| format!(" · {key} {word}"))
    });
    // Some come as a clause (`kept as a draft`); on the screen each is a sentence of its own.
    let mut letters = notice.text.as_str().chars();
    let first: String = letters.next().map_or_else(String::new, |c| c.to_uppercase().collect());
    format!("{first}{}{}", letters.as_str(), offer.unwrap_or_default())
}

/// ` fetching mail 120 of 400 ███░░░ `, or what could not be fetched.
fn progress(model: &Model) -> String {
    if let Sync::Syncing(stored, total) = sync(model) {
        let tenths = stored.saturating_mul(10).checked_div(total).unwrap_or_default().min(10);
        let full = usize::try_from(tenths).unwrap_or_default();
        let bar = format!("{}{}", "█".repeat(full), "░".repeat(10_usize.saturating_sub(full)));
        let left =
            model.estimate(stored, total).map_or_else(String::new, |left| format!("· {left} "));
        return format!(" fetching mail {} of {} {bar} {left}", grouped(stored), grouped(total));
    }
    if model.counts.paused && model.counts.pending > 0 {
        let unread = match model.counts.unsettled {
            0 => String::new(),
            some => format!(", answers to {} among it", grouped(some)),
        };
        return format!(" older mail waits: {} to fetch{unread} ", grouped(model.counts.pending));
    }
    if model.counts.failed > 0 {
        let counts = &model.counts;
        let (stored, known) = (grouped(counts.stored), grouped(counts.known));
        return format!(" {stored} of {known} stored · {} failed ", grouped(counts.failed));
    }
    if model.counts.unsettled > 0 {
        return format!(" answers to {} not read yet ", grouped(model.counts.unsettled));
    }
    match (model.counts.waiting, model.counts.stuck) {
        (0, _) => String::new(),
        (waiting, 0) => format!(" {} waiting for the server ", grouped(waiting)),
        (_, stuck) => {
            let key = model.sign_for(Action::Waiting).unwrap_or_default();
            format!(" {} not done at the server · {key} why ", grouped(stuck))
        }
    }
}

/// `17,884`.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && digits.len().saturating_sub(place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Draws the line of keys; what does not fit is dropped, the last one (help) never.
pub fn hints(model: &Model, hints: &[(Action, &str)], buf: &mut Buffer, area: Rect) {
    let signed: Vec<(String, &str)> =
        hints.iter().filter_map(|(action, word)| Some((model.sign_for(*action)?, *word))).collect();
    let cells = |(sign, word): &(String, &str)| width(sign).saturating_add(width(word));
    let kept = signed.last().map_or(0, |hint| cells(hint).saturating_add(3));
    let mut x = area.x.saturating_add(1);
    for (n, hint) in signed.iter().enumerate() {
        let last = n.saturating_add(1) == signed.len();
        let room = if last { area.right() } else { area.right().saturating_sub(kept) };
        if x.saturating_add(cells(hint)).saturating_add(1) >= room {
            continue;
        }
        x = put(buf, x, area.y, area.width, &hint.0, model.theme.accent);
        x = put(buf, x, area.y, area.width, &format!(" {}", hint.1), model.theme.dim);
        x = x.saturating_add(2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_grouped() {
        assert_eq!(
            [0, 999, 1_000, 17_884, 1_234_567].map(grouped),
            ["0", "999", "1,000", "17,884", "1,234,567"]
        );
    }
}
