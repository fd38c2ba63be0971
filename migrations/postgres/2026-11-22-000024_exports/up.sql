-- Exports of ledgers 台账导出: made by the worker, fetched by who ordered them, forgotten after some days.
CREATE TABLE exports (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    ledger TEXT COLLATE "C" NOT NULL,
    form TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    ordered TEXT COLLATE "C" NOT NULL,
    requested_by TEXT COLLATE "C" NOT NULL,
    rows BIGINT NOT NULL,
    attempts INTEGER NOT NULL,
    leased_until TIMESTAMP NOT NULL,
    attachment_id TEXT COLLATE "C",
    failure TEXT COLLATE "C",
    expires_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX exports_waiting ON exports (state, leased_until);
CREATE INDEX exports_expiry ON exports (state, expires_at);
