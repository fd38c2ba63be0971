-- The registry: contacts and mandates of applicants, duplicates merged; what staff note on a matter.
ALTER TABLE applicants ADD COLUMN contacts TEXT COLLATE "C";
ALTER TABLE applicants ADD COLUMN merged_into TEXT COLLATE "C" REFERENCES applicants (id);
-- An account that acts under a mandate loses its applicant with it.
ALTER TABLE users ADD COLUMN mandate_id TEXT COLLATE "C";
CREATE TABLE mandates (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    applicant_id TEXT COLLATE "C" NOT NULL REFERENCES applicants (id),
    agent_name TEXT COLLATE "C" NOT NULL,
    agent_id_number TEXT COLLATE "C",
    agent_phone TEXT COLLATE "C" NOT NULL,
    items TEXT COLLATE "C" NOT NULL,
    valid_from TEXT COLLATE "C" NOT NULL,
    valid_until TEXT COLLATE "C",
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('active', 'revoked', 'expired')),
    words TEXT COLLATE "C" NOT NULL,
    user_id TEXT COLLATE "C" REFERENCES users (id),
    center_id TEXT COLLATE "C",
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX mandates_applicant ON mandates (applicant_id, id);
CREATE INDEX mandates_ending ON mandates (valid_until) WHERE state = 'active';
CREATE UNIQUE INDEX mandates_account ON mandates (user_id) WHERE state = 'active';
ALTER TABLE entrustments ADD COLUMN mandate_id TEXT COLLATE "C" REFERENCES mandates (id);
ALTER TABLE entrustments ADD COLUMN priority TEXT COLLATE "C" NOT NULL DEFAULT 'normal' CHECK (priority IN ('normal', 'high', 'urgent'));
ALTER TABLE entrustments ADD COLUMN tags TEXT COLLATE "C" NOT NULL DEFAULT '[]';
-- Matters that belong together.
CREATE TABLE matter_links (
    from_id TEXT COLLATE "C" NOT NULL REFERENCES entrustments (id),
    to_id TEXT COLLATE "C" NOT NULL REFERENCES entrustments (id),
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('related', 'duplicate', 'prerequisite', 'split')),
    created_by TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (from_id, to_id)
);
CREATE INDEX matter_links_to ON matter_links (to_id);
CREATE TABLE watchers (
    entrustment_id TEXT COLLATE "C" NOT NULL REFERENCES entrustments (id),
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (entrustment_id, user_id)
);
CREATE INDEX watchers_user ON watchers (user_id, entrustment_id);
CREATE TABLE saved_filters (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    name TEXT COLLATE "C" NOT NULL,
    list TEXT COLLATE "C" NOT NULL,
    query TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX saved_filters_name ON saved_filters (user_id, name);
