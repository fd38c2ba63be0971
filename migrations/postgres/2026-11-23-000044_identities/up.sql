-- Machine clients are administered: what each may do, its keys and limits, what another person still has to approve.
CREATE TABLE client_settings (
    client_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES clients (id),
    settings TEXT NOT NULL,
    pending TEXT,
    proposed_by TEXT COLLATE "C",
    approved_by TEXT COLLATE "C",
    former_hash TEXT COLLATE "C",
    former_until TIMESTAMP
);
-- Who says who somebody is: other platforms, with their addresses and secrets sealed.
CREATE TABLE identity_providers (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL UNIQUE,
    kind TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    settings TEXT NOT NULL,
    pending TEXT,
    proposed_by TEXT COLLATE "C",
    approved_by TEXT COLLATE "C",
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
-- Somebody on the way through a provider, and the one code that their portal then redeems.
CREATE TABLE login_attempts (
    state_mark TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    provider_id TEXT COLLATE "C" NOT NULL REFERENCES identity_providers (id),
    client_id TEXT COLLATE "C" NOT NULL REFERENCES clients (id),
    words TEXT NOT NULL,
    code_mark TEXT COLLATE "C" UNIQUE,
    identity TEXT,
    used_at TIMESTAMP,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX login_attempts_age ON login_attempts (expires_at);
-- An assertion counts once.
CREATE TABLE used_assertions (
    mark TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX used_assertions_age ON used_assertions (expires_at);
