//! Asking for the day by which the answer is promised.
//!
//! Owns what was typed and how it is understood; whether the day counts is the policy's.

use jiff::civil::Date;

use crate::{
    app::event::PromiseDays,
    domain::{day, finding::date, promise},
    tui::widget::field::Field,
};

/// Asking for a day.
pub struct Day {
    /// What was typed.
    pub field: Field,
    /// Which days may be named.
    pub days: PromiseDays,
    /// A promise stands already: an empty field takes it away.
    pub standing: bool,
    /// What is wrong.
    pub complaint: Option<String>,
}

/// What was typed, understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// Nothing was typed: no promise.
    Nothing,
    /// This day.
    Day(Date),
}

impl Day {
    /// Asks with a day in the field: the promised one, else the one that `text` names as such, else the day on which
    /// the answer is due.
    pub fn new(days: PromiseDays, promised: Option<Date>, text: &str) -> Self {
        let day = promised.or_else(|| promise::first(text, days.today)).unwrap_or(days.usual);
        let field = Field::new(&day.to_string());
        Self { field, days, standing: promised.is_some(), complaint: None }
    }

    /// What stands in the field; an error is a sentence.
    pub fn chosen(&self) -> Result<Chosen, String> {
        let text = self.field.text();
        if text.trim().is_empty() {
            return Ok(Chosen::Nothing);
        }
        let day = day::typed(&text, self.days.today)
            .ok_or("a day, such as fri, tomorrow, +3, 1 dec or 2026-12-01")?;
        if day < self.days.today {
            return Err(format!("{} is over", date(day)));
        }
        Ok(Chosen::Day(day))
    }

    /// What the field means, in words, as it is typed.
    pub fn reading(&self) -> String {
        match self.chosen() {
            Err(sentence) => sentence,
            Ok(Chosen::Nothing) if self.standing => "no promise any more".to_owned(),
            Ok(Chosen::Nothing) => "no promise".to_owned(),
            Ok(Chosen::Day(day)) if day > self.days.last => format!(
                "{}: later than {}, the last day that counts; the reply clock runs on",
                date(day),
                date(self.days.last)
            ),
            Ok(Chosen::Day(day)) => format!(
                "by the close of {}: sent with this day in its text, the reply clock becomes a promise",
                date(day)
            ),
        }
    }
}
