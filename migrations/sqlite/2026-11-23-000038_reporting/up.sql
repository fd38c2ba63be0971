-- The reporting interface of 好差评: platforms, and the batches that are made for them.
CREATE TABLE reporting_targets (
    id TEXT NOT NULL PRIMARY KEY,
    center_id TEXT NOT NULL REFERENCES centers (id),
    state TEXT NOT NULL,
    settings TEXT NOT NULL,
    pushes BOOLEAN NOT NULL,
    position BIGINT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE TABLE reporting_batches (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    target_id TEXT NOT NULL REFERENCES reporting_targets (id),
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    row_count INTEGER NOT NULL,
    payload TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    next_at TIMESTAMP NOT NULL,
    last_error TEXT,
    sent_at TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX reporting_batches_target ON reporting_batches (target_id, id);
CREATE INDEX reporting_batches_open ON reporting_batches (target_id, id) WHERE state IN ('waiting', 'failed');
CREATE INDEX evaluations_rated_at ON evaluations (rated_at, id) WHERE rated_at IS NOT NULL;
