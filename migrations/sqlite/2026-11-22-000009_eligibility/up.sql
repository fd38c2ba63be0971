-- Who may ask for agency: versions of rules, kept as data, in force at a center and below it.
CREATE TABLE eligibility_rules (
    id TEXT NOT NULL PRIMARY KEY,
    center_id TEXT NOT NULL REFERENCES centers (id),
    number BIGINT NOT NULL,
    effective_on TEXT NOT NULL,
    rules TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX eligibility_rules_version ON eligibility_rules (center_id, number);
