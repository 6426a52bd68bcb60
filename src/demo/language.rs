//! The office's four languages: dates, signatures and the words around a quote.
//!
//! Owns those words. It translates nothing else.

use jiff::{Timestamp, civil::Date};

use super::hours::Hours;

/// A language of the office.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    English,
    German,
    French,
    Spanish,
}

const GERMAN_DAYS: &str = "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag";
const GERMAN_MONTHS: &str =
    "Januar Februar März April Mai Juni Juli August September Oktober November Dezember";
const FRENCH_DAYS: &str = "lundi mardi mercredi jeudi vendredi samedi dimanche";
const FRENCH_MONTHS: &str =
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre";
const SPANISH_DAYS: &str = "lunes martes miércoles jueves viernes sábado domingo";
const SPANISH_MONTHS: &str =
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre";

impl Language {
    /// What an absence notice is called.
    pub(super) fn automatic(self) -> &'static str {
        match self {
            Self::English => "Automatic reply",
            Self::German => "Automatische Antwort",
            Self::French => "Réponse automatique",
            Self::Spanish => "Respuesta automática",
        }
    }

    /// The language of a matter's letters.
    pub(super) fn of(plot: &str) -> Self {
        match plot {
            "roth" => Self::German,
            "ferrand" => Self::French,
            "vidal" => Self::Spanish,
            _ => Self::English,
        }
    }

    /// What stands under our letters.
    pub(super) fn our_signature(self) -> &'static str {
        match self {
            Self::English => "Kind regards\nAlice Marlowe\nMarlowe Finch Solicitors",
            Self::German => "Mit freundlichen Grüßen\nAlice Marlowe\nMarlowe Finch Solicitors",
            Self::French => "Bien à vous,\nAlice Marlowe\nMarlowe Finch Solicitors",
            Self::Spanish => "Un cordial saludo,\nAlice Marlowe\nMarlowe Finch Solicitors",
        }
    }

    /// A day as one writes it in a letter.
    pub(super) fn date(self, date: Date) -> String {
        let weekday = usize::from(date.weekday().to_monday_zero_offset().unsigned_abs());
        let month = usize::from(date.month().unsigned_abs()).saturating_sub(1);
        let (days, months) = match self {
            Self::English => return date.strftime("%A %-d %B").to_string(),
            Self::German => (GERMAN_DAYS, GERMAN_MONTHS),
            Self::French => (FRENCH_DAYS, FRENCH_MONTHS),
            Self::Spanish => (SPANISH_DAYS, SPANISH_MONTHS),
        };
        let day = days.split(' ').nth(weekday).unwrap_or_default();
        let month = months.split(' ').nth(month).unwrap_or_default();
        match self {
            Self::German => format!("{day}, {}. {month}", date.day()),
            Self::Spanish => format!("{day} {} de {month}", date.day()),
            Self::English | Self::French => format!("{day} {} {month}", date.day()),
        }
    }

    /// The line above a quote.
    pub(super) fn wrote(self, name: &str, at: Timestamp, hours: &Hours) -> String {
        let at = hours.zone.to_datetime(at);
        let (date, time) = (self.date(at.date()), at.strftime("%H:%M"));
        match self {
            Self::English => format!("On {date} at {time}, {name} wrote:"),
            Self::German => format!("Am {date} um {time} schrieb {name}:"),
            Self::French => format!("Le {date} à {time}, {name} a écrit :"),
            Self::Spanish => format!("El {date} a las {time}, {name} escribió:"),
        }
    }
}
