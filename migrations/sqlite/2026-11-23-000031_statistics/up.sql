-- Small numbers for what figures are counted by: centers, items, channels, modes, departments.
CREATE TABLE stat_keys (
    id INTEGER NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    UNIQUE (kind, value)
);
-- What each record last contributed to the figures.
CREATE TABLE stat_facts (
    record_id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    body TEXT NOT NULL
);
-- The figures: sums of contributions. Slice 1 is by day at a center with every dimension, 2 by day summed up the tree without
-- dimensions, 3 by month summed up the tree with every dimension.
CREATE TABLE stat_rollups (
    slice INTEGER NOT NULL,
    node INTEGER NOT NULL,
    measure INTEGER NOT NULL,
    period INTEGER NOT NULL,
    level INTEGER NOT NULL,
    item INTEGER NOT NULL,
    channel INTEGER NOT NULL,
    mode INTEGER NOT NULL,
    department INTEGER NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (slice, node, measure, period, level, item, channel, mode, department)
) WITHOUT ROWID;
CREATE INDEX stat_rollups_nought ON stat_rollups (n) WHERE n = 0;
-- How far the event log has been counted.
CREATE TABLE stat_progress (
    id TEXT NOT NULL PRIMARY KEY,
    position BIGINT NOT NULL,
    rebuilding BOOLEAN NOT NULL
);
INSERT INTO stat_progress (id, position, rebuilding) VALUES ('events', 0, FALSE);
