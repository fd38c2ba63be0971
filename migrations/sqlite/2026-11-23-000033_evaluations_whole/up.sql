-- What is rated is a matter, a ticket or a service occasion; whoever rates may be nobody that is registered. SQLite drops no
-- constraint of a table: both are made anew, the one that refers to the other first put aside.
CREATE TABLE follow_ups_kept AS SELECT * FROM follow_ups;
DROP TABLE follow_ups;
CREATE TABLE evaluations_new (
    id TEXT NOT NULL PRIMARY KEY,
    entrustment_id TEXT REFERENCES entrustments (id),
    number TEXT NOT NULL,
    title TEXT NOT NULL,
    center_id TEXT NOT NULL REFERENCES centers (id),
    staff_id TEXT,
    applicant_id TEXT,
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
    updated_at TIMESTAMP NOT NULL,
    round INTEGER NOT NULL,
    is_excluded BOOLEAN NOT NULL,
    excluded_why TEXT,
    follow_up_id TEXT,
    record_kind TEXT NOT NULL,
    record_id TEXT NOT NULL,
    window_id TEXT,
    platform_grade TEXT,
    staff_grade TEXT,
    phone TEXT,
    phone_mark TEXT,
    words_mark TEXT,
    remind_at TIMESTAMP NOT NULL,
    suspicions TEXT
);
INSERT INTO evaluations_new (id, entrustment_id, number, title, center_id, staff_id, applicant_id, state, grade, channel, is_default, is_named, rating, due_at, rated_at, version, created_at, updated_at, round, is_excluded, excluded_why, follow_up_id, record_kind, record_id, remind_at)
SELECT id, entrustment_id, number, title, center_id, staff_id, applicant_id, state, grade, channel, is_default, is_named, rating, due_at, rated_at, version, created_at, updated_at, round, is_excluded, excluded_why, follow_up_id, 'entrustment', entrustment_id, '9999-12-31 00:00:00' FROM evaluations;
DROP TABLE evaluations;
ALTER TABLE evaluations_new RENAME TO evaluations;
CREATE INDEX evaluations_due ON evaluations (state, due_at);
CREATE INDEX evaluations_number ON evaluations (number);
CREATE UNIQUE INDEX evaluations_round ON evaluations (record_id, round);
CREATE INDEX evaluations_remind ON evaluations (state, remind_at);
CREATE INDEX evaluations_applicant ON evaluations (applicant_id);
-- Whose telephone, whose words, which center in which hour: what the guard against malicious ratings asks.
CREATE INDEX evaluations_phone ON evaluations (phone_mark) WHERE phone_mark IS NOT NULL;
CREATE INDEX evaluations_words ON evaluations (words_mark) WHERE words_mark IS NOT NULL;
CREATE INDEX evaluations_rated ON evaluations (center_id, rated_at);
CREATE TABLE follow_ups (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    -- The rating that opened it; one each.
    evaluation_id TEXT NOT NULL UNIQUE REFERENCES evaluations (id),
    second_evaluation_id TEXT REFERENCES evaluations (id),
    entrustment_id TEXT REFERENCES entrustments (id),
    center_id TEXT NOT NULL REFERENCES centers (id),
    -- The rated person.
    staff_id TEXT,
    applicant_id TEXT,
    grade TEXT NOT NULL,
    is_named BOOLEAN NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('opened', 'verified', 'fixing', 'handled', 'told', 'upper_review', 'closed', 'excluded')),
    round INTEGER NOT NULL,
    is_complex BOOLEAN NOT NULL,
    verdict TEXT CHECK (verdict IN ('true', 'false', 'unverifiable')),
    measure TEXT CHECK (measure IN ('fixed', 'explained')),
    appeal TEXT CHECK (appeal IN ('pending', 'upheld', 'refused')),
    attempts INTEGER NOT NULL,
    last_attempt_on TEXT,
    fix_due_on TEXT,
    handler_id TEXT,
    -- Who decides an appeal, and looks at a second bad grade: no side of it.
    authority TEXT CHECK (authority IN ('center', 'reform_office')),
    decider_id TEXT REFERENCES centers (id),
    details TEXT NOT NULL,
    due_at TIMESTAMP NOT NULL,
    closed_at TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    record_kind TEXT NOT NULL,
    record_id TEXT NOT NULL
);
INSERT INTO follow_ups (id, number, evaluation_id, second_evaluation_id, entrustment_id, center_id, staff_id, applicant_id, grade, is_named, state, round, is_complex, verdict, measure, appeal, attempts, last_attempt_on, fix_due_on, handler_id, authority, decider_id, details, due_at, closed_at, version, created_at, updated_at, record_kind, record_id)
SELECT id, number, evaluation_id, second_evaluation_id, entrustment_id, center_id, staff_id, applicant_id, grade, is_named, state, round, is_complex, verdict, measure, appeal, attempts, last_attempt_on, fix_due_on, handler_id, authority, decider_id, details, due_at, closed_at, version, created_at, updated_at, 'entrustment', entrustment_id FROM follow_ups_kept;
DROP TABLE follow_ups_kept;
CREATE INDEX follow_ups_applicant ON follow_ups (applicant_id);
-- Rated evaluations are listed in the order of their ratings.
UPDATE access SET due_at = (SELECT e.rated_at FROM evaluations e WHERE e.id = access.record_id) WHERE kind = 'evaluation' AND state = 'rated';

-- What was served once, without a matter: at a counter, by telephone, through a hotline. One each for a number of whoever served.
CREATE TABLE service_occasions (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    -- Whose number it is: a client's, or a center's.
    source_by TEXT NOT NULL,
    service_no TEXT NOT NULL,
    -- Keyed hash of what was sent: the same again replays, other content is refused.
    digest TEXT NOT NULL,
    kind TEXT NOT NULL,
    center_id TEXT NOT NULL REFERENCES centers (id),
    department_id TEXT REFERENCES departments (id),
    window_id TEXT REFERENCES windows (id),
    staff_id TEXT,
    item_id TEXT REFERENCES service_items (id),
    title TEXT NOT NULL,
    served_at TIMESTAMP NOT NULL,
    applicant_id TEXT,
    name TEXT,
    phone TEXT,
    client_id TEXT,
    recorded_by TEXT,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (source_by, service_no)
);
CREATE INDEX service_occasions_center ON service_occasions (center_id, service_no);
CREATE INDEX service_occasions_number ON service_occasions (service_no);

-- Counter tablets: they rate what is open at their center, or at their window.
CREATE TABLE rating_devices (
    id TEXT NOT NULL PRIMARY KEY,
    center_id TEXT NOT NULL REFERENCES centers (id),
    window_id TEXT REFERENCES windows (id),
    name TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('active', 'revoked')),
    registered_by TEXT,
    revoked_at TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

-- A code sent by text message: its keyed hash, how often it was tried, and the message that is to go out.
CREATE TABLE evaluation_codes (
    evaluation_id TEXT NOT NULL PRIMARY KEY REFERENCES evaluations (id),
    code_mark TEXT NOT NULL,
    tries INTEGER NOT NULL,
    message TEXT NOT NULL,
    sent_at TIMESTAMP,
    made_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL
);
