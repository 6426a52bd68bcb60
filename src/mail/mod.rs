//! LAYER 1 · Bytes ↔ messages. Owns the lenient reading of mail and the exact writing of it; it never opens a socket.
//!
//! Reading goes through [`read`], which never fails: a message that cannot be understood still gives what can be had
//! from its bytes, and says so in [`Parsed::faults`]. `mailparse` reads single headers, parameters, encoded words and
//! transfer encodings; the split into headers and parts is ours, because real mail breaks the rules that a strict
//! split relies on.

mod address_list;
mod attachment;
mod block;
mod body;
mod charset;
mod dates;
mod days;
mod headers;
mod html;
mod limits;
mod origin;
mod parse;
mod quote;
mod quote_words;
mod strip;
mod structure;

pub use address_list::{AddressList, addresses};
pub use attachment::{Attachment, safe_name, sniff};
pub use dates::date;
pub use days::date_in_text;
pub use headers::message_ids;
pub use limits::Limits;
pub use parse::{ParseFault, Parsed, attachment_bytes, read};
pub use quote::{Split, split};
pub use structure::PartPath;

pub mod compose;
