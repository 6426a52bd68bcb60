//! Writes closed days into a person's `sla.toml`, whose comments and order stay.
//!
//! Owns the editing of that file. It never writes one that [`super::parse`] would refuse.

use std::{fs, io, path::Path};

use jiff::civil::Date;
use toml_edit::{DocumentMut, Item, Table, TableLike, value};

use super::{SHIPPED, SlaSettings, parse};
use crate::config::{ConfigError, error::Mistake, paths::replace_private};

/// The text of the file; what ships with the program where there is none yet.
///
/// # Errors
/// When it cannot be read.
pub fn text_of(file: &Path) -> Result<String, ConfigError> {
    match fs::read_to_string(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(SHIPPED.to_owned()),
        read => read.map_err(|source| ConfigError::Read { file: file.to_owned(), source }),
    }
}

/// The text with these days closed in the calendar of that name. A day that is closed there already keeps its name.
///
/// # Errors
/// When the text is not understood, has no such calendar, or would not be understood with the days in it.
pub fn with_closed(
    text: &str,
    calendar: &str,
    days: &[(Date, String)],
    file: &Path,
) -> Result<String, ConfigError> {
    let settings = parse(text, file)?;
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
        Mistake { span: error.span(), what: error.message().to_owned(), remedy: None }
            .at(text, file)
    })?;
    let table = table_of(&mut document, calendar, &settings).ok_or_else(|| {
        Mistake::new(0..0, format!("there is no calendar `{calendar}`")).at(text, file)
    })?;
    close(table, days);
    let text = document.to_string();
    parse(&text, file)?;
    Ok(text)
}

/// Writes the file, private and in one step, after checking that it can be read again.
///
/// # Errors
/// When it would not be understood, or cannot be written.
pub fn save(file: &Path, text: &str) -> Result<(), ConfigError> {
    parse(text, file)?;
    replace_private(file, text.as_bytes())
}

fn table_of<'a>(
    document: &'a mut DocumentMut,
    calendar: &str,
    settings: &SlaSettings,
) -> Option<&'a mut dyn TableLike> {
    if settings.office.name == calendar {
        return document.get_mut("calendar")?.as_table_like_mut();
    }
    let calendars = document.get_mut("calendars")?.as_table_like_mut()?;
    calendars.get_mut(calendar)?.as_table_like_mut()
}

/// Closed days are a table of names, or a list of dates with names behind them.
fn close(calendar: &mut dyn TableLike, days: &[(Date, String)]) {
    if calendar.get("closed").is_none() {
        calendar.insert("closed", Item::Table(Table::new()));
    }
    let Some(closed) = calendar.get_mut("closed") else { return };
    if let Some(list) = closed.as_array_mut() {
        list.extend(days.iter().map(|(date, name)| format!("{date} {name}").trim().to_owned()));
    } else if let Some(table) = closed.as_table_like_mut() {
        for (date, name) in days {
            let date = date.to_string();
            if !table.contains_key(&date) {
                table.insert(&date, value(name.as_str()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "/etc/office/sla.toml";

    fn closed(text: &str, calendar: &str) -> String {
        let day = |date: &str, name: &str| (date.parse().unwrap(), name.to_owned());
        let days = [day("2026-12-29", "Office \"move\""), day("2026-12-30", "")];
        with_closed(text, calendar, &days, Path::new(FILE)).unwrap()
    }

    #[test]
    fn days_are_added_in_whatever_form_the_file_has_and_comments_stay() {
        let head = "# ours\n[calendar]\nzone = \"Europe/London\" # here\nhours = { mon-fri = \"09:00-17:00\" }\n";
        for tail in [
            "",
            "closed = [\"2026-12-31 Sylvester\"]\n",
            "closed = { 2026-12-31 = \"Sylvester\" }\n",
            "[calendar.closed]\n# mine\n2026-12-31 = \"Sylvester\"\n",
        ] {
            let text = format!("{head}{tail}\n[policies.firm]\nack = \"2bh\"\n");
            let with = closed(&text, "office");
            assert!(with.starts_with(head), "{with}");
            let office = parse(&with, Path::new(FILE)).unwrap().office;
            let name = |date: &str| office.day_name(date.parse().unwrap()).map(str::to_owned);
            assert_eq!(name("2026-12-29").as_deref(), Some("Office \"move\""), "{with}");
            assert!(office.is_closed_day("2026-12-30".parse().unwrap()));
            assert_eq!(name("2026-12-31").is_some(), !tail.is_empty());
            assert_eq!(with.contains("# mine"), tail.contains("# mine"));
            // A second time nothing changes.
            if !tail.starts_with("closed = [") {
                assert_eq!(closed(&with, "office"), with);
            }
        }
    }

    #[test]
    fn the_shipped_file_and_a_named_calendar_take_them_too() {
        let text = SHIPPED.replace("#: ", "");
        let with = closed(&text, "duty");
        let settings = parse(&with, Path::new(FILE)).unwrap();
        assert!(settings.calendars["duty"].is_closed_day("2026-12-30".parse().unwrap()));
        assert!(!settings.office.is_closed_day("2026-12-30".parse().unwrap()));
        assert!(parse(&closed(SHIPPED, "office"), Path::new(FILE)).is_ok());
        let error = with_closed(SHIPPED, "nowhere", &[], Path::new(FILE)).unwrap_err();
        assert!(error.to_string().contains("there is no calendar `nowhere`"), "{error}");
    }
}
