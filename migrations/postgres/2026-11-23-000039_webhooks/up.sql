-- Webhooks: who wants to be told of which events, and what was sent.
CREATE TABLE webhooks (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    client_id TEXT COLLATE "C" REFERENCES clients (id),
    center_id TEXT COLLATE "C" REFERENCES centers (id),
    filters TEXT NOT NULL,
    sealed TEXT NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('active', 'paused', 'disabled')),
    reason TEXT COLLATE "C",
    after_dead TEXT COLLATE "C" NOT NULL CHECK (after_dead IN ('wait', 'go_on')),
    position BIGINT NOT NULL,
    replay_to BIGINT NOT NULL,
    failures INTEGER NOT NULL,
    failing_since TIMESTAMP,
    resume_at TIMESTAMP NOT NULL,
    last_ms INTEGER NOT NULL,
    last_success_at TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX webhooks_client ON webhooks (client_id, id);
-- One row for each event of a subscription: of a record the first that is not settled waits, the others are queued behind it.
CREATE TABLE webhook_deliveries (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    webhook_id TEXT COLLATE "C" NOT NULL REFERENCES webhooks (id),
    event_id TEXT COLLATE "C" NOT NULL REFERENCES events (id),
    position BIGINT NOT NULL,
    record_id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('queued', 'waiting', 'sent', 'dead', 'skipped')),
    attempts INTEGER NOT NULL,
    first_at TIMESTAMP,
    next_at TIMESTAMP NOT NULL,
    leased_until TIMESTAMP NOT NULL,
    last_status INTEGER,
    last_error TEXT,
    last_ms INTEGER,
    sent_at TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX webhook_deliveries_position ON webhook_deliveries (webhook_id, position);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, next_at) WHERE state = 'waiting';
CREATE INDEX webhook_deliveries_leased ON webhook_deliveries (webhook_id, leased_until) WHERE state = 'waiting';
CREATE INDEX webhook_deliveries_open ON webhook_deliveries (webhook_id, record_id, position) WHERE state IN ('queued', 'waiting', 'dead');
CREATE INDEX webhook_deliveries_state ON webhook_deliveries (webhook_id, state, position);
CREATE INDEX webhook_deliveries_old ON webhook_deliveries (created_at) WHERE state IN ('sent', 'skipped');
-- Where the feed stood at a moment, for whoever begins or replays there.
CREATE INDEX events_occurred ON events (occurred_at, position);
