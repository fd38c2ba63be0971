DROP TABLE follow_ups;
CREATE TABLE evaluations_old (
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
INSERT INTO evaluations_old (id, entrustment_id, number, title, center_id, staff_id, applicant_id, state, grade, channel, is_default, is_named, rating, due_at, rated_at, version, created_at, updated_at)
SELECT id, entrustment_id, number, title, center_id, staff_id, applicant_id, state, grade, channel, is_default, is_named, rating, due_at, rated_at, version, created_at, updated_at FROM evaluations WHERE round = 1;
DROP TABLE evaluations;
ALTER TABLE evaluations_old RENAME TO evaluations;
CREATE INDEX evaluations_due ON evaluations (state, due_at);
CREATE INDEX evaluations_number ON evaluations (number);
