//! The mail itself.

use matterbox::demo;

use crate::support::{now, zone};

#[test]
fn the_same_now_gives_the_same_office() {
    let (a, b) = (demo::build(now(), zone()), demo::build(now(), zone()));
    assert_eq!(a.mail.len(), b.mail.len());
    assert!(a.mail.iter().zip(&b.mail).all(|(a, b)| a.raw == b.raw && a.flags == b.flags));
}
