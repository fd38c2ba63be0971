-- Reminders 催办: who is urged, to what, until when an answer is owed.
CREATE TABLE reminders (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    entrustment_id TEXT NOT NULL REFERENCES entrustments (id),
    about TEXT NOT NULL,
    about_id TEXT NOT NULL,
    from_center_id TEXT NOT NULL REFERENCES centers (id),
    sent_by TEXT,
    to_center_id TEXT NOT NULL REFERENCES centers (id),
    to_department_id TEXT REFERENCES departments (id),
    to_user_id TEXT,
    state TEXT NOT NULL,
    record TEXT NOT NULL,
    due_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX reminders_matter ON reminders (entrustment_id, created_at);
