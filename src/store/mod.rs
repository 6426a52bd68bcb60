//! LAYER 1 · The encrypted record (SQLCipher). Owns every SQL statement; it knows no rule of the product.
