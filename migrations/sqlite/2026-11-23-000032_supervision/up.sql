-- Supervision orders 督办: who is to catch up, with what, until when; and whom each running limit is charged to.
CREATE TABLE supervisions (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    from_center_id TEXT NOT NULL REFERENCES centers (id),
    issued_by TEXT,
    to_center_id TEXT NOT NULL REFERENCES centers (id),
    to_department_id TEXT REFERENCES departments (id),
    about_kind TEXT,
    about_id TEXT,
    about_number TEXT,
    reason TEXT NOT NULL,
    state TEXT NOT NULL,
    follows_id TEXT REFERENCES supervisions (id),
    sent_back INTEGER NOT NULL,
    extensions INTEGER NOT NULL,
    record TEXT NOT NULL,
    due_at TIMESTAMP NOT NULL,
    late BOOLEAN NOT NULL,
    answered_at TIMESTAMP,
    closed_at TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX supervisions_about ON supervisions (about_id) WHERE about_id IS NOT NULL;

ALTER TABLE clocks ADD COLUMN center_id TEXT;
ALTER TABLE clocks ADD COLUMN department_id TEXT;
UPDATE clocks SET center_id = (SELECT r.custodian_id FROM entrustments r WHERE r.id = clocks.record_id)
    WHERE record_kind = 'entrustment' AND state <> 'stopped';
UPDATE clocks SET center_id = (SELECT r.to_center_id FROM transfers r WHERE r.id = clocks.record_id)
    WHERE record_kind = 'transfer' AND state <> 'stopped';
UPDATE clocks SET center_id = (SELECT r.to_center_id FROM joint_handlings r WHERE r.id = clocks.record_id),
    department_id = (SELECT r.department_id FROM joint_handlings r WHERE r.id = clocks.record_id)
    WHERE record_kind = 'joint_handling' AND state <> 'stopped';
UPDATE clocks SET center_id = (SELECT r.decider_id FROM arbitrations r WHERE r.id = clocks.record_id)
    WHERE record_kind = 'arbitration' AND state <> 'stopped';
UPDATE clocks SET center_id = (SELECT r.to_center_id FROM reminders r WHERE r.id = clocks.record_id),
    department_id = (SELECT r.to_department_id FROM reminders r WHERE r.id = clocks.record_id)
    WHERE record_kind = 'reminder' AND state <> 'stopped';
UPDATE clocks SET center_id = (SELECT r.center_id FROM fallback_tickets r WHERE r.id = clocks.record_id)
    WHERE record_kind = 'fallback_ticket' AND state <> 'stopped';
UPDATE clocks SET center_id = (SELECT r.center_id FROM assignment_sheets r WHERE r.id = clocks.record_id),
    department_id = (SELECT r.department_id FROM assignment_sheets r WHERE r.id = clocks.record_id)
    WHERE record_kind = 'assignment_sheet' AND state <> 'stopped';
UPDATE clocks SET center_id = (SELECT r.center_id FROM ticket_batches r WHERE r.id = clocks.record_id)
    WHERE record_kind = 'ticket_batch' AND state <> 'stopped';
UPDATE clocks SET center_id = (SELECT r.center_id FROM return_visits r WHERE r.id = clocks.record_id)
    WHERE record_kind = 'return_visit' AND state <> 'stopped';
CREATE INDEX clocks_charged ON clocks (center_id, kind) WHERE state = 'running';
