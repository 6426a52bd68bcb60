//! The real binary on the command line: what it prints, where, and with which exit code.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "helpers of a test program: a broken precondition should stop the test loudly"
)]

#[path = "../support/mod.rs"]
mod support;

mod accounts;
mod calendar;
mod config;
mod deadlines;
mod generated;
mod holidays;
mod oracles;
mod record;
mod replay;
mod reports;
mod story;
mod usage;

use std::{
    fs,
    path::{Path, PathBuf},
};

use assert_cmd::Command;

/// A folder of its own for an office.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn with(file: &str, text: &str) -> Self {
        let home = Self::new();
        home.write(file, text);
        home
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// The program in this office, in English and with colours off the table.
    fn matterbox(&self, arguments: &[&str]) -> Command {
        let mut command = Command::cargo_bin("matterbox").unwrap();
        command.env_clear().env("TZ", "UTC").env("HOME", self.path());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.arg("--home").arg(self.path()).args(arguments);
        command
    }

    /// What it prints on success.
    fn prints(&self, arguments: &[&str]) -> String {
        let output = self.matterbox(arguments).assert().success().get_output().clone();
        String::from_utf8(output.stdout).unwrap()
    }

    /// Exit code, standard output, error output.
    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = self.matterbox(arguments).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }
}
