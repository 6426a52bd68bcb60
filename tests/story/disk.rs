//! A full disk: a clear word, and when there is space again everything comes in.

use std::{path::Path, process::Command};

use matterbox::app::event::{Event, LinkState, Tone};

use crate::{
    desk::{Home, Look, Setup},
    letters::Letter,
    support::servers::Servers,
};

/// A file system of its own in memory; unmounted when dropped.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    fn mount(at: &'a Path, size: &str) -> Self {
        std::fs::create_dir_all(at).unwrap();
        let options = format!("size={size},mode=777");
        as_root(&["mount", "-t", "tmpfs", "-o", &options, "tmpfs", &at.display().to_string()]);
        Self(at)
    }

    fn grow(&self, size: &str) {
        as_root(&["mount", "-o", &format!("remount,size={size}"), &self.0.display().to_string()]);
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        as_root(&["umount", "-l", &self.0.display().to_string()]);
    }
}

/// The servers of these tests need the same: root, or sudo without a question.
fn as_root(words: &[&str]) {
    let root = rustix::process::geteuid().is_root();
    let words = if root { words.to_vec() } else { [&["sudo", "-n"], words].concat() };
    let status = Command::new(words[0]).args(&words[1..]).status().unwrap();
    assert!(status.success(), "{words:?}");
}

#[test]
fn a_full_disk_is_told_and_everything_comes_in_when_there_is_space() {
    let servers = Servers::get();
    let us = Servers::fresh_user();
    let to = Servers::address(&us);
    let mails: Vec<Vec<u8>> = (0..60)
        .map(|n| {
            let noise: String = (0..20_000)
                .map(|_| {
                    format!(
                        "{:016x}
",
                        rand::random::<u64>()
                    )
                })
                .collect();
            Letter::new(&format!("full{n}@out.example"), "k@out.example", &to, &format!("No {n}"))
                // Words would be indexed, which takes its time.
                .with("Content-Type", "application/octet-stream")
                .saying(&noise)
                .bytes()
        })
        .collect();
    servers.seed(&us, mails.iter().map(Vec::as_slice));
    let home =
        Home::new(&Setup { more: "[sync]\npoll_seconds = 3600".to_owned(), ..Setup::of(&us) });
    let record = home.path().join("record");
    let disk = SmallDisk::mount(&record, "8m");
    let mut desk = home.open();
    let mut said = Vec::new();
    desk.event("the full disk", |event| {
        match event {
            Event::Notice(notice) if notice.tone == Tone::Problem => {
                said.push(notice.text.to_string());
            }
            Event::Link { state: LinkState::Waiting { reason, .. }, .. }
            | Event::Link { state: LinkState::Stopped { reason }, .. } => {
                said.push(reason.to_string());
            }
            Event::Link { state: LinkState::Online, .. } => panic!("it fits: {said:?}"),
            _ => {}
        }
        said.iter().any(|text| text.contains("The disk is full")).then_some(())
    });
    assert!(desk.count() < 60);
    disk.grow("256m");
    desk.until("everything", |office| office.count() == 60 && office.is_complete());
    for n in 0..60 {
        assert_eq!(desk.messages(&format!("full{n}@out.example")).len(), 1);
    }
    let pages = desk.look(matterbox::store::check_pages);
    assert_eq!(pages, Vec::<String>::new());
    desk.close();
    drop(disk);
}
