-- Assignment sheets (交办单) of fallback tickets: one record for the lead department, one for each assisting one.
CREATE TABLE assignment_sheets (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    number TEXT COLLATE "C" NOT NULL UNIQUE,
    ticket_id TEXT COLLATE "C" NOT NULL REFERENCES fallback_tickets (id),
    -- The lead's sheet; none on the lead's own.
    lead_id TEXT COLLATE "C" REFERENCES assignment_sheets (id),
    center_id TEXT COLLATE "C" NOT NULL REFERENCES centers (id),
    department_id TEXT COLLATE "C" NOT NULL REFERENCES departments (id),
    -- Round of the ticket in which it was drawn up.
    round INTEGER NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('drafted', 'issued', 'signed_in', 'extension_requested', 'replied', 'confirmed', 'returned', 'cancelled')),
    -- The reform office has determined the department: it cannot be returned.
    binding BOOLEAN NOT NULL,
    -- Who drew it up; another person signs it.
    drafted_by TEXT COLLATE "C" REFERENCES users (id),
    details TEXT COLLATE "C" NOT NULL,
    issued_at TIMESTAMP,
    signed_in_at TIMESTAMP,
    replied_at TIMESTAMP,
    returned_at TIMESTAMP,
    -- Complete until; never, before it is issued.
    due_at TIMESTAMP NOT NULL,
    extensions INTEGER NOT NULL,
    -- Rungs of the ladder that were proposed, and when the next one is; never, where none will be.
    rungs INTEGER NOT NULL,
    rung_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
-- A ticket has one open lead at a time, and a department one open sheet of it.
CREATE UNIQUE INDEX assignment_sheets_lead ON assignment_sheets (ticket_id) WHERE lead_id IS NULL AND state IN ('drafted', 'issued', 'signed_in', 'extension_requested', 'replied');
CREATE UNIQUE INDEX assignment_sheets_open ON assignment_sheets (ticket_id, department_id) WHERE state IN ('drafted', 'issued', 'signed_in', 'extension_requested', 'replied');
CREATE INDEX assignment_sheets_ticket ON assignment_sheets (ticket_id, id);
CREATE INDEX assignment_sheets_of_lead ON assignment_sheets (lead_id, id) WHERE lead_id IS NOT NULL;
CREATE INDEX assignment_sheets_rung ON assignment_sheets (rung_at, id);
CREATE INDEX assignment_sheets_department ON assignment_sheets (department_id, state, due_at);
CREATE INDEX assignment_sheets_replied ON assignment_sheets (department_id, replied_at) WHERE replied_at IS NOT NULL;
CREATE INDEX assignment_sheets_returned ON assignment_sheets (department_id, returned_at) WHERE returned_at IS NOT NULL;
-- Rungs of the overdue ladder (挂牌警示、点名通报、问责): each is proposed once.
CREATE TABLE ladder_rungs (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    sheet_id TEXT COLLATE "C" NOT NULL REFERENCES assignment_sheets (id),
    rung TEXT COLLATE "C" NOT NULL CHECK (rung IN ('listing', 'naming', 'accountability')),
    center_id TEXT COLLATE "C" NOT NULL REFERENCES centers (id),
    department_id TEXT COLLATE "C" NOT NULL REFERENCES departments (id),
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('proposed', 'confirmed', 'rejected', 'lifted')),
    -- When its time came, and the deadline that had passed; when it was proposed stands in created_at.
    due_at TIMESTAMP NOT NULL,
    sheet_due_at TIMESTAMP NOT NULL,
    decided_at TIMESTAMP,
    lifted_at TIMESTAMP,
    details TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (sheet_id, rung)
);
CREATE INDEX ladder_rungs_department ON ladder_rungs (department_id, state, id);
