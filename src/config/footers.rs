//! The footers of an office: its own texts before the shipped ones.
//!
//! Owns the names of the files (`notice.en.txt`) and where a mistake in one stands. The choice is the domain's.

use std::{fs, io, path::Path};

use super::{ConfigError, Settings};
use crate::domain::{
    footer::{FooterBook, FooterEntry, FooterKind, FooterTemplate, FooterVariables},
    language::Language,
};

/// The kinds of footers and the beginnings of their files' names.
const KINDS: [(FooterKind, &str); 3] = [
    (FooterKind::Notice, "notice"),
    (FooterKind::Neutral, "neutral"),
    (FooterKind::Banner, "privileged"),
];

/// Every footer of the office: the files of its footers folder before the shipped texts.
///
/// # Errors
/// A file that cannot be read, or whose text is not a footer.
pub fn book(settings: &Settings) -> Result<FooterBook, ConfigError> {
    let variables = FooterVariables {
        firm: settings.office.name.clone(),
        phone: settings.office.phone.clone(),
        address: settings.office.address.clone(),
    };
    let mut book = FooterBook::samples(variables, settings.language);
    for (kind, name) in KINDS {
        for language in Language::ALL {
            let file = settings.files.footers.join(format!("{name}.{}.txt", language.code()));
            if let Some(template) = read(&file)? {
                let (matter, role, language) = (None, None, *language);
                book.add(FooterEntry { kind, matter, role, language, template });
            }
        }
    }
    Ok(book)
}

fn read(file: &Path) -> Result<Option<FooterTemplate>, ConfigError> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(ConfigError::Read { file: file.to_owned(), source }),
    };
    FooterTemplate::parse(&text).map(Some).map_err(|error| ConfigError::Mistake {
        file: file.to_owned(),
        line: 1,
        column: 1,
        what: error.to_string(),
        remedy: Some("lines that begin with # are comments; the rest is the footer".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::parse, domain::footer::Occasion};

    fn footer(folder: &Path) -> Result<String, ConfigError> {
        let settings = parse("[office]\nname = \"Moreau & Co\"", &folder.join("config.toml"))?;
        let occasion = Occasion { matter: None, roles: &[], language: None, privilege: None };
        Ok(book(&settings)?.choose(&occasion).text().to_owned())
    }

    #[test]
    fn an_own_text_takes_the_place_of_the_shipped_one() {
        let dir = tempfile::tempdir().unwrap();
        let shipped = footer(dir.path()).unwrap();
        fs::create_dir(dir.path().join("footers")).unwrap();
        fs::write(dir.path().join("footers/notice.en.txt"), "# ours\nCall {firm}.\n").unwrap();
        let own = footer(dir.path()).unwrap();
        assert_ne!(own, shipped);
        assert_eq!(own, "Call Moreau & Co.");
    }

    #[test]
    fn an_unknown_variable_is_told_with_the_file() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("footers")).unwrap();
        fs::write(dir.path().join("footers/neutral.de.txt"), "Hallo {fax}").unwrap();
        let error = footer(dir.path()).unwrap_err().to_string();
        assert!(error.contains("neutral.de.txt:1:1") && error.contains("{fax}"), "{error}");
    }
}
