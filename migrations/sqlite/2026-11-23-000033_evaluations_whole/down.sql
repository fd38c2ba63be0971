UPDATE access SET due_at = '9999-12-31 00:00:00' WHERE kind = 'evaluation' AND state = 'rated';
DELETE FROM access WHERE kind IN ('service_occasion', 'rating_device');
DELETE FROM access WHERE kind = 'evaluation' AND record_id IN (SELECT id FROM evaluations WHERE record_kind <> 'entrustment');
DELETE FROM access WHERE kind = 'follow_up' AND record_id IN (SELECT id FROM follow_ups WHERE record_kind <> 'entrustment');
DROP TABLE evaluation_codes;
DROP TABLE rating_devices;
DROP TABLE service_occasions;
CREATE TABLE follow_ups_kept AS SELECT * FROM follow_ups WHERE record_kind = 'entrustment';
DROP TABLE follow_ups;
CREATE TABLE evaluations_old (
    id TEXT NOT NULL PRIMARY KEY,
    entrustment_id TEXT NOT NULL REFERENCES entrustments (id),
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
    updated_at TIMESTAMP NOT NULL,
    round INTEGER NOT NULL,
    is_excluded BOOLEAN NOT NULL,
    excluded_why TEXT,
    follow_up_id TEXT
);
INSERT INTO evaluations_old (id, entrustment_id, number, title, center_id, staff_id, applicant_id, state, grade, channel, is_default, is_named, rating, due_at, rated_at, version, created_at, updated_at, round, is_excluded, excluded_why, follow_up_id)
SELECT id, entrustment_id, number, title, center_id, staff_id, applicant_id, state, grade, channel, is_default, is_named, rating, due_at, rated_at, version, created_at, updated_at, round, is_excluded, excluded_why, follow_up_id FROM evaluations WHERE record_kind = 'entrustment';
DROP TABLE evaluations;
ALTER TABLE evaluations_old RENAME TO evaluations;
CREATE INDEX evaluations_due ON evaluations (state, due_at);
CREATE INDEX evaluations_number ON evaluations (number);
CREATE UNIQUE INDEX evaluations_round ON evaluations (entrustment_id, round);
CREATE TABLE follow_ups (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    -- The rating that opened it; one each.
    evaluation_id TEXT NOT NULL UNIQUE REFERENCES evaluations (id),
    second_evaluation_id TEXT REFERENCES evaluations (id),
    entrustment_id TEXT NOT NULL REFERENCES entrustments (id),
    center_id TEXT NOT NULL REFERENCES centers (id),
    -- The rated person.
    staff_id TEXT,
    applicant_id TEXT NOT NULL,
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
    updated_at TIMESTAMP NOT NULL
);
INSERT INTO follow_ups (id, number, evaluation_id, second_evaluation_id, entrustment_id, center_id, staff_id, applicant_id, grade, is_named, state, round, is_complex, verdict, measure, appeal, attempts, last_attempt_on, fix_due_on, handler_id, authority, decider_id, details, due_at, closed_at, version, created_at, updated_at)
SELECT id, number, evaluation_id, second_evaluation_id, entrustment_id, center_id, staff_id, applicant_id, grade, is_named, state, round, is_complex, verdict, measure, appeal, attempts, last_attempt_on, fix_due_on, handler_id, authority, decider_id, details, due_at, closed_at, version, created_at, updated_at FROM follow_ups_kept;
DROP TABLE follow_ups_kept;
CREATE INDEX follow_ups_applicant ON follow_ups (applicant_id);
