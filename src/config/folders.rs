//! What the settings say of folders: patterns, roles by hand, and how far back the mail goes.
//!
//! Owns the reading and its complaints. What a pattern matches is the domain's.

use toml::Spanned;

use super::{
    error::Mistake,
    raw::{RawFolders, RawSync},
};
use crate::domain::{
    folder::{FolderChoice, FolderPattern, PatternError, ROLES},
    horizon::Horizon,
};

/// What holds for accounts that say nothing of their own.
pub(super) fn usual(raw: &RawSync) -> Result<FolderChoice, Mistake> {
    Ok(FolderChoice {
        include: patterns(&raw.include)?,
        exclude: patterns(&raw.exclude)?,
        shared: patterns(&raw.shared)?,
        ..FolderChoice::default()
    })
}

/// What one account says; where it says nothing, what is usual.
pub(super) fn of_account(raw: &RawFolders, usual: &FolderChoice) -> Result<FolderChoice, Mistake> {
    let list = |own: &Option<Vec<Spanned<String>>>, usual: &[FolderPattern]| match own {
        Some(own) => patterns(own),
        None => Ok(usual.to_vec()),
    };
    let mut choice = FolderChoice {
        include: list(&raw.include, &usual.include)?,
        exclude: list(&raw.exclude, &usual.exclude)?,
        shared: list(&raw.shared, &usual.shared)?,
        ..FolderChoice::default()
    };
    for (role, given) in [
        ("sent", &raw.sent),
        ("archive", &raw.archive),
        ("drafts", &raw.drafts),
        ("junk", &raw.junk),
        ("trash", &raw.trash),
    ] {
        let Some(given) = given else { continue };
        let name = given.get_ref().trim();
        if name.is_empty() {
            return Err(Mistake::new(given.span(), "a folder needs a name")
                .remedy("write its name as the server shows it, or leave the line out"));
        }
        if name.eq_ignore_ascii_case("inbox") {
            return Err(Mistake::new(given.span(), "INBOX is where mail arrives and nothing else")
                .remedy("name another folder, or leave the line out"));
        }
        choice.roles.insert(role, name.to_owned());
    }
    Ok(choice)
}

fn patterns(raw: &[Spanned<String>]) -> Result<Vec<FolderPattern>, Mistake> {
    let read = |raw: &Spanned<String>| {
        FolderPattern::parse(raw.get_ref()).map_err(|error| {
            let remedy = match error {
                PatternError::Empty => "write a folder's name, or `*` for all".to_owned(),
                PatternError::Role(_) => format!("known roles: @{}", ROLES.join(", @")),
            };
            Mistake::new(raw.span(), error.to_string()).remedy(remedy)
        })
    };
    raw.iter().map(read).collect()
}

/// How far back mail is fetched.
pub(super) fn horizon(raw: Option<&Spanned<String>>) -> Result<Horizon, Mistake> {
    let Some(raw) = raw else { return Ok(Horizon::Everything) };
    Horizon::parse(raw.get_ref()).ok_or_else(|| {
        Mistake::new(raw.span(), format!("`{}` is no span of time", raw.get_ref()))
            .remedy("write \"all\", \"18 months\", \"2 years\", or a day such as \"2020-01-31\"")
    })
}
