-- Machine clients are administered: what each may do, its keys and limits, what another person still has to approve.
CREATE TABLE client_settings (
    client_id TEXT NOT NULL PRIMARY KEY REFERENCES clients (id),
    settings TEXT NOT NULL,
    pending TEXT,
    proposed_by TEXT,
    approved_by TEXT,
    former_hash TEXT,
    former_until TIMESTAMP
);
-- Who says who somebody is: other platforms, with their addresses and secrets sealed.
CREATE TABLE identity_providers (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    settings TEXT NOT NULL,
    pending TEXT,
    proposed_by TEXT,
    approved_by TEXT,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
-- Somebody on the way through a provider, and the one code that their portal then redeems.
CREATE TABLE login_attempts (
    state_mark TEXT NOT NULL PRIMARY KEY,
    provider_id TEXT NOT NULL REFERENCES identity_providers (id),
    client_id TEXT NOT NULL REFERENCES clients (id),
    words TEXT NOT NULL,
    code_mark TEXT UNIQUE,
    identity TEXT,
    used_at TIMESTAMP,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX login_attempts_age ON login_attempts (expires_at);
-- An assertion counts once.
CREATE TABLE used_assertions (
    mark TEXT NOT NULL PRIMARY KEY,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX used_assertions_age ON used_assertions (expires_at);
