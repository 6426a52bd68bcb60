//! LAYER 1 · Files → settings. Owns the settings, their defaults and where they live; it never opens a socket.
