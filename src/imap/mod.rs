//! LAYER 1 · The IMAP adapter. Owns the wire, the plan of a synchronisation and its thread; it never parses mail.
