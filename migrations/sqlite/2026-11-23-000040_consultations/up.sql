-- Consultations 导办: advice on site, by telephone or online; answered, or turned into a record of another kind.
CREATE TABLE consultations (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    -- Who answers now, and who took it in.
    center_id TEXT NOT NULL REFERENCES centers (id),
    intake_center_id TEXT NOT NULL REFERENCES centers (id),
    window_id TEXT REFERENCES windows (id),
    channel TEXT NOT NULL CHECK (channel IN ('on_site', 'phone', 'online', 'hotline')),
    theme TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'answered', 'closed', 'handed_over', 'withdrawn')),
    -- Rounds of answering, from 1; who is not satisfied begins another.
    round INTEGER NOT NULL,
    applicant_id TEXT REFERENCES applicants (id),
    name TEXT,
    phone TEXT,
    name_mark TEXT,
    phone_mark TEXT,
    confidential BOOLEAN NOT NULL,
    -- The item that is asked about first, and all of them.
    item_id TEXT REFERENCES service_items (id),
    items TEXT NOT NULL,
    first_responder_id TEXT REFERENCES users (id),
    assignee_id TEXT REFERENCES users (id),
    answered_by TEXT REFERENCES users (id),
    -- Custody: accepted offers, offers that came back, and the center that has one open.
    hand_overs INTEGER NOT NULL,
    returns INTEGER NOT NULL,
    offered_to_id TEXT REFERENCES centers (id),
    -- Another system's number: whose, and which.
    source_by TEXT,
    source TEXT,
    details TEXT NOT NULL,
    received_on TEXT NOT NULL,
    due_at TIMESTAMP NOT NULL,
    -- What was answered closes by itself then.
    closes_at TIMESTAMP NOT NULL,
    answered_at TIMESTAMP,
    ended_at TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX consultations_source ON consultations (source_by, source);
CREATE INDEX consultations_phone ON consultations (phone_mark) WHERE phone_mark IS NOT NULL;
CREATE INDEX consultations_name ON consultations (name_mark) WHERE name_mark IS NOT NULL;
CREATE INDEX consultations_applicant ON consultations (applicant_id) WHERE applicant_id IS NOT NULL;
CREATE INDEX consultations_closes ON consultations (closes_at) WHERE state = 'answered';
-- Offers of a consultation from one center to another.
CREATE TABLE consultation_transfers (
    id TEXT NOT NULL PRIMARY KEY,
    consultation_id TEXT NOT NULL REFERENCES consultations (id),
    from_center_id TEXT NOT NULL REFERENCES centers (id),
    to_center_id TEXT NOT NULL REFERENCES centers (id),
    state TEXT NOT NULL CHECK (state IN ('offered', 'accepted', 'returned', 'recalled', 'designated')),
    words TEXT NOT NULL,
    offered_by TEXT,
    created_at TIMESTAMP NOT NULL,
    answered_at TIMESTAMP
);
CREATE INDEX consultation_transfers_of ON consultation_transfers (consultation_id);
-- At most one open offer.
CREATE UNIQUE INDEX consultation_transfers_open ON consultation_transfers (consultation_id) WHERE state = 'offered';
-- What a consultation was turned into.
CREATE TABLE consultation_links (
    consultation_id TEXT NOT NULL REFERENCES consultations (id),
    record_kind TEXT NOT NULL,
    record_id TEXT NOT NULL,
    number TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (consultation_id, record_id)
);
CREATE INDEX consultation_links_record ON consultation_links (record_id);
