-- Platform ------------------------------------------------------------------------------------------------------------

CREATE TABLE events (
    id TEXT NOT NULL PRIMARY KEY,
    position BIGINT UNIQUE,
    record_kind TEXT NOT NULL,
    record_id TEXT NOT NULL,
    record_version BIGINT NOT NULL,
    kind TEXT NOT NULL,
    audience TEXT NOT NULL CHECK (audience IN ('public', 'applicant', 'staff')),
    actor_kind TEXT NOT NULL,
    actor_id TEXT,
    actor_label TEXT NOT NULL,
    params TEXT NOT NULL,
    occurred_at TIMESTAMP NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX events_record ON events (record_id, id);
CREATE INDEX events_unsequenced ON events (id) WHERE position IS NULL;

CREATE TABLE idempotency_keys (
    scope TEXT NOT NULL PRIMARY KEY,
    digest TEXT NOT NULL,
    status INTEGER NOT NULL,
    location TEXT,
    etag TEXT,
    body TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

CREATE TABLE number_blocks (
    name TEXT NOT NULL PRIMARY KEY,
    next_value BIGINT NOT NULL
);

CREATE TABLE leases (
    name TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    expires_at TIMESTAMP NOT NULL
);

CREATE TABLE audit_log (
    id TEXT NOT NULL PRIMARY KEY,
    actor_id TEXT NOT NULL,
    action TEXT NOT NULL,
    record_kind TEXT NOT NULL,
    record_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    request_id TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX audit_log_record ON audit_log (record_id, id);

CREATE TABLE epochs (
    name TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO epochs (name, value) VALUES ('grants', 1);

CREATE TABLE settings (
    node TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    version BIGINT NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (node, name)
);

CREATE TABLE lookup_failures (
    mark TEXT NOT NULL,
    hour BIGINT NOT NULL,
    failures INTEGER NOT NULL,
    PRIMARY KEY (mark, hour)
);

-- Who may see which record: one row per subject and record ----------------------------------------------------------

CREATE TABLE access (
    record_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    masked BOOLEAN NOT NULL,
    due_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (record_id, subject)
) WITHOUT ROWID;
CREATE INDEX access_by_id ON access (subject, kind, record_id);
CREATE INDEX access_by_record ON access (subject, kind, state, record_id);
CREATE INDEX access_by_due ON access (subject, kind, state, due_at, record_id);
CREATE INDEX access_by_update ON access (subject, kind, updated_at, record_id);

-- Identity -----------------------------------------------------------------------------------------------------------

CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    display_name TEXT NOT NULL,
    title TEXT NOT NULL,
    phone TEXT,
    employment TEXT NOT NULL CHECK (employment IN ('full_time', 'part_time', 'none')),
    center_id TEXT,
    applicant_id TEXT,
    status TEXT NOT NULL CHECK (status IN ('active', 'disabled')),
    failures INTEGER NOT NULL,
    locked_until TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX users_center ON users (center_id, id);

CREATE TABLE grants (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    role TEXT NOT NULL,
    node_kind TEXT NOT NULL CHECK (node_kind IN ('center', 'department', 'system')),
    node_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('proposed', 'active', 'refused', 'revoked')),
    reason TEXT NOT NULL,
    proposed_by TEXT NOT NULL,
    decided_by TEXT,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX grants_once ON grants (user_id, role, node_id) WHERE state IN ('proposed', 'active');
CREATE INDEX grants_node ON grants (node_id, role);

CREATE TABLE clients (
    id TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL UNIQUE,
    secret_hash TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('portal', 'hotline', 'first_party')),
    center_id TEXT,
    status TEXT NOT NULL CHECK (status IN ('active', 'disabled')),
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

CREATE TABLE refresh_tokens (
    token_hash TEXT NOT NULL PRIMARY KEY,
    family TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id),
    client TEXT NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP,
    revoked_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX refresh_tokens_family ON refresh_tokens (family);
CREATE INDEX refresh_tokens_user ON refresh_tokens (user_id);

CREATE TABLE signing_keys (
    kid TEXT NOT NULL PRIMARY KEY,
    algorithm TEXT NOT NULL,
    private_key TEXT NOT NULL,
    public_key TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    retired_at TIMESTAMP
);

-- Organization -------------------------------------------------------------------------------------------------------

CREATE TABLE centers (
    id TEXT NOT NULL PRIMARY KEY,
    division_code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    division_name TEXT NOT NULL,
    level TEXT NOT NULL CHECK (level IN ('province', 'city', 'county', 'town', 'village')),
    parent_id TEXT REFERENCES centers (id),
    path TEXT NOT NULL,
    phone TEXT NOT NULL,
    address TEXT NOT NULL,
    hours TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'disabled')),
    folded TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX centers_parent ON centers (parent_id, id);
CREATE INDEX centers_path ON centers (path);
CREATE INDEX centers_level ON centers (level, id);

CREATE TABLE departments (
    id TEXT NOT NULL PRIMARY KEY,
    center_id TEXT NOT NULL REFERENCES centers (id),
    name TEXT NOT NULL,
    credit_code TEXT,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (center_id, name)
);

-- Time ---------------------------------------------------------------------------------------------------------------

CREATE TABLE calendar_years (
    year INTEGER NOT NULL PRIMARY KEY,
    rule TEXT NOT NULL,
    source TEXT NOT NULL,
    loaded_at TIMESTAMP NOT NULL
);

CREATE TABLE clocks (
    id TEXT NOT NULL PRIMARY KEY,
    record_kind TEXT NOT NULL,
    record_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    limit_value INTEGER NOT NULL,
    limit_unit TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'paused', 'stopped')),
    started_at TIMESTAMP NOT NULL,
    due_at TIMESTAMP NOT NULL,
    warn_at TIMESTAMP NOT NULL,
    next_at TIMESTAMP NOT NULL,
    provisional BOOLEAN NOT NULL,
    pauses TEXT NOT NULL,
    warned_at TIMESTAMP,
    breached_at TIMESTAMP,
    stopped_at TIMESTAMP,
    version BIGINT NOT NULL
);
CREATE INDEX clocks_record ON clocks (record_id, id);
CREATE INDEX clocks_next ON clocks (next_at, id);
CREATE INDEX clocks_provisional ON clocks (id) WHERE provisional;

-- Catalogue ----------------------------------------------------------------------------------------------------------

CREATE TABLE service_items (
    id TEXT NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    division_code TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'published', 'withdrawn')),
    name TEXT NOT NULL,
    item_type TEXT NOT NULL,
    exercise_level TEXT NOT NULL,
    handling_type TEXT NOT NULL,
    department TEXT NOT NULL,
    theme TEXT NOT NULL,
    visits INTEGER,
    published_version BIGINT,
    draft TEXT,
    published TEXT,
    published_at TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX service_items_list ON service_items (state, id);
CREATE INDEX service_items_division ON service_items (state, division_code, id);
CREATE INDEX service_items_department ON service_items (state, department, id);
CREATE INDEX service_items_theme ON service_items (state, theme, id);
CREATE INDEX service_items_updated ON service_items (updated_at, id);

CREATE TABLE service_item_versions (
    item_id TEXT NOT NULL REFERENCES service_items (id),
    number BIGINT NOT NULL,
    content TEXT NOT NULL,
    published_by TEXT NOT NULL,
    published_at TIMESTAMP NOT NULL,
    PRIMARY KEY (item_id, number)
);

-- Applicants and entrustments ----------------------------------------------------------------------------------------

CREATE TABLE applicants (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    person_name TEXT,
    name_mark TEXT NOT NULL,
    id_type TEXT NOT NULL,
    id_number TEXT NOT NULL,
    id_mark TEXT NOT NULL,
    division_code TEXT,
    address TEXT,
    flags TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX applicants_identity ON applicants (id_mark);
CREATE INDEX applicants_name ON applicants (name_mark);

CREATE TABLE entrustments (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    mode TEXT NOT NULL,
    state TEXT NOT NULL,
    channel TEXT NOT NULL,
    title TEXT NOT NULL,
    item_id TEXT NOT NULL REFERENCES service_items (id),
    item_version BIGINT NOT NULL,
    division_code TEXT NOT NULL,
    applicant_id TEXT NOT NULL REFERENCES applicants (id),
    applicant_name TEXT NOT NULL,
    contact_name TEXT NOT NULL,
    contact_phone TEXT NOT NULL,
    phone_mark TEXT NOT NULL,
    custodian_id TEXT NOT NULL REFERENCES centers (id),
    intake_center_id TEXT NOT NULL REFERENCES centers (id),
    assignee_id TEXT REFERENCES users (id),
    first_responder_id TEXT REFERENCES users (id),
    due_at TIMESTAMP NOT NULL,
    agreement_state TEXT NOT NULL CHECK (agreement_state IN ('none', 'drafted', 'signed')),
    open_transfer_id TEXT,
    open_legs INTEGER NOT NULL,
    hand_overs INTEGER NOT NULL,
    reminders INTEGER NOT NULL,
    held_state TEXT,
    facts TEXT NOT NULL,
    received_on TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    closed_at TIMESTAMP
);
CREATE INDEX entrustments_applicant ON entrustments (applicant_id, id);
CREATE INDEX entrustments_item ON entrustments (item_id, id);
CREATE INDEX entrustments_phone ON entrustments (phone_mark, id);

CREATE TABLE agreements (
    id TEXT NOT NULL PRIMARY KEY,
    entrustment_id TEXT NOT NULL REFERENCES entrustments (id),
    center_id TEXT NOT NULL,
    text TEXT NOT NULL,
    text_hash TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('drafted', 'signed', 'superseded')),
    signature TEXT,
    drafted_at TIMESTAMP NOT NULL,
    signed_at TIMESTAMP
);
CREATE INDEX agreements_entrustment ON agreements (entrustment_id, id);

CREATE TABLE steps (
    id TEXT NOT NULL PRIMARY KEY,
    entrustment_id TEXT NOT NULL REFERENCES entrustments (id),
    code TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    state TEXT NOT NULL,
    name TEXT NOT NULL,
    department TEXT NOT NULL,
    limit_value INTEGER NOT NULL,
    limit_unit TEXT NOT NULL,
    planned_start TEXT,
    planned_end TEXT,
    record TEXT NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (entrustment_id, code)
);

CREATE TABLE materials (
    id TEXT NOT NULL PRIMARY KEY,
    entrustment_id TEXT NOT NULL REFERENCES entrustments (id),
    code TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    state TEXT NOT NULL,
    name TEXT NOT NULL,
    record TEXT NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (entrustment_id, code)
);

CREATE TABLE one_time_notices (
    id TEXT NOT NULL PRIMARY KEY,
    entrustment_id TEXT NOT NULL REFERENCES entrustments (id),
    center_id TEXT NOT NULL,
    items TEXT NOT NULL,
    due_at TIMESTAMP NOT NULL,
    issued_by TEXT NOT NULL,
    issued_at TIMESTAMP NOT NULL
);
CREATE INDEX one_time_notices_entrustment ON one_time_notices (entrustment_id, id);

CREATE TABLE custody (
    id TEXT NOT NULL PRIMARY KEY,
    entrustment_id TEXT NOT NULL REFERENCES entrustments (id),
    sequence INTEGER NOT NULL,
    center_id TEXT NOT NULL REFERENCES centers (id),
    cause TEXT NOT NULL,
    transfer_id TEXT,
    from_at TIMESTAMP NOT NULL,
    to_at TIMESTAMP,
    UNIQUE (entrustment_id, sequence)
);
CREATE UNIQUE INDEX custody_open ON custody (entrustment_id) WHERE to_at IS NULL;

-- Routing ------------------------------------------------------------------------------------------------------------

CREATE TABLE transfers (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    entrustment_id TEXT NOT NULL REFERENCES entrustments (id),
    from_center_id TEXT NOT NULL REFERENCES centers (id),
    to_center_id TEXT NOT NULL REFERENCES centers (id),
    state TEXT NOT NULL CHECK (state IN ('offered', 'accepted', 'returned', 'recalled', 'expired')),
    record TEXT NOT NULL,
    due_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX transfers_open ON transfers (entrustment_id) WHERE state = 'offered';
CREATE INDEX transfers_due ON transfers (state, due_at);
CREATE INDEX transfers_entrustment ON transfers (entrustment_id, id);

-- Evaluations --------------------------------------------------------------------------------------------------------

CREATE TABLE evaluations (
    id TEXT NOT NULL PRIMARY KEY,
    entrustment_id TEXT NOT NULL UNIQUE REFERENCES entrustments (id),
    number TEXT NOT NULL,
    title TEXT NOT NULL,
    center_id TEXT NOT NULL REFERENCES centers (id),
    staff_id TEXT,
    applicant_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'rated', 'expired')),
    grade TEXT,
    channel TEXT,
    is_default BOOLEAN NOT NULL,
    is_named BOOLEAN NOT NULL,
    rating TEXT,
    due_at TIMESTAMP NOT NULL,
    rated_at TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

CREATE INDEX evaluations_due ON evaluations (state, due_at);

-- Full text: one document per searchable record; `body` is folded text for the exact recheck --------------------------

CREATE TABLE search_docs (
    docid INTEGER NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    record_id TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL
);
CREATE VIRTUAL TABLE search_index USING fts5 (tokens, content = '', contentless_delete = 1, tokenize = 'ascii', detail = none);
