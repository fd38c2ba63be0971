-- Reminders 催办: who is urged, to what, until when an answer is owed.
CREATE TABLE reminders (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    number TEXT COLLATE "C" NOT NULL UNIQUE,
    entrustment_id TEXT COLLATE "C" NOT NULL REFERENCES entrustments (id),
    about TEXT COLLATE "C" NOT NULL,
    about_id TEXT COLLATE "C" NOT NULL,
    from_center_id TEXT COLLATE "C" NOT NULL REFERENCES centers (id),
    sent_by TEXT COLLATE "C",
    to_center_id TEXT COLLATE "C" NOT NULL REFERENCES centers (id),
    to_department_id TEXT COLLATE "C" REFERENCES departments (id),
    to_user_id TEXT COLLATE "C",
    state TEXT COLLATE "C" NOT NULL,
    record TEXT COLLATE "C" NOT NULL,
    due_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX reminders_matter ON reminders (entrustment_id, created_at);
