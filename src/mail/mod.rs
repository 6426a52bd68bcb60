//! LAYER 1 · Bytes ↔ messages. Owns the lenient reading of mail and the exact writing of it; it never opens a socket.

pub mod compose;
