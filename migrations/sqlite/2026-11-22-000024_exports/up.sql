-- Exports of ledgers 台账导出: made by the worker, fetched by who ordered them, forgotten after some days.
CREATE TABLE exports (
    id TEXT NOT NULL PRIMARY KEY,
    ledger TEXT NOT NULL,
    form TEXT NOT NULL,
    state TEXT NOT NULL,
    ordered TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    rows BIGINT NOT NULL,
    attempts INTEGER NOT NULL,
    leased_until TIMESTAMP NOT NULL,
    attachment_id TEXT,
    failure TEXT,
    expires_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX exports_waiting ON exports (state, leased_until);
CREATE INDEX exports_expiry ON exports (state, expires_at);
