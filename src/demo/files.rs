//! Small real files for attachments: a PDF that opens, a PNG that shows, a Word file that unpacks, a table.
//!
//! Owns their bytes, made in code from a title. Nothing here is read from the disk.

use std::fmt::{self, Write as _};

use super::mail::Attachment;
use crate::domain::fault::Ignore as _;

/// The file that a text calls `kind:Name`; underscores stand for spaces.
pub(super) fn file(spec: &str) -> Option<Attachment> {
    let (kind, name) = spec.split_once(':')?;
    let name = name.replace('_', " ");
    let title = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
    let (media_type, bytes) = match kind {
        "pdf" => ("application/pdf", pdf(title)),
        "png" => ("image/png", png(title)),
        "docx" => {
            ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", docx(title))
        }
        "csv" => ("text/csv", csv(title)),
        _ => return None,
    };
    Some(Attachment { name, media_type, bytes })
}

fn put(out: &mut String, text: fmt::Arguments<'_>) {
    out.write_fmt(text).ignore("a String takes all");
}

/// One A4 page with the title on it.
fn pdf(title: &str) -> Vec<u8> {
    let shown: String =
        title.chars().filter(|c| c.is_ascii() && !matches!(c, '(' | ')' | '\\')).collect();
    let content = format!("BT /F1 18 Tf 72 760 Td ({shown}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>".to_owned(),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut out = "%PDF-1.4\n".to_owned();
    let mut offsets = Vec::new();
    for (number, object) in (1..).zip(&objects) {
        offsets.push(out.len());
        put(&mut out, format_args!("{number} 0 obj\n{object}\nendobj\n"));
    }
    let start = out.len();
    out.push_str("xref\n0 6\n0000000000 65535 f \n");
    for offset in offsets {
        put(&mut out, format_args!("{offset:010} 00000 n \n"));
    }
    put(&mut out, format_args!("trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"));
    out.into_bytes()
}

/// 32 × 32 pixels of one grey, which depends on the title.
fn png(title: &str) -> Vec<u8> {
    let grey = title.bytes().fold(96_u8, u8::wrapping_add) | 0x40;
    let mut rows = Vec::new();
    for _ in 0..32 {
        rows.push(0);
        rows.extend([grey; 32]);
    }
    let mut zlib = vec![0x78, 0x01];
    // One stored block holds all 1056 bytes.
    let length = u16::try_from(rows.len()).unwrap_or(u16::MAX);
    zlib.push(1);
    zlib.extend(length.to_le_bytes());
    zlib.extend((!length).to_le_bytes());
    zlib.extend(&rows);
    zlib.extend(adler32(&rows).to_be_bytes());
    let mut out = vec![0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n'];
    chunk(&mut out, *b"IHDR", &[0, 0, 0, 32, 0, 0, 0, 32, 8, 0, 0, 0, 0]);
    chunk(&mut out, *b"IDAT", &zlib);
    chunk(&mut out, *b"IEND", &[]);
    out
}

fn chunk(out: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    out.extend(u32::try_from(data.len()).unwrap_or(0).to_be_bytes());
    let checked = [&kind, data].concat();
    out.extend(&checked);
    out.extend(crc32(&checked).to_be_bytes());
}

fn adler32(bytes: &[u8]) -> u32 {
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in bytes {
        a = a.wrapping_add(u32::from(*byte)) % 65521;
        b = b.wrapping_add(a) % 65521;
    }
    (b << 16) | a
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

/// A Word file: a ZIP with stored entries.
fn docx(title: &str) -> Vec<u8> {
    let escaped = title.replace('&', "&amp;").replace('<', "&lt;");
    let document = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body><w:p><w:r><w:t>{escaped}</w:t></w:r></w:p></w:body></w:document>"
    );
    zip(&[
        (
            "[Content_Types].xml",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/><Override PartName=\"/word/document.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>",
        ),
        (
            "_rels/.rels",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"word/document.xml\"/></Relationships>",
        ),
        ("word/document.xml", &document),
    ])
}

fn zip(entries: &[(&str, &str)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in entries {
        let offset = u32::try_from(out.len()).unwrap_or(0);
        let size = u32::try_from(content.len()).unwrap_or(0);
        let name_length = u16::try_from(name.len()).unwrap_or(0);
        let mut common = Vec::new();
        common.extend(20_u16.to_le_bytes());
        common.extend([0; 4]); // no flags, stored
        common.extend([0, 0, 0x21, 0x58]); // 2024-01-01, midnight
        common.extend(crc32(content.as_bytes()).to_le_bytes());
        common.extend(size.to_le_bytes());
        common.extend(size.to_le_bytes());
        common.extend(name_length.to_le_bytes());
        common.extend([0; 2]);
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(name.as_bytes());
        out.extend(content.as_bytes());
        directory.extend(b"PK\x01\x02");
        directory.extend(20_u16.to_le_bytes());
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let start = u32::try_from(out.len()).unwrap_or(0);
    let count = u16::try_from(entries.len()).unwrap_or(0);
    let size = u32::try_from(directory.len()).unwrap_or(0);
    out.extend(directory);
    out.extend(b"PK\x05\x06");
    out.extend([0; 4]);
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend(size.to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0; 2]);
    out
}

fn csv(title: &str) -> Vec<u8> {
    let mut out = format!("{title};amount\r\n");
    for (month, amount) in [("July", 1180), ("August", 1180), ("September", 1235), ("October", 0)] {
        put(&mut out, format_args!("{month};{amount}\r\n"));
    }
    out.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksums_are_the_standard_ones() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(adler32(b"Wikipedia"), 0x11E6_0398);
    }

    #[test]
    fn each_kind_begins_as_its_readers_expect() {
        for (spec, magic) in [
            ("pdf:Notice.pdf", b"%PDF".as_slice()),
            ("png:Photo_1.png", b"\x89PNG"),
            ("docx:Draft.docx", b"PK\x03\x04"),
        ] {
            assert!(file(spec).unwrap().bytes.starts_with(magic), "{spec}");
        }
        assert_eq!(file("png:Photo_1.png").unwrap().name, "Photo 1.png");
    }
}
