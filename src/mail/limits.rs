//! What one message may cost. Owns the caps that keep hostile mail cheap; every one of them cuts or skips, none of them
//! makes a message disappear.

/// Caps on the reading of one message. Sizes are bytes, counts are counts; reaching one is a
/// [`ParseFault`](super::ParseFault), never an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the message that are looked at; the rest is kept by the record but not read.
    pub bytes: usize,
    /// Headers of one entity that are looked at.
    pub headers: usize,
    /// Bytes of one header that are decoded: encoded words are quadratic in `mailparse`.
    pub header_bytes: usize,
    /// Bytes of one address header that are read.
    pub address_bytes: usize,
    /// Addresses taken from one header.
    pub addresses: usize,
    /// Message-IDs taken from one header.
    pub ids: usize,
    /// Parts of the whole message.
    pub parts: usize,
    /// Nesting of multiparts and enclosed messages.
    pub depth: usize,
    /// Bytes of HTML that are rendered; longer HTML is stripped of its tags instead.
    pub html_bytes: usize,
    /// Tags open at once in HTML that is rendered: rendering is quadratic in them.
    pub html_depth: usize,
    /// Bytes of body text kept.
    pub text_bytes: usize,
    /// Bytes of text taken from attachments and enclosed messages, for the full-text index.
    pub index_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 128 << 20,
            headers: 2_000,
            header_bytes: 16 << 10,
            address_bytes: 256 << 10,
            addresses: 2_000,
            ids: 200,
            parts: 1_000,
            depth: 24,
            html_bytes: 1 << 20,
            html_depth: 1_000,
            text_bytes: 2 << 20,
            index_bytes: 256 << 10,
        }
    }
}
