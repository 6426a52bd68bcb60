//! What is written about the code stays true: headers, doc comments, README.

#![allow(
    clippy::unwrap_used,
    clippy::string_slice,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "helpers of a test program: a broken precondition should stop the test loudly"
)]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Files above this are two files.
const LARGEST: u64 = 24 * 1024;
/// Tables of test cases may be longer.
const LARGEST_TEST: u64 = 32 * 1024;

fn files_with(ending: &str, folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files_with(ending, &path, found);
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
}

fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    files_with("rs", Path::new("src"), &mut found);
    found
}

#[test]
fn every_source_file_opens_by_saying_what_it_owns() {
    for file in sources() {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("//! "), "{} has no header", file.display());
    }
}

#[test]
fn no_source_file_is_too_large() {
    for file in sources() {
        let size = fs::metadata(&file).unwrap().len();
        let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let is_test = stem.ends_with("tests") || matches!(stem, "laws" | "cases");
        let most = if is_test { LARGEST_TEST } else { LARGEST };
        assert!(size <= most, "{} has {size} bytes, more than {most}", file.display());
    }
}

#[test]
fn no_doc_comment_is_empty() {
    for file in sources() {
        let text = fs::read_to_string(&file).unwrap();
        let mut before = "";
        for (number, line) in text.lines().enumerate() {
            let is_empty = line.trim() == "///" || line.trim() == "//!";
            let alone = is_empty && !before.trim_start().starts_with("//");
            assert!(!alone, "{}:{}: an empty doc comment", file.display(), number + 1);
            before = line;
        }
    }
}

#[test]
fn no_unfinished_work_is_left_in_the_sources() {
    // Written in halves so that this file does not find itself.
    let words = [
        concat!("FIX", "ME"),
        concat!("TO", "DO"),
        concat!("XX", "X:"),
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
    ];
    for file in sources() {
        let text = fs::read_to_string(&file).unwrap();
        for word in words {
            assert!(!text.contains(word), "{} says {word}", file.display());
        }
    }
}

#[test]
fn no_test_is_ignored() {
    let mut files = sources();
    files_with("rs", Path::new("tests"), &mut files);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let ignored = text.lines().any(|line| line.trim_start().starts_with("#[ignore"));
        assert!(!ignored, "{} ignores a test", file.display());
    }
}

#[test]
fn the_readme_names_the_two_commands() {
    let readme = fs::read_to_string("README.md").unwrap();
    for command in ["cargo run --release -- demo", "tests/run"] {
        assert!(readme.contains(command), "README.md does not name `{command}`");
    }
}
