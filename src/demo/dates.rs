//! When each letter of a conversation came or went.
//!
//! Owns the counting back from `now` and the dice that make gaps uneven. The same `now` gives the same dates.

use jiff::Timestamp;

use super::{
    hours::Hours,
    script::{Conversation, Line, When},
};

/// When each letter was received or sent.
pub(super) fn times(
    conversation: &Conversation<'_>,
    hours: &Hours,
    now: Timestamp,
    dice: &mut Dice,
) -> Vec<Timestamp> {
    let lines = &conversation.lines;
    let last = lines.len().saturating_sub(1);
    let anchor = lines.iter().position(|l| l.marks.contains(&"clock")).unwrap_or(last);
    let gaps: Vec<i64> = lines
        .iter()
        .map(|line| {
            line.gap.unwrap_or_else(|| {
                if line.from == "us" { dice.between(25, 400) } else { dice.between(60, 1700) }
            })
        })
        .collect();
    let anchored = match conversation.when {
        When::Past => {
            let at = hours.back(now, dice.between(700, 70 * 480));
            let mut times = around(&gaps, anchor, at, hours, now);
            evenings(lines, &mut times, hours, dice, now);
            return times;
        }
        When::Ago(minutes) => minutes,
        When::Late(minutes) => minutes.saturating_add(480),
        When::Due(minutes) => 480_i64.saturating_sub(minutes),
        When::AckDue(minutes) => 240_i64.saturating_sub(minutes),
        When::Tomorrow(minutes) => {
            let at = hours.due_next_day(now, minutes);
            return around(&gaps, anchor, at, hours, now);
        }
    };
    around(&gaps, anchor, hours.back(now, anchored), hours, now)
}

/// The letters before the anchor go back from it, those after it forward, never beyond `now`.
fn around(
    gaps: &[i64],
    anchor: usize,
    at: Timestamp,
    hours: &Hours,
    now: Timestamp,
) -> Vec<Timestamp> {
    let mut times = vec![at; gaps.len()];
    let mut earlier = at;
    for index in (0..anchor).rev() {
        let gap = gaps.get(index.saturating_add(1)).copied().unwrap_or(60);
        earlier = hours.back(earlier, gap);
        if let Some(time) = times.get_mut(index) {
            *time = earlier;
        }
    }
    let mut open = hours.between(at, now);
    let mut later = at;
    for (gap, time) in gaps.iter().zip(&mut times).skip(anchor.saturating_add(1)) {
        open = open.saturating_sub(*gap).max(0);
        // Out of hours no open time passes: then a letter follows a minute after the one before it.
        let minute = later.as_second().saturating_add(60).min(now.as_second());
        let minute = Timestamp::from_second(minute).unwrap_or(now);
        let want = if open == 0 { minute } else { hours.back(now, open) };
        later = want.max(minute);
        *time = later;
    }
    times
}

/// Some people write after work: a letter moves to the evening where the next one leaves room.
fn evenings(
    lines: &[Line<'_>],
    times: &mut [Timestamp],
    hours: &Hours,
    dice: &mut Dice,
    now: Timestamp,
) {
    for (at, line) in lines.iter().enumerate() {
        let later = dice.between(60, 320);
        let next = times.get(at.saturating_add(1)).copied().unwrap_or(now);
        let Some(time) = times.get_mut(at) else { continue };
        let (_, closes) = hours.day(hours.date(*time));
        let evening = closes.as_second().saturating_add(later.saturating_mul(60));
        let chosen = line.from != "us" && line.from != "tom" && dice.between(0, 4) == 0;
        if let Ok(evening) = Timestamp::from_second(evening)
            && chosen
            && evening < next
        {
            *time = evening;
        }
    }
}

/// A small generator (xorshift64*): the same office every time, and no dependency.
pub(super) struct Dice(pub u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number from `low` up to but not including `high`.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high.saturating_sub(low)).unwrap_or(0).max(1);
        let offset = self.next().checked_rem(span).unwrap_or(0);
        low.saturating_add(i64::try_from(offset).unwrap_or(0))
    }

    /// A word for a Message-ID.
    pub(super) fn word(&mut self) -> String {
        format!("{:012x}", self.next() >> 16)
    }
}
