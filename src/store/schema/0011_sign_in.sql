-- What gets an account that signs in with OAuth its next access token. Access tokens themselves are never stored.
CREATE TABLE sign_in (
    account INTEGER PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    refresh TEXT NOT NULL CHECK (refresh <> ''),
    kept_at INTEGER NOT NULL
) STRICT;
