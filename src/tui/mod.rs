//! LAYER 3 · The screen: model, update, view. Owns the terminal; it never does I/O between a key and its picture.
