-- The relay beside transfers: legs that others carry, and the arbitration that decides where nobody agrees.
CREATE TABLE joint_handlings (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    entrustment_id TEXT NOT NULL REFERENCES entrustments (id),
    from_center_id TEXT NOT NULL REFERENCES centers (id),
    to_center_id TEXT NOT NULL REFERENCES centers (id),
    department_id TEXT REFERENCES departments (id),
    assignee_id TEXT REFERENCES users (id),
    arbitration_id TEXT,
    state TEXT NOT NULL CHECK (state IN ('requested', 'accepted', 'in_progress', 'awaiting_materials', 'completed', 'declined', 'expired', 'cancelled')),
    steps TEXT NOT NULL,
    record TEXT NOT NULL,
    answer_due_at TIMESTAMP NOT NULL,
    due_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX joint_handlings_entrustment ON joint_handlings (entrustment_id, id);
CREATE INDEX joint_handlings_unanswered ON joint_handlings (answer_due_at) WHERE state = 'requested';
CREATE TABLE arbitrations (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    entrustment_id TEXT NOT NULL REFERENCES entrustments (id),
    cause TEXT NOT NULL CHECK (cause IN ('returned', 'expired', 'declined', 'asked')),
    joint_handling_id TEXT REFERENCES joint_handlings (id),
    state TEXT NOT NULL CHECK (state IN ('opened', 'escalated_to_leader', 'decided', 'no_competent_unit', 'moot')),
    authority TEXT NOT NULL CHECK (authority IN ('center', 'reform_office')),
    decider_id TEXT NOT NULL REFERENCES centers (id),
    parties TEXT NOT NULL,
    record TEXT NOT NULL,
    due_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX arbitrations_open ON arbitrations (entrustment_id) WHERE state IN ('opened', 'escalated_to_leader');
CREATE INDEX arbitrations_entrustment ON arbitrations (entrustment_id, id);
ALTER TABLE custody ADD COLUMN arbitration_id TEXT;
-- Who stands in for whom while they are away.
CREATE TABLE deputies (
    absence_id TEXT NOT NULL PRIMARY KEY,
    principal_id TEXT NOT NULL REFERENCES users (id),
    deputy_id TEXT NOT NULL REFERENCES users (id),
    from_at TIMESTAMP NOT NULL,
    to_at TIMESTAMP NOT NULL
);
CREATE INDEX deputies_deputy ON deputies (deputy_id, to_at);
-- Why the center called a booking off.
ALTER TABLE appointments ADD COLUMN cancel_reason TEXT;
-- Which machine booked for a caller.
ALTER TABLE appointments ADD COLUMN client_id TEXT;
-- Names that an applicant bore before.
ALTER TABLE applicants ADD COLUMN former_names TEXT;
-- Where the results of a matter are, for who hands them out.
ALTER TABLE entrustments ADD COLUMN hand_out_state TEXT;
-- Whom to call, for exact match: staff find a matter by the name that called.
ALTER TABLE entrustments ADD COLUMN contact_mark TEXT;
CREATE INDEX entrustments_contact ON entrustments (contact_mark) WHERE contact_mark IS NOT NULL;
