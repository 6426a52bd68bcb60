//! LAYER 1 · Verified TLS: which roots are trusted, which pins hold. Owns the one rustls configuration for IMAP and SMTP.
