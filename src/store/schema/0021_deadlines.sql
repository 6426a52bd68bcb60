-- Deadlines: legal time limits of matters. A row is never deleted, and never moved once it is confirmed: a deadline that was
-- wrong is vacated with the reason and entered again. There is no column to snooze or to pause one.

-- to confirm 0, confirmed 1, done 2, vacated 3. `day` is the last day in the court's zone, `until` the last instant in
-- microseconds. `arithmetic` is what the calculator said, one step a line; empty when it was entered by hand.
CREATE TABLE deadline (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    matter       INTEGER NOT NULL REFERENCES matter (id),
    state        INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 3),
    what         TEXT    NOT NULL CHECK (what <> ''),
    day          TEXT    NOT NULL,
    until        INTEGER NOT NULL,
    zone         TEXT    NOT NULL,
    rule         TEXT    NOT NULL DEFAULT '',
    arithmetic   TEXT    NOT NULL DEFAULT '',
    source       TEXT    NOT NULL CHECK (source <> ''),
    evidence     TEXT    NOT NULL CHECK (evidence <> ''),
    entered_at   INTEGER NOT NULL,
    entered_by   TEXT    NOT NULL,
    confirmed_at INTEGER,
    confirmed_by TEXT    NOT NULL DEFAULT '',
    ended_at     INTEGER,
    ended_by     TEXT    NOT NULL DEFAULT '',
    because      TEXT    NOT NULL DEFAULT '',
    CHECK (state NOT IN (1, 2) OR confirmed_at IS NOT NULL),
    CHECK (state NOT IN (2, 3) OR (ended_at IS NOT NULL AND because <> ''))
) STRICT;

CREATE INDEX deadline_open ON deadline (until) WHERE state IN (0, 1);
CREATE INDEX deadline_by_matter ON deadline (matter, until);

-- When the office is to be reminded of a confirmed deadline, and when it was.
CREATE TABLE deadline_reminder (
    deadline INTEGER NOT NULL REFERENCES deadline (id),
    ahead    INTEGER NOT NULL CHECK (ahead > 0),
    at       INTEGER NOT NULL,
    told_at  INTEGER,
    PRIMARY KEY (deadline, ahead)
) STRICT, WITHOUT ROWID;

CREATE INDEX deadline_untold ON deadline_reminder (at) WHERE told_at IS NULL;
