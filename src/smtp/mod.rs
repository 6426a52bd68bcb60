//! LAYER 1 · The SMTP adapter over lettre. Owns the relay and what its answers mean; it never decides to send again.
