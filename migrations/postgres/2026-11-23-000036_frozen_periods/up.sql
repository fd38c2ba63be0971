-- Frozen months: their figures change only by an adjustment entry. What each record contributed to them is kept apart.
CREATE TABLE stat_periods (
    month INTEGER NOT NULL PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    state TEXT COLLATE "C" NOT NULL,
    after TEXT COLLATE "C" NOT NULL,
    frozen_by TEXT COLLATE "C",
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE TABLE stat_frozen (
    record_id TEXT COLLATE "C" NOT NULL,
    month INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (record_id, month)
);
-- What changed in a record after its month was frozen: not counted until two people enter it.
CREATE TABLE stat_adjustments (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    month INTEGER NOT NULL,
    record_kind TEXT COLLATE "C" NOT NULL,
    record_id TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    body TEXT NOT NULL,
    entry TEXT NOT NULL,
    proposed_by TEXT COLLATE "C",
    settled_at TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX stat_adjustments_open ON stat_adjustments (record_id, month) WHERE state IN ('noticed', 'proposed', 'left_out');
CREATE INDEX stat_adjustments_month ON stat_adjustments (month, state, id);
