//! How fast mail is read: messages a second and bytes a second, by kind of message. Run with `cargo bench --bench parse`;
//! compare with another run on the same machine, never with a number from elsewhere.

#![allow(missing_docs, reason = "a benchmark has no public items")]

use divan::{Bencher, counter::BytesCount};
use matterbox::mail::{Limits, read, split};

fn main() {
    divan::main();
}

const HEAD: &str = "Received: from mail.okafor.example by mx.mensah.example; Tue, 24 Nov 2026 10:00:01 +0000\r\n\
    From: Ama Okafor <ama@okafor.example>\r\nTo: Kofi Mensah <kofi@mensah.example>\r\nSubject: =?utf-8?q?L=C3=A9ase?=\r\n\
    Date: Tue, 24 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@okafor.example>\r\nReferences: <0@mensah.example>\r\n";

/// A letter of about 4 KB with a quotation below it.
fn plain() -> Vec<u8> {
    let own = "We have read the draft and would like to change the date in the second clause.\r\n"
        .repeat(25);
    let quoted =
        "> Please read the draft and tell us what you think of the second clause.\r\n".repeat(25);
    format!("{HEAD}\r\n{own}\r\nOn Mon, 23 Nov 2026, Kofi Mensah <kofi@mensah.example> wrote:\r\n{quoted}").into_bytes()
}

/// HTML alone, about 10 KB.
fn html() -> Vec<u8> {
    let row = "<tr><td style=\"padding:0\"><p>Dear <b>client</b>, see <a href=\"https://x.example/\">this</a>.</p></td></tr>";
    format!(
        "{HEAD}Content-Type: text/html; charset=utf-8\r\n\r\n<table>{}</table>",
        row.repeat(100)
    )
    .into_bytes()
}

/// A letter with one attachment of 750 KB in base64.
fn attached() -> Vec<u8> {
    let data = "JVBERi0xLjcgaW52ZW50ZWQgYnl0ZXMgb2YgYSBkb2N1bWVudCB0aGF0IG5vYm9keSB3cm90\r\n"
        .repeat(13_000);
    format!(
        "{HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHere it is.\r\n--b\r\n\
         Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n{data}--b--\r\n"
    )
    .into_bytes()
}

fn bench(bencher: Bencher<'_, '_>, raw: &[u8]) {
    let limits = Limits::default();
    bencher.counter(BytesCount::of_slice(raw)).bench(|| read(divan::black_box(raw), &limits));
}

#[divan::bench]
fn read_plain(bencher: Bencher<'_, '_>) {
    bench(bencher, &plain());
}

#[divan::bench]
fn read_html(bencher: Bencher<'_, '_>) {
    bench(bencher, &html());
}

#[divan::bench]
fn read_attachment(bencher: Bencher<'_, '_>) {
    bench(bencher, &attached());
}

#[divan::bench]
fn split_quotation(bencher: Bencher<'_, '_>) {
    let text = String::from_utf8(plain()).unwrap_or_default();
    bencher.counter(BytesCount::of_str(&text)).bench(|| split(divan::black_box(&text)));
}
