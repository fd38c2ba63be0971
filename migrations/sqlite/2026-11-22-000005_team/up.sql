-- The team: what each can do and carry, and when they are away.
CREATE TABLE staff_profiles (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES users (id),
    skills TEXT NOT NULL,
    capacity INTEGER NOT NULL,
    version BIGINT NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE TABLE absences (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    kind TEXT NOT NULL,
    from_at TIMESTAMP NOT NULL,
    to_at TIMESTAMP NOT NULL,
    deputy_id TEXT REFERENCES users (id),
    note TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('planned', 'cancelled')),
    recorded_by TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX absences_user ON absences (user_id, id);
CREATE INDEX absences_running ON absences (user_id, to_at) WHERE state = 'planned';
-- Open matters that nobody carries yet: the queue from which agents pull.
CREATE INDEX entrustments_waiting ON entrustments (custodian_id, id) WHERE assignee_id IS NULL AND closed_at IS NULL;
