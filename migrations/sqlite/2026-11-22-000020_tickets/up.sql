-- What could not be done in any normal way “办不成事”: kept on the register until the applicant is satisfied.
CREATE TABLE fallback_tickets (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    center_id TEXT NOT NULL REFERENCES centers (id),
    channel TEXT NOT NULL CHECK (channel IN ('window', 'other_window', 'online', 'hotline', 'inspection')),
    category TEXT NOT NULL CHECK (category IN ('emerging_field', 'missing_from_system', 'no_lead_unit', 'cross_department_level', 'historical_issue', 'other')),
    tier TEXT CHECK (tier IN ('general', 'difficult', 'exceptional')),
    state TEXT NOT NULL CHECK (state IN ('registered', 'triaged', 'settled_on_spot', 'in_coordination', 'batched', 'submitted', 'decided', 'assigned',
        'signed_in', 'replied', 'awaiting_feedback', 'reopened', 'cleared', 'upheld_unresolved', 'inadmissible', 'objected', 'merged', 'withdrawn')),
    -- Rounds of handling, from 1; a new one begins with each reopening.
    round INTEGER NOT NULL,
    -- Rounds that the applicant was not satisfied with.
    dissatisfied INTEGER NOT NULL,
    -- Sheets that departments handed back.
    returns INTEGER NOT NULL,
    coordinated BOOLEAN NOT NULL,
    decided BOOLEAN NOT NULL,
    reform_led BOOLEAN NOT NULL,
    urgent BOOLEAN NOT NULL,
    -- One of the callers is confidential.
    confidential BOOLEAN NOT NULL,
    item_id TEXT REFERENCES service_items (id),
    entrustment_id TEXT REFERENCES entrustments (id),
    first_responder_id TEXT REFERENCES users (id),
    handler_id TEXT REFERENCES users (id),
    lead_department_id TEXT REFERENCES departments (id),
    batch_id TEXT,
    merged_into_id TEXT REFERENCES fallback_tickets (id),
    precedent_id TEXT,
    -- Where it came from under another system's number: whose number, and which.
    source_by TEXT,
    source TEXT,
    details TEXT NOT NULL,
    registered_on TEXT NOT NULL,
    due_at TIMESTAMP NOT NULL,
    triaged_at TIMESTAMP,
    cleared_at TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX fallback_tickets_source ON fallback_tickets (source_by, source);
CREATE INDEX fallback_tickets_entrustment ON fallback_tickets (entrustment_id) WHERE entrustment_id IS NOT NULL;
CREATE INDEX fallback_tickets_item ON fallback_tickets (item_id) WHERE item_id IS NOT NULL;
CREATE INDEX fallback_tickets_batch ON fallback_tickets (batch_id) WHERE batch_id IS NOT NULL;
CREATE INDEX fallback_tickets_merged ON fallback_tickets (merged_into_id) WHERE merged_into_id IS NOT NULL;
-- Everybody who asked; a merged ticket's callers go over, and each is asked.
CREATE TABLE ticket_callers (
    id TEXT NOT NULL PRIMARY KEY,
    ticket_id TEXT NOT NULL REFERENCES fallback_tickets (id),
    -- The ticket that they registered.
    origin_id TEXT NOT NULL REFERENCES fallback_tickets (id),
    applicant_id TEXT REFERENCES applicants (id),
    name TEXT NOT NULL,
    phone TEXT NOT NULL,
    phone_mark TEXT NOT NULL,
    confidential BOOLEAN NOT NULL,
    withdrawn_at TIMESTAMP,
    since TIMESTAMP NOT NULL
);
CREATE INDEX ticket_callers_ticket ON ticket_callers (ticket_id);
CREATE INDEX ticket_callers_origin ON ticket_callers (origin_id);
CREATE INDEX ticket_callers_applicant ON ticket_callers (applicant_id) WHERE applicant_id IS NOT NULL;
CREATE INDEX ticket_callers_phone ON ticket_callers (phone_mark);
-- Departments that it concerns; those with a sheet see it.
CREATE TABLE ticket_departments (
    ticket_id TEXT NOT NULL REFERENCES fallback_tickets (id),
    department_id TEXT NOT NULL REFERENCES departments (id),
    sees BOOLEAN NOT NULL,
    PRIMARY KEY (ticket_id, department_id)
);
CREATE INDEX ticket_departments_department ON ticket_departments (department_id, ticket_id);
-- Every time a caller was asked, or tried to be.
CREATE TABLE ticket_contacts (
    id TEXT NOT NULL PRIMARY KEY,
    ticket_id TEXT NOT NULL REFERENCES fallback_tickets (id),
    caller_id TEXT NOT NULL REFERENCES ticket_callers (id),
    round INTEGER NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('feedback', 'return_visit')),
    outcome TEXT NOT NULL CHECK (outcome IN ('satisfied', 'dissatisfied', 'unreachable')),
    way TEXT NOT NULL CHECK (way IN ('link', 'online', 'phone', 'counter', 'hotline', 'visit')),
    staff_id TEXT REFERENCES users (id),
    contacted_at TIMESTAMP NOT NULL,
    words TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX ticket_contacts_ticket ON ticket_contacts (ticket_id, round);
CREATE INDEX ticket_contacts_caller ON ticket_contacts (caller_id);
