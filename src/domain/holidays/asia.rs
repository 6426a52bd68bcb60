//! India (central government) and Singapore.
//!
//! Owns the fixed days as rules and those that follow the moon as the authorities announced them, with the last year for
//! which they did. Nothing is estimated: an estimate that is a day off would make a clock wrong without a word.

use jiff::{
    ToSpan,
    civil::{Date, Weekday},
};

use super::days::Days;

/// The last year of which India's days are known: the department of personnel announces them in the summer before.
pub(super) const INDIA_TO: i16 = 2026;
/// The last year of which Singapore's days are known: the ministry of manpower announces them in the spring before.
pub(super) const SINGAPORE_TO: i16 = 2027;

/// Days of one year, as month and day, each beside its name.
type Dated = (i16, &'static [(i8, i8, &'static str)]);

const HOLI: &str = "Holi";
const SHIVARATRI: &str = "Maha Shivaratri";
const RAM: &str = "Ram Navami";
const MAHAVIR: &str = "Mahavir Jayanti";
const AMBEDKAR: &str = "Birthday of Dr B. R. Ambedkar";
const BUDDHA: &str = "Buddha Purnima";
const FITR: &str = "Id-ul-Fitr";
const ZUHA: &str = "Id-ul-Zuha (Bakrid)";
const JANMASHTAMI: &str = "Janmashtami";
const MUHARRAM: &str = "Muharram";
const DUSSEHRA: &str = "Dussehra";
const MILAD: &str = "Milad-un-Nabi";
const DIWALI: &str = "Diwali";
const NANAK: &str = "Guru Nanak's Birthday";

/// As circulated for offices in Delhi, with the days that were declared later.
const INDIA: &[Dated] = &[
    (
        2020,
        &[
            (3, 10, HOLI),
            (4, 2, RAM),
            (4, 6, MAHAVIR),
            (4, 14, AMBEDKAR),
            (5, 7, BUDDHA),
            (5, 25, FITR),
            (8, 1, ZUHA),
            (8, 12, JANMASHTAMI),
            (8, 30, MUHARRAM),
            (10, 25, DUSSEHRA),
            (10, 30, MILAD),
            (11, 14, DIWALI),
            (11, 30, NANAK),
        ],
    ),
    (
        2021,
        &[
            (3, 29, HOLI),
            (4, 14, AMBEDKAR),
            (4, 21, RAM),
            (4, 25, MAHAVIR),
            (5, 14, FITR),
            (5, 26, BUDDHA),
            (7, 21, ZUHA),
            (8, 19, MUHARRAM),
            (8, 30, JANMASHTAMI),
            (10, 15, DUSSEHRA),
            (10, 19, MILAD),
            (11, 4, DIWALI),
            (11, 19, NANAK),
        ],
    ),
    (
        2022,
        &[
            (3, 1, SHIVARATRI),
            (3, 18, HOLI),
            (4, 14, AMBEDKAR),
            (4, 14, MAHAVIR),
            (5, 3, FITR),
            (5, 16, BUDDHA),
            (7, 10, ZUHA),
            (8, 9, MUHARRAM),
            (8, 19, JANMASHTAMI),
            (10, 5, DUSSEHRA),
            (10, 9, MILAD),
            (10, 24, DIWALI),
            (11, 8, NANAK),
        ],
    ),
    (
        2023,
        &[
            (3, 8, HOLI),
            (3, 30, RAM),
            (4, 4, MAHAVIR),
            (4, 14, AMBEDKAR),
            (4, 22, FITR),
            (5, 5, BUDDHA),
            (6, 29, ZUHA),
            (7, 29, MUHARRAM),
            (9, 7, JANMASHTAMI),
            (9, 28, MILAD),
            (10, 24, DUSSEHRA),
            (11, 12, DIWALI),
            (11, 27, NANAK),
        ],
    ),
    (
        2024,
        &[
            (3, 25, HOLI),
            (4, 11, FITR),
            (4, 14, AMBEDKAR),
            (4, 17, RAM),
            (4, 21, MAHAVIR),
            (5, 23, BUDDHA),
            (6, 17, ZUHA),
            (7, 17, MUHARRAM),
            (8, 26, JANMASHTAMI),
            (9, 16, MILAD),
            (10, 12, DUSSEHRA),
            (10, 31, DIWALI),
            (11, 15, NANAK),
        ],
    ),
    (
        2025,
        &[
            (2, 26, SHIVARATRI),
            (3, 14, HOLI),
            (3, 31, FITR),
            (4, 10, MAHAVIR),
            (4, 14, AMBEDKAR),
            (5, 12, BUDDHA),
            (6, 7, ZUHA),
            (7, 6, MUHARRAM),
            (8, 16, JANMASHTAMI),
            (9, 5, MILAD),
            (10, 2, DUSSEHRA),
            (10, 20, DIWALI),
            (11, 5, NANAK),
        ],
    ),
    (
        2026,
        &[
            (3, 4, HOLI),
            (3, 21, FITR),
            (3, 26, RAM),
            (3, 31, MAHAVIR),
            (4, 14, AMBEDKAR),
            (5, 1, BUDDHA),
            (5, 27, ZUHA),
            (6, 26, MUHARRAM),
            (8, 26, MILAD),
            (9, 4, JANMASHTAMI),
            (10, 20, DUSSEHRA),
            (11, 8, DIWALI),
            (11, 24, NANAK),
        ],
    ),
];

pub(super) fn india(days: &mut Days) {
    days.fixed(&[
        (1, 26, "Republic Day"),
        (8, 15, "Independence Day"),
        (10, 2, "Gandhi Jayanti"),
        (12, 25, "Christmas Day"),
    ]);
    days.easter(-2, "Good Friday");
    announced(days, INDIA);
}

fn announced(days: &mut Days, table: &'static [Dated]) {
    let year = days.year;
    for (_, dated) in table.iter().filter(|(of, _)| *of == year) {
        days.fixed(dated);
    }
}

const NEW_YEAR: &str = "Chinese New Year";
const VESAK: &str = "Vesak Day";
const PUASA: &str = "Hari Raya Puasa";
const HAJI: &str = "Hari Raya Haji";
const DEEPAVALI: &str = "Deepavali";
const POLLING: &str = "Polling Day";

/// As gazetted.
const SINGAPORE: &[Dated] = &[
    (
        2020,
        &[
            (1, 25, NEW_YEAR),
            (1, 26, NEW_YEAR),
            (5, 7, VESAK),
            (5, 24, PUASA),
            (7, 10, POLLING),
            (7, 31, HAJI),
            (11, 14, DEEPAVALI),
        ],
    ),
    (
        2021,
        &[
            (2, 12, NEW_YEAR),
            (2, 13, NEW_YEAR),
            (5, 13, PUASA),
            (5, 26, VESAK),
            (7, 20, HAJI),
            (11, 4, DEEPAVALI),
        ],
    ),
    (
        2022,
        &[
            (2, 1, NEW_YEAR),
            (2, 2, NEW_YEAR),
            (5, 3, PUASA),
            (5, 15, VESAK),
            (7, 10, HAJI),
            (10, 24, DEEPAVALI),
        ],
    ),
    (
        2023,
        &[
            (1, 22, NEW_YEAR),
            (1, 23, NEW_YEAR),
            (4, 22, PUASA),
            (6, 2, VESAK),
            (6, 29, HAJI),
            (9, 1, POLLING),
            (11, 12, DEEPAVALI),
        ],
    ),
    (
        2024,
        &[
            (2, 10, NEW_YEAR),
            (2, 11, NEW_YEAR),
            (4, 10, PUASA),
            (5, 22, VESAK),
            (6, 17, HAJI),
            (10, 31, DEEPAVALI),
        ],
    ),
    (
        2025,
        &[
            (1, 29, NEW_YEAR),
            (1, 30, NEW_YEAR),
            (3, 31, PUASA),
            (5, 3, POLLING),
            (5, 12, VESAK),
            (6, 7, HAJI),
            (10, 20, DEEPAVALI),
        ],
    ),
    (
        2026,
        &[
            (2, 17, NEW_YEAR),
            (2, 18, NEW_YEAR),
            (3, 21, PUASA),
            (5, 27, HAJI),
            (5, 31, VESAK),
            (11, 8, DEEPAVALI),
        ],
    ),
    (
        2027,
        &[
            (2, 6, NEW_YEAR),
            (2, 7, NEW_YEAR),
            (3, 10, PUASA),
            (5, 17, HAJI),
            (5, 20, VESAK),
            (10, 28, DEEPAVALI),
        ],
    ),
];

/// For what falls on a Sunday, the next day that is no holiday is one.
pub(super) fn singapore(days: &mut Days) {
    days.fixed(&[
        (1, 1, "New Year's Day"),
        (5, 1, "Labour Day"),
        (8, 9, "National Day"),
        (12, 25, "Christmas Day"),
    ]);
    days.easter(-2, "Good Friday");
    announced(days, SINGAPORE);
    let january = Date::new(days.year, 1, 1).ok();
    let year = january.into_iter().flat_map(|first| first.series(1.day()).take(366));
    let sundays = year.filter(|day| day.weekday() == Weekday::Sunday);
    for sunday in sundays.collect::<Vec<_>>() {
        if days.has(sunday) {
            days.next_free(sunday, "Public holiday in lieu of Sunday");
        }
    }
}
