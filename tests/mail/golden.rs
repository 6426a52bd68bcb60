//! Whole messages and how they are read, kept as golden files: a change in reading shows as a difference to be judged.
//! The messages lie beside this file; they are invented, in the manner of the programs that their names say.

use std::{fs, path::Path};

use crate::builder::{parsed, shown};

#[test]
fn every_message_beside_this_file_reads_as_its_golden_file_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mail");
    let mut names: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "eml"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert!(names.len() >= 12, "{names:?}");
    for name in names {
        let raw = fs::read(folder.join(format!("{name}.eml"))).unwrap();
        insta::with_settings!({ snapshot_path => "golden", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name.clone(), shown(&parsed(&raw)));
        });
    }
}
