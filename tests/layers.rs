//! The dependency rule: who may know whom (see the architecture in `src/lib.rs`).

#![allow(
    clippy::unwrap_used,
    clippy::string_slice,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "helpers of a test program: a broken precondition should stop the test loudly"
)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Each layer and the layers it may import.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("log", &["domain", "config"]),
    ("config", &["domain"]),
    ("tls", &["domain"]),
    ("mail", &["domain"]),
    ("store", &["domain"]),
    ("imap", &["domain"]),
    ("smtp", &["domain"]),
    ("net", &["domain"]),
    ("app", &["domain", "config", "tls", "mail", "store", "imap", "smtp", "net"]),
    ("tui", &["domain", "config", "app"]),
    ("demo", &["domain"]),
    (
        "cli",
        &[
            "domain", "config", "tls", "mail", "store", "imap", "smtp", "net", "app", "tui",
            "demo", "log",
        ],
    ),
];

/// What the pure core may use besides the standard library.
const DOMAIN_CRATES: &[&str] = &[
    "jiff",
    "thiserror",
    "unicode_normalization",
    "unicode_segmentation",
    "unicode_width",
    "sha2",
    "zeroize",
];

#[test]
fn no_module_reaches_upwards() {
    let mut wrong = Vec::new();
    for file in sources() {
        let Some(layer) = layer_of(&file) else { continue };
        let may = MAY_IMPORT
            .iter()
            .find(|(name, _)| *name == layer)
            .unwrap_or_else(|| panic!("{}: the layer `{layer}` has no rule here", file.display()))
            .1;
        for target in crate_paths(&code_of(&file)) {
            if target != layer && !may.contains(&target.as_str()) {
                wrong.push(format!("{} must not use crate::{target}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_module_climbs_to_the_root_by_its_parents() {
    for file in sources() {
        let code = code_of(&file);
        let climbs = code.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | ':')));
        let most = climbs.map(|path| path.matches("super::").count()).max().unwrap_or_default();
        assert!(most < depth(&file), "{} leaves its layer by super::", file.display());
    }
}

#[test]
fn only_the_command_line_knows_the_practice_office() {
    for file in sources() {
        let layer = layer_of(&file);
        if !matches!(layer.as_deref(), Some("demo" | "cli")) {
            let code = code_of(&file);
            assert!(!code.contains("crate::demo"), "{} imports the demo", file.display());
            assert!(!code.contains("matterbox::demo"), "{} imports the demo", file.display());
        }
    }
}

#[test]
fn the_domain_uses_few_crates_and_no_io() {
    let ours = crates_in_manifest();
    let of_domain = |file: &PathBuf| layer_of(file).as_deref() == Some("domain");
    for file in sources().filter(of_domain).filter(|file| !is_test_code(file)) {
        let code = code_of(&file);
        for name in &ours {
            let used = uses_crate(&code, name);
            let allowed = DOMAIN_CRATES.contains(&name.as_str());
            assert!(!used || allowed, "{} must not use {name}", file.display());
        }
        for word in ["std::fs", "std::net", "std::process", "std::thread", "std::env", "async fn"] {
            assert!(!code.contains(word), "{} must not use {word}", file.display());
        }
    }
}

#[test]
fn no_time_zone_comes_from_the_machine() {
    for file in sources().filter(|file| !is_test_code(file)) {
        for line in code_of(&file).lines() {
            let asks =
                ["TimeZone::get(", "tz::db()", "in_tz("].iter().any(|word| line.contains(word));
            assert!(!asks, "{}: ask domain::calendar::zones() for a zone", file.display());
        }
    }
}

#[test]
fn the_check_itself_sees_an_import_however_it_is_written() {
    let seen = |code: &str| crate_paths(code).into_iter().collect::<Vec<_>>();
    assert_eq!(seen("use crate::store::Store;"), ["store"]);
    assert_eq!(seen("use crate::{domain::id, tui::{self, Msg}};"), ["domain", "tui"]);
    assert_eq!(
        seen("use crate::{\n    imap::{plan, session::Remote},\n    app,\n};"),
        ["app", "imap"]
    );
    assert_eq!(seen("let x = crate::smtp::Relay::new();"), ["smtp"]);
    assert_eq!(seen("pub(crate) fn f() {}"), Vec::<String>::new());
    assert!(uses_crate("use tokio::sync::mpsc;", "tokio"));
    assert!(uses_crate("let x = rand::random();", "rand"));
    assert!(!uses_crate("let operand::x = 1;", "rand"));
}

/// Every source file of the library.
fn sources() -> impl Iterator<Item = PathBuf> {
    let mut found = Vec::new();
    collect(Path::new("src"), &mut found);
    assert!(found.len() > 10, "the sources were not found");
    found.into_iter()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The layer of a file: the folder or file directly below `src`. `lib.rs` and `main.rs` belong to none.
fn layer_of(file: &Path) -> Option<String> {
    let first = file.components().nth(1)?.as_os_str().to_str()?;
    let name = first.strip_suffix(".rs").unwrap_or(first);
    (!matches!(name, "lib" | "main")).then(|| name.to_owned())
}

/// How many modules stand from the root down to this file: `src/tui.rs` and `src/tui/mod.rs` are 1, `src/tui/view.rs` 2.
fn depth(file: &Path) -> usize {
    let segments = file.components().count().saturating_sub(1);
    let own = matches!(file.file_name().and_then(|name| name.to_str()), Some("mod.rs"));
    segments.saturating_sub(usize::from(own)).max(1)
}

/// Test files of the core may use what tests use.
fn is_test_code(file: &Path) -> bool {
    let name = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    name.ends_with("tests")
        || matches!(name, "laws" | "cases")
        || file.to_string_lossy().contains("tests/")
}

/// The file without comments and without its test module.
fn code_of(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    // The test module stands last, so everything from a `#[cfg(test)]` before an inline module on is left out.
    let tests = text.match_indices("\n#[cfg(test)]").map(|(at, _)| at).find(|at| {
        let declaration = text[at + 1..].lines().find(|line| !line.starts_with("#["));
        declaration.is_some_and(|line| line.ends_with('{'))
    });
    text[..tests.unwrap_or(text.len())]
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n")
}

/// The modules named after `crate::`, one level, groups included.
fn crate_paths(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            found.extend(names_of_group(group));
        } else {
            found.extend(first_name(rest));
        }
    }
    found
}

/// The first name of each member of a `{…}` group, nested groups skipped.
fn names_of_group(group: &str) -> Vec<String> {
    let mut names = Vec::new();
    let (mut depth, mut member) = (0_usize, String::new());
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.extend(first_name(&std::mem::take(&mut member))),
            c if depth == 0 => member.push(c),
            _ => {}
        }
    }
    names.extend(first_name(&member));
    names
}

fn first_name(text: &str) -> Option<String> {
    let name: String =
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let is_module = name.starts_with(|c: char| c.is_ascii_lowercase());
    is_module.then_some(name)
}

/// The names of all dependencies, as they are written in code.
fn crates_in_manifest() -> Vec<String> {
    let manifest: toml::Table = fs::read_to_string("Cargo.toml").unwrap().parse().unwrap();
    ["dependencies", "dev-dependencies"]
        .iter()
        .flat_map(|table| manifest[*table].as_table().unwrap().keys())
        .map(|name| name.replace('-', "_"))
        .collect()
}

fn uses_crate(code: &str, name: &str) -> bool {
    code.match_indices(&format!("{name}::"))
        .any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'))
}
